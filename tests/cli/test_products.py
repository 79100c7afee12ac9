"""Tests of what owners offer, of products made of it, and of buying them: as owner, buyer and stranger."""

from __future__ import annotations

import csv
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from autochain.client import Client
from autochain.onchain.contracts.consent import ListOffers, Offer, Offered
from autochain.onchain.contracts.market import Item, Publish, Published
from autochain.onchain.contracts.recording import ListRecordings
from autochain.wallet import load
from cli.program import Program, refused

ACC = 1_000_000
OFFER = ("--purpose", "traffic_management", "--category", "motion")


def recordings(program: Program, owner: str) -> list[str]:
    return [facts["recording"] for facts in program.json("recording", "list", "--owner", owner)["recordings"]]


def balance(program: Program, party: str) -> int:
    found: int = program.json("account", "show", party)["balance_uacc"]
    return found


def offered(program: Program, owner: str, *options: str) -> list[str]:
    """Has an owner offer coarse motion of each of its vehicles."""
    vehicles = sorted({facts["vehicle"] for facts in program.json("recording", "list", "--owner", owner)["recordings"]})
    words = ("--as", owner, *OFFER, *options)
    return [program.json("product", "offer", vehicle, *words)["offer"] for vehicle in vehicles]


def published(program: Program, *names: str, publisher: str = "owner") -> str:
    words = ("product", "publish", "Motion", *names, *OFFER, "--as", publisher)
    product: str = program.json(*words)["product"]
    return product


def test_an_offer_is_listed_with_its_terms_until_it_is_withdrawn(shared: Program) -> None:
    names = offered(shared, "owner", "--price", "0.1", "--days", "10")
    listed = {facts["offer"]: facts for facts in shared.json("product", "offers")["offers"]}
    assert set(listed) == set(names)
    facts = listed[names[0]]
    owner = shared.json("account", "show", "owner")["did"]
    assert (facts["owner"], facts["role"], facts["precision"]) == (owner, "buyer", "coarse")
    assert (facts["purpose"], facts["basis"], facts["categories"]) == ("traffic_management", "consent", ["motion"])
    assert facts["price_uacc"] == ACC // 10
    header, _, *rows = shared("product", "offers").out.splitlines()
    assert header.split() == ["offer", "owner", "vehicle", "purpose", "what", "ACC", "for"]
    assert {row.split()[0] for row in rows} == {name[:12] for name in names}
    refused(shared, "product", "withdraw", names[0], "--as", "second", code="consent/9", text="no such offer of yours")
    assert shared.json("product", "withdraw", names[0][:8])["offer"] == names[0]
    assert [facts["offer"] for facts in shared.json("product", "offers")["offers"]] == names[1:]
    refused(shared, "product", "withdraw", names[0], code="consent/20", text="This offer has ended already.")
    refused(shared, "product", "withdraw", "000000", code="cli/14", text="There is no such offer.")


def test_nobody_offers_what_is_another_s_or_for_longer_than_it_may_be(shared: Program) -> None:
    vehicle = shared.json("recording", "list", "--owner", "owner")["recordings"][0]["vehicle"]
    words = ("product", "offer", vehicle, *OFFER)
    refused(shared, *words, "--as", "second", code="consent/5", text="The vehicle is not the sender's.")
    refused(shared, *words, "--days", "800", code="consent/8", text="A consent can't be given for so long.")
    refused(shared, *words, "--price", "free", code="units/1", text="This is not an amount of ACC.")
    assert shared.json("product", "offers")["offers"] == []


def test_a_product_of_one_owner_is_bought_and_its_readings_are_no_closer_than_promised(
    shared: Program, tmp_path: Path
) -> None:
    offered(shared, "owner", "--price", "0.1")
    mine = recordings(shared, "owner")
    product = published(shared, *mine)
    (facts,) = shared.json("product", "list")["products"]
    assert (facts["product"], facts["title"], facts["precision"]) == (product, "Motion", "coarse")
    assert (set(facts["recordings"]), facts["price_uacc"]) == (set(mine), 2 * ACC // 10)
    held = balance(shared, "owner")
    answer = shared.json("product", "buy", product[:8], "--as", "buyer-2", "--out", str(tmp_path / "bought"))
    assert (answer["price"], len(answer["receipts"])) == ("0.2", 2)
    assert balance(shared, "owner") == held + 2 * ACC // 10
    folder = tmp_path / "bought"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == {f"{name}.csv" for name in mine}
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        header, *rows = csv.reader(path.read_text().splitlines())
        assert header == ["time_ms", "signal", "value"]
        assert all(int(time_ms) % 60_000 == 0 for time_ms, _, _ in rows)
        assert {signal for _, signal, _ in rows} == {"Vehicle.Speed"}
    shown = shared.json("sharing-list")["receipts"]
    assert {facts["receipt"] for facts in shown} >= set(answer["receipts"])
    last = shown[-1]
    assert (last["purpose"], last["precision"], last["state"]) == ("traffic_management", "coarse", "delivered")


def test_of_a_product_of_two_owners_each_is_paid_its_share(shared: Program) -> None:
    offered(shared, "owner", "--price", "0.1")
    offered(shared, "second", "--price", "0.3")
    names = [*recordings(shared, "owner"), *recordings(shared, "second")]
    # Who publishes need not own any of it.
    product = published(shared, *names, publisher="stranger")
    row = shared("product", "list").out.splitlines()[2].split()
    assert (row[0], row[2], row[3], row[-2:]) == (product[:12], "stranger", "3", ["0.5", "stand"])
    before = {party: balance(shared, party) for party in ("owner", "second", "stranger", "buyer-2")}
    told = shared("product", "buy", product, "--as", "buyer-2")
    assert (told.code, told.err) == (0, "")
    assert "\nprice     0.5\n" in told.out
    paid = {party: balance(shared, party) - held for party, held in before.items()}
    assert (paid["owner"], paid["second"], paid["stranger"]) == (2 * ACC // 10, 3 * ACC // 10, 0)
    assert -ACC < paid["buyer-2"] < -5 * ACC // 10
    assert shared.json("sharing-list", "--as", "second")["complete"]["count"] == 2


def test_who_bought_a_product_reads_it_again_without_paying_again(shared: Program) -> None:
    offered(shared, "owner", "--price", "0.1")
    product = published(shared, *recordings(shared, "owner"))
    first = shared.json("product", "buy", product)
    held = balance(shared, "buyer")
    again = shared.json("product", "buy", product)
    assert set(again["receipts"]) == set(first["receipts"])
    assert (again["rows"], again["price_uacc"]) == (first["rows"], first["price_uacc"])
    assert balance(shared, "buyer") == held


def test_who_is_no_attested_buyer_is_told_what_it_lacks_and_pays_nothing(shared: Program, tmp_path: Path) -> None:
    offered(shared, "owner")
    product = published(shared, *recordings(shared, "owner"))
    held, out = balance(shared, "owner"), tmp_path / "bought"
    words = ("product", "buy", product, "--as", "stranger")
    refused(shared, *words, "--out", str(out), code="consent/22", text="The offer is for another role. (buyer)")
    assert "Have an authority attest this role" in shared(*words).err
    assert balance(shared, "owner") == held
    assert not out.exists()
    assert shared.json("sharing-list")["complete"]["count"] == 2


def test_a_place_that_is_taken_costs_nothing(shared: Program, tmp_path: Path) -> None:
    offered(shared, "owner")
    product = published(shared, *recordings(shared, "owner"))
    held = balance(shared, "buyer")
    (tmp_path / "file").write_text("kept")
    for place, code in (("", "cli/6"), ("file", "cli/6"), ("missing/bought", "cli/7")):
        words = ("product", "buy", product, "--out", str(tmp_path / place))
        refused(shared, *words, code=code, text="nothing else was done")
    assert balance(shared, "buyer") == held


def test_a_consent_that_came_by_an_offer_is_seen_and_revoked_like_any_other(shared: Program) -> None:
    offered(shared, "owner")
    product = published(shared, *recordings(shared, "owner"))
    shared.json("product", "buy", product)
    came = [each for each in shared.json("consent", "list")["consents"] if each["purpose"] == "traffic_management"]
    assert [each["state"] for each in came] == ["live", "live"]
    shared.json("consent", "revoke", came[0]["consent"])
    ended = shared("product", "buy", product, "--format", "json")
    (closed,) = ended.answer["not_fetched"]
    assert (ended.code, ended.answer["rows"] > 0) == (1, True)
    assert closed["text"] == "The consent was revoked or has expired."


def test_a_product_whose_offer_was_withdrawn_can_not_be_bought(shared: Program) -> None:
    first, _ = offered(shared, "owner")
    product = published(shared, *recordings(shared, "owner"))
    shared.json("product", "withdraw", first)
    words = ("product", "buy", product, "--as", "buyer-2")
    refused(shared, *words, code="consent/21", text="There is no such offer, or it has ended.")
    assert shared.json("sharing-list")["complete"]["count"] == 2


def test_a_product_that_was_taken_off_is_not_listed_and_not_sold(shared: Program) -> None:
    offered(shared, "owner")
    product = published(shared, *recordings(shared, "owner"))
    words = ("product", "take-off", product)
    refused(shared, *words, "--as", "second", code="market/10", text="The product is not yours.")
    assert shared.json(*words)["product"] == product
    assert shared.json("product", "list") == {"products": []}
    assert shared("product", "list").out == "nothing yet\n"
    for words in (("product", "buy", product), ("product", "take-off", product)):
        refused(shared, *words, code="market/9", text="There is no such product, or it was taken off.")


def test_only_what_offers_cover_is_published(shared: Program) -> None:
    mine, (hers,) = recordings(shared, "owner"), recordings(shared, "second")
    offered(shared, "owner")
    words = ("product", "publish", "Motion", *mine)
    cases = {
        "another owner's": (*words, hers, *OFFER),
        "more precise": (*words, *OFFER, "--precision", "exact"),
        "another category": (*words, *OFFER, "--category", "position"),
        "another purpose": (*words, "--purpose", "research", "--category", "motion"),
    }
    for case in cases.values():
        refused(shared, *case, code="cli/16", text="No offer covers this recording at this precision.")
    refused(shared, *words, "00" * 20, *OFFER, code="network/7", text="there is no such recording")
    refused(shared, "product", "buy", "000000", code="cli/15", text="There is no such product.")
    # What is offered coarse is offered as an aggregate, too.
    coarser = shared.json(*words, *OFFER, "--precision", "aggregate")["product"]
    assert shared.json("product", "buy", coarser)["rows"] == len(mine)


def test_a_title_or_a_number_of_recordings_that_can_not_be_is_refused_in_words(shared: Program) -> None:
    offered(shared, "owner")
    mine = recordings(shared, "owner")
    for title in ("", "x" * 81):
        ended = shared("product", "publish", title, *mine, *OFFER)
        assert (ended.code, ended.out) == (2, "")
        assert "Invalid value for 'TITLE': give 1 to 80 letters." in ended.err
    ended = shared("product", "publish", "Motion", *mine * 11, *OFFER)
    assert (ended.code, ended.out) == (2, "")
    assert "Invalid value for RECORDING: name at most 20." in ended.err
    assert shared.json("product", "list") == {"products": []}
    # One that is named twice stands in it once.
    twice = published(shared, *mine, *mine)
    assert [len(each["recordings"]) for each in shared.json("product", "list")["products"]] == [2]
    assert shared.json("product", "buy", twice)["price"] == "1"


def test_a_product_whose_offers_ended_is_listed_as_such(shared: Program) -> None:
    first, other = offered(shared, "owner", "--days", "1")
    products = [published(shared, name) for name in recordings(shared, "owner")]
    assert [facts["offers"] for facts in shared.json("product", "list")["products"]] == ["stand", "stand"]
    shared.json("product", "withdraw", first)
    states = {facts["product"]: facts["offers"] for facts in shared.json("product", "list")["products"]}
    assert sorted(states) == sorted(products)
    assert sorted(states.values()) == ["ended", "stand"]
    shared.json("product", "withdraw", other)
    rows = shared("product", "list").out.splitlines()[2:]
    assert [row.split()[-1] for row in rows] == ["ended", "ended"]


def test_a_product_that_comes_while_the_market_is_listed_breaks_no_list(
    shared: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered(shared, "owner")
    pages, come = Client.pages, list[bytes]()

    async def meanwhile(client: Client, query: Any) -> Any:
        """After the first question somebody offers something, and publishes it."""
        found = await pages(client, query)
        if not come:
            owner = load(shared.home / "parties", "owner")
            terms = (await pages(client, ListOffers()))[0][1].terms
            offer = (await client.send(owner, Offer(terms, "buyer"))).event(Offered).offer
            recorded = await pages(client, ListRecordings(owner.account))
            items = tuple(Item(name, offer) for name, record in recorded if record.vehicle == terms.vehicle)
            publish = Publish("New", items, terms.purpose, terms.categories, terms.precision)
            come.append((await client.send(owner, publish)).event(Published).product)
        return found

    monkeypatch.setattr(Client, "pages", meanwhile)
    assert shared.json("product", "list") == {"products": []}
    assert [each["product"] for each in shared.json("product", "list")["products"]] == [come[0].hex()]


def test_what_of_a_product_could_not_be_fetched_is_named_and_fetched_later_without_paying(
    shared: Program, tmp_path: Path
) -> None:
    offered(shared, "owner", "--price", "0.1")
    mine = recordings(shared, "owner")
    product = published(shared, *mine)
    (manifest,) = (shared.home / "vault").rglob(shared.json("recording", "show", mine[0])["hash"])
    kept = manifest.read_bytes()
    manifest.write_bytes(b"else")
    held, out = balance(shared, "buyer"), tmp_path / "bought"
    ended = shared("product", "buy", product, "--out", str(out), "--format", "json")
    assert (ended.code, ended.answer["price"], len(ended.answer["receipts"])) == (1, "0.2", 2)
    (failed,) = ended.answer["not_fetched"]
    assert (failed["recording"], failed["receipt"] in ended.answer["receipts"]) == (mine[0], True)
    assert "is not what it was" in failed["text"]
    assert [path.name for path in out.iterdir()] == [f"{mine[1]}.csv"]
    paid = held - balance(shared, "buyer")
    assert 2 * ACC // 10 <= paid < ACC
    again = shared("product", "buy", product)
    assert again.code == 1
    assert f"Not fetched: {mine[0]}. " in again.err
    assert "nothing is paid again" in again.err
    manifest.write_bytes(kept)
    whole = shared.json("product", "buy", product, "--out", str(tmp_path / "whole"))
    assert (sorted(whole["receipts"]), whole["not_fetched"]) == (sorted(ended.answer["receipts"]), [])
    assert {path.name for path in (tmp_path / "whole").iterdir()} == {f"{name}.csv" for name in mine}
    assert held - balance(shared, "buyer") == paid


def test_a_folder_is_not_left_behind_when_nothing_could_be_fetched(shared: Program, tmp_path: Path) -> None:
    offered(shared, "owner")
    product = published(shared, *recordings(shared, "owner"))
    shutil.rmtree(shared.home / "vault" / "manifests")
    ended = shared("product", "buy", product, "--out", str(tmp_path / "bought"), "--format", "json")
    assert (ended.code, len(ended.answer["not_fetched"]), ended.answer["folder"]) == (1, 2, None)
    assert not (tmp_path / "bought").exists()


def test_a_product_dearer_than_one_would_pay_is_refused_and_costs_nothing(shared: Program) -> None:
    offered(shared, "owner", "--price", "0.1")
    product = published(shared, *recordings(shared, "owner"))
    held = balance(shared, "buyer")
    refused(shared, "product", "buy", product, "--most", "0.19", code="network/16", text="(0.2 ACC)")
    assert balance(shared, "buyer") == held
    assert shared.json("product", "buy", product, "--most", "0.2")["price"] == "0.2"
