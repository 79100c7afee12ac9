"""An issuer and a verifier on the usual scene, the registrar's keys behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from homes.scene import Scene

from autochain.network.issuing import issuer_service, listing_service
from autochain.onchain.refusals import present
from autochain.services.issuer import Asked, Challenges, IssuerService, StatusLists, VerifierService
from autochain.services.resolver import ResolverService
from autochain.wallet import Wallet
from autochain.wallet.credentials import V2, Author, Document, issue
from autochain.wallet.credentials import present as shown

ORIGIN = "https://issuer.example"


class Office:
    """Who issues and who verifies."""

    def __init__(self, scene: Scene, *, is_open: bool = False, party: str = "registrar") -> None:
        self.scene = scene
        self.lists = StatusLists(scene.client, clock=scene.clock)
        self.issuer: IssuerService = present(
            issuer_service(scene.network, party, is_open=is_open), "the home has the issuer's keys"
        )
        self.listing = listing_service(scene.network)
        self.challenges = Challenges(clock=scene.clock, chance=lambda size: bytes(range(size)))
        self.resolver = ResolverService(scene.client, clock=scene.clock)
        self.verifier = VerifierService(self.resolver, self.lists, self.challenges, clock=scene.clock, is_open=is_open)

    async def issued(self, document: Document | None = None, *purposes: Any, name: str | None = None) -> Any:
        return await self.issuer.issue(document or a_credential(), origin=ORIGIN, credential_id=name, purposes=purposes)

    async def verify(self, document: Any, **asked: Any) -> Any:
        return await self.verifier.verify_credential(document, Asked(**asked))

    async def verify_shown(self, document: Any, **asked: Any) -> Any:
        return await self.verifier.verify_presentation(document, Asked(**asked))


def a_credential(subject: str = "did:example:subject", **changes: Any) -> Document:
    document: Document = {
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "credentialSubject": {"id": subject},
    }
    return document | changes


def signed_by(wallet: Wallet, document: Document | None = None, *, now_ms: int) -> Any:
    """Signs a credential without the issuer's service, as any other wallet would."""
    return issue({**(document or a_credential()), "issuer": wallet.did}, Author(wallet.did, wallet), now_ms=now_ms)


def shown_by(wallet: Wallet, *credentials: Document, now_ms: int, challenge: str, domain: str = "shop.example") -> Any:
    return shown(credentials, Author(wallet.did, wallet), now_ms=now_ms, challenge=challenge, domain=domain)


def registrar(home: Path) -> Path:
    """Where the registrar keeps what it issued."""
    return home / "parties" / "registrar" / "issued"
