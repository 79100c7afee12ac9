"""Whether it lives and is ready, and what can be measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autochain.api import health, make_app
from autochain.index import AWAY, Database, Index

from .following import followed
from .people import V1, Served, play_api, served


def test_it_is_ready_when_chains_make_blocks_and_the_read_model_follows(home: Path) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        assert (await api.http.get("/livez")).json() == {"live": True}
        assert (await api.http.get("/readyz")).json() == {"ready": True}
        assert await health.unready(api.backend) == []
        asleep = replace(api.backend, clock=lambda: api.clock() + 3_600_000)
        (lacking,) = await health.unready(asleep)
        assert lacking.startswith("main has made no block for 3")
        async with served(make_app(asleep)) as http:
            answer = await http.get("/readyz")
            assert (answer.status_code, answer.json()["detail"]) == (503, lacking)
            assert "retry-after" in answer.headers

    play_api(home, story, demonstration=False)


def test_it_is_not_ready_while_the_read_model_is_far_behind_or_away(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(api: Served) -> None:
        await followed(api)
        away = replace(api.backend, index=Index(Database.in_file(tmp_path / "nowhere" / "index.sqlite")))
        (lacking,) = await health.unready(away)
        assert lacking.startswith("The index can't be read")
        async with served(make_app(away)) as http:
            assert (await http.get("/readyz")).status_code == 503
            assert 'autochain_index_height{chain="main"} 0.0' in (await http.get("/metrics")).text
            assert (await http.get(f"{V1}/chains/main/blocks")).status_code == 503
            (chain,) = (await http.get(f"{V1}/network")).json()["chains"]
            assert (chain["name"], chain["figures"]) == ("main", None)
        for name in ("side", "main"):
            behind = replace(api.backend, chains={name: api.backend.chains["main"]})
            assert bool(await health.unready(behind)) == (name == "side")

    monkeypatch.setattr(health, "MAX_BEHIND", 5)
    play_api(home, story, demonstration=False)


def test_what_a_read_model_lacks_is_refused_and_not_told_as_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = ("blocks", "transactions", "events", "recordings", "consents", "receipts", "accounts", "token")

    async def story(api: Served) -> None:
        height = await followed(api)
        empty = Database.in_file(tmp_path / "empty.sqlite")
        empty.take_up()
        for index, behind in ((api.backend.index, "side"), (Index(empty), "main")):
            chains = {behind: api.backend.chains["main"]}
            async with served(make_app(replace(api.backend, index=index, chains=chains))) as http:
                for path in (f"{V1}/search?q=1", *(f"{V1}/chains/{behind}/{each}" for each in lists)):
                    answer = await http.get(path)
                    assert (answer.status_code, answer.json().get("code")) == (503, AWAY.code), path
        empty.close()
        assert (await api.http.get(f"{V1}/chains/main/blocks")).json()["items"][0]["height"] == height
        assert (await api.http.get(f"{V1}/chains/other/blocks")).status_code == 404

    monkeypatch.setattr(health, "MAX_BEHIND", 5)
    play_api(home, story, demonstration=False)


def test_requests_heights_and_listeners_are_measured(home: Path) -> None:
    async def story(api: Served) -> None:
        height = await followed(api)
        for _ in range(3):
            await api.http.get(f"{V1}/chains/main/blocks/1")
        await api.http.get(f"{V1}/chains/main/blocks/0")
        await api.http.request("MADE-UP", f"{V1}/a/path/that/somebody/made/up")
        lines = (await api.http.get("/metrics")).text.splitlines()
        route = f"{V1}/chains/{{chain}}/blocks/{{height}}"
        assert f'autochain_http_requests_total{{method="GET",route="{route}",status="200"}} 3.0' in lines
        assert f'autochain_http_requests_total{{method="GET",route="{route}",status="400"}} 1.0' in lines
        assert f'autochain_http_seconds_count{{route="{route}"}} 4.0' in lines
        assert f'autochain_chain_height{{chain="main"}} {height}.0' in lines
        assert f'autochain_index_height{{chain="main"}} {height}.0' in lines
        assert "autochain_stream_listeners 0.0" in lines
        assert not any("made" in line for line in lines)
        assert (await api.http.get("/metrics")).headers["content-type"] == "text/plain; version=1.0.0; charset=utf-8"

    play_api(home, story, demonstration=False)
