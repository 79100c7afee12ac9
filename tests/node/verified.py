"""The whole chain of a node, held against oracles that share no code with it and against a twin in memory."""

from __future__ import annotations

from typing import Any

from oracles import cometbft as oracle
from oracles import ics23
from oracles import protobuf as pb

from autochain.onchain.ledger import BlockAnswer, StateMachine
from autochain.onchain.ledger.light import Proved
from chains import CHAIN_ID

from .chain import Chain

NO_COMMIT: dict[str, Any] = {"height": 0, "round": 0, "block_id": oracle.NIL_BLOCK_ID, "signatures": []}
"""What stands for a last commit in the first block."""


def read_light_block(encoded: bytes, *, signatures: bool = True) -> tuple[dict[str, Any], dict[str, Any]]:
    """Gives header and commit of a LightBlock whose validators signed it, by the oracle."""
    fields = pb.Fields(encoded)
    signed, validators = fields.blob(1), fields.blob(2)
    header, commit = oracle.read_signed_header(signed, CHAIN_ID)
    if signatures:
        assert oracle.verify_signed_header(signed, validators, CHAIN_ID) == header
    return header, commit


def _results(answer: BlockAnswer) -> list[dict[str, Any]]:
    return [
        {
            "code": result.code,
            "data": result.data,
            "gas_wanted": result.weight_wanted,
            "gas_used": result.weight_used,
        }
        for result in answer.results
    ]


class Verifier:
    """Checks a chain's blocks from the first one on, each against the one before, and runs them on a twin."""

    def __init__(self, twin: StateMachine) -> None:
        self.twin = twin
        self._last: BlockAnswer | None = None
        self._header: dict[str, Any] = {}
        self._commit = NO_COMMIT

    def check(self, answer: BlockAnswer, *, signatures: bool = True) -> None:
        """Checks the next block."""
        header, commit = read_light_block(answer.light_block, signatures=signatures)
        last = self._last
        assert header["height"] == (self._header["height"] + 1 if last else 1)
        assert header["last_block_id"] == self._commit["block_id"]
        assert header["last_commit_hash"] == oracle.commit_hash(self._commit)
        assert header["last_results_hash"] == oracle.results_hash(_results(last) if last else [])
        assert header["data_hash"] == oracle.data_hash(answer.transactions)
        assert header["evidence_hash"] == oracle.data_hash([])
        assert header["validators_hash"] == header["next_validators_hash"]
        limits = self.twin.spec.limits
        assert header["consensus_hash"] == oracle.consensus_hash(
            max_bytes=limits.block_bytes, max_gas=limits.block_weight
        )
        block = oracle.encode_block(header=header, txs=answer.transactions, last_commit=self._commit)
        assert commit["block_id"]["part_set_header"] == oracle.part_set_header(block)
        time_ms = self._check_time(header, commit)
        assert header["app_hash"] == self.twin.info().app_hash
        executed = self.twin.execute(answer.transactions, height=header["height"], time_ms=time_ms)
        self.twin.commit()
        assert executed.results == answer.results
        assert executed.events == answer.events
        self._last, self._header, self._commit = answer, header, commit

    def _check_time(self, header: dict[str, Any], commit: dict[str, Any]) -> int:
        """Sees that time goes on in whole milliseconds, and gives it."""
        time = header["time"]
        assert [vote["timestamp"] for vote in commit["signatures"]] == [time]
        if self._header:
            before = self._header["time"]
            assert (time["seconds"], time["nanos"]) > (before["seconds"], before["nanos"])
        time_ms, rest = divmod(time["seconds"] * 10**9 + time["nanos"], 10**6)
        assert rest == 0
        return int(time_ms)


async def check_chain(chain: Chain, *, signatures: bool = True) -> list[BlockAnswer]:
    """Checks every block of a chain and gives them; at the end the node's state is the twin's, and its store's."""
    verifier = Verifier(chain.twin())
    answers = [await chain.engine.block(height) for height in range(1, chain.store.height + 1)]
    for answer in answers:
        verifier.check(answer, signatures=signatures)
    assert verifier.twin.info() == chain.machine.info()
    return answers


def check_proof(proved: Proved, *, value: bytes | None) -> dict[str, Any]:
    """Checks that a signed header and the proof show the value, or with None its absence; gives the header."""
    header, _ = read_light_block(proved.light_block)
    assert proved.value == (value or b"")
    if value is None:
        assert ics23.verify_absence(header["app_hash"], proved.proof, proved.key)
    else:
        assert ics23.verify_membership(header["app_hash"], proved.proof, proved.key, value)
    return header
