"""What the documents tell a reader to type runs, in the order in which they say it."""

from __future__ import annotations

import asyncio
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from cli.program import Ended, Program, write_drives

from autochain.network import Home, make_personas, open_network

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "tutorials" / "replay-your-own-drives.md"
WRITTEN = [ROOT / "README.md", *(ROOT / "docs" / "how-to").glob("*.md"), *(ROOT / "docs" / "tutorials").glob("*.md")]
PROVED_ELSEWHERE = {"", "test", "bench", "new", "watch", "doctor", "docs"}
"""Starting, testing, measuring and what is about this clone: tests/cli, tests/docs, tests/bench and this run itself."""


def commands(document: Path) -> list[list[str]]:
    """Lists the `./run` lines of a document's shell blocks, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("./run")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def others(document: Path) -> list[str]:
    """Lists the lines of a document's shell blocks that write a file by Python alone."""
    blocks = re.findall(r"^```sh\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("python3 ")]


COMMITTEE = ROOT / "docs" / "how-to" / "a-committee-of-many.md"
"""Its commands run in several terminals: test_committee."""
FIVE_MINUTES = ROOT / "docs" / "tutorials" / "five-minutes.md"
IDENTITY = {
    ROOT / "docs" / "tutorials" / "sell-a-used-car.md",
    *(
        ROOT / "docs" / "how-to" / f"{name}.md"
        for name in (
            "issue-and-check-a-credential",
            "keys-in-a-token",
            "let-somebody-use-your-car",
            "recover-an-account",
        )
    ),
}
"""They go on with what their commands have shown, are refused in places and let time pass: test_identity_pages."""
ELSEWHERE = {COMMITTEE, FIVE_MINUTES, *IDENTITY}
DOCUMENTS = sorted(document for document in WRITTEN if commands(document) and document not in ELSEWHERE)


def mapping(document: Path) -> str:
    """Gives the mapping file that a document shows."""
    found: list[str] = re.findall(r"^```toml\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)
    return found[0]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.stem)
def test_the_commands_of_a_document_run(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOCHAIN_HOME", str(tmp_path / "home"))
    run = Program(tmp_path / "home", capsys)
    _write_files(tmp_path, mapping(HOW_TO))
    (tmp_path / "facts.json").write_text(run("credential", "kinds", "driver-licence").out)
    given = commands(document)
    assert given
    asyncio.run(start(tmp_path / "home"))
    for words in given:
        if (words or [""])[0] in PROVED_ELSEWHERE:
            continue
        # Whoever resets by hand is asked; here nobody could answer.
        given_words = filled(words, run) + (["--yes"] if words == ["reset"] else [])
        ended = run(*given_words)
        assert ended == Ended(0, ended.out, ended.err), given_words


def test_the_tutorial_of_five_minutes_runs_word_for_word_beside_cars_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOCHAIN_HOME", str(tmp_path / "home"))
    run = Program(tmp_path / "home", capsys)
    # As `./run` leaves it: cars of other owners have recorded before, and no file lies there.
    run.json("replay", str(write_drives(tmp_path / "before.csv")), "--owner", "owner-01")
    for line in others(FIVE_MINUTES):
        subprocess.run(line, shell=True, check=True)
    listing: tuple[str, ...] = ("recording", "list")
    for words in commands(FIVE_MINUTES):
        if (words or [""])[0] in PROVED_ELSEWHERE:
            continue
        # A reader takes an id from the list that was shown last.
        listing = tuple(words) if words[:2] == ["recording", "list"] else listing
        ended = run(*filled(words, run, {**LISTED, "ID": (listing, "recordings", "recording")}))
        assert ended.code == 0, (words, ended)


async def start(home: Path) -> None:
    """Makes a network with its personas, as whoever reads on has: every document begins with `./run` or behind it."""
    async with open_network(Home(home)) as network:
        await make_personas(network)


def _write_files(folder: Path, columns: str) -> None:
    """Writes the files that documents speak of: one that explains itself, and one with its mapping."""
    write_drives(folder / "drives.csv")
    rows = [f"car-1,morning,{1_760_000_000_000 + 1000 * second},{20 + second % 30},x" for second in range(120)]
    (folder / "log.csv").write_text("\n".join(["car,trip,t,v,note", *rows]))
    (folder / "log.toml").write_text(columns)
    (folder / "conformity.txt").write_text("certificate of conformity")
    (folder / "secret").write_text("eleven ducks on a quiet canal")
    (folder / "secret").chmod(0o600)


LISTED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "ID": (("recording", "list"), "recordings", "recording"),
    "VEHICLE": (("recording", "list"), "recordings", "vehicle"),
    "CONSENT": (("consent", "list"), "consents", "consent"),
    "OFFER": (("product", "offers"), "offers", "offer"),
    "PRODUCT": (("product", "list"), "products", "product"),
}
"""What a document's words in capitals stand for: the first that a command lists, and what it says of it."""


def filled(
    words: list[str], run: Program, listed_by: Mapping[str, tuple[tuple[str, ...], str, str]] = LISTED
) -> list[str]:
    """Puts what a reader would find in a list where a document says ID and the like."""
    found: list[str] = []
    for word in words:
        if word not in listed_by:
            found.append(word)
            continue
        command, listed, field = listed_by[word]
        found.append(run.json(*command)[listed][0][field])
    return found
