"""Proofs of a chain's state, as anybody can check them who knows the chain's validators."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from litestar import get
from litestar.params import PathParameter

from ..onchain.ledger.header import LightBlock
from .errors import problems
from .given import ChainName, Given, chain_of
from .shapes import read_digits

MAX_KEY_BYTES = 256
KeyInPath: TypeAlias = Annotated[
    str,
    PathParameter(
        pattern="^([0-9a-f][0-9a-f])+$",
        max_length=2 * MAX_KEY_BYTES,
        description="A key of the state as lower hexadecimal digits: contract/table/ and the parts of the key.",
    ),
]


class Proof(msgspec.Struct, frozen=True):
    """A key of the state, its value, and all that proves it; every field of bytes is in hexadecimal digits."""

    key: str
    value: str
    """Empty where its absence is proved."""
    proof: str
    """An ICS-23 CommitmentProof in protobuf, against the header's app hash."""
    light_block: str
    """Header, commit and validators: a CometBFT LightBlock in protobuf."""
    height: int
    """Of that header: it holds the root after the block before it."""


@get(
    "/proofs/{key:str}",
    operation_id="Prove",
    summary="Get a value of the present state, or its absence, with what proves it",
    responses=problems(404, 422),
)
async def prove(backend: Given, chain: ChainName, key: KeyInPath) -> Proof:
    proved = await chain_of(backend, chain).node.prove(read_digits(key))
    return Proof(
        key=proved.key.hex(),
        value=proved.value.hex(),
        proof=proved.proof.hex(),
        light_block=proved.light_block.hex(),
        height=LightBlock.decode(proved.light_block).header.height,
    )
