"""Whatever was tampered with, on disk or on the way, is found and named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace as with_fields
from pathlib import Path
from typing import Any

import msgspec
import pytest
from homes import Scene, open_scene, play, refuses
from msgspec.structs import replace

from autochain.network import Home, find_consent, read_recording, verify_recording
from autochain.network.errors import BAD_FACTS, OTHER_VERSION
from autochain.network.home import FORMAT
from autochain.network.reading import FALSE_CLAIM, NOT_COMMITTED
from autochain.onchain.codec import encode
from autochain.onchain.contracts.market import GetReceipt
from autochain.onchain.contracts.recording import RECORDINGS, GetRecording, Part, recording_id
from autochain.onchain.contracts.recording import Commit as RecordingCommit
from autochain.onchain.ledger import errors as ledger_errors
from autochain.onchain.ledger.header import Commit, CommitSignature, LightBlock, SignedHeader
from autochain.onchain.ledger.ics23 import BAD_PROOF, CommitmentProof, ExistenceProof, InnerOp
from autochain.onchain.ledger.light import Proved
from autochain.onchain.refusals import Reason, Refusal, present
from autochain.privacy.hpke import NOT_OPENED
from autochain.services.release.committee import split_key
from autochain.services.release.errors import TOO_FEW_MEMBERS
from autochain.services.release.records import Deposit, Forget, Opened, OpenRequest
from autochain.vault import KeyContext, Manifest, seal_part, wrap
from autochain.vault.errors import CORRUPT, MISSING, NO_KEY
from autochain.wallet.errors import BAD_WALLET, NO_WALLET, WALLET_OPEN

Change = Callable[[bytes], bytes]


def turned(data: bytes) -> bytes:
    """Turns one bit in the middle."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def cut(data: bytes) -> bytes:
    return data[:-1]


def emptied(_: bytes) -> bytes:
    return b""


def sealed_otherwise(data: bytes) -> bytes:
    """Changes one character of the base64 in the middle of what is sealed; the file stays well formed."""
    at = len(data) // 2
    return data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :]


def lengthened(data: bytes) -> bytes:
    return data + b"\x00"


CHANGES = pytest.mark.parametrize("change", [turned, cut, emptied, lengthened])


async def places(scene: Scene, number: int = 0, category: str = "motion") -> tuple[Path, Path]:
    """Gives the files of a recording's manifest, and of the first chunk of an exact part."""
    record = present(await scene.client.ask(GetRecording(scene.recordings[number])), "it was recorded")
    vault = scene.network.home.vault
    root = record.manifest_root
    chunk = scene.network.vault.get_manifest(root).part(category, "exact").chunks[0]
    return (
        vault / "manifests" / root.hex()[:2] / root.hex(),
        vault / "objects" / chunk.hex()[:2] / chunk.hex(),
    )


async def fails(scene: Scene, reason: Reason) -> None:
    """Sees that the recording is not verified and that the buyer's reading stops, for this reason."""
    with refuses(reason):
        await verify_recording(scene.network, scene.recordings[0])
    with refuses(reason):
        await scene.fetch(scene.buyer, scene.receipt)


def test_what_nobody_touched_is_verified_and_read(home: Path) -> None:
    async def story(scene: Scene) -> None:
        checked = await verify_recording(scene.network, scene.recordings[0])
        record = present(await scene.client.ask(GetRecording(scene.recordings[0])), "it was recorded")
        assert checked.manifest_root == record.manifest_root
        assert checked.chunks == len(record.parts) == 8
        assert checked.ciphertext_bytes == sum(part.size_bytes for part in record.parts) + 8 * 16
        assert len((await scene.fetch(scene.buyer, scene.receipt)).parts) == 2

    play(home, story)


@CHANGES
def test_a_ciphertext_that_was_changed_is_found(home: Path, change: Change) -> None:
    async def story(scene: Scene) -> None:
        _, chunk = await places(scene)
        chunk.write_bytes(change(chunk.read_bytes()))
        await fails(scene, CORRUPT)

    play(home, story)


def test_another_valid_object_in_its_place_is_found(home: Path) -> None:
    async def story(scene: Scene) -> None:
        _, chunk = await places(scene)
        _, other = await places(scene, category="position")
        _, elsewhere = await places(scene, 1)
        for swapped in (other, elsewhere):
            chunk.write_bytes(swapped.read_bytes())
            await fails(scene, CORRUPT)

    play(home, story)


def test_an_object_that_is_missing_is_named(home: Path) -> None:
    async def story(scene: Scene) -> None:
        _, chunk = await places(scene)
        chunk.unlink()
        await fails(scene, MISSING)

    play(home, story)


@CHANGES
def test_a_manifest_that_was_changed_is_found(home: Path, change: Change) -> None:
    async def story(scene: Scene) -> None:
        manifest, _ = await places(scene)
        manifest.write_bytes(change(manifest.read_bytes()))
        await fails(scene, CORRUPT)

    play(home, story)


def test_a_manifest_of_another_recording_or_under_another_id_is_found(home: Path) -> None:
    async def story(scene: Scene) -> None:
        manifest, _ = await places(scene)
        other, _ = await places(scene, 1)
        mine = scene.network.vault.get_manifest(bytes.fromhex(manifest.name))
        for data in (other.read_bytes(), encode(replace(mine, recording=scene.recordings[1]))):
            manifest.write_bytes(data)
            await fails(scene, CORRUPT)
        manifest.unlink()
        await fails(scene, MISSING)

    play(home, story)


def test_a_sealed_key_that_was_changed_or_swapped_opens_nothing(home: Path) -> None:
    async def story(scene: Scene) -> None:
        folder = home / "parties" / "release" / "keys"
        key = folder / scene.recordings[0].hex() / "motion.exact.key"
        swapped = [
            (key.parent / "position.exact.key").read_bytes(),
            (folder / scene.recordings[1].hex() / "motion.exact.key").read_bytes(),
            (home / "parties" / "owner" / "keys" / scene.recordings[0].hex() / "motion.exact.key").read_bytes(),
        ]
        for data in (turned(key.read_bytes()), cut(key.read_bytes()), b"", *swapped):
            key.write_bytes(data)
            with refuses(NOT_OPENED):
                await scene.fetch(scene.buyer, scene.receipt)
        key.unlink()
        with refuses(NO_KEY):
            await scene.fetch(scene.buyer, scene.receipt)
        assert (await verify_recording(scene.network, scene.recordings[0])).chunks == 8

    play(home, story)


class LyingRelease:
    """A member of the committee that gives its share of another part's key under the name of the one bought."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._honest = scene.network.committee.members[0].release

    async def deposit(self, deposit: Deposit) -> None:
        await self._honest.deposit(deposit)

    async def forget(self, request: Forget) -> None:
        await self._honest.forget(request)

    async def open(self, request: OpenRequest) -> Opened:
        scene, opened = self._scene, await self._honest.open(request)
        context = KeyContext(
            scene.client.trust.chain_id, scene.recordings[0], "energy", "exact", scene.network.wallet("release").account
        )
        (wrong,) = split_key(scene.network.committee, scene.part_keys(scene.recordings[0])["energy", "exact"], context)
        recording, reader = scene.recordings[0], scene.buyer
        chain_id = scene.client.trust.chain_id
        contexts = [
            KeyContext(chain_id, recording, key.category, key.precision, reader.account, request.receipt)
            for key in opened.shares
        ]
        return Opened(
            tuple(
                replace(key, sealed=wrap(wrong, reader.encryption_key, context))
                for key, context in zip(opened.shares, contexts, strict=True)
            )
        )


def test_a_share_of_a_wrong_key_opens_nothing(home: Path) -> None:
    async def story(scene: Scene) -> None:
        scene.reach_member_through(LyingRelease(scene))
        with refuses(TOO_FEW_MEMBERS):
            await scene.fetch(scene.buyer, scene.receipt)

    play(home, story)


class LyingNode:
    """A node that changes what it proves."""

    def __init__(self, node: Any, lie: Callable[[Proved], Proved]) -> None:
        self._node = node
        self._lie = lie

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)

    async def prove(self, key: bytes) -> Proved:
        return self._lie(await self._node.prove(key))


def another_value(proved: Proved) -> Proved:
    record = RECORDINGS.codec.decode(proved.value)
    return replace(proved, value=encode(replace(record, manifest_root=bytes(32))))


def nothing_there(proved: Proved) -> Proved:
    return replace(proved, value=b"")


def another_proof(proved: Proved) -> Proved:
    """Changes the hash of one sibling on the way up."""
    shown = present(CommitmentProof.decode(proved.proof).exist, "it is there")
    step = shown.path[0]
    other = (
        InnerOp(step.hash, step.prefix, turned(step.suffix))
        if step.suffix
        else InnerOp(step.hash, step.prefix[:1] + turned(step.prefix[1:]))
    )
    exist = ExistenceProof(shown.key, shown.value, shown.leaf, (other, *shown.path[1:]))
    return replace(proved, proof=CommitmentProof(exist=exist).encode())


def another_key(proved: Proved) -> Proved:
    return replace(proved, key=turned(proved.key))


def another_header(proved: Proved) -> Proved:
    block = LightBlock.decode(proved.light_block)
    header = with_fields(block.header, app_hash=bytes(32))
    return replace(proved, light_block=LightBlock(SignedHeader(header, block.commit), block.validators).encode())


def another_signature(proved: Proved) -> Proved:
    block = LightBlock.decode(proved.light_block)
    (vote,) = block.commit.signatures
    forged = CommitSignature(vote.flag, vote.validator_address, vote.time_ns, turned(vote.signature))
    commit = Commit(block.commit.height, block.commit.round, block.commit.block_id, (forged,))
    return replace(proved, light_block=LightBlock(SignedHeader(block.header, commit), block.validators).encode())


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (another_value, BAD_PROOF),
        (nothing_there, BAD_PROOF),
        (another_proof, BAD_PROOF),
        (another_key, ledger_errors.NOT_PROVED),
        (another_header, ledger_errors.BAD_COMMIT),
        (another_signature, ledger_errors.BAD_COMMIT),
    ],
)
def test_a_proof_a_header_or_a_commit_that_was_changed_is_found(
    home: Path, lie: Callable[[Proved], Proved], reason: Reason
) -> None:
    async def story(scene: Scene) -> None:
        honest = scene.client.node
        scene.client.node = LyingNode(honest, lie)
        with refuses(reason):
            await verify_recording(scene.network, scene.recordings[0])
        scene.client.node = honest
        await verify_recording(scene.network, scene.recordings[0])

    play(home, story)


def test_a_recording_that_is_proved_not_to_be_there_is_named(home: Path) -> None:
    async def story(scene: Scene) -> None:
        with refuses(NOT_COMMITTED):
            await verify_recording(scene.network, bytes(20))

    play(home, story)


@pytest.mark.parametrize("claim", ["a part more", "another size", "another's readings"])
def test_what_a_vehicle_claims_on_the_chain_and_does_not_hold_is_found(home: Path, claim: str) -> None:
    async def story(scene: Scene) -> None:
        known = present(await scene.client.ask(GetRecording(scene.recordings[0])), "it was recorded")
        fingerprint, vault = bytes(32), scene.network.vault
        name = recording_id(scene.car.account, fingerprint)
        part, _, chunks = seal_part(b"readings", recording=name, category="motion", precision="exact")
        vault.put_all(chunks)
        root = vault.put_manifest(Manifest(name, (part,)))
        true = Part("motion", "exact", 8)
        parts = {"a part more": (true, Part("position", "exact", 8)), "another size": (replace(true, size_bytes=9),)}
        claimed = RecordingCommit(
            fingerprint=fingerprint,
            manifest_root=known.manifest_root if claim == "another's readings" else root,
            parts=parts.get(claim, known.parts),
            points=1,
            start_ms=known.start_ms,
            end_ms=known.end_ms,
            keep_until_ms=known.keep_until_ms,
        )
        await scene.client.send(scene.car, claimed)
        with refuses(FALSE_CLAIM):
            await verify_recording(scene.network, name)

    play(home, story)


def test_a_wallet_that_was_changed_opened_to_others_or_lost_is_named(home: Path) -> None:
    wallet = home / "parties" / "validator" / "wallet.json"
    kept = wallet.read_bytes()

    async def opens(_: Scene) -> None:
        pass

    for change in (cut, emptied, sealed_otherwise):
        wallet.write_bytes(change(kept))
        with refuses(BAD_WALLET):
            play(home, opens)
    wallet.write_bytes(kept)
    wallet.chmod(0o640)
    with refuses(WALLET_OPEN):
        play(home, opens)
    wallet.chmod(0o600)
    play(home, opens)
    wallet.unlink()
    with refuses(NO_WALLET):
        play(home, opens)


def test_what_is_to_be_trusted_can_not_be_changed_unnoticed(home: Path) -> None:
    """Who changes the hash of the validators in the home makes its own chain a foreign one."""
    facts = Home(home).facts()

    async def run() -> None:
        async with open_scene(home) as scene:
            with refuses(ledger_errors.NOT_VALIDATORS):
                await verify_recording(scene.network, scene.recordings[0])
            with refuses(ledger_errors.NOT_VALIDATORS):
                await scene.fetch(scene.buyer, scene.receipt)

    (home / "network.json").write_bytes(msgspec.json.encode(replace(facts, validators_hash="00" * 32)))
    asyncio.run(run())
    (home / "network.json").write_bytes(msgspec.json.encode(replace(facts, chain_id="main-other")))
    with refuses(ledger_errors.STORE_DAMAGED):
        play(home, _nothing)


def test_a_home_of_another_version_is_told_so(home: Path) -> None:
    facts = (home / "network.json").read_bytes()
    newer = facts.replace(b'"format":%d' % FORMAT, b'"format":%d' % (FORMAT + 1))
    assert newer != facts
    (home / "network.json").write_bytes(newer)
    with refuses(OTHER_VERSION):
        play(home, _nothing)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"{}",
        lambda _: b"\xff",
        lambda _: b"[]",
        lambda facts: facts[:-9],
        lambda facts: facts.replace(b'"validators_hash":"', b'"validators_hash":"\x7f'),
        lambda facts: facts.replace(b'"account":"', b'"account":"z'),
        lambda facts: facts.replace(b'"threshold"', b'"thresholt"'),
    ],
)
def test_damaged_facts_of_a_home_are_named_and_nobody_is_told_to_remove_its_keys(
    home: Path, damage: Callable[[bytes], bytes]
) -> None:
    file = home / "network.json"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(Refusal, match=str(file)) as refused:
        play(home, _nothing)
    assert refused.value.reason == BAD_FACTS
    assert "Restore it from a backup" in refused.value.remedy


async def _nothing(_: Scene) -> None:
    pass


def test_what_is_read_is_what_was_bought(home: Path) -> None:
    async def story(scene: Scene) -> None:
        record = present(await scene.client.ask(GetRecording(scene.recordings[1])), "it was recorded")
        consent, categories = await find_consent(
            scene.network, scene.buyer, record, purpose="research", categories=(), precision="exact"
        )
        assert (consent, categories) == (scene.consent, ("motion", "position"))
        receipt, price_uacc, parts = await read_recording(
            scene.network,
            scene.buyer,
            scene.recordings[1],
            consent=consent,
            purpose="research",
            categories=("position",),
            precision="exact",
        )
        bought = present(await scene.client.ask(GetReceipt(receipt)), "it was bought")
        assert (bought.recording, bought.categories) == (scene.recordings[1], ("position",))
        assert price_uacc == bought.price_uacc == 250_000
        assert [(part.category, part.precision, len(part.times_ms)) for part in parts] == [("position", "exact", 30)]

    play(home, story)
