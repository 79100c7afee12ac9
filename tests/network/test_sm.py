"""A network on SM2 and SM4: its parties sign by SM2, its vehicles seal by SM4, and the main job is done as anywhere."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from homes import open_scene, prepare_home, refuses
from msgspec.structs import replace
from oracles.suites import SM2, need

from autochain.network import CHAIN, Home, chain_file, open_network
from autochain.network.chain_file import ChainFile
from autochain.onchain.contracts.identity import GetIdentity
from autochain.onchain.contracts.recording import GetRecording
from autochain.onchain.contracts.token import Transfer
from autochain.onchain.crypto.suites import SUITE_ABSENT
from autochain.onchain.ledger.errors import SUITE_NOT_ADMITTED
from autochain.onchain.refusals import present
from autochain.wallet import create


@pytest.fixture
def sm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has every network meanwhile follow a chain file that names SM2 and SM4."""
    need(SM2)
    load = chain_file.load

    def changed(name: str) -> ChainFile:
        return replace(load(name), suites=(SM2,), cipher="SM4-GCM")

    monkeypatch.setattr(chain_file, "load", changed)


@pytest.mark.usefixtures("sm")
def test_the_main_job_is_done_on_sm2_and_sm4(tmp_path: Path) -> None:
    async def run() -> None:
        await prepare_home(tmp_path / "home")
        async with open_scene(tmp_path / "home") as scene:
            assert scene.client.dispatcher.spec.suites == (SM2,)
            for wallet in (scene.owner, scene.buyer, scene.car, scene.network.wallet("release")):
                identity = present(await scene.client.ask(GetIdentity(wallet.account)), "it is registered")
                assert identity.keys == (wallet.public_key,)
                assert [key.suite for key in identity.keys] == [SM2]
            record = present(await scene.client.ask(GetRecording(scene.recordings[0])), "it was committed")
            manifest = scene.network.vault.get_manifest(record.manifest_root)
            assert {part.cipher for part in manifest.parts} == {"SM4-GCM"}
            reading = await scene.fetch(scene.buyer, scene.receipt)
            assert sorted(reading.parts) == [("motion", "exact"), ("position", "exact")]
            assert all(len(plain) > 100 for plain in reading.parts.values())
            assert scene.network.wallet("validator").public_key.suite == 1, "headers stay CometBFT's"

    asyncio.run(run())


@pytest.mark.usefixtures("sm")
def test_a_chain_of_sm2_alone_takes_no_key_of_another_suite(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_network(Home(tmp_path / "home")) as network:
            with refuses(SUITE_NOT_ADMITTED):
                await network.client.register(create(tmp_path / "elsewhere", "ada", kind="person"))
            change = network.wallet("ido").rotated(create(tmp_path / "elsewhere", "bob", kind="person").key)
            await network.client.send(change.signer, change.message)
            foreign = change.wallet.rotated()
            with refuses(SUITE_NOT_ADMITTED):
                await network.client.send(foreign.signer, foreign.message)
            await network.client.send(change.wallet, Transfer(network.wallet("operation").account, 1))

    asyncio.run(run())


def test_without_its_library_a_chain_of_sm2_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(chain_file.__file__).parents[3] / "chains" / f"{CHAIN}.toml").read_text("utf-8")
    assert "suites = [1]" in text
    (tmp_path / f"{CHAIN}.toml").write_text(text.replace("suites = [1]", 'suites = [3]\ncipher = "SM4-GCM"'))
    monkeypatch.setattr(chain_file, "_folder", lambda: tmp_path)
    for name in ("gmalglib", "gmalglib.sm2"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "autochain.onchain.crypto.sm2", raising=False)
    monkeypatch.delattr("autochain.onchain.crypto.sm2", raising=False)

    async def run() -> None:
        async with open_network(Home(tmp_path / "home")):
            pass

    with refuses(SUITE_ABSENT):
        asyncio.run(run())
    assert list(tmp_path.glob("home/chains/*")) == list(tmp_path.glob("home/parties/*")) == []
