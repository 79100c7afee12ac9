"""The reader's end of the release: buy, prove, fetch the keys, decrypt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from ...client import Client
from ...onchain.contracts.consent import CONSENTS, Purpose
from ...onchain.contracts.identity import IDENTITIES
from ...onchain.contracts.market import RECEIPTS, Bought, Read
from ...onchain.contracts.recording import RECORDINGS, Category, Precision
from ...onchain.ledger import Signature
from ...vault import KeyContext, Vault, open_part, unwrap
from ...wallet import Wallet
from .errors import NO_RECEIPT
from .obu import Release
from .records import OpenRequest, signed_bytes


class Reading(NamedTuple):
    """What a reader got for a receipt."""

    receipt: bytes
    parts: dict[tuple[Category, Precision], bytes]
    """The plain parts."""


async def buy(
    client: Client,
    reader: Wallet,
    recording: bytes,
    *,
    consent: bytes,
    purpose: Purpose,
    categories: Sequence[Category],
    precision: Precision,
) -> bytes:
    """Pays for the reading of one recording under one consent; gives the receipt's id."""
    sent = await client.send(reader, Read(recording, consent, purpose, tuple(sorted(categories)), precision))
    return sent.event(Bought).receipt


async def fetch(
    client: Client, reader: Wallet, release: Release, vault: Vault, receipt: bytes, *, clock: Callable[[], int]
) -> Reading:
    """Fetches the keys of a receipt and decrypts its parts; may be done again while the receipt is open."""
    bought = await client.prove(RECEIPTS, receipt)
    if bought.record is None:
        raise NO_RECEIPT()
    recording = await client.prove(RECORDINGS, bought.record.recording)
    consent = await client.prove(CONSENTS, bought.record.consent)
    identity = await client.prove(IDENTITIES, bought.record.reader)
    request = OpenRequest(
        receipt=receipt,
        time_ms=clock(),
        receipt_proof=bought.proved,
        consent_proof=consent.proved,
        recording_proof=recording.proved,
        identity_proof=identity.proved,
    )
    signature = Signature(0, reader.sign(signed_bytes(request)))
    opened = await release.open(replace(request, signatures=(signature,)))
    manifest = vault.get_manifest(recording.record.manifest_root)
    parts: dict[tuple[Category, Precision], bytes] = {}
    for key in opened.keys:
        context = KeyContext(
            client.trust.chain_id, bought.record.recording, key.category, key.precision, reader.account, receipt
        )
        part = manifest.part(key.category, key.precision)
        parts[key.category, key.precision] = open_part(
            part, unwrap(reader, key.sealed, context), recording=bought.record.recording, get=vault.get
        )
    return Reading(receipt, parts)
