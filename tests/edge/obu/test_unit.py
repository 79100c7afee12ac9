"""A unit takes a drive in once, whatever breaks on the way, and claims what it may."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from homes import NOW_MS, Scene, a_drive, play, refuses

from autochain.edge.obu import Outbox, OwnerKeys, Recorded, Unit, recognise
from autochain.edge.obu.unit import KEEP_MS, OTHER_OWNER
from autochain.onchain.contracts.consent.errors import NOT_KEPT
from autochain.onchain.contracts.credentials import Attest
from autochain.onchain.contracts.identity import HandOver, Revoke
from autochain.onchain.contracts.recording import HOUR_MS, GetRecording, ListRecordings, recording_id
from autochain.onchain.contracts.recording.errors import BAD_RETENTION, IN_THE_FUTURE
from autochain.onchain.contracts.recording.messages import MAX_KEPT_MS
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.contracts.token.errors import TOO_POOR
from autochain.onchain.ledger import errors as ledger_errors
from autochain.onchain.refusals import present
from autochain.services.release import Depositor
from autochain.services.release.errors import NOT_ATTESTED, NOT_THE_VEHICLE
from autochain.signals import MAX_POINTS, SPEED, Drive, fingerprint_bytes
from autochain.wallet import Wallet, create

STEPS = {"put_all", "put_manifest", "put", "drop", "keep", "submit"}
"""What a unit does with its vault, its outbox, its key holders and the node, that a crash may come before or after."""

DAY_MS = 24 * HOUR_MS


class Crash(Exception):
    """The power is gone."""


class Power:
    """Goes away before the step with this number, counted from 0."""

    def __init__(self, lasts: int) -> None:
        self.lasts = lasts
        self.steps = 0

    def use(self) -> None:
        self.steps += 1
        if self.steps > self.lasts:
            raise Crash

    def feeds(self, target: Any) -> Any:
        """Gives something that does what the target does, as long as there is power."""
        return _Fed(target, self)


class _Fed:
    def __init__(self, target: Any, power: Power) -> None:
        self._target = target
        self._power = power

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        return _fed(found, self._power) if name in STEPS else found


def _fed(call: Callable[..., Any], power: Power) -> Callable[..., Any]:
    async def later(*arguments: Any) -> Any:
        power.use()
        answer = await call(*arguments)
        power.use()
        return answer

    def now(*arguments: Any) -> Any:
        power.use()
        answer = call(*arguments)
        power.use()
        return answer

    return later if inspect.iscoroutinefunction(call) else now


def a_unit(scene: Scene, power: Power | None = None, *, car: Wallet | None = None, keep_ms: int = KEEP_MS) -> Unit:
    """Puts a car's unit together as the network does, under a power that may go away."""
    power, car, network = power or Power(1_000), car or scene.car, scene.network
    chain_id = scene.client.trust.chain_id
    own = OwnerKeys(
        network.keys("owner"), chain_id=chain_id, account=scene.owner.account, public=scene.owner.encryption_key
    )
    depositor = Depositor(scene.client, car, network.committee)
    outbox = Outbox(network.home.parties / car.name / "outbox")
    scene.client.node = power.feeds(getattr(scene.client.node, "_target", scene.client.node))
    return Unit(
        car,
        scene.client,
        power.feeds(network.vault),
        owner=scene.owner.account,
        recognition=scene.owner.secret,
        holders=(power.feeds(own), power.feeds(depositor)),
        outbox=power.feeds(outbox),
        clock=scene.clock,
        keep_ms=keep_ms,
    )


async def an_unattested_car(scene: Scene, home: Path) -> Wallet:
    car = create(home / "parties", "new-car", kind="device", controller=scene.owner.account)
    await scene.client.register(car, controller=scene.owner)
    await scene.client.send(scene.owner, Transfer(car.account, 100_000))
    return car


async def attest(scene: Scene, car: Wallet) -> None:
    registrar, payer = map(scene.network.wallet, ("registrar", "operation"))
    await scene.client.send(registrar, Attest(car.account, "vehicle", bytes(32)), payer=payer)


async def recordings(scene: Scene) -> int:
    return len(await scene.client.pages(ListRecordings()))


def waiting(home: Path) -> int:
    return len(list(home.glob("parties/*/outbox/*")))


def test_a_drive_is_sealed_committed_and_rewarded(home: Path) -> None:
    async def story(scene: Scene) -> None:
        drive = a_drive(2, before_ms=NOW_MS)
        before_uacc = await scene.client.balance_uacc(scene.owner.account)
        recorded = await scene.unit().record(drive)
        record = present(await scene.client.ask(GetRecording(recorded.recording)), "it was recorded")
        assert recorded == Recorded(recorded.recording, record.manifest_root, record.height, 30_000, known=False)
        assert (record.vehicle, record.owner, record.points) == (scene.car.account, scene.owner.account, 30)
        assert await scene.client.balance_uacc(scene.owner.account) == before_uacc + 30_000
        manifest = scene.network.vault.get_manifest(recorded.manifest_root)
        assert [(part.category, part.precision, part.size_bytes) for part in manifest.parts] == [
            (part.category, part.precision, part.size_bytes) for part in record.parts
        ]
        assert set(scene.part_keys(recorded.recording)) == {(part.category, part.precision) for part in manifest.parts}
        assert waiting(home) == 0

    play(home, story)


def test_a_recording_is_kept_for_three_years_or_for_as_long_as_its_owner_wants(home: Path) -> None:
    async def story(scene: Scene) -> None:
        usual = await scene.unit().record(a_drive(2, before_ms=NOW_MS))
        wanted = await a_unit(scene, keep_ms=DAY_MS).record(a_drive(3, before_ms=NOW_MS))
        kept = [await scene.client.ask(GetRecording(each.recording)) for each in (usual, wanted)]
        assert [present(record, "it was recorded").keep_until_ms for record in kept] == [
            NOW_MS + 3 * 365 * DAY_MS,
            NOW_MS + DAY_MS,
        ]

    play(home, story)


def test_a_recording_whose_time_is_over_is_sold_no_more(home: Path) -> None:
    async def story(scene: Scene) -> None:
        recorded = await a_unit(scene, keep_ms=HOUR_MS).record(a_drive(2, before_ms=NOW_MS))
        bought = await scene.buy(scene.buyer, recording=recorded.recording)
        assert (await scene.fetch(scene.buyer, bought)).parts
        scene.clock.advance(HOUR_MS)
        await scene.make_block()
        with refuses(NOT_KEPT):
            await scene.buy(scene.buyer, recording=recorded.recording)
        with refuses(NOT_KEPT):
            await scene.fetch(scene.buyer, bought)
        assert (await scene.fetch(scene.buyer, await scene.buy(scene.buyer))).parts, "the others are kept"

    play(home, story)


def test_a_time_that_is_too_long_is_refused_and_the_drive_waits(home: Path) -> None:
    async def story(scene: Scene) -> None:
        with refuses(BAD_RETENTION):
            await a_unit(scene, keep_ms=MAX_KEPT_MS + HOUR_MS).record(a_drive(2, before_ms=NOW_MS))
        assert await recordings(scene) == 2
        assert waiting(home) == 1
        # As time passes, what was sealed comes within the bound.
        scene.clock.advance(HOUR_MS)
        assert len(await scene.unit().flush()) == 1

    play(home, story)


def test_a_unit_of_a_former_owner_records_nothing_more_and_holds_up_nothing(home: Path) -> None:
    async def story(scene: Scene) -> None:
        with contextlib.suppress(Crash):
            await a_unit(scene, Power(9)).record(a_drive(2, before_ms=NOW_MS))
        assert waiting(home) == 1
        unit = a_unit(scene)
        await scene.client.send(scene.owner, HandOver(scene.car.account), payer=scene.rival)
        with refuses(OTHER_OWNER):
            await unit.record(a_drive(3, before_ms=NOW_MS))
        assert await unit.flush() == []
        assert await recordings(scene) == 2
        # What waits is the former owner's: its keys go to nobody else.
        keys = scene.network.keys(scene.rival.name)
        assert await scene.network.unit(scene.car, scene.rival).flush() == []
        assert (waiting(home), keys.recordings()) == (2, [])
        scene.clock.advance(2 * DAY_MS)
        recorded = await scene.network.unit(scene.car, scene.rival).record(a_drive(0, before_ms=scene.clock()))
        record = present(await scene.client.ask(GetRecording(recorded.recording)), "it was recorded")
        assert record.owner == scene.rival.account
        assert keys.recordings() == [recorded.recording]

    play(home, story)


def test_the_chain_learns_whole_hours_only(home: Path) -> None:
    async def story(scene: Scene) -> None:
        drive = a_drive(2, before_ms=NOW_MS - 40 * 60_000 - 123)
        recorded = await scene.unit().record(drive)
        record = present(await scene.client.ask(GetRecording(recorded.recording)), "it was recorded")
        assert record.start_ms % HOUR_MS == record.end_ms % HOUR_MS == 0
        assert record.start_ms <= drive.times_ms[0] < record.start_ms + HOUR_MS
        assert record.end_ms - HOUR_MS <= drive.times_ms[-1] < record.end_ms

    play(home, story)


def test_the_same_readings_are_known_again_and_nothing_is_committed_twice(home: Path) -> None:
    async def story(scene: Scene) -> None:
        drive = a_drive(0, before_ms=NOW_MS)
        drive.columns = dict(reversed(drive.columns.items()))
        drive.vehicle, drive.track = "another name", "and track"
        status = await scene.client.status()
        recorded = await scene.unit().record(drive)
        assert recorded.known
        assert (recorded.recording, recorded.reward_uacc) == (scene.recordings[0], 30_000)
        assert (await scene.client.status()).app_hash == status.app_hash
        drive.columns[SPEED][7] = 41.0
        assert not (await scene.unit().record(drive)).known

    play(home, story)


def test_readings_are_recognised_by_a_secret_of_the_owner_alone(home: Path) -> None:
    async def story(scene: Scene) -> None:
        drive = a_drive(0, before_ms=NOW_MS)
        fingerprint = recognise(scene.owner.secret, drive)
        assert fingerprint == hmac.digest(scene.owner.secret, fingerprint_bytes(drive), hashlib.sha256)
        assert recording_id(scene.car.account, fingerprint) == scene.recordings[0]
        assert recognise(scene.rival.secret, drive) != fingerprint

    play(home, story)


def test_a_crash_before_or_after_any_step_loses_nothing_and_commits_nothing_twice(home: Path) -> None:
    async def story(scene: Scene) -> None:
        power = Power(1_000)
        await a_unit(scene, power).record(a_drive(2, before_ms=NOW_MS))
        assert power.steps == 14
        for lasts in range(power.steps):
            drive = a_drive(10 + lasts, before_ms=NOW_MS)
            count = await recordings(scene)
            try:
                await a_unit(scene, Power(lasts)).record(drive)
                raise AssertionError("the power went away")
            except Crash:
                pass
            flushed = await a_unit(scene).flush()
            recorded = await a_unit(scene).record(drive)
            assert recorded.known == (lasts >= 5), "what lay in the outbox is committed by flush"
            assert [one.recording for one in flushed] == [recorded.recording] * (5 <= lasts < 11)
            assert await recordings(scene) == count + 1
            assert recorded.reward_uacc == 30_000
            assert waiting(home) == 0
            receipt = await scene.buy(scene.buyer, recording=recorded.recording)
            assert len((await scene.fetch(scene.buyer, receipt)).parts) == 2

    play(home, story)


def test_a_retry_without_flush_commits_what_lay_in_the_outbox(home: Path) -> None:
    async def story(scene: Scene) -> None:
        drive = a_drive(2, before_ms=NOW_MS)
        try:
            await a_unit(scene, Power(9)).record(drive)
        except Crash:
            keys = {path: path.read_bytes() for path in home.glob("vault/objects/*/*")}
        recorded = await a_unit(scene).record(drive)
        assert not recorded.known
        assert {path: path.read_bytes() for path in home.glob("vault/objects/*/*")} == keys, "it was sealed once"
        assert waiting(home) == 0

    play(home, story)


def test_a_vehicle_that_is_not_attested_keeps_its_drives_until_it_is(home: Path) -> None:
    async def story(scene: Scene) -> None:
        car = await an_unattested_car(scene, home)
        with refuses(NOT_ATTESTED):
            await a_unit(scene, car=car).record(a_drive(2, before_ms=NOW_MS))
        assert (waiting(home), await recordings(scene)) == (1, 2)
        await attest(scene, car)
        (recorded,) = await a_unit(scene, car=car).flush()
        assert (recorded.reward_uacc, recorded.known) == (30_000, False)
        assert waiting(home) == 0

    play(home, story)


def test_a_vehicle_that_has_reached_its_cap_records_without_reward(home: Path) -> None:
    async def story(scene: Scene) -> None:
        unit = scene.unit()
        rewards = []
        for number in range(3):
            start_ms = NOW_MS - (number + 2) * MAX_POINTS * 1_000
            times_ms = list(range(start_ms, start_ms + MAX_POINTS * 1_000, 1_000))
            drive = Drive("car", "", times_ms, {SPEED: [float(number)] * MAX_POINTS})
            rewards.append((await unit.record(drive)).reward_uacc)
        # Two drives of 30 readings stand there already; an epoch rewards 100,000 readings of a vehicle.
        assert rewards == [50_000_000, 49_940_000, 0]
        assert await recordings(scene) == 5

    play(home, story)


def test_a_vehicle_that_the_chain_does_not_know_records_nothing(home: Path) -> None:
    async def story(scene: Scene) -> None:
        stranger = create(home / "parties", "stranger", kind="device", controller=scene.owner.account)
        with refuses(NOT_THE_VEHICLE):
            await a_unit(scene, car=stranger).record(a_drive(2, before_ms=NOW_MS))
        unit = a_unit(scene, car=stranger)
        unit._holders = unit._holders[:1]
        with refuses(ledger_errors.UNKNOWN_SENDER):
            await unit.record(a_drive(2, before_ms=NOW_MS))
        assert await recordings(scene) == 2

    play(home, story)


def test_a_vehicle_that_was_revoked_records_nothing_more(home: Path) -> None:
    async def story(scene: Scene) -> None:
        await scene.client.send(scene.owner, Revoke(scene.car.account))
        with refuses(NOT_THE_VEHICLE):
            await scene.unit().record(a_drive(2, before_ms=NOW_MS))
        assert await recordings(scene) == 2

    play(home, story)


def test_a_vehicle_that_can_not_pay_keeps_the_drive_until_it_can(home: Path) -> None:
    async def story(scene: Scene) -> None:
        car = await an_unattested_car(scene, home)
        await attest(scene, car)
        fee_uacc = scene.client.dispatcher.least_fee_uacc((Transfer(car.account, 1),), suites=(1,))
        await scene.client.send(car, Transfer(scene.owner.account, 100_000 - fee_uacc - 10))
        with refuses(TOO_POOR):
            await a_unit(scene, car=car).record(a_drive(2, before_ms=NOW_MS))
        assert waiting(home) == 1
        await scene.client.send(scene.owner, Transfer(car.account, 100_000))
        assert len(await a_unit(scene, car=car).flush()) == 1
        assert waiting(home) == 0

    play(home, story)


def test_a_drive_in_the_future_waits_until_it_is_past_and_holds_up_no_other(home: Path) -> None:
    async def story(scene: Scene) -> None:
        with refuses(IN_THE_FUTURE):
            await scene.unit().record(a_drive(0, before_ms=NOW_MS + 30 * HOUR_MS))
        try:
            await a_unit(scene, Power(9)).record(a_drive(2, before_ms=NOW_MS))
        except Crash:
            assert waiting(home) == 2
        assert len(await a_unit(scene).flush()) == 1
        assert waiting(home) == 1
        scene.clock.advance(30 * HOUR_MS)
        assert len(await a_unit(scene).flush()) == 1
        assert waiting(home) == 0

    play(home, story)


def test_two_processes_with_the_same_drive_at_once_record_it_once_and_both_succeed(home: Path) -> None:
    async def story(scene: Scene) -> None:
        drive = a_drive(3, before_ms=NOW_MS)
        both = await asyncio.gather(scene.unit().record(drive), scene.unit().record(drive))
        assert len({recorded.recording for recorded in both}) == 1
        assert len({recorded.height for recorded in both}) == 1
        # The keys that the holders have open what was committed.
        assert scene.part_keys(both[0].recording)
        receipt = await scene.buy(scene.buyer, recording=both[0].recording)
        assert (await scene.fetch(scene.buyer, receipt)).parts

    play(home, story)
