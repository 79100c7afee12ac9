"""A replay: recorded drives are taken in by each vehicle's unit, sold to one buyer, read by it, and proved."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..edge.gateways.csv import FileMapping, FileReport, Reached, read_drives
from ..edge.obu import Recorded, Unit, recognise, recorded_before
from ..onchain.contracts.consent import ENDED, Grant, Granted, Purpose
from ..onchain.contracts.consent import Terms as ConsentTerms
from ..onchain.contracts.market import RECEIPTS, ListReceipts
from ..onchain.contracts.recording import RECORDINGS, Category, GetRecording, ListRecordings, Recording
from ..onchain.ids import did
from ..onchain.ledger.light import Proved, Trust, check_proved
from ..onchain.refusals import Reason, Refusal, present
from ..services.release import LAPSED, buy, fetch
from ..signals import Drive, Report, distance_km, fuel_l, merge
from ..wallet import Wallet
from .network import Network

CONSENT_MS = 24 * 3_600_000
ERASED = Reason(
    "network", 11, "This drive was recorded before and has been erased.", "Leave it out: it is not recorded again."
)


@dataclass(slots=True)
class Replayed:
    """One drive of a replayed file."""

    vehicle: str
    """The vehicle's name in the file."""
    report: Report
    points: int
    km: float
    litres: float
    recorded: Recorded
    price_uacc: int
    buyer: str
    receipt: bytes
    equal: bool | None
    """Whether the buyer got back exactly the readings that were kept; None when its right to fetch the keys is over."""
    verified: bool = False
    """Whether recording and receipt hold against a header by their proofs alone, and the readings came back equal."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms the drives are sold."""

    owner: str
    buyer: str
    purpose: Purpose
    price_uacc: int


class Replay:
    """Replays one file. Iterate it once for what became of each drive; then `verify`, and see `report`."""

    def __init__(
        self, network: Network, path: Path, mapping: FileMapping, terms: Terms, progress: Callable[[Reached], None]
    ) -> None:
        self._network = network
        self._file = read_drives(path, mapping, progress=progress)
        self._terms = terms
        self._units: dict[str, Unit] = {}
        self._flushed: dict[bytes, Recorded] = {}
        """What waited in a unit since an earlier replay, and was committed now."""
        self._refused: dict[str, Refusal] = {}
        """Vehicles that can't be had for this owner, and why."""
        self._known: dict[bytes, bytes] | None = None
        """What the owner had recorded before, by the fingerprint of its readings, once that is asked for."""
        self._bought: dict[tuple[bytes, tuple[Category, ...]], tuple[bytes, int]] | None = None
        """Receipt and price of what the buyer bought exactly, by recording and categories, once that is asked for."""

    @property
    def report(self) -> FileReport:
        return self._file.report

    async def drives(self) -> AsyncIterator[Replayed]:
        """Takes the file's drives through the whole job, one after another."""
        owner = await self._network.party(self._terms.owner, kind="person")
        buyer = await self._network.party(self._terms.buyer)
        await self._network.attest(buyer, "buyer")
        for drive, report in self._file:
            await self._network.top_up(buyer, giver=self._network.wallet("ido"))
            try:
                recorded = await self._record(drive, owner)
                receipt, price_uacc = await self._sell(recorded, owner, buyer)
            except Refusal as refusal:
                # What is wrong with one drive or one vehicle does not hold up the others.
                if refusal.codespace not in ("recording", "credentials") and refusal.reason != ERASED:
                    raise
                self.report.refuse(drive, refusal, first_line=0, rows=drive.points)
                continue
            yield Replayed(
                vehicle=drive.vehicle,
                report=report,
                points=drive.points,
                km=distance_km(drive),
                litres=fuel_l(drive),
                recorded=recorded,
                price_uacc=price_uacc,
                buyer=buyer.did,
                receipt=receipt,
                equal=await self._read_equal(drive, buyer, receipt),
            )

    async def _record(self, drive: Drive, owner: Wallet) -> Recorded:
        """Has the vehicle's unit record a drive, unless the owner has just these readings recorded already.

        A file without vehicles names them by itself; under another name it must not be taken for another vehicle's.
        """
        if self._known is None:
            owned = await self._network.client.pages(ListRecordings(owner.account))
            self._known = {record.fingerprint: name for name, record in owned}
        name = self._known.get(recognise(owner.secret, drive))
        known = None if name is None else await recorded_before(self._network.client, name)
        recorded = known or await (await self._unit(drive.vehicle, owner)).record(drive)
        return self._flushed.pop(recorded.recording, recorded)

    async def _unit(self, vehicle: str, owner: Wallet) -> Unit:
        """Gives the unit of a vehicle of the file; its party is named by an HMAC, since the name may be a VIN."""
        if vehicle in self._refused:
            raise self._refused[vehicle]
        name = "vehicle-" + hmac.digest(owner.secret, vehicle.encode(), hashlib.sha256).hex()[:12]
        try:
            wallet = await self._network.vehicle(name, owner, subject=vehicle)
        except Refusal as refusal:
            self._refused[vehicle] = refusal
            raise
        if vehicle not in self._units:
            self._units[vehicle] = self._network.unit(wallet, owner)
            self._flushed |= {done.recording: done for done in await self._units[vehicle].flush()}
        return self._units[vehicle]

    async def _sell(self, recorded: Recorded, owner: Wallet, buyer: Wallet) -> tuple[bytes, int]:
        """Has the owner consent and the buyer buy, unless it bought this recording before; gives receipt and price."""
        client = self._network.client
        name = recorded.recording
        record = present(await client.ask(GetRecording(name)), "a committed recording is on the chain")
        if not record.is_kept(self._network.clock()):
            raise ERASED(name.hex())
        categories = exact_categories(record)
        before = (await self._bought_before(buyer)).get((name, categories)) if recorded.known else None
        if before is not None:
            return before
        now_ms = self._network.clock()
        terms = ConsentTerms(
            vehicle=record.vehicle,
            purpose=self._terms.purpose,
            categories=categories,
            precision="exact",
            from_ms=record.start_ms,
            until_ms=record.end_ms,
            price_uacc=self._terms.price_uacc,
            expires_ms=now_ms + CONSENT_MS,
        )
        consent = (await client.send(owner, Grant(buyer.account, terms))).event(Granted).consent
        purpose = self._terms.purpose
        receipt = await buy(
            client, buyer, name, consent=consent, purpose=purpose, categories=categories, precision="exact"
        )
        if self._bought is not None:
            self._bought[name, categories] = receipt, self._terms.price_uacc
        return receipt, self._terms.price_uacc

    async def _bought_before(self, buyer: Wallet) -> dict[tuple[bytes, tuple[Category, ...]], tuple[bytes, int]]:
        """Gives receipt and price by recording and categories, of what was bought several times the latest."""
        if self._bought is None:
            receipts = await self._network.client.pages(ListReceipts(buyer.account, as_reader=True))
            receipts.sort(key=lambda found: found[1].bought_ms)
            self._bought = {
                (bought.recording, bought.categories): (receipt, bought.price_uacc)
                for receipt, bought in receipts
                if bought.precision == "exact"
            }
        return self._bought

    async def _read_equal(self, drive: Drive, buyer: Wallet, receipt: bytes) -> bool | None:
        network = self._network
        try:
            reading = await fetch(network.client, buyer, network.committee, network.vault, receipt, clock=network.clock)
        except Refusal as refusal:
            if refusal.reason in (LAPSED, ENDED):
                return None
            raise
        read = merge(reading.parts.values(), vehicle=drive.vehicle, track=drive.track)
        kept = {path: column for path, column in drive.columns.items() if any(value is not None for value in column)}
        return read.times_ms == drive.times_ms and read.columns == kept

    async def verify(self, replayed: Sequence[Replayed]) -> None:
        """Fetches what proves each recording and receipt, one after another, and checks it without asking any node."""
        client = self._network.client
        for drive in replayed:
            recording = (await client.prove(RECORDINGS, drive.recorded.recording)).proved
            receipt = (await client.prove(RECEIPTS, drive.receipt)).proved
            drive.verified = holds(client.trust, drive, recording, receipt)


def holds(trust: Trust, drive: Replayed, recording: Proved, receipt: Proved) -> bool:
    """Says whether the proofs alone show the recording and the receipt as they were reported."""
    name = drive.recorded.recording
    check_proved(trust, recording, key=RECORDINGS.key(name))
    check_proved(trust, receipt, key=RECEIPTS.key(drive.receipt))
    if not recording.value or not receipt.value:
        return False
    committed, bought = RECORDINGS.codec.decode(recording.value), RECEIPTS.codec.decode(receipt.value)
    return (
        committed.manifest_root == drive.recorded.manifest_root
        and committed.height == drive.recorded.height
        and bought.recording == name
        and did(bought.reader) == drive.buyer
        and bought.price_uacc == drive.price_uacc
        and drive.equal is not False
    )


def exact_categories(recording: Recording) -> tuple[Category, ...]:
    """Lists the categories that a recording holds exactly."""
    return tuple(sorted(part.category for part in recording.parts if part.precision == "exact"))
