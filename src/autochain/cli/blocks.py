"""Commands on blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import show, show_json, show_table
from .groups import examples, group
from .naming import party_names
from .options import MAX_HEIGHT, Format, FormatOption, HomeOption, with_network
from .telling import tag
from .words import short, time_text, who

if TYPE_CHECKING:
    from ..network import Network
    from ..onchain.ledger import BlockAnswer

app = group("What stands in blocks.", "block show")


@app.command("show", epilog=examples("block show", "block show 12 --format json"))
def show_block(
    height: Annotated[
        int, typer.Argument(metavar="HEIGHT", min=0, max=MAX_HEIGHT, help="The block's height; 0 is the last one.")
    ] = 0,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Shows a block: its header and its transactions.

    Whose signatures stand under the header is checked here, not believed.
    """

    async def job(network: Network) -> tuple[dict[str, Any], dict[str, str]]:
        header, block = await network.client.block(height)
        facts = {
            "chain": header.chain_id,
            "height": header.height,
            "time": time_text(header.time_ms),
            "hash": header.hash().hex(),
            "app_hash": header.app_hash.hex(),
            "proposer": header.proposer_address.hex(),
            "transactions": _transactions(network, block),
        }
        return facts, party_names(network)

    facts, names = with_network(home, job)
    if form is Format.JSON:
        show_json(facts)
        return
    transactions = facts["transactions"]
    show(form, facts | {"transactions": len(transactions)})
    if transactions:
        print()
        show_table([_row(names, transaction) for transaction in transactions], wrap=["messages", "outcome"])


def _transactions(network: Network, block: BlockAnswer) -> list[dict[str, Any]]:
    from ..onchain.codec import named
    from ..onchain.ids import did
    from ..onchain.ledger import transaction_hash

    dispatcher = network.client.dispatcher
    found = []
    for data, result in zip(block.transactions, block.results, strict=True):
        transaction = dispatcher.transactions.decode(data)
        events = dispatcher.events.decode(result.events)
        found.append(
            {
                "hash": transaction_hash(data).hex(),
                "sender": did(transaction.proof.sender),
                "messages": [tag(message) for message in transaction.messages],
                "fee_uacc": transaction.fee_uacc,
                "refused": result.text or None,
                "events": [named(event) for event in events],
            }
        )
    return found


def _row(names: dict[str, str], transaction: dict[str, Any]) -> dict[str, Any]:
    return {
        "transaction": short(transaction["hash"]),
        "sender": who(names, transaction["sender"]),
        "messages": transaction["messages"],
        "outcome": transaction["refused"] or [event["type"] for event in transaction["events"]],
    }
