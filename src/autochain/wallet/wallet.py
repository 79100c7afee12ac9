"""A party's wallet: its account, the keys it speaks with now and next, and its other secrets."""

from __future__ import annotations

import contextlib
import secrets
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from ..onchain.contracts.identity import Kind, Register, Rotate, Succeed
from ..onchain.crypto import PublicKey, tagged_hash
from ..onchain.ids import Id, did
from ..onchain.ledger import commitment_to
from ..onchain.refusals import Refusal, ensure
from ..privacy import hpke
from .signers import Key, Secret, SeedKey, Signer, TokenKey


class Wallet(msgspec.Struct, frozen=True):
    """The secrets of one party. Never printed: `repr` shows the DID alone."""

    name: str
    account: Id
    """Stays the same whatever keys follow."""
    key: Key
    next: Key | None
    """The key whose hash the account has promised as its next one; a token's key promises none that lies here."""
    encryption: Secret
    """X25519 private key."""
    secret: Secret
    """For HMACs that recognise the party's own things again, and for the keys that follow."""
    salt: Secret
    """Hides what the commitment stands for."""
    commitment: Secret
    """Salted hash of what the DID stands for; a VIN or a name itself is never written down."""
    kind: Kind
    controller: bytes | None
    former: tuple[Secret, ...] = ()
    """X25519 private keys of before, the last one first: what was sealed to them still opens."""

    def __repr__(self) -> str:
        return f"Wallet({self.name!r}, {self.did})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("name", self.name), ("did", self.did)]

    @property
    def signer(self) -> Signer:
        """What signs for this party."""
        return self.key

    @property
    def public_key(self) -> PublicKey:
        return self.key.public_key

    @property
    def suites(self) -> tuple[int, ...]:
        """The suite of each signature that it makes."""
        return (self.key.suite,)

    @property
    def promise(self) -> bytes | None:
        """The hash of its next key, which says nothing of that key."""
        return None if self.next is None else commitment_to((self.next.public_key,), 1)

    @property
    def encryption_key(self) -> bytes:
        """X25519 public key."""
        return hpke.public_key(self.encryption)

    def registration(self) -> Register:
        """The message that registers this party's DID, by the keys that it was made with."""
        made = introduction(
            self.key,
            self.next,
            encryption=self.encryption,
            commitment=self.commitment,
            kind=self.kind,
            controller=self.controller,
        )
        ensure(made.account() == self.account, "a DID is registered with the keys that it came of")
        return made

    @property
    def did(self) -> str:
        return did(self.account)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)

    def unseal(self, sealed: bytes, *, info: bytes) -> bytes:
        """Opens a secret that was sealed to this party, now or before its keys changed."""
        *later, first = self.encryption, *self.former
        for private in later:
            with contextlib.suppress(Refusal):
                return hpke.unseal(private, sealed, info=info)
        return hpke.unseal(first, sealed, info=info)

    def rotated(self, following: Key | None = None, *, promises: bool = True) -> Change:
        """Gives what is to be done so that its next key speaks; asked again, it gives the same.

        `following` is the key after that, which is promised now; by default one of a seed, in the suite of the next.
        Without a promise the new key may change whatever stands about its DID, its end included. So may a token's: it
        promises no key of a seed, which whoever copies the wallet could have succeed it.
        """
        number = len(self.former) + 1
        key = self.next or SeedKey(self.key.suite, self._derived("key", number))
        following = following or SeedKey(key.suite, self._derived("key", number + 1))
        after = replace(
            self,
            key=key,
            next=following if promises and may_promise(key, following) else None,
            encryption=self._derived("encryption", number),
            former=(self.encryption, *self.former),
        )
        message, signer = (Rotate, self) if self.next is None else (Succeed, after)
        return Change(
            after,
            message((after.public_key,), 1, after.encryption_key, next=after.promise),
            signer,
        )

    def renewed(self) -> Wallet:
        """Gives a wallet of the same account of which nothing follows from the secrets of this one.

        It waits until guardians, or a device's controller, have the chain know its keys.
        """
        made = fresh(self.name, self.account, suite=self.key.suite, kind=self.kind, commitment=self.commitment)
        former = (self.encryption, *self.former)
        return replace(made, salt=self.salt, controller=self.controller, former=former)

    def _derived(self, what: str, number: int) -> bytes:
        return tagged_hash("wallet/following", self.secret, what.encode(), number.to_bytes(4, "big"))


def may_promise(key: Key, following: Key) -> bool:
    """Says whether a key of that kind may be promised as the next one: a token's is followed by a token's alone."""
    return isinstance(key, SeedKey) or isinstance(following, TokenKey)


class Change(NamedTuple):
    """New keys of a party: the wallet afterwards, and what has the chain know of it."""

    wallet: Wallet
    message: Rotate | Succeed
    signer: Wallet
    """Who sends the message: promised keys speak for themselves, others are named by the keys before them."""


def fresh(
    name: str, account: bytes, *, suite: int, kind: Kind, commitment: bytes, controller: bytes | None = None
) -> Wallet:
    """Makes a wallet with fresh keys for an account that exists."""
    return Wallet(
        name=name,
        account=account,
        key=SeedKey(suite, secrets.token_bytes(32)),
        next=SeedKey(suite, secrets.token_bytes(32)),
        encryption=secrets.token_bytes(32),
        secret=secrets.token_bytes(32),
        salt=secrets.token_bytes(32),
        commitment=commitment,
        kind=kind,
        controller=controller,
    )


def introduction(
    key: Key, following: Key | None, *, encryption: bytes, commitment: bytes, kind: Kind, controller: bytes | None
) -> Register:
    """Gives the message that registers a party with these keys, and so the account that comes of them."""
    return Register(
        keys=(key.public_key,),
        threshold=1,
        kind=kind,
        commitment=commitment,
        encryption_key=hpke.public_key(encryption),
        controller=controller,
        next=None if following is None else commitment_to((following.public_key,), 1),
    )
