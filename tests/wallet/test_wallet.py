"""A wallet's file: made once, for its user alone, and believed only whole."""

from __future__ import annotations

import base64
import os
import re
import shutil
from pathlib import Path

import pytest
from homes import VIN, refuses
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.suites import need
from rich.pretty import pretty_repr

from autochain.onchain.crypto import SUITES, SignatureJob, tagged_hash, verify_in_turn
from autochain.onchain.crypto.suites import UNKNOWN_SUITE
from autochain.onchain.ledger import commitment_to
from autochain.onchain.refusals import Refusal
from autochain.privacy import hpke
from autochain.privacy.hpke import NOT_OPENED
from autochain.wallet import SeedKey, TokenKey, create, load, wallets
from autochain.wallet.errors import BAD_NAME, BAD_WALLET, NO_WALLET, WALLET_OPEN, WALLET_THERE


def test_a_wallet_is_loaded_as_it_was_made(tmp_path: Path) -> None:
    owner = create(tmp_path, "owner", kind="person")
    car = create(tmp_path, "car", kind="device", subject=VIN, controller=owner.account)
    assert load(tmp_path, "owner") == owner
    assert load(tmp_path, "car") == car
    assert (car.kind, car.controller, owner.controller) == ("device", owner.account, None)


def test_all_secrets_of_all_wallets_differ(tmp_path: Path) -> None:
    made = [create(tmp_path, f"party-{number}", kind="person") for number in range(10)]
    keys = [key for wallet in made for key in (wallet.key, wallet.next)]
    seeds = [key.seed for key in keys if isinstance(key, SeedKey)]
    secrets = [secret for wallet in made for secret in (wallet.encryption, wallet.secret, wallet.salt)]
    assert len({*seeds, *secrets}) == 50
    assert len({wallet.did for wallet in made}) == 10


def test_only_its_user_can_read_a_wallet(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create(tmp_path / "parties", "owner", kind="person")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {"parties": 0o700, "wallets.key": 0o600, "owner": 0o700, "wallet.json": 0o600}


def test_what_a_did_stands_for_is_kept_as_a_salted_commitment_only(tmp_path: Path) -> None:
    first, second = (create(tmp_path, name, kind="person", subject=VIN) for name in ("first", "second"))
    assert first.commitment == tagged_hash("commitment", first.salt, VIN.encode())
    assert first.commitment != second.commitment
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("wallet.json"))
    assert VIN.encode() not in written


def test_a_wallet_shows_its_did_and_no_secret(tmp_path: Path) -> None:
    wallet = create(tmp_path, "owner", kind="person")
    assert f"{wallet!r} {wallet}" == f"Wallet('owner', {wallet.did}) Wallet('owner', {wallet.did})"
    assert f"{[wallet]}" == f"[Wallet('owner', {wallet.did})]"


def test_rich_prints_a_wallet_and_its_keys_without_anything_secret(tmp_path: Path) -> None:
    wallet = create(tmp_path, "owner", kind="person")
    token = TokenKey(wallet.public_key, "/lib/token.so", "vehicle", "signing", "2468")
    shown = pretty_repr([wallet, wallet.key, wallet.rotated(), token], max_width=1000)
    assert f"Wallet(name='owner', did='{wallet.did}')" in shown
    assert "SeedKey(suite=1)" in shown
    assert "TokenKey(suite=1, token='vehicle', label='signing')" in shown
    assert isinstance(wallet.key, SeedKey)
    secrets = [repr(each)[2:-1] for each in (wallet.key.seed, wallet.encryption, wallet.secret, wallet.salt)]
    assert not [secret for secret in (*secrets, "2468") if secret in shown]


def test_a_wallet_is_never_overwritten(tmp_path: Path) -> None:
    owner = create(tmp_path, "owner", kind="person")
    with refuses(WALLET_THERE):
        create(tmp_path, "owner", kind="person")
    assert load(tmp_path, "owner") == owner


def test_a_party_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("nobody", "empty"):
        with refuses(NO_WALLET):
            load(tmp_path, name)


def test_the_parties_of_a_home_are_listed_by_name(tmp_path: Path) -> None:
    assert wallets(tmp_path / "none") == []
    for name in ("owner", "Buyer_2", "a.b-c"):
        create(tmp_path, name, kind="person")
    (tmp_path / "no-wallet").mkdir()
    assert wallets(tmp_path) == ["Buyer_2", "a.b-c", "owner"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "a/b", "/etc", "a\\b", "a b", "ä", "a\x00b", "a\n", "x" * 65, "٣"], ids=repr
)
def test_a_name_that_could_lead_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with refuses(BAD_NAME):
        create(tmp_path, name, kind="person")
    with refuses(BAD_NAME):
        load(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "x" * 64, "Zoë"[:2], "vehicle-0123456789ab", "A.b_c-9"])
def test_usual_names_are_taken(tmp_path: Path, name: str) -> None:
    assert create(tmp_path, name, kind="person").name == name


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o777])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    create(tmp_path, "owner", kind="person")
    (tmp_path / "owner" / "wallet.json").chmod(mode)
    with refuses(WALLET_OPEN):
        load(tmp_path, "owner")


def test_no_byte_of_a_wallet_can_be_changed_unnoticed(tmp_path: Path) -> None:
    wallet = create(tmp_path, "owner", kind="person", subject=VIN)
    path = tmp_path / "owner" / "wallet.json"
    whole = path.read_bytes()

    @settings(max_examples=150, deadline=None)
    @given(at=st.integers(0, len(whole) - 1), byte=st.integers(1, 255))
    def changed(at: int, byte: int) -> None:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ byte]) + whole[at + 1 :])
        try:
            loaded = load(tmp_path, "owner")
        except Refusal as refusal:
            assert refusal.reason == BAD_WALLET
        else:
            # Base64 and JSON leave some bytes open; what they say is the same.
            assert loaded == wallet

    changed()


@pytest.mark.parametrize("cut", [0, 1, 50, -1])
def test_a_wallet_that_was_cut_is_refused(tmp_path: Path, cut: int) -> None:
    create(tmp_path, "owner", kind="person")
    path = tmp_path / "owner" / "wallet.json"
    path.write_bytes(path.read_bytes()[:cut])
    with refuses(BAD_WALLET):
        load(tmp_path, "owner")


def test_a_wallet_that_the_disk_does_not_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "owner" / "wallet.json").mkdir(parents=True, mode=0o700)
    with refuses(BAD_WALLET):
        load(tmp_path, "owner")


def test_another_partys_file_under_this_name_is_refused(tmp_path: Path) -> None:
    for name in ("owner", "buyer"):
        create(tmp_path, name, kind="person")
    (tmp_path / "buyer" / "wallet.json").write_bytes((tmp_path / "owner" / "wallet.json").read_bytes())
    with refuses(BAD_WALLET):
        load(tmp_path, "buyer")


def test_no_secret_of_a_wallet_stands_in_its_file(tmp_path: Path) -> None:
    wallet = create(tmp_path, "owner", kind="person")
    written = (tmp_path / "owner" / "wallet.json").read_bytes()
    raw = b"".join(base64.b64decode(text + "==") for text in re.findall(r'"([A-Za-z0-9+/]{16,})=*"', written.decode()))
    assert isinstance(wallet.key, SeedKey)
    assert len(raw) > 200
    for secret in (wallet.key.seed, wallet.encryption, wallet.secret, wallet.salt):
        assert secret not in raw
        assert base64.b64encode(secret)[:40] not in written


def test_a_wallet_under_the_key_of_another_home_is_refused(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for parties in (here, there):
        create(parties, "owner", kind="person")
    shutil.copy(there / "owner" / "wallet.json", here / "owner" / "wallet.json")
    with refuses(BAD_WALLET):
        load(here, "owner")


def test_a_wallet_opens_what_was_sealed_to_it_and_registers_its_own_keys(tmp_path: Path) -> None:
    wallet, other = (create(tmp_path, name, kind="person") for name in ("owner", "other"))
    sealed = hpke.seal(wallet.encryption_key, b"a secret", info=b"what for")
    assert wallet.unseal(sealed, info=b"what for") == b"a secret"
    with refuses(NOT_OPENED):
        other.unseal(sealed, info=b"what for")
    said = wallet.registration()
    assert (said.keys, said.threshold, said.encryption_key) == ((wallet.public_key,), 1, wallet.encryption_key)
    assert said.account() == wallet.account


@pytest.mark.parametrize("suite", SUITES)
def test_a_wallet_of_any_suite_signs_and_promises_its_next_key(tmp_path: Path, suite: int) -> None:
    need(suite)
    wallet = create(tmp_path, "owner", kind="person", suite=suite)
    loaded = load(tmp_path, "owner")
    assert loaded == wallet
    assert loaded.public_key.suite == suite
    assert loaded.suites == (suite,)
    assert verify_in_turn([SignatureJob(wallet.public_key, b"message", loaded.sign(b"message"))]) == [True]
    assert wallet.next is not None
    assert wallet.registration().next == wallet.promise == commitment_to((wallet.next.public_key,), 1)


def test_a_wallet_of_an_unknown_suite_is_not_made(tmp_path: Path) -> None:
    with refuses(UNKNOWN_SUITE):
        create(tmp_path, "owner", kind="person", suite=6)
    assert wallets(tmp_path) == []
