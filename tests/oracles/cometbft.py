"""Computes CometBFT's hashes, sign bytes and commit checks, an independent re-computation without autochain.

Source: spec/core/data_structures.md, spec/core/encoding.md and the proto files of CometBFT v0.40.0.

Records are plain dicts with the names of the proto fields. Bytes may be given as bytes or as hex text; what is read
from protobuf comes as bytes. A time is {"seconds": s, "nanos": n} since the Unix epoch.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from oracles import ed25519, merkle
from oracles import protobuf as pb

Record = Mapping[str, Any]

BLOCK_PROTOCOL = 11
PART_SIZE_BYTES = 65536
MAX_TOTAL_POWER = (2**63 - 1) // 8
MAX_SIGNATURE_BYTES = 3309
"""The largest signature of any key type, that of ML-DSA-65."""

PRECOMMIT = 2
ABSENT, COMMIT, NIL = 1, 2, 3
"""Block id flags of a commit's signatures."""

NIL_BLOCK_ID: Record = {"hash": b"", "part_set_header": {"total": 0, "hash": b""}}

_MIN_SECONDS, _MAX_SECONDS = -62135596800, 253402300799
"""The first second of year 1 and the last of year 9999: what a protobuf timestamp may hold."""

_HASHES = (
    "last_commit_hash",
    "data_hash",
    "validators_hash",
    "next_validators_hash",
    "consensus_hash",
    "app_hash",
    "last_results_hash",
    "evidence_hash",
)
"""The hashes of a header, in the order of their fields 6 to 13."""


def _raw(value: bytes | str) -> bytes:
    return bytes.fromhex(value) if isinstance(value, str) else value


def encode_time(time: Record) -> bytes:
    if not _MIN_SECONDS <= time["seconds"] <= _MAX_SECONDS or not 0 <= time["nanos"] < 10**9:
        raise ValueError("a time is outside the years 1 to 9999")
    return pb.integer(1, time["seconds"]) + pb.integer(2, time["nanos"])


def encode_block_id(block_id: Record) -> bytes:
    parts = block_id["part_set_header"]
    return pb.blob(1, _raw(block_id["hash"])) + pb.message(
        2, pb.integer(1, parts["total"]) + pb.blob(2, _raw(parts["hash"]))
    )


def _encode_version(version: Record) -> bytes:
    return pb.integer(1, version["block"]) + pb.integer(2, version["app"])


def encode_header(header: Record) -> bytes:
    return (
        pb.message(1, _encode_version(header["version"]))
        + pb.blob(2, header["chain_id"].encode())
        + pb.integer(3, header["height"])
        + pb.message(4, encode_time(header["time"]))
        + pb.message(5, encode_block_id(header["last_block_id"]))
        + b"".join(pb.blob(number, _raw(header[name])) for number, name in enumerate(_HASHES, start=6))
        + pb.blob(14, _raw(header["proposer_address"]))
    )


def encode_commit_signature(signature: Record) -> bytes:
    return (
        pb.integer(1, signature["block_id_flag"])
        + pb.blob(2, _raw(signature["validator_address"]))
        + pb.message(3, encode_time(signature["timestamp"]))
        + pb.blob(4, _raw(signature["signature"]))
    )


def encode_commit(commit: Record) -> bytes:
    return (
        pb.integer(1, commit["height"])
        + pb.integer(2, commit["round"])
        + pb.message(3, encode_block_id(commit["block_id"]))
        + b"".join(pb.message(4, encode_commit_signature(signature)) for signature in commit["signatures"])
    )


def encode_block(*, header: Record, txs: Sequence[bytes], last_commit: Record) -> bytes:
    """Encodes a block without evidence."""
    data = b"".join(pb.message(1, tx) for tx in txs)
    return (
        pb.message(1, encode_header(header))
        + pb.message(2, data)
        + pb.message(3, b"")
        + pb.message(4, encode_commit(last_commit))
    )


def encode_simple_validator(validator: Record) -> bytes:
    public_key = pb.message(1, _raw(validator["pub_key"]))
    return pb.message(1, public_key) + pb.integer(2, validator["voting_power"])


def vote_sign_bytes(chain_id: str, vote: Record) -> bytes:
    """Gives the bytes that a validator signs: type, height, round, block id and timestamp of the vote, and the chain.

    The block id of a vote for nil has no hash and no parts, and is left out.
    """
    block_id = encode_block_id(vote["block_id"])
    return pb.delimited(
        pb.integer(1, vote["type"])
        + pb.sfixed64(2, vote["height"])
        + pb.sfixed64(3, vote["round"])
        + (b"" if block_id == encode_block_id(NIL_BLOCK_ID) else pb.message(4, block_id))
        + pb.message(5, encode_time(vote["timestamp"]))
        + pb.blob(6, chain_id.encode())
    )


def commit_sign_bytes(*, chain_id: str, commit: Record, index: int) -> bytes:
    """Gives the bytes behind one signature of a commit."""
    signature = commit["signatures"][index]
    vote = {
        "type": PRECOMMIT,
        "height": commit["height"],
        "round": commit["round"],
        "block_id": commit["block_id"] if signature["block_id_flag"] == COMMIT else NIL_BLOCK_ID,
        "timestamp": signature["timestamp"],
    }
    return vote_sign_bytes(chain_id, vote)


def header_hash(header: Record) -> bytes:
    """Computes the Merkle root over the fields of a header; a scalar field stands in a wrapper message."""
    if not header["validators_hash"]:
        raise ValueError("a header without validators hash has no hash")
    return merkle.root(
        [
            _encode_version(header["version"]),
            pb.blob(1, header["chain_id"].encode()),
            pb.integer(1, header["height"]),
            encode_time(header["time"]),
            encode_block_id(header["last_block_id"]),
            *(pb.blob(1, _raw(header[name])) for name in _HASHES),
            pb.blob(1, _raw(header["proposer_address"])),
        ]
    )


def commit_hash(commit: Record) -> bytes:
    return merkle.root([encode_commit_signature(signature) for signature in commit["signatures"]])


def validator_address(public_key: bytes | str) -> bytes:
    return sha256(_raw(public_key)).digest()[:20]


def ordered_validators(validators: Sequence[Record]) -> list[Record]:
    """Sorts by voting power, the largest first, then by address."""
    return sorted(validators, key=lambda v: (-v["voting_power"], validator_address(v["pub_key"])))


def validator_set_hash(validators: Sequence[Record]) -> bytes:
    """Hashes validators in the order given."""
    return merkle.root([encode_simple_validator(validator) for validator in validators])


def data_hash(txs: Sequence[bytes]) -> bytes:
    """Hashes transactions; the leaves are the SHA-256 of each."""
    return merkle.root([sha256(tx).digest() for tx in txs])


def results_hash(results: Sequence[Record]) -> bytes:
    """Hashes what is deterministic in results: code, data, gas wanted and gas used."""
    return merkle.root(
        [
            pb.integer(1, result["code"])
            + pb.blob(2, _raw(result["data"]))
            + pb.integer(5, result["gas_wanted"])
            + pb.integer(6, result["gas_used"])
            for result in results
        ]
    )


def consensus_hash(*, max_bytes: int, max_gas: int) -> bytes:
    return sha256(pb.integer(1, max_bytes) + pb.integer(2, max_gas)).digest()


def part_set_header(block: bytes) -> dict[str, Any]:
    parts = [block[start : start + PART_SIZE_BYTES] for start in range(0, len(block), PART_SIZE_BYTES)]
    return {"total": len(parts), "hash": merkle.root(parts)}


def _read_time(parent: pb.Fields, number: int) -> dict[str, int]:
    """Reads a time; a field that is missing means year 1, as in Go, while an empty one means the Unix epoch."""
    if not parent.has(number):
        return {"seconds": _MIN_SECONDS, "nanos": 0}
    fields = parent.message(number)
    time = {"seconds": fields.int64(1), "nanos": fields.int32(2)}
    encode_time(time)
    return time


def _read_block_id(fields: pb.Fields) -> dict[str, Any]:
    parts = fields.message(2)
    return {"hash": fields.blob(1), "part_set_header": {"total": parts.uint32(1), "hash": parts.blob(2)}}


def read_header(fields: pb.Fields) -> dict[str, Any]:
    version = fields.message(1)
    return {
        "version": {"block": version.uint64(1), "app": version.uint64(2)},
        "chain_id": fields.text(2),
        "height": fields.int64(3),
        "time": _read_time(fields, 4),
        "last_block_id": _read_block_id(fields.message(5)),
        **{name: fields.blob(number) for number, name in enumerate(_HASHES, start=6)},
        "proposer_address": fields.blob(14),
    }


def read_commit(fields: pb.Fields) -> dict[str, Any]:
    return {
        "height": fields.int64(1),
        "round": fields.int32(2),
        "block_id": _read_block_id(fields.message(3)),
        "signatures": [
            {
                "block_id_flag": signature.int32(1),
                "validator_address": signature.blob(2),
                "timestamp": _read_time(signature, 3),
                "signature": signature.blob(4),
            }
            for signature in fields.messages(4)
        ],
    }


def _read_validator(fields: pb.Fields) -> dict[str, Any]:
    public_key = fields.message(2)
    if len(public_key.blob(1)) != 32 or any(public_key.has(other) for other in range(2, 6)):
        raise ValueError("a validator's key is not Ed25519")
    return {
        "address": fields.blob(1),
        "pub_key": public_key.blob(1),
        "voting_power": fields.int64(3),
        "proposer_priority": fields.int64(4),
    }


def read_validator_set(encoded: bytes) -> list[dict[str, Any]]:
    """Reads and checks a validator set; raises ValueError when it is not one."""
    fields = pb.Fields(encoded)
    validators = [_read_validator(validator) for validator in fields.messages(1)]
    if not validators:
        raise ValueError("the validator set is empty")
    if not fields.has(2):
        raise ValueError("the validator set names no proposer")
    proposer = _read_validator(fields.message(2))
    for validator in (*validators, proposer):
        if validator["voting_power"] < 0:
            raise ValueError("a validator's power is negative")
        if validator["address"] != validator_address(validator["pub_key"]):
            raise ValueError("a validator's address is not that of its key")
    if proposer["address"] not in [validator["address"] for validator in validators]:
        raise ValueError("the proposer is not in the validator set")
    fields.int64(3)  # The total power given is not believed, but it must be an integer.
    if _total_power(validators) > MAX_TOTAL_POWER:
        raise ValueError("the total power is too large")
    return validators


def _total_power(validators: Sequence[Record]) -> int:
    return sum(int(validator["voting_power"]) for validator in validators)


def _check_hash(what: str, value: bytes | str) -> None:
    if len(_raw(value)) not in (0, 32):
        raise ValueError(f"{what} has neither 32 bytes nor none")


def _check_block_id(block_id: Record) -> None:
    _check_hash("the hash of a block id", block_id["hash"])
    _check_hash("the parts hash of a block id", block_id["part_set_header"]["hash"])


def check_header(header: Record) -> None:
    """Checks what a header must fulfil on its own; raises ValueError."""
    if header["version"]["block"] != BLOCK_PROTOCOL:
        raise ValueError(f"the block version is not {BLOCK_PROTOCOL}")
    if len(header["chain_id"].encode()) > 50:
        raise ValueError("the chain id is longer than 50 bytes")
    if header["height"] < 1:
        raise ValueError("the height is below 1")
    _check_block_id(header["last_block_id"])
    for name in _HASHES:
        if name != "app_hash":
            _check_hash(name, header[name])
    if len(_raw(header["proposer_address"])) != 20:
        raise ValueError("the proposer address has not 20 bytes")


def _check_commit_signature(signature: Record) -> None:
    address, value = _raw(signature["validator_address"]), _raw(signature["signature"])
    if signature["block_id_flag"] == ABSENT:
        if address or value or dict(signature["timestamp"]) != {"seconds": _MIN_SECONDS, "nanos": 0}:
            raise ValueError("an absent vote has content")
    elif signature["block_id_flag"] not in (COMMIT, NIL):
        raise ValueError("a block id flag is unknown")
    elif len(address) != 20 or not 0 < len(value) <= MAX_SIGNATURE_BYTES:
        raise ValueError("a vote's address or signature has a wrong length")


def check_commit(commit: Record) -> None:
    """Checks what a commit must fulfil on its own; raises ValueError."""
    if commit["height"] < 0 or commit["round"] < 0:
        raise ValueError("height or round of the commit is negative")
    _check_block_id(commit["block_id"])
    if commit["height"] < 1:
        return
    if encode_block_id(commit["block_id"]) == encode_block_id(NIL_BLOCK_ID):
        raise ValueError("the commit is for no block")
    if not commit["signatures"]:
        raise ValueError("the commit has no signatures")
    for signature in commit["signatures"]:
        _check_commit_signature(signature)


def verify_commit(
    *, chain_id: str, validators: Sequence[Record], block_id: Record, height: int, commit: Record, light: bool
) -> None:
    """Checks that validators with over two thirds of the power signed the block; raises ValueError.

    A light check passes over votes for nil and ends once there is enough power; the full one checks every vote.
    """
    signatures = commit["signatures"]
    if len(signatures) != len(validators):
        raise ValueError("the commit has another number of signatures than the set has validators")
    if commit["height"] != height:
        raise ValueError("the commit is for another height")
    if encode_block_id(commit["block_id"]) != encode_block_id(block_id):
        raise ValueError("the commit is for another block")
    needed, signed = _total_power(validators) * 2 // 3, 0
    for index, (validator, signature) in enumerate(zip(validators, signatures, strict=True)):
        if signature["block_id_flag"] == ABSENT or (light and signature["block_id_flag"] == NIL):
            continue
        if _raw(signature["validator_address"]) != validator_address(validator["pub_key"]):
            raise ValueError(f"signature {index} is under another validator's address")
        check_signature(chain_id=chain_id, validator=validator, commit=commit, index=index)
        if signature["block_id_flag"] == COMMIT:
            signed += validator["voting_power"]
        if light and signed > needed:
            return
    if signed <= needed:
        raise ValueError(f"validators with power {signed} signed, more than {needed} is needed")


def check_signature(*, chain_id: str, validator: Record, commit: Record, index: int) -> None:
    if not ed25519.verify(
        public_key=_raw(validator["pub_key"]),
        message=commit_sign_bytes(chain_id=chain_id, commit=commit, index=index),
        signature=_raw(commit["signatures"][index]["signature"]),
    ):
        raise ValueError(f"signature {index} is wrong")


def read_signed_header(encoded: bytes, chain_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads header and commit and checks all but the signatures; raises ValueError."""
    fields = pb.Fields(encoded)
    if not fields.has(1) or not fields.has(2):
        raise ValueError("header or commit is missing")
    header, commit = read_header(fields.message(1)), read_commit(fields.message(2))
    check_header(header)
    check_commit(commit)
    if header["chain_id"] != chain_id:
        raise ValueError(f"the header is of chain {header['chain_id']!r}, not {chain_id!r}")
    if commit["height"] != header["height"]:
        raise ValueError("header and commit have different heights")
    if commit["block_id"]["hash"] != header_hash(header):
        raise ValueError("the commit is for another header")
    return header, commit


def verify_signed_header(signed_header_proto: bytes, validator_set_proto: bytes, chain_id: str) -> dict[str, Any]:
    """Verifies that the validators whom a header names signed it, and returns the header; raises ValueError."""
    header, commit = read_signed_header(signed_header_proto, chain_id)
    validators = read_validator_set(validator_set_proto)
    if header["validators_hash"] != validator_set_hash(validators):
        raise ValueError("the header names another validator set")
    verify_commit(
        chain_id=chain_id,
        validators=validators,
        block_id=commit["block_id"],
        height=header["height"],
        commit=commit,
        light=True,
    )
    return header
