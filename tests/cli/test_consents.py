"""Tests of granting consents: what they cover when nothing else is said."""

from __future__ import annotations

from autochain.cli.words import time_ms
from cli.program import Program

DAY_MS = 24 * 3_600_000


def test_a_consent_covers_recordings_until_it_ends_unless_it_is_said_otherwise(shared: Program) -> None:
    vehicle = shared.json("recording", "list", "--owner", "owner")["recordings"][0]["vehicle"]
    words = ("consent", "grant", "buyer", vehicle, "--purpose", "insurance", "--category", "motion", "--days", "90")
    granted = shared.json(*words)
    shared.json(*words, "--until", "2026-01-02")
    consents = [each for each in shared.json("consent", "list")["consents"] if each["purpose"] == "insurance"]
    (whole,) = [each for each in consents if each["consent"] == granted["consent"]]
    (said,) = [each for each in consents if each is not whole]
    assert whole["until"] == whole["expires"] == granted["expires"]
    assert 0 <= time_ms(whole["expires"]) - time_ms(whole["granted"]) - 90 * DAY_MS < 60_000
    assert said["until"] == "2026-01-02 00:00:00"
