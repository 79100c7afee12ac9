"""Verifies one signed header from a trusted one, an independent re-computation that imports nothing of autochain.

Source: spec/light-client/verification of CometBFT v0.40.0. Times are in nanoseconds since the Unix epoch.
"""

from collections.abc import Sequence
from typing import Any

from oracles import cometbft


def time_ns(time: cometbft.Record) -> int:
    return int(time["seconds"]) * 10**9 + int(time["nanos"])


def verify(
    *,
    trusted: dict[str, Any],
    trusted_validators: Sequence[cometbft.Record],
    untrusted_proto: bytes,
    untrusted_set_proto: bytes,
    now_ns: int,
    trusting_period_ns: int,
    max_clock_drift_ns: int,
    trust_level: tuple[int, int],
) -> dict[str, Any]:
    """Returns the header that may be trusted from now on; raises ValueError with the reason when it may not.

    The trusted validators count only when the heights are not adjacent; the trust level is (numerator, denominator).
    """
    if time_ns(trusted["time"]) + trusting_period_ns <= now_ns:
        raise ValueError("the trusted header has expired")
    header, commit = cometbft.read_signed_header(untrusted_proto, trusted["chain_id"])
    if header["height"] <= trusted["height"]:
        raise ValueError("the height does not advance")
    if time_ns(header["time"]) <= time_ns(trusted["time"]):
        raise ValueError("the time does not advance")
    if time_ns(header["time"]) >= now_ns + max_clock_drift_ns:
        raise ValueError("the header is from the future")
    if header["height"] == trusted["height"] + 1:
        if header["validators_hash"] != trusted["next_validators_hash"]:
            raise ValueError("the validators are not those announced")
    else:
        _check_overlap(header["chain_id"], trusted_validators, commit, trust_level)
    return cometbft.verify_signed_header(untrusted_proto, untrusted_set_proto, trusted["chain_id"])


def _check_overlap(
    chain_id: str, trusted_validators: Sequence[cometbft.Record], commit: cometbft.Record, trust_level: tuple[int, int]
) -> None:
    """Checks that trusted validators with more than the trust level of the trusted power signed the commit."""
    by_address = {cometbft.validator_address(v["pub_key"]): v for v in trusted_validators}
    numerator, denominator = trust_level
    needed = sum(v["voting_power"] for v in trusted_validators) * numerator // denominator
    signed, seen = 0, []
    for index, signature in enumerate(commit["signatures"]):
        address = signature["validator_address"]
        if signature["block_id_flag"] != cometbft.COMMIT or address not in by_address:
            continue
        if address in seen:
            raise ValueError("a validator votes twice")
        seen.append(address)
        cometbft.check_signature(chain_id=chain_id, validator=by_address[address], commit=commit, index=index)
        signed += by_address[address]["voting_power"]
        if signed > needed:
            return
    raise ValueError(f"trusted validators with power {signed} signed, more than {needed} is needed")
