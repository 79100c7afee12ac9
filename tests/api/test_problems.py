"""What is refused: each class of error as a problem that names its mend."""

from __future__ import annotations

import asyncio
import logging
import sys
from dataclasses import replace
from typing import Any

import httpx
import pytest

from autochain.api import Chain, Rates, make_app
from autochain.api.errors import STATUSES
from autochain.api.reasons import find_reasons
from autochain.onchain.crypto.suites import SUITE_ABSENT

from .following import followed
from .people import V1, Served, Standing, served

CHAIN = f"{V1}/chains/main"
JSON = {"content-type": "application/json"}


def problem(answer: httpx.Response, status: int, type: str) -> dict[str, Any]:
    """Checks that an answer is a problem in its form, of this status and type."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    found: dict[str, Any] = answer.json()
    assert set(found) == {"type", "title", "status", "detail", "remedy", "codespace", "code"}
    assert (found["type"], found["status"]) == (type, status)
    assert found["title"]
    assert found["remedy"]
    return found


def test_a_wrong_request_is_told_what_is_wrong_with_it(real: Standing) -> None:
    async def story(api: Served) -> None:
        http = api.http
        found = problem(await http.get(f"{CHAIN}/blocks?limit=0"), 400, "/errors/api/1")
        assert found["detail"].startswith("limit:")
        problem(await http.get(f"{CHAIN}/recordings/00"), 400, "/errors/api/1")
        problem(await http.get(f"{CHAIN}/recordings/{'%00' * 40}"), 400, "/errors/api/1")
        problem(await http.get(f"{CHAIN}/recordings/%ff%fe"), 400, "/errors/api/1")
        problem(await http.get(f"{V1}/search"), 400, "/errors/api/1")
        problem(await http.get(f"{V1}/search?q=%00"), 400, "/errors/api/1")
        problem(await http.get(f"{CHAIN}/blocks/{10**30}"), 400, "/errors/api/1")
        problem(await http.get(f"{CHAIN}/proofs/0g"), 400, "/errors/api/1")

    real.play(story)


def test_a_parameter_that_an_address_does_not_take_is_named(real: Standing) -> None:
    async def story(api: Served) -> None:
        found = problem(await api.http.get(f"{CHAIN}/receipts?owners={api.scene.owner.did}"), 400, "/errors/api/1")
        assert found["detail"].startswith("there is no parameter 'owners', only consent, cursor, limit, owner,")
        for path in (f"{V1}/network", "/livez", f"{CHAIN}/blocks/1", f"{CHAIN}/queries/token/GetAllocations"):
            found = problem(await api.http.get(f"{path}?limits=1"), 400, "/errors/api/1")
            assert "'limits'" in found["detail"], path

    real.play(story)


def test_a_number_is_written_in_plain_digits(real: Standing) -> None:
    async def story(api: Served) -> None:
        for number in ("%EF%BC%91", "1_0", "+1", "%201", "01"):
            problem(await api.http.get(f"{CHAIN}/blocks/{number}"), 400, "/errors/api/1")
        for number in ("%EF%BC%92", "2.0", "1_0", "%2B2", "%202", "2e0"):
            found = problem(await api.http.get(f"{CHAIN}/blocks?limit={number}"), 400, "/errors/api/1")
            assert found["detail"].startswith("limit:"), number
            problem(await api.http.get(f"{CHAIN}/transactions?height={number}"), 400, "/errors/api/1")
            problem(await api.http.get(f"{CHAIN}/queries/token/GetAllocations?height={number}"), 400, "/errors/api/1")
        assert (await api.http.get(f"{CHAIN}/blocks?limit=2")).status_code == 200

    real.play(story)


def test_an_upload_that_is_cut_off_is_no_failure_of_this_side(
    demonstration: Standing, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(api: Served) -> None:
        url, route = api.http.base_url, f'route="{V1}/demo/sign-in"'
        _, writer = await asyncio.open_connection(url.host, url.port)
        head = f"POST {V1}/demo/sign-in HTTP/1.1\r\nhost: {url.host}\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: 50\r\n\r\n{{".encode())
        await writer.drain()
        writer.close()
        async with asyncio.timeout(10):
            while f'{route},status="400"' not in (measured := (await api.http.get("/metrics")).text):
                assert f'{route},status="500"' not in measured
                await asyncio.sleep(0.01)

    demonstration.play(story)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"payee": "\\u0000", "amount_uacc": 1}',
    b'{"payee": "' + b"0" * 40 + b'", "amount_uacc": 1e400}',
    b'{"payee": "' + b"0" * 40 + b'", "amount_uacc": ' + b"9" * 400 + b"}",
    b'{"payee": "' + b"0" * 40 + b'", "amount_uacc": "5"}',
    b'{"payee": "' + b"0" * 40 + b'", "amount_uacc": 5, "more": 1}',
    b"[" * 100_000,
)


def test_a_body_that_is_not_what_a_route_takes_is_refused(real: Standing) -> None:
    async def story(api: Served) -> None:
        path = f"{CHAIN}/drafts/token/Transfer?sender={api.scene.buyer.did}"
        for body in BODIES:
            problem(await api.http.post(path, content=body, headers=JSON), 400, "/errors/api/1")

    real.play(story)


def test_what_is_not_there_is_told_so(real: Standing) -> None:
    async def story(api: Served) -> None:
        http = api.http
        problem(await http.get(f"{V1}/nothing"), 404, "/errors/api/2")
        problem(await http.get("/nothing"), 404, "/errors/api/2")
        problem(await http.get(f"{V1}/chains/moon/blocks"), 404, "/errors/api/10")
        problem(await http.get(f"{CHAIN}/blocks/999999"), 404, "/errors/api/9")
        problem(await http.get(f"{CHAIN}/transactions/{'0' * 64}"), 404, "/errors/api/9")
        problem(await http.get(f"{CHAIN}/vehicles/{api.scene.owner.did}"), 404, "/errors/api/9")
        problem(await http.get(f"{CHAIN}/queries/token/GetAllocations?height=99999"), 404, "/errors/ledger/24")
        problem(await http.get("/errors/moon/1"), 404, "/errors/api/9")

    real.play(story)


def test_a_wrong_method_is_told_the_right_ones(real: Standing) -> None:
    async def story(api: Served) -> None:
        answer = await api.http.delete(f"{CHAIN}/transactions")
        problem(answer, 405, "/errors/api/3")
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}

    real.play(story)


def test_a_body_that_is_too_large_or_of_another_type_is_refused(real: Standing) -> None:
    async def chunks() -> Any:
        for _ in range(40):
            yield b"0" * 65_536

    async def story(api: Served) -> None:
        path = f"{CHAIN}/transactions"
        problem(await api.http.post(path, content=b"0" * 1_100_000, headers=JSON), 413, "/errors/api/4")
        problem(await api.http.post(path, content=chunks(), headers=JSON), 413, "/errors/api/4")
        given = {"draft": "00", "signatures": [{"key": 0, "signature": "00"}]}
        problem(await api.http.post(path, data=given), 415, "/errors/api/5")
        problem(await api.http.post(path, content=b"{}", headers={"content-type": "text/plain"}), 415, "/errors/api/5")

    real.play(story)


def test_one_request_too_many_is_told_how_long_to_wait(real: Standing) -> None:
    async def story(api: Served) -> None:
        limited = replace(api.backend, rates=Rates(per_second=1, burst=3, sign_ins_per_minute=1))
        async with served(make_app(limited)) as http:
            answers = [await http.get(f"{V1}/network") for _ in range(6)]
            assert [answer.status_code for answer in answers[:3]] == [200] * 3
            problem(answers[-1], 429, "/errors/api/6")
            assert int(answers[-1].headers["retry-after"]) >= 1

    real.play(story)


def test_going_from_persona_to_persona_is_no_guessing_of_keys(demonstration: Standing) -> None:
    async def story(api: Served) -> None:
        limited = replace(api.backend, rates=Rates(per_second=100, burst=100, sign_ins_per_minute=1))
        async with served(make_app(limited)) as http:
            for name in ("owner", "buyer", "owner"):
                assert (await http.post(f"{V1}/demo/sign-in", json={"persona": name})).status_code == 200

    demonstration.play(story)


def test_signing_in_has_a_limit_of_its_own(real: Standing) -> None:
    async def story(api: Served) -> None:
        limited = replace(api.backend, rates=Rates(per_second=100, burst=100, sign_ins_per_minute=2))
        asked = {"account": api.scene.owner.did, "role": "owner"}
        async with served(make_app(limited)) as http:
            answers = [await http.post(f"{V1}/sign-in/challenges", json=asked) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200, 200, 429]
            assert (await http.get(f"{V1}/network")).status_code == 200

    real.play(story)


class _Broken:
    """A node in whose way something nobody foresaw stands."""

    async def status(self) -> Any:
        raise ZeroDivisionError("a secret of the inside")


def test_what_nobody_foresaw_is_logged_and_tells_nothing_of_the_inside(
    real: Standing, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(api: Served) -> None:
        broken: Any = _Broken()
        chains = {"main": Chain("main", broken, api.scene.client)}
        async with served(make_app(replace(api.backend, chains=chains))) as http:
            answer = await http.get(f"{V1}/network")
            problem(answer, 500, "/errors/api/7")
            assert "secret" not in answer.text

    with caplog.at_level(logging.ERROR, logger="autochain.api"):
        real.play(story)
    assert "a secret of the inside" in caplog.text


def test_a_contract_refuses_a_query_with_its_own_number(real: Standing) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        found = await api.http.get(f"{CHAIN}/recordings/{api.scene.recordings[0].hex()}")
        body = {
            "consent": api.scene.consent.hex(),
            "reader": api.scene.rival.did,
            "recording": found.json()["record"],
            "purpose": "research",
            "categories": ["motion"],
            "precision": "exact",
        }
        path = f"{CHAIN}/queries/consent/RequireConsent"
        problem(await api.http.post(path, json=body), 422, "/errors/consent/12")
        allowed = await api.http.post(path, json={**body, "reader": api.scene.buyer.did})
        assert allowed.json()["answer"]["reader"] == api.scene.buyer.account.hex()

    real.play(story)


def test_a_problem_leads_to_a_page_about_it(real: Standing) -> None:
    async def story(api: Served) -> None:
        refused = await api.http.get(f"{CHAIN}/blocks?cursor=!")
        page = await api.http.get(refused.json()["type"])
        assert page.headers["content-type"].startswith("text/html")
        assert "The request is not what this address takes." in page.text
        token = await api.http.get("/errors/token/1")
        assert "Pay less, or let ACC be sent to the account first." in token.text

    real.play(story)


def test_every_reason_is_listed_once_with_its_status(real: Standing) -> None:
    async def story(api: Served) -> None:
        items = (await api.http.get(f"{V1}/reasons")).json()["items"]
        numbers = [(item["codespace"], item["code"]) for item in items]
        assert len(set(numbers)) == len(numbers) > 150
        assert {reason.codespace for reason in STATUSES} <= {codespace for codespace, _ in numbers}
        statuses = {(item["codespace"], item["code"]): item["status"] for item in items}
        assert statuses["token", 1] == 422
        assert all(statuses[reason.codespace, reason.code] == status for reason, status in STATUSES.items())

    real.play(story)


def test_reasons_are_told_also_where_the_library_of_an_extra_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gmalglib", None)
    for name in ("autochain.onchain.crypto.sm2", "autochain.privacy.sm2"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    found = find_reasons()
    assert found["crypto", SUITE_ABSENT.code] == SUITE_ABSENT
    assert set(STATUSES) <= set(found.values())


def test_a_module_of_the_program_that_is_missing_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "autochain.onchain.crypto.p256", None)
    with pytest.raises(ModuleNotFoundError):
        find_reasons()
