"""What anybody may read: the same as the chain tells, in pages that stay what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autochain.onchain.codec import named
from autochain.onchain.contracts.consent import CONSENTS
from autochain.onchain.contracts.identity import HandOver
from autochain.onchain.contracts.market import RECEIPTS
from autochain.onchain.contracts.recording import RECORDINGS
from autochain.onchain.contracts.token import BALANCES
from autochain.onchain.ids import did
from autochain.onchain.ledger import Table
from autochain.onchain.ledger.light import Proved, check_proved
from autochain.onchain.units import TOTAL_SUPPLY_UACC

from .following import followed
from .people import V1, Served, Standing, play_api

CHAIN = f"{V1}/chains/main"


async def read(api: Served, path: str, **parameters: Any) -> Any:
    answer = await api.http.get(f"{CHAIN}/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def whole(api: Served, path: str, limit: int, **parameters: Any) -> list[Any]:
    """Reads a list page by page to its end."""
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = await read(api, path, limit=limit, **parameters, **cursor)
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


def test_the_network_says_what_runs_here(real: Standing) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        facts = (await api.http.get(f"{V1}/network")).json()
        status = await api.scene.client.status()
        (chain,) = facts["chains"]
        assert (facts["demo"], chain["name"], chain["engine"]) == (False, "main", "embedded")
        assert (chain["height"], chain["validators_hash"]) == (status.height, status.validators_hash.hex())
        assert chain["contracts"] == list(api.scene.client.dispatcher.contracts)
        for name in ("transactions", "recordings", "consents", "receipts", "accounts"):
            assert chain["figures"][name] == len((await read(api, name, limit=200))["items"]), name
        assert (chain["figures"]["vehicles"], chain["figures"]["points"]) == (1, 60)

    real.play(story)


def test_lists_read_page_by_page_are_whole_and_in_order(home: Path) -> None:
    async def story(api: Served) -> None:
        height = await followed(api)
        blocks = await whole(api, "blocks", 3)
        assert [block["height"] for block in blocks] == list(range(height, 0, -1))
        transactions = await whole(api, "transactions", 2)
        places = [(row["height"], row["position"]) for row in transactions]
        assert places == sorted(places, reverse=True)
        assert len(transactions) == sum(block["transactions"] for block in blocks)
        events = await whole(api, "events", 4)
        assert [event["seq"] for event in events] == sorted((event["seq"] for event in events), reverse=True)
        forward = await read(api, "events", after=0, limit=200)
        assert forward["items"] == events[::-1]
        for name in ("recordings", "accounts", "consents", "receipts", "token/flows"):
            assert await whole(api, name, 1) == (await read(api, name, limit=200))["items"]

    play_api(home, story, demonstration=False)


def test_a_page_is_the_same_when_blocks_have_come_meanwhile(home: Path) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        first = await read(api, "transactions", limit=3)
        second = await read(api, "transactions", limit=3, cursor=first["next"])
        for _ in range(4):
            await api.scene.make_block()
        await followed(api)
        assert await read(api, "transactions", limit=3, cursor=first["next"]) == second
        assert (await read(api, "transactions", limit=3))["items"] != first["items"]

    play_api(home, story, demonstration=False)


def test_a_cursor_that_is_none_is_refused_and_told_to_be_left_out(real: Standing) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        of_blocks = (await read(api, "blocks", limit=1))["next"]
        for path, cursor in (
            ("blocks", "AAAA"),
            ("blocks", "A" * 399),
            ("blocks", "x"),
            ("transactions", of_blocks),
            ("recordings", of_blocks),
        ):
            answer = await api.http.get(f"{CHAIN}/{path}", params={"cursor": cursor})
            assert (answer.status_code, answer.json()["type"]) == (400, "/errors/api/8"), (path, cursor)
            assert "Leave `cursor` out" in answer.json()["remedy"]

    real.play(story)


def test_records_are_what_the_chain_proves(real: Standing) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        scene = api.scene
        told: tuple[tuple[str, Table[Any], bytes], ...] = (
            ("recordings", RECORDINGS, scene.recordings[0]),
            ("consents", CONSENTS, scene.consent),
            ("receipts", RECEIPTS, scene.receipt),
        )
        for path, table, name in told:
            proved = await scene.client.prove(table, name)
            assert (await read(api, f"{path}/{name.hex()}"))["record"] == named(proved.record)
        ours = await read(api, "recordings", owner=scene.owner.did, vehicle=scene.car.account.hex())
        assert {item["id"] for item in ours["items"]} == {name.hex() for name in scene.recordings}
        assert (await read(api, "recordings", owner=scene.rival.did))["items"] == []
        under = await read(api, "receipts", consent=scene.consent.hex())
        assert [item["id"] for item in under["items"]] == [scene.receipt.hex()]
        assert (await read(api, "receipts", consent="00" * 20))["items"] == []

    real.play(story)


def test_a_transaction_comes_with_what_it_announced(real: Standing) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        (row, *_) = (await read(api, "transactions", account=api.scene.buyer.did))["items"]
        found = await read(api, f"transactions/{row['hash']}")
        assert found["transaction"] == row
        assert [event["type"] for event in found["events"]] == ["token/Transferred", "market/Bought"]
        assert all(event["transaction"] == row["hash"] for event in found["events"])

    real.play(story)


def test_an_account_shows_what_it_holds_and_who_speaks_for_it(real: Standing) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        owner = api.scene.owner
        found = await read(api, f"accounts/{owner.did}")
        assert found["account"]["did"] == owner.did
        assert found["account"]["kind"] == "person"
        assert found["balance_uacc"] == await api.scene.client.balance_uacc(owner.account)
        assert found["keys"] == [{"suite": 1, "data": owner.public_key.data.hex()}]
        devices = (await read(api, "accounts", kind="device", controller=owner.did, role="vehicle"))["items"]
        assert [device["id"] for device in devices] == [api.scene.car.account.hex()]

    real.play(story)


def test_a_passport_tells_a_vehicles_life_through_its_hand_over(home: Path) -> None:
    async def story(api: Served) -> None:
        scene = api.scene
        await scene.client.send(scene.owner, HandOver(scene.car.account), payer=scene.rival)
        await followed(api)
        passport = await read(api, f"vehicles/{scene.car.did}")
        assert passport["owner_did"] == scene.rival.did
        assert [over["owner"] for over in passport["hand_overs"]] == [scene.rival.account.hex()]
        assert [each["role"] for each in passport["attestations"]] == ["vehicle"]
        registrar = scene.network.wallet("registrar")
        assert passport["attestations"][0]["authority"] == registrar.account.hex()
        assert {item["id"] for item in passport["recordings"]} == {name.hex() for name in scene.recordings}
        mined_uacc = (await read(api, "token"))["mined_uacc"]
        assert passport["figures"] == {"recordings": 2, "points": 60, "receipts": 1, "earned_uacc": mined_uacc}
        kinds = [event["type"] for event in passport["life"]]
        assert kinds[0] == "identity/HandedOver"
        assert {"identity/Registered", "recording/Committed", "consent/Granted"} <= set(kinds)

    play_api(home, story, demonstration=False)


def test_all_acc_is_accounted_for(real: Standing) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        token = await read(api, "token")
        assert token["supply_uacc"] == sum(part["amount_uacc"] for part in token["allocations"]) == TOTAL_SUPPLY_UACC
        assert len(token["allocations"]) == 5
        assert (token["mined_uacc"], token["burned_uacc"]) == (60_000, 0)
        richest = token["top"][0]
        assert richest["balance_uacc"] == await api.scene.client.balance_uacc(bytes.fromhex(richest["account"]))
        assert richest["did"] == did(bytes.fromhex(richest["account"]))
        every = (await read(api, "accounts", limit=200))["items"]
        assert token["ranked"] == len(every)
        held = [await api.scene.client.balance_uacc(bytes.fromhex(account["id"])) for account in every]
        assert sum(held) == TOTAL_SUPPLY_UACC
        assert [holding["balance_uacc"] for holding in token["top"]] == sorted(held, reverse=True)[:20]

    real.play(story)


def test_a_proof_convinces_whoever_knows_the_validators(real: Standing) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        scene = api.scene
        key = BALANCES.key(scene.owner.account)
        given = await read(api, f"proofs/{key.hex()}")
        proved = Proved(*(bytes.fromhex(given[field]) for field in ("key", "value", "proof", "light_block")))
        header = check_proved(scene.client.trust, proved, key=key)
        assert header.height == given["height"]
        held = BALANCES.codec.decode(proved.value).amount_uacc
        assert held == await scene.client.balance_uacc(scene.owner.account)
        absent = await read(api, f"proofs/{BALANCES.key(bytes(20)).hex()}")
        assert absent["value"] == ""

    real.play(story)


def test_an_older_height_is_answered_as_it_was(home: Path) -> None:
    async def story(api: Served) -> None:
        height = await followed(api)
        path, account = "queries/token/BalanceOf", {"account": api.scene.buyer.did}
        before = await read(api, path, **account)
        await api.scene.make_block()
        assert (await read(api, path, **account, height=height))["answer"] == before["answer"]
        assert (await read(api, path, **account, height=height))["height"] == height

    play_api(home, story, demonstration=False)


def test_search_finds_what_a_text_names(real: Standing) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        recording, account = api.scene.recordings[0].hex(), api.scene.owner
        for text, kind, name in (
            ("3", "block", "3"),
            (recording, "recording", recording),
            (recording[:8], "recording", recording),
            (account.did, "account", account.account.hex()),
        ):
            items = (await api.http.get(f"{V1}/search", params={"q": text})).json()["items"]
            assert {"chain": "main", "found": {"kind": kind, "id": name}} in items, text
        assert (await api.http.get(f"{V1}/search", params={"q": "nothing like it"})).json()["items"] == []

    real.play(story)


def test_head_is_answered_where_get_is_and_without_a_body(real: Standing) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        for path in (f"{CHAIN}/recordings", "/livez", "/metrics", f"{V1}/openapi.json"):
            whole, head = await api.http.get(path), await api.http.head(path)
            assert (head.status_code, head.content) == (200, b""), path
            assert head.headers["content-type"] == whole.headers["content-type"]
            assert head.headers.get("etag") == whole.headers.get("etag")
        tag = {"if-none-match": (await api.http.head(f"{CHAIN}/recordings")).headers["etag"]}
        assert (await api.http.head(f"{CHAIN}/recordings", headers=tag)).status_code == 304
        assert (await api.http.head(f"{CHAIN}/blocks/999999")).status_code == 404
        assert (await api.http.head(f"{V1}/sign-in")).status_code == 405
        assert (await api.http.head(f"{V1}/stream")).status_code == 200
        assert api.backend.stream.listeners == 0

    real.play(story)


def test_what_is_unchanged_is_not_sent_again(home: Path) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        path = f"{CHAIN}/recordings"
        first = await api.http.get(path)
        tag = first.headers["etag"]
        assert tag.startswith('W/"')
        again = await api.http.get(path, headers={"if-none-match": f'"other", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        other = await api.http.get(f"{CHAIN}/blocks", headers={"if-none-match": tag})
        assert other.status_code == 200
        await api.scene.make_block()
        assert (await api.http.get(path, headers={"if-none-match": tag})).status_code == 304

    play_api(home, story, demonstration=False)
