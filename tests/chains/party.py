"""A party of a test chain: its DID and its secrets, all derived from its name."""

from __future__ import annotations

from dataclasses import dataclass

from autochain.onchain.contracts.identity import Kind, Recover, Register, Rotate, Succeed
from autochain.onchain.crypto import PublicKey, tagged_hash
from autochain.onchain.ledger import Signature, commitment_to
from autochain.privacy import hpke, signing


def make_seeds(name: str, *, count: int = 1, generation: int = 0) -> tuple[bytes, ...]:
    """Gives signing seeds that are the same in every run, so that a failing example can be run again."""
    return tuple(tagged_hash("test/seed", name.encode(), bytes([generation, number])) for number in range(count))


def public_keys(seeds: tuple[bytes, ...], *, suite: int = 1) -> tuple[PublicKey, ...]:
    return tuple(signing(suite).public_key(seed) for seed in seeds)


def promise_of(seeds: tuple[bytes, ...], *, threshold: int = 1) -> bytes:
    """Gives the commitment to the keys of these seeds."""
    return commitment_to(public_keys(seeds), threshold)


@dataclass(eq=False)
class Party:
    """Somebody who can speak: the DID it registered and the keys it speaks with now."""

    name: str
    registration: Register
    seeds: tuple[bytes, ...]
    """Of its present keys, in their order."""
    threshold: int
    encryption: bytes
    """X25519 private key."""
    suite: int = 1
    """Of its present keys."""

    @classmethod
    def make(
        cls,
        name: str,
        kind: Kind,
        *,
        controller: Party | None = None,
        keys: int = 1,
        threshold: int = 1,
        suite: int = 1,
    ) -> Party:
        """Makes a party that no chain knows yet."""
        seeds = make_seeds(name, count=keys)
        encryption = tagged_hash("test/encryption", name.encode())
        registration = Register(
            keys=public_keys(seeds, suite=suite),
            threshold=threshold,
            kind=kind,
            commitment=tagged_hash("commitment", b"salt", name.encode()),
            encryption_key=hpke.public_key(encryption),
            controller=controller.account if controller else None,
        )
        return cls(name, registration, seeds, threshold, encryption, suite)

    @property
    def account(self) -> bytes:
        return self.registration.account()

    def rotation(
        self, seeds: tuple[bytes, ...], *, threshold: int = 1, next: bytes | None = None, until_ms: int = 0
    ) -> Rotate:
        """The message that replaces its keys; once it happened, set `seeds` and `threshold` here."""
        return Rotate(public_keys(seeds), threshold, self.registration.encryption_key, next, until_ms)

    def succession(
        self, seeds: tuple[bytes, ...], *, threshold: int = 1, next: bytes | None = None, until_ms: int = 0
    ) -> Succeed:
        """The message that brings the keys it committed to; set `seeds` and `threshold` here before it is signed."""
        return Succeed(public_keys(seeds), threshold, self.registration.encryption_key, next, until_ms)

    def recovery(self, seeds: tuple[bytes, ...], *, threshold: int = 1, next: bytes | None = None) -> Recover:
        """The message by which somebody else asks that it gets these keys."""
        return Recover(self.account, public_keys(seeds), threshold, self.registration.encryption_key, next)

    def sign(self, message: bytes) -> tuple[Signature, ...]:
        """Signs with as many of its keys as must sign."""
        return tuple(
            Signature(number, signing(self.suite).sign(seed, message), self.suite)
            for number, seed in enumerate(self.seeds[: self.threshold])
        )

    def __repr__(self) -> str:
        return f"Party({self.name!r})"
