"""Vehicles: each step of a device's life, who may take it, and what the life is afterwards."""

from __future__ import annotations

import pytest
from chains.garage import KM, PAPERS, RXSWIN, Garage
from msgspec.structs import replace

from autochain.onchain import codec
from autochain.onchain.contracts import identity
from autochain.onchain.contracts.credentials import Attest, Withdraw
from autochain.onchain.contracts.vehicles import (
    LIVES,
    MAX_ODOMETER_M,
    MAX_OPEN_RECALLS,
    NO_STEPS,
    STEPS,
    STEPS_PAGE,
    ApproveSoftware,
    EnterService,
    FixSecurityEvent,
    GetHistory,
    GetLife,
    GetPassport,
    Life,
    ListSecurityEvents,
    Make,
    Modify,
    NotifySecurityEvent,
    OpenRecall,
    Recall,
    Repair,
    ReportSecurityEvent,
    Scrap,
    Sell,
    StateOdometer,
    Step,
    StepTaken,
    TriageSecurityEvent,
    UpdateSoftware,
    errors,
    extended,
)
from autochain.onchain.ledger import Message, interfaces
from autochain.onchain.ledger import errors as ledger
from autochain.onchain.ledger.state import MAX_VALUE_BYTES
from chains import Party


@pytest.fixture
def garage() -> Garage:
    return Garage()


@pytest.fixture
def driven() -> Garage:
    """A car that its first owner has, with 12 m on the odometer."""
    garage = Garage()
    garage.bring_to_owner()
    return garage


def owner_of(garage: Garage) -> bytes:
    account = garage.harness.ask(interfaces.AccountOf(garage.car.account))
    assert account is not None
    return account.owner


def test_a_maker_begins_the_life_of_a_device_that_it_controls(garage: Garage) -> None:
    maker, car = garage.maker.account, garage.car.account
    events = garage.harness.do(garage.maker, Make(car, PAPERS, 12))
    assert StepTaken(car, 1, "made", maker, None) in events
    step = Step("made", maker, None, garage.harness.now_ms, PAPERS, 12)
    assert garage.harness.ask(GetHistory(car)) == (step,)
    assert garage.life == Life(maker, "made", garage.harness.now_ms, 12, 1, extended(NO_STEPS, step))


def test_a_maker_co_signs_for_a_device_that_another_controls(garage: Garage) -> None:
    bike = garage.harness.register("bike", "device", controller=garage.owner)
    garage.harness.refuses(errors.NOT_YOURS, garage.maker, Make(bike.account, PAPERS, 0))
    garage.harness.refuses(errors.NOT_YOURS, garage.maker, Make(bike.account, PAPERS, 0), payer=garage.owner)
    garage.harness.refuses(errors.ROLE_LACKING, garage.owner, Make(bike.account, PAPERS, 0))
    garage.harness.refuses(errors.ROLE_LACKING, garage.owner, Make(bike.account, PAPERS, 0), payer=garage.workshop)
    garage.harness.do(garage.owner, Make(bike.account, PAPERS, 0), payer=garage.maker)
    life = garage.harness.ask(GetLife(bike.account))
    assert life is not None
    assert life.maker == garage.maker.account
    assert garage.harness.ask(GetHistory(bike.account))[0].agreed_by == garage.maker.account


def test_only_an_active_device_has_a_life_and_it_begins_once(garage: Garage) -> None:
    harness, maker = garage.harness, garage.maker
    for account in (bytes(20), maker.account, garage.owner.account):
        harness.refuses(errors.NOT_A_DEVICE, maker, Make(account, PAPERS, 0))
    gone = harness.register("gone", "device", controller=maker)
    harness.do(maker, identity.Revoke(gone.account))
    harness.refuses(errors.NOT_A_DEVICE, maker, Make(gone.account, PAPERS, 0))
    garage.make()
    harness.refuses(errors.ALREADY_MADE, maker, Make(garage.car.account, PAPERS, 0))


def test_a_maker_that_has_lost_its_role_makes_nothing_and_still_answers_for_what_it_made(garage: Garage) -> None:
    garage.make()
    second = garage.harness.register("second", "device", controller=garage.maker)
    garage.harness.do(garage.harness.treasury, Withdraw(garage.maker.account, "maker"))
    garage.harness.refuses(errors.ROLE_LACKING, garage.maker, Make(second.account, PAPERS, 0))
    garage.recall()
    assert garage.life.recalls_open == 1


def test_a_registration_authority_takes_a_device_into_service_once(garage: Garage) -> None:
    garage.make()
    enter = EnterService(garage.car.account, PAPERS)
    for party in (garage.maker, garage.car, garage.workshop, garage.owner):
        garage.harness.refuses(errors.ROLE_LACKING, party, enter)
    garage.harness.do(garage.registry, enter)
    assert garage.life.stage == "registered"
    garage.harness.refuses(errors.IN_SERVICE, garage.registry, enter)


def test_a_device_that_was_sold_before_it_enters_service_is_owned_from_then_on(garage: Garage) -> None:
    garage.make()
    garage.sell(garage.maker, garage.owner)
    before = garage.life.stage
    garage.harness.do(garage.registry, EnterService(garage.car.account, PAPERS))
    assert (before, garage.life.stage) == ("made", "owned")


def test_a_sale_moves_the_device_to_who_co_signs_and_both_see_the_odometer(driven: Garage) -> None:
    car, owner, buyer = driven.car.account, driven.owner, driven.buyer
    events = driven.harness.do(owner, Sell(car, 80_000 * KM, PAPERS), payer=buyer)
    assert StepTaken(car, 4, "sold", owner.account, buyer.account) in events
    assert owner_of(driven) == buyer.account
    assert driven.last == Step("sold", owner.account, buyer.account, driven.harness.now_ms, PAPERS, 80_000 * KM)
    assert (driven.life.stage, driven.life.odometer_m) == ("owned", 80_000 * KM)


def test_nobody_sells_what_is_not_his_or_without_a_taker(driven: Garage) -> None:
    harness, sale = driven.harness, Sell(driven.car.account, 12, PAPERS)
    for party in (driven.maker, driven.car, driven.registry, driven.buyer):
        harness.refuses(errors.NOT_YOURS, party, sale, payer=driven.workshop)
    harness.refuses(errors.TAKER_ABSENT, driven.owner, sale)
    harness.refuses(errors.TAKER_ABSENT, driven.owner, sale, payer=driven.owner)
    driven.sell(driven.owner, driven.buyer, odometer_m=12)
    harness.refuses(errors.NOT_YOURS, driven.owner, sale, payer=driven.workshop)


def test_a_device_can_not_be_sold_to_a_device(driven: Garage) -> None:
    bike = driven.harness.register("bike", "device", controller=driven.buyer)
    sale = Sell(driven.car.account, 12, PAPERS)
    driven.harness.refuses(identity.errors.CONTROLLER_UNFIT, driven.owner, sale, payer=bike)


def test_nobody_buys_what_was_never_made_or_is_scrapped(garage: Garage) -> None:
    harness, sale = garage.harness, Sell(garage.car.account, 12, PAPERS)
    harness.refuses(errors.NEVER_MADE, garage.maker, sale, payer=garage.buyer)
    garage.bring_to_owner()
    garage.scrap(garage.owner)
    harness.refuses(errors.SCRAPPED, garage.owner, sale, payer=garage.buyer)
    assert owner_of(garage) == garage.owner.account


def test_a_kept_device_changes_hands_and_ends_by_its_life_alone(driven: Garage) -> None:
    car, owner = driven.car, driven.owner
    for sender, message in (
        (owner, identity.HandOver(car.account)),
        (owner, identity.Revoke(car.account)),
        (car, identity.Revoke(car.account)),
    ):
        result = driven.harness.send(sender, message, payer=driven.buyer)
        assert (result.codespace, result.weight_used > 0) == ("identity", True)
    assert owner_of(driven) == owner.account
    driven.sell(owner, driven.buyer, odometer_m=12)


@pytest.mark.parametrize("who", ["car", "owner", "registry"])
def test_the_odometer_is_stated_by_device_owner_and_registration_authority(driven: Garage, who: str) -> None:
    party: Party = getattr(driven, who)
    driven.harness.do(party, StateOdometer(driven.car.account, 5_000 * KM, PAPERS))
    assert driven.life.odometer_m == 5_000 * KM
    assert driven.last == Step("odometer_stated", party.account, None, driven.harness.now_ms, PAPERS, 5_000 * KM)


@pytest.mark.parametrize("who", ["maker", "workshop", "buyer", "dismantler"])
def test_others_do_not_state_the_odometer(driven: Garage, who: str) -> None:
    driven.harness.refuses(
        errors.NOT_YOURS, getattr(driven, who), StateOdometer(driven.car.account, 5_000 * KM, PAPERS)
    )


def test_no_step_takes_an_odometer_back_by_a_metre(driven: Garage) -> None:
    harness, car, owner = driven.harness, driven.car.account, driven.owner
    harness.do(driven.car, StateOdometer(car, 5_000 * KM, PAPERS))
    less = 5_000 * KM - 1
    harness.refuses(errors.ODOMETER_SHRINKS, owner, StateOdometer(car, less, PAPERS))
    harness.refuses(errors.ODOMETER_SHRINKS, owner, Sell(car, less, PAPERS), payer=driven.buyer)
    harness.refuses(errors.ODOMETER_SHRINKS, driven.workshop, Repair(car, less, PAPERS), payer=owner)
    harness.refuses(errors.ODOMETER_SHRINKS, driven.workshop, Modify(car, less, PAPERS, "E1"), payer=owner)
    harness.refuses(errors.ODOMETER_SHRINKS, owner, Scrap(car, less, PAPERS), payer=driven.dismantler)
    harness.do(owner, StateOdometer(car, 5_000 * KM, PAPERS))


def test_an_odometer_has_an_end(driven: Garage) -> None:
    car = driven.car
    driven.harness.refuses(codec.NOT_DECODABLE, car, StateOdometer(car.account, MAX_ODOMETER_M + 1, PAPERS))
    driven.harness.refuses(codec.NOT_DECODABLE, car, StateOdometer(car.account, -1, PAPERS))
    driven.harness.do(car, StateOdometer(car.account, MAX_ODOMETER_M, PAPERS))


def test_a_workshop_repairs_and_modifies_with_the_owners_consent(driven: Garage) -> None:
    harness, car, workshop, owner = driven.harness, driven.car.account, driven.workshop, driven.owner
    for message in (Repair(car, 12, PAPERS), Modify(car, 12, PAPERS, "E1*79*0001")):
        harness.refuses(errors.OWNER_ABSENT, workshop, message)
        harness.refuses(errors.OWNER_ABSENT, workshop, message, payer=driven.maker)
        harness.refuses(errors.ROLE_LACKING, driven.maker, message, payer=owner)
        harness.refuses(errors.ROLE_LACKING, owner, message, payer=workshop)
    harness.do(workshop, Repair(car, 20, PAPERS), payer=owner)
    assert driven.last == Step("repaired", workshop.account, owner.account, harness.now_ms, PAPERS, 20)
    harness.do(workshop, Modify(car, 30, PAPERS, "E1*79*0001"), payer=owner)
    modified = Step("modified", workshop.account, owner.account, harness.now_ms, PAPERS, 30)
    assert driven.last == replace(modified, reference="E1*79*0001")


def test_a_workshop_works_on_its_own_device(garage: Garage) -> None:
    garage.make()
    garage.sell(garage.maker, garage.workshop)
    garage.harness.do(garage.workshop, Repair(garage.car.account, 0, PAPERS))
    assert garage.last.agreed_by is None


def test_the_seller_can_not_consent_to_a_repair_after_the_sale(driven: Garage) -> None:
    driven.sell(driven.owner, driven.buyer, odometer_m=12)
    repair = Repair(driven.car.account, 12, PAPERS)
    driven.harness.refuses(errors.OWNER_ABSENT, driven.workshop, repair, payer=driven.owner)
    driven.harness.do(driven.workshop, repair, payer=driven.buyer)


def test_a_recall_stays_open_until_a_repair_names_it(driven: Garage) -> None:
    harness, car, workshop, owner = driven.harness, driven.car.account, driven.workshop, driven.owner
    driven.recall("brakes")
    opened = OpenRecall(PAPERS, harness.now_ms)
    driven.recall("belts")
    harness.do(workshop, Repair(car, 12, PAPERS), payer=owner)
    harness.refuses(errors.NOT_RECALLED, workshop, Repair(car, 12, PAPERS, "tyres"), payer=owner)
    driven.sell(owner, driven.buyer, odometer_m=12)
    harness.do(workshop, Repair(car, 12, PAPERS, "belts"), payer=driven.buyer)
    assert driven.last.campaign == "belts"
    harness.refuses(errors.NOT_RECALLED, workshop, Repair(car, 12, PAPERS, "belts"), payer=driven.buyer)
    passport = harness.ask(GetPassport(car))
    assert passport is not None
    assert passport.recalls == (("brakes", opened),)
    assert passport.life.recalls_open == 1


def test_a_recall_names_devices_of_the_senders_making_only_all_or_none(garage: Garage) -> None:
    harness, maker = garage.harness, garage.maker
    rival = harness.register("rival", "organisation")
    harness.do(harness.treasury, Attest(rival.account, "maker"))
    other = harness.register("other", "device", controller=rival)
    harness.do(rival, Make(other.account, PAPERS, 0))
    garage.make()
    both = tuple(sorted((garage.car.account, other.account)))
    harness.refuses(errors.NOT_YOURS, maker, Recall(both, "brakes", PAPERS))
    harness.refuses(errors.NOT_YOURS, rival, Recall(both, "brakes", PAPERS))
    unknown = tuple(sorted((garage.car.account, bytes(20))))
    harness.refuses(errors.NEVER_MADE, maker, Recall(unknown, "brakes", PAPERS))
    garage.recall("brakes")
    harness.refuses(errors.ALREADY_RECALLED, maker, Recall((garage.car.account,), "brakes", PAPERS))


def test_a_recall_names_each_device_once_in_order_and_at_most_64(garage: Garage) -> None:
    harness, maker = garage.harness, garage.maker
    cars = [harness.register(f"car {number}", "device", controller=maker) for number in range(2)]
    for car in cars:
        garage.make(car)
    names = sorted(car.account for car in cars)
    for wrong in ((names[0], names[0]), (names[1], names[0])):
        harness.refuses(errors.DEVICES_UNSORTED, maker, Recall(wrong, "brakes", PAPERS))
    many = tuple(number.to_bytes(20, "big") for number in range(65))
    harness.refuses(codec.NOT_DECODABLE, maker, Recall(many, "brakes", PAPERS))
    harness.refuses(codec.NOT_DECODABLE, maker, Recall((), "brakes", PAPERS))
    harness.do(maker, Recall((names[0], names[1]), "brakes", PAPERS))


def test_a_device_has_so_many_open_recalls_and_no_more(garage: Garage) -> None:
    garage.make()
    car = garage.car.account
    for number in range(0, MAX_OPEN_RECALLS, 16):
        garage.harness.do(garage.maker, *[Recall((car,), f"R{number + at}", PAPERS) for at in range(16)])
    garage.harness.refuses(errors.TOO_MANY, garage.maker, Recall((car,), "one more", PAPERS))


@pytest.mark.parametrize("text", [" x", "x ", "é", "a\tb", "a\n", "\x7f", "a\u00a0b", "\N{AUTOMOBILE}"])
def test_a_name_is_of_printable_ascii(driven: Garage, text: str) -> None:
    car, maker = driven.car.account, driven.maker.account
    messages: tuple[Message, ...] = (
        Repair(car, 12, PAPERS, text),
        Modify(car, 12, PAPERS, text),
        Recall((car,), text, PAPERS),
        ApproveSoftware(maker, text, "1", "E1"),
        ApproveSoftware(maker, RXSWIN, text, "E1"),
        ApproveSoftware(maker, RXSWIN, "1", text),
        UpdateSoftware(car, text, "1"),
        UpdateSoftware(car, RXSWIN, text),
        UpdateSoftware(car, RXSWIN, "1", text),
    )
    for message in messages:
        driven.harness.refuses(errors.NOT_PRINTABLE, driven.maker, message)


def test_a_name_has_1_to_64_characters(garage: Garage) -> None:
    maker = garage.maker.account
    for rxswin in ("", "R" * 65):
        garage.harness.refuses(codec.NOT_DECODABLE, garage.approver, ApproveSoftware(maker, rxswin, "1", "E1"))
    garage.harness.do(garage.approver, ApproveSoftware(maker, "R" * 64, "1" * 64, "~ !"))


def test_scrapping_takes_the_owner_and_a_dismantler_and_ends_the_did(driven: Garage) -> None:
    harness, car, owner = driven.harness, driven.car, driven.owner
    scrap = Scrap(car.account, 300_000 * KM, PAPERS)
    harness.refuses(errors.NOT_YOURS, driven.dismantler, scrap, payer=owner)
    harness.refuses(errors.NOT_YOURS, driven.maker, scrap, payer=driven.dismantler)
    harness.refuses(errors.DISMANTLER_ABSENT, owner, scrap)
    harness.refuses(errors.DISMANTLER_ABSENT, owner, scrap, payer=driven.workshop)
    harness.do(owner, scrap, payer=driven.dismantler)
    assert driven.life.stage == "scrapped"
    assert driven.last.agreed_by == driven.dismantler.account
    harness.refuses(ledger.REVOKED_SENDER, car, StateOdometer(car.account, MAX_ODOMETER_M, PAPERS))


def test_a_dismantler_scraps_a_device_that_it_has_bought(driven: Garage) -> None:
    driven.sell(driven.owner, driven.dismantler, odometer_m=12)
    driven.harness.do(driven.dismantler, Scrap(driven.car.account, 12, PAPERS))
    assert (driven.life.stage, driven.last.agreed_by) == ("scrapped", None)


def steps_of(garage: Garage) -> list[tuple[Party, Party | None, Message]]:
    """Each step that there is for the car of an owner, by somebody who may take it, and who co-signs."""
    car, maker, owner, workshop = garage.car.account, garage.maker, garage.owner, garage.workshop
    return [
        (garage.registry, None, EnterService(car, PAPERS)),
        (owner, garage.buyer, Sell(car, 12, PAPERS)),
        (owner, None, StateOdometer(car, 12, PAPERS)),
        (workshop, owner, Repair(car, 12, PAPERS)),
        (workshop, owner, Modify(car, 12, PAPERS, "E1")),
        (maker, None, Recall((car,), "brakes", PAPERS)),
        (maker, None, UpdateSoftware(car, RXSWIN, "1.0")),
        (maker, None, ReportSecurityEvent(car, PAPERS)),
        (maker, None, TriageSecurityEvent(car, 1, "low")),
        (maker, None, FixSecurityEvent(car, 1, PAPERS)),
        (maker, None, NotifySecurityEvent(car, 1, PAPERS)),
        (owner, garage.dismantler, Scrap(car, 12, PAPERS)),
    ]


def test_nothing_happens_to_what_was_never_made(garage: Garage) -> None:
    garage.approve()
    for sender, payer, message in steps_of(garage):
        garage.harness.refuses(errors.NEVER_MADE, sender, message, payer=payer)
    assert garage.harness.ask(GetLife(garage.car.account)) is None
    assert garage.harness.ask(GetPassport(garage.car.account)) is None
    assert garage.harness.ask(GetHistory(garage.car.account)) == ()


def test_nothing_happens_to_what_is_scrapped(driven: Garage) -> None:
    driven.approve()
    driven.report()
    driven.scrap(driven.owner)
    for sender, payer, message in steps_of(driven):
        driven.harness.refuses(errors.SCRAPPED, sender, message, payer=payer)
    make = Make(driven.car.account, PAPERS, 12)
    driven.harness.refuses(errors.NOT_A_DEVICE, driven.owner, make, payer=driven.maker)


def test_an_owner_with_new_keys_sells_as_before(driven: Garage) -> None:
    owner = driven.owner
    stranger = Party.make("thief", "person")
    driven.harness.do(owner, owner.rotation(stranger.seeds))
    owner.seeds = stranger.seeds
    driven.sell(owner, driven.buyer, odometer_m=12)
    assert owner_of(driven) == driven.buyer.account


def test_a_passport_gives_all_of_a_device_in_one_answer(driven: Garage) -> None:
    harness, car = driven.harness, driven.car.account
    driven.approve()
    harness.do(driven.car, UpdateSoftware(car, RXSWIN, "1.0"))
    driven.recall()
    driven.report()
    driven.sell(driven.owner, driven.buyer, odometer_m=7 * KM)
    passport = harness.ask(GetPassport(car))
    assert passport is not None
    assert passport.owner == driven.buyer.account
    assert passport.life == driven.life
    assert [name for name, _ in passport.software] == [RXSWIN]
    assert [name for name, _ in passport.recalls] == ["brakes-26-01"]
    assert passport.security_events == harness.ask(ListSecurityEvents(car))
    kinds = ["made", "registered", "sold", "software_updated", "recalled", "event_reported", "sold"]
    assert [step.kind for step in passport.steps] == kinds


def test_whoever_holds_all_steps_sees_that_nothing_is_missing_or_changed(driven: Garage) -> None:
    def history_of(steps: tuple[Step, ...]) -> bytes:
        history = NO_STEPS
        for step in steps:
            history = extended(history, step)
        return history

    steps = driven.harness.ask(GetHistory(driven.car.account))
    assert history_of(steps) == driven.life.history
    forged = replace(steps[2], odometer_m=0)
    for wrong in (steps[:-1], steps[1:], (*steps, steps[-1]), (steps[1], steps[0], steps[2]), (*steps[:2], forged)):
        assert history_of(wrong) != driven.life.history


def test_a_history_is_given_in_pages_of_a_thousand(driven: Garage) -> None:
    harness, car = driven.harness, driven.car.account
    for _ in range(20):
        harness.do(driven.car, *[StateOdometer(car, 12, PAPERS)] * 50)
    assert driven.life.steps == 1_003
    assert len(harness.ask(GetHistory(car))) == STEPS_PAGE
    assert len(harness.ask(GetHistory(car, STEPS_PAGE))) == 3
    assert harness.ask(GetHistory(car, 1_003)) == ()
    passport = harness.ask(GetPassport(car))
    assert passport is not None
    assert len(passport.steps) == STEPS_PAGE


def test_the_longest_records_fit_into_the_state() -> None:
    name, most = "~" * 64, (1 << 53) - 1
    step = Step("software_updated", bytes(20), bytes(20), most, bytes(32), MAX_ODOMETER_M, name, name, name)
    life = Life(bytes(20), "registered", most, MAX_ODOMETER_M, most, bytes(32), most, most, most)
    assert len(STEPS.codec.encode(step)) < 400 < MAX_VALUE_BYTES
    assert len(LIVES.codec.encode(life)) < 200
