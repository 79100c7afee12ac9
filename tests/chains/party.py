"""A party of a test chain: its DID and its secrets, all derived from its name."""

from __future__ import annotations

from dataclasses import dataclass

from autochain.onchain.contracts.identity import Kind, Register, Rotate
from autochain.onchain.crypto import tagged_hash
from autochain.onchain.ledger import Signature
from autochain.privacy import ed25519, hpke


def make_seeds(name: str, *, count: int = 1, generation: int = 0) -> tuple[bytes, ...]:
    """Gives signing seeds that are the same in every run, so that a failing example can be run again."""
    return tuple(tagged_hash("test/seed", name.encode(), bytes([generation, number])) for number in range(count))


@dataclass(eq=False)
class Party:
    """Somebody who can speak: the DID it registered and the keys it speaks with now."""

    name: str
    registration: Register
    seeds: tuple[bytes, ...]
    """Ed25519 seeds of its present keys, in their order."""
    threshold: int
    encryption: bytes
    """X25519 private key."""

    @classmethod
    def make(
        cls,
        name: str,
        kind: Kind,
        *,
        controller: Party | None = None,
        keys: int = 1,
        threshold: int = 1,
    ) -> Party:
        """Makes a party that no chain knows yet."""
        seeds = make_seeds(name, count=keys)
        encryption = tagged_hash("test/encryption", name.encode())
        registration = Register(
            keys=tuple(ed25519.public_key(seed) for seed in seeds),
            threshold=threshold,
            kind=kind,
            commitment=tagged_hash("commitment", b"salt", name.encode()),
            encryption_key=hpke.public_key(encryption),
            controller=controller.account if controller else None,
        )
        return cls(name, registration, seeds, threshold, encryption)

    @property
    def account(self) -> bytes:
        return self.registration.account()

    def rotation(self, seeds: tuple[bytes, ...], *, threshold: int = 1) -> Rotate:
        """The message that replaces its keys; once it happened, set `seeds` and `threshold` here."""
        return Rotate(
            tuple(ed25519.public_key(seed) for seed in seeds),
            threshold,
            self.registration.encryption_key,
        )

    def sign(self, message: bytes) -> tuple[Signature, ...]:
        """Signs with as many of its keys as must sign."""
        return tuple(
            Signature(number, ed25519.sign(seed, message)) for number, seed in enumerate(self.seeds[: self.threshold])
        )

    def __repr__(self) -> str:
        return f"Party({self.name!r})"
