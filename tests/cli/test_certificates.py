"""Tests of devices' certificates by command: applied for, issued, checked, revoked, and what is refused."""

from __future__ import annotations

from pathlib import Path

from autochain.onchain.crypto import sha256
from autochain.wallet.certificates import inspect
from cli.program import Program, refused


def vehicles(program: Program) -> list[str]:
    return [each["name"] for each in program.json("account", "show")["accounts"] if each["kind"] == "device"]


def test_a_device_applies_is_certified_and_loses_its_certificate(program: Program, tmp_path: Path) -> None:
    car, other = vehicles(program)
    files = tmp_path / "car.der", tmp_path / "authority.der"
    refused(program, "certificate", "issue", car, code="network/40", text="no request of this device")
    applied = program.json("certificate", "apply", car, "--out", str(tmp_path / "car.csr.der"))
    assert sha256((tmp_path / "car.csr.der").read_bytes()).hex() == applied["request"]
    (waiting,) = program.json("certificate", "show")["waiting"]
    assert waiting["request"] == applied["request"]
    outs = ("--out", str(files[0]), "--authority-out", str(files[1]))
    issued = program.json("certificate", "issue", car, "--days", "90", *outs)
    assert program.json("certificate", "show")["waiting"] == []
    (listed,) = program.json("certificate", "show", car)["certificates"]
    assert (listed["certificate"], listed["state"]) == (issued["certificate"], "live")
    assert inspect(files[0].read_bytes(), files[1].read_bytes()).serial.hex() == issued["serial"]
    given = ("--file", str(files[0]), "--authority", str(files[1]))
    assert program.json("certificate", "check", car) == program.json("certificate", "check", car, *given)
    refused(program, "certificate", "check", other, *given, code="certificates/5", text="another device's")
    refused(program, "certificate", "revoke", car, "--as", "buyer", code="credentials/18", text="no such certificate")
    program.json("certificate", "revoke", car, "--as", "owner", "--reason", "key_compromise")
    refused(program, "certificate", "check", car, code="certificates/9", text="key_compromise")
    refused(program, "certificate", "revoke", car, "--as", "owner", code="network/43", text="no certificate")


def test_what_was_not_applied_for_is_not_issued_and_leaves_no_file(program: Program, tmp_path: Path) -> None:
    car, other = vehicles(program)
    program.json("certificate", "apply", car)
    asked, out = str(tmp_path / "asked.der"), tmp_path / "out.der"
    program.json("certificate", "apply", other, "--out", asked)
    words = ("certificate", "issue", car, "--request", asked, "--out", str(out))
    refused(program, *words, code="certificates/5", text="another device's")
    refused(program, "certificate", "issue", car, "--as", "buyer", code="credentials/14", text="may not issue")
    program.json("certificate", "issue", car)
    refused(program, "certificate", "issue", car, code="network/44", text="waits for no certificate")
    refused(program, "certificate", "check", other, code="network/42", text="no certificate of this device")
    assert not out.exists()
    ended = program("certificate", "check", car, "--file", asked)
    assert (ended.code, "both or neither" in ended.err) == (2, True)
