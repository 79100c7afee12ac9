"""Records with their proofs, good and bad ones, as the console's verifier is tested with.

PYTHONPATH=src:tests .venv/bin/python -m web.vectors > web/tests/verify/vectors.json
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha512
from pathlib import Path
from typing import Any, NamedTuple

from homes import NOW_MS, Scene, open_scene, prepare_home
from msgspec.structs import replace as replace_record
from onchain.ledger.signed import (
    CHAIN_ID,
    FLAG_ABSENT,
    FLAG_NIL,
    Member,
    make_header,
    make_members,
    make_set,
    sign_header,
)

from autochain.onchain.codec import encode, named
from autochain.onchain.contracts.consent import CONSENTS, OFFERS
from autochain.onchain.contracts.identity import IDENTITIES
from autochain.onchain.contracts.market import PRODUCTS, RECEIPTS
from autochain.onchain.contracts.recording import RECORDINGS
from autochain.onchain.contracts.token import BALANCES, Balance
from autochain.onchain.contracts.vehicles import LIVES, STEP_KINDS, Life, Step, extended
from autochain.onchain.crypto import sha256
from autochain.onchain.ledger import Table, Tree
from autochain.onchain.ledger.header import Header, LightBlock, SignedHeader
from autochain.onchain.ledger.ics23 import CommitmentProof, NonExistenceProof
from autochain.onchain.ledger.light import Proved, Trust
from autochain.onchain.refusals import present
from autochain.privacy import ed25519

TABLES: Mapping[str, Table[Any]] = {
    "recording": RECORDINGS,
    "receipt": RECEIPTS,
    "consent": CONSENTS,
    "balance": BALANCES,
    "identity": IDENTITIES,
    "product": PRODUCTS,
    "offer": OFFERS,
    "life": LIVES,
}


class Case(NamedTuple):
    """What somebody asks about a record, and is answered."""

    kind: str
    id: bytes
    trust: Trust
    proved: Proved

    def given(self, **parts: bytes) -> Case:
        """Gives the same question with another answer in these parts."""
        return self._replace(proved=replace_record(self.proved, **parts))

    def named(self, *fails: str) -> dict[str, Any]:
        """Gives it as the console has it, with the steps that do not hold."""
        parts = {name: getattr(self.proved, name).hex() for name in ("key", "value", "proof", "light_block")}
        return {
            "request": {"kind": self.kind, "id": self.id.hex()},
            "trust": {"chain_id": self.trust.chain_id, "validators_hash": self.trust.validators_hash.hex()},
            "proof": parts,
            "fails": fails,
        }


async def real_cases(scene: Scene) -> dict[str, Case]:
    """Proves records of a running network, of every kind that it has, and two that are absent."""
    names = {
        "recording": scene.recordings[0],
        "receipt": scene.receipt,
        "consent": scene.consent,
        "balance": scene.buyer.account,
        "identity": scene.car.account,
        "product": bytes(20),
        "offer": scene.consent,
        "life": scene.car.account,
    }
    return {kind: await _case(scene, kind, name) for kind, name in names.items()}


async def _case(scene: Scene, kind: str, name: bytes) -> Case:
    proved = await scene.client.node.prove(TABLES[kind].key(name))
    return Case(kind, name, scene.client.trust, proved)


async def older_and_newer(scene: Scene) -> tuple[Case, Case]:
    """Proves a balance before and after it changed."""
    ido = scene.network.wallet("ido").account
    before = await _case(scene, "balance", ido)
    await scene.make_block()
    return before, await _case(scene, "balance", ido)


POWERS = (10, 10, 10, 10)
MEMBERS = make_members(*POWERS)
"""Four validators, of whom three make more than two thirds."""
ACCOUNTS = [bytes([number]) * 20 for number in range(1, 30)]


def a_tree(values: Mapping[bytes, bytes] | None = None, accounts: int = 29) -> Tree:
    """Makes a state of balances; `values` stand instead of them at some accounts."""
    held = {account: encode(Balance(1_000_000 + number)) for number, account in enumerate(ACCOUNTS[:accounts])}
    return Tree().update({BALANCES.key(account): value for account, value in {**held, **(values or {})}.items()})


def signed_case(
    account: bytes = ACCOUNTS[3],
    *,
    tree: Tree | None = None,
    votes: Mapping[int, int] | None = None,
    header: Mapping[str, Any] | None = None,
    members: Sequence[Member] = MEMBERS,
) -> Case:
    """Proves a balance under a header that validators signed; fields of the header are changed by name."""
    tree = tree or a_tree()
    head: Header = replace(make_header(members, app_hash=tree.root), **(header or {}))
    block = sign_header(head, members, votes=votes)
    key = BALANCES.key(account)
    proved = Proved(key, tree.get(key) or b"", tree.prove(key).encode(), block.encode())
    return Case("balance", account, Trust(CHAIN_ID, make_set(members).hash()), proved)


def signed_on_the_identity(block: LightBlock) -> LightBlock:
    """Gives the block with a first vote whose signature holds in the plain equation, but has a point of order 1."""
    order = 2**252 + 27742317777372353535851937790883648493
    secret = int.from_bytes(sha512(MEMBERS[0].seed).digest()[:32], "little") & ((1 << 254) - 8) | 1 << 254
    identity = (1).to_bytes(32, "little")
    message = block.commit.sign_bytes(chain_id=CHAIN_ID, index=0)
    challenge = int.from_bytes(sha512(identity + MEMBERS[0].key + message).digest(), "little")
    signature = identity + (challenge * secret % order).to_bytes(32, "little")
    first, *rest = block.commit.signatures
    commit = replace(block.commit, signatures=(replace(first, signature=signature), *rest))
    return replace(block, signed=SignedHeader(block.header, commit))


def signed_at_another_height(block: LightBlock) -> LightBlock:
    """Gives the block with votes for it that all name another height, and hold."""
    commit = replace(block.commit, height=block.header.height + 1)
    votes = tuple(
        replace(vote, signature=ed25519.sign(member.seed, commit.sign_bytes(chain_id=CHAIN_ID, index=place)))
        for place, (vote, member) in enumerate(zip(commit.signatures, MEMBERS, strict=True))
    )
    return replace(block, signed=SignedHeader(block.header, replace(commit, signatures=votes)))


def tampered_blocks(block: LightBlock) -> dict[str, tuple[LightBlock, str]]:
    """Gives blocks in which something was changed that one step sees, with that step."""
    header, commit, members = block.header, block.commit, block.validators
    votes, last = commit.signatures, members.validators[-1]
    others = {
        "another result": replace(header, last_results_hash=sha256(b"else")),
        "a later time": replace(header, time_ns=header.time_ns + 1),
    }
    ballots = {
        "a vote is missing": votes[:-1],
        "a vote too many": (*votes, votes[0]),
        "two votes stand in each other's place": (votes[1], votes[0], *votes[2:]),
        "a vote of no known kind": (replace(votes[0], flag=4), *votes[1:]),
        "a signature of other bytes": (replace(votes[0], signature=votes[1].signature), *votes[1:]),
        "a signature that is too short": (replace(votes[0], signature=bytes(63)), *votes[1:]),
    }
    elsewhere = (*members.validators[:-1], replace(last, address=bytes(20)))
    absent = tuple(replace(vote, validator_address=bytes(20)) if vote is votes[-1] else vote for vote in votes)
    return {
        "votes for another height": (signed_at_another_height(block), "header"),
        "a signature on a point of small order": (signed_on_the_identity(block), "commit"),
        **{name: (replace(block, signed=SignedHeader(head, commit)), "header") for name, head in others.items()},
        **{
            name: (replace(block, signed=SignedHeader(header, replace(commit, signatures=each))), "commit")
            for name, each in ballots.items()
        },
        "a proposer who is no validator": (
            replace(block, validators=replace(members, proposer=replace(last, power=99))),
            "validators",
        ),
        "an address that is not its key's": (
            LightBlock(
                SignedHeader(header, replace(commit, signatures=absent)), replace(members, validators=elsewhere)
            ),
            "validators",
        ),
    }


def forged_proofs(tree: Tree, key: bytes) -> dict[str, CommitmentProof]:
    """Gives proofs that a present key is absent, and proofs of it in which something has another form."""
    shown = {sha256(each): present(tree.prove(each).exist, "it stands there") for each, _ in tree.items()}
    paths, path = sorted(shown), sha256(key)
    at = paths.index(path)
    itself, before, after = (shown[paths[place]] for place in (at, at - 1, at + 1))
    first, *rest = itself.path
    absent = {
        "both neighbours of a key that is there": NonExistenceProof(path, left=before, right=after),
        "the key itself on the left": NonExistenceProof(path, left=itself, right=after),
        "the key itself on the right": NonExistenceProof(path, left=before, right=itself),
        "a neighbour on the left alone": NonExistenceProof(path, left=before),
        "a neighbour on the right alone": NonExistenceProof(path, right=after),
        "neighbours in each other's place": NonExistenceProof(path, left=after, right=before),
        "no neighbours": NonExistenceProof(path),
    }
    changed = {
        "a leaf with another prefix": replace(itself, leaf=replace(itself.leaf, prefix=b"\x01")),
        "a leaf with lengths": replace(itself, leaf=replace(itself.leaf, length=1)),
        "a leaf of another hash": replace(itself, leaf=replace(itself.leaf, prehash_key=2)),
        "a level with another prefix": replace(itself, path=(replace(first, prefix=b"\x02"), *rest)),
        "a level with a longer prefix": replace(itself, path=(replace(first, prefix=b"\x01" * 34, suffix=b""), *rest)),
        "a level of another hash": replace(itself, path=(replace(first, hash=2), *rest)),
        "more levels than a tree has": replace(itself, path=(first,) * 257),
    }
    return {
        **{name: CommitmentProof(nonexist=each) for name, each in absent.items()},
        **{name: CommitmentProof(exist=each) for name, each in changed.items()},
    }


def signed_cases() -> dict[str, dict[str, Any]]:
    """Gives good and bad cases of four validators, each with the steps that do not hold."""
    good = signed_case()
    other = signed_case(ACCOUNTS[4])
    absent, few = signed_case(bytes(20)), signed_case(tree=a_tree(accounts=9))
    others = make_members(*POWERS, salt="/others")
    forged = signed_case(members=others, header={"validators_hash": good.trust.validators_hash})
    poor = signed_case(tree=a_tree({ACCOUNTS[3]: b"\x91\xcd\x00\x07"}))
    too_rich = signed_case(tree=a_tree({ACCOUNTS[3]: encode((1 << 60,))}))
    alike = a_tree({ACCOUNTS[4]: good.proved.value})
    twin, twin_too = signed_case(tree=alike), signed_case(ACCOUNTS[4], tree=alike)
    return {
        "all four sign": good.named(),
        "three of four sign": signed_case(votes={1: FLAG_ABSENT}).named(),
        "three of four sign and one votes for nothing": signed_case(votes={3: FLAG_NIL}).named(),
        "two of three sign": signed_case(members=make_members(10, 10, 10), votes={2: FLAG_ABSENT}).named("commit"),
        "six tenths sign": signed_case(members=make_members(6, 4), votes={1: FLAG_NIL}).named("commit"),
        "two of four sign": signed_case(votes={0: FLAG_ABSENT, 2: FLAG_NIL}).named("commit"),
        "nothing stands there": absent.named(),
        "nothing stands there before the first": signed_case(bytes(20), tree=a_tree(accounts=1)).named(),
        "another id": other._replace(id=good.id).named("key"),
        "another kind": good._replace(kind="receipt").named("key", "value"),
        "a number written longer than it must be": poor.named("value"),
        "more money than there is": too_rich.named("value"),
        "another chain is trusted": good._replace(trust=replace(good.trust, chain_id="else")).named("header"),
        "others sign a header that names the trusted ones": forged._replace(trust=good.trust).named("validators"),
        "the trusted ones sign a header that names others": signed_case(
            header={"validators_hash": make_set(others).hash()}
        ).named("validators"),
        "other validators are trusted": good._replace(
            trust=replace(good.trust, validators_hash=make_set(others).hash())
        ).named("validators"),
        **{
            name: good.given(light_block=block.encode()).named(step)
            for name, (block, step) in tampered_blocks(LightBlock.decode(good.proved.light_block)).items()
        },
        **{
            name: good.given(proof=proof.encode(), value=good.proved.value if proof.exist else b"").named("state")
            for name, proof in forged_proofs(a_tree(), good.proved.key).items()
        },
        "a time that no date has": signed_case(header={"time_ns": 10**27}).named(),
        "a time before the year 1": signed_case(header={"time_ns": -(10**27) - 1}).named(),
        "a state of another chain": good.given(light_block=few.proved.light_block).named("state"),
        "a proof of another key": good.given(proof=other.proved.proof).named("state"),
        "another value than the proof's": good.given(value=encode(Balance(7))).named("state"),
        "a proof of another account that holds as much": twin.given(proof=twin_too.proved.proof).named("state"),
        "absence is proved where a value is given": good.given(proof=absent.proved.proof).named("state"),
        "a value is proved where none is given": good.given(value=b"").named("state"),
    }


def a_life() -> tuple[Life, list[Step]]:
    """Gives a life with a step of each kind, and these."""
    one, other, papers = ACCOUNTS[0], ACCOUNTS[1], sha256(b"papers")
    steps = [
        Step(
            kind,
            one,
            other if place % 2 else None,
            NOW_MS + place,
            evidence=papers if place % 3 else None,
            odometer_m=40_000 * place if place % 2 else None,
            campaign="BRAKES-26-01" if place % 4 == 0 else None,
            reference=str(place) if place % 5 == 0 else None,
            detail="1.1" if place % 6 == 0 else None,
        )
        for place, kind in enumerate(STEP_KINDS)
    ]
    life = Life(one, "scrapped", NOW_MS, 40_000 * (len(steps) - 1))
    for number, step in enumerate(steps, start=1):
        life = replace_record(life, steps=number, history=extended(life.history, step))
    return life, steps


async def _vectors(home: Path) -> dict[str, Any]:
    await prepare_home(home)
    async with open_scene(home) as scene:
        real = await real_cases(scene)
        before, after = await older_and_newer(scene)
    records = {
        kind: named(TABLES[kind].codec.decode(case.proved.value)) for kind, case in real.items() if case.proved.value
    }
    mixed = {
        "a value of another height": after.given(value=before.proved.value, proof=before.proved.proof),
        "a header of another height": after.given(light_block=before.proved.light_block),
    }
    life, steps = a_life()
    return {
        "now_ms": NOW_MS,
        "history": {"life": named(life), "steps": [named(step) for step in steps]},
        "real": {kind: case.named() for kind, case in real.items()},
        "records": records,
        "cases": {
            **{name: case.named("state") for name, case in mixed.items()},
            **signed_cases(),
        },
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        vectors = asyncio.run(_vectors(Path(folder, "home")))
    sys.stdout.write(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
