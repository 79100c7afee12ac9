"""The console's verifier gives the same verdicts as the project's own, on whatever it is given."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from homes import NOW_MS, Clock, Scene, play
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onchain.ledger.signed import make_members

from autochain.onchain.codec import named
from autochain.onchain.crypto import sha256
from autochain.onchain.ledger.header import LightBlock
from autochain.onchain.ledger.ics23 import CommitmentProof
from autochain.onchain.ledger.light import check_proved
from autochain.onchain.refusals import Refusal

from .mutations import changed
from .vectors import (
    ACCOUNTS,
    TABLES,
    Case,
    a_tree,
    real_cases,
    signed_at_another_height,
    signed_case,
    signed_on_the_identity,
)
from .verifier import TESTS, WEB, Verifier, node, running_verifier

BLOCK = LightBlock.decode(signed_case().proved.light_block)
SYNTHETIC = [
    signed_case(),
    signed_case(votes={1: 1}),
    signed_case(votes={0: 3, 2: 1}),
    signed_case(members=make_members(10, 10, 10), votes={2: 1}),
    signed_case(members=make_members(6, 4), votes={1: 3}),
    signed_case(bytes(20)),
    signed_case(ACCOUNTS[1], tree=a_tree(accounts=1)),
    signed_case(bytes(20), tree=a_tree(accounts=2)),
    signed_case().given(light_block=signed_on_the_identity(BLOCK).encode()),
    signed_case().given(light_block=signed_at_another_height(BLOCK).encode()),
]


@pytest.fixture(scope="module")
def verifier() -> Iterator[Verifier]:
    with running_verifier() as verifier:
        yield verifier


@pytest.fixture(scope="module")
def fresh(prepared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Answers of a network that runs for this test."""
    home = shutil.copytree(prepared_home, tmp_path_factory.mktemp("fresh") / "home")
    found: list[Case] = []

    async def ask(scene: Scene) -> None:
        found.extend((await real_cases(scene)).values())

    play(home, ask)
    return found


def verdict(case: Case) -> tuple[str, Any]:
    """Gives what the project's own verifier says, as the console would; and the record."""
    table, proved = TABLES[case.kind], case.proved
    try:
        check_proved(case.trust, proved, key=table.key(case.id))
        record = table.codec.decode(proved.value) if proved.value else None
    except Refusal:
        return "unproved", None
    if not is_accounted_for(case):
        return "unproved", None
    return ("absent", None) if record is None else ("present", named(record))


def is_accounted_for(case: Case) -> bool:
    """Says whether those bytes are right of which the project's own verifier makes no use, but the console does."""
    members, proof = LightBlock.decode(case.proved.light_block).validators, CommitmentProof.decode(case.proved.proof)
    known = [(each.address, each.key, each.power) for each in members.validators]
    proposer = members.proposer
    return (
        all(address == sha256(key.ed25519)[:20] for address, key, _ in known)
        and (proposer is None or (proposer.address, proposer.key, proposer.power) in known)
        and (proof.nonexist is None or proof.nonexist.key == sha256(case.proved.key))
    )


def test_the_verifier_passes_its_own_tests() -> None:
    files = sorted(map(str, TESTS.glob("*.test.ts")))
    assert files
    done = subprocess.run([node(), "--test", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_the_shapes_of_the_records_are_those_that_the_contracts_have() -> None:
    made = subprocess.run([sys.executable, WEB / "generate.py"], capture_output=True, text=True, check=True)
    file = WEB / "src" / "verify" / "records.generated.ts"
    assert file.read_text("utf-8") == made.stdout, "run: .venv/bin/python web/generate.py > " + str(file)


def test_records_of_a_running_network_are_proved(verifier: Verifier, fresh: list[Case]) -> None:
    outcomes = Counter[str]()
    for case in fresh:
        answer = verifier.verify(case, now_ms=NOW_MS)
        assert (answer["outcome"], answer["record"]) == verdict(case), answer["whys"]
        assert answer["header"]["chain_id"] == case.trust.chain_id
        outcomes[answer["outcome"]] += 1
    assert outcomes == {"present": 5, "absent": 3}


def test_an_old_answer_stays_proved_and_tells_its_age(verifier: Verifier, fresh: list[Case]) -> None:
    clock = Clock()
    clock.advance(3_600_000)
    header = verifier.verify(fresh[0], now_ms=clock())["header"]
    assert header["age_ms"] == clock() - header["time_ms"]


def test_whatever_is_changed_both_verifiers_say_the_same(verifier: Verifier, fresh: list[Case]) -> None:
    seen = Counter[str]()

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        case = data.draw(changed([*fresh, *SYNTHETIC]))
        answer = verifier.verify(case)
        assert (answer["outcome"], answer["record"]) == verdict(case), answer["whys"]
        seen.update([answer["outcome"], *answer["whys"].values()])

    agree()
    assert {"present", "absent", "unproved"} <= set(seen)
