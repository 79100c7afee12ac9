"""The issuer: its name, the places in status lists, and the lists as others fetch them."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from homes import refuses
from homes.scene import Scene, play

from autochain.onchain.contracts.credentials import OpenStatusList, SetStatus
from autochain.onchain.contracts.credentials.errors import REVOCATION_STANDS
from autochain.onchain.ledger.errors import NOT_PROVED
from autochain.services.issuer import NO_CREDENTIAL, NO_LIST, NOT_ISSUED_HERE, STATUS_ELSEWHERE, StatusLists
from autochain.services.issuer.listing import HOUR_MS
from autochain.wallet.credentials import (
    MALFORMED,
    REVOKED,
    SUSPENDED,
    UNKNOWN_SUITE,
    V2,
    WRONG_HOLDER,
    WRONG_ISSUER,
    decode_list,
    did_key,
    parse_did_url,
    read_status_list,
    types_of,
)

from .issuing import ORIGIN, Office, a_credential, registrar, signed_by


def place(issued: Any) -> tuple[int, int]:
    entry = issued["credentialStatus"]
    return int(entry["statusListCredential"].rpartition("/")[2]), int(entry["statusListIndex"])


def test_a_credential_is_issued_in_the_name_of_the_party_and_holds(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        for given in (
            a_credential(),
            a_credential(issuer=office.issuer.did),
            a_credential(issuer={"id": office.issuer.did, "name": "R"}),
        ):
            issued = await office.issued(given, "revocation")
            await office.verify(issued)
            assert (
                issued["issuer"]["id"] if isinstance(issued["issuer"], dict) else issued["issuer"]
            ) == scene.network.wallet("registrar").did
        assert issued["issuer"]["name"] == "R"

    play(home, story)


def test_in_another_s_name_nothing_is_issued_unless_it_is_open(home: Path) -> None:
    async def story(scene: Scene) -> None:
        wallet = scene.network.wallet("registrar")
        other = a_credential(issuer="did:example:other")
        for document in (
            other,
            a_credential(issuer={"id": scene.owner.did}),
            a_credential(issuer=did_key(wallet.public_key)),
            a_credential(issuer=None),
        ):
            with refuses(WRONG_ISSUER):
                await Office(scene).issued(document)
        office = Office(scene, is_open=True)
        assert (await office.issued(other))["issuer"] == wallet.did
        wrong: list[Any] = [None, 5, "not a url", {"id": None}, {"name": "x"}, []]
        for issuer in wrong:
            with refuses(MALFORMED):
                await office.issued(a_credential(issuer=issuer))
        by_key = await office.issued(a_credential(issuer=did_key(wallet.public_key)), "revocation")
        assert by_key["proof"]["verificationMethod"].startswith("did:key:")
        assert "credentialStatus" not in by_key
        await office.verify(by_key)

    play(home, story)


def test_each_credential_has_a_place_of_its_own_which_ends_it_alone(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        issued = [await office.issued(None, "revocation", name=f"urn:{number}") for number in range(4)]
        assert len({place(each) for each in issued}) == 4
        await office.issuer.set_status("urn:2", "revocation", value=True)
        for number, each in enumerate(issued):
            if number == 2:
                with refuses(REVOKED):
                    await office.verify(each)
                await office.verify(each, checks=("proof",))
            else:
                await office.verify(each)
        with refuses(REVOCATION_STANDS):
            await office.issuer.set_status("urn:2", "revocation", value=False)
        # The file says after a restart which place was whose.
        again = Office(scene)
        await again.issuer.set_status("urn:0", "revocation", value=True)
        with refuses(REVOKED):
            await again.verify(issued[0])
        assert registrar(home).stat().st_mode & 0o077 == 0

    play(home, story)


def test_a_suspension_is_lifted_and_all_credentials_of_a_name_share_it(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        one = await office.issued(a_credential(id="urn:same"), "revocation", "suspension")
        other = await office.issued(a_credential(id="urn:same"), "suspension")
        assert [entry["statusPurpose"] for entry in one["credentialStatus"]] == ["revocation", "suspension"]
        await office.issuer.set_status("urn:same", "suspension", value=True)
        for each in (one, other):
            with refuses(SUSPENDED):
                await office.verify(each)
        entry = one["credentialStatus"][1]
        where = entry["statusListCredential"], int(entry["statusListIndex"])
        await office.issuer.set_status("urn:same", "suspension", value=False, place=where)
        await office.verify(one)
        with refuses(SUSPENDED):
            await office.verify(other)

    play(home, story)


def test_the_status_of_what_was_not_issued_here_is_not_set(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        issued = await office.issued(None, "revocation", name="urn:a")
        entry = issued["credentialStatus"]
        url, index = entry["statusListCredential"], int(entry["statusListIndex"])
        for name, purpose, where in [
            ("urn:b", "revocation", None),
            ("urn:a", "suspension", None),
            ("", "revocation", None),
            ("urn:a", "revocation", (url, index ^ 1)),
        ]:
            with refuses(NO_CREDENTIAL):
                await office.issuer.set_status(name, purpose, value=True, place=where)  # type: ignore[arg-type]
        with refuses(NOT_ISSUED_HERE):
            await office.issuer.set_status(
                "urn:a", "revocation", value=True, place=(url.replace(office.issuer.did, scene.owner.did), index)
            )
        with refuses(STATUS_ELSEWHERE):
            await office.issuer.set_status("urn:a", "revocation", value=True, place=("https://other.example/1", index))
        await office.verify(issued)

    play(home, story)


def test_a_list_is_served_as_a_credential_that_any_wallet_verifies(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        issued = await office.issued(None, "revocation", name="urn:a")
        number, index = place(issued)
        url = issued["credentialStatus"]["statusListCredential"]
        await office.issuer.set_status("urn:a", "revocation", value=True)
        document: Any = await office.listing.status_list(office.issuer.did, number, origin=ORIGIN)
        assert "BitstringStatusListCredential" in types_of(document)
        assert document["id"] == url
        resolved = (await office.resolver.resolve(parse_did_url(office.issuer.did))).resolution
        found = read_status_list(document, url=url, resolver=lambda _: resolved, now_ms=scene.clock())
        assert found.is_set(index)
        assert sum(byte.bit_count() for byte in decode_list(document["credentialSubject"]["encodedList"])) == 1
        await office.verify(document)
        assert await office.listing.status_list(office.issuer.did, number, origin=ORIGIN) is document

    play(home, story)


def test_a_list_is_signed_anew_when_it_or_the_key_or_the_hour_has_changed(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        issued = await office.issued(None, "suspension", name="urn:a")
        number, _ = place(issued)

        async def listed() -> Any:
            return await office.listing.status_list(office.issuer.did, number, origin=ORIGIN)

        first = await listed()
        await office.issuer.set_status("urn:a", "suspension", value=True)
        second = await listed()
        assert first["credentialSubject"] != second["credentialSubject"]
        scene.clock.advance(HOUR_MS)
        await scene.make_block()
        third = await listed()
        assert (third["validFrom"], third["credentialSubject"]) != (second["validFrom"], None)
        assert third["validUntil"] > second["validUntil"]
        assert await listed() is third

    play(home, story)


def test_the_lists_of_every_party_whose_keys_lie_here_are_served(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        for party in (scene.owner, scene.buyer):
            await scene.client.send(party, OpenStatusList(1, "revocation", 131_072))
            await scene.client.send(party, SetStatus(1, (5,), True))
            document: Any = await office.listing.status_list(party.did, 1, origin=ORIGIN)
            assert document["issuer"] == party.did
            await office.verify(document)
            assert decode_list(document["credentialSubject"]["encodedList"])[0] == 0b100

    play(home, story)


def test_only_lists_of_parties_whose_keys_lie_here_are_signed(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        with refuses(NO_LIST):
            await office.listing.status_list(office.issuer.did, 77, origin=ORIGIN)
        with refuses(NO_LIST):
            await office.listing.status_list(scene.owner.did, 1, origin=ORIGIN)
        with refuses(NO_LIST):
            await office.lists.record("did:key:x", 1)
        await scene.client.send(scene.owner, OpenStatusList(1, "revocation", 131_072))
        shutil.move(home / "parties" / "owner", home / "elsewhere")
        with refuses(NOT_ISSUED_HERE):
            await office.listing.status_list(scene.owner.did, 1, origin=ORIGIN)

    play(home, story)


def test_a_place_that_was_given_is_not_given_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        drawn = iter([5, 5, 5, 9])
        monkeypatch.setattr(office.issuer, "_chance", lambda size: next(drawn).to_bytes(size, "big"))
        assert [place(await office.issued(None, "revocation"))[1] for _ in range(2)] == [5, 9]

    play(home, story)


def test_a_list_of_which_something_is_hidden_is_not_signed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        issued = await office.issued(None, "revocation", name="urn:a")
        await office.issuer.set_status("urn:a", "revocation", value=True)

        async def hidden(*_: object) -> dict[int, bytes]:
            return {}

        monkeypatch.setattr(StatusLists, "_chunks", hidden)
        with refuses(NOT_PROVED):
            await office.listing.status_list(office.issuer.did, place(issued)[0], origin=ORIGIN)

    play(home, story)


def test_a_list_that_was_opened_otherwise_is_left_alone(home: Path) -> None:
    async def story(scene: Scene) -> None:
        wallet, payer = scene.network.wallet("registrar"), scene.network.wallet("operation")
        await scene.client.send(wallet, OpenStatusList(1, "revocation", 131_072), payer=payer)
        await scene.client.send(wallet, SetStatus(1, tuple(range(256)), True), payer=payer)
        office = Office(scene)
        issued = await asyncio.gather(*(office.issued(None, "revocation") for _ in range(5)))
        assert {place(each)[0] for each in issued} == {2}

    play(home, story)


def test_what_is_malformed_takes_no_place(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        bad_list = a_credential(type=["VerifiableCredential", "BitstringStatusListCredential"])
        for document in (
            a_credential(type=["Other"]),
            a_credential() | {"@context": []},
            a_credential(credentialSubject={}),
            bad_list,
        ):
            with refuses(MALFORMED):
                await office.issued(document, "revocation")
        assert registrar(home).read_bytes() == b""

    play(home, story)


def test_a_presentation_is_signed_by_the_holder_it_names(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        presentation: Any = {
            "@context": [V2],
            "type": ["VerifiablePresentation"],
            "verifiableCredential": [signed_by(scene.owner, now_ms=scene.clock())],
        }
        signed = await office.issuer.present(presentation, challenge="c", domain="d")
        assert signed["proof"]["proofPurpose"] == "authentication"  # type: ignore[index, call-overload]
        with refuses(WRONG_HOLDER):
            await office.issuer.present(presentation | {"holder": scene.owner.did}, challenge="c", domain="d")
        with refuses(MALFORMED):
            await office.issuer.present(presentation, challenge="c", domain=None)
        with refuses(UNKNOWN_SUITE):
            signed_otherwise = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022"}
            await office.verify(signed_by(scene.owner, now_ms=scene.clock()) | {"proof": signed_otherwise})

    play(home, story)
