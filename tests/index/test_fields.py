"""Every id that a message or an event of any contract may hold is known to the index for what it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from autochain.index.records import NOT_ACCOUNTS
from autochain.onchain.ids import ID_BYTES
from autochain.onchain.ledger import Contract
from chains import CONTRACTS

ACCOUNTS = {
    "account",
    "agreed_by",
    "authority",
    "by",
    "controller",
    "device",
    "devices",
    "guardian",
    "guardians",
    "issuer",
    "maker",
    "member",
    "owner",
    "payee",
    "payer",
    "publisher",
    "reader",
    "subject",
    "vehicle",
}
RECORDS = {"consent", "offer", "product", "receipt", "receipts", "recording", "recordings"}


def id_fields(kind: msgspec.inspect.Type, name: str = "") -> Iterator[str]:
    """Yields the names of the fields that hold ids, however deep."""
    match kind:
        case msgspec.inspect.StructType(fields=fields):
            for field in fields:
                yield from id_fields(field.type, field.name)
        case msgspec.inspect.UnionType(types=types):
            for each in types:
                yield from id_fields(each, name)
        case msgspec.inspect.VarTupleType(item_type=each):
            yield from id_fields(each, name)
        case msgspec.inspect.BytesType(min_length=least, max_length=most):
            if least == most == ID_BYTES:
                yield name


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_every_id_is_an_account_or_a_record_and_known_as_such(contract: Contract) -> None:
    kinds: list[Any] = [*contract.messages, *contract.events]
    found = {name for kind in kinds for name in id_fields(msgspec.inspect.type_info(kind))}
    assert found
    assert found <= ACCOUNTS | RECORDS
    assert found & NOT_ACCOUNTS == found & RECORDS
    assert RECORDS >= NOT_ACCOUNTS
