"""A car whose process is killed at any moment, whose disk fills up or is damaged, and whose logs grow full."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from homes import refuses
from wallet.credentials.actors import NOW
from wallet.credentials.granting import FRIEND, OWNER_ACCOUNT, a_chain

from autochain.edge.obu.access import vehicle
from autochain.onchain.refusals import Refusal
from autochain.privacy import CANT_WRITE
from autochain.wallet.credentials.access import errors

from .proving import DAY, State, a_car, open_access, use

USES = 3
KILLED_AT = """
import os, signal, sys
from pathlib import Path
from edge.obu import proving
from wallet.credentials.granting import FRIEND, a_chain
from autochain.edge.obu.access import journal

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

moment, folder = sys.argv[1], Path(sys.argv[2])
append, fsync, write = journal.Journal.append, os.fsync, os.write
car = proving.open_access(folder)
if moment == "before the line":
    journal.Journal.append = die
if moment == "within the line":
    os.write = lambda file, data: (write(file, data[:40]), die())
if moment == "before it is durable":
    os.fsync = die
if moment == "after the line":
    journal.Journal.append = lambda self, entry: (append(self, entry), die())
proving.use(car, a_chain({"uses": 3}), FRIEND)
print("open", flush=True)
if moment == "after the door":
    die()
"""


def killed_at(moment: str, folder: Path) -> bool:
    """Lets a process use the car once and be killed at a moment; says whether the door opened before."""
    tests = Path(__file__).parents[2]
    paths = os.pathsep.join([str(tests), str(tests.parent / "src")])
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT, moment, str(folder)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return "open" in done.stdout


@pytest.mark.parametrize(
    ("moment", "counted"),
    [
        ("before the line", 0),
        ("within the line", 0),
        ("before it is durable", 1),
        ("after the line", 1),
        ("after the door", 1),
    ],
)
def test_no_door_opens_that_is_neither_counted_nor_logged(tmp_path: Path, moment: str, counted: int) -> None:
    a_car(tmp_path).close()
    opened = killed_at(moment, tmp_path)
    car = open_access(tmp_path)
    assert len(json.loads(car.log())["uses"]["lines"]) == counted >= opened
    chain = a_chain({"uses": USES})
    for _ in range(USES - counted):
        use(car, chain, FRIEND)
    car.close()
    with refuses(errors.SPENT):
        use(open_access(tmp_path), chain, FRIEND)


def test_a_full_disk_opens_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    chain = a_chain({"uses": 2})
    use(car, chain, FRIEND)
    size = (tmp_path / "access" / "uses.jsonl").stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, limits[1]))
        with refuses(CANT_WRITE):
            use(car, chain, FRIEND)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert use(car, chain, FRIEND).number == 2
    car.close()
    assert [line["number"] for line in json.loads(open_access(tmp_path).log())["uses"]["lines"]] == [1, 2]


def changed_line(data: bytes) -> bytes:
    return data.replace(b'"unlock"', b'"charge"', 1)


def lost_line(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return lines[0] + lines[2]


@pytest.mark.parametrize("damage", [changed_line, lost_line, lambda data: b"\0\n" + data])
def test_a_log_that_was_changed_is_refused(tmp_path: Path, damage: Any) -> None:
    car = a_car(tmp_path)
    for _ in range(3):
        use(car, a_chain({"uses": 5}), FRIEND)
    car.close()
    file = tmp_path / "access" / "uses.jsonl"
    file.write_bytes(damage(file.read_bytes()))
    for _ in range(2):
        with refuses(errors.DAMAGED):
            open_access(tmp_path)


def test_a_log_whose_counted_lines_are_gone_is_refused(tmp_path: Path) -> None:
    car = a_car(tmp_path)
    use(car, a_chain({"uses": 5}), FRIEND)
    state = State().later()
    car.take_ownership(state.prove(), state.prove(OWNER_ACCOUNT))
    car.close()
    (tmp_path / "access" / "uses.jsonl").write_bytes(b"")
    with refuses(errors.DAMAGED):
        open_access(tmp_path)


def test_what_is_kept_is_refused_when_it_is_damaged(tmp_path: Path) -> None:
    a_car(tmp_path).close()
    file = tmp_path / "access" / "kept"
    file.write_bytes(file.read_bytes()[:-1])
    with refuses(errors.DAMAGED):
        open_access(tmp_path)


def test_a_full_log_keeps_its_last_lines_and_every_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vehicle, "KEEP_LINES", 3)
    car = a_car(tmp_path)
    limited, free = a_chain({"uses": 2}), a_chain({})
    use(car, limited, FRIEND)
    for _ in range(7):
        use(car, free, FRIEND)
        with refuses(errors.NOT_NAMED):
            use(car, free, FRIEND, "charge")
    log = json.loads(car.log())
    assert [line["number"] for line in log["uses"]["lines"]] == [4, 5, 6, 7, 8]
    assert [line["number"] for line in log["refusals"]["lines"]] == [4, 5, 6, 7]
    car.close()
    car = open_access(tmp_path)
    assert json.loads(car.log()) == log
    use(car, limited, FRIEND)
    with refuses(errors.SPENT):
        use(car, limited, FRIEND)


def test_counts_of_expired_grants_are_dropped_by_a_newer_proof_and_do_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vehicle, "MAX_COUNTED", 2)
    car = a_car(tmp_path)
    short = a_chain({"uses": 1, "until_ms": NOW + 1})
    use(car, short, FRIEND)
    use(car, a_chain({"uses": 1, "id": "urn:uuid:1"}), FRIEND)
    other = a_chain({"uses": 1, "id": "urn:uuid:2"})
    with refuses(errors.TOO_MANY):
        use(car, other, FRIEND)
    later = State(height=50, time_ms=NOW + DAY - 1)
    car.take_ownership(later.prove(), later.prove(OWNER_ACCOUNT))
    use(car, other, FRIEND, now_ms=NOW + DAY - 1)
    for now_ms in (NOW, NOW + DAY - 60_001):
        with pytest.raises(Refusal) as caught:
            use(car, short, FRIEND, now_ms=now_ms)
        assert caught.value.reason in (errors.CLOCK_BEHIND, errors.EXPIRED)
