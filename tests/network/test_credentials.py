"""Credentials that a home's parties keep, issue and show: on the disk, side by side, and in their time."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from homes import Scene, play, refuses
from msgspec.structs import replace

from autochain.network.credentials import (
    ISSUERS,
    PURPOSES,
    STATUS_ORIGIN,
    CredentialFolder,
    Issued,
    Kept,
    Verified,
    challenge_of,
    issue_credential,
    new_challenge,
    roles_of_issuer,
    set_status,
    set_status_of,
    show,
    spend_challenge,
    state_of,
    status_list,
    statuses_of,
    verify,
)
from autochain.network.credentials.errors import (
    BAD_CREDENTIAL,
    IS_REVOKED,
    MAY_NOT_ISSUE,
    NOT_ASKED,
    NOT_ENTITLED,
    NOT_KEPT,
)
from autochain.network.credentials.roles import check_issuer, holds
from autochain.network.issuing import issuer_service
from autochain.onchain.contracts.credentials import ROLES, Attest, Holds, Role, Withdraw
from autochain.onchain.contracts.identity import Revoke
from autochain.onchain.refusals import present
from autochain.services.issuer import CHALLENGE_MS, NO_CREDENTIAL
from autochain.wallet import Wallet, save
from autochain.wallet.credentials import EXAMPLES, KEY_NOT_ALLOWED, REVOKED, TYPES, V2, Document, Kind, Validity

DAY_MS = 24 * 3_600_000
ORIGIN = "http://127.0.0.1:8440"
ROLE: Document = {"role": "workshop", "legalName": "Example Repairs Ltd"}


async def a_role(scene: Scene, *, days: int = 10) -> Issued:
    """A credential of the buyer's about the owner."""
    await scene.network.attest(scene.buyer, "authority")
    return await issue(scene, "organisation-role", ROLE, days=days)


async def issue(scene: Scene, kind: Kind, facts: Document, *, days: int = 10) -> Issued:
    now_ms = scene.clock()
    return await issue_credential(
        scene.network,
        scene.buyer,
        kind,
        subject=scene.owner.did,
        facts=facts,
        validity=Validity(since_ms=now_ms, until_ms=now_ms + days * DAY_MS),
    )


async def verified_alone(scene: Scene, document: Document, *, any_issuer: bool = False) -> Verified:
    return await verify(
        scene.network,
        document,
        challenge=None,
        domain=None,
        bound=True,
        past_keys=False,
        any_issuer=any_issuer,
    )


async def withdraw(scene: Scene, wallet: Wallet, role: Role) -> None:
    registrar, operation = map(scene.network.wallet, ("registrar", "operation"))
    await scene.client.send(registrar, Withdraw(wallet.account, role), payer=operation)


def folder(scene: Scene, party: str) -> CredentialFolder:
    return CredentialFolder(scene.network.home.parties, party)


def test_a_credential_opens_for_the_party_that_keeps_it_and_for_no_other(home: Path) -> None:
    async def story(scene: Scene) -> None:
        issued = await a_role(scene)
        assert issued.holder == "owner"
        assert (
            folder(scene, "owner").get(issued.kept.name) == folder(scene, "buyer").get(issued.kept.name) == issued.kept
        )
        file = folder(scene, "owner").path / f"{issued.kept.name}.json"
        assert file.stat().st_mode & 0o777 == 0o600
        assert b"Example" not in file.read_bytes()
        moved = folder(scene, "rival").path / file.name
        moved.parent.mkdir()
        moved.write_bytes(file.read_bytes())
        with refuses(BAD_CREDENTIAL):
            folder(scene, "rival").get(issued.kept.name)
        with refuses(NOT_KEPT):
            folder(scene, "car").get(issued.kept.name)

    play(home, story)


def test_a_damaged_file_keeps_no_other_credential_back(home: Path) -> None:
    async def story(scene: Scene) -> None:
        first, second = (await a_role(scene)).kept, (await a_role(scene)).kept
        file = folder(scene, "owner").path / f"{first.name}.json"
        sealed = json.loads(file.read_text())
        for damaged in (b"", b"[]", file.read_bytes()[:-9], json.dumps(sealed | {"credential": {}}).encode()):
            file.write_bytes(damaged)
            with refuses(BAD_CREDENTIAL):
                folder(scene, "owner").get(first.name)
            assert folder(scene, "owner").all() == [second]

    play(home, story)


def test_credentials_that_are_issued_at_once_get_places_of_their_own(home: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.network.attest(scene.buyer, "authority")
        issued = await asyncio.gather(*(a_role(scene) for _ in range(4)))
        places = [
            (each.purpose, each.url, each.place)
            for one in issued
            for each in await statuses_of(scene.network, one.kept.document)
        ]
        assert len(set(places)) == 8
        assert {url.rpartition("/")[2] for _, url, _ in places} == {"1", "2"}
        await set_status(scene.network, scene.buyer, issued[2].kept, "revocation", value=True)
        states = [await state_of(scene.network, each.kept.document) for each in issued]
        assert states == ["live", "live", "revoked", "live"]

    play(home, story)


def test_what_is_issued_by_command_and_by_the_node_shares_lists_and_is_ended_by_either(home: Path) -> None:
    async def story(scene: Scene) -> None:
        node = present(issuer_service(scene.network, "buyer", is_open=False), "its keys lie here")
        kept = (await a_role(scene)).kept
        by_node = await node.issue(
            {"@context": [V2], "type": ["VerifiableCredential"], "credentialSubject": {"id": scene.owner.did}},
            origin=ORIGIN,
            credential_id="urn:by-node",
            purposes=PURPOSES,
        )
        lists = {each.url.rpartition("/")[2] for each in await statuses_of(scene.network, by_node)}
        assert lists == {each.url.rpartition("/")[2] for each in await statuses_of(scene.network, kept.document)}
        await set_status_of(scene.network, scene.buyer, "urn:by-node", "revocation", value=True)
        assert await state_of(scene.network, by_node) == "revoked"
        assert await state_of(scene.network, kept.document) == "live"
        await node.set_status(str(kept.document["id"]), "suspension", value=True)
        assert await state_of(scene.network, kept.document) == "suspended"
        with refuses(NO_CREDENTIAL):
            await set_status_of(scene.network, scene.owner, "urn:by-node", "revocation", value=True)
        assert not (home / "parties" / "buyer" / "credentials" / "places").exists()

    play(home, story)


def test_a_status_list_is_named_by_the_node_that_runs_and_asked_of_the_chain_all_the_same(home: Path) -> None:
    async def story(scene: Scene) -> None:
        unserved = (await a_role(scene)).kept
        scene.network.home.announce("127.0.0.1:8440")
        served = (await a_role(scene)).kept
        for kept, origin in ((unserved, STATUS_ORIGIN), (served, "http://127.0.0.1:8440")):
            urls = [each.url for each in await statuses_of(scene.network, kept.document)]
            assert urls == [f"{origin}/credentials/status/{scene.buyer.did}/{number}" for number in (1, 2)]
            for url in urls:
                assert (await status_list(scene.network, url))["id"] == url
            await verified_alone(scene, kept.document)
            await set_status(scene.network, scene.buyer, kept, "revocation", value=True)
            with refuses(REVOKED):
                await verified_alone(scene, kept.document)

    play(home, story)


@pytest.mark.parametrize(("kind", "role"), [(kind, role) for kind, roles in ISSUERS.items() for role in roles])
def test_a_kind_is_issued_and_relied_on_with_its_role_alone(home: Path, kind: Kind, role: Role) -> None:
    async def story(scene: Scene) -> None:
        facts = {name: value for name, value in EXAMPLES[kind].items() if name != "id"}
        if kind == "vehicle":
            facts["vin"] = "WVWZZZ1JZ3W386752"
        for other in set(ROLES) - {*ISSUERS[kind], "vehicle", "buyer"}:
            await scene.network.attest(scene.buyer, other)
        with refuses(MAY_NOT_ISSUE):
            await issue(scene, kind, facts)
        await scene.network.attest(scene.buyer, role)
        kept = (await issue(scene, kind, facts)).kept
        found = await verified_alone(scene, kept.document)
        assert f"that {scene.buyer.did} is {role}" in found.asked
        assert found.warnings == ()
        assert role in await roles_of_issuer(scene.network, kept.document)
        await withdraw(scene, scene.buyer, role)
        with refuses(NOT_ENTITLED):
            await verified_alone(scene, kept.document)
        (told,) = (await verified_alone(scene, kept.document, any_issuer=True)).warnings
        assert kind in told

    play(home, story)


def test_a_role_that_the_node_only_claims_counts_for_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(scene: Scene) -> None:
        kept = (await a_role(scene)).kept
        await scene.network.attest(scene.buyer, "bank")
        await withdraw(scene, scene.buyer, "authority")
        ask = scene.client.ask

        async def lie(query: Any, **options: Any) -> Any:
            return True if isinstance(query, Holds) else await ask(query, **options)

        monkeypatch.setattr(scene.client, "ask", lie)
        with refuses(NOT_ENTITLED):
            await verified_alone(scene, kept.document)
        assert await roles_of_issuer(scene.network, kept.document) == ["bank"]

    play(home, story)


def test_a_role_has_ended_with_its_time_or_its_holder(home: Path) -> None:
    async def story(scene: Scene) -> None:
        network, buyer = scene.network, scene.buyer
        registrar, operation = map(network.wallet, ("registrar", "operation"))
        attest = Attest(buyer.account, "authority", until_ms=scene.clock() + DAY_MS)
        await scene.client.send(registrar, attest, payer=operation)
        assert await holds(network, buyer.account, "authority")
        scene.clock.advance(DAY_MS)
        await scene.make_block()
        assert not await holds(network, buyer.account, "authority")
        await network.attest(buyer, "bank")
        assert await holds(network, buyer.account, "bank")
        assert not await holds(network, buyer.account, "maker")
        change = buyer.rotated()
        last: Any = change.message
        await scene.client.send(change.signer, replace(last, next=None), Revoke(buyer.account))
        assert not await holds(network, buyer.account, "bank")

    play(home, story)


def test_one_that_is_of_two_kinds_is_held_to_the_rules_of_both(home: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.network.attest(scene.buyer, "authority")
        both: Document = {
            "issuer": scene.buyer.did,
            "type": ["VerifiableCredential", "OrganisationRoleCredential", "OwnerCredential"],
        }
        with refuses(NOT_ENTITLED):
            await check_issuer(scene.network, both, [])
        await scene.network.attest(scene.buyer, "registration_authority")
        await check_issuer(scene.network, both, [])

    play(home, story)


def test_access_counts_by_the_vehicles_owner_alone(home: Path) -> None:
    async def story(scene: Scene) -> None:
        def a_grant(issuer: Wallet, vehicle: str) -> Document:
            return {"issuer": issuer.did, "type": [TYPES["vehicle-access"]], "credentialSubject": {"vehicle": vehicle}}

        asked: list[str] = []
        await check_issuer(scene.network, a_grant(scene.owner, scene.car.did), asked)
        assert asked == [f"the owner of {scene.car.did}"]
        for wrong in (a_grant(scene.buyer, scene.car.did), a_grant(scene.owner, "did:key:x")):
            with refuses(NOT_ENTITLED):
                await check_issuer(scene.network, wrong, asked)
        with refuses(NOT_ENTITLED):
            await check_issuer(scene.network, a_grant(scene.owner, scene.car.did) | {"issuer": "did:key:z6Mk"}, asked)

    play(home, story)


def test_a_credential_says_how_it_stands_in_time(home: Path) -> None:
    async def story(scene: Scene) -> None:
        kept = (await a_role(scene, days=1)).kept
        assert await state_of(scene.network, kept.document) == "live"
        await set_status(scene.network, scene.buyer, kept, "suspension", value=True)
        assert await state_of(scene.network, kept.document) == "suspended"
        await set_status(scene.network, scene.buyer, kept, "suspension", value=False)
        scene.clock.advance(DAY_MS)
        await scene.make_block()
        assert await state_of(scene.network, kept.document) == "expired"
        await set_status(scene.network, scene.buyer, kept, "revocation", value=True)
        for purpose in ("revocation", "suspension"):
            with refuses(IS_REVOKED):
                await set_status(scene.network, scene.buyer, kept, purpose, value=False)

    play(home, story)


def test_a_strangers_file_with_the_id_of_another_credential_revokes_nothing(home: Path) -> None:
    async def story(scene: Scene) -> None:
        kept = (await a_role(scene)).kept
        forged = Kept(kept.document | {"name": "something else"})
        with refuses(NOT_KEPT):
            await set_status(scene.network, scene.buyer, forged, "revocation", value=True)
        assert await state_of(scene.network, kept.document) == "live"

    play(home, story)


def test_a_challenge_is_good_once_for_five_minutes_and_for_who_asked(home: Path) -> None:
    async def story(scene: Scene) -> None:
        network, kept = scene.network, (await a_role(scene)).kept
        asked = new_challenge(network, scene.rival)
        shown = show(network, scene.owner, [kept], challenge=asked, domain=scene.rival.did)
        assert challenge_of(shown) == asked
        with refuses(NOT_ASKED):
            spend_challenge(network, scene.buyer, asked)
        spend_challenge(network, scene.rival, asked)
        found = await verify(network, shown, challenge=asked, domain=scene.rival.did, bound=True, past_keys=False)
        assert (found.holder, found.credentials) == (scene.owner.did, (kept.document,))
        for wrong in (asked, None, "../wallet.json", ""):
            with refuses(NOT_ASKED):
                spend_challenge(network, scene.rival, wrong)
        late = new_challenge(network, scene.rival)
        scene.clock.advance(CHALLENGE_MS)
        with refuses(NOT_ASKED):
            spend_challenge(network, scene.rival, late)

    play(home, story)


def test_what_an_issuer_signed_with_a_former_key_holds_where_past_keys_are_taken(home: Path) -> None:
    async def story(scene: Scene) -> None:
        scene.clock.advance(DAY_MS)
        await scene.make_block()
        kept = (await a_role(scene)).kept
        scene.clock.advance(DAY_MS)
        change = scene.buyer.rotated()
        await scene.client.send(change.signer, change.message)
        save(scene.network.home.parties, change.wallet)
        scene.clock.advance(DAY_MS)
        await scene.make_block()

        async def verified(*, past_keys: bool) -> Verified:
            return await verify(
                scene.network, kept.document, challenge=None, domain=None, bound=True, past_keys=past_keys
            )

        with refuses(KEY_NOT_ALLOWED):
            await verified(past_keys=False)
        found = await verified(past_keys=True)
        assert len([line for line in found.asked if line.startswith("the keys of")]) == 2

    play(home, story)
