"""Wallets on a disk where two processes are at work, and one is killed; and those that a stranger exported."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from homes import refuses
from msgspec.structs import replace

from autochain.onchain.refusals import Refusal
from autochain.wallet import TokenKey, Wallet, change_passphrase, create, exported, load, take_in, wallets
from autochain.wallet import files as wallet_files
from autochain.wallet.errors import MODULE_NOT_NAMED, WALLET_THERE

PASSPHRASE = b"correct horse battery staple"


def meet_before_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has two who save at once both find that nothing is there yet."""
    barrier, save = Barrier(2), wallet_files.save

    def together(*arguments: object, **named: object) -> None:
        barrier.wait(timeout=10)
        save(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(wallet_files, "save", together)


def made(parties: Path) -> Wallet | Refusal:
    try:
        return create(parties, "owner", kind="person", environment={})
    except Refusal as refusal:
        return refusal


def test_of_two_who_make_a_wallet_of_one_name_at_once_one_is_refused_and_none_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before_writing(monkeypatch)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(made, [tmp_path, tmp_path]))
    (kept,) = [one for one in results if isinstance(one, Wallet)]
    (refused,) = [one for one in results if isinstance(one, Refusal)]
    assert refused.reason == WALLET_THERE
    assert load(tmp_path, "owner", environment={}) == kept


def test_a_wallet_that_is_taken_in_replaces_none(tmp_path: Path) -> None:
    first = create(tmp_path, "owner", kind="person", environment={})
    data = exported(create(tmp_path / "other", "owner", kind="person", environment={}), passphrase=PASSPHRASE)
    with refuses(WALLET_THERE):
        take_in(tmp_path, data, passphrase=PASSPHRASE, environment={})
    assert load(tmp_path, "owner", environment={}) == first


@pytest.mark.parametrize("place", ["key", "next"])
def test_a_wallet_that_is_taken_in_chooses_no_library_that_is_loaded(tmp_path: Path, place: str) -> None:
    wallet = create(tmp_path / "other", "owner", kind="person", environment={})
    planted = TokenKey(wallet.public_key, "/tmp/planted.so", "vehicle", "signing", "2468")
    data = exported(replace(wallet, **{place: planted}), passphrase=PASSPHRASE)
    with refuses(MODULE_NOT_NAMED):
        take_in(tmp_path, data, passphrase=PASSPHRASE, environment={})
    assert wallets(tmp_path) == []
    taken = take_in(tmp_path, data, passphrase=PASSPHRASE, module="/usr/lib/mine.so", environment={})
    assert getattr(taken, place) == replace(planted, module="/usr/lib/mine.so")
    assert load(tmp_path, "owner", environment={}) == taken


def test_a_passphrase_leaves_no_bare_key_behind_that_a_killed_process_had_half_written(tmp_path: Path) -> None:
    create(tmp_path, "owner", kind="person", environment={})
    key = tmp_path / "wallets.key"
    (tmp_path / ".wallets.key.0badcafe.once").hardlink_to(key)
    (tmp_path / ".wallets.key.0badcafe").write_bytes(key.read_bytes())
    change_passphrase(tmp_path, PASSPHRASE, environment={})
    assert b'"protected":null' not in key.read_bytes()
    assert not list(tmp_path.glob(".wallets.key.*"))
