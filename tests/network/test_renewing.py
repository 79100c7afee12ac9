"""New keys of parties: whatever stops a change of them, the wallet that speaks is there, and none is lost."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from homes import NOW_MS, Scene, a_drive, environment, play, refuses
from msgspec.structs import replace

from autochain.client.client import KEYS_EXPIRED
from autochain.network import (
    NO_GUARDIANS,
    Home,
    Network,
    change_keys,
    end_account,
    name_guardians,
    open_network,
    prepare_recovery,
    renewing,
    settle,
    take_over,
)
from autochain.network.renewing import BUSY, OTHER_ACCOUNT, catch_up
from autochain.onchain.contracts.identity import (
    DAY_MS,
    HOUR_MS,
    CompleteRecovery,
    GetGuardians,
    GetIdentity,
    HandOver,
    SetGuardians,
)
from autochain.onchain.contracts.identity.errors import NEXT_STANDS
from autochain.onchain.contracts.recording import GetRecording
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.ledger import interfaces
from autochain.onchain.ledger.errors import BAD_SIGNATURE, REVOKED_SENDER, SUITE_NOT_ADMITTED
from autochain.onchain.refusals import present
from autochain.wallet import SeedKey, Wallet, names_waiting, save, waiting

SEED = 20_261
WITHIN_S = 120.0


async def speaks(network: Network, name: str) -> Wallet:
    """Sees that the wallet that lies under a name speaks for its account."""
    wallet = network.wallet(name)
    keys = present(await network.client.ask(interfaces.KeysOf(wallet.account)), "it is registered")
    assert (keys.keys, keys.next) == ((wallet.public_key,), wallet.promise)
    await network.client.send(wallet, Transfer(network.wallet("ido").account, 1))
    return wallet


async def rotate(scene: Scene, name: str, **options: object) -> Wallet:
    parties = scene.network.home.parties
    return (await change_keys(parties, scene.client, name, **options)).wallet  # type: ignore[arg-type]


def test_a_party_rotates_and_stays_who_it_is(home: Path) -> None:
    async def story(scene: Scene) -> None:
        held = await scene.client.balance_uacc(scene.owner.account)
        first = await rotate(scene, "owner")
        second = await rotate(scene, "owner", following=None)
        assert first.account == second.account == scene.owner.account
        assert len({scene.owner.public_key.data, first.public_key.data, second.public_key.data}) == 3
        assert held > await scene.client.balance_uacc(first.account) > 0
        assert await speaks(scene.network, "owner") == second
        # Keys of parts that were sealed to the first encryption key still open.
        scene.owner = second
        assert scene.part_keys(scene.recordings[0])

    play(home, story)


def test_who_holds_a_wallet_from_before_goes_on_with_the_new_keys(home: Path) -> None:
    async def story(scene: Scene) -> None:
        await rotate(scene, "owner")
        await rotate(scene, "buyer")
        await scene.client.send(scene.owner, Transfer(scene.buyer.account, 1))
        await scene.client.send(scene.rival, Transfer(scene.buyer.account, 1), payer=scene.owner)
        # So does a vehicle that records, and a reader who asks for keys.
        unit = scene.unit()
        await rotate(scene, "car")
        await unit.record(a_drive(2, before_ms=NOW_MS))
        assert (await scene.fetch(scene.buyer, scene.receipt)).parts

    play(home, story)


def test_without_its_present_wallet_nobody_speaks(home: Path) -> None:
    async def story(scene: Scene) -> None:
        before = (home / "parties" / "owner" / "wallet.json").read_bytes()
        await rotate(scene, "owner")
        (home / "parties" / "owner" / "wallet.json").write_bytes(before)
        with refuses(BAD_SIGNATURE):
            await scene.client.send(scene.owner, Transfer(scene.buyer.account, 1))

    play(home, story)


def test_a_rotation_that_was_stopped_before_it_was_sent_is_finished_by_the_next_one(home: Path) -> None:
    async def story(scene: Scene) -> None:
        parties = home / "parties"
        after = scene.owner.rotated(SeedKey(1, bytes(range(32)))).wallet
        save(parties, after, place="rotation")
        await settle(parties, scene.client)
        assert await speaks(scene.network, "owner") == scene.owner
        assert waiting(parties, "owner", "rotation") == after
        last = await rotate(scene, "owner")
        assert last.key == after.next == SeedKey(1, bytes(range(32)))
        assert await speaks(scene.network, "owner") == last
        assert names_waiting(parties) == []

    play(home, story)


def test_a_rotation_that_was_stopped_after_it_was_sent_is_settled_by_the_next_use(home: Path) -> None:
    async def sent(scene: Scene) -> None:
        change = scene.owner.rotated(SeedKey(1, bytes(range(32))))
        save(home / "parties", change.wallet, place="rotation")
        await scene.client.send(change.signer, change.message)

    async def used(scene: Scene) -> None:
        assert (await speaks(scene.network, "owner")).next == SeedKey(1, bytes(range(32)))
        assert names_waiting(home / "parties") == []

    play(home, sent)
    play(home, used)


def test_a_process_that_runs_on_settles_what_a_stopped_one_left(home: Path) -> None:
    async def story(scene: Scene) -> None:
        change = scene.owner.rotated(SeedKey(1, bytes(range(32))))
        save(home / "parties", change.wallet, place="rotation")
        await scene.client.send(change.signer, change.message)
        await scene.client.send(scene.owner, Transfer(scene.buyer.account, 1))
        assert await speaks(scene.network, "owner") == change.wallet

    play(home, story)


def rotate_in_a_process(home: Path, *, last_step: int = 0) -> tuple[int, str]:
    command = [sys.executable, "-m", "homes.rotating", str(home), "owner", *([str(last_step)] if last_step else [])]
    ended = subprocess.run(
        command, env=environment(home), capture_output=True, text=True, check=False, timeout=WITHIN_S
    )
    return ended.returncode, ended.stdout


def kill_at(step: int, prepared: Path, folder: Path) -> bool:
    """Kills a rotation at a step, and sees that the party speaks and can rotate again; False when it ended before."""
    home = shutil.copytree(prepared, folder / str(step))
    code, _ = rotate_in_a_process(home, last_step=step)
    assert code in (0, -signal.SIGKILL)

    async def story() -> None:
        async with open_network(Home(home), make=False) as network:
            before = await speaks(network, "owner")
            after = (await change_keys(home / "parties", network.client, "owner")).wallet
            assert after.account == before.account
            assert await speaks(network, "owner") == after
            assert names_waiting(home / "parties") == []

    asyncio.run(story())
    return code != 0


@pytest.fixture(scope="module")
def steps(prepared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """Gives how many steps a rotation takes."""
    code, out = rotate_in_a_process(shutil.copytree(prepared_home, tmp_path_factory.mktemp("counted") / "home"))
    assert code == 0
    ended: int = json.loads(out)["ended"]
    return ended


def test_a_rotation_that_is_killed_leaves_a_wallet_that_speaks(prepared_home: Path, tmp_path: Path, steps: int) -> None:
    chosen = Random(SEED).sample(range(1, steps), 3)
    killed = [kill_at(step, prepared_home, tmp_path) for step in chosen]
    assert any(killed)


@pytest.mark.soak
def test_a_rotation_may_be_killed_at_every_step(prepared_home: Path, tmp_path: Path, steps: int) -> None:
    assert all(kill_at(step, prepared_home, tmp_path) for step in range(1, steps - 1))


def test_keys_that_expire_say_so_and_the_promised_ones_bring_the_account_back(home: Path) -> None:
    async def story(scene: Scene) -> None:
        await rotate(scene, "owner", until_ms=NOW_MS + HOUR_MS)
        await speaks(scene.network, "owner")
        scene.clock.advance(HOUR_MS + 1)
        await scene.make_block()
        with refuses(KEYS_EXPIRED):
            await scene.client.send(scene.network.wallet("owner"), Transfer(scene.buyer.account, 1))
        await rotate(scene, "owner")
        await speaks(scene.network, "owner")

    play(home, story)


def test_a_promise_of_a_key_that_the_chain_does_not_admit_is_refused_before_it_is_made(home: Path) -> None:
    async def story(scene: Scene) -> None:
        with refuses(SUITE_NOT_ADMITTED):
            await rotate(scene, "owner", following=SeedKey(4, bytes(32)))
        assert names_waiting(home / "parties") == []
        assert await speaks(scene.network, "owner") == scene.owner

    play(home, story)


def test_what_the_promised_keys_alone_may_do_is_done_with_them(home: Path) -> None:
    async def story(scene: Scene) -> None:
        guard = SetGuardians((scene.rival.account,), 1, HOUR_MS)
        with refuses(NEXT_STANDS):
            await scene.client.send(scene.owner, guard)
        await name_guardians(home / "parties", scene.client, "owner", guard)
        assert (await speaks(scene.network, "owner")).key == scene.owner.next
        guarding = present(await scene.client.ask(GetGuardians(scene.owner.account)), "it is guarded")
        assert guarding.present.members == (scene.rival.account,)

    play(home, story)


def test_without_a_promise_guardians_are_named_by_the_keys_that_stay(home: Path) -> None:
    async def story(scene: Scene) -> None:
        bare = await rotate(scene, "owner", promises=False)
        await name_guardians(home / "parties", scene.client, "owner", SetGuardians((scene.rival.account,), 1, HOUR_MS))
        assert await speaks(scene.network, "owner") == bare
        guarding = present(await scene.client.ask(GetGuardians(bare.account)), "it is guarded")
        assert guarding.present.members == (scene.rival.account,)

    play(home, story)


def test_an_account_ends_with_a_promise_and_without(home: Path) -> None:
    async def story(scene: Scene) -> None:
        parties = home / "parties"
        await rotate(scene, "rival", promises=False)
        for name in ("rival", "buyer"):
            wallet = scene.network.wallet(name)
            await end_account(parties, scene.client, wallet.account, sender=name)
            with refuses(REVOKED_SENDER):
                await scene.client.send(scene.network.wallet(name), Transfer(scene.owner.account, 1))
        await end_account(parties, scene.client, scene.car.account, sender="owner")
        ended = present(await scene.client.ask(GetIdentity(scene.car.account)), "it was registered")
        assert not ended.active

    play(home, story)


@pytest.mark.parametrize("is_sent", [False, True])
def test_an_account_ends_though_a_rotation_of_it_was_stopped(home: Path, is_sent: bool) -> None:
    async def story(scene: Scene) -> None:
        parties = home / "parties"
        change = scene.owner.rotated(SeedKey(1, bytes(range(32))))
        save(parties, change.wallet, place="rotation")
        if is_sent:
            await scene.client.send(change.signer, change.message)
        await end_account(parties, scene.client, scene.owner.account, sender="owner")
        # It ended by the keys that the stopped rotation promised: none of them were lost.
        assert scene.network.wallet("owner").key == change.wallet.next
        assert names_waiting(parties) == []
        ended = present(await scene.client.ask(GetIdentity(scene.owner.account)), "it was registered")
        assert not ended.active

    play(home, story)


def test_an_older_copy_leaves_a_rotation_that_was_stopped_after_it_was_sent(home: Path) -> None:
    async def story(scene: Scene) -> None:
        parties = home / "parties"
        change = scene.owner.rotated(SeedKey(1, bytes(range(32))))
        save(parties, change.wallet, place="rotation")
        await scene.client.send(change.signer, change.message)
        assert await catch_up(parties, scene.client, "owner") == change.wallet
        assert await speaks(scene.network, "owner") == change.wallet

    play(home, story)


def test_a_vehicle_that_was_handed_over_rotates_its_keys_first_thing(home: Path) -> None:
    async def story(scene: Scene) -> None:
        network = scene.network
        assert await network.taken_over(scene.car, scene.owner) == scene.car
        await scene.client.send(scene.owner, HandOver(scene.car.account), payer=scene.rival)
        car = await network.taken_over(scene.car, scene.rival)
        assert (car, car.controller) == (network.wallet("car"), scene.rival.account)
        known = {scene.car.key, scene.car.next, scene.car.encryption, scene.car.secret}
        known |= {scene.car.rotated().wallet.next, scene.car.rotated().wallet.encryption}
        assert known.isdisjoint({car.key, car.next, car.encryption, car.secret})
        assert await network.taken_over(car, scene.rival) == car
        # The seller's copy proves nothing any more, by no key of it.
        (home / "parties" / "car" / "wallet.json").unlink()
        for stolen in (scene.car, scene.car.rotated().wallet):
            with refuses(BAD_SIGNATURE):
                await scene.client.send(stolen, Transfer(scene.owner.account, 1))
        save(home / "parties", car)
        scene.clock.advance(2 * DAY_MS)
        recorded = await network.unit(car, scene.rival).record(a_drive(0, before_ms=scene.clock() - 1))
        record = present(await scene.client.ask(GetRecording(recorded.recording)), "it was committed")
        assert record.owner == scene.rival.account

    play(home, story)


def test_a_hand_over_that_was_stopped_before_the_new_keys_is_finished_by_the_next_use(home: Path) -> None:
    async def story(scene: Scene) -> None:
        network, parties = scene.network, home / "parties"
        after = replace(scene.car.renewed(), controller=scene.rival.account)
        await scene.client.send(scene.owner, HandOver(scene.car.account), payer=scene.rival)
        save(parties, after, place="recovery")
        assert (await network.vehicle("car", scene.rival, subject="")).key == after.key
        # Keys that waited for one owner are not given to the vehicle of the next.
        save(parties, after, place="recovery")
        await scene.client.send(scene.rival, HandOver(scene.car.account), payer=scene.owner)
        assert (await take_over(parties, scene.client, "car", scene.owner)).wallet.key != after.key
        await speaks(network, "car")

    play(home, story)


async def recovered(scene: Scene, *, name: str = "owner") -> Wallet:
    """Lets the rival, who guards the owner, bring it back with keys that wait under a name."""
    parties, client = scene.network.home.parties, scene.client
    asked = await prepare_recovery(parties, client, scene.owner.account, name=name)
    assert asked == await prepare_recovery(parties, client, scene.owner.account, name=name)
    await client.send(scene.rival, asked)
    scene.clock.advance(2 * HOUR_MS)
    await client.send(scene.rival, CompleteRecovery(scene.owner.account))
    await settle(parties, client)
    return await speaks(scene.network, name)


def guarded(scene: Scene) -> object:
    return change_keys(
        scene.network.home.parties, scene.client, "owner", SetGuardians((scene.rival.account,), 1, HOUR_MS)
    )


def test_guardians_bring_an_account_back_whose_wallet_is_gone(home: Path) -> None:
    async def story(scene: Scene) -> None:
        await guarded(scene)  # type: ignore[misc]
        (home / "parties" / "owner" / "wallet.json").unlink()
        wallet = await recovered(scene)
        assert (wallet.account, wallet.former) == (scene.owner.account, ())
        assert names_waiting(home / "parties") == []

    play(home, story)


def test_where_the_former_wallet_lies_what_was_sealed_to_it_still_opens(home: Path) -> None:
    async def story(scene: Scene) -> None:
        await guarded(scene)  # type: ignore[misc]
        scene.owner = await recovered(scene)
        assert len(scene.owner.former) == 2
        assert scene.part_keys(scene.recordings[0])

    play(home, story)


def test_a_recovery_takes_no_other_party_s_place(home: Path) -> None:
    async def story(scene: Scene) -> None:
        with refuses(OTHER_ACCOUNT):
            await prepare_recovery(home / "parties", scene.client, scene.owner.account, name="buyer")
        assert names_waiting(home / "parties") == []
        assert NO_GUARDIANS.remedy

    play(home, story)


def test_an_older_copy_of_a_wallet_catches_up(home: Path) -> None:
    async def story(scene: Scene) -> None:
        parties = home / "parties"
        await rotate(scene, "owner")
        last = await rotate(scene, "owner")
        save(parties, scene.owner)
        assert await catch_up(parties, scene.client, "owner") == last
        assert await speaks(scene.network, "owner") == last
        stranger = replace(scene.owner, account=scene.buyer.account)
        save(parties, stranger)
        assert await catch_up(parties, scene.client, "owner") == stranger

    play(home, story)


def test_one_process_at_a_time_changes_a_party_s_keys(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(scene: Scene) -> None:
        parties, client = home / "parties", scene.client
        wallets = [one.wallet for one in await asyncio.gather(*(change_keys(parties, client, "owner") for _ in "abc"))]
        assert len({wallet.public_key.data for wallet in wallets}) == 3
        await speaks(scene.network, "owner")
        monkeypatch.setattr(renewing, "PAUSE_S", 0)
        owner = scene.network.wallet("owner").account
        async with renewing._turn(parties, "owner"):
            for busy in (
                change_keys(parties, client, "owner"),
                catch_up(parties, client, "owner"),
                end_account(parties, client, owner, sender="owner"),
                end_account(parties, client, scene.car.account, sender="owner"),
            ):
                with refuses(BUSY):
                    await busy
            await settle(parties, client)

    play(home, story)
