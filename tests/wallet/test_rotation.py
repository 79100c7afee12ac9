"""New keys of a party: promised before, brought by a succession, and what was sealed to the former ones still opens."""

from __future__ import annotations

from pathlib import Path

import pytest
from homes import refuses
from msgspec.structs import replace

from autochain.onchain.contracts.identity import Revoke, Rotate, Succeed
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.refusals import Broken
from autochain.privacy import hpke
from autochain.privacy.hpke import NOT_OPENED
from autochain.wallet import Draft, SeedKey, Wallet, create, load, save, sign
from chains import Harness


@pytest.fixture
def owner(tmp_path: Path) -> Wallet:
    return create(tmp_path, "owner", kind="person")


def drafted(harness: Harness, *messages: object) -> Draft:
    return Draft("main-test", messages, 1, 10_000_000, harness.height + 10)  # type: ignore[arg-type]


def test_promised_keys_follow_and_the_account_stays(owner: Wallet) -> None:
    change = owner.rotated()
    after = change.wallet
    assert after.account == owner.account
    assert after.key == owner.next
    assert (change.signer, type(change.message)) == (after, Succeed)
    assert change.message.keys == (after.public_key,)
    assert change.message.encryption_key == after.encryption_key != owner.encryption_key
    assert change.message.next == after.promise != owner.promise
    assert len({owner.public_key.data, after.public_key.data, after.rotated().wallet.public_key.data}) == 3


def test_a_chain_takes_one_change_of_keys_after_the_other(owner: Wallet) -> None:
    harness, wallet = Harness(), owner
    assert (
        harness.block(sign(drafted(harness, owner.registration())._replace(sequence=0, fee_uacc=0), owner))[0].code == 0
    )
    harness.do(harness.treasury, Transfer(owner.account, 1_000_000_000))
    for sequence in range(1, 4):
        change = wallet.rotated()
        data = sign(drafted(harness, change.message)._replace(sequence=sequence), change.signer)
        result = harness.block(data)[0]
        assert result.code == 0, result.text
        wallet = change.wallet
    spending = drafted(harness, Transfer(harness.operator.account, 1))._replace(sequence=4)
    assert harness.block(sign(spending, owner))[0].code != 0
    assert harness.block(sign(spending, wallet))[0].code == 0


def test_a_change_of_keys_is_the_same_when_it_is_asked_for_again(owner: Wallet, tmp_path: Path) -> None:
    assert owner.rotated() == owner.rotated() == load(tmp_path, "owner").rotated()


def test_keys_that_were_not_promised_are_named_by_those_before_them(owner: Wallet) -> None:
    bare = replace(owner, next=None)
    change = bare.rotated()
    assert (change.signer, type(change.message)) == (bare, Rotate)
    assert change.wallet.key not in (owner.key, owner.next, change.wallet.next)


def test_without_a_promise_the_new_key_ends_its_did(owner: Wallet) -> None:
    harness = Harness()
    harness.block(sign(drafted(harness, owner.registration())._replace(sequence=0, fee_uacc=0), owner))
    harness.do(harness.treasury, Transfer(owner.account, 1_000_000_000))
    change = owner.rotated(promises=False)
    assert (change.message.next, change.wallet.promise, type(change.wallet.rotated().message)) == (None, None, Rotate)
    (result,) = harness.block(sign(drafted(harness, change.message, Revoke(owner.account)), change.signer))
    assert result.code == 0, result.text


def test_the_key_after_the_next_may_be_of_another_suite(owner: Wallet) -> None:
    first = owner.rotated(SeedKey(5, bytes(32))).wallet
    assert (first.suites, first.rotated().wallet.suites, first.rotated().wallet.rotated().wallet.suites) == (
        (1,),
        (5,),
        (5,),
    )


def test_what_was_sealed_to_former_keys_still_opens(owner: Wallet) -> None:
    sealed = [hpke.seal(owner.encryption_key, b"first", info=b"what for")]
    second = owner.rotated().wallet
    third = second.rotated().wallet
    sealed += [hpke.seal(each.encryption_key, name, info=b"what for") for each, name in ((second, b"2"), (third, b"3"))]
    assert [third.unseal(each, info=b"what for") for each in sealed] == [b"first", b"2", b"3"]
    with refuses(NOT_OPENED):
        second.unseal(sealed[2], info=b"what for")
    with refuses(NOT_OPENED):
        third.unseal(sealed[0], info=b"something else")


def test_a_wallet_with_new_keys_is_kept_and_opened_again(owner: Wallet, tmp_path: Path) -> None:
    after = owner.rotated().wallet
    save(tmp_path, after)
    assert load(tmp_path, "owner") == after


def test_a_did_is_not_registered_with_later_keys(owner: Wallet) -> None:
    with pytest.raises(Broken):
        owner.rotated().wallet.registration()
