"""The verifier: signers and statuses as the chain has them, challenges that are good once, and bounds."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from homes import refuses
from homes.scene import DAY_MS, Scene, play
from msgspec.structs import replace as changed

from autochain.onchain.contracts.credentials import OpenStatusList, SetStatus
from autochain.onchain.contracts.identity import Revoke
from autochain.onchain.ids import did
from autochain.onchain.ledger.errors import STALE_HEADER
from autochain.privacy import ed25519
from autochain.services.issuer import (
    CHALLENGE_MS,
    NO_CHALLENGE,
    NO_LIST,
    STATUS_ELSEWHERE,
    TOO_MANY,
    list_url,
    problem_type,
)
from autochain.services.issuer.gathering import MAX_DIDS, MAX_LISTS
from autochain.wallet import credentials as w3c
from autochain.wallet.credentials import did_key, from_ms, status_entry

from .issuing import ORIGIN, Office, a_credential, shown_by, signed_by


def test_a_signer_is_believed_as_long_as_its_did_says_so(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office, owner = Office(scene), scene.owner
        scene.clock.advance(10_000)
        await scene.make_block()
        signed = signed_by(owner, now_ms=scene.clock())
        await office.verify(signed)
        with refuses(w3c.FORGED):
            await office.verify(signed | {"id": "urn:other"})
        with refuses(w3c.WRONG_ISSUER):
            await office.verify(signed_as(scene, scene.rival.did))
        scene.clock.advance(10_000)
        change = owner.rotated()
        await scene.client.send(change.signer, change.message)
        with refuses(w3c.KEY_NOT_ALLOWED):
            await office.verify(signed)
        await office.verify(signed, past_keys=True)
        with refuses(w3c.KEY_NOT_ALLOWED):
            late = signed_by(owner, now_ms=scene.clock())
            await office.verify(late, past_keys=True)
        await office.verify(signed_by(change.wallet, now_ms=scene.clock()))
        ending = change.wallet.rotated()
        await scene.client.send(ending.signer, changed(ending.message, next=None), Revoke(owner.account))
        for past_keys in (False, True):
            with refuses(w3c.DEACTIVATED):
                await office.verify(signed, past_keys=past_keys)

    play(home, story)


def signed_as(scene: Scene, issuer: str) -> Any:
    """Signs with the owner's key what names another issuer."""
    author = w3c.Author(scene.owner.did, scene.owner)
    document = a_credential(issuer=issuer)
    return w3c.add_proof(document, author, purpose="assertionMethod", created_ms=scene.clock())


def test_a_signer_that_is_not_to_be_found_proves_nothing(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        signed = signed_by(scene.owner, now_ms=scene.clock())
        for method, reason in {
            did(bytes(20)) + "#z": w3c.UNRESOLVED,
            "did:web:example.com#key": w3c.UNRESOLVED,
            "did:acc:short#key": w3c.BAD_DID,
            "not a url": w3c.BAD_DID,
            scene.owner.did: w3c.BAD_DID,
            f"{scene.owner.did}#other": w3c.KEY_NOT_ALLOWED,
        }.items():
            with refuses(reason):
                await office.verify(signed | {"proof": {**signed["proof"], "verificationMethod": method}})

    play(home, story)


def test_a_time_that_is_over_or_to_come_is_refused(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office, now_ms = Office(scene), scene.clock()
        for span, reason in (
            ({"validFrom": from_ms(now_ms + DAY_MS)}, w3c.NOT_YET_VALID),
            ({"validUntil": from_ms(now_ms - DAY_MS)}, w3c.EXPIRED),
        ):
            with refuses(reason):
                await office.verify(signed_by(scene.owner, a_credential(**span), now_ms=now_ms))

    play(home, story)


def test_the_status_is_that_of_the_chain_whichever_host_serves_it(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office, issuer = Office(scene), scene.owner
        await scene.client.send(issuer, OpenStatusList(5, "suspension", 200_000))

        def at(index: int, *, number: int = 5, owner: str = issuer.did, purpose: Any = "suspension") -> Any:
            entry = status_entry(url=list_url("http://other.example", owner, number), purpose=purpose, index=index)
            return signed_by(issuer, a_credential(credentialStatus=entry), now_ms=scene.clock())

        await scene.client.send(issuer, SetStatus(5, (0, 4_095, 4_096, 199_999), True))
        for index in (0, 4_095, 4_096, 199_999):
            with refuses(w3c.SUSPENDED):
                await office.verify(at(index))
        for index in (1, 4_094, 4_097, 199_998):
            await office.verify(at(index))
        # The chain's last chunk has room for more than the list is long; nothing beyond its end was ever set.
        for document, reason in (
            (at(999_999), w3c.BAD_STATUS),
            (at(1, number=6), NO_LIST),
            (at(1, owner=scene.buyer.did), NO_LIST),
            (at(1, purpose="revocation"), w3c.BAD_STATUS),
        ):
            with refuses(reason):
                await office.verify(document)
            await office.verify(document, checks=("proof",))

    play(home, story)


def test_no_address_of_another_s_choice_is_ever_asked(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        for url in ("https://other.example/list", "http://169.254.169.254/latest", "file:///etc/passwd", "did:acc:x"):
            entry = status_entry(url=url, purpose="revocation", index=1)
            signed = signed_by(scene.owner, a_credential(credentialStatus=entry), now_ms=scene.clock())
            with refuses(STATUS_ELSEWHERE):
                await office.verify(signed)

    play(home, story)


def test_an_unknown_schema_is_told(home: Path) -> None:
    async def story(scene: Scene) -> None:
        schema = {"id": "https://other.example/schema", "type": "JsonSchema"}
        signed = signed_by(scene.owner, a_credential(credentialSchema=schema), now_ms=scene.clock())
        (warning,) = (await Office(scene).verify(signed)).warnings
        assert "https://other.example/schema" in warning

    play(home, story)


def test_a_presentation_is_good_once(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)

        def show(challenge: str, **changes: Any) -> Any:
            own = signed_by(scene.owner, a_credential(scene.buyer.did), now_ms=scene.clock())
            return shown_by(scene.buyer, own, now_ms=scene.clock(), challenge=challenge, **changes)

        challenge = office.verifier.challenge()
        asked: Any = {"challenge": challenge, "domain": "shop.example"}
        outcome = await office.verify_shown(show(challenge), **asked)
        assert outcome.warnings == ()
        with refuses(NO_CHALLENGE):
            await office.verify_shown(show(challenge), **asked)

        office = Office(scene)
        old = office.verifier.challenge()
        scene.clock.advance(CHALLENGE_MS)
        await scene.make_block()
        with refuses(NO_CHALLENGE):
            await office.verify_shown(show(old), challenge=old, domain="shop.example")
        with refuses(NO_CHALLENGE):
            await office.verify_shown(show("theirs"), challenge="theirs", domain="shop.example")

    play(home, story)


def test_of_two_who_send_the_same_presentation_at_once_one_is_answered(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        challenge = office.verifier.challenge()
        shown = shown_by(scene.buyer, now_ms=scene.clock(), challenge=challenge)
        attempts = [office.verify_shown(shown, challenge=challenge, domain="shop.example") for _ in range(5)]
        answers = await asyncio.gather(*attempts, return_exceptions=True)
        assert sum(not isinstance(answer, BaseException) for answer in answers) == 1

    play(home, story)


def test_a_presentation_for_another_challenge_or_verifier_is_refused(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene, is_open=True)
        shown = shown_by(scene.buyer, now_ms=scene.clock(), challenge="theirs")
        await office.verify_shown(shown, challenge="theirs", domain="shop.example")
        with refuses(w3c.REPLAYED):
            await office.verify_shown(shown, challenge="another", domain="shop.example")
        with refuses(w3c.WRONG_DOMAIN):
            await office.verify_shown(shown, challenge="theirs", domain="bank.example")
        (warning,) = (await office.verify_shown(shown)).warnings
        assert "No challenge" in warning
        challenge = office.verifier.challenge()
        with refuses(w3c.REPLAYED):
            await office.verify_shown(shown, challenge=challenge)
        with refuses(NO_CHALLENGE):  # It was used, even though nothing came of it.
            await office.verify_shown(shown, challenge=challenge)

    play(home, story)


def test_the_holder_is_the_subject_where_that_is_asked(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene, is_open=True)
        about_owner = signed_by(scene.owner, a_credential(scene.owner.did), now_ms=scene.clock())
        shown = shown_by(scene.rival, about_owner, now_ms=scene.clock(), challenge="c")
        await office.verify_shown(shown)
        with refuses(w3c.WRONG_HOLDER):
            await office.verify_shown(shown, holder_is_subject=True)
        named: Any = {"@context": [w3c.V2], "type": ["VerifiablePresentation"], "holder": scene.owner.did}
        author = w3c.Author(scene.rival.did, scene.rival)
        with refuses(w3c.WRONG_HOLDER):
            await office.verify_shown(w3c.add_proof(named, author, purpose="authentication", created_ms=scene.clock()))

    play(home, story)


def test_each_proof_is_for_its_purpose(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        signed = signed_by(scene.owner, now_ms=scene.clock())
        await office.verify(signed, purpose="assertionMethod")
        with refuses(w3c.KEY_NOT_ALLOWED):
            await office.verify(signed, purpose="authentication")
        with refuses(w3c.KEY_NOT_ALLOWED):
            await office.verify_shown(shown_by(scene.buyer, now_ms=0, challenge="c"), purpose="assertionMethod")

    play(home, story)


def test_a_document_that_makes_much_work_is_refused_before_any_is_done(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        signed = signed_by(scene.owner, now_ms=scene.clock())
        names = [did_key(ed25519.public_key(number.to_bytes(32, "big"))) for number in range(MAX_DIDS + 1)]
        proofs = [{**signed["proof"], "verificationMethod": f"{name}#k"} for name in names]
        with refuses(TOO_MANY):
            await office.verify(signed | {"proof": proofs})
        entries = [
            status_entry(url=list_url(ORIGIN, scene.owner.did, number), purpose="revocation", index=1)
            for number in range(MAX_LISTS + 1)
        ]
        with refuses(TOO_MANY):
            await office.verify(signed | {"credentialStatus": entries})
        await office.verify(signed)

    play(home, story)


def test_a_chain_that_stands_still_is_no_fault_of_the_document(home: Path) -> None:
    async def story(scene: Scene) -> None:
        office = Office(scene)
        signed = signed_by(scene.owner, now_ms=scene.clock())
        node = scene.client.node
        proved: dict[bytes, Any] = {}

        class Still:
            async def prove(self, key: bytes) -> Any:
                return proved[key]

        resolver_key = (await office.resolver.resolve(w3c.parse_did_url(scene.owner.did))).proved[0]
        proved[resolver_key] = await node.prove(resolver_key)
        scene.client.node = Still()  # type: ignore[assignment]
        scene.clock.advance(31_000)
        with refuses(STALE_HEADER):
            await office.verify(signed)
        scene.client.node = node

    play(home, story)


def test_refusals_have_the_names_of_the_w3c_where_it_has_one() -> None:
    assert problem_type(w3c.FORGED) == "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR"
    assert problem_type(w3c.MALFORMED) == "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR"
    assert problem_type(w3c.WRONG_DOMAIN) == "https://w3id.org/security#INVALID_DOMAIN_ERROR"
    assert problem_type(STATUS_ELSEWHERE) == "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR"
    assert problem_type(w3c.REVOKED) == "/errors/credentials_w3c/9"
