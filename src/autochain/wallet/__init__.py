"""Wallets: the keys of one party, where they lie, and signing with them."""

from .signing import Draft, sign
from .wallet import NO_WALLET, WALLET_OPEN, Wallet, create, load, wallets

__all__ = ["NO_WALLET", "WALLET_OPEN", "Draft", "Wallet", "create", "load", "sign", "wallets"]
