"""How a record of the chain looks in JSON, for people."""

from __future__ import annotations

from typing import Any

import msgspec


def named(record: Any) -> Any:
    """Writes a record as an object by its fields' names, bytes in lower hexadecimal digits, tuples as lists.

    A record that is told from others by its tag says so first, as its `type`.
    """
    if isinstance(record, msgspec.Struct):
        tag = record.__struct_config__.tag
        fields = {field: named(getattr(record, field)) for field in record.__struct_fields__}
        return fields if tag is None else {"type": tag, **fields}
    if isinstance(record, tuple | list):
        return [named(each) for each in record]
    return record.hex() if isinstance(record, bytes) else record
