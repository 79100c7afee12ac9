"""A passport tells a whole life to whoever trusts the validators, and nothing else passes for one."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from pathlib import Path

import pytest
from homes import open_scene, refuses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from services.passport.lived import PAPER, Lived

from autochain.onchain.codec import encode
from autochain.onchain.contracts.identity import IDENTITIES
from autochain.onchain.contracts.vehicles import LIVES, GetHistory, StateOdometer
from autochain.onchain.ledger.errors import FOREIGN_HEADER, NOT_VALIDATORS
from autochain.onchain.ledger.header import LightBlock
from autochain.onchain.ledger.ics23 import BAD_PROOF, CommitmentProof
from autochain.onchain.ledger.light import Proved, Trust
from autochain.onchain.refusals import Refusal
from autochain.services.passport import (
    BUNDLE,
    CONTRADICTS,
    INCOMPLETE,
    MAX_BUNDLE_BYTES,
    MOVING,
    NO_LIFE,
    NOT_A_PASSPORT,
    OTHER_FORMAT,
    OTHER_VEHICLE,
    TOO_MUCH,
    Bundle,
    Entry,
    bytes_of,
    check_passport,
    make_passport,
    plain_block,
)

EVERY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def changed(lived: Lived, **fields: object) -> bytes:
    """Writes the passport with some of its fields changed."""
    return bytes_of(replace(BUNDLE.decode(lived.passport), **fields))


def bundle(lived: Lived) -> Bundle:
    return BUNDLE.decode(lived.passport)


def test_a_passport_tells_the_whole_life(lived: Lived) -> None:
    checked = check_passport(lived.trust, lived.passport, device=lived.device)
    kinds = [step.kind for step in checked.steps]
    assert kinds[:2] == ["made", "registered"]
    assert kinds[-1] == "sold"
    assert len(kinds) == checked.life.steps == 17
    assert checked.life.odometer_m == 70_000
    assert checked.identity.controller == lived.buyer
    assert [version.version for version in checked.versions] == list(range(1, checked.identity.version))
    assert {rxswin: software.version for rxswin, (software, _) in checked.software.items()} == {"R155": "7", "R79": "2"}
    assert [approval.approval for _, approval in checked.software.values()] == ["E-7", "E-2"]
    assert list(checked.recalls) == ["R-1", "R-3"]
    assert [event.stage for event in checked.security_events] == ["notified", "reported"]
    assert checked.attestation is not None
    assert checked.certificate is not None
    assert checked.certificate[1].device == lived.device


def test_what_is_absent_is_proved_to_be(lived: Lived) -> None:
    other = check_passport(lived.trust, lived.other)
    assert other.certificate is None
    assert (other.software, other.recalls, other.security_events, other.versions) == ({}, {}, [], [])
    assert [step.kind for step in other.steps] == ["made"]


def test_a_passport_has_one_form(lived_home: tuple[Path, Lived]) -> None:
    path, lived = lived_home

    async def run() -> bytes:
        async with open_scene(path) as scene:
            return await make_passport(scene.client, lived.device)

    again = BUNDLE.decode(asyncio.run(run()))
    assert (again.device, again.steps) == (lived.device, bundle(lived).steps)
    assert encode(again) == bytes_of(again)


@EVERY
@given(data=st.data())
def test_a_changed_byte_anywhere_is_refused(lived: Lived, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(lived.passport) - 1))
    flip = data.draw(st.integers(1, 255))
    bytes_now = bytearray(lived.passport)
    bytes_now[place] ^= flip
    with pytest.raises(Refusal):
        check_passport(lived.trust, bytes(bytes_now))


@EVERY
@given(data=st.data())
def test_a_changed_byte_of_an_absence_is_refused(lived: Lived, data: st.DataObject) -> None:
    bytes_now = bytearray(lived.other)
    bytes_now[data.draw(st.integers(0, len(bytes_now) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refusal):
        check_passport(lived.trust, bytes(bytes_now))


@EVERY
@given(length=st.integers(0, 20_000))
def test_a_passport_that_was_cut_off_is_refused(lived: Lived, length: int) -> None:
    with pytest.raises(Refusal):
        check_passport(lived.trust, lived.passport[: min(length, len(lived.passport) - 1)])


def test_an_entry_that_is_left_out_is_refused_wherever_it_stood(lived: Lived) -> None:
    entries = bundle(lived).entries
    assert len(entries) > 10
    for place in range(len(entries)):
        with pytest.raises(Refusal) as refused:
            check_passport(lived.trust, changed(lived, entries=entries[:place] + entries[place + 1 :]))
        assert refused.value.reason in (INCOMPLETE, BAD_PROOF)


def test_entries_in_another_order_or_twice_are_refused(lived: Lived) -> None:
    entries = bundle(lived).entries
    for place in range(len(entries) - 1):
        swapped = (*entries[:place], entries[place + 1], entries[place], *entries[place + 2 :])
        with pytest.raises(Refusal) as refused:
            check_passport(lived.trust, changed(lived, entries=swapped))
        assert refused.value.reason in (INCOMPLETE, BAD_PROOF)
    with refuses(TOO_MUCH):
        check_passport(lived.trust, changed(lived, entries=(*entries, entries[-1])))


def test_a_step_that_is_left_out_changed_or_moved_is_refused(lived: Lived) -> None:
    steps = bundle(lived).steps
    for place, step in enumerate(steps):
        with refuses(INCOMPLETE):
            check_passport(lived.trust, changed(lived, steps=steps[:place] + steps[place + 1 :]))
        later = (*steps[:place], replace(step, time_ms=step.time_ms + 1), *steps[place + 1 :])
        with refuses(CONTRADICTS):
            check_passport(lived.trust, changed(lived, steps=later))
    with refuses(CONTRADICTS):
        check_passport(lived.trust, changed(lived, steps=(steps[1], steps[0], *steps[2:])))


def test_entries_of_another_vehicle_are_refused(lived: Lived) -> None:
    mine, theirs = bundle(lived), BUNDLE.decode(lived.other)
    # Both were made at the same header, so that only the keys tell them apart.
    assert mine.light_block == theirs.light_block
    for place in range(2):
        mixed = (*mine.entries[:place], theirs.entries[place], *mine.entries[place + 1 :])
        with refuses(BAD_PROOF):
            check_passport(lived.trust, changed(lived, entries=mixed))
    with refuses(BAD_PROOF):
        check_passport(lived.trust, changed(lived, device=theirs.device))
    with refuses(INCOMPLETE):
        check_passport(lived.trust, changed(lived, steps=theirs.steps))


def test_versions_of_two_heights_are_not_mixed(lived: Lived) -> None:
    young, old = BUNDLE.decode(lived.young), bundle(lived)
    assert check_passport(lived.trust, lived.young).life.steps == 2
    for place in range(2):
        mixed = (*old.entries[:place], young.entries[place], *old.entries[place + 1 :])
        with refuses(BAD_PROOF):
            check_passport(lived.trust, changed(lived, entries=mixed))
    with refuses(BAD_PROOF):
        check_passport(lived.trust, changed(lived, light_block=young.light_block))
    with refuses(BAD_PROOF):
        check_passport(lived.trust, changed(lived, entries=young.entries, steps=young.steps))


def test_only_the_trusted_validators_of_the_trusted_chain_count(lived: Lived) -> None:
    with refuses(FOREIGN_HEADER):
        check_passport(Trust("main-other", lived.trust.validators_hash), lived.passport)
    with refuses(NOT_VALIDATORS):
        check_passport(Trust(lived.trust.chain_id, bytes(32)), lived.passport)


def test_what_no_signature_covers_may_not_stand_in_the_header(lived: Lived) -> None:
    block = LightBlock.decode(bundle(lived).light_block)
    more = dataclasses.replace(block, validators=dataclasses.replace(block.validators, total_power=5))
    with refuses(NOT_A_PASSPORT):
        check_passport(lived.trust, changed(lived, light_block=more.encode()))


def test_what_no_proof_rests_on_may_not_be_written_otherwise(lived: Lived) -> None:
    other = BUNDLE.decode(lived.other)
    place = next(number for number, entry in enumerate(other.entries) if not entry.value)
    proof = CommitmentProof.decode(other.entries[place].proof)
    assert proof.nonexist is not None
    # A proof of absence holds by its neighbours; which key it says it is for is looked at by no verifier but this one.
    renamed = dataclasses.replace(proof, nonexist=dataclasses.replace(proof.nonexist, key=bytes(32)))
    entry = replace(other.entries[place], proof=renamed.encode())
    entries = (*other.entries[:place], entry, *other.entries[place + 1 :])
    with refuses(NOT_A_PASSPORT):
        check_passport(lived.trust, bytes_of(replace(other, entries=entries)))


def test_other_bytes_are_no_passport(lived: Lived) -> None:
    for data in (b"", b"PK\x03\x04", b"\xc1", encode(("autochain/other", 1)), b"\x91" * 100_000):
        with refuses(NOT_A_PASSPORT):
            check_passport(lived.trust, data)
    with refuses(OTHER_FORMAT):
        check_passport(lived.trust, encode(("autochain/passport", 2, {"what": "comes"})))
    with pytest.raises(Refusal, match="longer"):
        check_passport(lived.trust, bytes(MAX_BUNDLE_BYTES + 1))
    with refuses(OTHER_VEHICLE):
        check_passport(lived.trust, lived.other, device=lived.device)


def test_who_has_no_life_has_no_passport(home: Path) -> None:
    async def run() -> None:
        async with open_scene(home) as scene:
            for account in (scene.car.account, scene.owner.account, bytes(20)):
                with refuses(NO_LIFE):
                    await make_passport(scene.client, account)

    asyncio.run(run())


def test_the_proof_that_there_is_no_vehicle_is_no_passport(lived_home: tuple[Path, Lived]) -> None:
    path, lived = lived_home

    async def run() -> list[Proved]:
        async with open_scene(path) as scene:
            return [await scene.client.node.prove(table.key(bytes(20))) for table in (IDENTITIES, LIVES)]

    proved = asyncio.run(run())
    entries = tuple(Entry(each.value, each.proof) for each in proved)
    made_up = replace(
        bundle(lived),
        device=bytes(20),
        light_block=plain_block(LightBlock.decode(proved[0].light_block)).encode(),
        steps=(),
        entries=entries,
    )
    with refuses(INCOMPLETE):
        check_passport(lived.trust, bytes_of(made_up))


def test_a_passport_is_made_at_one_header_while_blocks_come(lived_home: tuple[Path, Lived], tmp_path: Path) -> None:
    path = shutil.copytree(lived_home[0], tmp_path / "home")
    lived = lived_home[1]

    async def run() -> None:
        async with open_scene(path) as scene:
            node, client, proofs = scene.client.node, scene.client, 0

            class Busy:
                """A node at which the vehicle states its odometer between two proofs, some times."""

                def __init__(self, until: int) -> None:
                    self.until = until

                async def prove(self, key: bytes) -> Proved:
                    nonlocal proofs
                    proofs += 1
                    if proofs <= self.until and proofs % 2:
                        await client.send(scene.car, StateOdometer(lived.device, 70_000 + proofs, PAPER))
                    return await node.prove(key)

                def __getattr__(self, name: str) -> object:
                    return getattr(node, name)

            client.node = Busy(8)  # type: ignore[assignment]
            checked = check_passport(lived.trust, await make_passport(client, lived.device))
            assert proofs > 8
            assert checked.steps == await client.ask(GetHistory(lived.device))
            client.node = Busy(10_000)  # type: ignore[assignment]
            with refuses(MOVING):
                await make_passport(client, lived.device)

    asyncio.run(run())
