"""Commands on accounts: what they hold, and moving ACC."""

from __future__ import annotations

from typing import Annotated

import typer

from ..network import Network
from ..onchain.contracts.identity import GetIdentity
from ..onchain.contracts.token import Transfer
from ..onchain.ids import did
from ..onchain.units import acc, from_acc
from .options import AsOption, Format, FormatOption, HomeOption, show, with_network
from .words import account as read_account
from .words import amount, time_text

app = typer.Typer(no_args_is_help=True, help="What accounts hold.")


@app.command("show")
def show_account(
    who: Annotated[str | None, typer.Argument(help="A DID, or the name of a party of this home.")] = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Shows an account, or all parties of this home.

    [bold]Examples[/bold]
      autochain account show
      autochain account show owner
      autochain account show did:acc:…
    """

    async def job(network: Network) -> list[dict[str, object]]:
        accounts = [read_account(network, who)] if who else list(network.names())
        names = network.names()
        return [await _facts(network, account, names.get(account, "")) for account in accounts]

    found = with_network(home, job)
    if who:
        show(form, found[0])
    else:
        rows = [{key: row[key] for key in ("name", "kind", "balance", "did")} for row in found]
        show(form, {"accounts": found}, rows=rows)


async def _facts(network: Network, account: bytes, name: str) -> dict[str, object]:
    identity = await network.client.ask(GetIdentity(account))
    balance = await network.client.balance_uacc(account)
    return {
        "name": name,
        "did": did(account),
        "kind": identity.kind if identity else "not registered",
        "active": bool(identity and identity.active),
        "controller": did(identity.controller) if identity and identity.controller else None,
        "registered": time_text(identity.registered_ms) if identity else None,
        "balance": amount(balance),
        "balance_uacc": balance,
    }


def transfer(
    payee: Annotated[str, typer.Argument(help="Who gets it: a DID, or the name of a party of this home.")],
    acc_amount: Annotated[str, typer.Argument(metavar="ACC", help="How much, like 12 or 0.25.")],
    sender: AsOption = "owner",
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Moves ACC from one account to another.

    [bold]Example[/bold]
      autochain transfer buyer 2.5 --as owner
    """

    async def job(network: Network) -> dict[str, object]:
        wallet = network.wallet(sender)
        target = read_account(network, payee)
        amount_uacc = from_acc(acc_amount)
        sent = await network.client.send(wallet, Transfer(target, amount_uacc))
        return {
            "from": wallet.did,
            "to": did(target),
            "amount": acc(amount_uacc),
            "height": sent.submitted.height,
            "transaction": sent.submitted.hash.hex(),
        }

    show(form, with_network(home, job))
