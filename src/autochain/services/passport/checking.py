"""Checks a passport by itself: who trusts the chain's validators asks nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ...onchain.contracts.credentials import Attestation, Certificate
from ...onchain.contracts.identity import Identity, Version
from ...onchain.contracts.vehicles import Approval, Life, OpenRecall, SecurityEvent, Software, Step
from ...onchain.crypto import sha256
from ...onchain.ledger.header import Header
from ...onchain.ledger.ics23 import CommitmentProof, check_absence, check_membership
from ...onchain.ledger.light import Trust, check_light_block
from ...onchain.ledger.protobuf import BAD_PROTOBUF
from ...onchain.refusals import Refusal
from .belongings import Belonging, of_all, of_credentials, of_this, open_recalls, versions_of
from .bundle import Entry, block_of, bundle_of
from .errors import CONTRADICTS, INCOMPLETE, NOT_A_PASSPORT, OTHER_VEHICLE, TOO_MUCH


class Checked(NamedTuple):
    """What a passport proves, as it was after the block before its header."""

    device: bytes
    header: Header
    identity: Identity
    versions: list[Version]
    """Earlier documents of the DID, the first one first."""
    life: Life
    steps: tuple[Step, ...]
    software: dict[str, tuple[Software, Approval]]
    """By RXSWIN."""
    recalls: dict[str, OpenRecall]
    """Those that are open, by campaign."""
    security_events: list[SecurityEvent]
    attestation: Attestation | None
    """Who attests that it is a vehicle; nobody where its absence is proved."""
    certificate: tuple[bytes, Certificate] | None
    """The present one by its fingerprint; none where its absence is proved."""
    proofs: int
    """How many of its records are proved one by one."""


def check_passport(trust: Trust, data: bytes, *, device: bytes | None = None) -> Checked:
    """Gives what a passport proves to whoever trusts these validators; refuses all that is not proved whole.

    `device` says whose passport it must be.
    """
    bundle = bundle_of(data)
    if device is not None and bundle.device != device:
        raise OTHER_VEHICLE(bundle.device.hex())
    header = check_light_block(trust, block_of(bundle))
    entries = _Entries(header, bundle.entries)
    identity, life = entries.take(of_all(bundle.device))
    if identity.kind != "device":
        raise CONTRADICTS("its DID is no device's")
    belongings = of_this(bundle.device, identity, life, bundle.steps)
    records = entries.take(belongings)
    *_, attestation, live = records
    led_to = of_credentials(attestation, live)
    more = iter(entries.take(led_to))
    entries.end()
    if attestation is not None and attestation.unique is not None and next(more).subject != bundle.device:
        raise CONTRADICTS("its VIN is attested of another DID")
    certificate = (live.fingerprint, next(more)) if live is not None else None
    if certificate is not None and certificate[1].device != bundle.device:
        raise CONTRADICTS("its certificate is another device's")
    found = iter(records)
    return Checked(
        device=bundle.device,
        header=header,
        identity=identity,
        versions=[next(found) for _ in range(1, identity.version)],
        life=life,
        steps=bundle.steps,
        software={rxswin: (next(found), next(found)) for rxswin in versions_of(bundle.steps)},
        recalls={campaign: next(found) for campaign in open_recalls(bundle.steps)},
        security_events=[next(found) for _ in range(life.security_events)],
        attestation=attestation,
        certificate=certificate,
        proofs=len(bundle.entries),
    )


class _Entries:
    """The entries of a passport, which are taken one after another, each for the record whose place it has."""

    def __init__(self, header: Header, entries: Sequence[Entry]) -> None:
        self._root = header.app_hash
        self._left: Iterator[Entry] = iter(entries)

    def take(self, belongings: Sequence[Belonging]) -> list[Any]:
        """Gives the records that belong here; refuses those that are not proved."""
        return [self._one(each) for each in belongings]

    def _one(self, wanted: Belonging) -> Any:
        entry = next(self._left, None)
        if entry is None:
            raise INCOMPLETE(wanted.table.name)
        proof = _proof_of(entry)
        if entry.value:
            check_membership(self._root, proof, key=wanted.key, value=entry.value)
            return wanted.table.codec.decode(entry.value)
        if not wanted.may_be_absent:
            raise INCOMPLETE(f"{wanted.table.name}: a record that must be there")
        check_absence(self._root, proof, key=wanted.key)
        if proof.nonexist is None or proof.nonexist.key != sha256(wanted.key):
            raise NOT_A_PASSPORT("a proof of an absence names another key")
        return None

    def end(self) -> None:
        """Refuses what is left over."""
        if next(self._left, None) is not None:
            raise TOO_MUCH()


def _proof_of(entry: Entry) -> CommitmentProof:
    try:
        return CommitmentProof.decode(entry.proof)
    except Refusal as refusal:
        if refusal.reason != BAD_PROTOBUF:
            raise
        raise NOT_A_PASSPORT(f"a proof: {refusal.detail}") from None
