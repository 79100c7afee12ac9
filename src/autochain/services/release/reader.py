"""The reader's end of the release: buy, prove, fetch shares of the keys, combine, decrypt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from ...client import Client, Shown
from ...onchain.contracts.consent import CONSENTS, Purpose
from ...onchain.contracts.identity import IDENTITIES
from ...onchain.contracts.market import RECEIPTS, Bought, Read, Receipt
from ...onchain.contracts.recording import RECORDINGS, Category, Precision
from ...onchain.ledger import Signature
from ...onchain.refusals import Refusal
from ...vault import KeyContext, Vault, open_part, unwrap
from ...wallet import Wallet
from .committee import Committee, Member, ask_all, key_of, told
from .errors import FALSE_SHARE, NO_RECEIPT, TOO_FEW_MEMBERS
from .records import Opened, OpenRequest, signed_bytes


class Reading(NamedTuple):
    """What a reader got for a receipt."""

    receipt: bytes
    parts: dict[tuple[Category, Precision], bytes]
    """The plain parts."""
    failed: dict[int, Refusal]
    """Members that gave nothing or a false share, by number, and what was wrong; it went without them."""


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
    client: Client, reader: Wallet, committee: Committee, vault: Vault, receipt: bytes, *, clock: Callable[[], int]
) -> Reading:
    """Fetches the keys of a receipt and decrypts its parts; may be done again while the receipt is open."""
    shown = await client.prove(RECEIPTS, receipt)
    bought: Receipt | None = shown.record
    if bought is None:
        raise NO_RECEIPT()
    request = await _request(client, reader, receipt, shown, time_ms=clock())

    async def ask(member: Member) -> dict[Category, bytes]:
        return _opened(client.trust.chain_id, reader, receipt, bought, await member.release.open(request))

    answers, failed = await ask_all(committee, ask)
    if len(answers) < committee.threshold:
        raise _refused(answers, failed)
    record = client.check(RECORDINGS, request.recording_proof, bought.recording).record

    def decrypted() -> dict[tuple[Category, Precision], bytes]:
        manifest = vault.get_manifest(record.manifest_root)
        parts: dict[tuple[Category, Precision], bytes] = {}
        for category in bought.categories:
            part = manifest.part(category, bought.precision)
            shares = {number: given[category] for number, given in answers.items()}
            key, false = key_of(part, shares, threshold=committee.threshold, failed=failed)
            failed.update(dict.fromkeys(false, FALSE_SHARE()))
            parts[category, bought.precision] = open_part(part, key, recording=bought.recording, get=vault.get)
        return parts

    # In a thread, for a vault may be far away.
    return Reading(receipt, await asyncio.to_thread(decrypted), failed)


async def _request(client: Client, reader: Wallet, name: bytes, shown: Shown, *, time_ms: int) -> OpenRequest:
    """Gathers the proofs of all that gives the right on a receipt, and signs."""
    receipt: Receipt = shown.record
    identity = await client.prove(IDENTITIES, receipt.reader)
    request = OpenRequest(
        receipt=name,
        time_ms=time_ms,
        receipt_proof=shown.proved,
        consent_proof=(await client.prove(CONSENTS, receipt.consent)).proved,
        recording_proof=(await client.prove(RECORDINGS, receipt.recording)).proved,
        identity_proof=identity.proved,
        owner_proof=(await client.prove(IDENTITIES, receipt.owner)).proved,
    )
    if identity.record is not None:
        reader = await client.speaking(reader, identity.record.keys)
    return replace(request, signatures=(Signature(0, reader.sign(signed_bytes(request)), reader.key.suite),))


def _opened(chain_id: str, reader: Wallet, receipt: bytes, bought: Receipt, opened: Opened) -> dict[Category, bytes]:
    """Opens a member's shares; refuses an answer that lacks one."""
    shares: dict[Category, bytes] = {}
    for share in opened.shares:
        context = KeyContext(chain_id, bought.recording, share.category, share.precision, reader.account, receipt)
        shares[share.category] = unwrap(reader, share.sealed, context)
    if sorted(shares) != list(bought.categories):
        raise TOO_FEW_MEMBERS("the answer does not hold what was bought")
    return shares


def _refused(answers: Mapping[int, object], failed: Mapping[int, Refusal]) -> Refusal:
    """Gives the members' reason where all agree on it."""
    reasons = {refusal.reason for refusal in failed.values()}
    return next(iter(failed.values())) if len(reasons) == 1 and not answers else TOO_FEW_MEMBERS(told(failed))
