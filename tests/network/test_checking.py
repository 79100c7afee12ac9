"""A home whose chain was damaged is refused in words at every start; a forged one is found by looking deeper."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from homes import Clock, Scene, data_file, flip_in_a_block, forge, lose, play, refuses, truncate

from autochain.network import CHAIN, HOME_IN_USE, NO_NETWORK, Home, chain_file, check_home, open_network, replay_home
from autochain.network.errors import OTHER_CONTRACTS
from autochain.node import ChainStore
from autochain.onchain.contracts.token import BALANCES
from autochain.onchain.ledger import errors
from autochain.onchain.refusals import Reason, present
from autochain.wallet import load


async def nothing(_: Scene) -> None:
    pass


def check(home: Path) -> dict[str, Reason | None]:
    """Gives what is wrong with each thing that was looked at."""
    told: list[str] = []
    checks = check_home(Home(home), begins=told.append)
    assert told == [each.name for each in checks]
    return {each.name: each.refusal.reason if each.refusal else None for each in checks}


def replay(home: Path) -> None:
    replay_home(Home(home), progress=lambda _height, _of: None)


def test_a_sound_home_holds_and_its_blocks_run_again(home: Path) -> None:
    assert check(home) == {"file": None, "root": None, "invariants": None}
    told: list[tuple[int, int]] = []
    done = replay_home(Home(home), progress=lambda height, of: told.append((height, of)))
    assert told == [(height, done.height) for height in range(1, done.height + 1)]
    assert done.transactions > 10
    play(home, nothing)


@pytest.mark.parametrize("damage", [flip_in_a_block, truncate, lose])
def test_a_damaged_store_is_refused_by_every_start_and_named_by_the_check(
    home: Path, damage: Callable[[Path], None]
) -> None:
    damage(home)
    *holding, broken = check(home).values()
    assert broken == errors.STORE_DAMAGED
    assert not any(holding)
    with refuses(errors.STORE_DAMAGED):
        play(home, nothing)
    with refuses(errors.STORE_DAMAGED):
        replay(home)
    assert Home(home).lock(), "who was refused has let go of the home"


def test_the_store_of_another_home_is_refused_by_every_start_and_named_by_the_check(home: Path, tmp_path: Path) -> None:
    async def make() -> None:
        async with open_network(Home(tmp_path / "other"), clock=Clock()):
            pass

    asyncio.run(make())
    shutil.copy(data_file(tmp_path / "other"), data_file(home))
    before = data_file(home).read_bytes()
    assert check(home) == {"file": None, "root": errors.STORE_DAMAGED}
    with refuses(errors.STORE_DAMAGED):
        play(home, nothing)
    with refuses(errors.STORE_DAMAGED):
        replay(home)
    assert data_file(home).read_bytes() == before


@pytest.mark.parametrize("version", [None, 99])
def test_a_chain_with_a_contract_that_the_program_has_not_is_refused_by_every_start_and_named_by_the_check(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int | None
) -> None:
    contracts = {name: each for name, each in chain_file.CONTRACTS.items() if name != "market"}
    if version:
        contracts["market"] = dataclasses.replace(chain_file.CONTRACTS["market"], version=version)
    else:
        # A clone that never had it does not name it in its chain file, either.
        written = (Path(__file__).parents[2] / "chains" / "main.toml").read_text()
        (tmp_path / "main.toml").write_text(written.replace(' "market",', ""))
        monkeypatch.setattr(chain_file, "_folder", lambda: tmp_path)
    monkeypatch.setattr(chain_file, "CONTRACTS", contracts)
    with refuses(OTHER_CONTRACTS):
        play(home, nothing)
    with refuses(OTHER_CONTRACTS):
        replay(home)
    assert check(home) == {"file": None, "root": OTHER_CONTRACTS}


def test_a_state_without_its_root_is_named(home: Path) -> None:
    """In a value of the state, a changed bit has no checksum but the root."""
    key = BALANCES.key(load(home / "parties", "buyer").account)
    with contextlib.closing(ChainStore(home / "chains" / CHAIN)) as store:
        value = store.pairs[key]
    data = data_file(home).read_bytes()
    assert key + value in data
    changed = key + value[:-1] + bytes([value[-1] ^ 1])
    data_file(home).write_bytes(data.replace(key + value, changed))
    assert check(home) == {"file": None, "root": errors.STORE_DAMAGED}


def test_money_out_of_nothing_breaks_an_invariant_and_is_not_what_the_blocks_give(home: Path) -> None:
    forge(home)
    assert check(home) == {"file": None, "root": None, "invariants": errors.INVARIANT_BROKEN}
    (broken,) = [each.refusal for each in check_home(Home(home), begins=lambda _: None) if each.refusal]
    assert broken.detail == "token: all balances sum to exactly 300,000,000 ACC"
    with refuses(errors.REPLAY_DIFFERS):
        replay(home)


def test_a_network_that_runs_is_left_alone(home: Path) -> None:
    async def story(scene: Scene) -> None:
        opened = present(scene.network.opened, "it runs here")
        assert opened.blocks <= (await scene.client.status()).height
        assert opened.blocks > 10
        assert opened.entries > opened.keys > 0
        for looks in (check, replay):
            with refuses(HOME_IN_USE):
                looks(home)

    play(home, story)


def test_where_there_is_no_network_there_is_nothing_to_check(tmp_path: Path) -> None:
    for looks in (check, replay):
        with refuses(NO_NETWORK):
            looks(tmp_path / "none")
    assert not (tmp_path / "none").exists()
