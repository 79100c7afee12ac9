"""A network is made whole or made anew; a home has one process that runs it, and is removed with all its keys."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from homes import Clock, play, refuses

import autochain.network.network as running
from autochain.network import HOME_IN_USE, NO_NETWORK, Home, Network, open_network
from autochain.network.errors import BAD_HOME
from autochain.node import ChainStore
from autochain.onchain.contracts.recording import ListRecordings
from autochain.onchain.ids import contract_account
from autochain.onchain.refusals import Broken
from autochain.onchain.units import TOTAL_SUPPLY_UACC
from autochain.privacy import CANT_WRITE
from autochain.wallet import create, wallets

STEPS: list[tuple[Any, str]] = [
    (os, "fsync"),
    (os, "mkdir"),
    (Path, "replace"),
    (Path, "touch"),
    (Path, "unlink"),
    (ChainStore, "commit"),
    (shutil, "rmtree"),
]
"""All by which a home is changed."""


class Crash(BaseException):
    """The process is gone, whatever it would catch."""


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch, *, lasts: int) -> Iterator[list[str]]:
    """Counts the steps by which a home is changed, and crashes before the one with this number."""
    done: list[str] = []
    with monkeypatch.context() as patched:
        for owner, name in STEPS:
            patched.setattr(owner, name, _counted(getattr(owner, name), name, done, lasts))
        yield done


def _counted(call: Callable[..., Any], name: str, done: list[str], lasts: int) -> Callable[..., Any]:
    def step(*arguments: Any, **named: Any) -> Any:
        if len(done) == lasts:
            raise Crash
        done.append(name)
        return None if name == "fsync" else call(*arguments, **named)

    return step


async def look(home: Path | Home) -> tuple[str, int, set[str]]:
    """Opens a home's network, making it if need be; gives chain id, ACC in circulation, and the parties' names."""
    place = home if isinstance(home, Home) else Home(home)
    async with open_network(place, clock=Clock()) as network:
        accounts = {wallet.account for wallet in map(network.wallet, wallets(network.home.parties))}
        accounts.add(contract_account("mining"))
        circulating = sum([await network.client.balance_uacc(account) for account in accounts])
        return network.facts.chain_id, circulating, set(network.names().values())


GENESIS_PARTIES = {"validator", "release", "foundation", "ido", "technology", "operation", "registrar"}


def test_a_network_is_made_with_its_parties_and_all_acc_there_ever_is(tmp_path: Path) -> None:
    chain_id, circulating, parties = asyncio.run(look(tmp_path / "home"))
    assert (circulating, parties) == (TOTAL_SUPPLY_UACC, GENESIS_PARTIES)
    assert chain_id.startswith("main-")
    assert asyncio.run(look(tmp_path / "home")) == (chain_id, circulating, parties)
    assert asyncio.run(look(tmp_path / "other"))[0] != chain_id


def test_a_making_that_is_interrupted_anywhere_is_mended_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted(monkeypatch, lasts=10_000) as steps:
        asyncio.run(look(tmp_path / "whole"))
    assert len(steps) > 40
    for lasts in range(len(steps)):
        home = tmp_path / str(lasts)
        place = Home(home)
        with pytest.raises(Crash), counted(monkeypatch, lasts=lasts):
            asyncio.run(look(place))
        place.unlock()
        assert asyncio.run(look(home))[1:] == (TOTAL_SUPPLY_UACC, GENESIS_PARTIES)
        assert [path for path in home.rglob("*") if path.stat().st_mode & 0o077] == []
        shutil.rmtree(home)


def test_a_full_disk_while_a_network_is_made_is_named_and_the_next_start_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"

    def full(_: int) -> None:
        if (home / "half-made").exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with refuses(CANT_WRITE):
            asyncio.run(look(home))
    assert not Home(home).exists
    assert asyncio.run(look(home))[1] == TOTAL_SUPPLY_UACC


def test_a_home_that_can_not_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    with refuses(BAD_HOME):
        asyncio.run(look(tmp_path / "file" / "home"))

    def read_only(path: str, flags: int, mode: int = 0o777, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return opened(path, flags, mode, **named)

    opened = os.open
    monkeypatch.setattr(os, "open", read_only)
    with refuses(BAD_HOME):
        asyncio.run(look(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_with_other_things_in_it_is_not_taken_for_a_home(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault" / "jewels").write_bytes(b"mine")
    with refuses(BAD_HOME):
        asyncio.run(look(tmp_path))
    assert (tmp_path / "vault" / "jewels").read_bytes() == b"mine"


def test_where_there_is_no_network_none_is_made_unasked(tmp_path: Path) -> None:
    async def open_only(home: Path) -> None:
        async with open_network(Home(home), make=False):
            raise AssertionError("there is none")

    for home in (tmp_path / "nowhere", tmp_path):
        with refuses(NO_NETWORK):
            asyncio.run(open_only(home))
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_network_is_not_made_twice_in_a_home(home: Path) -> None:
    place = Home(home)
    with pytest.raises(Broken):
        place.begin()
    assert place.lock()
    with pytest.raises(Broken):
        place.begin()
    place.unlock()
    assert Home(home).exists


def test_a_home_has_one_process_and_another_is_told_which(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PATIENCE", 1)
    first, second = Home(home), Home(home)
    assert first.lock()
    assert first.lock()
    assert not second.lock()
    second.unlock()
    assert not second.lock()

    async def wait() -> None:
        async with open_network(second, make=False):
            raise AssertionError("another has it")

    with refuses(HOME_IN_USE):
        asyncio.run(wait())
    assert str(os.getpid()) in second.holder
    first.unlock()
    assert second.lock()
    second.unlock()


def test_a_process_that_ends_soon_is_waited_for(home: Path) -> None:
    async def run() -> None:
        first = Home(home)
        assert first.lock()
        asyncio.get_running_loop().call_later(0.15, first.unlock)
        async with open_network(Home(home), make=False) as network:
            assert network.app is not None

    asyncio.run(run())


def test_the_address_that_a_killed_process_left_is_not_believed(home: Path) -> None:
    (home / "address").write_text("127.0.0.1:1")

    async def nothing(_: object) -> None:
        assert not (home / "address").exists()

    play(home, nothing)


def test_what_is_removed_is_gone_with_all_its_keys(home: Path) -> None:
    place = Home(home)
    with pytest.raises(Broken):
        place.reset()
    assert place.lock()
    place.reset()
    place.unlock()
    assert [path.name for path in home.rglob("*")] == ["lock"]
    assert asyncio.run(look(home))[2] == GENESIS_PARTIES


def test_a_removal_that_is_interrupted_anywhere_is_finished_by_the_next_start(
    prepared_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lock_and_reset(place: Home) -> None:
        place.lock()
        place.reset()

    shutil.copytree(prepared_home, tmp_path / "whole")
    with counted(monkeypatch, lasts=10_000) as steps:
        place = Home(tmp_path / "whole")
        lock_and_reset(place)
    for lasts in range(steps.index("touch") + 1, len(steps)):
        home = shutil.copytree(prepared_home, tmp_path / str(lasts))
        create(home / "parties", "left-over", kind="person")
        place = Home(home)
        with pytest.raises(Crash), counted(monkeypatch, lasts=lasts):
            lock_and_reset(place)
        assert place.exists == (lasts == steps.index("touch") + 1)
        place.unlock()
        if not place.exists:
            assert asyncio.run(look(home))[1:] == (TOTAL_SUPPLY_UACC, GENESIS_PARTIES)
            assert not (home / "half-made").exists()


async def recordings(network: Network) -> int:
    return len(await network.client.pages(ListRecordings()))


def test_what_ends_the_engine_reaches_those_who_use_the_network(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken rule of our own must stop the process, not leave it waiting."""

    async def run() -> None:
        async with open_network(Home(home), clock=Clock()) as network:
            assert await recordings(network) == 2

            def broken(*_: object, **__: object) -> None:
                raise Broken("a rule")

            monkeypatch.setattr(ChainStore, "commit", broken)
            await network.party("newcomer")

    with pytest.raises(Broken):
        asyncio.run(asyncio.wait_for(run(), 30))


def test_a_home_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    loose = tmp_path / "loose"
    loose.mkdir()
    loose.chmod(0o777)
    with refuses(BAD_HOME):
        Home(loose).lock()
    assert list(loose.iterdir()) == []
    loose.chmod(0o755)
    assert Home(loose).lock()
