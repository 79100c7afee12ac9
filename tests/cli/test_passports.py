"""A passport goes from one home to whoever wants to check it, with no network in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.program import Program, refused


@pytest.fixture
def written(shared: Program, tmp_path: Path) -> tuple[Path, Path]:
    """A vehicle's passport, and the paper that its first step names."""
    vehicle = shared.json("recording", "list", "--owner", "owner")["recordings"][0]["vehicle"]
    paper, file = tmp_path / "certificate.pdf", tmp_path / "car.passport"
    paper.write_bytes(b"made")
    shared.json("vehicle", "make", vehicle, "--odometer", "7", "--evidence", str(paper))
    facts = shared.json("vehicle", "passport", vehicle, "--out", str(file))
    assert (facts["vehicle"], facts["bytes"], facts["steps"]) == (vehicle, file.stat().st_size, 1)
    return file, paper


def test_a_passport_is_verified_by_those_whom_one_trusts(
    shared: Program, written: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, paper = written
    checked = shared.json("vehicle", "verify", str(file), "--evidence", str(paper), "--max-age", "1")
    assert (checked["verified"], checked["odometer_m"], checked["stage"]) == (True, 7_000, "made")
    assert checked["papers"] == [{"file": str(paper), "steps": [1]}]
    assert {check["what"] for check in checked["checks"]} >= {"bytes", "header", "identity", "life", "steps", "proofs"}
    assert any("the VIN is not in it" in line for line in checked["unknown"])
    out = shared("vehicle", "verify", str(file)).out
    assert "It can't tell" in out
    assert "7 km" in out
    validators = (shared.home / "network.json").read_text().partition('validators_hash":"')[2][:64]
    # Somebody else, who has neither home nor network.
    monkeypatch.setenv("AUTOCHAIN_HOME", str(tmp_path / "nowhere"))
    verify = ("vehicle", "verify", str(file))
    refused(shared, *verify, code="cli/64", text="whom to trust")
    refused(shared, *verify, "--chain", checked["chain"], code="cli/64", text="whom to trust")
    trusted = ("--chain", checked["chain"], "--validators", validators)
    assert shared.json(*verify, *trusted)["verified"] is True
    assert shared.json(*verify, *trusted, "--vehicle", checked["vehicle"])["verified"] is True
    refused(shared, *verify, *trusted, "--vehicle", checked["owner"], code="passport/8", text="another vehicle")
    refused(shared, *verify, *trusted[:3], "0" * 64, code="ledger/40", text="validators")
    refused(shared, *verify, *trusted[:3], "abc", code="cli/65", text="This is not a hash.")
    assert not (tmp_path / "nowhere").exists()


def test_a_damaged_passport_or_another_paper_does_not_pass(
    shared: Program, written: tuple[Path, Path], tmp_path: Path
) -> None:
    file, paper = written
    paper.write_bytes(b"made up")
    ended = shared("vehicle", "verify", str(file), "--evidence", str(paper))
    assert ended.code == 1
    assert "no step names it" in ended.out
    file.write_bytes(file.read_bytes()[:-1])
    refused(shared, "vehicle", "verify", str(file), code="passport/1", text="not a vehicle's passport")
    refused(shared, "vehicle", "verify", str(tmp_path / "gone"), code="cli/66", text="can't be read")


def test_a_passport_overwrites_nothing_and_leaves_nothing_behind(
    shared: Program, written: tuple[Path, Path], tmp_path: Path
) -> None:
    file, _ = written
    before = file.read_bytes()
    refused(shared, "vehicle", "passport", "owner", "--out", str(file), code="cli/6", text="such a file already")
    assert file.read_bytes() == before
    other = tmp_path / "other.passport"
    refused(shared, "vehicle", "passport", "owner", "--out", str(other), code="passport/6", text="has no life")
    assert not other.exists()
