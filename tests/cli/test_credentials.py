"""Tests of credentials by command: issued, shown to a verifier once, suspended and revoked, and what is refused."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import get_args

from wallet.credentials.actors import key

from autochain.cli.access import ResourceName
from autochain.cli.certificates import ReasonName
from autochain.cli.credentials import KindName
from autochain.network import Home, open_network
from autochain.onchain.contracts.credentials import RevocationReason, Withdraw
from autochain.onchain.ids import from_did
from autochain.wallet.credentials import EXAMPLES, TYPES, Author, Validity, did_key, draft, write
from autochain.wallet.credentials import issue as sign
from autochain.wallet.credentials.access import Resource
from cli.program import Program, refused

SINCE_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""
LICENCE = (
    "--set",
    "documentNumber=B072RRE2I55",
    "--set",
    "issuingCountry=DE",
    "--set",
    'categories=[{"category":"B"}]',
)


def test_the_words_of_the_commands_are_those_of_the_folders_below() -> None:
    assert {name.value for name in KindName} == set(TYPES) - {"vehicle-access"}
    assert {name.value for name in ReasonName} == set(get_args(RevocationReason))
    assert {name.value for name in ResourceName} == set(get_args(Resource))


def test_a_credential_is_issued_kept_by_both_and_verified_from_its_file(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "licence.json"
    issued = program.json(
        "credential", "issue", "driver-licence", "owner", "--as", "regulator", *LICENCE, "--out", str(file)
    )
    assert issued["kept_by"] == ["regulator", "owner"]
    assert file.stat().st_mode & 0o777 == 0o600
    for party in ("regulator", "owner"):
        kept = program.home / "parties" / party / "credentials" / f"{issued['credential']}.json"
        assert kept.stat().st_mode & 0o777 == 0o600
        assert b"B072RRE2I55" not in kept.read_bytes()
        (listed,) = program.json("credential", "list", "--as", party)["credentials"]
        assert (listed["credential"], listed["state"]) == (issued["credential"], "live")
    found = program.json("credential", "verify", str(file))
    assert found["verified"] and found["credentials"][0]["issuer_roles"] == ["authority"]
    keys, *places, role = found["asked"]
    assert role == f"that {issued['issuer'].partition(' ')[0]} is authority"
    assert keys == f"the keys of {issued['issuer'].partition(' ')[0]}"
    assert [place.split()[2:4] for place in places] == [["of", "revocation"], ["of", "suspension"]]
    shown = program.json("credential", "show", issued["credential"][:8])
    assert shown["document"] == json.loads(file.read_text())


def test_suspension_is_lifted_and_revocation_is_not(program: Program, tmp_path: Path) -> None:
    file = str(tmp_path / "licence.json")
    name = program.json("credential", "issue", "driver-licence", "owner", "--as", "regulator", *LICENCE, "--out", file)[
        "credential"
    ]
    assert program.json("credential", "suspend", name, "--as", "regulator")["state"] == "suspended"
    refused(program, "credential", "verify", file, code="credentials_w3c/10", text="is suspended")
    assert program.json("credential", "reinstate", name, "--as", "regulator")["state"] == "live"
    assert program.json("credential", "verify", file)["verified"]
    refused(program, "credential", "revoke", name, "--as", "owner", code="network/33", text="has not issued")
    assert program.json("credential", "revoke", name, "--as", "regulator")["state"] == "revoked"
    refused(program, "credential", "verify", file, code="credentials_w3c/9", text="was revoked")
    refused(program, "credential", "reinstate", name, "--as", "regulator", code="network/45", text="never taken back")
    statuses = program.json("credential", "status", name)["statuses"]
    assert [(each["purpose"], each["set"]) for each in statuses] == [("revocation", True), ("suspension", False)]


def test_a_presentation_is_taken_once_by_whoever_asked_for_it(program: Program, tmp_path: Path) -> None:
    shown = str(tmp_path / "shown.json")
    name = program.json("credential", "issue", "driver-licence", "owner", "--as", "regulator", *LICENCE)["credential"]
    asked = program.json("credential", "challenge", "--as", "buyer")
    answer = ("--challenge", asked["challenge"], "--domain", asked["domain"])
    program.json("credential", "present", name, *answer, "--out", shown)
    refused(program, "credential", "verify", shown, code="cli/55", text="whoever asked")
    refused(program, "credential", "verify", shown, "--as", "owner", code="network/34", text="no challenge")
    found = program.json("credential", "verify", shown, "--as", "buyer")
    assert found["holder"] == program.json("account", "show", "owner")["did"]
    refused(program, "credential", "verify", shown, "--as", "buyer", code="network/34", text="no challenge")
    elsewhere = ("--challenge", asked["challenge"], "--domain", "shop.example")
    refused(program, "credential", "verify", shown, *elsewhere, code="credentials_w3c/13", text="another verifier")


def test_a_credential_of_somebody_else_is_not_shown_as_ones_own(program: Program, tmp_path: Path) -> None:
    own, shown = str(tmp_path / "own.json"), str(tmp_path / "shown.json")
    program.json("credential", "issue", "driver-licence", "owner", "--as", "regulator", *LICENCE, "--out", own)
    answer = ("--challenge", "of-the-shop", "--domain", "shop.example")
    program.json("credential", "present", own, *answer, "--out", shown, "--as", "buyer")
    refused(program, "credential", "verify", shown, *answer, code="credentials_w3c/11", text="whom it is about")
    assert program.json("credential", "verify", shown, *answer, "--any-holder")["verified"]


def test_what_does_not_fit_its_kind_is_not_issued_and_no_file_stays(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    words = ("credential", "issue", "vehicle", "owner", "--as", "maker", "--out", str(file))
    refused(program, *words, "--set", "make=A", code="credentials_w3c/18", text="does not fit its schema")
    wrong = ("--set", "vin=WVWZZZ1JZ3W38675O", "--set", "make=A", "--set", "model=B")
    refused(program, *words, *wrong, code="signals/4", text="VIN")
    refused(program, *words, "--set", "make", code="cli/51", text="nothing that can be written")
    assert not file.exists()
    assert program.json("credential", "list", "--as", "maker")["credentials"] == []


def test_a_guests_credential_is_verified_with_nothing_but_its_file(fresh: Program, tmp_path: Path) -> None:
    guest = Author(did_key(key(1).public_key), key(1))
    document = draft(
        "owner",
        id="urn:uuid:0b5bd6ab-2f4f-4d8e-8a9c-0f0e2d2b8f11",
        issuer=guest.did,
        subject={**EXAMPLES["owner"], "id": guest.did},
        validity=Validity(since_ms=SINCE_MS),
    )
    file = tmp_path / "owner.json"
    file.write_bytes(write(sign(document, guest, now_ms=SINCE_MS)))
    found = fresh.json("credential", "verify", str(file))
    assert found["asked"] == []
    assert found["warnings"] == ["Whether its issuer may issue a credential of the kind owner was not asked."]
    assert not fresh.home.exists()
    file.write_bytes(file.read_bytes().replace(b"B AC 2026", b"B AC 2027"))
    refused(fresh, "credential", "verify", str(file), code="credentials_w3c/5", text="does not fit")


def test_a_credential_from_elsewhere_is_kept_and_found_by_its_first_digits(program: Program, tmp_path: Path) -> None:
    file = str(tmp_path / "licence.json")
    program.json("credential", "issue", "driver-licence", "owner", "--as", "regulator", *LICENCE, "--out", file)
    added = program.json("credential", "add", file, "--as", "operation")
    program.json("credential", "add", file, "--as", "operation")
    (listed,) = program.json("credential", "list", "--as", "operation")["credentials"]
    assert listed["credential"] == added["credential"]
    words = ("--as", "operation")
    assert program.json("credential", "status", added["credential"][:6], *words)["state"] == "live"
    refused(program, "credential", "status", "ffffff00", *words, code="cli/56", text="no such credential")
    refused(program, "credential", "add", str(tmp_path / "no.json"), code="cli/50", text="can't be read")


def test_an_example_of_each_kind_can_be_issued(program: Program, tmp_path: Path) -> None:
    assert [row["kind"] for row in program.json("credential", "kinds")["kinds"]] == [name.value for name in KindName]
    facts = tmp_path / "facts.json"
    ended = program("credential", "kinds", "organisation-role")
    facts.write_text(ended.out)
    words = ("organisation-role", "buyer", "--as", "regulator", "--facts", str(facts), "--no-status")
    program.json("credential", "issue", *words)
    (listed,) = program.json("credential", "list", "--as", "buyer")["credentials"]
    refused(
        program, "credential", "suspend", listed["credential"], "--as", "regulator", code="network/32", text="without"
    )


def test_a_kind_is_issued_by_who_holds_its_role_and_relied_on_by_who_does_not_ask(
    program: Program, tmp_path: Path
) -> None:
    file = tmp_path / "licence.json"
    words = ("credential", "issue", "driver-licence", "owner", *LICENCE, "--out", str(file))
    refused(program, *words, "--as", "buyer", code="network/46", text="does not hold the role")
    assert not file.exists()
    issued = program.json(*words, "--as", "regulator")
    regulator = issued["issuer"].partition(" ")[0]

    async def lose_it() -> None:
        async with open_network(Home(program.home)) as network:
            await network.client.send(
                network.wallet("registrar"),
                Withdraw(from_did(regulator), "authority"),
                payer=network.wallet("operation"),
            )

    asyncio.run(lose_it())
    refused(program, "credential", "verify", str(file), code="network/47", text="may issue such ones")
    assert program.json("credential", "verify", str(file), "--any-issuer")["warnings"]


def test_a_credential_is_ended_by_the_id_that_it_bears(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "licence.json"
    words = ("driver-licence", "owner", "--as", "regulator", *LICENCE, "--out", str(file))
    program.json("credential", "issue", *words)
    name = json.loads(file.read_text())["id"]
    assert program.json("credential", "suspend", name, "--as", "regulator")["state"] == "suspended"
    assert program.json("credential", "status", str(file))["state"] == "suspended"
    assert program.json("credential", "reinstate", name, "--as", "regulator")["state"] == "not suspended"
    refused(program, "credential", "revoke", name, "--as", "buyer", code="issuer/2", text="was issued here")
    assert program.json("credential", "revoke", name, "--as", "regulator")["state"] == "revoked"
    assert program.json("credential", "status", str(file))["state"] == "revoked"
