"""Tests of `consent explain`: whether a reader may read, and what would be needed."""

from __future__ import annotations

import pytest

from cli.program import Program, refused


@pytest.fixture
def first(shared: Program) -> str:
    found: str = shared.json("recording", "list", "--owner", "owner")["recordings"][0]["recording"]
    return found


def test_what_a_consent_covers_is_allowed_and_then_read(shared: Program, first: str) -> None:
    words = (first, "--purpose", "research", "--category", "motion")
    told = shared.json("consent", "explain", *words)
    assert told["allowed"] is True
    # Of each consent it is said: one covers the recording, the others are for other vehicles or owners.
    assert sorted(each["allowed"] for each in told["consents"]) == [False, False, True]
    (covering,) = [each for each in told["consents"] if each["allowed"]]
    assert (covering["why"], covering["needed"]) == ("it covers this reading", "")
    others = {each["why"] for each in told["consents"] if not each["allowed"]}
    assert others == {"The consent does not cover this recording."}
    assert shared("consent", "explain", *words).out.endswith("\nallowed\n")
    assert shared("recording", "read", *words).code == 0


@pytest.mark.parametrize(
    ("changed", "why", "needed"),
    [
        (("--purpose", "resale"), "The consent is for another purpose. (insurance, not resale)", "Read for its"),
        (("--category", "energy"), "The consent does not cover this category. (energy)", "Leave the category out"),
        (("--precision", "exact"), "The consent does not allow so precise a reading. (coarse", "Read at its"),
    ],
)
def test_what_is_not_covered_is_told_with_what_would_be_needed_and_refused_the_same_way(
    shared: Program, first: str, changed: tuple[str, str], why: str, needed: str
) -> None:
    for each in shared.json("consent", "list")["consents"]:
        shared.json("consent", "revoke", each["consent"])
    vehicle = shared.json("recording", "show", first)["vehicle"]
    terms = {"--purpose": "insurance", "--category": "motion", "--precision": "coarse"}
    granted = shared.json("consent", "grant", "buyer", vehicle, *(word for pair in terms.items() for word in pair))
    words = (first, *(word for pair in (terms | dict([changed])).items() for word in pair))
    told = shared.json("consent", "explain", *words)
    assert told["allowed"] is False
    (nearest,) = [each for each in told["consents"] if each["consent"] == granted["consent"]]
    assert nearest["why"].startswith(why)
    assert nearest["needed"].startswith(needed)
    table = shared("consent", "explain", *words).out
    assert table.endswith("\nnot allowed\n")
    assert nearest["why"] in table
    assert why in shared("recording", "read", *words).err


def test_a_consent_that_was_revoked_says_so(shared: Program, first: str) -> None:
    for each in shared.json("consent", "list")["consents"]:
        shared.json("consent", "revoke", each["consent"])
    told = shared.json("consent", "explain", first, "--purpose", "research", "--category", "motion")
    assert told["allowed"] is False
    assert [each["why"] for each in told["consents"]].count("The consent was revoked or has expired.") == 2


def test_who_has_no_consent_is_told_to_ask_for_one(shared: Program, first: str) -> None:
    words = ("consent", "explain", first, "--purpose", "research", "--category", "motion", "--as", "stranger")
    assert shared.json(*words) == {"allowed": False, "consents": []}
    told = shared(*words)
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines() == [
        "There is no consent for this reader. Ask the recording's owner for one.",
        "not allowed",
    ]


def test_what_the_recording_does_not_hold_is_not_called_allowed(shared: Program, first: str) -> None:
    parts = {(part["category"], part["precision"]) for part in shared.json("recording", "show", first)["parts"]}
    assert ("position", "aggregate") not in parts
    words = (first, "--purpose", "research", "--category", "position", "--precision", "aggregate")
    refused(shared, "consent", "explain", *words, code="network/12", text="The recording has no such part.")


def test_a_recording_that_is_not_there_can_not_be_explained(shared: Program) -> None:
    words = ("--purpose", "research", "--category", "motion")
    refused(shared, "consent", "explain", "00" * 20, *words, code="network/7", text="there is no such recording")
    refused(shared, "consent", "explain", "000000", *words, code="cli/3", text="There is no such recording.")
