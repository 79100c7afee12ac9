"""Tests of what a user is told who asks for what can't be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from homes import run_command

from cli.program import Program

ID = "00" * 20
GRANT = ("consent", "grant", "buyer")
REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "an unknown party": (("account", "show", "nobody"), "There is no such party here."),
    "a party's name that is a path": (("account", "show", "../owner"), "A party's name is not usable."),
    "half a DID": (("account", "show", "did:acc:abc"), "Give the whole DID"),
    "an unknown recording": (("recording", "show", ID), "There is no such recording."),
    "an unknown recording's beginning": (("recording", "show", "000000"), "There is no such recording."),
    "a recording proved absent": (("recording", "verify", ID), "The chain proves that there is no such recording."),
    "an id too short": (("recording", "show", "abcde"), "This is not an id."),
    "an id that is none": (("recording", "verify", "hello world"), "This is not an id."),
    "an id too long": (("consent", "revoke", ID + "0"), "This is not an id."),
    "an unknown consent": (("consent", "revoke", ID), "There is no such consent of yours."),
    "a reading nobody consented to": (
        ("recording", "read", "FIRST", "--purpose", "resale"),
        "The consent is for another purpose.",
    ),
    "a reading as somebody else": (
        ("recording", "read", "FIRST", "--purpose", "research", "--as", "ido"),
        "There is no such consent.",
    ),
    "an amount that is none": (("transfer", "buyer", "1,5"), "This is not an amount of ACC."),
    "too many decimals": (("transfer", "buyer", "0.1234567"), "This is not an amount of ACC."),
    "more than there is": (("transfer", "buyer", "300000001"), "This amount is larger than all ACC there are."),
    "far more than there is": (("transfer", "foundation", "9" * 14), "This amount is larger than all ACC there are."),
    "more than one has": (("transfer", "buyer", "100000"), "The account holds too little ACC."),
    "a block to come": (("block", "show", "999999"), "There is no such block here."),
    "a time that is none": (
        (*GRANT, "owner", "--purpose", "research", "--category", "motion", "--from", "tomorrow"),
        "This is not a time.",
    ),
    "an empty time": (
        (*GRANT, "owner", "--purpose", "research", "--category", "motion", "--until", "1969-01-01"),
        "The window of recordings is empty.",
    ),
    "a consent for what is no vehicle": (
        (*GRANT, "foundation", "--purpose", "research", "--category", "motion"),
        "The vehicle is not the sender's.",
    ),
    "a file that is not there": (("replay", "no-such-file.csv"), "This file can't be opened."),
    "a folder as a file": (("replay", "/"), "This file can't be opened."),
    "a mapping that is not there": (("replay", __file__, "--mapping", "no-such.toml"), "This file can't be opened."),
    "a mapping that is none": (("replay", __file__, "--mapping", __file__), "This mapping file can't be used."),
    "a price that is none": (("replay", __file__, "--price", "free"), "This is not an amount of ACC."),
    "a file without a time": (("replay", __file__), "No column of this file tells the time."),
}
MISUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "an unknown command": (("recordings",), "No such command 'recordings'. Did you mean 'recording'?"),
    "an unknown command of a group": (("recording", "lost"), "No such command 'lost'."),
    "an unknown command to explain": (("help", "--format", "table", "lost"), "No such command 'lost'."),
    "an unknown option": (("recording", "list", "--all"), "No such option: --all"),
    "a missing argument": (("transfer", "buyer"), "Missing argument 'ACC'."),
    "a missing option": (("recording", "read", ID), "Missing option '--purpose'."),
    "too many arguments": (("block", "show", "1", "2"), "Got unexpected extra argument"),
    "an unknown purpose": (("replay", "a.csv", "--purpose", "fun"), "Invalid value for '--purpose'"),
    "an unknown category": (
        (*GRANT, "x", "--purpose", "research", "--category", "x"),
        "Invalid value for '--category'",
    ),
    "an unknown format": (("block", "show", "--format", "xml"), "Invalid value for '--format'"),
    "a height that is none": (("block", "show", "top"), "Invalid value for 'HEIGHT'"),
    "a height beyond any chain": (("block", "show", "9" * 30), "Invalid value for 'HEIGHT'"),
    "a port that is none": (("--port", "65536"), "Invalid value for '--port'"),
    "a home without a name": (("account", "show", "--home", ""), "it is empty; name a folder"),
    "an option without its value": (("account", "show", "--home"), "Option '--home' requires an argument."),
}


def words_of(arguments: tuple[str, ...], program: Program) -> list[str]:
    if "FIRST" not in arguments:
        return list(arguments)
    first: str = program.json("recording", "list")["recordings"][0]["recording"]
    return [first if word == "FIRST" else word for word in arguments]


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_names_its_reason_and_its_mend(case: str, program: Program) -> None:
    arguments, text = REFUSED[case]
    words = words_of(arguments, program)
    ended = program(*words)
    assert (ended.code, ended.out) == (1, "")
    assert text in ended.err
    assert "Traceback" not in ended.err
    answer = program(*words, "--format", "json")
    assert (answer.code, answer.err) == (1, "")
    error = answer.answer["error"]
    assert set(error) == {"code", "text", "remedy"}
    assert f" [{error['code']}]\n" in ended.err
    assert error["text"].partition("(")[0] in ended.err
    assert error["remedy"].strip()
    assert ended.err.endswith(error["remedy"].rstrip() + "\n")


@pytest.mark.parametrize("case", MISUSED)
def test_a_misuse_is_told_with_the_help_that_shows_better(case: str, program: Program) -> None:
    words, text = MISUSED[case]
    ended = program(*words)
    assert (ended.code, ended.out) == (2, "")
    assert text in ended.err
    assert " [usage]\nSee `autochain" in ended.err
    answer = program(*words, "--format=json") if case != "an unknown format" else None
    if answer is not None and case != "an option without its value":
        assert (answer.code, answer.err) == (2, "")
        assert text in answer.answer["error"]["text"]
        assert answer.answer["error"]["code"] == "usage"


@pytest.mark.parametrize("command", [["recording", "list"], ["account", "show"], ["block", "show"], ["reset", "--yes"]])
def test_without_a_network_a_command_says_how_to_start_one_and_makes_nothing(
    command: list[str], fresh: Program
) -> None:
    ended = fresh(*command)
    assert (ended.code, ended.out) == (1, "")
    assert "There is no network in this home." in ended.err
    assert "./run" in ended.err
    assert not fresh.home.exists()


@pytest.mark.parametrize("file", ["no-such.csv", "/", __file__])
def test_a_file_that_can_not_be_read_makes_no_network(file: str, fresh: Program) -> None:
    assert fresh("replay", file).code == 1
    assert not fresh.home.exists()


def test_a_home_that_can_not_be_used_is_refused(fresh: Program, tmp_path: Path) -> None:
    fresh.home.write_text("a file, not a folder")
    ended = fresh("account", "show")
    assert ended.code == 1
    assert "The home folder can't be used." in ended.err


@pytest.mark.parametrize("command", [["account", "show"], ["reset", "--yes"], ["--port", "0"]])
def test_a_home_that_is_set_to_nothing_is_not_taken_for_the_usual_one(
    command: list[str], fresh: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOCHAIN_HOME", "")
    # If it were used after all, it would be this one.
    monkeypatch.setenv("HOME", str(fresh.home))
    ended = fresh(*command)
    assert (ended.code, ended.out) == (2, "")
    assert "Invalid value for AUTOCHAIN_HOME: it is empty" in ended.err


def test_a_folder_s_name_in_a_refusal_does_not_steer_the_terminal(fresh: Program) -> None:
    ended = fresh("account", "show", "--home", "/no/\x1b[2J\x9b2J")
    assert ended.code == 1
    assert "/no/\ufffd[2J\ufffd2J" in ended.err
    assert ended.err.replace("\n", "").isprintable()


def test_a_home_of_another_version_is_refused(program: Program) -> None:
    (program.home / "network.json").write_text(json.dumps({"format": 99}))
    ended = program("account", "show")
    assert ended.code == 1
    assert "another version" in ended.err


def test_a_wallet_that_others_may_read_is_refused(program: Program) -> None:
    (program.home / "parties" / "owner" / "wallet.json").chmod(0o644)
    ended = program("transfer", "buyer", "1")
    assert ended.code == 1
    assert "chmod 600" in ended.err


def test_a_name_with_strange_bytes_is_refused_in_words(home: Path) -> None:
    ended = run_command(home, "replay", "\udcff.csv", "--format", "json")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert json.loads(ended.stdout)["error"]["text"].startswith("This file can't be opened.")


def test_a_vault_without_its_chunks_is_told(program: Program) -> None:
    shutil.rmtree(program.home / "vault")
    first = program.json("recording", "list")["recordings"][0]["recording"]
    ended = program("recording", "verify", first)
    assert (ended.code, ended.out) == (1, "")
    assert "Traceback" not in ended.err
