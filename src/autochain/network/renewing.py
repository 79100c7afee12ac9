"""New keys of parties, so that no crash loses any: what the chain is to know waits beside the wallet until it does."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from ..client import Client
from ..onchain.contracts.identity import (
    DID_REVOKED,
    UNKNOWN_DID,
    GetIdentity,
    Identity,
    Recover,
    Revoke,
    Rotate,
    SetGuardians,
    Succeed,
)
from ..onchain.ledger import Message, interfaces
from ..onchain.ledger.errors import SUITE_NOT_ADMITTED, UNKNOWN_SENDER
from ..onchain.refusals import Reason, Refusal
from ..wallet import NO_WALLET, Key, Wallet, fresh, load, names_waiting, save, take_up, waiting

BUSY = Reason("network", 21, "Another process gives this party new keys.", "Try again in a moment.")
OTHER_ACCOUNT = Reason(
    "network", 22, "The party of this name has another account.", "Take another name for the new wallet."
)
NO_GUARDIANS = Reason(
    "network",
    23,
    "Nobody guards this account.",
    "Take its wallet from an export or a backup: `wallet import`. Guardians are named while the keys are there.",
)
PATIENCE, SHORT, PAUSE_S = 200, 20, 0.05
"""How often, and how many seconds apart, a party is asked for whose keys another process changes."""
MOST_ROTATIONS = 100
"""So many rotations an older copy of a wallet is taken through."""

_log = logging.getLogger(__name__)


class Changed(NamedTuple):
    """A party's new keys: its wallet afterwards, and the block in which the chain came to know them."""

    wallet: Wallet
    height: int


async def settle(parties: Path, client: Client) -> None:
    """Takes up all wallets that wait and whose keys the chain has come to know; what fails is told and waits on."""
    for name in names_waiting(parties):
        try:
            async with _turn(parties, name, patience=1):
                await _settle(parties, client, name)
        except Refusal as refusal:
            if refusal.reason != BUSY:  # Whoever is at it settles it.
                _log.warning("party %s: %s", name, refusal)


async def renewed(parties: Path, client: Client, wallet: Wallet) -> Wallet:
    """Gives the wallet that speaks for a party by now, for who holds one from before; the same where none opens."""
    try:
        with contextlib.suppress(Refusal):
            async with _turn(parties, wallet.name, patience=SHORT):
                await _settle(parties, client, wallet.name)
        now = load(parties, wallet.name)
    except Refusal:
        return wallet
    return now if now.account == wallet.account else wallet


async def _settle(parties: Path, client: Client, name: str) -> None:
    """Takes up the wallet that waits beside a party's present one, where the chain knows its keys."""
    for place in ("rotation", "recovery"):
        found = waiting(parties, name, place)
        if found is None:
            continue
        keys = await client.ask(interfaces.KeysOf(found.account))
        if keys is not None and keys.keys == (found.public_key,):
            take_up(parties, found, place)


async def change_keys(
    parties: Path,
    client: Client,
    name: str,
    *messages: Message,
    following: Key | None = None,
    until_ms: int = 0,
    promises: bool = True,
) -> Changed:
    """Gives a party its next keys, and does in the same transaction what those alone may do while others are promised.

    What was begun before and not settled is finished first. `following` is promised as the key after the next;
    `until_ms` is when the new ones expire, 0 for never.
    """
    if following is not None:
        # A promise is only a hash: the chain would refuse the key itself when it is too late.
        ensure_admitted(client, following.suite)
    async with _turn(parties, name):
        await _settle(parties, client, name)
        begun, present = waiting(parties, name, "rotation"), load(parties, name)
        after = present.rotated(following, promises=promises).wallet
        if begun not in (None, after):
            await _bring(parties, client, present, begun)
            present = begun
            after = present.rotated(following, promises=promises).wallet
        return await _bring(parties, client, present, after, *messages, until_ms=until_ms)


def ensure_admitted(client: Client, suite: int) -> None:
    """Refuses a suite that the chain admits no keys of."""
    suites = client.dispatcher.spec.suites
    if suite not in suites:
        raise SUITE_NOT_ADMITTED(f"suite {suite}; it admits {', '.join(map(str, suites))}")


async def name_guardians(parties: Path, client: Client, name: str, message: SetGuardians) -> Changed:
    """Says who guards a party: by its next keys where they are promised, by the present ones, which stay, elsewhere."""
    wallet = load(parties, name)
    keys = await client.ask(interfaces.KeysOf(wallet.account))
    if keys is not None and keys.next is not None:
        return await change_keys(parties, client, name, message)
    return Changed(wallet, (await client.send(wallet, message)).submitted.height)


async def _bring(
    parties: Path, client: Client, present: Wallet, after: Wallet, *messages: Message, until_ms: int = 0
) -> Changed:
    """Has the chain know the keys of a wallet, which waits on the disk before anything is sent."""
    keys = await client.ask(interfaces.KeysOf(present.account))
    if keys is None:
        raise UNKNOWN_SENDER(present.did)
    save(parties, after, place="rotation")
    if keys.next is None:
        signer, plan = present, (*messages, _message(Rotate, after, until_ms=until_ms))
    elif messages:
        # While a promise stands nothing else may be done: it is kept, and made anew at the end.
        bare = replace(_message(Succeed, after), next=None)
        signer, plan = after, (bare, *messages, _message(Rotate, after, until_ms=until_ms))
    else:
        signer, plan = after, (_message(Succeed, after, until_ms=until_ms),)
    try:
        height = (await client.send(signer, *plan)).submitted.height
    except Refusal:
        # Another transaction with the same keys, of a process that was stopped, may have been faster.
        known = await client.ask(interfaces.KeysOf(present.account))
        if messages or known is None or known.keys != (after.public_key,):
            raise
        height = (await client.status()).height
    take_up(parties, after, "rotation")
    return Changed(after, height)


def _message(kind: type[Rotate] | type[Succeed], after: Wallet, *, until_ms: int = 0) -> Rotate | Succeed:
    return kind((after.public_key,), 1, after.encryption_key, next=after.promise, until_ms=until_ms)


async def prepare_recovery(parties: Path, client: Client, account: bytes, *, name: str) -> Recover:
    """Makes the wallet that an account shall have, which waits here, and says what its guardians are to ask for.

    Asked again, it says the same. What was sealed to the former keys opens where the former wallet lies here.
    """
    record = await _active(client, account)
    async with _turn(parties, name):
        await _settle(parties, client, name)
        after = waiting(parties, name, "recovery")
        try:
            present = load(parties, name)
        except Refusal as refusal:
            if refusal.reason != NO_WALLET:
                raise
            present = None
        if any(wallet is not None and wallet.account != account for wallet in (present, after)):
            raise OTHER_ACCOUNT(name)
        if after is None:
            after = present.renewed() if present else _made(name, account, record)
            save(parties, after, place="recovery")
    return asked_for(after)


def _made(name: str, account: bytes, record: Identity) -> Wallet:
    return fresh(
        name,
        account,
        suite=record.keys[0].suite,
        kind=record.kind,
        commitment=record.commitment,
        controller=record.controller,
    )


def asked_for(wallet: Wallet) -> Recover:
    """Says what is to be asked for so that a wallet that waits speaks for its account."""
    return Recover(wallet.account, (wallet.public_key,), 1, wallet.encryption_key, next=wallet.promise)


async def take_over(parties: Path, client: Client, name: str, owner: Wallet) -> Changed:
    """Gives a device keys that nobody knew who had it before; its controller has the chain know them at once."""
    async with _turn(parties, name):
        await _settle(parties, client, name)
        after = waiting(parties, name, "recovery")
        # Keys that wait may be those of a hand-over before this one, which another knows.
        if after is None or after.controller != owner.account:
            after = replace(load(parties, name).renewed(), controller=owner.account)
            save(parties, after, place="recovery")
        sent = await client.send(owner, asked_for(after))
        take_up(parties, after, "recovery")
    return Changed(after, sent.submitted.height)


async def is_to_take_over(client: Client, device: Wallet, owner: Wallet) -> bool:
    """Says whether a device is an owner's to whom it was handed over, and still has the keys of the time before."""
    record = await client.ask(GetIdentity(device.account))
    return (
        record is not None
        and record.active
        and record.controller == owner.account != device.controller
        and record.keys == (device.public_key,)
    )


async def catch_up(parties: Path, client: Client, name: str) -> Wallet:
    """Rotates an older copy of a wallet up to the keys that the chain knows; it stays as it is where it finds none."""
    async with _turn(parties, name):
        await _settle(parties, client, name)
        wallet = later = load(parties, name)
        keys = await client.ask(interfaces.KeysOf(wallet.account))
        for _ in range(MOST_ROTATIONS):
            if keys is None or keys.keys == (later.public_key,):
                if later != wallet:
                    save(parties, later)
                return later
            later = later.rotated().wallet
    return wallet


async def end_account(parties: Path, client: Client, account: bytes, *, sender: str) -> int:
    """Revokes an account, the sender's own or a device of its; gives the height of the block in which it ended."""
    async with _turn(parties, sender):
        await _settle(parties, client, sender)
        begun, wallet = waiting(parties, sender, "rotation"), load(parties, sender)
        if account == wallet.account and begun not in (None, wallet.rotated(promises=False).wallet):
            # Finished first: the chain may know of it at any moment, and the key that it promises lies nowhere else.
            wallet = (await _bring(parties, client, wallet, begun)).wallet
        keys = await client.ask(interfaces.KeysOf(wallet.account))
        if account != wallet.account or keys is None or keys.next is None:
            return (await client.send(wallet, Revoke(account))).submitted.height
        # While a promise stands the promised keys alone end the DID; no keys follow these.
        after = wallet.rotated(promises=False).wallet
        save(parties, after, place="rotation")
        sent = await client.send(after, _message(Succeed, after), Revoke(account))
        take_up(parties, after, "rotation")
    return sent.submitted.height


async def _active(client: Client, account: bytes) -> Identity:
    record = await client.ask(GetIdentity(account))
    if record is None:
        raise UNKNOWN_DID()
    if not record.active:
        raise DID_REVOKED()
    return record


@contextlib.asynccontextmanager
async def _turn(parties: Path, name: str, *, patience: int = PATIENCE) -> AsyncIterator[None]:
    """Lets one process, and one task of it, change the keys of a party at a time; a killed one holds up nobody."""
    folder = parties / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(folder / "keys.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _locked(file):
            patience -= 1
            if patience <= 0:
                raise BUSY(name)
            await asyncio.sleep(PAUSE_S)
        yield
    finally:
        os.close(file)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
