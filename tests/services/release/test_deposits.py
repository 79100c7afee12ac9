"""A member takes its shares in from the recording's own vehicle, once; they lie sealed, a file each, nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from homes import NOW_MS, VIN, Outsider, Scene, a_drive, play, refuses
from homes.committee import MEMBERS
from msgspec.structs import replace

from autochain.client.http import NODE_AWAY
from autochain.edge.obu import PartKey
from autochain.onchain.contracts import identity
from autochain.onchain.contracts.credentials import ATTESTATIONS, Attest, Withdraw
from autochain.onchain.contracts.identity import IDENTITIES
from autochain.onchain.contracts.recording import ListRecordings, recording_id
from autochain.onchain.ledger import Signature
from autochain.onchain.ledger import errors as ledger_errors
from autochain.onchain.refusals import Refusal
from autochain.privacy import secret_sharing
from autochain.privacy.hpke import NOT_OPENED
from autochain.services.release import Depositor, Release, errors
from autochain.services.release import committee as release_committee
from autochain.services.release import service as release_service
from autochain.services.release.records import Deposit, Opened, OpenRequest, SealedShare, signed_bytes
from autochain.vault import KeyContext, unwrap, wrap
from autochain.wallet import Wallet

from .members import Dead, Slow, member, put_in

DAY_MS = 24 * 3_600_000
OTHER_VIN = "WVWZZZ1JZ3W386753"
FINGERPRINT = bytes(range(32))
KEYS = [PartKey("motion", "coarse", b"c" * 32), PartKey("motion", "exact", b"e" * 32)]


async def a_deposit(
    scene: Scene,
    keys: Sequence[PartKey] = KEYS,
    *,
    vehicle: Wallet | None = None,
    signer: Wallet | None = None,
    sealed_for: bytes | None = None,
    chain_id: str = "",
    fingerprint: bytes = FINGERPRINT,
) -> Deposit:
    """Makes a deposit for a committee of one as the car does, with what is said otherwise."""
    vehicle = vehicle or scene.car
    release = scene.network.wallet("release")
    recording = sealed_for or recording_id(vehicle.account, fingerprint)
    contexts = [
        KeyContext(scene.client.trust.chain_id, recording, key.category, key.precision, release.account) for key in keys
    ]
    sealed = tuple(
        SealedShare(key.category, key.precision, wrap(key.key, release.encryption_key, context))
        for key, context in zip(keys, contexts, strict=True)
    )
    identity = (await scene.client.prove(IDENTITIES, vehicle.account)).proved
    attestation = (await scene.client.prove(ATTESTATIONS, vehicle.account, "vehicle")).proved
    deposit = Deposit(
        chain_id or scene.client.trust.chain_id, vehicle.account, fingerprint, sealed, identity, attestation
    )
    return replace(deposit, signatures=(Signature(0, (signer or vehicle).sign(signed_bytes(deposit))),))


def kept(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.glob("parties/*/keys/*/*.key")}


def test_the_vehicles_keys_are_taken_in_over_http_and_each_lies_in_a_file_of_its_own(home: Path) -> None:
    async def story(scene: Scene) -> None:
        before = kept(home)
        deposit = await a_deposit(scene)
        await Outsider(scene.network).release.deposit(deposit)
        folder = f"parties/release/keys/{recording_id(scene.car.account, FINGERPRINT).hex()}"
        new = {name: data for name, data in kept(home).items() if name not in before}
        assert new == {
            f"{folder}/motion.coarse.key": deposit.shares[0].sealed,
            f"{folder}/motion.exact.key": deposit.shares[1].sealed,
        }

    play(home, story)


def test_the_same_keys_may_come_again_and_other_keys_may_not(home: Path) -> None:
    async def story(scene: Scene) -> None:
        release = member(scene, 1)
        await release.deposit(await a_deposit(scene))
        await release.deposit(await a_deposit(scene))
        before = kept(home)
        with refuses(errors.ALREADY_DEPOSITED):
            await release.deposit(await a_deposit(scene, [KEYS[0], KEYS[1]._replace(key=b"x" * 32)]))
        assert kept(home) == before
        await release.deposit(await a_deposit(scene, [PartKey("position", "exact", b"p" * 32)]))
        assert len(kept(home)) == len(before) + 1

    play(home, story)


def test_nobody_deposits_for_a_vehicle_but_itself(home: Path) -> None:
    async def story(scene: Scene) -> None:
        release, before = member(scene, 1), kept(home)
        other = await scene.network.vehicle("other", scene.owner, subject=OTHER_VIN)
        with refuses(errors.NOT_THE_VEHICLE):
            await release.deposit(await a_deposit(scene, signer=scene.rival))
        with refuses(errors.NOT_THE_VEHICLE):
            await release.deposit(replace(await a_deposit(scene), signatures=()))
        with refuses(ledger_errors.NOT_PROVED):
            await release.deposit(replace(await a_deposit(scene), vehicle=scene.rival.account))
        with refuses(NOT_OPENED):
            # The id that the keys are sealed for is that of another's recording.
            await release.deposit(await a_deposit(scene, vehicle=other, sealed_for=scene.recordings[0]))
        with refuses(errors.WRONG_RECORDING):
            await release.deposit(await a_deposit(scene, chain_id="main-other"))
        assert kept(home) == before

    play(home, story)


def test_what_was_not_sealed_to_the_release_is_not_taken_in(home: Path) -> None:
    async def story(scene: Scene) -> None:
        deposit, before = await a_deposit(scene), kept(home)
        for sealed in (b"", b"x" * 80, deposit.shares[1].sealed):
            spoilt = replace(deposit, shares=(replace(deposit.shares[0], sealed=sealed),), signatures=())
            signature = Signature(0, scene.car.sign(signed_bytes(spoilt)))
            with refuses(NOT_OPENED):
                await member(scene, 1).deposit(replace(spoilt, signatures=(signature,)))
        assert kept(home) == before

    play(home, story)


def test_a_vehicle_that_is_not_on_the_chain_or_was_revoked_deposits_nothing(home: Path) -> None:
    async def story(scene: Scene) -> None:
        nobody, before = replace(scene.car, account=bytes(20)), kept(home)
        with refuses(errors.NOT_THE_VEHICLE):
            await member(scene, 1).deposit(await a_deposit(scene, vehicle=nobody))
        await scene.client.send(scene.owner, identity.Revoke(scene.car.account))
        with refuses(errors.NOT_THE_VEHICLE):
            await member(scene, 1).deposit(await a_deposit(scene))
        assert kept(home) == before

    play(home, story)


def test_nobody_deposits_who_is_not_attested_to_be_a_vehicle(home: Path) -> None:
    async def story(scene: Scene) -> None:
        release, before = member(scene, 1), kept(home)
        others = (await scene.client.prove(ATTESTATIONS, scene.car.account, "vehicle")).proved
        for stranger in (scene.rival, scene.owner):
            deposit = await a_deposit(scene, vehicle=stranger)
            with refuses(errors.NOT_ATTESTED):
                await release.deposit(deposit)
            borrowed = replace(deposit, attestation=others, signatures=())
            signature = Signature(0, stranger.sign(signed_bytes(borrowed)))
            with refuses(ledger_errors.NOT_PROVED):
                await release.deposit(replace(borrowed, signatures=(signature,)))
        await release.deposit(await a_deposit(scene))
        registrar, payer = map(scene.network.wallet, ("registrar", "operation"))
        await scene.client.send(registrar, Withdraw(scene.car.account, "vehicle"), payer=payer)
        with refuses(errors.NOT_ATTESTED):
            await release.deposit(await a_deposit(scene, fingerprint=bytes(32)))
        assert len(kept(home)) == len(before) + len(KEYS)

    play(home, story)


def test_a_vehicle_whose_attestation_is_over_deposits_nothing_more(home: Path) -> None:
    async def story(scene: Scene) -> None:
        registrar, payer = map(scene.network.wallet, ("registrar", "operation"))
        until_ms = scene.clock() + DAY_MS
        renewal = (Withdraw(scene.car.account, "vehicle"), Attest(scene.car.account, "vehicle", bytes(32), until_ms))
        await scene.client.send(registrar, *renewal, payer=payer)
        scene.clock.advance(DAY_MS - 1_000)
        await member(scene, 1).deposit(await a_deposit(scene))
        scene.clock.advance(1_000)
        with refuses(errors.NOT_ATTESTED):
            await member(scene, 1).deposit(await a_deposit(scene, fingerprint=bytes(32)))

    play(home, story)


def test_a_vehicle_deposits_so_many_recordings_a_day_and_the_same_ones_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_service, "RECORDINGS_PER_DAY", 2)

    async def story(scene: Scene) -> None:
        release = member(scene, 1)
        prints = [bytes([number]) * 32 for number in range(4)]
        for fingerprint in (*prints[:2], *prints[:2]):
            await release.deposit(await a_deposit(scene, fingerprint=fingerprint))
        before = kept(home)
        with refuses(errors.TOO_MANY):
            await release.deposit(await a_deposit(scene, fingerprint=prints[2]))
        assert kept(home) == before
        other = await scene.network.vehicle("other", scene.owner, subject=OTHER_VIN)
        await release.deposit(await a_deposit(scene, vehicle=other))
        scene.clock.advance(DAY_MS)
        await scene.make_block()
        for fingerprint in prints[2:]:
            await release.deposit(await a_deposit(scene, fingerprint=fingerprint))

    play(home, story)


def test_an_old_deposit_can_not_be_sent_again_later(home: Path) -> None:
    async def story(scene: Scene) -> None:
        deposit = await a_deposit(scene)
        scene.clock.advance(31_000)
        with refuses(ledger_errors.STALE_HEADER):
            await member(scene, 1).deposit(deposit)

    play(home, story)


def test_the_car_records_and_the_buyer_reads_when_the_member_is_reached_over_http(home: Path) -> None:
    async def story(scene: Scene) -> None:
        outsider = Outsider(scene.network)
        put_in(scene, {1: outsider.release})
        recorded = await scene.unit().record(a_drive(2, before_ms=NOW_MS))
        receipt = await scene.buy(scene.buyer, recording=recorded.recording)
        assert len((await scene.fetch(scene.buyer, receipt)).parts) == 2
        assert outsider.opened == 1
        assert VIN.encode() not in b"".join(outsider.heard)

    play(home, story)


def test_nothing_is_committed_whose_shares_the_only_member_did_not_take_in_and_its_reason_is_told(home: Path) -> None:
    async def story(scene: Scene) -> None:
        put_in(scene, {1: Dead()})
        found = await scene.client.status()
        with refuses(NODE_AWAY):
            await scene.unit().record(a_drive(2, before_ms=NOW_MS))
        with refuses(NODE_AWAY):
            await Depositor(scene.client, scene.car, scene.network.committee).keep(bytes(20), FINGERPRINT, KEYS)
        assert (await scene.client.status()).app_hash == found.app_hash

    play(home, story)


def test_each_member_gets_shares_of_its_own_which_only_together_make_the_keys(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        network, name = scene.network, scene.recordings[0]
        keys = scene.part_keys(name)
        for (category, precision), key in keys.items():
            shares: dict[int, bytes] = {}
            for number, party in enumerate(MEMBERS, 1):
                wallet = network.wallet(party)
                context = KeyContext(scene.client.trust.chain_id, name, category, precision, wallet.account)
                shares[number] = unwrap(wallet, network.keys(party).get(context), context)
            assert len({key, *shares.values()}) == 4
            for pair in ((1, 2), (1, 3), (2, 3)):
                assert secret_sharing.combine({number: shares[number] for number in pair}) == key

    play(trio, story)


def test_a_vehicle_whose_connection_broke_hands_over_the_same_shares_again(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        put_in(scene, {2: Breaking(member(scene, 2))})
        before = kept(trio)
        with pytest.raises(Refusal) as caught:
            await scene.unit().record(a_drive(2, before_ms=NOW_MS))
        # It was taken in, and the vehicle could not know.
        assert caught.value.text == f"{errors.NOT_ALL_TOOK.text} (member 2: {NODE_AWAY.text})"
        taken = kept(trio).keys() - before.keys()
        assert {Path(name).parts[1] for name in taken} == set(MEMBERS)
        recorded = await scene.unit().record(a_drive(2, before_ms=NOW_MS))
        assert not recorded.known
        assert {name for name in kept(trio).keys() - before.keys() if "release" in name} == taken
        receipt = await scene.buy(scene.buyer, recording=recorded.recording)
        reading = await scene.fetch(scene.buyer, receipt)
        assert (len(reading.parts), reading.failed) == (2, {})

    play(trio, story)


def test_shares_of_other_keys_are_refused_by_every_member(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        depositor = Depositor(scene.client, scene.car, scene.network.committee)
        recording = recording_id(scene.car.account, FINGERPRINT)
        await depositor.keep(recording, FINGERPRINT, KEYS)
        before = kept(trio)
        with pytest.raises(Refusal) as caught:
            await depositor.keep(recording, FINGERPRINT, [KEYS[0], KEYS[1]._replace(key=b"x" * 32)])
        assert caught.value.reason == errors.NOT_ALL_TOOK
        assert caught.value.text.count(errors.ALREADY_DEPOSITED.text) == 3
        assert kept(trio) == before

    play(trio, story)


@pytest.mark.parametrize("away", [Dead(), Slow()], ids=["dead", "slow"])
def test_while_one_member_is_away_a_recording_waits_in_the_outbox_and_goes_on_later(
    trio: Path, away: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_committee, "MEMBER_S", 4.0)

    async def story(scene: Scene) -> None:
        there = scene.network.committee
        put_in(scene, {3: away})
        with pytest.raises(Refusal) as caught:
            await scene.unit().record(a_drive(2, before_ms=NOW_MS))
        assert caught.value.reason == errors.NOT_ALL_TOOK
        assert "member 3: " in caught.value.text
        assert "member 1: " not in caught.value.text
        with refuses(errors.NOT_ALL_TOOK):
            await scene.unit().flush()
        assert len(await scene.client.pages(ListRecordings())) == 2
        scene.network.committee = there
        (recorded,) = await scene.unit().flush()
        receipt = await scene.buy(scene.buyer, recording=recorded.recording)
        for number in (1, 2, 3):
            scene.network.committee = there
            put_in(scene, {number: Dead()})
            assert len((await scene.fetch(scene.buyer, receipt)).parts) == 2
        assert await scene.unit().flush() == []

    play(trio, story)


class Breaking(Dead):
    """A member whose first answer is lost on the way."""

    def __init__(self, genuine: Release) -> None:
        self._genuine = genuine
        self._broken = False

    async def deposit(self, deposit: Deposit) -> None:
        await self._genuine.deposit(deposit)
        if not self._broken:
            self._broken = True
            raise NODE_AWAY()

    async def open(self, request: OpenRequest) -> Opened:
        return await self._genuine.open(request)
