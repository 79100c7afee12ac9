"""Nothing of a drive and no vehicle's name stands in plain: not on disk, not on the chain, not in the logs."""

from __future__ import annotations

import gzip
import json
import signal
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from homes import Trip, read_raw, run_command, serving, write_raw

from autochain.edge.gateways.csv import read_drives
from autochain.network import Home
from autochain.signals import split
from autochain.vault import KeyContext, unwrap
from autochain.wallet import load

VINS = ("WVWZZZ1JZ3W386752", "VF1RFA00068512345")
TRIPS = [Trip(VINS[0], "the-morning-trip"), Trip(VINS[1], "the-evening-trip"), Trip("", "the-nameless-trip")]
PATTERN_BYTES = 8
GZIP_MAGIC = b"\x1f\x8b\x08"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "drives.csv"
    write_raw(path, TRIPS)
    return path


class Replayed:
    """A home into which another process than the one that runs its network replayed the table."""

    def __init__(self, folder: Path, table: Path) -> None:
        self.home = folder / "home"
        with serving(self.home, folder / "logs") as server:
            self.replay = run_command(self.home, "replay", str(table), "--format", "json")
            assert self.replay.returncode == 0, self.replay.stderr
            self.while_running = contents(self.home)
            assert server.stop(signal.SIGTERM) == 0
            self.logs = server.logs

    @property
    def recordings(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(self.replay.stdout)["recordings"]
        return found


@pytest.fixture(scope="module")
def replayed(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return Replayed(tmp_path_factory.mktemp("replayed"), table)


def contents(folder: Path) -> dict[str, bytes]:
    """Gives every file beneath a folder by its path; the paths themselves are looked through too."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: name.encode() + b"\n" + path.read_bytes() for name, path in files.items()}


def patterns(table: Path) -> set[bytes]:
    """Gives what would betray a drive: eight bytes of each reading, time and name, in the forms they are written in."""
    found: set[bytes] = set()
    for drive in read_raw(table).values():
        times_ms: set[int] = set()
        for signal_readings in drive.readings.values():
            times_ms |= signal_readings.keys()
            for value in signal_readings.values():
                if value != int(value):
                    text = f"{value:.9f}"[:PATTERN_BYTES].encode()
                    found |= {struct.pack("<d", value), struct.pack(">d", value), text}
        # The chain tells the hours, so a whole one is no secret.
        for time_ms in times_ms:
            if time_ms % 3_600_000:
                moment = datetime.fromtimestamp(time_ms / 1000, UTC)
                found |= {struct.pack("<q", time_ms), struct.pack(">q", time_ms), moment.strftime("%H:%M:%S").encode()}
    for name in (*VINS, *(trip.track for trip in TRIPS), "Vehicle.Speed", "Vehicle.CurrentLocation", "ARROW1", "PAR1"):
        found.add(name.encode()[:PATTERN_BYTES])
    return found


def betrayed(data: bytes, secrets: set[bytes]) -> set[bytes]:
    """Gives the patterns that stand in some bytes, or in what a gzip among them unpacks to."""
    found = {secret for secret in secrets if len(secret) < PATTERN_BYTES and secret in data}
    for layer in (data, *unpacked(data)):
        found |= secrets & {layer[at : at + PATTERN_BYTES] for at in range(len(layer) - PATTERN_BYTES + 1)}
    return found


def unpacked(data: bytes) -> Iterator[bytes]:
    at = data.find(GZIP_MAGIC)
    while at >= 0:
        with suppress(zlib.error):
            yield zlib.decompressobj(31).decompress(data[at:], 1_000_000)
        at = data.find(GZIP_MAGIC, at + 1)


def test_what_is_looked_for_would_be_found(table: Path) -> None:
    secrets = patterns(table)
    assert len(secrets) > 1_500
    assert len(betrayed(table.read_bytes(), secrets)) > 500
    assert len(betrayed(b"\x00" + gzip.compress(table.read_bytes()), secrets)) > 500
    for drive, _ in read_drives(table):
        for part in split(drive).values():
            assert betrayed(b"before" + part + b"after", secrets)
        assert betrayed(f"drove off at {drive.times_ms[1]} {drive.vehicle}".encode(), secrets)


def test_nothing_of_a_drive_and_no_name_of_a_vehicle_stands_in_any_file_of_the_home(
    table: Path, replayed: Replayed
) -> None:
    secrets = patterns(table)
    for files in (replayed.while_running, contents(replayed.home)):
        assert {name: found for name, data in files.items() if (found := betrayed(data, secrets))} == {}
    kinds = {Path(name).suffix or Path(name).parts[0] for name in contents(replayed.home)}
    assert kinds == {".mdb", ".json", ".key", ".share", ".log", ".sqlite", "lock", "vault", "parties"}
    # What lies with a party and has no suffix is how often it has asked the registrars, and what it has issued.
    named = [Path(name) for name in contents(replayed.home) if Path(name).parts[0] == "parties"]
    assert {path.parts[2] for path in named if not path.suffix} == {"evaluations", "issued"}
    assert len(replayed.recordings) == 3


def test_no_name_of_a_vehicle_lies_there_spelled_otherwise(replayed: Replayed) -> None:
    everything = b"".join(contents(replayed.home).values()).lower()
    for vin in VINS:
        for form in (vin, vin[:11], vin[6:], vin.encode().hex(), vin[::-1], vin.encode("utf-16-le").decode("latin-1")):
            assert form.lower().encode("latin-1") not in everything


def test_the_logs_of_the_process_that_ran_it_tell_nothing(table: Path, replayed: Replayed) -> None:
    assert b"autochain" in replayed.logs.lower()
    assert betrayed(replayed.logs, patterns(table)) == set()
    assert betrayed(replayed.replay.stderr.encode(), {vin.encode()[:PATTERN_BYTES] for vin in VINS}) == set()


def test_no_key_lies_open_and_none_lies_on_the_chain(replayed: Replayed) -> None:
    """Every sealed key lies with its party, a file each; the chain's files hold none, sealed or open."""
    files = contents(replayed.home)
    keys = {name: data.partition(b"\n")[2] for name, data in files.items() if Path(name).match("keys/*/*.key")}
    assert {Path(name).parts[1] for name in keys} == {"owner", "release"}
    assert all(Path(name).parts[0] == "parties" and Path(name).parts[2] == "keys" for name in keys)
    assert len(keys) == 2 * 11 * 3
    assert {len(data) for data in keys.values()} == {80}
    opened = open_keys(replayed.home)
    for name, data in files.items():
        if name not in keys:
            assert not any(sealed in data or sealed[:32] in data or sealed[32:48] in data for sealed in keys.values())
        assert not any(key in data for key in opened)


def open_keys(home: Path) -> list[bytes]:
    """Opens all keys of the owner, as only its wallet can."""
    owner = load(home / "parties", "owner")
    chain_id = Home(home).facts().chain_id
    found = []
    for path in (home / "parties" / "owner" / "keys").glob("*/*.key"):
        category, precision = path.stem.split(".")
        context = KeyContext(chain_id, bytes.fromhex(path.parent.name), category, precision, owner.account)  # type: ignore[arg-type]
        found.append(unwrap(owner, path.read_bytes(), context))
    assert {len(key) for key in found} == {32}
    return found


def test_only_the_user_can_read_what_lies_in_the_home(replayed: Replayed) -> None:
    for path in (replayed.home, *replayed.home.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_parties_keys_lie_apart(replayed: Replayed) -> None:
    parties = {path.name for path in (replayed.home / "parties").iterdir() if path.is_dir()}
    vehicles = {name for name in parties if name.startswith("vehicle-")}
    assert len(vehicles) == 3
    assert parties - vehicles == {
        "approval-authority",
        "buyer",
        "buyer-2",
        "dismantler",
        "foundation",
        "ido",
        "maker",
        "operation",
        "owner",
        "registrar",
        "registration-authority",
        "regulator",
        "release",
        "stranger",
        "technology",
        "validator",
        "workshop",
    }
    assert all((replayed.home / "parties" / name / "wallet.json").exists() for name in parties)
