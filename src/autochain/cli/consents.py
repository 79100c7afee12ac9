"""Commands on consents: grant, revoke, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json, show_table
from .completing import parties, recordings
from .groups import examples, group
from .naming import account_named, consent_named, party_names, recording_named
from .options import (
    CATEGORY_HELP,
    AsOption,
    CategoryName,
    Format,
    FormatOption,
    HomeOption,
    PrecisionOption,
    PurposeOption,
    categories,
    with_network,
)
from .words import short, time_ms, time_text, uacc, who

if TYPE_CHECKING:
    from ..network import Network
    from ..onchain.contracts.consent import Consent, Terms

app = group("Who may read what, for which purpose, until when.", "consent list", "consent revoke 8f0c27d1a5e4")
DAY_MS = 24 * 3_600_000
PartyOption = Annotated[str, typer.Option("--as", metavar="PARTY", help="Whose: a DID, or a party of this home.")]


@app.command(
    epilog=examples(
        "consent grant buyer vehicle-3fa91c --purpose research --category motion",
        "consent grant buyer vehicle-3fa91c --purpose traffic_management"
        " --category position --precision coarse --from 2026-11-01 --price 0.1",
    )
)
def grant(
    reader: Annotated[
        str,
        typer.Argument(metavar="READER", autocompletion=parties, help="Who may read: a DID, or a party of this home."),
    ],
    vehicle: Annotated[
        str,
        typer.Argument(metavar="VEHICLE", autocompletion=parties, help="Whose recordings: the vehicle's DID or name."),
    ],
    purpose: PurposeOption,
    category: Annotated[list[CategoryName], typer.Option(metavar="CATEGORY", help=CATEGORY_HELP)],
    price: Annotated[str, typer.Option(metavar="ACC", help="What the reader pays for each recording.")] = "0.5",
    precision: PrecisionOption = "exact",
    since: Annotated[
        str, typer.Option("--from", metavar="TIME", help="Recordings from this time on; UTC unless it says a zone.")
    ] = "1970-01-01",
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Recordings up to this time.", show_default="when the consent ends"),
    ] = None,
    days: Annotated[
        int, typer.Option(metavar="DAYS", min=1, max=3650, help="After how many days the consent expires.")
    ] = 30,
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Lets one reader see recordings of one vehicle.

    It is for one purpose, and ends by itself. What is not granted stays closed.
    """
    from ..onchain.contracts.consent import BASES, Grant, Granted, Terms

    price_uacc = uacc(price)
    from_ms, until_ms = time_ms(since), time_ms(until) if until else None

    async def job(network: Network) -> dict[str, Any]:
        expires_ms = network.clock() + days * DAY_MS
        terms = Terms(
            vehicle=account_named(network, vehicle),
            purpose=purpose,
            categories=categories(category),
            precision=precision,
            from_ms=from_ms,
            until_ms=expires_ms if until_ms is None else until_ms,
            price_uacc=price_uacc,
            expires_ms=expires_ms,
        )
        message = Grant(account_named(network, reader), terms)
        sent = await network.client.send(network.wallet(sender), message)
        return {
            "consent": sent.event(Granted).consent.hex(),
            "basis": BASES[purpose],
            "expires": time_text(terms.expires_ms),
            "height": sent.submitted.height,
        }

    show(form, with_network(home, job))


@app.command(epilog=examples("consent revoke 8f0c27d1a5e4", "consent revoke 8f0c27 --as owner"))
def revoke(
    consent: Annotated[str, typer.Argument(metavar="CONSENT", help="The consent's id, or its first 6 digits or more.")],
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Takes a consent back, at once.

    What was read before stays with who read it.
    """

    async def job(network: Network) -> dict[str, Any]:
        from ..onchain.contracts.consent import Revoke

        wallet = network.wallet(sender)
        name = await consent_named(network, consent, owner=wallet.account)
        sent = await network.client.send(wallet, Revoke(name))
        return {"consent": name.hex(), "ended": "revoked", "height": sent.submitted.height}

    show(form, with_network(home, job))


@app.command(
    epilog=examples(
        "consent explain 8f0c27d1a5e4 --purpose research --category motion",
        "consent explain 8f0c27 --as buyer-2 --purpose resale --category position --precision coarse",
    )
)
def explain(
    recording: Annotated[
        str,
        typer.Argument(
            metavar="RECORDING", autocompletion=recordings, help="The recording's id, or its first 6 digits or more."
        ),
    ],
    purpose: PurposeOption,
    category: Annotated[list[CategoryName], typer.Option(metavar="CATEGORY", help=CATEGORY_HELP)],
    precision: PrecisionOption = "exact",
    party: PartyOption = "buyer",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Says whether a reader may read a recording, and of each consent that does not let it, what would be needed."""

    async def job(network: Network) -> list[dict[str, Any]]:
        from ..network import explain as judged

        found = await judged(
            network,
            account_named(network, party),
            await recording_named(network, recording),
            purpose=purpose,
            categories=categories(category),
            precision=precision,
        )
        return [
            {
                "consent": each.consent.hex(),
                "allowed": each.refusal is None,
                "why": "it covers this reading" if each.refusal is None else each.refusal.text,
                "needed": "" if each.refusal is None else each.refusal.reason.remedy,
            }
            for each in found
        ]

    found = with_network(home, job)
    allowed = any(each["allowed"] for each in found)
    if form is Format.JSON:
        show_json({"allowed": allowed, "consents": found})
        return
    if found:
        show_table([{**each, "consent": short(each["consent"])} for each in found], wrap=["why", "needed"])
    else:
        print("There is no consent for this reader. Ask the recording's owner for one.")
    print("allowed" if allowed else "not allowed")


@app.command("list", epilog=examples("consent list", "consent list --as buyer --as-reader"))
def list_(
    party: PartyOption = "owner",
    as_reader: Annotated[bool, typer.Option("--as-reader", help="Those granted to the party, not by it.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Lists the consents that a party granted or was granted."""

    async def job(network: Network) -> tuple[list[dict[str, Any]], dict[str, str]]:
        from ..onchain.contracts.consent import ListConsents

        account = account_named(network, party)
        found = await network.client.pages(ListConsents(account, as_reader))
        found.sort(key=lambda pair: pair[1].granted_ms)
        return [_facts(name, consent, network.clock()) for name, consent in found], party_names(network)

    found, names = with_network(home, job)
    if form is Format.JSON:
        show_json({"consents": found})
    else:
        show_table([_row(names, facts) for facts in found], shorten="vehicle", wrap=["what"], right=["ACC"])


def _facts(name: bytes, consent: Consent, now_ms: int) -> dict[str, Any]:
    from ..onchain.ids import did

    return {
        "consent": name.hex(),
        "owner": did(consent.owner),
        "reader": did(consent.reader),
        **terms_facts(consent.terms),
        "granted": time_text(consent.granted_ms),
        "state": "live" if consent.lives(now_ms) else "revoked" if consent.revoked_ms else "expired",
    }


def terms_facts(terms: Terms) -> dict[str, Any]:
    """Says on what terms something may be read."""
    from ..onchain.contracts.consent import BASES
    from ..onchain.ids import did
    from ..onchain.units import acc

    return {
        "vehicle": did(terms.vehicle),
        "purpose": terms.purpose,
        "basis": BASES[terms.purpose],
        "categories": list(terms.categories),
        "precision": terms.precision,
        "from": time_text(terms.from_ms),
        "until": time_text(terms.until_ms),
        "price": acc(terms.price_uacc),
        "price_uacc": terms.price_uacc,
        "expires": time_text(terms.expires_ms),
    }


def _row(names: dict[str, str], facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "consent": short(facts["consent"]),
        "reader": who(names, facts["reader"]),
        "vehicle": who(names, facts["vehicle"]),
        "purpose": facts["purpose"],
        "what": f"{', '.join(facts['categories'])}; {facts['precision']}",
        "ACC": facts["price"],
        "state": facts["state"],
    }
