"""Wallets: the keys of one party, where they lie, and signing with them.

`tokens` is loaded by whoever imports it, or has a key in one: its library takes longer to load than all of the rest.
"""

from .errors import NO_WALLET, WALLET_OPEN
from .files import (
    Place,
    create,
    exported,
    load,
    names_waiting,
    save,
    take_in,
    take_up,
    waiting,
    wallets,
)
from .sealing import change_passphrase
from .signers import Key, SeedKey, Signer, TokenKey
from .signing import Draft, sign
from .wallet import Change, Wallet, fresh

__all__ = [
    "NO_WALLET",
    "WALLET_OPEN",
    "Change",
    "Draft",
    "Key",
    "Place",
    "SeedKey",
    "Signer",
    "TokenKey",
    "Wallet",
    "change_passphrase",
    "create",
    "exported",
    "fresh",
    "load",
    "names_waiting",
    "save",
    "sealing",
    "sign",
    "take_in",
    "take_up",
    "tokens",
    "waiting",
    "wallets",
]
