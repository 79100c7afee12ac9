"""Vehicles: the software of a device after UN R156, and its security events after UN R155."""

from __future__ import annotations

import pytest
from chains.garage import PAPERS, RXSWIN, Garage
from msgspec.structs import replace

from autochain.onchain.contracts.vehicles import (
    EVENTS_PAGE,
    MAX_RXSWINS,
    Approval,
    ApproveSoftware,
    FixSecurityEvent,
    GetApproval,
    GetHistory,
    GetPassport,
    ListSecurityEvents,
    NotifySecurityEvent,
    ReportSecurityEvent,
    SecurityEvent,
    Software,
    SoftwareApproved,
    Step,
    TriageSecurityEvent,
    UpdateSoftware,
    errors,
)
from autochain.onchain.crypto import sha256

OTHER_PAPERS = sha256(b"other papers")


@pytest.fixture
def garage() -> Garage:
    return Garage()


@pytest.fixture
def driven() -> Garage:
    """A car that its first owner has, with 12 m on the odometer."""
    garage = Garage()
    garage.bring_to_owner()
    return garage


def test_software_is_approved_once_by_an_approval_authority(garage: Garage) -> None:
    maker = garage.maker.account
    approve = ApproveSoftware(maker, RXSWIN, "1.0", "E1*79*2026")
    for party in (garage.maker, garage.registry, garage.owner):
        garage.harness.refuses(errors.ROLE_LACKING, party, approve)
    assert garage.harness.do(garage.approver, approve) == (
        SoftwareApproved(maker, RXSWIN, "1.0", garage.approver.account),
    )
    approval = Approval(garage.approver.account, "E1*79*2026", garage.harness.now_ms)
    assert garage.harness.ask(GetApproval(maker, RXSWIN, "1.0")) == approval
    assert garage.harness.ask(GetApproval(maker, RXSWIN, "1.1")) is None
    garage.harness.refuses(errors.ALREADY_APPROVED, garage.approver, approve)


@pytest.mark.parametrize("who", ["car", "maker"])
def test_device_and_maker_state_software_that_is_approved(driven: Garage, who: str) -> None:
    party, car = getattr(driven, who), driven.car.account
    update = UpdateSoftware(car, RXSWIN, "1.0", "ota-7")
    driven.harness.refuses(errors.NOT_APPROVED, party, update)
    driven.approve("1.0")
    driven.harness.do(party, update)
    step = Step("software_updated", party.account, None, driven.harness.now_ms)
    assert driven.last == replace(step, campaign="ota-7", reference=RXSWIN, detail="1.0")
    passport = driven.harness.ask(GetPassport(car))
    assert passport is not None
    assert passport.software == ((RXSWIN, Software("1.0", "E1*79*2026", "ota-7", driven.harness.now_ms)),)


def test_nobody_else_states_software_and_an_approval_is_for_one_maker(driven: Garage) -> None:
    harness, car = driven.harness, driven.car.account
    driven.approve("1.0")
    for party in (driven.owner, driven.workshop, driven.approver, driven.buyer):
        harness.refuses(errors.NOT_YOURS, party, UpdateSoftware(car, RXSWIN, "1.0"))
    harness.do(driven.approver, ApproveSoftware(driven.buyer.account, RXSWIN, "2.0", "E1"))
    harness.refuses(errors.NOT_APPROVED, driven.car, UpdateSoftware(car, RXSWIN, "2.0"))


def test_an_update_replaces_the_version_under_its_rxswin_and_a_device_has_64_of_them(driven: Garage) -> None:
    harness, car = driven.harness, driven.car
    for number in range(MAX_RXSWINS + 1):
        driven.approve("1", f"R{number}")
    driven.approve("2", "R0")
    for number in range(0, MAX_RXSWINS, 16):
        harness.do(car, *[UpdateSoftware(car.account, f"R{number + at}", "1") for at in range(16)])
    harness.refuses(errors.TOO_MANY, car, UpdateSoftware(car.account, f"R{MAX_RXSWINS}", "1"))
    harness.do(car, UpdateSoftware(car.account, "R0", "2"))
    assert driven.life.rxswins == MAX_RXSWINS


@pytest.mark.parametrize("who", ["car", "owner", "maker"])
def test_a_security_event_goes_from_report_to_notification(driven: Garage, who: str) -> None:
    harness, car, maker, reporter = driven.harness, driven.car.account, driven.maker, getattr(driven, who)
    harness.do(reporter, ReportSecurityEvent(car, PAPERS))
    reported_ms = harness.now_ms
    event = SecurityEvent("reported", reporter.account, reported_ms, PAPERS, changed_ms=reported_ms)
    assert harness.ask(ListSecurityEvents(car)) == (event,)
    harness.do(maker, TriageSecurityEvent(car, 1, "high"))
    assert (driven.last.reference, driven.last.detail) == ("1", "high")
    harness.do(maker, FixSecurityEvent(car, 1, OTHER_PAPERS))
    harness.do(maker, NotifySecurityEvent(car, 1, PAPERS))
    done = replace(event, stage="notified", severity="high", fix=OTHER_PAPERS, notification=PAPERS)
    assert harness.ask(ListSecurityEvents(car)) == (replace(done, changed_ms=harness.now_ms),)
    kinds = [step.kind for step in harness.ask(GetHistory(car, 3))]
    assert kinds == ["event_reported", "event_triaged", "event_fixed", "event_notified"]


def test_others_neither_report_nor_handle_security_events(driven: Garage) -> None:
    harness, car = driven.harness, driven.car.account
    for party in (driven.workshop, driven.registry, driven.buyer):
        harness.refuses(errors.NOT_YOURS, party, ReportSecurityEvent(car, PAPERS))
    driven.report()
    for party in (driven.car, driven.owner, driven.workshop):
        harness.refuses(errors.NOT_YOURS, party, TriageSecurityEvent(car, 1, "low"))
        harness.refuses(errors.NOT_YOURS, party, FixSecurityEvent(car, 1, PAPERS))
        harness.refuses(errors.NOT_YOURS, party, NotifySecurityEvent(car, 1, PAPERS))


def test_a_security_event_takes_no_step_twice_or_out_of_order(driven: Garage) -> None:
    harness, car, maker = driven.harness, driven.car.account, driven.maker
    triage, fix = TriageSecurityEvent(car, 1, "low"), FixSecurityEvent(car, 1, PAPERS)
    notify = NotifySecurityEvent(car, 1, PAPERS)
    for message in (triage, fix, notify):
        harness.refuses(errors.NO_SECURITY_EVENT, maker, message)
    driven.report()
    for right, wrong in ((triage, (fix, notify)), (fix, (triage, notify)), (notify, (triage, fix))):
        for message in wrong:
            harness.refuses(errors.OUT_OF_ORDER, maker, message)
        harness.do(maker, right)
    for message in (triage, fix, notify):
        harness.refuses(errors.OUT_OF_ORDER, maker, message)


def test_security_events_are_listed_in_pages(driven: Garage) -> None:
    car = driven.car.account
    for _ in range(EVENTS_PAGE // 20 + 1):
        driven.harness.do(driven.car, *[ReportSecurityEvent(car, PAPERS)] * 20)
    assert len(driven.harness.ask(ListSecurityEvents(car))) == EVENTS_PAGE
    assert len(driven.harness.ask(ListSecurityEvents(car, EVENTS_PAGE))) == 20
    passport = driven.harness.ask(GetPassport(car))
    assert passport is not None
    assert (len(passport.security_events), passport.life.security_events) == (EVENTS_PAGE, EVENTS_PAGE + 20)
