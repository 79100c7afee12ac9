"""Commands on accounts: what they hold, and moving ACC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json, show_table
from .completing import parties
from .groups import examples, group
from .naming import account_named
from .options import MAX_HEIGHT, AsOption, Format, FormatOption, HomeOption, with_network
from .words import short_did, time_text, uacc

if TYPE_CHECKING:
    from ..network import Network

app = group("What accounts hold.", "account show")


@app.command(
    "show",
    epilog=examples("account show", "account show owner --height 12", "account show buyer --format json"),
)
def show_account(
    who: Annotated[
        str | None,
        typer.Argument(metavar="ACCOUNT", autocompletion=parties, help="A DID, or the name of a party of this home."),
    ] = None,
    height: Annotated[
        int,
        typer.Option(min=0, max=MAX_HEIGHT, help="After which block; 0 is the last. A node keeps the last 1,000."),
    ] = 0,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Shows an account, or all parties of this home, as they stand or as they stood after an older block."""

    async def job(network: Network) -> list[dict[str, Any]]:
        names = network.names()
        accounts = [account_named(network, who)] if who else list(names)
        return [await _facts(network, account, names.get(account), height) for account in accounts]

    found = with_network(home, job)
    if who:
        show(form, found[0])
    elif form is Format.JSON:
        show_json({"accounts": found})
    else:
        rows = [{name: facts[name] for name in ("name", "kind", "balance", "did")} for facts in found]
        show_table([row | {"did": short_did(row["did"])} for row in rows], right=["balance"])


async def _facts(network: Network, account: bytes, name: str | None, height: int) -> dict[str, Any]:
    from ..onchain.contracts.identity import GetIdentity
    from ..onchain.ids import did
    from ..onchain.ledger import interfaces
    from ..onchain.units import acc

    identity = await network.client.ask(GetIdentity(account), height=height)
    balance_uacc = await network.client.ask(interfaces.BalanceOf(account), height=height)
    return {
        "name": name,
        "did": did(account),
        "kind": identity.kind if identity else "not registered",
        "active": bool(identity and identity.active),
        "controller": did(identity.controller) if identity and identity.controller else None,
        "registered": time_text(identity.registered_ms) if identity else None,
        "balance": f"{acc(balance_uacc)} ACC",
        "balance_uacc": balance_uacc,
    }


def transfer(
    payee: Annotated[
        str,
        typer.Argument(metavar="PAYEE", autocompletion=parties, help="Who gets it: a DID, or a party of this home."),
    ],
    amount: Annotated[str, typer.Argument(metavar="ACC", help="How much, like 12 or 0.25.")],
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Moves ACC from one account to another."""
    from ..onchain.contracts.token import Transfer
    from ..onchain.ids import did
    from ..onchain.units import acc

    amount_uacc = uacc(amount)

    async def job(network: Network) -> dict[str, Any]:
        wallet = network.wallet(sender)
        target = account_named(network, payee)
        sent = await network.client.send(wallet, Transfer(target, amount_uacc))
        return {
            "from": wallet.did,
            "to": did(target),
            "amount": f"{acc(amount_uacc)} ACC",
            "amount_uacc": amount_uacc,
            "height": sent.submitted.height,
            "transaction": sent.submitted.hash.hex(),
        }

    show(form, with_network(home, job))


@app.command(
    "hand-over",
    epilog=examples("account hand-over vehicle-3fa91c owner-2", "account hand-over car-01 owner-02 --as owner-01"),
)
def hand_over(
    vehicle: Annotated[
        str, typer.Argument(metavar="VEHICLE", autocompletion=parties, help="A DID, or a party of this home.")
    ],
    taker: Annotated[
        str,
        typer.Argument(
            metavar="PARTY", autocompletion=parties, help="Who takes it over and pays the fee; its keys lie here."
        ),
    ],
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Hands a vehicle over to its next owner; both sign.

    What it has recorded stays its former owner's, with consents and receipts; what it records from now on is the next
    one's, and no consent of the former owner opens it.
    """

    async def job(network: Network) -> dict[str, Any]:
        from ..onchain.contracts.identity import HandOver
        from ..onchain.ids import did

        device = account_named(network, vehicle)
        next_owner = network.wallet(taker)
        sent = await network.client.send(network.wallet(sender), HandOver(device), payer=next_owner)
        return {"vehicle": did(device), "owner": next_owner.did, "height": sent.submitted.height}

    show(form, with_network(home, job))
