"""Credentials: who attests which role, and who takes it back."""

from __future__ import annotations

from autochain.onchain.contracts.credentials import (
    ATTESTATIONS,
    ROLES,
    Attest,
    Attestation,
    Attested,
    Authority,
    Holds,
    Parameters,
    Withdraw,
    Withdrawn,
    errors,
)
from autochain.onchain.contracts.identity import Revoke
from autochain.onchain.ledger import errors as ledger
from chains import BLOCK_MS, START_MS, Harness, Party, Scene, entries


def test_an_authority_attests_each_role_and_others_see_it(scene: Scene) -> None:
    harness, subject = scene.harness, scene.buyer.account
    for role in ROLES:
        assert not harness.ask(Holds(subject, role))  # type: ignore[arg-type]
        events = harness.do(harness.treasury, Attest(subject, role))  # type: ignore[arg-type]
        assert events == (Attested(subject, role, harness.treasury.account),)  # type: ignore[arg-type]
        assert harness.ask(Holds(subject, role))  # type: ignore[arg-type]


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
    harness.do(harness.treasury, Attest(car, "vehicle"))
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
    scene.harness.refuses(errors.ALREADY_ATTESTED, scene.harness.treasury, Attest(scene.car.account, "vehicle"))


def test_only_the_one_who_attested_withdraws_and_only_what_stands(scene: Scene) -> None:
    harness = scene.harness
    harness.refuses(errors.NOT_ATTESTED, harness.treasury, Withdraw(scene.owner.account, "vehicle"))
    harness.refuses(errors.NOT_ATTESTED, scene.owner, Withdraw(scene.car.account, "vehicle"))
    harness.refuses(errors.NOT_ATTESTED, scene.car, Withdraw(scene.car.account, "vehicle"))


def test_what_a_revoked_authority_attested_stands_and_nobody_takes_it_back(scene: Scene) -> None:
    harness = scene.harness
    harness.do(harness.treasury, Revoke(harness.treasury.account))
    withdraw = Withdraw(scene.car.account, "vehicle")
    harness.refuses(ledger.REVOKED_SENDER, harness.treasury, withdraw)
    harness.refuses(errors.NOT_ATTESTED, scene.owner, withdraw)
    assert harness.ask(Holds(scene.car.account, "vehicle"))


def test_a_role_outlives_the_did_that_has_it(scene: Scene) -> None:
    scene.harness.do(scene.owner, Revoke(scene.car.account))
    assert scene.harness.ask(Holds(scene.car.account, "vehicle"))
