"""Nobody but a reader with an open receipt and a live consent gets a key: each attempt, and its refusal by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from homes import NOW_MS, VIN, Outsider, Scene, play, refuses, request_of, signed
from msgspec.structs import replace

from autochain.onchain.codec import NOT_CANONICAL, NOT_DECODABLE, TOO_LONG, encode
from autochain.onchain.contracts import consent as consents
from autochain.onchain.contracts import identity
from autochain.onchain.contracts.consent import errors as consent_errors
from autochain.onchain.contracts.consent.state import CONSENTS
from autochain.onchain.contracts.identity import IDENTITIES
from autochain.onchain.contracts.market import RECEIPTS, Read
from autochain.onchain.contracts.market.errors import NO_SUCH_PART
from autochain.onchain.contracts.recording import RECORDINGS
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.contracts.token.errors import TOO_POOR
from autochain.onchain.ids import derive
from autochain.onchain.ledger import Signature
from autochain.onchain.ledger import errors as ledger_errors
from autochain.onchain.ledger.ics23 import BAD_PROOF
from autochain.privacy import ed25519
from autochain.privacy.hpke import NOT_OPENED
from autochain.services.release import errors
from autochain.services.release.records import signed_bytes
from autochain.vault import KeyContext, open_part, unwrap
from autochain.vault.errors import NO_KEY, WRONG_KEY
from autochain.wallet import create

Attempt = Callable[[Scene, Outsider], Awaitable[None]]
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


def attempt(home: Path, story: Attempt, *, allowed: int = 0) -> None:
    """Plays an attempt over HTTP, and sees that nothing which came back holds a key, sealed or open, or a VIN.

    `allowed` says to how many requests shares were given, sealed anew to the reader on the receipt.
    """

    async def played(scene: Scene) -> None:
        outsider = Outsider(scene.network)
        await story(scene, outsider)
        heard = b"".join(outsider.heard)
        open_keys = [key for name in scene.recordings for key in scene.part_keys(name).values()]
        sealed_keys = [path.read_bytes() for path in home.glob("parties/*/keys/*/*.key")]
        # What the owner holds, the member holds too.
        assert 2 * len(open_keys) == len(sealed_keys) > 20
        assert outsider.heard
        assert not any(secret in heard for secret in [*open_keys, *sealed_keys, VIN.encode()])
        assert outsider.opened == allowed

    play(home, played)


def test_the_reader_itself_gets_the_shares_of_what_it_bought_and_no_others(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        opened = await outsider.release.open(await request_of(scene, scene.buyer, scene.receipt))
        assert [(share.category, share.precision) for share in opened.shares] == [
            ("motion", "exact"),
            ("position", "exact"),
        ]
        keys = scene.part_keys(scene.recordings[0])
        for share in opened.shares:
            context = KeyContext(
                scene.client.trust.chain_id,
                scene.recordings[0],
                share.category,
                share.precision,
                scene.buyer.account,
                scene.receipt,
            )
            # Of a committee of one, the share is the key.
            assert unwrap(scene.buyer, share.sealed, context) == keys[share.category, share.precision]

    attempt(home, story, allowed=1)


def test_a_stranger_can_neither_buy_nor_use_the_buyers_receipt(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        stranger = create(home / "parties", "stranger", kind="person")
        with refuses(ledger_errors.UNKNOWN_SENDER):
            await scene.buy(stranger, client=outsider.client)
        with refuses(errors.NOT_THE_READER):
            await outsider.release.open(await request_of(scene, scene.buyer, scene.receipt, signer=stranger))
        with refuses(ledger_errors.NOT_PROVED):
            await outsider.release.open(await request_of(scene, stranger, scene.receipt))

    attempt(home, story)


def test_a_receipt_that_was_made_up_opens_nothing(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        for made_up in (bytes(20), derive("receipt", scene.rival.account, bytes(8))):
            with refuses(errors.NO_RECEIPT):
                await outsider.release.open(await request_of(scene, scene.rival, made_up))
            with refuses(errors.NO_RECEIPT):
                await scene.fetch(scene.rival, made_up)

    attempt(home, story)


def test_a_second_buyer_can_neither_use_the_firsts_consent_nor_its_receipt(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        with refuses(consent_errors.OTHER_READER):
            await scene.buy(scene.rival, client=outsider.client)
        with refuses(consent_errors.NO_CONSENT):
            await scene.buy(scene.rival, client=outsider.client, consent=bytes(20))
        with refuses(errors.NOT_THE_READER):
            await outsider.release.open(await request_of(scene, scene.buyer, scene.receipt, signer=scene.rival))
        with refuses(ledger_errors.NOT_PROVED):
            await outsider.release.open(await request_of(scene, scene.rival, scene.receipt))

    attempt(home, story)


def test_after_the_revocation_the_buyer_can_neither_buy_nor_fetch_what_it_bought(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        await scene.client.send(scene.owner, consents.Revoke(scene.consent))
        with refuses(consent_errors.ENDED):
            await scene.buy(scene.buyer, client=outsider.client)
        with refuses(consent_errors.ENDED):
            await outsider.release.open(await request_of(scene, scene.buyer, scene.receipt))

    attempt(home, story)


def test_a_consent_proof_from_before_the_revocation_serves_for_thirty_seconds_and_no_longer(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        before = await request_of(scene, scene.buyer, scene.receipt)
        await scene.client.send(scene.owner, consents.Revoke(scene.consent))
        scene.clock.advance(29_000)
        await outsider.release.open(signed(replace(before, time_ms=scene.clock()), scene.buyer))
        scene.clock.advance(2_000)
        await scene.make_block()
        after = await request_of(scene, scene.buyer, scene.receipt)
        with refuses(ledger_errors.STALE_HEADER):
            await outsider.release.open(signed(replace(after, consent_proof=before.consent_proof), scene.buyer))

    attempt(home, story, allowed=1)


def test_after_the_expiry_the_buyer_can_neither_buy_nor_fetch_what_it_bought(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        short = await scene.grant(expires_ms=NOW_MS + MINUTE_MS)
        receipt = await scene.buy(scene.buyer, consent=short)
        scene.clock.advance(MINUTE_MS - 10_000)
        await scene.make_block()
        before = await request_of(scene, scene.buyer, receipt)
        scene.clock.advance(10_000)
        # The proof is fresh and shows a consent that lives; by the service's own clock it has expired.
        with refuses(consent_errors.ENDED):
            await outsider.release.open(signed(replace(before, time_ms=scene.clock()), scene.buyer))
        await scene.make_block()
        with refuses(consent_errors.ENDED):
            await outsider.release.open(await request_of(scene, scene.buyer, receipt))
        with refuses(consent_errors.ENDED):
            await scene.buy(scene.buyer, client=outsider.client, consent=short)

    attempt(home, story)


def test_a_receipt_that_has_lapsed_opens_nothing_though_the_consent_lives_on(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        long = await scene.grant(expires_ms=NOW_MS + 10 * DAY_MS)
        receipt = await scene.buy(scene.buyer, consent=long)
        scene.clock.advance(DAY_MS + 1_000)
        await scene.make_block()
        with refuses(errors.LAPSED):
            await outsider.release.open(await request_of(scene, scene.buyer, receipt))

    attempt(home, story)


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        pytest.param({"purpose": "insurance"}, consent_errors.OTHER_PURPOSE, id="another purpose"),
        pytest.param({"categories": ("energy",)}, consent_errors.OTHER_CATEGORY, id="another category"),
        pytest.param({"categories": ("energy", "motion")}, consent_errors.OTHER_CATEGORY, id="one category more"),
        pytest.param({"categories": ("engine",)}, NO_SUCH_PART, id="a category that it does not hold"),
    ],
)
def test_the_buyer_can_buy_nothing_that_was_not_granted(home: Path, wanted: dict[str, Any], reason: Any) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        with refuses(reason):
            await scene.buy(scene.buyer, client=outsider.client, **wanted)

    attempt(home, story)


def test_who_may_read_coarsely_can_not_read_exactly(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        coarse = await scene.grant(reader=scene.rival.account, precision="coarse")
        with refuses(consent_errors.TOO_PRECISE):
            await scene.buy(scene.rival, client=outsider.client, consent=coarse)
        receipt = await scene.buy(scene.rival, client=outsider.client, consent=coarse, precision="coarse")
        opened = await outsider.release.open(await request_of(scene, scene.rival, receipt))
        assert {share.precision for share in opened.shares} == {"coarse"}

    attempt(home, story, allowed=1)


def test_a_recording_outside_of_the_consents_window_can_not_be_bought(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        early = await scene.grant(until_ms=NOW_MS - DAY_MS - 12 * 60 * MINUTE_MS)
        with refuses(consent_errors.OUTSIDE_WINDOW):
            await scene.buy(scene.buyer, client=outsider.client, consent=early)

    attempt(home, story)


def test_the_buyers_request_sent_by_somebody_else_gives_that_one_nothing_it_could_open(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        overheard = await request_of(scene, scene.buyer, scene.receipt)
        opened = await outsider.release.open(overheard)
        for share in opened.shares:
            for holder in (scene.buyer, scene.rival):
                context = KeyContext(
                    scene.client.trust.chain_id,
                    scene.recordings[0],
                    share.category,
                    share.precision,
                    holder.account,
                    scene.receipt,
                )
                with refuses(NOT_OPENED):
                    unwrap(scene.rival, share.sealed, context)

    attempt(home, story, allowed=1)


def test_the_buyers_old_request_sent_again_later_is_refused(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        overheard = await request_of(scene, scene.buyer, scene.receipt)
        scene.clock.advance(31_000)
        await scene.make_block()
        with refuses(errors.STALE_REQUEST):
            await outsider.release.open(overheard)
        with refuses(errors.NOT_THE_READER):
            fresh = await request_of(scene, scene.buyer, scene.receipt)
            await outsider.release.open(replace(fresh, signatures=overheard.signatures))

    attempt(home, story)


def test_a_request_from_the_future_is_refused(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        with refuses(errors.STALE_REQUEST):
            later = scene.clock() + 5_001
            await outsider.release.open(await request_of(scene, scene.buyer, scene.receipt, time_ms=later))

    attempt(home, story)


def test_a_receipt_for_another_recording_opens_that_one_only(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        first, second = scene.recordings
        other = (await scene.client.prove(RECORDINGS, second)).proved
        with refuses(ledger_errors.NOT_PROVED):
            await outsider.release.open(await request_of(scene, scene.buyer, scene.receipt, recording_proof=other))
        reading = await scene.fetch(scene.buyer, scene.receipt)
        assert sorted(reading.parts) == [("motion", "exact"), ("position", "exact")]
        record = (await outsider.client.prove(RECORDINGS, second)).record
        part = scene.network.vault.get_manifest(record.manifest_root).part("motion", "exact")
        with refuses(WRONG_KEY):
            key = scene.part_keys(first)["motion", "exact"]
            open_part(part, key, recording=second, get=scene.network.vault.get)

    attempt(home, story)


def test_proofs_of_other_records_serve_for_none(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        other_receipt = await scene.buy(scene.buyer, recording=scene.recordings[1])
        other_consent = await scene.grant(reader=scene.rival.account)
        others: dict[str, Any] = {
            "receipt_proof": (await scene.client.prove(RECEIPTS, other_receipt)).proved,
            "consent_proof": (await scene.client.prove(CONSENTS, other_consent)).proved,
            "identity_proof": (await scene.client.prove(IDENTITIES, scene.rival.account)).proved,
            "owner_proof": (await scene.client.prove(IDENTITIES, scene.rival.account)).proved,
        }
        for field, proof in others.items():
            with refuses(ledger_errors.NOT_PROVED):
                await outsider.release.open(await request_of(scene, scene.buyer, scene.receipt, **{field: proof}))

    attempt(home, story)


def test_a_value_that_was_changed_under_its_proof_is_found(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        bought = await scene.client.prove(RECEIPTS, scene.receipt)
        granted = await scene.client.prove(CONSENTS, scene.consent)
        forged: dict[str, Any] = {
            "receipt_proof": replace(bought.proved, value=encode(replace(bought.record, reader=scene.rival.account))),
            "consent_proof": replace(granted.proved, value=encode(replace(granted.record, reader=scene.rival.account))),
        }
        for field, proof in forged.items():
            with refuses(BAD_PROOF):
                await outsider.release.open(await request_of(scene, scene.buyer, scene.receipt, **{field: proof}))
        absent = replace(granted.proved, value=b"")
        with refuses(BAD_PROOF):
            await outsider.release.open(await request_of(scene, scene.buyer, scene.receipt, consent_proof=absent))

    attempt(home, story)


def test_a_stale_header_is_refused_for_each_proof(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        old = await request_of(scene, scene.buyer, scene.receipt)
        scene.clock.advance(31_000)
        await scene.make_block()
        for field in ("receipt_proof", "consent_proof", "recording_proof", "identity_proof", "owner_proof"):
            with refuses(ledger_errors.STALE_HEADER):
                await outsider.release.open(
                    await request_of(scene, scene.buyer, scene.receipt, **{field: getattr(old, field)})
                )

    attempt(home, story)


def test_who_revoked_its_did_gets_nothing_more(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        change = scene.buyer.rotated(promises=False)
        await scene.client.send(change.signer, change.message, identity.Revoke(scene.buyer.account))
        with refuses(errors.READER_REVOKED):
            await outsider.release.open(await request_of(scene, scene.buyer, scene.receipt))
        with refuses(ledger_errors.REVOKED_SENDER):
            await scene.buy(scene.buyer, client=outsider.client)

    attempt(home, story)


def test_a_stolen_key_that_was_replaced_signs_nothing_more(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        change = scene.buyer.rotated()
        await scene.client.send(change.signer, change.message)
        with refuses(errors.NOT_THE_READER):
            await outsider.release.open(await request_of(scene, scene.buyer, scene.receipt))
        request = await request_of(scene, scene.buyer, scene.receipt)
        signature = Signature(0, change.wallet.sign(signed_bytes(request)))
        await outsider.release.open(replace(request, signatures=(signature,)))

    attempt(home, story, allowed=1)


def test_signatures_must_be_there_be_known_and_be_enough(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        request = await request_of(scene, scene.buyer, scene.receipt)
        (good,) = request.signatures
        for signatures in ((), (replace(good, key=1),), (good, good), (good, replace(good, key=1))):
            with refuses(errors.NOT_THE_READER):
                await outsider.release.open(replace(request, signatures=signatures))
        change = scene.buyer.rotated(promises=False)
        await scene.client.send(change.signer, change.message)
        two = (change.wallet.public_key, ed25519.public_key(bytes(32)))
        await scene.client.send(change.wallet, identity.Rotate(two, 2, scene.buyer.encryption_key))
        with refuses(errors.NOT_THE_READER):
            await outsider.release.open(await request_of(scene, change.wallet, scene.receipt))

    attempt(home, story)


def test_what_was_erased_can_not_be_released_and_part_of_it_neither(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        erased = home / "parties" / "release" / "keys" / scene.recordings[0].hex() / "position.exact.key"
        kept = erased.read_bytes()
        erased.unlink()
        with refuses(NO_KEY):
            await outsider.release.open(await request_of(scene, scene.buyer, scene.receipt))
        erased.write_bytes(kept)

    attempt(home, story)


def test_who_can_not_pay_gets_no_receipt(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        poor = create(home / "parties", "poor", kind="person")
        await outsider.client.register(poor)
        await scene.client.send(scene.buyer, Transfer(poor.account, 200_000))
        consent = await scene.grant(reader=poor.account)
        read = Read(scene.recordings[0], consent, "research", ("motion",), "exact")
        with refuses(TOO_POOR):
            await outsider.client.send(poor, read)

    attempt(home, story)


def test_what_is_no_request_at_all_is_refused(home: Path) -> None:
    async def story(scene: Scene, outsider: Outsider) -> None:
        good = encode(await request_of(scene, scene.buyer, scene.receipt))
        for body, reason in {
            b"": NOT_DECODABLE,
            good[:-1]: NOT_DECODABLE,
            good + b"\x00": NOT_DECODABLE,
            b"\xdc\x00" + bytes([good[0] & 0x0F]) + good[1:]: NOT_CANONICAL,
            bytes(600_000): TOO_LONG,
            bytes(2_000_000): TOO_LONG,
        }.items():
            with refuses(reason):
                await outsider.node.request("POST", "/members/1/open", body)

    attempt(home, story)
