"""Status lists: whose statuses they are, what is never taken back, and what a change costs."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from autochain.onchain.codec import NOT_DECODABLE
from autochain.onchain.contracts.credentials import (
    CHUNK_BITS,
    CHUNKS,
    MAX_INDICES,
    MIN_LIST_BITS,
    Chunk,
    GetStatusList,
    OpenStatusList,
    Purpose,
    SetStatus,
    StatusChunks,
    StatusList,
    StatusListOpened,
    StatusOf,
    StatusSet,
    errors,
)
from chains import Harness, Party, entries

MILLION = 1_000_000


def issuer_with_a_list(harness: Harness, purpose: Purpose = "revocation", length: int = MIN_LIST_BITS) -> Party:
    issuer = harness.register("issuer", "organisation")
    harness.do(issuer, OpenStatusList(7, purpose, length))
    return issuer


def bits(harness: Harness, issuer: Party, number: int) -> bytes:
    """Gives a whole list as the W3C's bitstring, from its chunks as anybody can read them."""
    record = harness.ask(GetStatusList(issuer.account, number))
    assert record is not None
    whole, after = bytearray((record.length + 7) // 8 + 512), None
    while page := harness.ask(StatusChunks(issuer.account, number, after)):
        for at, chunk in page:
            whole[at * 512 : at * 512 + 512] = chunk.bits
            after = at
    return bytes(whole[: (record.length + 7) // 8])


def test_a_list_is_opened_once_by_its_number_and_says_what_it_is_for(harness: Harness) -> None:
    issuer, other = (harness.register(name, "organisation") for name in ("issuer", "other"))
    opening = OpenStatusList(7, "suspension", MILLION)
    assert harness.do(issuer, opening) == (StatusListOpened(issuer.account, 7, "suspension"),)
    now_ms = harness.now_ms
    record = StatusList("suspension", MILLION, opened_ms=now_ms, changed_ms=now_ms, set_count=0)
    assert harness.ask(GetStatusList(issuer.account, 7)) == record
    harness.refuses(errors.LIST_OPEN, issuer, OpenStatusList(7, "revocation", MIN_LIST_BITS))
    harness.do(issuer, OpenStatusList(8, "revocation", MIN_LIST_BITS))
    harness.do(other, opening)


def test_a_list_is_long_enough_to_hide_in_and_no_longer_than_can_be_read(harness: Harness) -> None:
    for length in (0, MIN_LIST_BITS - 1, 16_777_217):
        harness.refuses(NOT_DECODABLE, harness.treasury, OpenStatusList(1, "revocation", length))
    for number, length in enumerate((MIN_LIST_BITS, 16_777_216)):
        harness.do(harness.treasury, OpenStatusList(number, "revocation", length))


def test_a_status_is_read_as_it_was_set_and_there_is_none_beyond_the_list(harness: Harness) -> None:
    issuer = issuer_with_a_list(harness)
    assert harness.do(issuer, SetStatus(7, (0, 94_567), True)) == (StatusSet(issuer.account, 7, (0, 94_567), True),)
    asked = {index: harness.ask(StatusOf(issuer.account, 7, index)) for index in (0, 1, 94_567, 94_568, MIN_LIST_BITS)}
    assert asked == {0: True, 1: False, 94_567: True, 94_568: False, MIN_LIST_BITS: None}
    assert harness.ask(StatusOf(issuer.account, 8, 0)) is None
    assert harness.ask(StatusOf(harness.treasury.account, 7, 0)) is None
    record = harness.ask(GetStatusList(issuer.account, 7))
    assert record is not None
    assert (record.set_count, record.changed_ms) == (2, harness.now_ms)


def test_the_chunks_are_the_w3cs_bitstring_with_the_first_status_in_the_highest_bit(harness: Harness) -> None:
    issuer = issuer_with_a_list(harness)
    harness.do(issuer, SetStatus(7, (0, 9, 4_095, 4_096, MIN_LIST_BITS - 1), True))
    whole = bits(harness, issuer, 7)
    assert (whole[0], whole[1], whole[511], whole[512], whole[-1]) == (0x80, 0x40, 0x01, 0x80, 0x01)
    assert sum(byte.bit_count() for byte in whole) == 5
    assert len(whole) == MIN_LIST_BITS // 8


def test_nobody_sets_a_status_in_a_list_of_somebody_elses(harness: Harness) -> None:
    issuer_with_a_list(harness)
    harness.refuses(errors.NO_LIST, harness.treasury, SetStatus(7, (1,), True))


def test_a_revocation_is_never_taken_back(harness: Harness) -> None:
    issuer = issuer_with_a_list(harness)
    harness.do(issuer, SetStatus(7, (5,), True))
    for index in (5, 6):
        harness.refuses(errors.REVOCATION_STANDS, issuer, SetStatus(7, (index,), False))
    harness.do(issuer, SetStatus(7, (5,), True))
    assert harness.ask(StatusOf(issuer.account, 7, 5))


def test_a_suspension_is_taken_back_and_leaves_nothing_behind(harness: Harness) -> None:
    issuer = issuer_with_a_list(harness, "suspension")
    harness.do(issuer, SetStatus(7, (5, 6), True))
    harness.do(issuer, SetStatus(7, (5, 7), False))
    assert [harness.ask(StatusOf(issuer.account, 7, index)) for index in (5, 6, 7)] == [False, True, False]
    harness.do(issuer, SetStatus(7, (6,), False))
    assert entries(harness, CHUNKS) == []


def test_places_that_do_not_ascend_or_lie_beyond_or_too_far_apart_are_refused(harness: Harness) -> None:
    issuer = issuer_with_a_list(harness)
    scattered = tuple(number * CHUNK_BITS for number in range(17))
    refused = [harness.refuses(errors.BAD_INDICES, issuer, SetStatus(7, i, True)) for i in ((2, 1), (1, 1), scattered)]
    assert {result.weight_used for result in refused} == {0}, "they are refused before any fee"
    harness.refuses(errors.BAD_INDICES, issuer, SetStatus(7, (0, MIN_LIST_BITS), True))
    harness.do(issuer, SetStatus(7, scattered[:16], True))
    for indices in ((), tuple(range(MAX_INDICES + 1))):
        harness.refuses(NOT_DECODABLE, issuer, SetStatus(7, indices, True))
    harness.do(issuer, SetStatus(7, tuple(range(MAX_INDICES)), True))


def test_a_million_credentials_with_a_hundred_thousand_revoked_take_245_chunks(harness: Harness) -> None:
    issuer = issuer_with_a_list(harness, length=MILLION)
    revoked = {number * 10 + number // 10 % 10 for number in range(100_000)}
    for number in range(245):
        places = [index - number * CHUNK_BITS for index in revoked if index // CHUNK_BITS == number]
        chunk = Chunk(bytes(512)).changed(places, value=True)
        harness.corrupt(CHUNKS, issuer.account, 7, number, value=chunk)
    whole = bits(harness, issuer, 7)
    assert len(list(entries(harness, CHUNKS))) == 245
    assert {at * 8 + bit for at, byte in enumerate(whole) for bit in range(8) if byte & (0x80 >> bit)} == revoked
    assert all(harness.ask(StatusOf(issuer.account, 7, i)) == (i in revoked) for i in range(500_000, 500_100))


class StatusLists(RuleBasedStateMachine):
    """Two issuers set statuses in two lists each; sets of numbers tell what must come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.harness = Harness()
        self.issuers = [self.harness.register(name, "organisation") for name in ("one", "two")]
        self.lists: dict[tuple[int, int], tuple[Purpose, set[int]]] = {}

    @rule(who=st.integers(0, 1), number=st.integers(0, 1), purpose=st.sampled_from(["revocation", "suspension"]))
    def somebody_opens_a_list(self, who: int, number: int, purpose: Purpose) -> None:
        result = self.harness.send(self.issuers[who], OpenStatusList(number, purpose, MIN_LIST_BITS))
        assert (result.code == 0) == ((who, number) not in self.lists)
        self.lists.setdefault((who, number), (purpose, set()))

    @rule(
        who=st.integers(0, 1),
        number=st.integers(0, 1),
        indices=st.lists(
            st.one_of(st.integers(0, 20), st.integers(MIN_LIST_BITS - 4_100, MIN_LIST_BITS)), min_size=1, max_size=40
        ),
        ordered=st.integers(0, 9),
        value=st.booleans(),
    )
    def somebody_sets_statuses(self, who: int, number: int, indices: list[int], ordered: int, value: bool) -> None:
        places = sorted(set(indices)) if ordered else indices
        result = self.harness.send(self.issuers[who], SetStatus(number, tuple(places), value))
        purpose, standing = self.lists.get((who, number), ("suspension", None))
        happens = (
            standing is not None
            and places == sorted(set(places))
            and max(places) < MIN_LIST_BITS
            and (value or purpose == "suspension")
        )
        assert (result.code == 0) == happens, result.text
        if standing is not None and happens:
            standing.update(places) if value else standing.difference_update(places)

    @invariant()
    def every_list_says_what_was_set(self) -> None:
        for (who, number), (_, standing) in self.lists.items():
            whole = bits(self.harness, self.issuers[who], number)
            assert {
                at * 8 + bit for at, byte in enumerate(whole) if byte for bit in range(8) if byte & 0x80 >> bit
            } == (standing)


TestStatusLists = StatusLists.TestCase
TestStatusLists.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
