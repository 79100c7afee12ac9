"""What it costs that the owner decides: the decision, a read from purchase to plain text, the sharing list, erasure.

Each is held against what nobody can do without: the same bytes decoded, the same cryptography, the same files removed.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from autochain.edge.obu import drives
from autochain.network import Home, Network, exact_categories, open_network
from autochain.onchain.codec import encode
from autochain.onchain.contracts import consent, identity, market, recording, release
from autochain.onchain.contracts.consent import Consent, Grant, Granted, Request, Terms, decide
from autochain.onchain.contracts.market import ListReceipts, Receipt
from autochain.onchain.contracts.recording import GetRecording
from autochain.onchain.crypto import SignatureJob, verify_in_turn
from autochain.onchain.ids import derive
from autochain.onchain.ledger import BlockInfo, ChainSpec, Committed, Dispatcher
from autochain.onchain.refusals import present
from autochain.privacy import ed25519, hpke
from autochain.services.release import buy, fetch
from autochain.sim import Fleet
from autochain.vault import KeyBackup, KeyContext, KeyFolder
from autochain.wallet import Wallet
from bench import voprf
from bench.cases import Case, interleaved, main, seconds

NOW_MS = 1_780_315_200_000
HOUR_MS = 3_600_000
OWNER, READER, VEHICLE = (derive("bench", name) for name in (b"owner", b"reader", b"vehicle"))
TERMS = Terms(VEHICLE, "research", ("motion", "position"), "exact", 0, NOW_MS, 250_000, NOW_MS + HOUR_MS)
GIVEN = Consent(OWNER, READER, TERMS, NOW_MS - HOUR_MS)
REQUEST = Request(
    reader=READER,
    owner=OWNER,
    vehicle=VEHICLE,
    purpose="research",
    categories=("motion",),
    precision="coarse",
    start_ms=NOW_MS - 2 * HOUR_MS,
    end_ms=NOW_MS - HOUR_MS,
    kept=True,
    owner_active=True,
)


def run(quick: bool) -> list[Case]:
    """Measures each part; without `quick` in its full size."""
    return [
        *_decisions(20_000 if quick else 100_000),
        *asyncio.run(_reads(6 if quick else 40)),
        *_sharing_list(50_000 if quick else 1_000_000),
        *_erasure(500 if quick else 10_000),
        *voprf.run(quick),
    ]


def _decisions(count: int) -> list[Case]:
    """Decides on a consent as it comes from the state."""
    data, codec = encode(GIVEN), consent.CONSENTS.codec

    def decoded() -> float:
        return seconds(lambda: [codec.trusted(data) for _ in range(count)])

    def decided() -> float:
        def job() -> None:
            for _ in range(count):
                if decide(codec.trusted(data), REQUEST, now_ms=NOW_MS) is not None:
                    raise SystemExit("the consent of the bench does not cover its request")

        return seconds(job)

    raw_s, decided_s = interleaved([decoded, decided], rounds=5)
    return [
        Case("a consent decoded alone", count / raw_s, "consents/s"),
        Case("decisions, each with its consent decoded", count / decided_s, "decisions/s", "raw", raw_s / decided_s),
    ]


async def _reads(count: int) -> list[Case]:
    """Buys a drive of a few minutes again and again, each time to the plain readings."""
    with tempfile.TemporaryDirectory(prefix="autochain-bench-") as folder:
        async with open_network(Home(Path(folder))) as network:
            shop = await _shop(network)
            part_bytes = await shop.read()
            taken_s = await _taken_s(shop.read, count)

    def cryptography() -> None:
        for _ in range(count):
            _cryptography(part_bytes)

    raw_s = seconds(cryptography)
    name = f"a read of {part_bytes:,} bytes, purchase to plain text, durable"
    return [
        Case("its signatures, sealed keys and decryption alone", count / raw_s, "reads/s"),
        Case(name, count / taken_s, "reads/s", "raw", raw_s / taken_s),
    ]


class _Shop(NamedTuple):
    """A recording that one buyer may read."""

    network: Network
    buyer: Wallet
    recording: bytes
    consent: bytes
    categories: tuple[recording.Category, ...]

    async def read(self) -> int:
        """Buys, fetches the keys and decrypts; gives how many bytes came of it."""
        receipt = await buy(
            self.network.client,
            self.buyer,
            self.recording,
            consent=self.consent,
            purpose="research",
            categories=self.categories,
            precision="exact",
        )
        network = self.network
        reading = await fetch(
            network.client, self.buyer, network.committee, network.vault, receipt, clock=network.clock
        )
        return sum(map(len, reading.parts.values()))


async def _shop(network: Network) -> _Shop:
    owner, buyer = await network.party("owner", kind="person"), await network.party("buyer")
    car = Fleet(1, 1, start_ms=network.clock() - 40 * HOUR_MS).cars[0]
    wallet = await network.vehicle(car.name, owner, subject=car.vin)
    drive = next(drives(car, vehicle=car.name))
    recorded = await network.unit(wallet, owner).record(drive)
    record = present(await network.client.ask(GetRecording(recorded.recording)), "it was committed")
    categories = exact_categories(record)
    now_ms = network.clock()
    terms = Terms(wallet.account, "research", categories, "exact", 0, now_ms + HOUR_MS, 1, now_ms + HOUR_MS)
    given = (await network.client.send(owner, Grant(buyer.account, terms))).event(Granted).consent
    return _Shop(network, buyer, recorded.recording, given, categories)


async def _taken_s(read: Callable[[], Awaitable[int]], count: int) -> float:
    loop = asyncio.get_running_loop()
    start = loop.time()
    for _ in range(count):
        await read()
    return loop.time() - start


def _cryptography(part_bytes: int) -> None:
    """Does what a read needs: two signed transactions and a signed request, two sealed keys opened, one decryption."""
    seed, secret, key = os.urandom(32), os.urandom(32), os.urandom(32)
    public = hpke.public_key(secret)
    for _ in range(3):
        verify_in_turn([SignatureJob(ed25519.public_key(seed), b"read", ed25519.sign(seed, b"read"))])
    for _ in range(2):
        hpke.unseal(secret, hpke.seal(public, key, info=b""), info=b"")
    cipher = AESGCM(key)
    cipher.decrypt(bytes(12), cipher.encrypt(bytes(12), bytes(part_bytes), b""), b"")


class _Receipts:
    """A chain's state that holds nothing but one owner's receipts; implements the ledger's `Reader`."""

    def __init__(self, count: int) -> None:
        receipt = Receipt(
            reader=READER,
            owner=OWNER,
            vehicle=VEHICLE,
            recording=VEHICLE,
            consent=VEHICLE,
            purpose="research",
            categories=("motion",),
            precision="exact",
            price_uacc=250_000,
            reader_key=bytes(32),
            bought_ms=NOW_MS,
            lapses_ms=NOW_MS + 24 * HOUR_MS,
            status="delivered",
        )
        self.record = encode(receipt)
        listed = encode(market.state.Listed(NOW_MS))
        names = sorted(derive("receipt", number.to_bytes(8, "big")) for number in range(count))
        self._listed = [(market.BY_OWNER.key(OWNER, name), listed) for name in names]
        self._keys = [key for key, _ in self._listed]

    def get(self, _: bytes, /) -> bytes:
        return self.record

    def items(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        for at in range(bisect_right(self._keys, max(prefix, after)), len(self._keys)):
            yield self._listed[at]


def _sharing_list(count: int) -> list[Case]:
    """Lists one owner's receipts, page by page, as a node answers it."""
    contracts = (identity, release, recording, consent, market)
    used = {made.CONTRACT.name: made.CONTRACT for made in contracts}
    spec = ChainSpec("bench", (("market", 1),), (("accounts", "identity"), ("money", "token")), OWNER)
    dispatcher = Dispatcher(spec, used)
    reader = _Receipts(count)

    def decoded() -> float:
        return seconds(lambda: [market.RECEIPTS.codec.trusted(reader.record) for _ in range(count)])

    def listed() -> float:
        def job() -> None:
            query, found = ListReceipts(OWNER), 0
            while page := dispatcher.ask(Committed(reader), BlockInfo("bench", 1, NOW_MS), query):
                found, query = found + len(page), ListReceipts(OWNER, after=page[-1][0])
            if found != count:
                raise SystemExit("the sharing list of the bench is not complete")

        return seconds(job)

    raw_s, listed_s = interleaved([decoded, listed], rounds=1 if count > 100_000 else 3)
    return [
        Case(f"{count:,} receipts decoded alone", count / raw_s, "receipts/s"),
        Case(f"sharing list of {count:,} receipts", count / listed_s, "receipts/s", "raw", raw_s / listed_s),
    ]


def _erasure(count: int) -> list[Case]:
    """Destroys the keys of recordings at one holder, with their backup keys."""
    names = [derive("recording", number.to_bytes(8, "big")) for number in range(count)]

    def raw() -> float:
        with tempfile.TemporaryDirectory(prefix="autochain-bench-") as folder:
            files = [Path(folder) / name.hex() for name in names]
            for file in files:
                file.write_bytes(bytes(100))

            def job() -> None:
                descriptor = os.open(folder, os.O_RDONLY)
                for file in files:
                    file.unlink()
                    os.fsync(descriptor)
                os.close(descriptor)

            return seconds(job)

    def erased() -> float:
        with tempfile.TemporaryDirectory(prefix="autochain-bench-") as folder:
            keys = KeyFolder(Path(folder) / "keys")
            backup = KeyBackup(Path(folder) / "backup", backup_keys=Path(folder) / "backup-keys")
            contexts = [KeyContext("bench", name, "motion", "exact", OWNER) for name in names]
            for at in range(0, count, 500):
                keys.put_all(dict.fromkeys(contexts[at : at + 500], bytes(80)))
            backup.back_up(keys, names)

            def job() -> None:
                for name in names:
                    keys.destroy(name)
                    backup.destroy(name)
                    keys.drop(name)

            return seconds(job)

    raw_s, erased_s = interleaved([raw, erased], rounds=1)
    return [
        Case(f"{count:,} files removed, each synced", count / raw_s, "files/s"),
        Case(f"keys of {count:,} recordings destroyed", count / erased_s, "recordings/s", "raw", raw_s / erased_s),
    ]


if __name__ == "__main__":
    main("consent", run)
