"""A party's wallet: its keys and secrets in one file that only its user may read."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import msgspec

from ..onchain.codec import encode
from ..onchain.contracts.identity import Kind, Register
from ..onchain.crypto import PublicKey, tagged_hash
from ..onchain.ids import did
from ..onchain.refusals import Reason
from ..privacy import ed25519, hpke, write_private

NO_WALLET = Reason("wallet", 1, "There is no such party here.", "See the parties' names with `account show`.")
BAD_WALLET = Reason(
    "wallet",
    2,
    "This wallet file is damaged, or of another version.",
    "Restore the party's folder from a backup; a home of another version opens with that version.",
)
WALLET_OPEN = Reason("wallet", 3, "Others may read this wallet file.", "Take the right away: chmod 600 on the file.")
BAD_NAME = Reason(
    "wallet", 4, "A party's name is not usable.", "Use 1 to 64 letters, digits, dots, dashes or underscores."
)
WALLET_THERE = Reason("wallet", 5, "There is a party of this name already.", "Use it, or take another name.")

FILE = "wallet.json"
Secret = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


class Wallet(msgspec.Struct, frozen=True):
    """The secrets of one party. Never printed: `repr` shows the DID alone."""

    name: str
    seed: Secret
    """Ed25519 signing seed."""
    encryption: Secret
    """X25519 private key."""
    secret: Secret
    """For HMACs that recognise the party's own things again."""
    salt: Secret
    """Hides what the commitment stands for."""
    commitment: Secret
    """Salted hash of what the DID stands for; a VIN or a name itself is never written down."""
    kind: Kind
    controller: bytes | None

    def __repr__(self) -> str:
        return f"Wallet({self.name!r}, {self.did})"

    @property
    def public_key(self) -> PublicKey:
        return ed25519.public_key(self.seed)

    @property
    def encryption_key(self) -> bytes:
        """X25519 public key."""
        return hpke.public_key(self.encryption)

    def registration(self) -> Register:
        """The message that registers this party's DID."""
        return Register(
            keys=(self.public_key,),
            threshold=1,
            kind=self.kind,
            commitment=self.commitment,
            encryption_key=self.encryption_key,
            controller=self.controller,
        )

    @property
    def account(self) -> bytes:
        return self.registration().account()

    @property
    def did(self) -> str:
        return did(self.account)

    def sign(self, message: bytes) -> bytes:
        return ed25519.sign(self.seed, message)

    def unseal(self, sealed: bytes, *, info: bytes) -> bytes:
        """Opens a secret that was sealed to this party."""
        return hpke.unseal(self.encryption, sealed, info=info)


class _File(msgspec.Struct, frozen=True):
    """A wallet as it lies on the disk."""

    wallet: Wallet
    checksum: Secret
    """A bit that turned in a key would otherwise make another DID of it, unnoticed."""


def _checksum(wallet: Wallet) -> bytes:
    return tagged_hash("wallet", encode(wallet))


def create(parties: Path, name: str, *, kind: Kind, subject: str = "", controller: bytes | None = None) -> Wallet:
    """Makes a party's wallet with fresh keys in `parties/NAME`, for its user alone.

    `subject` is what the DID stands for, a VIN or a company number; only a salted commitment to it is kept.
    """
    path = _folder(parties, name) / FILE
    if path.exists():
        raise WALLET_THERE(name)
    salt = secrets.token_bytes(32)
    wallet = Wallet(
        name=name,
        seed=secrets.token_bytes(32),
        encryption=secrets.token_bytes(32),
        secret=secrets.token_bytes(32),
        salt=salt,
        commitment=tagged_hash("commitment", salt, subject.encode()),
        kind=kind,
        controller=controller,
    )
    write_private(path, msgspec.json.encode(_File(wallet, _checksum(wallet))))
    return wallet


def load(parties: Path, name: str) -> Wallet:
    """Opens a party's wallet."""
    path = _folder(parties, name) / FILE
    try:
        if path.stat().st_mode & 0o077:
            raise WALLET_OPEN(str(path))
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        raise NO_WALLET(name) from None
    except OSError as error:
        raise BAD_WALLET(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BAD_WALLET(str(path)) from None
    if file.checksum != _checksum(file.wallet) or file.wallet.name != name:
        raise BAD_WALLET(str(path))
    return file.wallet


def wallets(parties: Path) -> list[str]:
    """Lists the names of the parties that have a wallet."""
    return sorted(path.parent.name for path in parties.glob(f"*/{FILE}"))


def _folder(parties: Path, name: str) -> Path:
    if not 1 <= len(name) <= 64 or not all(c.isascii() and (c.isalnum() or c in "._-") for c in name) or name[0] == ".":
        raise BAD_NAME(name[:80])
    return parties / name
