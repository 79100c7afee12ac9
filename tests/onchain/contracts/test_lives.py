"""Lives of devices: whatever parties do in whatever order, each life is exactly what a small model of it says.

The model keeps who owns what, what was stated last and who may do what, in plain records and without looking at the
chain's state. No sequence gives a shrinking odometer, two owners, a scrapped device to which something happens, or a
step by one who may not take it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from autochain.onchain.contracts.credentials import Attest, Role, Withdraw
from autochain.onchain.contracts.identity import HandOver, Revoke
from autochain.onchain.contracts.vehicles import (
    ApproveSoftware,
    EnterService,
    FixSecurityEvent,
    GetPassport,
    Make,
    Modify,
    NotifySecurityEvent,
    Recall,
    Repair,
    ReportSecurityEvent,
    Scrap,
    Sell,
    StateOdometer,
    TriageSecurityEvent,
    UpdateSoftware,
)
from autochain.onchain.ledger import Message, interfaces
from chains import Harness, Party

from .living import pick, which, wrongly

PAPERS = bytes(32)
PEOPLE: dict[str, Role | None] = {
    "works": "maker",
    "rival": "maker",
    "registry": "registration_authority",
    "garage": "workshop",
    "approver": "approval_authority",
    "breaker": "dismantler",
    "ada": None,
    "ben": None,
}
RXSWINS, VERSIONS, CAMPAIGNS = ("R79", "R155"), ("1", "2"), ("brakes", "belts")
further = st.sampled_from([0, 1, 1_000, -1])
"""How much further than the last statement an odometer says that a device has travelled."""
cosigner = st.sampled_from(["right", "right", "right", "right", "nobody", "other"])
ORDER = ("reported", "triaged", "fixed", "notified")


@dataclass
class Device:
    """A device, and its life where it has one."""

    party: Party
    owner: Party
    maker: Party | None = None
    stage: str = "unmade"
    odometer_m: int = 0
    steps: int = 0
    recalls: set[str] = field(default_factory=set)
    software: dict[str, str] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    is_active: bool = True

    @property
    def lives(self) -> bool:
        return self.stage in ("made", "registered", "owned")


class Lives(RuleBasedStateMachine):
    """Parties that take every step of every life, right and wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.harness = Harness()
        self.people: dict[str, Party] = {}
        self.roles: set[tuple[Party, Role]] = set()
        self.devices: list[Device] = []
        self.approved: set[tuple[Party, str, str]] = set()

    @initialize()
    def all_come(self) -> None:
        for name, role in PEOPLE.items():
            self.people[name] = self.harness.register(name, "organisation")
            if role:
                self.harness.do(self.harness.treasury, Attest(self.people[name].account, role))
                self.roles.add((self.people[name], role))
        for owner in ("works", "works", "ada"):
            self.a_device_comes(list(PEOPLE).index(owner))
        self.approved_software("approver", "works", "R79", "1")
        self.somebody_makes(0, False, 0, "right", 3)
        self.somebody_makes(2, False, 0, "right", 3)

    def anybody(self, at: int) -> Party:
        return pick([*self.people.values(), *(device.party for device in self.devices)], at)

    def attempt(self, expected: bool, sender: Party, message: Message, payer: Party | None = None) -> bool:
        """Sends, and sees that it happened exactly when the model expects it."""
        ended = {device.party for device in self.devices if not device.is_active}
        expected = expected and sender not in ended and payer not in ended
        result = self.harness.send(sender, message, payer=payer)
        assert (result.code == 0) == expected, f"{message}: {result.text or 'it happened, and must not'}"
        return expected

    def choose(self, device: int, right: Any, wrong: bool, who: int) -> tuple[Device, Party]:
        """Gives a device and who tries: one who may, by name or as a function of the device, or anybody."""
        chosen = pick(self.devices, device)
        may = right(chosen) if callable(right) else self.people[right]
        return chosen, self.anybody(who) if wrong or may is None else may

    def co_signs(self, how: str, right: Party | None, who: int) -> Party | None:
        return {"right": right, "nobody": None, "other": self.anybody(who)}[how]

    def step(self, device: Device, further: int | None = None) -> None:
        device.steps += 1
        device.odometer_m += further or 0

    @precondition(lambda self: len(self.devices) < 6)
    @rule(owner=st.integers(0, len(PEOPLE) - 1))
    def a_device_comes(self, owner: int) -> None:
        controller = pick(self.people.values(), owner)
        party = self.harness.register(f"device {len(self.devices)}", "device", controller=controller)
        self.devices.append(Device(party, controller))

    @rule(name=st.sampled_from([name for name, role in PEOPLE.items() if role]), again=st.booleans())
    def a_role_changes(self, name: str, again: bool) -> None:
        party, role = self.people[name], PEOPLE[name]
        assert role
        holds = (party, role) in self.roles
        if again and not holds:
            self.harness.do(self.harness.treasury, Attest(party.account, role))
            self.roles.add((party, role))
        elif not again and holds:
            self.harness.do(self.harness.treasury, Withdraw(party.account, role))
            self.roles.remove((party, role))

    @rule(device=which, wrong=wrongly, who=which, how=cosigner, odometer_m=st.integers(0, 3))
    def somebody_makes(self, device: int, wrong: bool, who: int, how: str, odometer_m: int) -> None:
        chosen, sender = self.choose(device, lambda chosen: chosen.owner, wrong, who)
        payer = self.co_signs(how, None if sender is self.people["works"] else self.people["works"], who)
        maker = payer or sender
        may = sender is chosen.owner and (maker, "maker") in self.roles
        message = Make(chosen.party.account, PAPERS, odometer_m)
        if self.attempt(may and chosen.stage == "unmade" and chosen.is_active, sender, message, payer):
            chosen.maker, chosen.stage, chosen.odometer_m = maker, "made", odometer_m
            self.step(chosen)

    @rule(device=which, wrong=wrongly, who=which)
    def somebody_takes_into_service(self, device: int, wrong: bool, who: int) -> None:
        chosen, sender = self.choose(device, "registry", wrong, who)
        may = (sender, "registration_authority") in self.roles
        if self.attempt(may and chosen.stage == "made", sender, EnterService(chosen.party.account, PAPERS)):
            chosen.stage = "registered" if chosen.owner is chosen.maker else "owned"
            self.step(chosen)

    @rule(device=which, wrong=wrongly, who=which, how=cosigner, to=st.sampled_from(list(PEOPLE)), further=further)
    def somebody_sells(self, device: int, wrong: bool, who: int, how: str, to: str, further: int) -> None:
        chosen, sender = self.choose(device, lambda chosen: chosen.owner, wrong, who)
        taker = self.co_signs(how, self.people[to], who)
        odometer_m = max(0, chosen.odometer_m + further)
        further = odometer_m - chosen.odometer_m
        may = sender is chosen.owner and taker not in (None, sender) and taker in self.people.values()
        message = Sell(chosen.party.account, odometer_m, PAPERS)
        if self.attempt(may and chosen.lives and further >= 0, sender, message, taker):
            assert taker
            chosen.owner = taker
            chosen.stage = "owned" if chosen.stage == "registered" else chosen.stage
            self.step(chosen, further)

    @rule(device=which, by=st.sampled_from(["device", "owner", "registry"]), wrong=wrongly, who=which, further=further)
    def somebody_states_the_odometer(self, device: int, by: str, wrong: bool, who: int, further: int) -> None:
        right = {"device": lambda it: it.party, "owner": lambda it: it.owner}.get(by, "registry")
        chosen, sender = self.choose(device, right, wrong, who)
        odometer_m = max(0, chosen.odometer_m + further)
        further = odometer_m - chosen.odometer_m
        may = sender in (chosen.party, chosen.owner) or (sender, "registration_authority") in self.roles
        message = StateOdometer(chosen.party.account, odometer_m, PAPERS)
        if self.attempt(may and chosen.lives and further >= 0, sender, message):
            self.step(chosen, further)

    @rule(
        device=which,
        wrong=wrongly,
        who=which,
        how=cosigner,
        further=further,
        campaign=st.sampled_from([*CAMPAIGNS, None]),
        modifies=wrongly,
    )
    def somebody_repairs(
        self, device: int, wrong: bool, who: int, how: str, further: int, campaign: str | None, modifies: bool
    ) -> None:
        chosen, sender = self.choose(device, "garage", wrong, who)
        payer = self.co_signs(how, None if sender is chosen.owner else chosen.owner, who)
        odometer_m = max(0, chosen.odometer_m + further)
        further = odometer_m - chosen.odometer_m
        may = (sender, "workshop") in self.roles and chosen.owner in (sender, payer)
        message: Message = Repair(chosen.party.account, odometer_m, PAPERS, campaign)
        can = campaign is None or campaign in chosen.recalls
        if modifies:
            message, campaign, can = Modify(chosen.party.account, odometer_m, PAPERS, "E1"), None, True
        if self.attempt(may and can and chosen.lives and further >= 0, sender, message, payer):
            chosen.recalls.discard(campaign or "")
            self.step(chosen, further)

    @rule(devices=st.sets(which, min_size=1, max_size=3), wrong=wrongly, who=which, campaign=st.sampled_from(CAMPAIGNS))
    def somebody_recalls(self, devices: set[int], wrong: bool, who: int, campaign: str) -> None:
        chosen = list({at % len(self.devices): pick(self.devices, at) for at in sorted(devices)}.values())
        _, sender = self.choose(min(devices), lambda it: it.maker, wrong, who)
        may = all(it.lives and it.maker is sender and campaign not in it.recalls for it in chosen)
        names = tuple(sorted(it.party.account for it in chosen))
        if self.attempt(may, sender, Recall(names, campaign, PAPERS)):
            for it in chosen:
                it.recalls.add(campaign)
                self.step(it)

    @rule(
        by=st.sampled_from(["approver", "approver", "approver", "works", "ada"]),
        maker=st.sampled_from(["works", "rival"]),
        rxswin=st.sampled_from(RXSWINS),
        version=st.sampled_from(VERSIONS),
    )
    def approved_software(self, by: str, maker: str, rxswin: str, version: str) -> None:
        sender, made_by = self.people[by], self.people[maker]
        new = (made_by, rxswin, version) not in self.approved
        may = (sender, "approval_authority") in self.roles
        if self.attempt(may and new, sender, ApproveSoftware(made_by.account, rxswin, version, "E1")):
            self.approved.add((made_by, rxswin, version))

    @rule(
        device=which,
        by_maker=st.booleans(),
        wrong=wrongly,
        who=which,
        rxswin=st.sampled_from(RXSWINS),
        version=st.sampled_from(VERSIONS),
    )
    def somebody_updates(self, device: int, by_maker: bool, wrong: bool, who: int, rxswin: str, version: str) -> None:
        chosen, sender = self.choose(device, lambda it: it.maker if by_maker else it.party, wrong, who)
        may = sender in (chosen.party, chosen.maker)
        can = chosen.lives and chosen.maker is not None and (chosen.maker, rxswin, version) in self.approved
        if self.attempt(may and can, sender, UpdateSoftware(chosen.party.account, rxswin, version)):
            chosen.software[rxswin] = version
            self.step(chosen)

    @rule(device=which, by=st.integers(0, 2), wrong=wrongly, who=which)
    def somebody_reports(self, device: int, by: int, wrong: bool, who: int) -> None:
        chosen, sender = self.choose(device, lambda it: (it.party, it.owner, it.maker)[by], wrong, who)
        may = sender in (chosen.party, chosen.owner, chosen.maker)
        if self.attempt(may and chosen.lives, sender, ReportSecurityEvent(chosen.party.account, PAPERS)):
            chosen.events.append("reported")
            self.step(chosen)

    @rule(device=which, number=st.integers(0, 3), to=st.sampled_from(ORDER[1:]), wrong=wrongly, who=which)
    def somebody_handles_an_event(self, device: int, number: int, to: str, wrong: bool, who: int) -> None:
        chosen, sender = self.choose(device, lambda it: it.maker, wrong, who)
        name = chosen.party.account
        message = {
            "triaged": TriageSecurityEvent(name, number, "low"),
            "fixed": FixSecurityEvent(name, number, PAPERS),
            "notified": NotifySecurityEvent(name, number, PAPERS),
        }[to]
        is_next = 0 < number <= len(chosen.events) and ORDER[ORDER.index(to) - 1] == chosen.events[number - 1]
        if self.attempt(chosen.lives and sender is chosen.maker and is_next, sender, message):
            chosen.events[number - 1] = to
            self.step(chosen)

    @rule(device=which, wrong=wrongly, who=which, how=cosigner, further=further, really=wrongly)
    def somebody_scraps(self, device: int, wrong: bool, who: int, how: str, further: int, really: bool) -> None:
        chosen, sender = self.choose(device, lambda it: it.owner, wrong, who)
        breaker = self.people["breaker" if really else "ben"]
        payer = self.co_signs(how, None if sender is breaker else breaker, who)
        odometer_m = max(0, chosen.odometer_m + further)
        further = odometer_m - chosen.odometer_m
        may = sender is chosen.owner and (payer or sender, "dismantler") in self.roles
        message = Scrap(chosen.party.account, odometer_m, PAPERS)
        if self.attempt(may and chosen.lives and further >= 0, sender, message, payer):
            chosen.stage, chosen.is_active = "scrapped", False
            self.step(chosen, further)

    @rule(device=which, ends=wrongly, by_itself=wrongly, to=st.sampled_from(["ada", "ben"]))
    def somebody_goes_past_the_life(self, device: int, ends: bool, by_itself: bool, to: str) -> None:
        """A device is handed over or revoked by `identity`, which does so only before its life begins."""
        chosen = pick(self.devices, device)
        sender, taker = chosen.party if by_itself else chosen.owner, self.people[to]
        if ends:
            # Its owner may revoke it again, which changes nothing.
            if self.attempt(chosen.stage == "unmade", sender, Revoke(chosen.party.account)):
                chosen.is_active = False
            return
        may = chosen.stage == "unmade" and chosen.is_active and not by_itself and taker is not sender
        if self.attempt(may, sender, HandOver(chosen.party.account), taker):
            chosen.owner = taker

    @invariant()
    def each_life_is_what_the_model_says(self) -> None:
        for device in self.devices:
            account = self.harness.ask(interfaces.AccountOf(device.party.account))
            assert account is not None
            assert (account.owner, account.active) == (device.owner.account, device.is_active)
            passport = self.harness.ask(GetPassport(device.party.account))
            if device.maker is None:
                assert passport is None
                continue
            assert passport is not None
            life = passport.life
            assert (passport.owner, life.maker) == (device.owner.account, device.maker.account)
            assert (life.stage, life.odometer_m, life.steps) == (device.stage, device.odometer_m, device.steps)
            assert {name for name, _ in passport.recalls} == device.recalls
            assert {name: software.version for name, software in passport.software} == device.software
            assert [event.stage for event in passport.security_events] == device.events
            assert len(passport.steps) == device.steps


def test_whatever_parties_do_each_life_is_what_a_model_says() -> None:
    run_state_machine_as_test(Lives, settings=settings(max_examples=30, stateful_step_count=50, deadline=None))


@pytest.mark.soak
def test_however_long_parties_go_on_each_life_is_what_a_model_says() -> None:
    run_state_machine_as_test(Lives, settings=settings(max_examples=200, stateful_step_count=150, deadline=None))
