"""A process that verifies in processes of its own, for tests of how they end: `python -m node.verifying HOW`."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from autochain.node import SignatureProcesses
from autochain.node.signatures import WORTH_SHARING
from autochain.onchain.codec import encode
from autochain.onchain.crypto import SignatureJob, tagged_hash
from autochain.privacy import ed25519

SEED = tagged_hash("test/seed", b"verifying")
JOB = SignatureJob(ed25519.public_key(SEED), b"message", ed25519.sign(SEED, b"message"))
PROCESSES = 2


def say(text: str) -> None:
    os.write(sys.stdout.fileno(), text.encode() + b"\n")


def close() -> None:
    """Closes the verifier and says whether a child is left, running or not yet taken note of."""
    verifier = SignatureProcesses(PROCESSES)
    assert all(verifier([JOB] * WORTH_SHARING))
    os.waitpid(-1, os.WNOHANG)
    verifier.close()
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        say("none is left")


def idle() -> None:
    """Waits to be ended, with processes that wait for work."""
    verifier = SignatureProcesses(PROCESSES)
    assert all(verifier([JOB] * WORTH_SHARING))
    say("ready")
    time.sleep(3_600)


def busy() -> None:
    """Waits to be ended, with a process that is at work and will want to answer."""
    verifier = SignatureProcesses(1)
    assert all(verifier([JOB] * WORTH_SHARING))
    process = verifier._idle.get()
    assert process is not None
    process.tell(encode([JOB] * 10_000))
    say("ready")
    time.sleep(3_600)


def interrupted() -> None:
    """Verifies on, from the start of its processes, while its group is interrupted; says whether all held."""
    # Unlike a signal that is ignored, one that is handled is not ignored by the processes that are started then.
    signal.signal(signal.SIGINT, lambda *_: None)
    verifier = SignatureProcesses(PROCESSES)
    done = threading.Event()

    def interrupt() -> None:
        # Not so often that a process could only be met before it has begun to speak.
        while not done.wait(0.03):
            os.killpg(0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    held = all(all(verifier([JOB] * 500)) for _ in range(10))
    done.set()
    thread.join()
    verifier.close()
    say(f"all held: {held}")


if __name__ == "__main__":
    {"close": close, "idle": idle, "busy": busy, "interrupted": interrupted}[sys.argv[1]]()
