"""Reading one recording, and checking one, as a party of this home."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..onchain.contracts.consent import NO_CONSENT, ListConsents, ListOffers, Purpose, Request, decide
from ..onchain.contracts.market import RECEIPTS, Buy, ListReceipts, Read
from ..onchain.contracts.market import Bought as BoughtEvent
from ..onchain.contracts.recording import RECORDINGS, Category, GetRecording, Part, Precision, Recording
from ..onchain.ledger import interfaces
from ..onchain.ledger.header import Header
from ..onchain.refusals import Reason, Refusal, present
from ..services.release import buy, fetch
from ..signals import Part as Readings
from ..signals import read_part
from ..wallet import Wallet
from .network import Network

NOT_COMMITTED = Reason("network", 7, "The chain proves that there is no such recording.", "Check the recording's id.")
FALSE_CLAIM = Reason(
    "network",
    8,
    "The recording does not hold what its vehicle claims on the chain.",
    "Don't buy it, and ask its owner.",
)
NOT_HELD = Reason("network", 12, "The recording has no such part.", "See which parts it has with `recording show`.")


class Checked(NamedTuple):
    """A recording that holds."""

    header: Header
    manifest_root: bytes
    chunks: int
    ciphertext_bytes: int


async def verify_recording(network: Network, recording: bytes) -> Checked:
    """Checks a recording's proof, its manifest, and every chunk that the manifest names."""
    shown = await network.client.prove(RECORDINGS, recording)
    if shown.record is None:
        raise NOT_COMMITTED()
    manifest = network.vault.get_manifest(shown.record.manifest_root)
    held = tuple(Part(part.category, part.precision, part.size_bytes) for part in manifest.parts)
    if manifest.recording != recording or held != shown.record.parts:
        raise FALSE_CLAIM()
    sizes = [len(network.vault.get(chunk)) for part in manifest.parts for chunk in part.chunks]
    return Checked(shown.header, shown.record.manifest_root, len(sizes), sum(sizes))


async def find_consent(
    network: Network,
    reader: Wallet,
    recording: Recording,
    *,
    purpose: Purpose,
    categories: Sequence[Category],
    precision: Precision,
) -> tuple[bytes, tuple[Category, ...]]:
    """Finds a consent that lets the reader read, and what to read: all that it covers, where no category is named.

    When there is none, refuses with the reason of the consent that comes nearest.
    """
    held = {part.category for part in recording.parts if part.precision == precision}
    refusals: list[Refusal] = []
    owner = await network.client.ask(interfaces.AccountOf(recording.owner))
    for name, consent in await network.client.pages(ListConsents(reader.account, as_reader=True)):
        what = tuple(sorted(categories or held & set(consent.terms.categories)))
        request = Request.to_read(
            recording,
            reader=reader.account,
            purpose=purpose,
            categories=what,
            precision=precision,
            owner_active=owner is not None and owner.active,
            now_ms=network.clock(),
        )
        refusal = decide(consent, request, now_ms=network.clock())
        if refusal is None and what:
            return name, what
        if refusal is not None:
            refusals.append(refusal)
    raise max(refusals, key=lambda refusal: refusal.code) if refusals else NO_CONSENT()


async def read_recording(
    network: Network,
    reader: Wallet,
    recording: bytes,
    *,
    consent: bytes,
    purpose: Purpose,
    categories: Sequence[Category],
    precision: Precision,
) -> tuple[bytes, int, list[Readings]]:
    """Reads a recording; gives the receipt, the price in uacc and the parts.

    Buys it, unless the reader has bought just this and its receipt is still open.
    """
    client = network.client
    receipt = await _open_receipt(
        network, reader, Read(recording, consent, purpose, tuple(sorted(categories)), precision)
    ) or await buy(
        client, reader, recording, consent=consent, purpose=purpose, categories=categories, precision=precision
    )
    reading = await fetch(client, reader, network.committee, network.vault, receipt, clock=network.clock)
    bought = (await client.prove(RECEIPTS, receipt)).record
    return receipt, bought.price_uacc, [read_part(plain) for plain in reading.parts.values()]


async def _open_receipt(network: Network, reader: Wallet, wanted: Read) -> bytes | None:
    """Finds a receipt for just this reading on which keys may still be fetched."""
    now_ms = network.clock()
    for name, bought in await network.client.pages(ListReceipts(reader.account, as_reader=True)):
        same = Read(bought.recording, bought.consent, bought.purpose, bought.categories, bought.precision)
        if same == wanted and now_ms < bought.lapses_ms:
            return name
    return None


class Bought(NamedTuple):
    """One recording of a product that was bought and read."""

    recording: bytes
    receipt: bytes
    price_uacc: int
    parts: list[Readings]


async def buy_product(network: Network, reader: Wallet, product: bytes) -> list[Bought]:
    """Reads all of a product; buys it, unless the reader has bought it and its receipts are still open."""
    client, now_ms = network.client, network.clock()
    receipts = [
        name
        for name, bought in await client.pages(ListReceipts(reader.account, as_reader=True))
        if bought.product == product and now_ms < bought.lapses_ms
    ]
    if not receipts:
        sent = await client.send(reader, Buy(product))
        receipts = [event.receipt for event in sent.events if isinstance(event, BoughtEvent)]
    done: list[Bought] = []
    for name in receipts:
        reading = await fetch(client, reader, network.committee, network.vault, name, clock=network.clock)
        record = present((await client.prove(RECEIPTS, name)).record, "what was fetched on stands on the chain")
        parts = [read_part(plain) for plain in reading.parts.values()]
        done.append(Bought(record.recording, name, record.price_uacc, parts))
    return done


async def covering_offers(
    network: Network,
    recordings: Sequence[bytes],
    *,
    purpose: Purpose,
    categories: Sequence[Category],
    precision: Precision,
) -> dict[bytes, bytes]:
    """Finds for each recording the cheapest offer that covers it; gives the offers by recording."""
    now_ms = network.clock()
    offers = [pair for pair in await network.client.pages(ListOffers()) if pair[1].stands(now_ms)]
    offers.sort(key=lambda pair: pair[1].terms.price_uacc)
    found: dict[bytes, bytes] = {}
    for name in recordings:
        record = await network.client.ask(GetRecording(name))
        if record is None:
            raise NOT_COMMITTED(name.hex())
        owner = await network.client.ask(interfaces.AccountOf(record.owner))
        request = Request.to_read(
            record,
            reader=record.owner,
            purpose=purpose,
            categories=tuple(categories),
            precision=precision,
            owner_active=owner is not None and owner.active,
            now_ms=now_ms,
        )
        for offer, open_ in offers:
            if decide(open_.consent(record.owner, name=offer, now_ms=now_ms), request, now_ms=now_ms) is None:
                found[name] = offer
                break
    return found


class Explained(NamedTuple):
    """Whether one consent lets a reader read, and where it does not, what would be needed."""

    consent: bytes
    refusal: Refusal | None


async def explain(
    network: Network,
    reader: bytes,
    recording: bytes,
    *,
    purpose: Purpose,
    categories: Sequence[Category],
    precision: Precision,
) -> list[Explained]:
    """Judges every consent that a reader was given against what it wants to read."""
    record = await network.client.ask(GetRecording(recording))
    if record is None:
        raise NOT_COMMITTED()
    held = [part.category for part in record.parts if part.precision == precision]
    if missing := [category for category in categories if category not in held]:
        raise NOT_HELD(f"{', '.join(missing)}; {precision}")
    owner = await network.client.ask(interfaces.AccountOf(record.owner))
    request = Request.to_read(
        record,
        reader=reader,
        purpose=purpose,
        categories=tuple(sorted(categories)),
        precision=precision,
        owner_active=owner is not None and owner.active,
        now_ms=network.clock(),
    )
    given = await network.client.pages(ListConsents(reader, as_reader=True))
    return [Explained(name, decide(consent, request, now_ms=network.clock())) for name, consent in given]
