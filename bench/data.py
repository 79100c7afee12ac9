"""From a plain file to committed and durable: how fast readings are taken in.

Held against hashing and encrypting the same bytes, which nobody can do without.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from autochain.edge.gateways.csv import read_drives
from autochain.edge.obu import Unit
from autochain.network import Home, open_network
from autochain.signals import Drive, split
from autochain.sim import Fleet
from bench.cases import Case, interleaved, main, seconds

START_MS = 1_750_000_000_000
COLUMNS = 10
"""How many signals each reading of the bench has."""


def run(quick: bool) -> list[Case]:
    """Measures short and long drives."""
    cases: list[Case] = []
    shapes = [("drives of 500 readings", 500, 8), ("drives of 5,000 readings", 5_000, 2)]
    if not quick:
        shapes.append(("drives of 50,000 readings", 50_000, 2))
    with tempfile.TemporaryDirectory(prefix="autochain-bench-") as folder:
        for name, points, drives in shapes:
            file = Path(folder) / f"{points}.csv"
            _write(file, points=points, drives=drives)
            cases += _measure(name, file, readings=points * drives, rounds=3 if quick else 5)
    return cases


def _measure(name: str, file: Path, *, readings: int, rounds: int) -> list[Case]:
    plain = file.read_bytes()
    cipher = AESGCM(os.urandom(32))

    def raw() -> float:
        return seconds(lambda: hashlib.sha256(cipher.encrypt(os.urandom(12), plain, b"")).digest())

    def cleaned() -> float:
        return seconds(lambda: [drive for drive, _ in read_drives(file)])

    def split_up() -> float:
        drives = [drive for drive, _ in read_drives(file)]
        return seconds(lambda: [split(drive) for drive in drives])

    raw_s, cleaned_s, split_s, committed_s = interleaved(
        [raw, cleaned, split_up, lambda: asyncio.run(_committed(file))], rounds=rounds
    )
    return [
        Case(f"{name}: SHA-256 and AES-256-GCM alone", readings / raw_s, "readings/s"),
        Case(f"{name}: read and cleaned", readings / cleaned_s, "readings/s", "raw", raw_s / cleaned_s),
        Case(f"{name}: split into parts", readings / split_s, "readings/s", "raw", raw_s / split_s),
        Case(f"{name}: committed and durable", readings / committed_s, "readings/s", "raw", raw_s / committed_s),
    ]


async def _committed(file: Path) -> float:
    """Takes a file in on a network of its own; gives the time from the plain file to the last durable commitment."""
    with tempfile.TemporaryDirectory(prefix="autochain-bench-") as folder:
        async with open_network(Home(Path(folder))) as network:
            owner = await network.party("owner", kind="person")
            units: dict[str, Unit] = {}
            for number in range(4):
                wallet = await network.vehicle(f"vehicle-{number}", owner, subject=f"{number}")
                units[str(number)] = network.unit(wallet, owner)

            async def take_in() -> None:
                for number, (drive, _) in enumerate(read_drives(file)):
                    await units[str(number % len(units))].record(drive)

            loop = asyncio.get_running_loop()
            start = loop.time()
            await take_in()
            return loop.time() - start


def _write(file: Path, *, points: int, drives: int) -> None:
    """Writes a recording of simulated drives."""
    car = Fleet(1, 1, start_ms=START_MS).cars[0]
    made = Drive("car")
    while made.points < points:
        for reading in car.readings():
            if made.points < points and (not made.times_ms or reading.time_ms > made.times_ms[-1]):
                made.append(reading)
    paths = list(made.columns)[:COLUMNS]
    with file.open("w") as out:
        out.write(",".join(["vehicle", "time_ms", *paths]) + "\n")
        for number in range(drives):
            for row in range(points):
                cells = [repr(value) if (value := made.columns[path][row]) is not None else "" for path in paths]
                out.write(",".join([f"car-{number}", str(START_MS + 1000 * row + number), *cells]) + "\n")


if __name__ == "__main__":
    main("data", run)
