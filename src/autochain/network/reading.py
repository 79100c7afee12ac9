"""Reading one recording, and checking one, as a party of this home."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from ..onchain.contracts.consent import (
    CONSENTS,
    NO_CONSENT,
    OFFERS,
    ListConsents,
    ListOffers,
    Purpose,
    Request,
    decide,
)
from ..onchain.contracts.market import PRODUCTS, RECEIPTS, Buy, ListReceipts, Product, Read
from ..onchain.contracts.market import Bought as BoughtEvent
from ..onchain.contracts.recording import RECORDINGS, Category, GetRecording, Part, Precision, Recording
from ..onchain.ledger import interfaces
from ..onchain.ledger.header import Header
from ..onchain.refusals import Reason, Refusal, present
from ..onchain.units import acc
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
TOO_DEAR = Reason("network", 16, "It costs more than you would pay.", "Name a higher amount with --most, or none.")
OVER = Reason(
    "network",
    18,
    "The recording was erased, or its time is over: the chain's record holds, and its objects are destroyed.",
    "Verify another; `recording show` says since when.",
)


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
    if not shown.record.is_kept(network.clock()):
        raise OVER()
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
    consent: bytes | None = None,
    most_uacc: int | None = None,
) -> tuple[bytes, tuple[Category, ...]]:
    """Finds the cheapest consent that lets the reader read, and what: all that it covers, where no category is named.

    Looks at all that the reader was given, or at the one that is named. When none lets it read, refuses with the
    reason of the one that comes nearest; when all cost more than `most_uacc`, with the price.
    """
    held = {part.category for part in recording.parts if part.precision == precision}
    refusals: list[Refusal] = []
    fitting: list[tuple[int, int, bytes, tuple[Category, ...]]] = []
    owner = await network.client.ask(interfaces.AccountOf(recording.owner))
    for name, given in await network.client.pages(ListConsents(reader.account, as_reader=True)):
        if consent not in (None, name):
            continue
        what = tuple(sorted(categories or held & set(given.terms.categories)))
        request = Request.to_read(
            recording,
            reader=reader.account,
            purpose=purpose,
            categories=what,
            precision=precision,
            owner_active=owner is not None and owner.active,
            now_ms=network.clock(),
        )
        refusal = decide(given, request, now_ms=network.clock())
        if refusal is not None:
            refusals.append(refusal)
        elif what:
            # Of those that cost the same, the one that covers most.
            fitting.append((given.terms.price_uacc, -len(what), name, what))
    if fitting:
        _, _, name, what = min(fitting)
        if most_uacc is not None:
            # Proved, since a node that lies about the price would have us pay more.
            proved = present((await network.client.prove(CONSENTS, name)).record, "a consent stays on record")
            _refuse_above(most_uacc, proved.terms.price_uacc)
        return name, what
    raise max(refusals, key=lambda refusal: refusal.code) if refusals else NO_CONSENT()


def _refuse_above(most_uacc: int, price_uacc: int) -> None:
    if price_uacc > most_uacc:
        raise TOO_DEAR(f"{acc(price_uacc)} ACC")


class Bought(NamedTuple):
    """One recording that was bought and read."""

    recording: bytes
    receipt: bytes
    price_uacc: int
    parts: list[Readings]


async def fetch_reading(network: Network, reader: Wallet, receipt: bytes) -> Bought:
    """Fetches what a receipt opens, and reads it."""
    client = network.client
    reading = await fetch(client, reader, network.committee, network.vault, receipt, clock=network.clock)
    record = present((await client.prove(RECEIPTS, receipt)).record, "what was fetched on stands on the chain")
    # In a thread, for unpacking a long drive takes a while.
    parts = await asyncio.to_thread(lambda: [read_part(plain) for plain in reading.parts.values()])
    return Bought(record.recording, receipt, record.price_uacc, parts)


async def read_under_consent(
    network: Network,
    reader: Wallet,
    recording: bytes,
    *,
    purpose: Purpose,
    categories: Sequence[Category],
    precision: Precision,
    consent: bytes | None = None,
    most_uacc: int | None = None,
) -> tuple[Bought, tuple[Category, ...]]:
    """Reads a recording under the named consent or the cheapest that fits; without categories all that this covers."""
    record = await network.client.ask(GetRecording(recording))
    if record is None:
        raise NOT_COMMITTED()
    found, what = await find_consent(
        network,
        reader,
        record,
        purpose=purpose,
        categories=categories,
        precision=precision,
        consent=consent,
        most_uacc=most_uacc,
    )
    receipt, price_uacc, parts = await read_recording(
        network, reader, recording, consent=found, purpose=purpose, categories=what, precision=precision
    )
    return Bought(recording, receipt, price_uacc, parts), what


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
    read = await fetch_reading(network, reader, receipt)
    return receipt, read.price_uacc, read.parts


async def _open_receipt(network: Network, reader: Wallet, wanted: Read) -> bytes | None:
    """Finds a receipt for just this reading on which keys may still be fetched."""
    now_ms = network.clock()
    for name, bought in await network.client.pages(ListReceipts(reader.account, as_reader=True)):
        same = Read(bought.recording, bought.consent, bought.purpose, bought.categories, bought.precision)
        if same == wanted and now_ms < bought.lapses_ms:
            return name
    return None


async def buy_product(network: Network, reader: Wallet, product: bytes) -> list[Bought]:
    """Reads all of a product; buys it, unless the reader has bought it and its receipts are still open."""
    return [await fetch_reading(network, reader, paid.receipt) for paid in await pay_product(network, reader, product)]


class Paid(NamedTuple):
    """One recording that was bought with a product, and may now be fetched."""

    recording: bytes
    receipt: bytes
    price_uacc: int


async def pay_product(network: Network, reader: Wallet, product: bytes, *, most_uacc: int | None = None) -> list[Paid]:
    """Gives the receipts of a product; buys it, unless the reader has bought it and its receipts are still open."""
    client, now_ms = network.client, network.clock()
    listed = await client.pages(ListReceipts(reader.account, as_reader=True))
    # Where it was bought twice at once, the last one counts.
    listed.sort(key=lambda pair: pair[1].bought_ms)
    receipts = {
        bought.recording: Paid(bought.recording, name, bought.price_uacc)
        for name, bought in listed
        if bought.product == product and now_ms < bought.lapses_ms
    }
    if receipts:
        return list(receipts.values())
    if most_uacc is not None:
        _refuse_above(most_uacc, await _price_uacc(network, product))
    sent = await client.send(reader, Buy(product))
    events = [event for event in sent.events if isinstance(event, BoughtEvent)]
    return [Paid(event.recording, event.receipt, event.price_uacc) for event in events]


async def _price_uacc(network: Network, product: bytes) -> int:
    """Gives what a product costs; nothing of it is the node's word."""
    found: Product | None = (await network.client.prove(PRODUCTS, product)).record
    if found is None:
        return 0  # The chain refuses to sell it, and says why.
    offers = [(await network.client.prove(OFFERS, item.offer)).record for item in found.items]
    return sum(present(offer, "an offer stays on record").terms.price_uacc for offer in offers)


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
