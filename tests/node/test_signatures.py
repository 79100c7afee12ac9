"""The verifying processes say of every signature what one who checks them in turn says, and none outlives its node."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autochain.node import SignatureProcesses
from autochain.node.signatures import WORTH_SHARING
from autochain.onchain.crypto import PublicKey, SignatureJob, tagged_hash, verify_in_turn
from autochain.privacy import ed25519

ROOT = Path(__file__).parents[2]
SEEDS = [tagged_hash("test/seed", bytes([number])) for number in range(3)]
MESSAGES = [b"", b"one", b"another" * 100]
GOOD = [
    SignatureJob(ed25519.public_key(seed), message, ed25519.sign(seed, message))
    for seed in SEEDS
    for message in MESSAGES
]


def bad(job: SignatureJob, way: int) -> SignatureJob:
    """Gives a signature that does not hold."""
    key, message, signature = job
    flipped = bytes([signature[0] ^ 1]) + signature[1:]
    return [
        SignatureJob(key, message, flipped),
        SignatureJob(key, message + b".", signature),
        SignatureJob(PublicKey(1, key.data[:-1]), message, signature),
        SignatureJob(PublicKey(99, key.data), message, signature),
        SignatureJob(PublicKey(1, bytes(32)), message, signature),
        SignatureJob(key, message, b""),
    ][way]


def mixed(count: int) -> list[SignatureJob]:
    """Gives a batch in which every seventh signature does not hold."""
    cycled = (GOOD[number % len(GOOD)] for number in range(count))
    return [job if number % 7 else bad(job, number % 6) for number, job in enumerate(cycled)]


jobs = st.sampled_from(GOOD) | st.builds(bad, st.sampled_from(GOOD), st.integers(0, 5))


@pytest.fixture(scope="module", params=[1, 2, 3, 16, None])
def verifier(request: pytest.FixtureRequest) -> Iterator[SignatureProcesses]:
    made = SignatureProcesses(request.param)
    yield made
    made.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(batch=st.lists(jobs, max_size=40))
def test_a_batch_gets_the_verdicts_it_gets_in_turn(verifier: SignatureProcesses, batch: list[SignatureJob]) -> None:
    assert verifier(batch) == verify_in_turn(batch)


@pytest.mark.parametrize("count", [WORTH_SHARING - 1, WORTH_SHARING, WORTH_SHARING + 1, 360, 2_500])
def test_a_large_batch_keeps_its_order(verifier: SignatureProcesses, count: int) -> None:
    batch = mixed(count)
    verdicts = verifier(batch)
    assert verdicts == verify_in_turn(batch) == [bool(number % 7) for number in range(count)]


def test_what_lies_in_the_working_directory_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("queue", "struct", "typing"):
        (tmp_path / f"{module}.py").write_text("open('was_run', 'w')")
    monkeypatch.chdir(tmp_path)
    with closing(SignatureProcesses(1)) as verifier:
        assert verifier(mixed(WORTH_SHARING)) == verify_in_turn(mixed(WORTH_SHARING))
    assert not (tmp_path / "was_run").exists()


def test_several_threads_get_the_verdicts_of_their_own_batches() -> None:
    batches = [mixed(count) for count in range(100, 900, 100)]
    verdicts: dict[int, list[bool]] = {}
    with closing(SignatureProcesses(2)) as verifier:

        def verify(number: int) -> None:
            verdicts[number] = verifier(batches[number])

        threads = [threading.Thread(target=verify, args=(number,)) for number in range(len(batches))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert verdicts == {number: verify_in_turn(batch) for number, batch in enumerate(batches)}


def process_ids(verifier: SignatureProcesses) -> list[int]:
    """Gives the ids of the processes of a verifier that rests."""
    held = [verifier._idle.get() for _ in range(verifier._count)]
    for process in held:
        verifier._idle.put(process)
    return [process._process.pid for process in held if process is not None]


def test_processes_that_were_killed_change_no_verdict_and_are_replaced() -> None:
    batch = mixed(200)
    with closing(SignatureProcesses(2)) as verifier:
        for _ in range(3):
            assert verifier(batch) == verify_in_turn(batch)
            before = process_ids(verifier)
            assert before
            for process in before:
                os.kill(process, signal.SIGKILL)
            assert verifier(batch) == verify_in_turn(batch)
            # Who met a dead process did its share on the spot; the next batch has processes again.
            assert verifier(batch) == verify_in_turn(batch)
            after = process_ids(verifier)
            assert after
            assert not set(after) & set(before)


def test_processes_that_are_killed_at_work_change_no_verdict() -> None:
    batch = mixed(6_000)
    verdicts: list[list[bool]] = []
    with closing(SignatureProcesses(2)) as verifier:
        verifier(batch[:WORTH_SHARING])
        at_work = process_ids(verifier)
        thread = threading.Thread(target=lambda: verdicts.append(verifier(batch)))
        thread.start()
        while verifier._idle.qsize() == 2 and thread.is_alive():
            thread.join(0.0001)
        for process in at_work:
            os.kill(process, signal.SIGKILL)
        thread.join()
    assert verdicts == [verify_in_turn(batch)]


def started(how: str) -> subprocess.Popen[bytes]:
    """Starts a process that has processes verify for it; all of them hold its error output."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
    command = [sys.executable, "-m", "node.verifying", how]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment, start_new_session=True)


def test_no_process_is_left_after_close() -> None:
    output, noise = started("close").communicate()
    assert (output, noise) == (b"none is left\n", b"")


@pytest.mark.parametrize("how", ["idle", "busy"])
def test_no_process_outlives_one_that_was_killed(how: str) -> None:
    with started(how) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
        # The output ends when the last process that holds it has ended.
        _, noise = parent.communicate()
    assert parent.returncode == -signal.SIGKILL
    assert noise == b""


def test_who_interrupts_the_whole_group_hears_nothing_of_its_verifying_processes() -> None:
    output, noise = started("interrupted").communicate()
    assert (output, noise) == (b"all held: True\n", b"")
