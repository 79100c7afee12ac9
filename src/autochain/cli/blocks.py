"""Commands on blocks."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from ..network import Network
from ..onchain.ids import did
from ..onchain.ledger import transaction_hash
from .options import Format, FormatOption, HomeOption, show, with_network
from .words import time_text

app = typer.Typer(no_args_is_help=True, help="What stands in blocks.")


@app.command("show")
def show_block(
    height: Annotated[int, typer.Argument(min=0, help="The block's height; 0 is the last one.")] = 0,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Shows a block: its header, whose signatures were checked, and its transactions in plain words.

    [bold]Examples[/bold]
      autochain block show
      autochain block show 12 --format json
    """

    async def job(network: Network) -> dict[str, Any]:
        header, block = await network.client.block(height)
        transactions = []
        for data, result in zip(block.transactions, block.results, strict=True):
            transaction = network.client.dispatcher.transactions.decode(data)
            transactions.append(
                {
                    "hash": transaction_hash(data).hex(),
                    "sender": did(transaction.proof.sender),
                    "messages": [type(message).__struct_config__.tag for message in transaction.messages],
                    "fee_uacc": transaction.fee_uacc,
                    "refused": result.text or None,
                    "events": [
                        {"event": type(event).__struct_config__.tag, **_plain(event)}
                        for event in network.client.dispatcher.events.decode(result.events)
                    ],
                }
            )
        return {
            "chain": header.chain_id,
            "height": header.height,
            "time": time_text(header.time_ms),
            "hash": header.hash().hex(),
            "app_hash": header.app_hash.hex(),
            "proposer": header.proposer_address.hex(),
            "transactions": transactions,
        }

    found = with_network(home, job)
    if form is Format.JSON:
        show(form, found)
        return
    show(form, {name: value for name, value in found.items() if name != "transactions"})
    rows = [
        {
            "transaction": transaction["hash"][:16],
            "sender": transaction["sender"],
            "messages": ", ".join(transaction["messages"]),
            "outcome": transaction["refused"] or ", ".join(event["event"] for event in transaction["events"]),
        }
        for transaction in found["transactions"]
    ]
    if rows:
        show(form, None, rows=rows)


def _plain(event: msgspec.Struct) -> dict[str, Any]:
    """Shows a record's fields as JSON can: bytes as hexadecimal digits."""
    return {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in msgspec.structs.asdict(event).items()
    }
