"""A member judges for itself, whatever was sold: each rule of the right to read, and how many validators it takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from homes import NOW_MS, Scene, play, refuses, signed
from msgspec.structs import replace

from autochain.onchain.contracts.consent import Consent
from autochain.onchain.contracts.consent import errors as consent_errors
from autochain.onchain.crypto import sha256
from autochain.onchain.ids import derive
from autochain.onchain.ledger import errors as ledger_errors
from autochain.onchain.ledger.light import Trust
from autochain.onchain.refusals import Reason
from autochain.services.release import errors

from .made_up import a_member, made_up_request, records_of, validators_of

OTHER = derive("somebody", b"else")
SEEDS = [sha256(b"validator %d" % number) for number in range(4)]
Change = Callable[[Any], Any]


def with_terms(**changes: Any) -> Change:
    def changed(consent: Consent) -> Consent:
        return replace(consent, terms=replace(consent.terms, **changes))

    return changed


def with_fields(**changes: Any) -> Change:
    return lambda record: replace(record, **changes)


def absent(_: Any) -> None:
    return None


RULES: list[tuple[str, str, Change, Reason]] = [
    ("no receipt", "receipt_proof", absent, errors.NO_RECEIPT),
    ("a refunded receipt", "receipt_proof", with_fields(status="refunded"), errors.LAPSED),
    ("a lapsed receipt", "receipt_proof", with_fields(lapses_ms=NOW_MS), errors.LAPSED),
    ("no reader", "identity_proof", absent, errors.READER_REVOKED),
    ("a revoked reader", "identity_proof", with_fields(active=False), errors.READER_REVOKED),
    ("a reader of expired keys", "identity_proof", with_fields(until_ms=NOW_MS), errors.NOT_THE_READER),
    ("a reader of other keys", "identity_proof", with_fields(threshold=2), errors.NOT_THE_READER),
    ("no recording", "recording_proof", absent, errors.NO_RECORDING),
    ("another owner's recording", "recording_proof", with_fields(owner=OTHER), consent_errors.OTHER_VEHICLE),
    ("another vehicle's recording", "recording_proof", with_fields(vehicle=OTHER), consent_errors.OTHER_VEHICLE),
    ("an erased recording", "recording_proof", with_fields(erased_ms=NOW_MS), consent_errors.NOT_KEPT),
    ("a recording past its time", "recording_proof", with_fields(keep_until_ms=NOW_MS), consent_errors.NOT_KEPT),
    ("a recording before the window", "consent_proof", with_terms(from_ms=NOW_MS - 1), consent_errors.OUTSIDE_WINDOW),
    ("a recording after the window", "consent_proof", with_terms(until_ms=1), consent_errors.OUTSIDE_WINDOW),
    ("no owner", "owner_proof", absent, errors.NO_RECORDING),
    ("a revoked owner", "owner_proof", with_fields(active=False), consent_errors.OWNER_GONE),
    ("no consent", "consent_proof", absent, errors.NO_CONSENT),
    ("a revoked consent", "consent_proof", with_fields(revoked_ms=NOW_MS), consent_errors.ENDED),
    ("an expired consent", "consent_proof", with_terms(expires_ms=NOW_MS), consent_errors.ENDED),
    ("another's consent", "consent_proof", with_fields(reader=OTHER), consent_errors.OTHER_READER),
    ("a consent of another", "consent_proof", with_fields(owner=OTHER), consent_errors.OTHER_VEHICLE),
    ("a consent for another car", "consent_proof", with_terms(vehicle=OTHER), consent_errors.OTHER_VEHICLE),
    ("a receipt for another purpose", "receipt_proof", with_fields(purpose="resale"), consent_errors.OTHER_PURPOSE),
    ("a finer receipt", "consent_proof", with_terms(precision="coarse"), consent_errors.TOO_PRECISE),
    ("a broader receipt", "consent_proof", with_terms(categories=("motion",)), consent_errors.OTHER_CATEGORY),
]


@pytest.mark.parametrize(("field", "change", "reason"), [pytest.param(*rule[1:], id=rule[0]) for rule in RULES])
def test_a_member_gives_nothing_though_the_chain_had_sold_it(
    home: Path, field: str, change: Change, reason: Reason
) -> None:
    """The validators themselves sign state in which one thing is amiss."""

    async def story(scene: Scene) -> None:
        _, record = (await records_of(scene))[field]
        member = a_member(scene, trust=Trust(scene.client.trust.chain_id, validators_of(SEEDS[:1]).hash()))
        sold = await made_up_request(scene, {field: change(record)}, validators=SEEDS[:1], signers=SEEDS[:1])
        with refuses(reason):
            await member.open(sold)
        right = await made_up_request(scene, {}, validators=SEEDS[:1], signers=SEEDS[:1])
        assert len((await member.open(right)).shares) == 2

    play(home, story)


def test_by_the_members_own_clock_a_receipt_lapses_too(home: Path) -> None:
    """The header is fresh, and from before the lapse."""

    async def story(scene: Scene) -> None:
        _, record = (await records_of(scene))["receipt_proof"]
        member = a_member(scene, trust=Trust(scene.client.trust.chain_id, validators_of(SEEDS[:1]).hash()))
        lapsing = {"receipt_proof": with_fields(lapses_ms=NOW_MS + 10_000)(record)}
        scene.clock.advance(10_000)
        with refuses(errors.LAPSED):
            await member.open(await made_up_request(scene, lapsing, validators=SEEDS[:1], signers=SEEDS[:1]))

    play(home, story)


def test_of_four_validators_one_liar_opens_nothing_and_two_neither(home: Path) -> None:
    async def story(scene: Scene) -> None:
        member = a_member(scene, trust=Trust(scene.client.trust.chain_id, validators_of(SEEDS).hash()))
        for liars in (SEEDS[:1], SEEDS[3:], SEEDS[1:3]):
            with refuses(ledger_errors.TOO_LITTLE_POWER):
                await member.open(await made_up_request(scene, {}, validators=SEEDS, signers=liars))
        # Nor does one of the four become the only one by leaving out the others.
        with refuses(ledger_errors.NOT_VALIDATORS):
            await member.open(await made_up_request(scene, {}, validators=SEEDS[:1], signers=SEEDS[:1]))
        decided = await made_up_request(scene, {}, validators=SEEDS, signers=SEEDS[1:])
        assert len((await member.open(decided)).shares) == 2

    play(home, story)


@pytest.mark.parametrize(
    "field", ["receipt_proof", "consent_proof", "recording_proof", "identity_proof", "owner_proof"]
)
def test_one_proof_by_one_liar_of_four_among_honest_ones_opens_nothing(home: Path, field: str) -> None:
    async def story(scene: Scene) -> None:
        member = a_member(scene, trust=Trust(scene.client.trust.chain_id, validators_of(SEEDS).hash()))
        honest = await made_up_request(scene, {}, validators=SEEDS, signers=SEEDS[:3])
        lie = await made_up_request(scene, {}, validators=SEEDS, signers=SEEDS[3:])
        with refuses(ledger_errors.TOO_LITTLE_POWER):
            await member.open(signed(replace(honest, **{field: getattr(lie, field)}), scene.buyer))

    play(home, story)
