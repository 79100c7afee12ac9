"""What may be asked of identity, and what it announces."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from ...codec import encode, tag_of
from ...crypto import Hash, PublicKey, tagged_hash
from ...ids import Id, derive
from ...ledger import Event, Introduction, Keys, Message, Succession, Threshold
from ...units import Count
from . import errors

TAG = tag_of(__name__)

MAX_KEY_BYTES = 3_500
"""So long may an account's keys be together: its record stands in the state as one value of up to 4,096 bytes."""
MAX_GUARDIANS = 16
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

Kind = Literal["person", "organisation", "device"]
Members = Annotated[tuple[Id, ...], msgspec.Meta(max_length=MAX_GUARDIANS)]
Quorum = Annotated[int, msgspec.Meta(ge=0, le=MAX_GUARDIANS)]
Delay = Annotated[int, msgspec.Meta(ge=HOUR_MS, le=90 * DAY_MS)]


def check_keys(keys: tuple[PublicKey, ...], threshold: int) -> None:
    """Refuses keys that stand twice, are fewer than must sign, or are too long together."""
    distinct = len({(key.suite, key.data) for key in keys}) == len(keys)
    if not distinct or threshold > len(keys) or sum(len(key.data) for key in keys) > MAX_KEY_BYTES:
        raise errors.BAD_KEYS()


class Register(Introduction, frozen=True, tag=TAG):
    """Brings a DID with its keys; the DID is derived from all that stands here, so nobody else can take it."""

    kind: Kind
    commitment: Hash
    """Salted hash of what the DID stands for (a VIN, a company number); the salt stays with its holder."""
    encryption_key: Hash
    """X25519 public key to which secrets for this DID are sealed."""
    controller: Id | None
    """A device's owner, who co-signs as payer; None for people and organisations."""
    next: Hash | None = None
    """Commits to the keys that follow these, see `commitment_to`; None to rotate them freely."""
    until_ms: Count = 0
    """From then on the keys prove nothing; 0 where they don't expire."""
    weight: ClassVar[int] = 150

    def account(self) -> bytes:
        return derive("did", encode(self))

    def check(self) -> None:
        check_keys(self.keys, self.threshold)
        if (self.kind == "device") != (self.controller is not None):
            raise errors.CONTROLLER_MISFIT()


class Rotate(Message, frozen=True, tag=TAG):
    """Replaces the sender's keys by new ones."""

    keys: Keys
    threshold: Threshold
    encryption_key: Hash
    next: Hash | None = None
    until_ms: Count = 0
    weight: ClassVar[int] = 150

    def check(self) -> None:
        check_keys(self.keys, self.threshold)


class Succeed(Succession, frozen=True, tag=TAG):
    """Replaces the sender's keys by those that it committed to; these sign, and the former ones need not."""

    encryption_key: Hash
    next: Hash | None = None
    until_ms: Count = 0
    weight: ClassVar[int] = 150

    def check(self) -> None:
        check_keys(self.keys, self.threshold)


class SetGuardians(Message, frozen=True, tag=TAG):
    """Names who may give the sender new keys when it has lost its own; none with threshold 0."""

    guardians: Members
    threshold: Quorum
    """How many of them must ask for the same: more than half."""
    delay_ms: Delay
    """How long the holder may object, and how long a later change of guardians waits."""
    weight: ClassVar[int] = 200

    def check(self) -> None:
        several = len(self.guardians)
        enough = several < 2 * self.threshold <= 2 * several if several else self.threshold == 0
        if not enough or len(frozenset(self.guardians)) != several:
            raise errors.BAD_GUARDIANS()


class Recover(Message, frozen=True, tag=TAG):
    """Asks, as a guardian, that an account gets these keys; or gives them, as its controller, to a device at once."""

    account: Id
    keys: Keys
    threshold: Threshold
    encryption_key: Hash
    next: Hash | None = None
    weight: ClassVar[int] = 200

    def check(self) -> None:
        check_keys(self.keys, self.threshold)

    def word(self) -> bytes:
        """Gives the hash of what is asked for: guardians agree when it is the same."""
        return tagged_hash("recovery", encode((self.keys, self.threshold, self.encryption_key, self.next)))


class RejectRecovery(Message, frozen=True, tag=TAG):
    """Ends whatever the sender's guardians have asked for so far."""


class CompleteRecovery(Message, frozen=True, tag=TAG):
    """Gives an account the keys that its guardians asked for, once the delay is over; anybody may send it."""

    account: Id
    weight: ClassVar[int] = 150


class Revoke(Message, frozen=True, tag=TAG):
    """Ends a DID for ever: the sender's own, or that of a device it controls."""

    account: Id
    weight: ClassVar[int] = 300


class HandOver(Message, frozen=True, tag=TAG):
    """The sender hands a device over to another, who co-signs as payer; what it recorded stays whose it is."""

    device: Id
    weight: ClassVar[int] = 300


class Registered(Event, frozen=True, tag=TAG):
    account: Id
    kind: Kind
    controller: Id | None


class Rotated(Event, frozen=True, tag=TAG):
    account: Id


class Succeeded(Event, frozen=True, tag=TAG):
    account: Id


class GuardiansSet(Event, frozen=True, tag=TAG):
    account: Id
    guardians: Members
    from_ms: Count
    """Since when they count."""


class RecoveryAsked(Event, frozen=True, tag=TAG):
    account: Id
    guardian: Id


class RecoveryBegun(Event, frozen=True, tag=TAG):
    account: Id
    due_ms: Count


class RecoveryRejected(Event, frozen=True, tag=TAG):
    account: Id


class Recovered(Event, frozen=True, tag=TAG):
    account: Id


class Kept(Event, frozen=True, tag=TAG):
    device: Id


class Revoked(Event, frozen=True, tag=TAG):
    account: Id


class HandedOver(Event, frozen=True, tag=TAG):
    device: Id
    controller: Id
