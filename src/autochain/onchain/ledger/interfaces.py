"""The two interfaces that every chain has, offered by whichever contract the chain file binds to them.

`accounts` says who may speak for an account (`identity` on main, `guests` elsewhere); `money` moves ACC (`token` on
main, `transfer` elsewhere).
"""

from __future__ import annotations

from ..codec import Record
from ..crypto import Hash, PublicKey
from ..ids import Id
from ..units import Amount, Count
from .messages import Message, Query


class AccountKeys(Record, frozen=True):
    """Who may speak for an account."""

    keys: tuple[PublicKey, ...]
    threshold: int
    """How many of the keys must sign."""
    sequence: Count
    """The sequence of the account's next transaction."""
    active: bool
    until_ms: Count = 0
    """From this block time on they prove nothing any more; 0 where they never end."""
    next: Hash | None = None
    """What the keys that may follow them come to, see `commitment_to`; None where none were promised."""


class KeysOf(Query[AccountKeys | None], frozen=True, tag="accounts/KeysOf"):
    """Asks `accounts` who may speak for an account; None when it is not known."""

    account: Id


class Account(Record, frozen=True):
    """What other contracts may know of an account."""

    kind: str
    owner: Id
    """Who controls it: a device's controller, otherwise the account itself."""
    encryption_key: Hash
    """X25519 public key to which secrets for it are sealed."""
    active: bool
    owned_ms: Count = 0
    """Since when it is this owner's; 0 where it has had no other."""
    version: Count = 1
    """The number of its present document: another one after every change of keys, controller or activity."""


class AccountOf(Query[Account | None], frozen=True, tag="accounts/AccountOf"):
    """Asks `accounts` what is known of an account; None when it is not known."""

    account: Id


class UseSequence(Message, frozen=True, tag="accounts/UseSequence"):
    """Tells `accounts` that the sender's transaction with its present sequence goes in."""


class Keep(Message, frozen=True, tag="accounts/Keep"):
    """Makes the calling contract keep the life of a device of the sender's: it alone hands it over and ends it."""

    device: Id


class PassOn(Message, frozen=True, tag="accounts/PassOn"):
    """Hands a device of the sender's, whose life the calling contract keeps, over to a taker it has seen agree."""

    device: Id
    taker: Id


class End(Message, frozen=True, tag="accounts/End"):
    """Ends for ever a device of the sender's, whose life the calling contract keeps."""

    device: Id


class BalanceOf(Query[int], frozen=True, tag="money/BalanceOf"):
    """Asks `money` what an account holds, in uacc."""

    account: Id


class Pay(Message, frozen=True, tag="money/Pay"):
    """Moves money from the sender to another account."""

    payee: Id
    amount_uacc: Amount
