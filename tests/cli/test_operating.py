"""Tests of commands for those who operate a network: its stores, and members of the committee in other processes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autochain.vault import KeyBackup, KeyFolder
from cli.program import Program, Running, recorded, refused


def test_a_store_that_keeps_all_it_should_passes_the_audit(program: Program) -> None:
    (store,) = program.json("vault", "audit")["stores"]
    assert store["store"] == str(program.home / "vault")
    assert (store["challenged"], store["missing"], store["corrupt"], store["unanswered"]) == (24, 0, 0, 0)
    header, _, row = program("vault", "audit", "--challenges", "20").out.splitlines()
    assert header.split() == ["store", "challenged", "missing", "corrupt", "unanswered"]
    assert row.split()[-4:] == ["20", "0", "0", "0"]


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"else")])
def test_a_store_that_lost_or_changed_objects_is_named_once(program: Program, damage: Callable[[Path], None]) -> None:
    for path in (program.home / "vault" / "objects").glob("*/*"):
        damage(path)
    told = program("vault", "audit")
    assert told.code == 1
    assert str(program.home / "vault") in told.err
    assert "[cli/18]" in told.err
    answer = program("vault", "audit", "--format", "json")
    assert json.loads(answer.out)["error"]["code"] == "cli/18"


def test_what_was_erased_is_not_asked_for_in_an_audit(program: Program) -> None:
    program.json("data", "erase", "--all", "--yes")
    (store,) = program.json("vault", "audit")["stores"]
    assert store["challenged"] == 0


def test_replicas_in_other_folders_are_used_instead_of_the_home_s(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = [tmp_path / "one", tmp_path / "other"]
    for store in stores:
        shutil.copytree(program.home / "vault", store)
    shutil.rmtree(program.home / "vault")
    monkeypatch.setenv("AUTOCHAIN_VAULT", f"{stores[0]}, file:{stores[1]}")
    assert [store["missing"] for store in program.json("vault", "audit")["stores"]] == [0, 0]
    first = program.json("recording", "list")["recordings"][0]["recording"]
    lost = next((stores[0] / "objects").glob("*/*"))
    lost.unlink()
    assert program.json("recording", "verify", first)["verified"] is True
    assert program.json("data", "erase", "--all", "--yes")["erased"]
    assert not [path for store in stores for path in store.rglob("*") if path.is_file()]


def test_a_member_that_runs_in_the_node_s_process_is_not_served_by_another(
    program: Program, start: Callable[..., Running]
) -> None:
    start(program.home, "--port", "0", "--cars", "0").wait_until_it_answers()
    for party in ("release", "owner", "nobody"):
        refused(program, "release", "serve", party, code="cli/17", text="This party is no member of the committee")


def test_a_member_is_served_only_beside_a_network_that_runs(program: Program) -> None:
    refused(program, "release", "serve", "release", code="network/3", text="There is no network in this home.")
    ended = program("release", "serve", "release", "--node", "127.0.0.1:1")
    assert (ended.code, ended.out) == (1, "")
    assert "The network does not answer." in ended.err


def test_a_member_without_a_home_is_told_so(fresh: Program) -> None:
    for node in ((), ("--node", "127.0.0.1:1")):
        refused(fresh, "release", "serve", "release", *node, code="network/3", text="no network in this home")
    assert not fresh.home.exists()


@pytest.mark.parametrize("node", ["127.0.0.1:notaport", "127.0.0.1:99999", "::1", "x\ny", "28452"])
def test_what_is_no_address_of_a_node_is_said_in_words(program: Program, node: str) -> None:
    refused(program, "release", "serve", "release", "--node", node, code="client/3", text="This is not an address.")


def test_a_backup_is_restored_from_the_folder_that_is_named_and_from_nothing_else(
    program: Program, tmp_path: Path
) -> None:
    member = program.home / "parties" / "release"
    told = {"code": "vault/17", "text": "There is no folder of backups here."}
    (tmp_path / "file").write_bytes(b"")
    for source in (tmp_path / "none", tmp_path / "file"):
        refused(program, "release", "restore", "release", "--from", str(source), **told)
    copy, keys = tmp_path / "copy", KeyFolder(member / "keys")
    assert KeyBackup(copy, backup_keys=member / "backup-keys").back_up(keys, keys.recordings()) == 2
    (copy / "foo.backup").write_bytes(b"else")
    shutil.rmtree(member / "keys")
    assert program.json("release", "restore", "release", "--from", str(copy)) == {"recordings": 2}
    assert recorded(program.home) == 2


def test_nothing_is_restored_for_who_is_no_member(program: Program) -> None:
    for party in ("owner", "nobody"):
        refused(program, "release", "restore", party, code="cli/24", text=f"({party}, not release)")


def test_a_member_is_restored_in_a_network_alone(fresh: Program) -> None:
    refused(fresh, "release", "restore", "release", code="network/3", text="no network in this home")
    assert not fresh.home.exists()
