"""A damaged file of one party stops that party and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from homes import Outsider, Scene, a_drive, play, refuses, request_of
from homes.scene import NOW_MS
from msgspec.structs import replace

from autochain.network import Home
from autochain.network.parties import demo_parties
from autochain.onchain.contracts.recording import ListRecordings
from autochain.onchain.refusals import Reason, Refusal
from autochain.services.registrar.errors import NO_SHARE, TOO_FEW
from autochain.services.release.log import LOG_BROKEN
from autochain.wallet.errors import BAD_WALLET, WALLET_OPEN


def damage(path: Path) -> None:
    path.write_bytes(b"\xff" * 300)


def open_to_others(path: Path) -> None:
    path.chmod(0o644)


@pytest.mark.parametrize(("spoil", "reason"), [(damage, BAD_WALLET), (open_to_others, WALLET_OPEN)])
def test_a_wallet_that_can_not_be_used_is_told_once_and_stops_its_own_party_alone(
    home: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], None], reason: Reason
) -> None:
    async def story(scene: Scene) -> None:
        network = scene.network
        whole = set(network.names().values())
        spoil(home / "parties" / "foundation" / "wallet.json")
        for _ in range(2):
            assert set(network.names().values()) == whole - {"foundation"}
        assert [record.message.partition(":")[0] for record in caplog.records] == ["party foundation"]
        assert await network.owner(scene.car) == scene.owner
        assert len((await scene.fetch(scene.buyer, scene.receipt)).parts) == 2
        with refuses(reason):
            await network.party("foundation")

    play(home, story)


def test_a_persona_whose_wallet_is_damaged_keeps_the_others_from_nothing(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(scene: Scene) -> None:
        personas = [persona.name for persona in (await demo_parties(scene.network)).personas()]
        assert {"buyer", "buyer-2", "owner", "regulator"} <= set(personas)
        damage(home / "parties" / "buyer-2" / "wallet.json")
        again = [persona.name for persona in (await demo_parties(scene.network)).personas()]
        assert again == [name for name in personas if name != "buyer-2"]
        assert "not every persona is there" in caplog.text

    play(home, story)


@pytest.mark.parametrize(("file", "reason"), [("releases.log", LOG_BROKEN), ("wallet.json", BAD_WALLET)])
def test_a_member_whose_files_are_damaged_refuses_and_the_network_runs(
    home: Path, caplog: pytest.LogCaptureFixture, file: str, reason: Reason
) -> None:
    damage(home / "parties" / "release" / file)

    async def story(scene: Scene) -> None:
        assert reason.text in caplog.text
        assert len(await scene.client.pages(ListRecordings())) == 2
        assert len(scene.part_keys(scene.recordings[0])) > 2
        with refuses(reason):
            await scene.fetch(scene.buyer, scene.receipt)
        with refuses(reason):
            await scene.unit().record(a_drive(2, before_ms=NOW_MS))
        with refuses(reason):
            await Outsider(scene.network).release.open(await request_of(scene, scene.buyer, scene.receipt))

    play(home, story)


def test_a_registrar_whose_share_is_damaged_stops_attesting_and_nothing_else(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (party,) = Home(home).facts().registrars
    damage(Home(home).share(party))

    async def story(scene: Scene) -> None:
        assert len((await scene.fetch(scene.buyer, scene.receipt)).parts) == 2
        with refuses(TOO_FEW):
            await scene.network.vehicle("van", scene.owner, subject="VF1RFA00068512345")
        assert f"registrar 1, {party}: {NO_SHARE.text}" in caplog.text

    play(home, story)


@pytest.mark.parametrize("address", ["28452", ":28452", "127.0.0.1:notaport", "::1", "x\ny"])
def test_an_address_that_could_mean_every_interface_or_none_is_refused_with_its_place(home: Path, address: str) -> None:
    facts = Home(home).facts()
    (member,) = facts.members
    (home / "network.json").write_bytes(
        msgspec.json.encode(replace(facts, members=(replace(member, address=address),)))
    )
    with pytest.raises(Refusal, match=r"network\.json, release: .*\[client/3\]"):
        Home(home).facts()
