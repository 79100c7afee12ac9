"""Tests of what the commands on accounts, consents, recordings, blocks and the project do, in both formats."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from homes import environment, run_command

from cli.program import Program

ACC = 1_000_000


def told(out: str) -> dict[str, str]:
    """Reads names and values as they are shown to people."""
    pairs = (line.split("  ", 1) for line in out.splitlines() if "  " in line)
    return {name: value.strip() for name, value in pairs}


def test_accounts_show_the_parties_of_the_home(program: Program) -> None:
    accounts = {facts["name"]: facts for facts in program.json("account", "show")["accounts"]}
    assert {"owner", "buyer", "ido", "release"} <= set(accounts)
    owner = accounts["owner"]
    assert owner["kind"] == "person"
    assert owner["active"] is True
    assert owner["balance"] == f"{owner['balance_uacc'] / ACC:.6f}".rstrip("0") + " ACC"
    vehicles = [facts for facts in accounts.values() if facts["kind"] == "device"]
    assert [facts["controller"] for facts in vehicles] == [owner["did"]] * 2
    assert program.json("account", "show", "owner") == owner
    shown = told(program("account", "show", "owner").out)
    assert (shown["did"], shown["balance"]) == (owner["did"], owner["balance"])


def test_a_transfer_moves_what_it_says_and_costs_its_fee(program: Program) -> None:
    before = {name: program.json("account", "show", name) for name in ("owner", "buyer")}
    moved = program.json("transfer", "buyer", "2.5")
    assert (moved["from"], moved["to"]) == (before["owner"]["did"], before["buyer"]["did"])
    assert (moved["amount"], moved["amount_uacc"]) == ("2.5 ACC", 2_500_000)
    after = {name: program.json("account", "show", name)["balance_uacc"] for name in ("owner", "buyer")}
    assert after["buyer"] == before["buyer"]["balance_uacc"] + 2_500_000
    block = program.json("block", "show", str(moved["height"]))
    (transaction,) = [each for each in block["transactions"] if each["hash"] == moved["transaction"]]
    assert after["owner"] == before["owner"]["balance_uacc"] - 2_500_000 - transaction["fee_uacc"]
    older = program.json("account", "show", "buyer", "--height", str(moved["height"] - 1))
    assert older == before["buyer"], "a node answers for older heights, too"
    back = told(program("transfer", moved["from"], "0.25", "--as", "buyer").out)
    assert (back["amount"], back["to"]) == ("0.25 ACC", moved["from"])


def test_a_block_shows_its_header_and_its_transactions(program: Program) -> None:
    recording = program.json("recording", "list")["recordings"][0]
    height = str(recording["height"])
    block = program.json("block", "show", height)
    assert block["height"] == recording["height"]
    (transaction,) = block["transactions"]
    assert transaction["messages"] == ["recording/Commit", "mining/Claim"]
    assert transaction["sender"] == recording["vehicle"]
    assert transaction["refused"] is None
    committed = transaction["events"][0]
    assert (committed["type"], committed["recording"]) == ("recording/Committed", recording["recording"])
    out = program("block", "show", height).out
    assert told(out)["app hash"] == block["app_hash"]
    assert f"\n{transaction['hash'][:12]}  vehicle-" in out
    assert program.json("block", "show")["height"] > recording["height"]


def test_a_consent_is_granted_listed_and_revoked(program: Program) -> None:
    vehicle = program.json("recording", "list")["recordings"][0]["vehicle"]
    words = ["buyer", vehicle, "--purpose", "insurance", "--category", "motion", "--category", "energy"]
    granted = program.json("consent", "grant", *words, "--precision", "coarse", "--from", "2026-01-01", "--price", "1")
    for view in (("--as", "owner"), ("--as", "buyer", "--as-reader")):
        listed = {facts["consent"]: facts for facts in program.json("consent", "list", *view)["consents"]}
        facts = listed[granted["consent"]]
        assert (facts["purpose"], facts["categories"]) == ("insurance", ["energy", "motion"])
        assert (facts["precision"], facts["price_uacc"], facts["vehicle"]) == ("coarse", ACC, vehicle)
        assert (facts["from"], facts["expires"]) == ("2026-01-01 00:00:00", granted["expires"])
        assert facts["state"] == "live"
    assert told(program("consent", "revoke", granted["consent"]).out)["ended"] == "revoked"
    row = [line for line in program("consent", "list").out.splitlines() if line.startswith(granted["consent"][:12])]
    assert row[0].split()[-1] == "revoked"
    other = told(program("consent", "grant", *words).out)
    assert len(other["consent"]) == 40


def test_a_recording_is_listed_shown_and_verified(program: Program) -> None:
    listed = program.json("recording", "list", "--owner", "owner")["recordings"]
    assert listed == program.json("recording", "list")["recordings"]
    assert program.json("recording", "list", "--owner", "buyer") == {"recordings": []}
    assert [facts["points"] for facts in listed] == [40, 40]
    for facts in listed:
        shown = program.json("recording", "show", facts["recording"])
        assert shown == facts | {"reward": shown["reward"]}
        assert shown["reward"] != "0"
        assert told(program("recording", "show", facts["recording"]).out)["hash"] == facts["hash"]
        verified = program.json("recording", "verify", facts["recording"])
        assert (verified["verified"], verified["hash"]) == (True, facts["hash"])
        assert verified["chunks"] == len(facts["parts"])
        assert told(program("recording", "verify", facts["recording"]).out)["verified"] == "yes"


def test_a_changed_chunk_does_not_verify(program: Program) -> None:
    chunks = [path for path in (program.home / "vault").rglob("*") if path.is_file()]
    for chunk in chunks:
        chunk.chmod(0o600)
        chunk.write_bytes(chunk.read_bytes()[:-1] + b"?")
    for facts in program.json("recording", "list")["recordings"]:
        assert program("recording", "verify", facts["recording"]).code == 1


def test_reset_removes_the_network_and_only_when_it_is_meant(program: Program) -> None:
    refused = program("reset")
    assert refused.code == 1
    assert "Nothing was removed" in refused.err
    assert program.json("account", "show", "owner")["name"] == "owner"
    assert program.json("reset", "--yes") == {"removed": str(program.home)}
    assert not (program.home / "parties").exists()
    assert "There is no network in this home." in program("reset", "--yes").err


def test_the_tests_tell_whether_they_pass(home: Path, tmp_path: Path) -> None:
    for name, fact, code in (("passing", "1 + 1 == 2", 0), ("failing", "1 + 1 == 3", 1)):
        path = tmp_path / f"test_{name}.py"
        path.write_text(f"def test_it() -> None:\n    assert {fact}\n")
        ended = run_command(home, "test", str(path), "-p", "no:cacheprovider", "--format", "json")
        assert ended.returncode == code
        answer = json.loads(ended.stdout)
        assert answer == {"passed": not code, "checks": [{"check": answer["checks"][0]["check"], "passed": not code}]}
        assert f"1 {name[:4]}" in ended.stderr


def test_a_bench_that_is_not_there_is_refused(program: Program) -> None:
    ended = program("bench", "no-such-bench", "--format", "json")
    assert ended.code == 1
    assert ended.answer["error"]["code"] == "cli/10"


def test_a_command_has_its_options_behind_its_name(program: Program) -> None:
    for option in (("--home", str(program.home)), ("--format", "json")):
        assert program("recording", "list", *option).code == 0
        ended = program(*option, "recording", "list")
        assert ended.code == 2
        assert f"{option[0]} stands before the command" in ended.out + ended.err


def test_the_checks_do_not_see_what_the_user_has_set(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PROGRAM", "HOME", "PORT", "VAULT", "DATA"):
        monkeypatch.setenv(f"AUTOCHAIN_{name}", "8441")
    path = tmp_path / "test_settings.py"
    path.write_text(
        "import os\n\n\ndef test_it() -> None:\n"
        "    names = {f'AUTOCHAIN_{name}' for name in ('PROGRAM', 'HOME', 'PORT', 'VAULT', 'DATA')}\n"
        "    assert names & set(os.environ) == {'AUTOCHAIN_DATA'}\n"
    )
    ended = run_command(home, "test", str(path), "-p", "no:cacheprovider")
    assert ended.returncode == 0, ended.stdout


def test_a_bench_that_is_named_answers_its_own_object_and_all_answer_a_list(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").touch()
    (tmp_path / "bench").mkdir()
    answers: list[dict[str, object]] = [{"bench": name, "cases": []} for name in ("one", "two")]
    for answer in answers:
        (tmp_path / "bench" / f"{answer['bench']}.py").write_text(f"print({json.dumps(json.dumps(answer))})\n")
    # The project's own benches take too long for a test.
    monkeypatch.setattr("autochain.cli.project.clone", lambda: tmp_path)
    assert program.json("bench", "two") == answers[1]
    assert program.json("bench") == {"benches": answers}


@pytest.mark.parametrize("module", ["typer", "autochain.cli", "autochain.cli.app"])
def test_an_interrupt_while_a_command_starts_ends_it_without_a_word(home: Path, module: str) -> None:
    start = f"""
import runpy, sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
sys.argv[1:] = ["recording", "list"]
runpy.run_module("autochain", run_name="__main__")
"""
    ended = subprocess.run(
        [sys.executable, "-c", start], env=environment(home), capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")
