"""Presentations: a verifier asks, a holder shows credentials, and the verifier takes the answer once."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ...privacy import remove_private, write_private
from ...services.issuer import CHALLENGE_MS, Asked, Challenges, StatusLists, VerifierService, unknown_schemas
from ...services.resolver import Resolved, ResolverService
from ...wallet import Wallet
from ...wallet.credentials import (
    MALFORMED,
    Author,
    Checks,
    DidUrl,
    Document,
    StatusList,
    objects_in,
    parse_did_url,
    present,
    resolver_of,
    types_of,
    verify_credential,
    verify_presentation,
)
from ..network import Network
from .errors import NOT_ASKED, TOO_MANY_ASKED
from .kept import Kept
from .roles import check_issuer, kinds_of

FOLDER = "challenges"
MAX_ASKED = 1_000
"""How many challenges of one party may be open at once."""
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class Verified(NamedTuple):
    """A document that was verified, and what whoever relies on it should know."""

    holder: str | None
    """Who shows it; None for a credential alone."""
    credentials: tuple[Document, ...]
    asked: tuple[str, ...]
    """What the chain was asked, each with its proof."""
    warnings: tuple[str, ...]


def new_challenge(network: Network, verifier: Wallet) -> str:
    """Gives a challenge for one presentation to this party, and notes it until it is used or has ended."""
    folder, now_ms = _folder(network, verifier), network.clock()
    over = [path for path in folder.glob("*") if _ends_ms(path) <= now_ms]
    remove_private(over)
    if sum(1 for _ in folder.glob("*")) >= MAX_ASKED:
        raise TOO_MANY_ASKED()
    challenge = secrets.token_urlsafe(32)
    write_private(folder / challenge, str(now_ms + CHALLENGE_MS).encode())
    return challenge


def spend_challenge(network: Network, verifier: Wallet, challenge: str | None) -> None:
    """Takes a challenge back; whatever becomes of its presentation, it is good no more."""
    if challenge is None or not _CHALLENGE.fullmatch(challenge):
        raise NOT_ASKED(str(challenge)[:60])
    path = _folder(network, verifier) / challenge
    ends_ms = _ends_ms(path)
    try:
        path.unlink()
    except FileNotFoundError:
        raise NOT_ASKED(challenge) from None
    if ends_ms <= network.clock():
        raise NOT_ASKED(f"{challenge}, which has ended")


def show(network: Network, holder: Wallet, kept: Sequence[Kept], *, challenge: str, domain: str) -> Document:
    """Shows credentials to whoever asks with this challenge, in the name of this domain."""
    author, now_ms = Author(holder.did, holder), network.clock()
    return present([each.document for each in kept], author, now_ms=now_ms, challenge=challenge, domain=domain)


def challenge_of(document: Document) -> str | None:
    """Gives the challenge that a presentation says it answers."""
    proofs = objects_in(document.get("proof"))
    named = proofs[0].get("challenge") if proofs else None
    return named if isinstance(named, str) else None


def is_presentation(document: Document) -> bool:
    return "VerifiablePresentation" in types_of(document)


def needs_chain(document: Document) -> bool:
    """Says whether a document can only be verified by asking the chain: for a key of a did:acc, or a status."""
    shown = [document, *objects_in(document.get("verifiableCredential"))]
    methods = [str(proof.get("verificationMethod")) for each in shown for proof in objects_in(each.get("proof"))]
    return any("credentialStatus" in each for each in shown) or not all(m.startswith("did:key:") for m in methods)


def verify_offline(
    document: Document, *, now_ms: int, challenge: str | None, domain: str | None, bound: bool
) -> Verified:
    """Verifies a document that says all that is needed itself; whether its issuer may issue such is left unasked."""
    checks = Checks(resolver=resolver_of(None), statuses=_nowhere, now_ms=now_ms)
    if not is_presentation(document):
        alone = verify_credential(document, checks)
        return Verified(None, (alone.document,), (), (*unknown_schemas([alone]), *_unasked([alone.document])))
    found = verify_presentation(document, checks, challenge=challenge, domain=domain, bound=bound)
    shown = tuple(each.document for each in found.credentials)
    return Verified(found.holder, shown, (), (*unknown_schemas(found.credentials), *_unasked(shown)))


async def verify(
    network: Network,
    document: Document,
    *,
    challenge: str | None,
    domain: str | None,
    bound: bool,
    past_keys: bool,
    any_issuer: bool = False,
) -> Verified:
    """Verifies a document with the keys, statuses and roles that the chain has now, each proved.

    With `any_issuer` it also takes one of our kinds from who holds no role to issue it, and says so.
    """
    asked: list[str] = []
    resolver = _Resolver(network, asked)
    # The challenge was seen to by whoever calls; a service that is open takes those of others.
    service = VerifierService(
        resolver,
        _Lists(network, asked),
        Challenges(clock=network.clock, chance=secrets.token_bytes),
        clock=network.clock,
        is_open=True,
    )
    wanted = Asked(challenge=challenge, domain=domain, past_keys=past_keys, holder_is_subject=bound)
    if not is_presentation(document):
        outcome = await service.verify_credential(document, wanted)
        unasked = await _entitled(network, outcome.credentials, asked, any_issuer=any_issuer)
        return Verified(None, outcome.credentials, tuple(asked), (*outcome.warnings, *unasked))
    outcome = await service.verify_presentation(document, wanted)
    (proof, *_) = objects_in(document.get("proof"))
    holder = parse_did_url(proof.get("verificationMethod")).did
    unasked = await _entitled(network, outcome.credentials, asked, any_issuer=any_issuer)
    return Verified(holder, outcome.credentials, tuple(asked), (*outcome.warnings, *unasked))


async def _entitled(
    network: Network, documents: Sequence[Document], asked: list[str], *, any_issuer: bool
) -> tuple[str, ...]:
    if any_issuer:
        return _unasked(documents)
    for document in documents:
        await check_issuer(network, document, asked)
    return ()


class _Resolver(ResolverService):
    """Notes which documents were asked for."""

    def __init__(self, network: Network, asked: list[str]) -> None:
        super().__init__(network.client, clock=network.clock)
        self._asked = asked

    async def resolve(self, url: DidUrl) -> Resolved:
        if url.method == "acc":
            at = "".join(f" as of {value}" for name, value in url.query if name == "versionTime")
            self._asked.append(f"the keys of {url.did}{at}")
        return await super().resolve(url)


class _Lists(StatusLists):
    """Notes which statuses were asked for."""

    def __init__(self, network: Network, asked: list[str]) -> None:
        super().__init__(network.client, clock=network.clock)
        self._asked = asked

    async def places(self, url: str, indices: Collection[int]) -> StatusList:
        found = await super().places(url, indices)
        for index in sorted(indices):
            self._asked.append(f"place {index} of {' and '.join(found.purposes)} list {url.rpartition('/')[2]}")
        return found


def _nowhere(url: str, /) -> StatusList:
    raise MALFORMED(f"a status at {url[:80]}")


def _unasked(documents: Iterable[Document]) -> tuple[str, ...]:
    kinds = sorted({kind for each in documents for kind in kinds_of(each)})
    return tuple(f"Whether its issuer may issue a credential of the kind {kind} was not asked." for kind in kinds)


def _folder(network: Network, verifier: Wallet) -> Path:
    return network.home.parties / verifier.name / FOLDER


def _ends_ms(path: Path) -> int:
    """Reads when a challenge ends; one that is not there, or can't be read, has ended."""
    try:
        text = path.read_bytes()
    except OSError:
        return 0
    return int(text) if text.isdigit() and len(text) < 20 else 0
