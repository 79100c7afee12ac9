"""What a service takes for a DID's word: signatures by enough of its keys, while they have not expired."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from autochain.onchain.contracts.identity import Identity
from autochain.onchain.ledger import Signature
from autochain.privacy import ed25519, p256
from autochain.services.proving import is_signed

SEEDS = (bytes(32), bytes([1]) * 32)
NOW_MS = 1_767_225_600_000
TWO = Identity(
    kind="person",
    keys=tuple(ed25519.public_key(seed) for seed in SEEDS),
    threshold=2,
    sequence=1,
    commitment=bytes(32),
    encryption_key=bytes(32),
    controller=None,
    registered_ms=NOW_MS,
)
SIGNED = tuple(Signature(place, ed25519.sign(seed, b"a request")) for place, seed in enumerate(SEEDS))


def test_enough_keys_that_do_not_expire_prove_a_request() -> None:
    assert is_signed(TWO, b"a request", SIGNED, now_ms=NOW_MS)
    assert not is_signed(TWO, b"another request", SIGNED, now_ms=NOW_MS)
    assert not is_signed(TWO, b"a request", SIGNED[:1], now_ms=NOW_MS)


@pytest.mark.parametrize(("suite", "proves"), [(1, False), (2, True), (4, False), (99, False)])
def test_a_signature_proves_a_request_where_it_names_the_suite_of_its_key(suite: int, proves: bool) -> None:
    identity = replace(TWO, keys=(TWO.keys[0], p256.public_key(SEEDS[1])))
    signatures = (SIGNED[0], Signature(1, p256.sign(SEEDS[1], b"a request"), suite))
    assert is_signed(identity, b"a request", signatures, now_ms=NOW_MS) is proves


@pytest.mark.parametrize(("until_ms", "proves"), [(NOW_MS + 1, True), (NOW_MS, False), (1, False), (0, True)])
def test_keys_prove_a_request_until_the_millisecond_before_they_expire(until_ms: int, proves: bool) -> None:
    assert is_signed(replace(TWO, until_ms=until_ms), b"a request", SIGNED, now_ms=NOW_MS) is proves
