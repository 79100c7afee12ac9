"""What the index answers: lists by whatever people filter by, pages that new blocks do not disturb, and searches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autochain.index import Database, Figures, Found, Index, VehicleFigures
from autochain.onchain.ids import did

from .following import follow_once, following
from .history import go_on, open_history

CHAIN = "main"
ALL = 10_000


@dataclass
class Told:
    """An index of a history, and the accounts of its parties."""

    index: Index
    accounts: dict[str, str]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def told(
    request: pytest.FixtureRequest, made_history: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    """An index of each kind that nobody changes."""
    folder = tmp_path_factory.mktemp("lists")
    address = f"sqlite:///{folder}/index.sqlite"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgresql").make_database("index")
    database = Database(address)
    database.take_up()

    async def run() -> dict[str, str]:
        async with open_history(made_history) as network:
            await follow_once(network.client, address)
            return {name: account.hex() for account, name in network.names().items()}

    yield Told(Index(database), asyncio.run(run()))
    database.close()


LISTS: list[Any] = [
    pytest.param("blocks", "before", id="blocks"),
    pytest.param("transactions", "before", id="transactions"),
    pytest.param("events", "before", id="events"),
    pytest.param("recordings", "after", id="recordings"),
    pytest.param("consents", "after", id="consents"),
    pytest.param("receipts", "after", id="receipts"),
    pytest.param("accounts", "after", id="accounts"),
    pytest.param("flows", "before", id="flows"),
]


@pytest.mark.parametrize(("name", "cursor"), LISTS)
def test_a_list_begins_with_the_newest_and_its_pages_are_the_whole(told: Told, name: str, cursor: str) -> None:
    ask: Callable[..., list[Any]] = getattr(told.index, name)
    whole = ask(CHAIN, limit=ALL)
    assert len(whole) >= 2
    places = [row.place for row in whole]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == len(places)
    pages, place = [], None
    while page := ask(CHAIN, limit=2, **{cursor: place}):
        assert len(page) <= 2
        pages += page
        place = page[-1].place
    assert pages == whole


def test_pages_go_on_where_they_were_while_new_blocks_come(old_home: Path, address: str) -> None:
    async def run() -> None:
        async with open_history(old_home) as network, following(network.client, address) as one:
            await one.catch_up()
            lists = [(parameter.values[0], parameter.values[1]) for parameter in LISTS]
            before = {name: getattr(one.index, name)(CHAIN, limit=ALL) for name, _ in lists}
            firsts = {name: getattr(one.index, name)(CHAIN, limit=2) for name, _ in lists}
            await go_on(network)
            await one.catch_up()
            assert len(one.index.accounts(CHAIN, limit=ALL)) > len(before["accounts"])
            for name, cursor in lists:
                rest = getattr(one.index, name)(CHAIN, limit=ALL, **{cursor: firsts[name][-1].place})
                known = [row.place for row in [*firsts[name], *rest]]
                assert known == [row.place for row in before[name]], name

    asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "column", "party"),
    [
        ("recordings", "owner", "owner"),
        ("recordings", "vehicle", "car"),
        ("consents", "owner", "owner"),
        ("consents", "reader", "rival"),
        ("consents", "vehicle", "car"),
        ("receipts", "owner", "owner"),
        ("receipts", "reader", "buyer"),
        ("receipts", "vehicle", "car"),
        ("accounts", "controller", "heir"),
    ],
)
def test_a_list_by_an_account_holds_its_rows_and_no_others(told: Told, name: str, column: str, party: str) -> None:
    ask = getattr(told.index, name)
    account = told.accounts[party]
    expected = [row for row in ask(CHAIN, limit=ALL) if getattr(row, column) == account]
    assert expected
    assert ask(CHAIN, limit=ALL, **{column: account}) == expected
    assert ask(CHAIN, **{column: "00" * 20}) == []
    assert ask("side", limit=ALL) == []


@pytest.mark.parametrize("column", ["consent", "recording"])
def test_receipts_are_listed_by_consent_and_by_recording(told: Told, column: str) -> None:
    everything = told.index.receipts(CHAIN, limit=ALL)
    one = getattr(everything[0], column)
    found = told.index.receipts(CHAIN, limit=ALL, **{column: one})
    assert found == [row for row in everything if getattr(row, column) == one]
    assert len(found) < len(everything)


def test_accounts_are_listed_by_kind_and_by_role(told: Told) -> None:
    index, accounts = told.index, told.accounts
    people = {row.id for row in index.accounts(CHAIN, limit=ALL, kind="person")}
    assert people == {accounts["owner"], accounts["heir"]}
    buyers = index.accounts(CHAIN, limit=ALL, role="buyer")
    assert [(row.id, row.roles) for row in buyers] == [(accounts["rival"], ("buyer",))]
    car = index.account(CHAIN, accounts["car"])
    assert car is not None
    assert (car.kind, car.controller, car.roles) == ("device", accounts["heir"], ("vehicle",))
    assert index.account(CHAIN, "00" * 20) is None


def test_what_there_is_is_counted_for_the_chain_and_for_each_vehicle(told: Told) -> None:
    index, car = told.index, told.accounts["car"]
    figures, of_car = index.figures(CHAIN), index.vehicle_figures(CHAIN, car)
    for name in ("transactions", "recordings", "consents", "receipts", "accounts"):
        assert getattr(figures, name) == len(getattr(index, name)(CHAIN, limit=ALL)), name
    assert (figures.vehicles, figures.points, of_car.points) == (1, 60, 60)
    assert (of_car.recordings, of_car.receipts) == (figures.recordings, figures.receipts)
    assert of_car.earned_uacc == 60_000
    assert index.figures("side") == Figures()
    assert index.vehicle_figures(CHAIN, told.accounts["owner"]) == VehicleFigures()


def test_transactions_are_those_that_an_account_sent_or_paid_for(told: Told) -> None:
    index, accounts = told.index, told.accounts
    everything = index.transactions(CHAIN, limit=ALL)
    operation = accounts["operation"]
    found = index.transactions(CHAIN, limit=ALL, account=operation)
    assert found == [row for row in everything if operation in (row.sender, row.payer)]
    assert {row.sender == operation for row in found} == {True, False}
    one = everything[3]
    assert index.transaction(CHAIN, one.hash) == one
    assert index.transactions(CHAIN, height=one.height) == [row for row in everything if row.height == one.height]
    assert index.transaction(CHAIN, "00" * 32) is None


def test_events_are_listed_forwards_and_by_type_subject_block_and_transaction(told: Told) -> None:
    index, accounts = told.index, told.accounts
    everything = index.events(CHAIN, limit=ALL)
    assert index.events(CHAIN, after=-1, limit=ALL) == everything[::-1]
    middle = everything[10].seq
    assert index.events(CHAIN, after=middle, limit=3) == [row for row in everything[::-1] if row.seq > middle][:3]
    granted = index.events(CHAIN, type="consent/Granted", limit=ALL)
    assert granted == [row for row in everything if row.type == "consent/Granted"] != []
    rival = index.events(CHAIN, subject=accounts["rival"], limit=ALL)
    assert [row.type for row in rival if row.type == "market/Refunded"] == ["market/Refunded"] * 2
    one = granted[0]
    assert index.events(CHAIN, transaction=one.transaction, limit=ALL) == [
        row for row in everything if row.transaction == one.transaction
    ]
    assert index.events(CHAIN, height=one.height, limit=ALL) == [row for row in everything if row.height == one.height]
    assert index.events(CHAIN, transaction="00" * 32) == []


def test_a_consent_is_a_subject_of_what_was_bought_under_it(told: Told) -> None:
    (receipt,) = told.index.receipts(CHAIN, reader=told.accounts["buyer"])
    types = [row.type for row in told.index.events(CHAIN, subject=receipt.consent)]
    assert types == ["market/Bought", "consent/Granted"]


def test_flows_are_the_transfers(told: Told) -> None:
    events = told.index.events(CHAIN, type="token/Transferred", limit=ALL)
    flows = told.index.flows(CHAIN, limit=ALL)
    assert [(row.seq, row.payer, row.payee, row.amount_uacc) for row in flows] == [
        (row.seq, row.body["payer"], row.body["payee"], row.body["amount_uacc"]) for row in events
    ]


def test_single_records_are_found_by_their_ids(told: Told) -> None:
    index = told.index
    assert all(index.recording(CHAIN, row.id) == row for row in index.recordings(CHAIN))
    assert all(index.consent(CHAIN, row.id) == row for row in index.consents(CHAIN))
    (receipt, *_) = index.receipts(CHAIN)
    assert index.receipt(CHAIN, receipt.id) == receipt
    assert index.block(CHAIN, 3) == index.blocks(CHAIN, before=4, limit=1)[0]
    assert index.block(CHAIN, 0) is None


def test_a_search_finds_whatever_has_a_name(told: Told) -> None:
    index, accounts = told.index, told.accounts
    block, transaction = index.blocks(CHAIN)[0], index.transactions(CHAIN)[0]
    assert index.search(CHAIN, " 7 ") == [Found("block", "7")]
    assert index.search(CHAIN, block.hash) == [Found("block", str(block.height))]
    assert index.search(CHAIN, transaction.hash.upper()) == [Found("transaction", transaction.hash)]
    for kind, rows in (
        ("recording", index.recordings(CHAIN)),
        ("consent", index.consents(CHAIN)),
        ("receipt", index.receipts(CHAIN)),
        ("account", index.accounts(CHAIN)),
    ):
        for row in rows:
            assert index.search(CHAIN, row.id) == [Found(kind, row.id)]  # type: ignore[arg-type]
            assert Found(kind, row.id) in index.search(CHAIN, row.id[:7])  # type: ignore[arg-type]
    car = did(bytes.fromhex(accounts["car"]))
    for length in (len(car), len(car) - 1, len("did:acc:") + 6, len("did:acc:") + 1):
        assert Found("account", accounts["car"]) in index.search(CHAIN, car[:length])
    assert index.search(CHAIN, car.removeprefix("did:acc:")) == [Found("account", accounts["car"])]


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "did:acc:", "did:acc:1", "did:acc:" + "a" * 33, "%", "zz" * 20, "9" * 15, "0" * 101, "\x00"],
)
def test_a_search_for_what_is_no_name_finds_nothing(told: Told, text: str) -> None:
    assert told.index.search(CHAIN, text) == []


def test_balances_and_sequences_are_left_to_the_chain(told: Told) -> None:
    assert all("sequence" not in row.record for row in told.index.accounts(CHAIN, limit=ALL))
