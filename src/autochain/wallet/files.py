"""Wallets on disk: one encrypted file a party, for its user alone; and as one file to carry elsewhere."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from ..onchain.contracts.identity import Kind
from ..onchain.crypto import tagged_hash
from ..privacy import remove_private, write_private, write_private_once
from . import errors, sealing
from .signers import Key, SeedKey
from .wallet import Wallet, introduction, may_promise

FILE = "wallet.json"
Place = Literal["present", "rotation", "recovery"]
"""the wallet that speaks · the one that follows, as the chain is being told · the one that guardians may bring"""
WAITING: tuple[Place, ...] = ("rotation", "recovery")
MAX_EXPORT_BYTES = 1024 * 1024
_EXPORT = b"autochain/wallet-export/v1"
_FILES: Mapping[Place, str] = {"present": FILE, "rotation": "rotation.json", "recovery": "recovery.json"}


class _File(msgspec.Struct, frozen=True):
    """A wallet as it lies on the disk."""

    wallet: sealing.Sealed


class _Export(msgspec.Struct, frozen=True):
    """A wallet under a passphrase of its own."""

    exported: sealing.Protected


def create(
    parties: Path,
    name: str,
    *,
    kind: Kind,
    subject: str = "",
    controller: bytes | None = None,
    suite: int = 1,
    key: Key | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Wallet:
    """Makes a party's wallet with fresh keys in `parties/NAME`, for its user alone.

    `subject` is what the DID stands for, a VIN or a company number; only a salted commitment to it is kept. `key` is
    one that lies in a token already, and promises none of a seed.
    """
    path = _folder(parties, name) / FILE
    if path.exists():
        raise errors.WALLET_THERE(name)
    salt, encryption = secrets.token_bytes(32), secrets.token_bytes(32)
    commitment = tagged_hash("commitment", salt, subject.encode())
    key = key or SeedKey(suite, secrets.token_bytes(32))
    seed = SeedKey(key.suite, secrets.token_bytes(32))
    following = seed if may_promise(key, seed) else None
    said = introduction(key, following, encryption=encryption, commitment=commitment, kind=kind, controller=controller)
    wallet = Wallet(
        name=name,
        account=said.account(),
        key=key,
        next=following,
        encryption=encryption,
        secret=secrets.token_bytes(32),
        salt=salt,
        commitment=commitment,
        kind=kind,
        controller=controller,
    )
    save(parties, wallet, environment=environment, is_new=True)
    return wallet


def save(
    parties: Path,
    wallet: Wallet,
    *,
    place: Place = "present",
    environment: Mapping[str, str] = os.environ,
    is_new: bool = False,
) -> None:
    """Keeps a wallet in the place of what stands there under its name, whole or not at all; a new one replaces none."""
    path = _path(parties, wallet.name, place)
    # Where there are wallets whose key is lost, another would hide that they can't be opened.
    make = not (parties / sealing.KEY_FILE).exists() and not wallets(parties)
    key = sealing.home_key(parties, environment=environment, make=make)
    sealed = sealing.seal(key, msgspec.msgpack.encode(wallet), about=_about(wallet.name, place))
    if not is_new:
        write_private(path, msgspec.json.encode(_File(sealed)))
    elif not write_private_once(path, msgspec.json.encode(_File(sealed))):
        raise errors.WALLET_THERE(wallet.name)


def load(parties: Path, name: str, *, place: Place = "present", environment: Mapping[str, str] = os.environ) -> Wallet:
    """Opens a party's wallet."""
    path = _path(parties, name, place)
    try:
        if path.stat().st_mode & 0o077:
            raise errors.WALLET_OPEN(str(path))
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        raise errors.NO_WALLET(name) from None
    except OSError as error:
        raise errors.BAD_WALLET(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise errors.BAD_WALLET(str(path)) from None
    plain = sealing.unseal(sealing.home_key(parties, environment=environment), file.wallet, about=_about(name, place))
    if plain is None:
        raise errors.BAD_WALLET(str(path))
    try:
        return msgspec.msgpack.decode(plain, type=Wallet)
    except msgspec.DecodeError:
        raise errors.BAD_WALLET(str(path)) from None


def waiting(parties: Path, name: str, place: Place) -> Wallet | None:
    """Opens the wallet that waits beside a party's present one; None where there is none."""
    return load(parties, name, place=place) if _path(parties, name, place).exists() else None


def take_up(parties: Path, wallet: Wallet, place: Place) -> None:
    """Puts a wallet that waited, and that the chain knows now, in the place of the present one."""
    save(parties, wallet)
    # A recovery ends a rotation that was under way; after a rotation the guardians may still ask for the same again.
    ended = WAITING if place == "recovery" else (place,)
    remove_private(_path(parties, wallet.name, each) for each in ended)


def names_waiting(parties: Path) -> list[str]:
    """Lists the names of the parties beside whose wallet another one waits."""
    return sorted({path.parent.name for place in WAITING for path in parties.glob(f"*/{_FILES[place]}")})


def wallets(parties: Path) -> list[str]:
    """Lists the names of the parties that have a wallet."""
    return sorted(path.parent.name for path in parties.glob(f"*/{FILE}"))


def exported(wallet: Wallet, *, passphrase: bytes) -> bytes:
    """Gives a wallet as one file that its passphrase alone opens, in any home."""
    return msgspec.json.encode(_Export(sealing.protect(msgspec.msgpack.encode(wallet), passphrase, about=_EXPORT)))


def take_in(
    parties: Path,
    data: bytes,
    *,
    passphrase: bytes,
    module: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Wallet:
    """Keeps an exported wallet in this home, under the name that it had.

    Its keys in a token are reached by `module` alone: what the file names is a stranger's, and a library runs as it is
    loaded.
    """
    try:
        if len(data) > MAX_EXPORT_BYTES:
            raise errors.BAD_EXPORT(f"{len(data)} of {MAX_EXPORT_BYTES} bytes")
        export = msgspec.json.decode(data, type=_Export)
        plain = sealing.unprotect(export.exported, passphrase, about=_EXPORT)
        wallet = msgspec.msgpack.decode(plain, type=Wallet)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise errors.BAD_EXPORT() from None
    if (_folder(parties, wallet.name) / FILE).exists():
        raise errors.WALLET_THERE(wallet.name)
    following = None if wallet.next is None else _reached(wallet.next, module)
    wallet = replace(wallet, key=_reached(wallet.key, module), next=following)
    save(parties, wallet, environment=environment, is_new=True)
    return wallet


def _reached(key: Key, module: str | None) -> Key:
    """Gives a key as it is reached here: one in a token by this module, which has to be named."""
    if isinstance(key, SeedKey):
        return key
    if module is None:
        raise errors.MODULE_NOT_NAMED(key.module[:120])
    return replace(key, module=module)


def _path(parties: Path, name: str, place: Place) -> Path:
    return _folder(parties, name) / _FILES[place]


def _about(name: str, place: Place) -> bytes:
    """What is authenticated with a wallet: whose it is and which, so that no other file passes for it."""
    return b"autochain/wallet/v2\x00" + name.encode() + (b"" if place == "present" else b"\x00" + place.encode())


def _folder(parties: Path, name: str) -> Path:
    if not 1 <= len(name) <= 64 or not all(c.isascii() and (c.isalnum() or c in "._-") for c in name) or name[0] == ".":
        raise errors.BAD_NAME(name[:80])
    return parties / name
