"""Documents of DIDs from a running chain: the present one, those before it, and none that is not proved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from homes import refuses
from homes.scene import DAY_MS, Scene, play
from msgspec.structs import replace

from autochain.onchain.contracts.identity import IDENTITIES, VERSIONS, Revoke
from autochain.onchain.ids import did
from autochain.onchain.ledger import Node
from autochain.onchain.ledger.errors import NOT_PROVED, STALE_HEADER
from autochain.onchain.ledger.ics23 import BAD_PROOF
from autochain.onchain.ledger.light import Proved
from autochain.privacy import ed25519
from autochain.services.resolver import (
    FEATURE_NOT_SUPPORTED,
    INVALID_DID,
    METHOD_NOT_SUPPORTED,
    NOT_FOUND,
    Options,
    ResolverService,
    dereferenced,
    identified,
)
from autochain.wallet import Wallet
from autochain.wallet.credentials import acc_document, did_key, from_ms, parse_did_url

ROTATIONS = 3


def resolver_of(scene: Scene) -> ResolverService:
    return ResolverService(scene.client, clock=scene.clock)


async def rotated(scene: Scene, wallet: Wallet) -> Wallet:
    """Has a wallet's next key speak, ten seconds later."""
    scene.clock.advance(10_000)
    change = wallet.rotated()
    await scene.client.send(change.signer, change.message)
    return change.wallet


def test_a_did_leads_to_the_document_of_its_record(home: Path) -> None:
    async def story(scene: Scene) -> None:
        found = await resolver_of(scene).resolve(parse_did_url(scene.car.did))
        shown = await scene.client.prove(IDENTITIES, scene.car.account)
        assert found.resolution.document == acc_document(scene.car.account, shown.record.document())
        assert found.resolution.document["controller"] == scene.owner.did
        assert found.proved == (IDENTITIES.key(scene.car.account),)
        assert found.resolution.metadata["versionId"] == "1"
        assert not found.resolution.is_deactivated

    play(home, story)


def test_every_version_is_found_by_its_number_and_at_every_moment_of_its_time(home: Path) -> None:
    async def story(scene: Scene) -> None:
        resolver, wallet, keys = resolver_of(scene), scene.owner, [scene.owner.public_key]
        for _ in range(ROTATIONS):
            wallet = await rotated(scene, wallet)
            keys.append(wallet.public_key)
        await scene.make_block()
        record = (await scene.client.prove(IDENTITIES, wallet.account)).record
        assert record.version == ROTATIONS + 1
        begins = [record.registered_ms]
        for number in range(1, record.version):
            version = (await scene.client.prove(VERSIONS, wallet.account, number)).record
            begins.append(version.replaced_ms)

        async def at(**options: Any) -> tuple[str, Any]:
            found = await resolver.resolve(identified(wallet.did, Options(**options)))
            document: Any = found.resolution.document
            return document["authentication"][0].rpartition("#")[2], found.resolution.metadata

        async def at_ms(time_ms: int) -> str:
            url = replace_query(wallet.did, time_ms)
            found = await resolver.resolve(url)
            return str(found.resolution.metadata["versionId"])

        for number, key in enumerate(keys, 1):
            name, metadata = await at(version_id=str(number))
            assert did_key(key).endswith(name)
            assert metadata["versionId"] == str(number)
            assert metadata.get("nextVersionId") == (str(number + 1) if number < len(keys) else None)
            begin, end = begins[number - 1], (begins[number] if number < len(keys) else scene.clock() + 10 * DAY_MS)
            for time_ms in (begin, begin + 1, (begin + end) // 2, end - 1):
                assert await at_ms(time_ms) == str(number), (number, time_ms)
        with refuses(NOT_FOUND):
            await at_ms(begins[0] - 1)
        for text in ("0", "5", "01", "1.0", "-1", "latest", "9" * 400):
            with refuses(NOT_FOUND):
                await at(version_id=text)

    play(home, story)


def replace_query(name: str, time_ms: int) -> Any:
    """Asks for a time to the millisecond, as those do who verify what was signed then."""
    return parse_did_url(f"{name}?versionTime={from_ms(time_ms)}")


def test_an_ended_did_has_a_document_without_keys_and_had_one_with_them(home: Path) -> None:
    async def story(scene: Scene) -> None:
        resolver, name = resolver_of(scene), scene.rival.did
        scene.clock.advance(5_000)
        change = scene.rival.rotated()
        await scene.client.send(change.signer, replace(change.message, next=None), Revoke(scene.rival.account))
        await scene.make_block()
        found = (await resolver.resolve(parse_did_url(name))).resolution
        assert found.is_deactivated
        assert "verificationMethod" not in found.document
        before = (await resolver.resolve(parse_did_url(f"{name}?versionId=1"))).resolution
        assert not before.is_deactivated
        assert before.document["authentication"]

    play(home, story)


def test_what_is_not_there_or_no_did_of_ours_is_refused(home: Path) -> None:
    async def story(scene: Scene) -> None:
        resolver = resolver_of(scene)
        for text, reason in {
            did(bytes(20)): NOT_FOUND,
            "did:acc:short": INVALID_DID,
            "did:web:example.com": METHOD_NOT_SUPPORTED,
            "did:key:z0": INVALID_DID,
            "did:key:u123": INVALID_DID,
            "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme": FEATURE_NOT_SUPPORTED,
        }.items():
            with refuses(reason):
                await resolver.resolve(parse_did_url(text))

    play(home, story)


def test_a_did_key_is_resolved_without_any_chain(home: Path) -> None:
    async def story(scene: Scene) -> None:
        name = did_key(ed25519.public_key(bytes(32)))
        found = await resolver_of(scene).resolve(parse_did_url(name))
        assert (found.resolution.document["id"], found.proved) == (name, ())

    play(home, story)


def test_a_fragment_leads_to_its_part_and_nothing_else(home: Path) -> None:
    async def story(scene: Scene) -> None:
        found = (await resolver_of(scene).resolve(parse_did_url(scene.owner.did))).resolution
        methods: Any = found.document["verificationMethod"]
        for method in methods:
            assert dereferenced(found, parse_did_url(method["id"])) == method
        assert dereferenced(found, parse_did_url(scene.owner.did)) == found.document
        for end in ("#", "#nobody", "/papers"):
            with refuses(NOT_FOUND):
                dereferenced(found, parse_did_url(scene.owner.did + end))

    play(home, story)


class Lying:
    """A node that shows the proof of one record for every other."""

    def __init__(self, node: Node, shown: Proved) -> None:
        self._node = node
        self._shown = shown

    async def prove(self, _: bytes) -> Proved:
        return self._shown

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)


def test_a_node_that_lies_or_stands_still_is_not_believed(home: Path) -> None:
    async def story(scene: Scene) -> None:
        client, resolver = scene.client, resolver_of(scene)
        honest = client.node
        other = (await client.prove(IDENTITIES, scene.buyer.account)).proved
        client.node = Lying(honest, other)
        with refuses(NOT_PROVED):
            await resolver.resolve(parse_did_url(scene.owner.did))
        client.node = Lying(honest, replace(other, key=IDENTITIES.key(scene.owner.account)))
        with refuses(BAD_PROOF):
            await resolver.resolve(parse_did_url(scene.owner.did))
        client.node = honest
        old = (await client.prove(IDENTITIES, scene.owner.account)).proved
        scene.clock.advance(31_000)
        client.node = Lying(honest, old)
        with refuses(STALE_HEADER):
            await resolver.resolve(parse_did_url(scene.owner.did))
        client.node = honest

    play(home, story)
