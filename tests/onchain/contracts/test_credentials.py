"""Credentials: who attests which role, who takes it back, and that a vehicle has one DID."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from autochain.onchain.contracts.credentials import (
    ATTESTATIONS,
    ROLES,
    VEHICLES,
    Attest,
    Attestation,
    Attested,
    Authority,
    Bearer,
    GetAttestation,
    GetRegistrars,
    Holds,
    Parameters,
    Registrars,
    Role,
    Withdraw,
    Withdrawn,
    errors,
)
from autochain.onchain.contracts.identity import Revoke
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto import sha256
from autochain.onchain.refusals import Broken
from chains import ACC, BLOCK_MS, START_MS, Harness, Party, Scene, entries

UNIQUE = sha256(b"what the registrars make of another VIN")


def unique_of(name: str) -> bytes:
    """Gives what a scene's cars are attested with."""
    return sha256(b"VIN of " + name.encode())


def test_an_authority_attests_each_role_and_others_see_it(scene: Scene) -> None:
    harness, subject = scene.harness, scene.buyer.account
    for role in ROLES:
        unique = UNIQUE if role == "vehicle" else None
        assert not harness.ask(Holds(subject, role))
        events = harness.do(harness.treasury, Attest(subject, role, unique))
        assert events == (Attested(subject, role, harness.treasury.account),)
        assert harness.ask(Holds(subject, role))


def test_an_attestation_says_who_gave_it_and_when(harness: Harness) -> None:
    subject = harness.register("bank", "organisation")
    harness.do(harness.treasury, Attest(subject.account, "bank"))
    assert entries(harness, ATTESTATIONS) == [
        (subject.account + b"\x04bank", Attestation(harness.treasury.account, START_MS + 2 * BLOCK_MS))
    ]


def test_a_withdrawn_role_is_gone_and_can_be_attested_again(scene: Scene) -> None:
    harness, car = scene.harness, scene.car.account
    assert harness.do(harness.treasury, Withdraw(car, "vehicle")) == (
        Withdrawn(car, "vehicle", harness.treasury.account),
    )
    assert not harness.ask(Holds(car, "vehicle"))
    harness.do(harness.treasury, Attest(car, "vehicle", unique_of("car")))
    assert harness.ask(Holds(car, "vehicle"))


def test_the_roles_of_one_did_are_apart_from_each_other_and_from_other_dids(scene: Scene) -> None:
    harness = scene.harness
    assert harness.ask(Holds(scene.car.account, "vehicle"))
    assert not harness.ask(Holds(scene.car.account, "roadside_unit"))
    assert not harness.ask(Holds(scene.owner.account, "vehicle"))


def test_nobody_but_an_authority_for_the_role_attests_it() -> None:
    clerk = Party.make("treasury", "organisation")
    harness = Harness(parameters={"credentials": Parameters(((clerk.account, Authority(("bank",))),))})
    owner = harness.register("owner")
    harness.refuses(errors.NOT_AUTHORITY, owner, Attest(owner.account, "bank"))
    harness.refuses(errors.NOT_AUTHORITY, harness.treasury, Attest(owner.account, "insurer"))
    harness.do(harness.treasury, Attest(owner.account, "bank"))


def test_a_did_that_is_unknown_or_revoked_is_not_attested(scene: Scene) -> None:
    harness = scene.harness
    harness.refuses(errors.UNKNOWN_SUBJECT, harness.treasury, Attest(bytes(20), "buyer"))
    harness.do(scene.buyer, Revoke(scene.buyer.account))
    harness.refuses(errors.UNKNOWN_SUBJECT, harness.treasury, Attest(scene.buyer.account, "buyer"))


def test_a_role_is_not_attested_twice(scene: Scene) -> None:
    harness = scene.harness
    for unique in (unique_of("car"), UNIQUE):
        harness.refuses(errors.ALREADY_ATTESTED, harness.treasury, Attest(scene.car.account, "vehicle", unique))
    harness.do(harness.treasury, Attest(scene.car.account, "owner"))
    harness.refuses(errors.ALREADY_ATTESTED, harness.treasury, Attest(scene.car.account, "owner"))


def test_only_the_one_who_attested_withdraws_and_only_what_stands(scene: Scene) -> None:
    harness = scene.harness
    harness.refuses(errors.NOT_ATTESTED, harness.treasury, Withdraw(scene.owner.account, "vehicle"))
    harness.refuses(errors.NOT_ATTESTED, scene.owner, Withdraw(scene.car.account, "vehicle"))
    harness.refuses(errors.NOT_ATTESTED, scene.car, Withdraw(scene.car.account, "vehicle"))


def two_authorities(*roles: Role) -> tuple[Scene, Party]:
    """Gives a scene whose operator too is an authority for these roles."""
    treasury, operator = (Party.make(name, "organisation") for name in ("treasury", "operator"))
    named = ((treasury.account, Authority(ROLES)), (operator.account, Authority(roles)))
    scene = Scene(Harness(parameters={"credentials": Parameters(named)}))
    scene.harness.do(scene.harness.treasury, Transfer(operator.account, ACC))
    return scene, operator


def test_what_a_revoked_authority_attested_stands_until_another_for_the_role_withdraws_it() -> None:
    scene, operator = two_authorities("vehicle")
    harness, car = scene.harness, scene.car.account
    harness.do(harness.treasury, Attest(scene.owner.account, "owner"))
    harness.refuses(errors.NOT_ATTESTED, operator, Withdraw(car, "vehicle"))
    harness.do(harness.treasury, Revoke(harness.treasury.account))
    assert harness.ask(Holds(car, "vehicle"))
    harness.refuses(errors.NOT_ATTESTED, scene.owner, Withdraw(car, "vehicle"))
    harness.refuses(errors.NOT_ATTESTED, operator, Withdraw(scene.owner.account, "owner"))
    assert harness.do(operator, Withdraw(car, "vehicle")) == (Withdrawn(car, "vehicle", operator.account),)
    harness.do(operator, Attest(car, "vehicle", unique_of("car")))


def test_a_role_ends_with_the_did_that_has_it(scene: Scene) -> None:
    scene.harness.do(scene.owner, Revoke(scene.car.account))
    assert not scene.harness.ask(Holds(scene.car.account, "vehicle"))
    assert scene.harness.ask(GetAttestation(scene.car.account, "vehicle")) is not None


def test_a_role_holds_up_to_its_end_and_is_then_attested_anew() -> None:
    harness = Harness(block_ms=1)
    bank, until_ms = harness.register("bank", "organisation"), START_MS + 1_000
    harness.do(harness.treasury, Attest(bank.account, "bank", until_ms=until_ms))
    harness.advance(until_ms - 1 - harness.now_ms)
    assert harness.ask(Holds(bank.account, "bank"))
    harness.advance(1)
    assert not harness.ask(Holds(bank.account, "bank"))
    assert harness.ask(GetAttestation(bank.account, "bank")) == Attestation(
        harness.treasury.account, START_MS + 2, None, until_ms
    )
    events = harness.do(harness.treasury, Attest(bank.account, "bank", until_ms=until_ms + 9))
    assert events == (Attested(bank.account, "bank", harness.treasury.account, until_ms + 9),)
    assert harness.ask(Holds(bank.account, "bank"))


def test_a_role_is_not_attested_again_before_its_end_nor_for_a_time_that_is_over() -> None:
    harness = Harness(block_ms=1)
    bank = harness.register("bank", "organisation")
    harness.refuses(
        errors.ENDS_IN_THE_PAST, harness.treasury, Attest(bank.account, "bank", until_ms=harness.now_ms + 1)
    )
    until_ms = harness.now_ms + 3
    harness.do(harness.treasury, Attest(bank.account, "bank", until_ms=until_ms))
    harness.refuses(errors.ALREADY_ATTESTED, harness.treasury, Attest(bank.account, "bank"))
    assert harness.now_ms == until_ms - 1
    harness.do(harness.treasury, Attest(bank.account, "bank"))


def test_a_vehicle_whose_role_is_over_keeps_its_vin_until_some_authority_withdraws_it() -> None:
    scene, operator = two_authorities("vehicle")
    harness, vin, until_ms = scene.harness, sha256(b"VIN of a van"), scene.harness.now_ms + 10_000
    first, second = (harness.register(name, "device", controller=scene.owner) for name in ("van", "the same van"))
    harness.do(harness.treasury, Attest(first.account, "vehicle", vin, until_ms))
    harness.refuses(errors.NOT_ATTESTED, operator, Withdraw(first.account, "vehicle"))
    harness.advance(until_ms - harness.now_ms)
    harness.refuses(errors.OTHER_DID, operator, Attest(second.account, "vehicle", vin))
    harness.do(operator, Withdraw(first.account, "vehicle"), Attest(second.account, "vehicle", vin))


def test_a_vehicle_that_is_attested_anew_lets_its_former_vin_go(scene: Scene) -> None:
    harness, until_ms = scene.harness, scene.harness.now_ms + 10_000
    van = harness.register("van", "device", controller=scene.owner)
    harness.do(harness.treasury, Attest(van.account, "vehicle", unique_of("a mistake"), until_ms))
    harness.advance(10_000)
    for unique in (unique_of("van"), unique_of("van")):
        taken = Attest(van.account, "vehicle", unique, harness.now_ms + 3_000)
        harness.do(harness.treasury, taken)
        assert sorted(entries(harness, VEHICLES)) == sorted(
            [(unique_of("car"), Bearer(scene.car.account)), (unique, Bearer(van.account))]
        )
        harness.advance(3_000)


def test_a_vehicle_is_written_down_with_what_the_registrars_make_of_its_vin(scene: Scene) -> None:
    harness, car = scene.harness, scene.car.account
    assert entries(harness, VEHICLES) == [(unique_of("car"), Bearer(car))]
    ((_, record),) = entries(harness, ATTESTATIONS)
    assert record.unique == unique_of("car")


def test_a_vehicle_has_one_did_until_its_attestation_is_withdrawn(scene: Scene) -> None:
    harness, treasury = scene.harness, scene.harness.treasury
    second = harness.register("the same car", "device", controller=scene.owner)
    attest = Attest(second.account, "vehicle", unique_of("car"))
    harness.refuses(errors.OTHER_DID, treasury, attest)
    assert not harness.ask(Holds(second.account, "vehicle"))
    harness.do(treasury, Withdraw(scene.car.account, "vehicle"))
    assert entries(harness, VEHICLES) == []
    harness.do(treasury, attest)
    assert entries(harness, VEHICLES) == [(unique_of("car"), Bearer(second.account))]
    harness.refuses(errors.OTHER_DID, treasury, Attest(scene.car.account, "vehicle", unique_of("car")))


def test_a_vehicle_moves_to_another_did_in_one_transaction(scene: Scene) -> None:
    harness = scene.harness
    second = harness.register("the same car", "device", controller=scene.owner)
    move = (Withdraw(scene.car.account, "vehicle"), Attest(second.account, "vehicle", unique_of("car")))
    harness.refuses(errors.OTHER_DID, harness.treasury, *move[::-1])
    harness.do(harness.treasury, *move)
    assert [harness.ask(Holds(party.account, "vehicle")) for party in (scene.car, second)] == [False, True]


def test_a_vehicle_keeps_its_did_even_when_that_is_revoked(scene: Scene) -> None:
    harness = scene.harness
    second = harness.register("the same car", "device", controller=scene.owner)
    harness.do(scene.owner, Revoke(scene.car.account))
    attest = Attest(second.account, "vehicle", unique_of("car"))
    harness.refuses(errors.OTHER_DID, harness.treasury, attest)
    harness.do(harness.treasury, Withdraw(scene.car.account, "vehicle"), attest)


def test_another_authority_gives_a_vehicle_no_second_did_and_takes_the_first_not_back() -> None:
    scene, other = two_authorities("vehicle")
    harness = scene.harness
    second = harness.register("the same car", "device", controller=scene.owner)
    attest = Attest(second.account, "vehicle", unique_of("car"))
    harness.refuses(errors.OTHER_DID, other, attest)
    harness.refuses(errors.NOT_ATTESTED, other, Withdraw(scene.car.account, "vehicle"))


def test_a_vehicle_is_attested_with_a_unique_key_and_nothing_else_is(scene: Scene) -> None:
    harness = scene.harness
    bike = harness.register("bike", "device", controller=scene.owner)
    refused = [harness.refuses(errors.UNIQUE_MISFIT, harness.treasury, Attest(bike.account, "vehicle"))]
    for role in ROLES:
        if role != "vehicle":
            attest = Attest(bike.account, role, UNIQUE)
            refused.append(harness.refuses(errors.UNIQUE_MISFIT, harness.treasury, attest))
    assert {result.weight_used for result in refused} == {0}, "it is refused before any fee"


def test_a_unique_key_that_was_taken_is_free_after_a_refusal_further_on(scene: Scene) -> None:
    harness = scene.harness
    bike = harness.register("bike", "device", controller=scene.owner)
    taken = Attest(bike.account, "vehicle", UNIQUE)
    harness.refuses(errors.ALREADY_ATTESTED, harness.treasury, taken, replace(taken, unique=unique_of("bike")))
    harness.do(harness.treasury, taken)


@pytest.mark.parametrize("role", ["vehicle", "owner"])
def test_a_role_that_was_withdrawn_is_not_withdrawn_again(scene: Scene, role: Role) -> None:
    harness, subject = scene.harness, scene.buyer.account
    harness.do(harness.treasury, Attest(subject, role, UNIQUE if role == "vehicle" else None))
    harness.do(harness.treasury, Withdraw(subject, role))
    harness.refuses(errors.NOT_ATTESTED, harness.treasury, Withdraw(subject, role))


def test_everybody_can_read_the_registrars_public_keys() -> None:
    registrars = Registrars(2, tuple(sha256(bytes([number])) for number in range(3)))
    assert Harness(parameters={"credentials": Parameters((), registrars)}).ask(GetRegistrars()) == registrars


def test_a_chain_without_registrars_says_so(harness: Harness) -> None:
    assert harness.ask(GetRegistrars()) is None


def test_a_chain_with_fewer_registrars_than_must_answer_does_not_begin() -> None:
    with pytest.raises(Broken, match="registrars"):
        Harness(parameters={"credentials": Parameters((), Registrars(2, (bytes(32),)))})
