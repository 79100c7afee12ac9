"""What an account may do by the API with what is its own: share, read, erase, take along."""

from __future__ import annotations

import asyncio
import io
import stat
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from homes import a_drive
from homes.scene import NOW_MS, PRICE_UACC

from autochain.api import accounts
from autochain.network import parties, rights
from autochain.onchain.contracts.market import ListReceipts
from autochain.onchain.contracts.recording import GetErasure
from autochain.onchain.ids import did
from autochain.onchain.refusals import present
from autochain.signals import SPEED

from .people import V1, Person, Served, Standing, play_api

RESEARCH = {"purpose": "research", "categories": ["motion"]}


def reading_of(api: Served, number: int = 1) -> dict[str, Any]:
    return {"recording": api.scene.recordings[number].hex(), **RESEARCH}


def values(answer: Any, signal: str) -> list[float]:
    """Gives the readings of one signal in an answer."""
    (found,) = [each["values"] for part in answer["parts"] for each in part["signals"] if each["signal"] == signal]
    return list(found)


async def bought_by(api: Served, person: Person) -> int:
    """Counts what somebody has bought, as the chain has it."""
    return len(await api.scene.client.pages(ListReceipts(bytes.fromhex(person.account), as_reader=True)))


def test_a_buyer_reads_under_a_consent_and_the_owner_sees_it(peopled: Path) -> None:
    async def story(api: Served) -> None:
        buyer, owner = await api.persona("buyer"), await api.persona("owner")
        done = await buyer.post("/reads", reading_of(api))
        assert done.status == 200, done.json
        assert done.json["price_uacc"] == PRICE_UACC
        assert values(done.json, SPEED) == a_drive(1, before_ms=NOW_MS).columns[SPEED]
        (part,) = done.json["parts"]
        assert (part["category"], part["precision"], part["rows"]) == ("motion", "exact", 30)
        assert {each["signal"]: each["unit"] for each in part["signals"]}[SPEED] == "km/h"
        shared = (await owner.get("/sharing-list")).json["items"]
        assert [each["id"] for each in shared] == [api.scene.receipt.hex(), done.json["receipt"]]
        assert shared[1]["status"] == "delivered"
        assert shared[1]["reader"] == buyer.account
        again = await buyer.get(f"/receipts/{done.json['receipt']}/readings")
        assert again.json == done.json

    play_api(peopled, story)


def test_an_owner_revokes_and_the_buyers_next_read_fails(peopled: Path) -> None:
    async def story(api: Served) -> None:
        buyer, owner = await api.persona("buyer"), await api.persona("owner")
        done = await buyer.post("/reads", reading_of(api))
        assert done.status == 200
        before = await bought_by(api, buyer)
        revoked = await owner.post("/messages/consent/Revoke", {"consent": api.scene.consent.hex()})
        assert revoked.status == 200, revoked.json
        assert [event["type"] for event in revoked.json["events"]] == ["consent/Ended"]
        for body in (reading_of(api), reading_of(api, 0), reading_of(api) | {"consent": api.scene.consent.hex()}):
            refused = await buyer.post("/reads", body)
            assert (refused.status, refused.json["codespace"]) == (422, "consent"), refused.json
        for receipt in (done.json["receipt"], api.scene.receipt.hex()):
            assert (await buyer.get(f"/receipts/{receipt}/readings")).status == 422
        assert await bought_by(api, buyer) == before

    play_api(peopled, story)


def test_an_owner_grants_and_a_maker_reads_all_that_is_covered(peopled: Path) -> None:
    async def story(api: Served) -> None:
        maker, owner = await api.persona("maker"), await api.persona("owner")
        assert (
            await maker.post("/reads", {"recording": reading_of(api)["recording"], "purpose": "research"})
        ).status == 422
        terms = {
            "vehicle": did(api.scene.car.account),
            "purpose": "maintenance",
            "categories": ["energy", "motion"],
            "precision": "exact",
            "from_ms": 0,
            "until_ms": NOW_MS,
            "price_uacc": 0,
            "expires_ms": NOW_MS + 3_600_000,
        }
        granted = await owner.post("/messages/consent/Grant", {"reader": maker.account, "terms": terms})
        assert granted.status == 200, granted.json
        consent = granted.json["events"][0]["consent"]
        wanted = {"recording": reading_of(api)["recording"], "purpose": "maintenance", "consent": consent}
        done = await maker.post("/reads", wanted)
        assert [part["category"] for part in done.json["parts"]] == ["energy", "motion"], done.json
        other = await maker.post("/reads", wanted | {"consent": api.scene.consent.hex()})
        assert (other.status, other.json["codespace"]) == (422, "consent")

    play_api(peopled, story)


def test_an_owner_reads_its_own_recordings_and_nobody_elses(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        name = api.scene.recordings[0].hex()
        owner, other = await api.persona("owner"), await api.persona("owner-2")
        found = (await owner.get(f"/recordings/{name}/readings")).json
        drive = a_drive(0, before_ms=NOW_MS)
        assert {part["category"] for part in found["parts"]} == {"position", "motion", "energy"}
        assert {part["precision"] for part in found["parts"]} == {"exact"}
        assert found["parts"][0]["times_ms"] == drive.times_ms
        assert values(found, SPEED) == drive.columns[SPEED]
        coarse = (await owner.get(f"/recordings/{name}/readings?precision=coarse")).json
        assert {part["precision"] for part in coarse["parts"]} == {"coarse"}
        assert (await other.get(f"/recordings/{name}/readings")).refusal == "network/14"
        assert (await owner.get(f"/recordings/{'00' * 20}/readings")).refusal == "network/7"
        assert (await owner.get("/recordings/nothing/readings")).status == 400

    demonstration.play(story)


def test_long_readings_are_shown_up_to_a_bound_and_counted_whole(
    demonstration: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "MAX_ROWS", 10)

    async def story(api: Served) -> None:
        owner = await api.persona("owner")
        found = (await owner.get(f"/recordings/{api.scene.recordings[0].hex()}/readings")).json
        for part in found["parts"]:
            assert (part["rows"], len(part["times_ms"])) == (30, 10)
            assert {len(each["values"]) for each in part["signals"]} == {10}

    demonstration.play(story)


def test_two_reads_at_once_are_both_answered(peopled: Path) -> None:
    async def story(api: Served) -> None:
        buyer = await api.persona("buyer")
        before = await bought_by(api, buyer)
        wanted = [{**reading_of(api), "categories": [category]} for category in ("motion", "position")]
        answers = await asyncio.gather(*(buyer.post("/reads", body) for body in wanted))
        assert [answer.status for answer in answers] == [200, 200]
        assert await bought_by(api, buyer) == before + 2

    play_api(peopled, story)


def test_the_same_read_twice_at_once_is_paid_once(peopled: Path) -> None:
    async def story(api: Served) -> None:
        buyer, parties = await api.persona("buyer"), present(api.backend.parties, "it is a demonstration")
        before = await bought_by(api, buyer)

        async def read() -> bytes:
            account, recording = bytes.fromhex(buyer.account), api.scene.recordings[1]
            done = await parties.read(
                account, recording, consent=None, purpose="research", categories=("motion",), precision="exact"
            )
            return done.receipt

        # Not over HTTP, where the second may come when the first stands in a block already.
        first, second = await asyncio.gather(read(), read())
        assert first == second
        assert await bought_by(api, buyer) == before + 1

    play_api(peopled, story)


def test_messages_of_one_persona_at_once_all_happen(peopled: Path) -> None:
    async def story(api: Served) -> None:
        buyer, payee = await api.persona("buyer"), api.scene.rival.account
        before = await api.scene.client.balance_uacc(payee)
        paid = {"payee": payee.hex(), "amount_uacc": 7}
        answers = await asyncio.gather(*(buyer.post("/messages/token/Transfer", paid) for _ in range(20)))
        assert {answer.status for answer in answers} == {200}
        assert await api.scene.client.balance_uacc(payee) == before + 20 * 7

    play_api(peopled, story)


def test_a_receipt_of_another_opens_nothing(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        other = await api.persona("buyer-2")
        refused = await other.get(f"/receipts/{api.scene.receipt.hex()}/readings")
        assert (refused.status, refused.refusal) == (422, "release/3")
        assert (await other.get(f"/receipts/{'00' * 20}/readings")).refusal == "release/1"
        assert (await other.post("/reads", reading_of(api))).json["codespace"] == "consent"

    demonstration.play(story)


def test_an_owner_erases_a_recording_and_only_its_own(peopled: Path) -> None:
    async def story(api: Served) -> None:
        name = api.scene.recordings[0]
        owner, other, buyer = await api.persona("owner"), await api.persona("owner-2"), await api.persona("buyer")
        assert (await buyer.get(f"/receipts/{api.scene.receipt.hex()}/readings")).status == 200
        assert (await other.post(f"/recordings/{name.hex()}/erasure")).status == 422
        assert present(await api.scene.client.ask(GetErasure(name)), "it was recorded").ended_ms == 0
        done = await owner.post(f"/recordings/{name.hex()}/erasure")
        assert done.status == 200, done.json
        assert done.json["read_before"] == [api.scene.receipt.hex()]
        (holder,) = done.json["holders"]
        assert holder["destroyed_ms"] > 0
        assert (await owner.get(f"/recordings/{name.hex()}/readings")).json == {"parts": []}
        assert (await buyer.get(f"/receipts/{api.scene.receipt.hex()}/readings")).status == 422

    play_api(peopled, story)


def test_who_erases_the_same_twice_at_once_is_told_the_same_twice(
    peopled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    async def watched(*given: Any, **named: Any) -> Any:
        begun.append("begun")
        done = await rights.erase(*given, **named)
        begun.append("done")
        return done

    async def story(api: Served) -> None:
        erase, owner = present(api.backend.parties, "it is a demonstration").erase, api.scene.owner.account
        name = api.scene.recordings[0]
        one, other = await asyncio.gather(erase(owner, name), erase(owner, name))
        assert one == other
        assert begun == ["begun", "done"] * 2

    monkeypatch.setattr(parties, "erase", watched)
    play_api(peopled, story)


def test_what_is_one_accounts_alone_is_kept_by_no_cache(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        owner = await api.persona("owner")
        for path in ("/sharing-list", f"/recordings/{api.scene.recordings[0].hex()}/readings", "/export"):
            answer = await api.http.get(f"{V1}/accounts/{owner.account}{path}", headers=owner.headers)
            assert answer.headers.get_list("cache-control") == ["private, no-store"], path

    demonstration.play(story)


def test_an_export_is_whole_and_leaves_nothing_behind(
    peopled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    async def story(api: Served) -> None:
        owner, modes = await api.persona("owner"), set[int]()
        export = present(api.backend.parties, "it is a demonstration").export

        async def watched(account: bytes, out: Path) -> None:
            await export(account, out)
            modes.add(stat.S_IMODE(out.stat().st_mode))

        monkeypatch.setattr(api.backend.parties, "export", watched)
        response = await api.http.get(f"{V1}/accounts/{owner.account}/export", headers=owner.headers)
        assert (response.status_code, response.headers["content-type"]) == (200, "application/zip")
        assert "no-store" in response.headers["cache-control"]
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
        for name in api.scene.recordings:
            assert f"recordings/{name.hex()}.proof" in names
            assert f"readings/{name.hex()}/motion.exact.csv" in names
        assert modes == {0o600}
        assert list(temporary.iterdir()) == []

        async def failing(account: bytes, out: Path) -> None:
            out.write_bytes(b"half of it")
            raise OSError(28, "No space left on device", str(out))

        monkeypatch.setattr(api.backend.parties, "export", failing)
        response = await api.http.get(f"{V1}/accounts/{owner.account}/export", headers=owner.headers)
        assert response.status_code == 500
        assert str(temporary) not in response.text
        assert list(temporary.iterdir()) == []

    play_api(peopled, story)


def test_every_persona_may_take_along_what_there_is_about_it(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        for name in ("buyer", "maker", "regulator", "stranger"):
            person = await api.persona(name)
            response = await api.http.get(f"{V1}/accounts/{person.account}/export", headers=person.headers)
            with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
                assert f"identity/{person.account}.json" in archive.namelist()

    demonstration.play(story)


NO_REQUESTS: list[Any] = [
    {},
    {"recording": "00" * 20},
    {"recording": "00" * 20, "purpose": "fun"},
    {"recording": "00" * 20, "purpose": "research", "categories": ["motion"] * 7},
    {"recording": "00" * 20, "purpose": "research", "precision": "perfect"},
    {"recording": 5, "purpose": "research"},
    {"recording": "00" * 20, "purpose": "research", "more": True},
]


def test_a_request_to_read_that_is_none_is_refused_in_words(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        buyer = await api.persona("buyer")
        for body in NO_REQUESTS:
            refused = await buyer.post("/reads", body)
            assert (refused.status, refused.refusal) == (400, "api/1"), body

    demonstration.play(story)
