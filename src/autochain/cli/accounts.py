"""Commands on accounts: what they hold, and moving ACC; those on their keys are beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import guarding, keys
from .answers import show, show_json, show_table
from .completing import parties
from .groups import examples, group
from .naming import account_named
from .options import MAX_HEIGHT, AsOption, Format, FormatOption, HomeOption, with_network
from .words import short_did, time_text, uacc

if TYPE_CHECKING:
    from ..network import Network

app = group(
    "Accounts: what they hold, whose keys speak for them, and who brings lost ones back.",
    "account show",
    "account keys owner",
    "account guardians owner",
)
app.command("keys", epilog=examples("account keys owner", "account keys car-01 --format json"))(keys.keys)
app.command(
    "rotate",
    epilog=examples(
        "account rotate owner", "account rotate car-01 --next-suite p256", "account rotate buyer --days 90"
    ),
)(keys.rotate)
app.command("guardians", epilog=examples("account guardians owner", "account guardians did:acc:DID --format json"))(
    guarding.guardians
)
app.command(
    "set-guardians",
    epilog=examples("account set-guardians friend sister uncle --delay-hours 168", "account set-guardians --none"),
)(guarding.set_guardians)
app.command(
    "recover",
    epilog=examples(
        "account recover did:acc:DID --new-wallet owner",
        "account recover did:acc:DID --request TEXT --as friend",
        "account recover car-01 --as owner",
    ),
)(guarding.recover)
app.command("reject-recovery", epilog=examples("account reject-recovery", "account reject-recovery --as owner-01"))(
    guarding.reject_recovery
)
app.command("complete-recovery", epilog=examples("account complete-recovery did:acc:DID --as friend"))(
    guarding.complete_recovery
)
app.command("revoke", epilog=examples("account revoke owner --yes", "account revoke car-01 --yes --as owner-01"))(
    keys.revoke
)


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
        "version": identity.version if identity else None,
        **(keys.expiry(network, identity) if identity else {}),
        "next_keys_promised": bool(identity and identity.next),
        **(await guarding.guarded(network, account, height=height) if identity and not identity.controller else {}),
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
