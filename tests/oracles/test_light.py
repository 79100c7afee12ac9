"""Tests the light client of the oracles against the verdicts of CometBFT's light.Verify."""

from typing import Any

import pytest

from oracles import cometbft, light, vectors
from oracles import protobuf as pb


@pytest.mark.parametrize("case", vectors.cases("light"))
def test_a_header_is_trusted_exactly_when_cometbft_trusts_it(case: dict[str, Any]) -> None:
    known = vectors.load("light")
    headers = {name: bytes.fromhex(text) for name, text in known["signed_headers"].items()}
    sets = {name: bytes.fromhex(text) for name, text in known["validator_sets"].items()}
    trusted = cometbft.read_header(pb.Fields(headers[case["trusted_header"]]).message(1))
    try:
        header = light.verify(
            trusted=trusted,
            trusted_validators=cometbft.read_validator_set(sets[case["trusted_validator_set"]]),
            untrusted_proto=headers[case["untrusted_header"]],
            untrusted_set_proto=sets[case["untrusted_validator_set"]],
            now_ns=light.time_ns(case["now"]),
            trusting_period_ns=known["trusting_period_ns"],
            max_clock_drift_ns=known["max_clock_drift_ns"],
            trust_level=(case["trust_level"]["numerator"], case["trust_level"]["denominator"]),
        )
    except ValueError:
        assert not case["verify"]["valid"]
    else:
        assert case["verify"]["valid"]
        assert header["height"] > trusted["height"]
