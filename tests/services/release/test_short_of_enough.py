"""One member short of enough opens nothing, with all that is public, the vault, and all the operator's disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from homes import VIN, Scene, play, refuses, request_of
from homes.committee import MEMBERS

from autochain.onchain.contracts.recording import GetRecording
from autochain.onchain.refusals import present
from autochain.privacy import secret_sharing
from autochain.privacy.hpke import NOT_OPENED
from autochain.services.release import errors
from autochain.signals import read_part
from autochain.vault import FolderVault, KeyContext, KeyFolder, open_part, unwrap
from autochain.vault.errors import WRONG_KEY
from autochain.wallet import load, wallets
from autochain.wallet.errors import NO_WALLET

from .members import Dead, given, member, put_in, true_parts


async def held_shares(scene: Scene, party: str) -> dict[tuple[str, str], bytes]:
    """Opens the shares that a member holds of the first recording, as this member can alone."""
    wallet, folder = scene.network.wallet(party), scene.network.keys(party)
    record = present(await scene.client.ask(GetRecording(scene.recordings[0])), "it was recorded")
    contexts = [
        KeyContext(scene.client.trust.chain_id, scene.recordings[0], part.category, part.precision, wallet.account)
        for part in record.parts
    ]
    return {(each.category, each.precision): unwrap(wallet, folder.get(each), each) for each in contexts}


def guesses(share: bytes, number: int, *, public: list[bytes]) -> Iterator[bytes]:
    """What one may make of one share alone: itself, alone combined, and combined with whatever is known."""
    yield share
    for place in {1, 2, 3} - {number}:
        yield secret_sharing.combine({number: share})
        yield from (secret_sharing.combine({number: share, place: each}) for each in public)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_member_alone_opens_nothing_with_all_that_is_public(trio: Path, number: int) -> None:
    async def story(scene: Scene) -> None:
        name, vault = scene.recordings[0], scene.network.vault
        record = present(await scene.client.ask(GetRecording(name)), "it was recorded")
        manifest = vault.get_manifest(record.manifest_root)
        shares = await held_shares(scene, MEMBERS[number - 1])
        for (category, precision), share in shares.items():
            part = manifest.part(category, precision)
            public = [part.key_hash, record.manifest_root, record.fingerprint, bytes(32), *shares.values()]
            for key in guesses(share, number, public=public):
                with refuses(WRONG_KEY):
                    open_part(part, key, recording=name, get=vault.get)

    play(trio, story)


def test_any_two_members_together_could_open_it_which_is_what_the_threshold_says(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        keys = scene.part_keys(scene.recordings[0])
        held = {number: await held_shares(scene, party) for number, party in enumerate(MEMBERS, 1)}
        for pair in combinations((1, 2, 3), 2):
            for (category, precision), key in keys.items():
                shares = {number: held[number][category, precision] for number in pair}
                assert secret_sharing.combine(shares) == key

    play(trio, story)


def test_the_reader_itself_gets_nothing_out_of_the_shares_of_one_member(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        name, vault = scene.recordings[0], scene.network.vault
        record = present(await scene.client.ask(GetRecording(name)), "it was recorded")
        opened = await member(scene, 2).open(await request_of(scene, scene.buyer, scene.receipt))
        for category, share in given(scene, opened).items():
            part = vault.get_manifest(record.manifest_root).part(category, "exact")
            for key in guesses(share, 2, public=[part.key_hash]):
                with refuses(WRONG_KEY):
                    open_part(part, key, recording=name, get=vault.get)
        put_in(scene, {1: Dead(), 3: Dead()})
        with refuses(errors.TOO_FEW_MEMBERS):
            await scene.fetch(scene.buyer, scene.receipt)

    play(trio, story)


def contents(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_the_whole_disk_without_the_parties_keys_holds_nothing_that_opens_anything(trio: Path, tmp_path: Path) -> None:
    """The operator has the chain, the vault and every file of the parties, but not the files of their keys."""
    disk = tmp_path / "disk"
    secrets: list[bytes] = []

    async def story(scene: Scene) -> None:
        await scene.fetch(scene.buyer, scene.receipt)
        for name in scene.recordings:
            secrets.extend(scene.part_keys(name).values())
        for party in MEMBERS:
            secrets.extend((await held_shares(scene, party)).values())
        for plain in (await true_parts(scene)).values():
            columns = read_part(plain).columns.values()
            secrets.append(plain)
            secrets.extend(repr(value).encode() for column in columns for value in column if value is not None)

    play(trio, story)
    wallet_files = {path.name for path in trio.glob("parties/*/wallet.json")}
    assert wallet_files
    shutil.copytree(trio, disk, ignore=shutil.ignore_patterns(*wallet_files))
    assert wallets(disk / "parties") == []
    with refuses(NO_WALLET):
        load(disk / "parties", MEMBERS[0])
    found = contents(disk)
    assert len(list(disk.glob("parties/release-3/keys/*/*.key"))) > 10
    assert len(secrets) > 100
    assert not [secret for secret in secrets if secret in found]
    assert VIN.encode() not in found


def test_the_operator_with_a_wallet_of_its_own_opens_no_share_of_anybodys(trio: Path) -> None:
    async def story(scene: Scene) -> None:
        operator = scene.network.wallet("operation")
        record = present(await scene.client.ask(GetRecording(scene.recordings[0])), "it was recorded")
        for party in (*MEMBERS, "owner"):
            holder, folder = scene.network.wallet(party), KeyFolder(trio / "parties" / party / "keys")
            for part in record.parts:
                for account in (holder.account, operator.account):
                    held = KeyContext(
                        scene.client.trust.chain_id, scene.recordings[0], part.category, part.precision, holder.account
                    )
                    claimed = KeyContext(held.chain_id, held.recording, held.category, held.precision, account)
                    with refuses(NOT_OPENED):
                        unwrap(operator, folder.get(held), claimed)
        vault = FolderVault(trio / "vault")
        manifest = vault.get_manifest(record.manifest_root)
        for sealed in manifest.parts:
            with refuses(WRONG_KEY):
                open_part(sealed, sealed.key_hash, recording=scene.recordings[0], get=vault.get)

    play(trio, story)
