"""A recording's keys are taken in from its own vehicle, once, and lie sealed, a file each, nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from homes import NOW_MS, VIN, Outsider, Scene, a_drive, open_scene, play, refuses
from msgspec.structs import replace

from autochain.edge.obu import PartKey
from autochain.onchain.contracts import identity
from autochain.onchain.contracts.identity import IDENTITIES
from autochain.onchain.contracts.recording import recording_id
from autochain.onchain.ids import contract_account
from autochain.onchain.ledger import Signature
from autochain.onchain.ledger import errors as ledger_errors
from autochain.onchain.refusals import Refusal
from autochain.privacy.hpke import NOT_OPENED
from autochain.services.release import Depositor, errors
from autochain.services.release.records import Deposit, Opened, OpenRequest, SealedKey, signed_bytes
from autochain.vault import KeyContext, wrap
from autochain.wallet import Wallet

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
) -> Deposit:
    """Makes a deposit as the car does, with what is said otherwise."""
    vehicle = vehicle or scene.car
    release = scene.network.wallet("release")
    recording = sealed_for or recording_id(vehicle.account, FINGERPRINT)
    contexts = [
        KeyContext(scene.client.trust.chain_id, recording, key.category, key.precision, release.account) for key in keys
    ]
    sealed = tuple(
        SealedKey(key.category, key.precision, wrap(key.key, release.encryption_key, context))
        for key, context in zip(keys, contexts, strict=True)
    )
    proved = (await scene.client.prove(IDENTITIES, vehicle.account)).proved
    deposit = Deposit(chain_id or scene.client.trust.chain_id, vehicle.account, FINGERPRINT, sealed, proved)
    return replace(deposit, signatures=(Signature(0, (signer or vehicle).sign(signed_bytes(deposit))),))


def kept(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*.key")}


def test_the_vehicles_keys_are_taken_in_over_http_and_each_lies_in_a_file_of_its_own(home: Path) -> None:
    async def story(scene: Scene) -> None:
        before = kept(home)
        deposit = await a_deposit(scene)
        await Outsider(scene.network).release.deposit(deposit)
        folder = f"parties/release/keys/{recording_id(scene.car.account, FINGERPRINT).hex()}"
        new = {name: data for name, data in kept(home).items() if name not in before}
        assert new == {
            f"{folder}/motion.coarse.key": deposit.keys[0].sealed,
            f"{folder}/motion.exact.key": deposit.keys[1].sealed,
        }

    play(home, story)


def test_the_same_keys_may_come_again_and_other_keys_may_not(home: Path) -> None:
    async def story(scene: Scene) -> None:
        release = scene.network.release
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
        release, before = scene.network.release, kept(home)
        with refuses(errors.NOT_THE_VEHICLE):
            await release.deposit(await a_deposit(scene, signer=scene.rival))
        with refuses(errors.NOT_THE_VEHICLE):
            await release.deposit(replace(await a_deposit(scene), signatures=()))
        with refuses(ledger_errors.NOT_PROVED):
            await release.deposit(replace(await a_deposit(scene), vehicle=scene.rival.account))
        with refuses(NOT_OPENED):
            # The id that the keys are sealed for is that of another's recording.
            await release.deposit(await a_deposit(scene, vehicle=scene.rival, sealed_for=scene.recordings[0]))
        with refuses(errors.WRONG_RECORDING):
            await release.deposit(await a_deposit(scene, chain_id="main-other"))
        assert kept(home) == before

    play(home, story)


def test_what_was_not_sealed_to_the_release_is_not_taken_in(home: Path) -> None:
    async def story(scene: Scene) -> None:
        deposit = await a_deposit(scene)
        for sealed in (b"", b"x" * 80, deposit.keys[1].sealed):
            spoilt = replace(deposit, keys=(replace(deposit.keys[0], sealed=sealed),), signatures=())
            signature = Signature(0, scene.car.sign(signed_bytes(spoilt)))
            with refuses(NOT_OPENED):
                await scene.network.release.deposit(replace(spoilt, signatures=(signature,)))
        assert len(kept(home)) == 24

    play(home, story)


def test_a_vehicle_that_is_not_on_the_chain_or_was_revoked_deposits_nothing(home: Path) -> None:
    async def story(scene: Scene) -> None:
        nobody = replace(scene.car, seed=bytes(32))
        with refuses(errors.NOT_THE_VEHICLE):
            await scene.network.release.deposit(await a_deposit(scene, vehicle=nobody))
        await scene.client.send(scene.owner, identity.Revoke(scene.car.account))
        with refuses(errors.NOT_THE_VEHICLE):
            await scene.network.release.deposit(await a_deposit(scene))
        assert len(kept(home)) == 24

    play(home, story)


def test_an_old_deposit_can_not_be_sent_again_later(home: Path) -> None:
    async def story(scene: Scene) -> None:
        deposit = await a_deposit(scene)
        scene.clock.advance(31_000)
        with refuses(ledger_errors.STALE_HEADER):
            await scene.network.release.deposit(deposit)

    play(home, story)


def test_the_car_records_and_the_buyer_reads_when_the_release_is_reached_over_http(home: Path) -> None:
    async def story(scene: Scene) -> None:
        outsider = Outsider(scene.network)
        release = scene.network.wallet("release")
        scene.network.release = outsider.release
        recorded = await scene.unit().record(a_drive(2, before_ms=NOW_MS))
        receipt = await scene.buy(scene.buyer, recording=recorded.recording)
        assert len((await scene.fetch(scene.buyer, receipt)).parts) == 2
        assert VIN.encode() not in b"".join(outsider.heard)
        assert release.account != scene.owner.account

    play(home, story)


class NoRelease:
    """A release service that can't be reached."""

    async def deposit(self, deposit: Deposit) -> None:
        raise errors.STALE_REQUEST()

    async def open(self, request: OpenRequest) -> Opened:
        raise errors.STALE_REQUEST()


def test_nothing_is_committed_whose_keys_the_release_did_not_take_in(home: Path) -> None:
    async def run() -> None:
        async with open_scene(home) as scene:
            scene.network.release = NoRelease()
            with pytest.raises(Refusal):
                await scene.unit().record(a_drive(2, before_ms=NOW_MS))
            found = await scene.client.status()
            with refuses(errors.STALE_REQUEST):
                depositor = Depositor(
                    scene.client,
                    scene.car,
                    NoRelease(),
                    account=contract_account("x"),
                    public=scene.buyer.encryption_key,
                )
                await depositor.keep(bytes(20), FINGERPRINT, KEYS)
            assert (await scene.client.status()).app_hash == found.app_hash
        async with open_scene(home) as scene:
            assert len(scene.recordings) == 2
            assert len(await scene.unit().flush()) == 1

    asyncio.run(run())
