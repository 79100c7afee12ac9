"""The threaded verifier says of every signature what one who checks them in turn says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autochain.node import ThreadedVerifier
from autochain.onchain.crypto import PublicKey, SignatureJob, tagged_hash, verify_in_turn
from autochain.privacy import ed25519

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


jobs = st.sampled_from(GOOD) | st.builds(bad, st.sampled_from(GOOD), st.integers(0, 5))


@pytest.fixture(scope="module", params=[1, 2, 3, 16, None])
def verifier(request: pytest.FixtureRequest) -> Iterator[ThreadedVerifier]:
    made = ThreadedVerifier(request.param)
    yield made
    made.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(batch=st.lists(jobs, max_size=40))
def test_a_batch_gets_the_verdicts_it_gets_in_turn(verifier: ThreadedVerifier, batch: list[SignatureJob]) -> None:
    assert verifier(batch) == verify_in_turn(batch)


def test_a_large_batch_keeps_its_order(verifier: ThreadedVerifier) -> None:
    batch = [job if number % 7 else bad(job, number % 6) for number, job in enumerate(GOOD * 40)]
    verdicts = verifier(batch)
    assert verdicts == verify_in_turn(batch) == [bool(number % 7) for number in range(len(batch))]
