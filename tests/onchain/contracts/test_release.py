"""Release: who keeps the keys of recordings, and how its members bind themselves to their logs."""

from __future__ import annotations

import pytest

from autochain.onchain import codec
from autochain.onchain.contracts.identity import Revoke
from autochain.onchain.contracts.market import Deliver
from autochain.onchain.contracts.release import Anchor, Anchored, Committee, GetCommittee, GetLog, Log, errors
from autochain.onchain.crypto import sha256
from autochain.onchain.ledger import errors as ledger
from autochain.onchain.refusals import Reason, Refusal
from chains import Harness, Scene

MEMBERS = tuple(bytes([number]) * 20 for number in range(1, 18))


def test_the_committee_is_the_one_of_genesis_in_the_order_of_its_shares(harness: Harness) -> None:
    members = tuple(member.account for member in harness.members)
    assert harness.ask(GetCommittee()) == Committee(members, threshold=2)


def test_a_member_binds_itself_to_its_log_as_it_grows(harness: Harness) -> None:
    member = harness.members[0]
    assert harness.ask(GetLog(member.account)) is None
    for length in (1, 2, 50):
        head = sha256(bytes([length]))
        assert harness.do(member, Anchor(head, length), payer=harness.treasury) == (Anchored(member.account, length),)
        assert harness.ask(GetLog(member.account)) == Log(head, length, anchored_ms=harness.now_ms)


def test_each_member_has_a_log_of_its_own(harness: Harness) -> None:
    one, two, three = harness.members
    harness.do(one, Anchor(sha256(b"one"), 7), payer=harness.treasury)
    harness.do(two, Anchor(sha256(b"two"), 3), payer=harness.treasury)
    lengths = [log.length if (log := harness.ask(GetLog(member.account))) else 0 for member in (one, two, three)]
    assert lengths == [7, 3, 0]


def test_a_log_that_has_not_grown_is_not_anchored_again(harness: Harness) -> None:
    member = harness.members[0]
    harness.refuses(errors.LOG_SHRANK, member, Anchor(bytes(32), 0), payer=harness.treasury)
    harness.do(member, Anchor(sha256(b"seven"), 7), payer=harness.treasury)
    for head, length in ((b"six", 6), (b"another seven", 7), (b"seven", 7)):
        harness.refuses(errors.LOG_SHRANK, member, Anchor(sha256(head), length), payer=harness.treasury)


def test_only_members_anchor(scene: Scene) -> None:
    anchor = Anchor(sha256(b"log"), 1)
    for stranger in (scene.owner, scene.buyer, scene.car, scene.harness.treasury):
        scene.harness.refuses(errors.NOT_A_MEMBER, stranger, anchor)


def test_a_member_whose_did_is_revoked_says_nothing_any_more_and_the_others_do(scene: Scene) -> None:
    harness, receipt = scene.harness, scene.read(scene.commit(), scene.grant())
    gone, *others = harness.members
    harness.do(gone, Revoke(gone.account), payer=harness.treasury)
    for message in (Anchor(sha256(b"log"), 1), Deliver((receipt,))):
        harness.refuses(ledger.REVOKED_SENDER, gone, message, payer=harness.treasury)
    owner = harness.balance(scene.owner)
    for member in others:
        harness.do(member, Deliver((receipt,)), payer=harness.treasury)
    assert harness.balance(scene.owner) > owner


def refuses(reason: Reason, committee: Committee) -> None:
    """Sees that no chain begins with such a committee."""
    with pytest.raises(Refusal) as refused:
        Harness(parameters={"release": committee})
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "committee",
    [
        Committee(MEMBERS[:3], 4),
        Committee((*MEMBERS[:2], MEMBERS[0]), 2),
        Committee((MEMBERS[0],) * 2, 1),
    ],
)
def test_a_chain_does_not_begin_with_a_committee_that_cannot_answer_or_names_somebody_twice(
    committee: Committee,
) -> None:
    refuses(errors.BAD_COMMITTEE, committee)


@pytest.mark.parametrize("committee", [Committee((), 1), Committee(MEMBERS, 2), Committee(MEMBERS[:3], 0)])
def test_a_chain_does_not_begin_with_a_committee_of_nobody_or_of_too_many(committee: Committee) -> None:
    refuses(codec.NOT_DECODABLE, committee)


@pytest.mark.parametrize("committee", [Committee(MEMBERS[:1], 1), Committee(MEMBERS[:16], 16)])
def test_the_smallest_and_the_largest_committee_are_taken(committee: Committee) -> None:
    assert Harness(parameters={"release": committee}).ask(GetCommittee()) == committee


def test_one_member_that_is_enough_delivers_alone() -> None:
    alone = Committee((Harness().members[0].account,), 1)
    scene = Scene(Harness(parameters={"release": alone}))
    harness, receipt = scene.harness, scene.read(scene.commit(), scene.grant())
    owner = harness.balance(scene.owner)
    scene.deliver(receipt, members=1)
    assert harness.balance(scene.owner) == owner + scene.terms().price_uacc
