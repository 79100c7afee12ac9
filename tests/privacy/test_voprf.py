"""The VOPRF as RFC 9497 says it, and a key in k of n hands that gives what the whole key gives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from homes import refuses
from hypothesis import given, settings
from hypothesis import strategies as st

from autochain.onchain.crypto import ristretto255 as group
from autochain.onchain.crypto import voprf as verifying
from autochain.privacy import voprf
from autochain.privacy.secret_sharing import BAD_THRESHOLD
from autochain.privacy.voprf import KEYS_DISAGREE, NOT_BLINDED, TOO_FEW, Evaluation, KeyShare, PublicKeys

SRC = Path(__file__).parents[2] / "src"
RFC: dict[str, Any] = {
    "seed": "a3" * 32,
    "keyInfo": "74657374206b6579",
    "skSm": "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909",
    "pkSm": "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e",
    "vectors": [
        {
            "Batch": 1,
            "Blind": "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706",
            "BlindedElement": "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
            "EvaluationElement": "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
            "Input": "00",
            "Output": "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
            "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
            "Proof": {
                "proof": "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
                "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
                "r": "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
            },
        },
        {
            "Batch": 2,
            "Blind": "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706,"
            "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
            "BlindedElement": "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945,"
            "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654",
            "EvaluationElement": "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e,"
            "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a",
            "Input": "00,5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
            "Output": "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
            "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c,"
            "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
            "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
            "Proof": {
                "proof": "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
                "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
                "r": "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c",
            },
        },
    ],
}
"""Two of the vectors in appendix A.1.2."""
KEY = bytes.fromhex(RFC["skSm"])
SEEDS = st.binary(min_size=32, max_size=32)
MESSAGES = st.binary(max_size=40)


def suites() -> list[dict[str, Any]]:
    """Gives the vectors above, and all that are published for this mode where the environment names the data."""
    folder = os.environ.get("AUTOCHAIN_DATA")
    if not folder:
        return [RFC]
    published = json.loads(Path(folder, "vectors", "voprf", "ristretto255-sha512.json").read_text("utf-8"))
    found = [suite for suite in published if suite["mode"] == 1]
    assert [len(suite["vectors"]) for suite in found] == [3]
    return [RFC, *found]


def parts(text: str) -> list[bytes]:
    return [bytes.fromhex(part) for part in text.split(",")]


def drawing(*scalars: bytes) -> voprf.Chance:
    """A chance that draws these scalars in turn."""
    waiting = list(scalars)
    return lambda length: waiting.pop(0) + bytes(length - 32)


def stretched(seed: bytes) -> voprf.Chance:
    """A chance that follows from a seed."""
    drawn = 0

    def chance(length: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return verifying.expand_message_xmd(seed + drawn.to_bytes(4, "big"), tag=b"test", length=length)

    return chance


@pytest.mark.parametrize("suite", suites())
def test_every_step_gives_the_bytes_of_rfc_9497(suite: dict[str, Any]) -> None:
    key = voprf.derive_key(bytes.fromhex(suite["seed"]), info=bytes.fromhex(suite["keyInfo"]))
    assert (key.hex(), voprf.public_key(key).hex()) == (suite["skSm"], suite["pkSm"])
    for vector in suite["vectors"]:
        messages, scalars = parts(vector["Input"]), parts(vector["Blind"])
        blinded = [voprf.blind(message, chance=drawing(s)) for message, s in zip(messages, scalars, strict=True)]
        elements = [each.element for each in blinded]
        assert elements == parts(vector["BlindedElement"])
        evaluation = voprf.evaluate(key, elements, chance=drawing(bytes.fromhex(vector["Proof"]["r"])))
        assert list(evaluation.elements) == parts(vector["EvaluationElement"])
        assert evaluation.proof.hex() == vector["Proof"]["proof"]
        assert verifying.verify(voprf.public_key(key), elements, evaluation.elements, evaluation.proof)
        assert [
            voprf.finalize(message, scalar=each.scalar, evaluated=element)
            for message, each, element in zip(messages, blinded, evaluation.elements, strict=True)
        ] == parts(vector["Output"])


@given(seed=SEEDS, message=MESSAGES, one=SEEDS, other=SEEDS)
def test_the_output_does_not_hang_on_how_a_message_was_blinded(
    seed: bytes, message: bytes, one: bytes, other: bytes
) -> None:
    key = voprf.derive_key(seed, info=b"")
    outputs = []
    for draw in (one, other):
        blinded = voprf.blind(message, chance=stretched(draw))
        (evaluated,), _ = voprf.evaluate(key, [blinded.element], chance=stretched(draw))
        outputs.append(voprf.finalize(message, scalar=blinded.scalar, evaluated=evaluated))
    assert outputs[0] == outputs[1]
    direct = verifying.output(message, group.times(key, verifying.hash_to_group(message)))
    assert outputs[0] == direct


@given(seed=SEEDS, message=MESSAGES, draws=st.lists(SEEDS, min_size=2, max_size=2, unique=True))
def test_two_blinded_elements_of_one_message_differ(seed: bytes, message: bytes, draws: list[bytes]) -> None:
    first, second = (voprf.blind(message, chance=stretched(seed + draw)) for draw in draws)
    assert first.element != second.element


@pytest.mark.parametrize(
    "element", [b"", bytes(32), b"\x01" + bytes(31), bytes(31), b"\xff" * 32], ids=lambda data: data.hex()[:4]
)
def test_nothing_is_evaluated_that_is_no_element(element: bytes) -> None:
    good = verifying.hash_to_group(b"")
    for blinded in ([element], [good, element], []):
        with refuses(NOT_BLINDED):
            voprf.evaluate(KEY, blinded, chance=os.urandom)


@settings(max_examples=25)
@given(
    seed=SEEDS,
    message=MESSAGES,
    sizes=st.integers(1, 5).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))),
    data=st.data(),
)
def test_any_threshold_of_shares_gives_what_the_whole_key_gives(
    seed: bytes, message: bytes, sizes: tuple[int, int], data: st.DataObject
) -> None:
    threshold, count = sizes
    key, chance = voprf.derive_key(seed, info=b""), stretched(seed)
    shares, keys = voprf.split_key(key, threshold=threshold, count=count, chance=chance)
    assert voprf.whole_key(keys) == voprf.public_key(key)
    assert [share.number for share in shares] == list(range(1, count + 1))
    assert keys == PublicKeys(threshold, tuple(share.public_key for share in shares))
    chosen = data.draw(st.permutations(shares))[: data.draw(st.integers(threshold, count))]
    blinded = [voprf.blind(message, chance=chance), voprf.blind(message + b"x", chance=chance)]
    elements = [each.element for each in blinded]
    answers = {share.number: voprf.evaluate(share.secret, elements, chance=chance) for share in chosen}
    combined = voprf.combine(keys, elements, answers)
    assert combined.elements == voprf.evaluate(key, elements, chance=chance).elements
    assert combined.liars == ()


def test_one_share_fewer_than_the_threshold_gives_something_else() -> None:
    shares, keys = voprf.split_key(KEY, threshold=3, count=5, chance=os.urandom)
    element = verifying.hash_to_group(b"message")
    too_low = PublicKeys(2, keys.shares)
    with refuses(KEYS_DISAGREE):
        voprf.whole_key(too_low)
    for pair in combinations(shares, 2):
        answers = {share.number: voprf.evaluate(share.secret, [element], chance=os.urandom) for share in pair}
        with refuses(TOO_FEW):
            voprf.combine(keys, [element], answers)
        assert voprf.combine(too_low, [element], answers).elements != (group.times(KEY, element),)


def lies(honest: dict[int, Evaluation], element: bytes) -> dict[str, Evaluation]:
    """Gives what a holder with the number 2 could answer instead of the truth."""
    other = voprf.evaluate(KEY, [element], chance=os.urandom)
    true = honest[2]
    return {
        "with another key": other,
        "with another's share": honest[1],
        "with another element": Evaluation(other.elements, true.proof),
        "with another proof": Evaluation(true.elements, other.proof),
        "with the identity": Evaluation((bytes(32),), bytes(64)),
        "with no element": Evaluation((), true.proof),
        "with one element more": Evaluation((*true.elements, *true.elements), true.proof),
        "with no proof": Evaluation(true.elements, b""),
    }


@pytest.mark.parametrize("lie", lies({1: Evaluation((), b""), 2: Evaluation((), b"")}, group.times_base(group.ONE)))
def test_a_lying_holder_is_named_and_left_out_where_enough_others_answer(lie: str) -> None:
    shares, keys = voprf.split_key(KEY, threshold=2, count=3, chance=os.urandom)
    element = verifying.hash_to_group(b"message")
    honest = {share.number: voprf.evaluate(share.secret, [element], chance=os.urandom) for share in shares}
    answers = {**honest, 2: lies(honest, element)[lie]}
    assert voprf.combine(keys, [element], answers) == ((group.times(KEY, element),), (2,))
    with refuses(TOO_FEW):
        voprf.combine(keys, [element], {number: answers[number] for number in (2, 3)})


def test_an_answer_under_a_number_that_was_not_dealt_is_a_lie() -> None:
    shares, keys = voprf.split_key(KEY, threshold=1, count=2, chance=os.urandom)
    element = verifying.hash_to_group(b"message")
    honest = voprf.evaluate(shares[0].secret, [element], chance=os.urandom)
    combined = voprf.combine(keys, [element], dict.fromkeys((-1, 0, 1, 3), honest))
    assert combined == ((group.times(KEY, element),), (-1, 0, 3))


def test_public_keys_that_were_tampered_with_are_refused() -> None:
    _, keys = voprf.split_key(KEY, threshold=2, count=4, chance=os.urandom)
    shares, other = keys.shares, group.times_base(group.small(5))
    assert voprf.whole_key(keys) == voprf.public_key(KEY)
    for bad in [
        *(PublicKeys(2, (*shares[:n], wrong, *shares[n + 1 :])) for n in range(4) for wrong in (other, bytes(32))),
        PublicKeys(2, (shares[1], shares[0], *shares[2:])),
        *(PublicKeys(threshold, shares) for threshold in (-1, 0, 1, 5)),
        PublicKeys(1, ()),
    ]:
        with refuses(KEYS_DISAGREE):
            voprf.whole_key(bad)


@pytest.mark.parametrize(("threshold", "count"), [(0, 3), (4, 3), (1, 0), (-1, 3), (2, 256)])
def test_a_key_is_not_split_for_a_threshold_that_makes_no_sense(threshold: int, count: int) -> None:
    with refuses(BAD_THRESHOLD):
        voprf.split_key(KEY, threshold=threshold, count=count, chance=os.urandom)


def test_the_same_key_is_never_split_alike() -> None:
    splits = [voprf.split_key(KEY, threshold=2, count=2, chance=os.urandom)[0] for _ in range(10)]
    assert len({share.secret for shares in splits for share in shares}) == 20


def test_a_share_is_never_printed() -> None:
    share = KeyShare(2, KEY)
    assert repr(share) == str(share) == "KeyShare(2)"


def test_a_process_that_loads_it_leaves_no_file_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(SRC), "TMPDIR": str(tmp_path)}
    command = "from autochain.privacy import voprf; voprf.public_key(b'k' * 31 + b'\\x00')"
    subprocess.run([sys.executable, "-c", command], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", ["autochain.privacy", "autochain.onchain.contracts"])
def test_who_does_not_need_it_does_not_load_it(module: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    command = f"import sys, {module}; sys.exit('rbcl' in sys.modules)"
    subprocess.run([sys.executable, "-c", command], env=environment, check=True)
