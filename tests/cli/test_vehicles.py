"""Commands on the lives of vehicles: each step by who may take it, and told again as it was taken."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import get_args

import pytest

from autochain.cli.security import SeverityName
from autochain.cli.words import km_text, metres
from autochain.onchain.contracts.vehicles import SEVERITIES
from autochain.onchain.refusals import Refusal
from cli.program import Program, refused


@pytest.fixture
def paper(tmp_path: Path) -> str:
    """A file that is evidence of all there is."""
    file = tmp_path / "paper.pdf"
    file.write_bytes(b"what was agreed")
    return str(file)


@pytest.fixture
def vehicle(shared: Program) -> str:
    """A vehicle of the party `owner`."""
    found: str = shared.json("recording", "list", "--owner", "owner")["recordings"][0]["vehicle"]
    return found


def test_a_vehicle_that_is_sold_takes_nothing_of_its_past_along(shared: Program, vehicle: str, paper: str) -> None:
    recording = shared.json("recording", "list", "--owner", "owner")["recordings"][0]
    second = shared.json("account", "show", "second")["did"]
    words = ("vehicle", "sell", vehicle, "second", "--odometer", "48210.5", "--evidence", paper)
    refused(shared, *words, code="vehicles/7", text="This device has no life here.")
    shared.json("vehicle", "make", vehicle, "--odometer", "48210.5", "--evidence", paper)
    refused(shared, *words, "--as", "stranger", code="vehicles/11", text="This step is not the sender's to take.")
    refused(shared, *words[:3], "nobody", *words[4:], code="wallet/1", text="There is no such party here.")
    refused(shared, *words[:3], "owner", *words[4:], code="vehicles/12", text="Nobody else has agreed")
    sold = shared.json(*words)
    assert (sold["step"], sold["agreed_by"], sold["number"]) == ("sold", second, 2)
    assert shared.json("account", "show", vehicle)["controller"] == second
    assert shared.json("recording", "show", recording["recording"])["owner"] == recording["owner"] != second
    offer = ("product", "offer", vehicle, "--purpose", "research", "--category", "motion", "--precision", "exact")
    refused(shared, *offer, code="consent/5", text="The vehicle is not the sender's.")
    shared.json(*offer, "--as", "second")
    publish = ("product", "publish", "Old drives", recording["recording"], *offer[3:], "--as", "second")
    refused(shared, *publish, code="cli/16", text="No offer covers this recording")
    erase = ("data", "erase", recording["recording"], "--yes", "--as", "second")
    refused(shared, *erase, code="recording/7", text="no such recording of yours")


def test_a_life_is_told_as_it_was_taken(shared: Program, vehicle: str, paper: str) -> None:
    digest = hashlib.sha256(b"what was agreed").hexdigest()
    evidence = ("--evidence", paper)
    refused(shared, "vehicle", "show", vehicle, code="cli/60", text="This vehicle has no life here.")
    refused(shared, "vehicle", "history", vehicle, code="cli/60", text="This vehicle has no life here.")
    made = shared.json("vehicle", "make", vehicle, "--odometer", "0", *evidence)
    assert (made["step"], made["number"], made["evidence"]) == ("made", 1, digest)
    shared.json("vehicle", "enter-service", vehicle, *evidence)
    shared.json("vehicle", "approve-software", "GXC R155", "1.7", "--approval", "E1*155R00")
    update = ("vehicle", "update-software", vehicle, "GXC R155")
    refused(shared, *update, "1.8", code="vehicles/18", text="not approved")
    shared.json(*update, "1.7", "--campaign", "spring")
    shared.json("vehicle", "odometer", vehicle, "10.25", *evidence)
    refused(shared, "vehicle", "odometer", vehicle, "10.2", *evidence, code="vehicles/10", text="never goes back")
    recalled = shared.json("vehicle", "recall", "R-1", vehicle, *evidence)
    assert recalled["vehicles"] == [vehicle]
    assert "R-1" in shared("vehicle", "show", vehicle).out
    shared.json("vehicle", "repair", vehicle, "--odometer", "20", *evidence, "--campaign", "R-1")
    shared.json("vehicle", "modify", vehicle, "--odometer", "20.001", *evidence, "--approval", "A-9")
    steps = shared.json("vehicle", "history", vehicle)["steps"]
    assert [(step["step"], step["odometer_m"]) for step in steps] == [
        ("made", 0),
        ("registered", None),
        ("software_updated", None),
        ("odometer_stated", 10_250),
        ("recalled", None),
        ("repaired", 20_000),
        ("modified", 20_001),
    ]
    assert [step["evidence"] for step in steps] == [digest, digest, None, digest, digest, digest, digest]
    shown = shared.json("vehicle", "show", vehicle)
    assert (shown["stage"], shown["odometer_m"], shown["recalls"], shown["steps"]) == ("owned", 20_001, [], 7)
    assert [(each["RXSWIN"], each["version"]) for each in shown["software"]] == [("GXC R155", "1.7")]
    table = shared("vehicle", "history", vehicle).out
    assert "workshop, owner" in table
    assert "20.001" in table


def test_a_security_event_goes_its_way(shared: Program, vehicle: str, paper: str) -> None:
    evidence = ("--evidence", paper)
    shared.json("vehicle", "make", vehicle, "--odometer", "1", *evidence)
    shared.json("vehicle", "security", "report", vehicle, *evidence)
    fix = ("vehicle", "security", "fix", vehicle, "1", *evidence)
    refused(shared, *fix, code="vehicles/20", text="in this order")
    shared.json("vehicle", "security", "triage", vehicle, "1", "high")
    shared.json(*fix)
    shared.json("vehicle", "security", "notify", vehicle, "1", *evidence)
    (event,) = shared.json("vehicle", "show", vehicle)["security_events"]
    assert (event["number"], event["stage"], event["severity"]) == (1, "notified", "high")
    assert shared("vehicle", "security", "triage", vehicle, "1", "awful").code == 2


def test_a_scrapped_vehicle_does_nothing_any_more(shared: Program, vehicle: str, paper: str) -> None:
    evidence = ("--evidence", paper)
    shared.json("vehicle", "make", vehicle, "--odometer", "1", *evidence)
    scrap = ("vehicle", "scrap", vehicle, "--odometer", "2", *evidence)
    refused(shared, *scrap, code="cli/8", text="not confirmed")
    shared.json(*scrap, "--yes")
    assert shared.json("vehicle", "show", vehicle)["stage"] == "scrapped"
    assert shared.json("account", "show", vehicle)["active"] is False
    refused(shared, "vehicle", "odometer", vehicle, "3", *evidence, code="vehicles/8", text="This device is scrapped.")


def test_what_stands_for_a_paper_or_an_odometer_and_is_none_is_refused(
    shared: Program, vehicle: str, paper: str, tmp_path: Path
) -> None:
    words = ("vehicle", "make", vehicle, "--odometer")
    refused(shared, *words, "1", "--evidence", str(tmp_path / "gone"), code="cli/63", text="This paper can't be read.")
    refused(shared, *words, "1", "--evidence", str(tmp_path), code="cli/63", text="This paper can't be read.")
    for wrong in ("12,5", "1e3", "far", "1.2345", "123456789", "٣"):
        refused(shared, *words, wrong, "--evidence", paper, code="cli/61", text="not what an odometer shows")
    many = [f"did:acc:{'a' * 29}{one}{two}a" for one in "abcdefgh" for two in "abcdefghi"]
    recall = ("vehicle", "recall", "R", *many, "--evidence", paper)
    refused(shared, *recall, code="cli/67", text="more vehicles than one recall takes")


def test_kilometres_are_read_and_written_to_the_metre() -> None:
    for text, distance_m in (("0", 0), ("48210", 48_210_000), ("48210.5", 48_210_500), ("1.001", 1_001)):
        assert metres(text) == distance_m
    assert [km_text(m) for m in (0, 1_000, 48_210_500, 10_001)] == ["0 km", "1 km", "48,210.5 km", "10.001 km"]
    with pytest.raises(Refusal):
        metres("-1")


def test_the_severities_are_the_contract_s() -> None:
    assert get_args(SeverityName) == SEVERITIES
