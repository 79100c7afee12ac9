"""Commands on DIDs: their documents, the present ones and those of any time before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json
from .completing import parties
from .groups import examples, group
from .naming import account_named
from .options import Format, FormatOption, HomeOption, with_network
from .words import time_ms

if TYPE_CHECKING:
    from ..network import Network
    from ..services.resolver import Resolved
    from ..wallet.credentials import DidUrl

app = group("Documents of DIDs.", "did document owner", "did resolve did:acc:DID --version 1")
DidArgument = Annotated[
    str,
    typer.Argument(
        metavar="DID", autocompletion=parties, help="did:acc:DID or did:key:KEY, a DID URL, or a party of this home."
    ),
]
VersionOption = Annotated[
    int | None, typer.Option(metavar="NUMBER", min=1, help="Which document.", show_default="the present one")
]
AtOption = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="The document that stood then; UTC unless it says a zone.")
]


@app.command(
    epilog=examples("did document owner", "did document did:acc:DID --version 1", "did document car-01 --at 2026-06-01")
)
def document(
    named: DidArgument,
    version: VersionOption = None,
    at: AtOption = None,
    home: HomeOption = None,
) -> None:
    """Prints the document of a DID, or the part of it that a DID URL names, as JSON.

    It is derived from the chain's records, whose proofs are checked here.
    """
    from ..services.resolver import dereferenced

    found, url = with_network(home, lambda network: _resolved(network, named, version=version, at=at))
    show_json(dereferenced(found.resolution, url))


@app.command(
    epilog=examples("did resolve owner", "did resolve did:acc:DID --at 2026-06-01T12:00", "did resolve did:key:KEY")
)
def resolve(
    named: DidArgument,
    version: VersionOption = None,
    at: AtOption = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Resolves a DID: what its document says, which version it is and when it was replaced.

    As JSON it is the result that DID Resolution describes, and that the API answers.
    """
    from ..services.resolver import MEDIA_TYPES, answered

    found, url = with_network(home, lambda network: _resolved(network, named, version=version, at=at))
    if form is Format.JSON:
        show_json(answered(found, url, MEDIA_TYPES["application/did-resolution"], proofs=()))
    else:
        show(form, _told(found))


async def _resolved(network: Network, named: str, *, version: int | None, at: str | None) -> tuple[Resolved, DidUrl]:
    from ..onchain.ids import did
    from ..services.resolver import Options, ResolverService, identified
    from ..wallet.credentials import from_ms

    identifier = named if named.startswith("did:") and "…" not in named else did(account_named(network, named))
    # The specification wants whole seconds.
    time = None if at is None else from_ms(time_ms(at) // 1000 * 1000)
    url = identified(identifier, Options(None if version is None else str(version), time))
    return await ResolverService(network.client, clock=network.clock).resolve(url), url


def _told(found: Resolved) -> dict[str, Any]:
    document, metadata = found.resolution.document, found.resolution.metadata
    methods = document.get("verificationMethod")
    return {
        "did": document["id"],
        "version": metadata.get("versionId"),
        "created": metadata.get("created"),
        "updated": metadata.get("updated"),
        "replaced": metadata.get("nextUpdate"),
        "active": not found.resolution.is_deactivated,
        "controller": document.get("controller"),
        "must_sign": document.get("threshold", 1),
        "keys": [
            str(each["id"]).partition("#")[2]
            for each in (methods if isinstance(methods, list) else [])
            if isinstance(each, dict)
        ],
        "proofs_checked": len(found.proved),
    }
