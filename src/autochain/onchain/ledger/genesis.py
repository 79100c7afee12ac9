"""What a chain is from its first block on: its id, its contracts and their bindings, its limits."""

from __future__ import annotations

from ..codec import Codec, Record
from ..ids import Id
from ..units import Amount, Count


class Limits(Record, frozen=True):
    """Bounds on what a transaction and a block may cost."""

    transaction_bytes: Count = 65_536
    transaction_weight: Count = 200_000
    block_bytes: Count = 4_194_304
    block_weight: Count = 4_000_000
    """Weight is in units of about a microsecond."""
    free_per_block: Count = 200
    """Registrations a block takes without a fee; a long one counts once for each 1,024 bytes begun."""
    timers_per_block: Count = 500
    timers_waiting: Count = 1_000_000
    fee_uacc_per_weight: Amount = 5
    expiry_window: Count = 100_000
    """How many blocks ahead a transaction may expire."""


class ChainSpec(Record, frozen=True):
    """The chain file, as every validator holds it."""

    chain_id: str
    contracts: tuple[tuple[str, int], ...]
    """Names and versions, in the order in which they are set up."""
    bindings: tuple[tuple[str, str], ...]
    """Interface and the contract that stands behind it."""
    fees_to: Id
    guards: tuple[str, ...] = ()
    suites: tuple[int, ...] = (1,)
    max_header_age_ms: Count = 60_000
    limits: Limits = Limits()


class Genesis(Record, frozen=True):
    """A chain's beginning: the spec, and each contract's parameters in canonical bytes."""

    spec: ChainSpec
    parameters: tuple[tuple[str, bytes], ...]


MAX_GENESIS_BYTES = 1024 * 1024 * 1024
"""Room for a few million accounts; a genesis comes from the chain's founders, not from strangers."""
GENESIS = Codec[Genesis](Genesis, max_bytes=MAX_GENESIS_BYTES)
SPEC = Codec[ChainSpec](ChainSpec, max_bytes=4096)
SPEC_KEY = b"chain/spec"
