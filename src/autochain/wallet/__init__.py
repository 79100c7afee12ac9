"""Wallets: the keys of one party, where they lie, and signing with them."""

from .signing import Draft, sign
from .wallet import Wallet, create, load, wallets

__all__ = ["Draft", "Wallet", "create", "load", "sign", "wallets"]
