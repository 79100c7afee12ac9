"""Tests of delegated access by command: granted, used, passed on, and ended by its owner or by sale."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import httpx

from cli.program import Program, Running, refused

HERE = ("--at", "52.5,13.4")


def a_car(program: Program) -> str:
    """Gives the name of a car of the owner's; others have theirs in the same home."""
    owner = program.json("account", "show", "owner")["did"]
    accounts = program.json("account", "show")["accounts"]
    return next(str(each["name"]) for each in accounts if each["controller"] == owner)


def a_grant(program: Program, car: str, *words: str) -> str:
    name: str = program.json("access", "grant", "buyer", car, "--resource", "unlock", *words)["grant"]
    return name


def test_what_is_granted_is_used_and_logged_and_nothing_else(program: Program) -> None:
    car = a_car(program)
    grant = a_grant(program, car, "--resource", "drive", "--within", "52.5,13.4,500", "--uses", "2")
    use = ("access", "use", grant[:8])
    checked = program.json("access", "check", grant, "--as", "buyer", *HERE)["resources"]
    assert [(each["resource"], each["allowed"]) for each in checked] == [("drive", True), ("unlock", True)]
    assert not any(each["allowed"] for each in program.json("access", "check", grant, "--as", "buyer")["resources"])
    assert program.json(*use, "unlock", "--as", "buyer", *HERE)["line"] == 1
    refused(program, *use, "charge", "--as", "buyer", *HERE, code="access/10", text="does not name")
    refused(program, *use, "drive", "--as", "buyer", "--at", "52.5,13.5", code="access/9", text="outside of the area")
    refused(program, *use, "drive", "--as", "owner", *HERE, code="access/5", text="not whom it was given to")
    assert program.json(*use, "drive", "--as", "buyer", *HERE, "--offline")["line"] == 2
    refused(program, *use, "drive", "--as", "buyer", *HERE, code="access/13", text="as often as it may")
    log = program.json("access", "log", car)
    assert [line["entry"]["resource"] for line in log["uses"]["lines"]] == ["unlock", "drive"]
    # Each refusal is asked for twice, in words and as JSON.
    reasons = [line["entry"]["reason"] for line in log["refusals"]["lines"]]
    assert reasons == [f"access/{number}" for number in (10, 10, 9, 9, 5, 5, 13, 13)]


def test_a_grant_is_passed_on_narrower_and_never_wider(program: Program, tmp_path: Path) -> None:
    car, file = a_car(program), str(tmp_path / "unlock.json")
    grant = a_grant(program, car, "--resource", "drive", "--delegations", "1", "--days", "2")
    words = ("access", "delegate", grant, "operation", "--as", "buyer")
    program.json(*words, "--resource", "unlock", "--out", file)
    assert program.json("access", "use", file, "unlock", "--as", "operation")["allowed"]
    refused(program, "access", "use", file, "drive", "--as", "operation", code="access/10", text="does not name")
    refused(program, *words, "--resource", "charge", code="access/11", text="allows more")
    refused(program, *words, "--delegations", "1", code="access/11", text="allows more")
    refused(program, *words, "--until", "2999-01-01", code="access/11", text="allows more")
    program.json("access", "revoke", grant)
    refused(program, "access", "use", file, "unlock", "--as", "operation", code="access/14", text="was revoked")
    assert [each["state"] for each in program.json("access", "list", "--as", "operation")["grants"]] == ["revoked"]


def test_a_sale_ends_all_of_the_sellers_grants(shared: Program, tmp_path: Path) -> None:
    car, paper = a_car(shared), tmp_path / "contract.pdf"
    paper.write_bytes(b"sold")
    grants = [a_grant(shared, car), a_grant(shared, car, "--resource", "drive")]
    for grant in grants:
        shared.json("access", "use", grant, "unlock", "--as", "buyer")
    made = ("vehicle", "make", car, "--odometer", "10", "--evidence", str(paper))
    shared.json(*made)
    shared.json("vehicle", "sell", car, "second", "--odometer", "20", "--evidence", str(paper))
    # Without a connection it can't know; it relies on what it heard last, for a day.
    shared.json("access", "use", grants[0], "unlock", "--as", "buyer", "--offline")
    for grant in grants:
        refused(shared, "access", "use", grant, "unlock", "--as", "buyer", code="access/16", text="does not own")
    assert {each["state"] for each in shared.json("access", "list")["grants"]} == {"ended by sale"}
    again = ("access", "grant", "buyer", car, "--resource", "unlock")
    refused(shared, *again, code="network/38", text="another's")
    name = shared.json(*again, "--as", "second")["grant"]
    assert shared.json("access", "use", name, "unlock", "--as", "buyer")["allowed"]


def test_what_is_no_grant_is_refused(program: Program) -> None:
    words = ("--set", "role=workshop", "--set", "legalName=Example", "--no-status")
    name = program.json("credential", "issue", "organisation-role", "owner", "--as", "regulator", *words)["credential"]
    refused(program, "access", "use", name, "unlock", "--as", "owner", code="network/36", text="grants no access")
    assert program.json("access", "list")["grants"] == []
    hours = ("access", "grant", "buyer", a_car(program), "--resource", "unlock", "--during", "nine to five")
    refused(program, *hours, code="cli/53", text="hours of the week")


def test_the_commands_do_the_same_beside_a_network_that_runs(
    program: Program, start: Callable[..., Running], tmp_path: Path
) -> None:
    car, file = a_car(program), str(tmp_path / "role.json")
    running = start(program.home, "--port", "0", "--cars", "0")
    running.wait_until_it_answers()
    said = ("--set", "role=workshop", "--set", "legalName=Example")
    program.json("credential", "issue", "organisation-role", "owner", "--as", "regulator", *said, "--out", file)
    assert len(program.json("credential", "verify", file)["asked"]) == 4
    # Another's wallet finds the list where the credential says: at the node, which serves it for all of this home.
    for entry in json.loads(Path(file).read_text())["credentialStatus"]:
        listed = httpx.get(entry["statusListCredential"]).raise_for_status().json()
        assert listed["id"] == entry["statusListCredential"]
    grant = a_grant(program, car)
    assert program.json("access", "use", grant, "unlock", "--as", "buyer")["allowed"]
    program.json("access", "revoke", grant)
    refused(program, "access", "use", grant, "unlock", "--as", "buyer", code="access/14", text="was revoked")
    assert running.end(signal.SIGINT).code == 0
