"""What the specification of did:acc says is so: its grammar, its programs, its requests and its document."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from homes import environment, refuses, serving
from hypothesis import given
from hypothesis import strategies as st

from autochain.network import Home, open_network
from autochain.onchain.ids import NOT_A_DID, did, from_did

DOCUMENT = Path(__file__).parents[2] / "docs" / "explanation" / "did-method-acc.md"
USUAL = "127.0.0.1:8440"


def blocks(language: str) -> list[str]:
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Serves a network in a process of its own, in which the page's DID is made, updated and ended."""
    home = tmp_path_factory.mktemp("served") / "home"

    async def make() -> None:
        async with open_network(Home(home)):
            pass

    asyncio.run(make())
    with serving(home, home.parent / "node.log"):
        yield home


def story(address: str) -> str:
    """Gives the page as one program, in which each request by curl is asked where it stands and its answer told."""
    parts: list[str] = ["import subprocess"]
    for language, block in re.findall(r"^```(python|sh)\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL):
        if language == "python":
            parts.append(block)
        else:
            parts += [f"print(subprocess.check_output({line!r}, shell=True, text=True))" for line in block.splitlines()]
    return "\n".join(parts).replace(USUAL, address).replace("curl ", "curl --no-progress-meter --fail-with-body ")


def grammar() -> re.Pattern[str]:
    """Makes a pattern of the page's ABNF, which says letters by their codes and how many there are."""
    (text,) = blocks("abnf")
    rules = dict(re.findall(r"^([a-z0-9-]+)\s*=\s*(.*?)\s*(?:;.*)?$", text, re.MULTILINE))
    prefix = re.fullmatch(r'"(.*)" account', rules["acc-did"])
    count = re.fullmatch(r"(\d+)base32", rules["account"])
    assert prefix and count
    ranges = re.findall(r"%x([0-9A-F]+)-([0-9A-F]+)", rules["base32"])
    letters = "".join(f"{chr(int(first, 16))}-{chr(int(last, 16))}" for first, last in ranges)
    return re.compile(f"{re.escape(prefix[1])}[{letters}]{{{count[1]}}}", re.ASCII)


GRAMMAR = grammar()


@given(st.binary(min_size=20, max_size=20))
def test_every_account_has_one_text_and_it_is_of_the_grammar(account: bytes) -> None:
    assert GRAMMAR.fullmatch(did(account))
    assert from_did(did(account)) == account


@given(st.from_regex(GRAMMAR, fullmatch=True))
def test_every_text_of_the_grammar_is_one_account(text: str) -> None:
    assert did(from_did(text)) == text


@given(st.from_regex(GRAMMAR, fullmatch=True), st.integers(8, 39), st.sampled_from("A018=%é \n"))
def test_no_other_letter_is_read(text: str, place: int, letter: str) -> None:
    with refuses(NOT_A_DID):
        from_did(text[:place] + letter + text[place + 1 :])


def test_the_page_makes_resolves_updates_and_ends_a_did(home: Path) -> None:
    command = [sys.executable, "-c", story((home / "address").read_text())]
    done = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    whole, alone, first = (json.loads(line) for line in done.stdout.splitlines())
    (shown,) = blocks("json")
    assert alone == json.loads(shown)
    assert whole["didDocument"] == first["didDocument"] == alone
    assert whole["didResolutionMetadata"]["proofs"]
