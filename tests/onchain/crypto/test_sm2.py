"""SM2 by published vectors (GB/T 32918.5, OpenSSL's), its strictness, and a machine without its library."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from oracles.suites import SM2, need

from autochain.onchain.crypto import PublicKey, SignatureJob, check_key, check_suites, suites, verify_in_turn
from autochain.onchain.refusals import Refusal
from autochain.privacy import signing

FIELD = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
ORDER = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
STANDARD: dict[str, str] = {
    "d": "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8",
    "pub_x": "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020",
    "pub_y": "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
    "r": "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3",
    "s": "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
    "msg": "message digest",
}
"""GB/T 32918.5-2017, A.2."""


@pytest.fixture(autouse=True)
def library() -> None:
    need(SM2)


def key_of(case: dict[str, Any]) -> bytes:
    return bytes([2 + (int(case["pub_y"], 16) & 1)]) + bytes.fromhex(case["pub_x"])


def published() -> list[dict[str, Any]]:
    """Gives the standard's vector, and the one of the shared data where that lies here."""
    folder = os.environ.get("AUTOCHAIN_DATA")
    if folder is None:
        return [STANDARD]
    read = json.loads((Path(folder) / "vectors" / "sm" / "sm2_vectors.json").read_text("utf-8"))
    return [STANDARD, read["sign_gbt32918_5_A2"]]


@pytest.mark.parametrize("case", published())
def test_the_signature_of_the_standard_holds_for_its_key_and_its_message_alone(case: dict[str, Any]) -> None:
    scheme, key = suites.SUITES[SM2].load(), key_of(case)
    signature, message = bytes.fromhex(case["r"] + case["s"]), case["msg"].encode()
    seed = (int(case["d"], 16) - 1).to_bytes(32, "big")
    assert signing(SM2).public_key(seed) == PublicKey(SM2, key)
    assert scheme.verify(key, message, signature)
    assert not scheme.verify(key, message + b".", signature)
    assert not scheme.verify(signing(SM2).public_key(bytes(32)).data, message, signature)


def test_a_signature_comes_from_key_and_message_alone() -> None:
    assert signing(SM2).sign(b"s" * 32, b"m") == signing(SM2).sign(b"s" * 32, b"m")
    assert signing(SM2).sign(b"s" * 32, b"m")[:32] != signing(SM2).sign(b"s" * 32, b"n")[:32]


def test_r_and_s_outside_the_order_do_not_hold() -> None:
    scheme, key = suites.SUITES[SM2].load(), signing(SM2).public_key(b"s" * 32).data
    signature = signing(SM2).sign(b"s" * 32, b"m")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    for bent_r, bent_s in ((0, s), (r, 0), (ORDER, s), (r, ORDER), (r, ORDER - r), (2**256 - 1, s), (r, 2**256 - 1)):
        assert not scheme.verify(key, b"m", bent_r.to_bytes(32, "big") + bent_s.to_bytes(32, "big"))
    assert not scheme.verify(key, b"m", signature[:32] + (ORDER - s).to_bytes(32, "big"))


def test_a_key_has_one_form() -> None:
    scheme, point = suites.SUITES[SM2].load(), signing(SM2).public_key(b"s" * 32).data
    assert scheme.is_key(point)
    assert not scheme.is_key(b"\x00"), "the neutral element"
    assert not scheme.is_key(bytes(33))
    for first in (0, 1, 4, 5, 6, 7):
        assert not scheme.is_key(bytes([first]) + point[1:])
    small = next(x for x in range(100) if scheme.is_key(bytes([2]) + x.to_bytes(32, "big")))
    assert not scheme.is_key(bytes([2]) + (FIELD + small).to_bytes(32, "big")), "the same x beyond the field"
    off = next(x for x in range(100) if not scheme.is_key(bytes([2]) + x.to_bytes(32, "big")))
    with pytest.raises(Refusal) as caught:
        check_key(PublicKey(SM2, bytes([2]) + off.to_bytes(32, "big")))
    assert caught.value.reason == suites.BAD_KEY


def test_a_machine_without_the_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    key = signing(SM2).public_key(b"s" * 32)
    job = SignatureJob(key, b"m", signing(SM2).sign(b"s" * 32, b"m"))
    for module in [name for name in sys.modules if name.split(".")[0] == "gmalglib"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "gmalglib", None)
    monkeypatch.setitem(sys.modules, "gmalglib.sm2", None)
    monkeypatch.delitem(sys.modules, "autochain.onchain.crypto.sm2")
    monkeypatch.delattr("autochain.onchain.crypto.sm2")
    check_suites((1, 2, 4, 5))
    for ask in (
        lambda: check_suites((1, SM2)),
        lambda: check_key(key),
        lambda: signing(SM2),
        lambda: verify_in_turn([job]),
    ):
        with pytest.raises(Refusal) as caught:
            ask()
        assert caught.value.reason == suites.SUITE_ABSENT
