"""What may be asked of identity, and what it announces."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from ...codec import encode, tag_of
from ...crypto import Hash, PublicKey, check_key
from ...ids import Id, derive
from ...ledger import Event, Introduction, Message
from . import errors

TAG = tag_of(__name__)

Kind = Literal["person", "organisation", "device"]
Keys = Annotated[tuple[PublicKey, ...], msgspec.Meta(min_length=1, max_length=8)]
Threshold = Annotated[int, msgspec.Meta(ge=1, le=8)]


def check_keys(keys: tuple[PublicKey, ...], threshold: int) -> None:
    """Refuses keys that are unusable, stand twice, or are fewer than must sign."""
    for key in keys:
        check_key(key)
    if len({(key.suite, key.data) for key in keys}) != len(keys) or threshold > len(keys):
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
    weight: ClassVar[int] = 150

    def check(self) -> None:
        check_keys(self.keys, self.threshold)


class Revoke(Message, frozen=True, tag=TAG):
    """Ends a DID for ever: the sender's own, or that of a device it controls."""

    account: Id


class HandOver(Message, frozen=True, tag=TAG):
    """The sender hands a device over to another, who co-signs as payer; what it recorded stays whose it is."""

    device: Id


class Registered(Event, frozen=True, tag=TAG):
    account: Id
    kind: Kind
    controller: Id | None


class Rotated(Event, frozen=True, tag=TAG):
    account: Id


class Revoked(Event, frozen=True, tag=TAG):
    account: Id


class HandedOver(Event, frozen=True, tag=TAG):
    device: Id
    controller: Id
