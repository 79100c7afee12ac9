"""Keys in a PKCS#11 token: a SoftHSM of this machine stands for a vehicle's security module."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from homes import refuses
from homes.token import LABEL, PIN, make_token, tokens_in
from msgspec.structs import replace

from autochain.onchain.crypto import SignatureJob, p256, verify_in_turn
from autochain.wallet import SeedKey, TokenKey, create, exported, load, take_in, tokens
from autochain.wallet.errors import SUITE_NOT_IN_TOKENS, TOKEN_FAILS


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Gives the library of a token; a process reads its settings once, so all tests share it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        module = tokens_in(tmp_path_factory.mktemp("softhsm"), monkeypatch)
        make_token()
        yield module


def make(module: str, suite: int, label: str) -> TokenKey:
    return tokens.make_key(module=module, token=LABEL, pin=PIN, label=label, suite=suite)


@pytest.mark.parametrize("suite", [1, 2])
def test_a_wallet_signs_by_a_key_that_its_token_keeps(tmp_path: Path, module: str, suite: int) -> None:
    key = make(module, suite, f"speaks {suite}")
    wallet = create(tmp_path, "car", kind="device", controller=bytes(20), key=key)
    loaded = load(tmp_path, "car")
    assert loaded == wallet
    assert loaded.public_key == key.public_key
    jobs = [SignatureJob(loaded.public_key, b"%d" % number, loaded.sign(b"%d" % number)) for number in range(12)]
    assert all(verify_in_turn(jobs))
    assert PIN.encode() not in (tmp_path / "car" / "wallet.json").read_bytes()
    assert PIN not in f"{key!r} {wallet!r}"


def test_a_signature_of_a_token_is_the_one_that_holds(module: str) -> None:
    key = make(module, 2, "low")
    for number in range(8):
        signature = key.sign(bytes([number]))
        assert int.from_bytes(signature[32:], "big") <= p256.ORDER >> 1


def test_a_key_in_a_token_follows_and_is_followed(tmp_path: Path, module: str) -> None:
    first, second = make(module, 2, "first"), make(module, 2, "second")
    before = create(tmp_path, "car", kind="device", controller=bytes(20), key=first)
    after = before.rotated(second).wallet
    last = after.rotated().wallet
    assert (after.suites, after.next, last.key) == ((2,), second, second)
    assert last.rotated().wallet.suites == (2,)
    data = exported(last, passphrase=b"a passphrase")
    assert take_in(tmp_path / "other", data, passphrase=b"a passphrase", module=module) == last


def test_a_key_in_a_token_promises_none_of_a_seed(tmp_path: Path, module: str) -> None:
    first, second = make(module, 1, "alone"), make(module, 1, "after it")
    made = create(tmp_path, "car", kind="device", controller=bytes(20), key=first)
    followed = replace(made, next=second)
    for wallet in (made, followed.rotated().wallet, followed.rotated(SeedKey(1, bytes(32))).wallet):
        assert (wallet.next, wallet.promise, wallet.rotated().signer) == (None, None, wallet)
    assert followed.rotated(first).wallet.next == first


def test_one_token_signs_for_many_at_once(module: str) -> None:
    key = make(module, 1, "busy")
    with ThreadPoolExecutor(4) as pool:
        signed = list(pool.map(key.sign, [bytes([number]) for number in range(16)]))
    assert all(
        verify_in_turn([SignatureJob(key.public_key, bytes([number]), each) for number, each in enumerate(signed)])
    )


def test_a_token_that_does_not_sign_is_named(module: str) -> None:
    key = make(module, 1, "named")
    for bent in (
        replace(key, pin="0000"),
        replace(key, token="another"),
        replace(key, label="nothing"),
        replace(key, module="/nowhere/libtoken.so"),
    ):
        with refuses(TOKEN_FAILS):
            bent.sign(b"message")
    assert verify_in_turn([SignatureJob(key.public_key, b"message", key.sign(b"message"))]) == [True]


@pytest.mark.parametrize("suite", [0, 3, 4, 5])
def test_a_token_holds_keys_of_two_suites(module: str, suite: int) -> None:
    with refuses(SUITE_NOT_IN_TOKENS):
        make(module, suite, "other")
