"""An export holds all that the chain has about a party and what it can read itself; what it can't, it names."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from homes import Scene, play

from autochain.network import Exported, erase, export_data
from autochain.network.credentials import CredentialFolder, Kept
from autochain.onchain.contracts.consent import Offer, Offered
from autochain.onchain.contracts.credentials import ApplyForCertificate, IssueCertificate
from autochain.onchain.contracts.market import Item, Publish, Published
from autochain.onchain.contracts.mining import GetReward
from autochain.onchain.contracts.recording import GetRecording
from autochain.onchain.refusals import present


def no_progress(_done: int, _of: int) -> None:
    """Nobody looks on."""


async def exported(scene: Scene, out: Path) -> tuple[Exported, dict[str, bytes]]:
    """Exports all about the owner; gives what is told of it, and the files in it."""
    done = await export_data(scene.network, scene.owner, out, progress=no_progress)
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        return done, {name: archive.read(name) for name in archive.namelist()}


def records(files: dict[str, bytes], folder: str) -> dict[str, Any]:
    """Gives the records in a folder of an export by name; each has its proof beside it."""
    found = {name: data for name, data in files.items() if name.startswith(f"{folder}/") and name.endswith(".json")}
    assert all(f"{name[:-5]}.proof" in files for name in found)
    return {name.removeprefix(f"{folder}/")[:-5]: json.loads(data) for name, data in found.items()}


def test_an_export_of_what_is_half_erased_holds_the_rest(home: Path, tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        out = tmp_path / "mine.zip"
        whole, _ = await exported(scene, out)
        assert (whole.recordings, whole.parts, whole.consents, whole.receipts) == (2, 16, 1, 1)
        await erase(scene.network, scene.owner, scene.recordings[:1], progress=no_progress)
        half, files = await exported(scene, out)
        assert (half.recordings, half.parts, half.missing) == (2, 8, [])
        assert {path.split("/")[1] for path in files if path.startswith("readings/")} == {scene.recordings[1].hex()}
        assert "missing.txt" not in files

    play(home, story)


async def certify(scene: Scene) -> str:
    """Has a certificate of the car put on record, and gives its fingerprint."""
    registrar, operation = map(scene.network.wallet, ("registrar", "operation"))
    await scene.client.send(scene.car, ApplyForCertificate(bytes(32), scene.car.public_key))
    issue = IssueCertificate(scene.car.account, bytes(16), bytes(32), scene.clock(), scene.clock() + 86_400_000)
    await scene.client.send(registrar, issue, payer=operation)
    return issue.fingerprint.hex()


def test_an_export_holds_what_the_party_has_and_offers_and_what_became_of_its_recordings(
    home: Path, tmp_path: Path
) -> None:
    async def story(scene: Scene) -> None:
        owner, car, client = scene.owner.account.hex(), scene.car.account.hex(), scene.client
        terms = scene.a_grant(precision="coarse").terms
        offers = [(await client.send(scene.owner, Offer(terms, "buyer"))).event(Offered).offer for _ in range(2)]
        items = tuple(Item(name, offers[0]) for name in sorted(scene.recordings))
        products = {}
        for publisher in (scene.owner, scene.rival):
            publish = Publish(publisher.name, items, "research", ("motion",), "coarse")
            products[publisher.name] = (await client.send(publisher, publish)).event(Published).product
        await scene.network.attest(scene.owner, "owner")
        fingerprint = await certify(scene)
        first = scene.recordings[0]
        await erase(scene.network, scene.owner, [first], progress=no_progress)
        done, files = await exported(scene, tmp_path / "mine.zip")
        assert (done.offers, done.products) == (2, 1)
        assert set(records(files, "offers")) == {name.hex() for name in offers}
        assert {name: record["name"] for name, record in records(files, "products").items()} == {
            products["owner"].hex(): "owner"
        }
        assert records(files, "balance") == {owner: {"amount_uacc": await client.balance_uacc(scene.owner.account)}}
        assert {name: record["controller"] for name, record in records(files, "vehicles").items()} == {car: owner}
        assert set(records(files, "attestations")) == {f"{owner}.owner", f"{car}.vehicle"}
        assert {name: record["device"] for name, record in records(files, "certificates").items()} == {fingerprint: car}
        rewards = {name.hex(): present(await client.ask(GetReward(name)), "it earned") for name in scene.recordings}
        assert {name: record["reward_uacc"] for name, record in records(files, "rewards").items()} == {
            name: reward.reward_uacc for name, reward in rewards.items()
        }
        member = scene.network.committee.members[0].account.hex()
        assert set(records(files, "erasures")) == {f"{first.hex()}.{member}"}

    play(home, story)


def test_an_export_holds_the_credentials_that_the_party_keeps_opened(home: Path, tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        own, other = (CredentialFolder(scene.network.home.parties, party) for party in ("owner", "buyer"))
        alone = Kept({"id": "urn:a"})
        passed_on = Kept({"id": "urn:c"}, ({"id": "urn:b"},))
        for kept in (alone, passed_on):
            own.add(kept)
        other.add(Kept({"id": "urn:not-the-owners"}))
        done, files = await exported(scene, tmp_path / "mine.zip")
        assert (done.credentials, done.missing) == (2, [])
        found = {name: json.loads(data) for name, data in files.items() if name.startswith("credentials/")}
        assert found == {
            f"credentials/{alone.name}.json": alone.document,
            f"credentials/{passed_on.name}.json": {"credentials": [{"id": "urn:b"}, {"id": "urn:c"}]},
        }
        (own.path / f"{alone.name}.json").write_bytes(b"damaged")
        done, files = await exported(scene, tmp_path / "half.zip")
        assert done.credentials == 1
        assert alone.name in files["missing.txt"].decode()

    play(home, story)


async def lose_an_object(scene: Scene, name: bytes) -> int:
    """Loses one encrypted object of a recording; gives how many parts can't be read then."""
    record = present(await scene.client.ask(GetRecording(name)), "it was recorded")
    (part, *_) = scene.network.vault.get_manifest(record.manifest_root).parts
    scene.network.vault.remove_all([part.chunks[0]])
    return 1


async def damage_a_manifest(scene: Scene, name: bytes) -> int:
    record = present(await scene.client.ask(GetRecording(name)), "it was recorded")
    (manifest,) = scene.network.home.vault.rglob(record.manifest_root.hex())
    manifest.write_bytes(b"else")
    return len(record.parts)


async def damage_a_key(scene: Scene, name: bytes) -> int:
    (key, *_) = (scene.network.home.parties / "owner" / "keys" / name.hex()).iterdir()
    key.write_bytes(b"else")
    return 1


async def put_a_folder_where_a_key_was(scene: Scene, name: bytes) -> int:
    (key, *_) = (scene.network.home.parties / "owner" / "keys" / name.hex()).iterdir()
    key.unlink()
    key.mkdir()
    return 1


@pytest.mark.parametrize(
    "damage",
    [lose_an_object, damage_a_manifest, damage_a_key, put_a_folder_where_a_key_was],
    ids=lambda each: each.__name__,
)
def test_what_an_export_could_not_read_is_named_in_it_and_holds_up_nothing_else(
    home: Path, tmp_path: Path, damage: Callable[..., Any]
) -> None:
    async def story(scene: Scene) -> None:
        first, other = scene.recordings
        lost = await damage(scene, first)
        done, files = await exported(scene, tmp_path / "mine.zip")
        assert (done.parts, len(done.missing)) == (16 - lost, lost)
        assert all(line.startswith(f"readings/{first.hex()}/") for line in done.missing)
        assert files["missing.txt"].decode().splitlines() == done.missing
        assert len([name for name in files if name.startswith(f"readings/{other.hex()}/")]) == 8
        assert set(records(files, "recordings")) == {first.hex(), other.hex()}

    play(home, story)
