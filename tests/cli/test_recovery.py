"""Losing a key is not losing a car: what its holder, its guardians and time do, by the commands alone."""

from __future__ import annotations

import shlex
from functools import partial
from typing import Any

import pytest

from autochain import network
from autochain.network import now_ms, open_network
from cli.program import Program, refused

HOUR_MS = 3_600_000
GUARDIANS = ("second", "stranger", "buyer-2")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets the network's clock go on by some hours for the commands that follow."""

    def wait(hours: int) -> None:
        monkeypatch.setattr(network, "open_network", partial(open_network, clock=lambda: now_ms() + hours * HOUR_MS))

    return wait


def guarded_owner(shared: Program) -> dict[str, Any]:
    """Lets three parties guard the owner, and gives who that is."""
    told = shared.json("account", "set-guardians", *GUARDIANS, "--delay-hours", "1")
    assert (told["guardians"], told["must_agree"], told["delay_hours"]) == (list(GUARDIANS), "2 of 3", 1)
    return shared.json("account", "show", "owner")


def run(shared: Program, line: str, guardian: str) -> dict[str, Any]:
    """Runs a command as it was printed for guardians."""
    _, *words = shlex.split(line.replace("GUARDIAN", guardian))
    return shared.json(*words)


def test_losing_a_key_is_not_losing_a_car(shared: Program, later: Any) -> None:
    before = guarded_owner(shared)
    did = before["did"]
    recording = shared.json("recording", "list", "--owner", "owner")["recordings"][0]
    (shared.home / "parties" / "owner" / "wallet.json").unlink()
    refused(shared, "transfer", "buyer", "1", code="wallet/1", text="There is no such party here.")

    guide = shared.json("account", "recover", did, "--new-wallet", "owner")
    assert (guide["guardians"], guide["must_agree"], guide["delay_hours"]) == (list(GUARDIANS), 2, 1)
    assert shared.json("account", "recover", did, "--new-wallet", "owner") == guide, "asked again, it says the same"
    told = shared("account", "recover", did, "--new-wallet", "owner").out
    assert guide["each_guardian_runs"] in told
    assert guide["word"] in told
    assert run(shared, guide["each_guardian_runs"], "second")["recovery"] is None
    asked = run(shared, guide["each_guardian_runs"], "stranger")
    assert asked["word"] == guide["word"]
    assert asked["recovery"] == f"to {guide['word']}"
    complete = ("account", "complete-recovery", did, "--as", "stranger")
    refused(shared, *complete, code="identity/17", text="The holder may still object")

    later(2)
    assert run(shared, guide["then_anybody_runs"], "stranger")["wallet"] == "owner"
    after = shared.json("account", "show", "owner")
    assert {name: after[name] for name in ("did", "kind", "active", "registered", "balance_uacc")} == {
        name: before[name] for name in ("did", "kind", "active", "registered", "balance_uacc")
    }
    assert after["version"] == before["version"] + 1
    assert shared.json("transfer", "buyer", "1")["from"] == did
    assert shared.json("account", "show", recording["vehicle"])["controller"] == did

    # The recording is the owner's still: it grants a reader what the committee's keys open.
    grant = ("consent", "grant", "buyer-2", recording["vehicle"], "--purpose", "research", "--category", "motion")
    shared.json(*grant, "--price", "0.1")
    read = ("recording", "read", recording["recording"], "--purpose", "research", "--category", "motion")
    assert shared.json(*read, "--as", "buyer-2")["readings"]
    # It may be a reader itself, and has its own readings again.
    shared.json(*grant[:2], "owner", *grant[3:], "--price", "0")
    assert shared.json(*read, "--as", "owner")["readings"]
    # Lost is what was sealed to the former wallet alone: the owner's own copies of these keys.
    out = shared.home / "mine.zip"
    exported = shared("data", "export", str(out), "--format", "json")
    assert (exported.code, bool(exported.answer["missing"])) == (1, True)
    assert shared.json("account", "recover", recording["vehicle"])["recovered"] is True, "it has the car still"


def test_the_holder_objects_and_nothing_has_changed(shared: Program, later: Any) -> None:
    before = guarded_owner(shared)
    guide = shared.json("account", "recover", before["did"], "--new-wallet", "thief")
    for guardian in GUARDIANS[:2]:
        run(shared, guide["each_guardian_runs"], guardian)
    assert shared.json("account", "show", "owner")["recovery"] == f"to {guide['word']}"
    assert shared.json("account", "reject-recovery")["recovery"] == "rejected"
    later(2)
    refused(shared, "account", "complete-recovery", before["did"], code="identity/16", text="No recovery of this DID")
    assert shared.json("account", "keys", "owner")["version"] == before["version"]
    refused(shared, "account", "reject-recovery", code="identity/16", text="No recovery of this DID")


def test_what_is_wrong_with_a_recovery_is_said_in_words(shared: Program) -> None:
    owner = guarded_owner(shared)["did"]
    second = shared.json("account", "show", "second")["did"]
    guide = shared.json("account", "recover", owner, "--new-wallet", "owner")
    request = shlex.split(guide["each_guardian_runs"])[5]
    for words, code, text in (
        ((owner, "--request", request, "--as", "buyer"), "identity/15", "You are no guardian"),
        ((second, "--request", request, "--as", "stranger"), "cli/71", "it is for did:acc:"),
        ((owner, "--request", request[:-8], "--as", "stranger"), "cli/71", "This is not what"),
        ((owner, "--request", "ö" * 9, "--as", "stranger"), "cli/71", "This is not what"),
        ((owner, "--request", "A" * 12_001, "--as", "stranger"), "cli/71", "12001 characters"),
        ((owner,), "cli/73", "It is not said what to do."),
        ((owner, "--request", request, "--new-wallet", "other"), "cli/73", "It is not said what to do."),
        ((second, "--new-wallet", "second"), "network/23", "Nobody guards this account."),
        ((owner, "--new-wallet", "second"), "network/22", "The party of this name has another account."),
    ):
        refused(shared, "account", "recover", *words, code=code, text=text)
    for named, code, text in (
        ((), "cli/72", "It is not said who guards"),
        (("second", "--none"), "cli/72", "It is not said who guards"),
        (("second", "stranger", "--agree", "1"), "identity/13", "These guardians can't be"),
        (("owner",), "identity/13", "These guardians can't be"),
        (("second", "--as", "buyer-9"), "wallet/1", "There is no such party"),
    ):
        refused(shared, "account", "set-guardians", *named, code=code, text=text)
    told = shared("account", "guardians", "owner").out
    assert "second, stranger, buyer-2" in told
    come = shared.json("account", "set-guardians", "second")
    assert come["guardians_to_come"] == ["second"]


def test_a_vehicle_gets_new_keys_from_its_owner_at_once(shared: Program) -> None:
    vehicle = shared.json("recording", "list", "--owner", "owner")["recordings"][0]["vehicle"]
    before = shared.json("account", "keys", vehicle)
    assert shared.json("account", "recover", vehicle)["recovered"] is True
    after = shared.json("account", "keys", vehicle)
    assert after["keys"] != before["keys"]
    assert (after["version"], after["lie_here"], len(after["versions"])) == (2, True, 2)
    refused(shared, "account", "recover", vehicle, "--as", "second", code="identity/15", text="You are no guardian")
