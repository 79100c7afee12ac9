"""Counts a chain once more, block by block and by its own listing queries, without any code of the index."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from autochain.client import Client
from autochain.network import Network
from autochain.onchain.contracts.consent import ListConsents
from autochain.onchain.contracts.credentials import ROLES, GetAttestation
from autochain.onchain.contracts.identity import GetIdentity
from autochain.onchain.contracts.market import ListReceipts
from autochain.onchain.contracts.recording import ListRecordings
from autochain.onchain.ids import contract_account
from autochain.onchain.ledger import transaction_hash

NUMBERS = 2**20
"""How many events of a block have numbers of their own."""


def plain(record: Any) -> Any:
    """Writes a record by its fields' names, bytes in hexadecimal digits."""
    if isinstance(record, msgspec.Struct):
        tag = msgspec.inspect.type_info(type(record)).tag  # type: ignore[attr-defined]
        fields = {name: plain(getattr(record, name)) for name in type(record).__struct_fields__}
        return ({"type": tag} if tag else {}) | fields
    if isinstance(record, tuple):
        return [plain(each) for each in record]
    return record.hex() if type(record) is bytes else record


def ids(value: Any) -> set[str]:
    """Gives the texts of 40 characters in what `plain` wrote: no other field of these records is as long."""
    if isinstance(value, dict):
        return {found for each in value.values() for found in ids(each)}
    if isinstance(value, list):
        return {found for each in value for found in ids(each)}
    return {value} if isinstance(value, str) and len(value) == 40 and "/" not in value else set()


class Recount:
    """What must stand in the index's tables."""

    def __init__(self) -> None:
        self.blocks: list[dict[str, Any]] = []
        self.transactions: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.subjects: list[dict[str, Any]] = []
        self.accounts: set[str] = set()
        """All ids that may be accounts."""

    async def of(self, client: Client) -> Recount:
        for height in range(1, (await client.status()).height + 1):
            await self._block(client, height)
        return self

    async def _block(self, client: Client, height: int) -> None:
        header, block = await client.block(height)
        announced: list[tuple[str | None, Any, set[str]]] = [
            (None, event, ids(plain(event))) for event in client.dispatcher.events.decode(block.events)
        ]
        for position, (data, result) in enumerate(zip(block.transactions, block.results, strict=True)):
            transaction = client.dispatcher.transactions.decode(data)
            messages = plain(transaction.messages)
            sender = transaction.proof.sender.hex()
            payer = (transaction.proof.payer or transaction.proof.sender).hex()
            name = transaction_hash(data).hex()
            self.transactions.append(
                {
                    "chain": "main",
                    "height": height,
                    "position": position,
                    "hash": name,
                    "time_ms": header.time_ms,
                    "sender": sender,
                    "payer": payer,
                    "fee_uacc": transaction.fee_uacc,
                    "codespace": result.codespace,
                    "code": result.code,
                    "types": " ".join(message["type"] for message in messages),
                    "messages": messages,
                }
            )
            self.accounts |= ids(messages) | {sender, payer}
            events = client.dispatcher.events.decode(result.events)
            named = [ids(plain(event)) | {sender, payer} for event in events]
            if named:
                named[-1] |= ids(messages)
            announced += [(name, event, found) for event, found in zip(events, named, strict=True)]
        self.blocks.append(
            {
                "chain": "main",
                "height": height,
                "hash": header.hash().hex(),
                "time_ms": header.time_ms,
                "app_hash": header.app_hash.hex(),
                "transactions": len(block.transactions),
                "events": len(announced),
            }
        )
        for number, (transaction_name, event, found) in enumerate(announced):
            self._event(header.time_ms, height, number, transaction_name, plain(event), found)

    def _event(
        self, time_ms: int, height: int, number: int, transaction: str | None, body: dict[str, Any], found: set[str]
    ) -> None:
        seq = height * NUMBERS + number
        row = {"chain": "main", "seq": seq, "height": height, "time_ms": time_ms, "transaction": transaction}
        self.events.append({**row, "type": body["type"], "body": body})
        self.subjects += [{"chain": "main", "subject": each, "seq": seq} for each in found]
        self.accounts |= found


async def records(network: Network, recount: Recount) -> dict[str, dict[str, Any]]:
    """Gives what the chain itself lists, by table and id; accounts are those that it knows of all that were named."""
    client, found = network.client, defaultdict[str, dict[str, Any]](dict)
    found["recordings"] = {name.hex(): plain(record) for name, record in await client.pages(ListRecordings())}
    for account in sorted(recount.accounts | {name.hex() for name in network.names()}):
        known = bytes.fromhex(account)
        for as_reader in (False, True):
            consents = await client.pages(ListConsents(known, as_reader=as_reader))
            found["consents"] |= {name.hex(): plain(record) for name, record in consents}
            receipts = await client.pages(ListReceipts(known, as_reader=as_reader))
            found["receipts"] |= {name.hex(): plain(record) for name, record in receipts}
        identity = await client.ask(GetIdentity(known))
        if identity is not None:
            found["accounts"][account] = plain(identity)
            del found["accounts"][account]["sequence"]
            held = [role for role in ROLES if await client.ask(GetAttestation(known, role))]
            found["roles"] |= {f"{account} {role}": role for role in held}
    for name in client.dispatcher.contracts:
        found["accounts"][contract_account(name).hex()] = {"kind": "contract", "contract": name}
    return found
