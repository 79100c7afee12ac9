"""Public reads of what is recorded, allowed and bought: recordings, consents, receipts."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from litestar import get

from ..index import ConsentRow, ReceiptRow, RecordingRow
from .errors import UNKNOWN, problems
from .given import ChainName, Given, IdInPath, IdParameter, chain_of, digits_of
from .paging import DATED, USUAL_ITEMS, Cursor, Limit, next_of, place_of
from .shapes import read_id

R = TypeVar("R")


class Recordings(msgspec.Struct, frozen=True):
    """A page of recordings, the newest first."""

    items: list[RecordingRow]
    next: str | None


class Consents(msgspec.Struct, frozen=True):
    """A page of consents, the newest first."""

    items: list[ConsentRow]
    next: str | None


class Receipts(msgspec.Struct, frozen=True):
    """A page of receipts, the newest first."""

    items: list[ReceiptRow]
    next: str | None


@get(
    "/recordings",
    operation_id="ListRecordings",
    summary="List recordings, the newest first",
    responses=problems(404, 503),
    sync_to_thread=True,
)
def list_recordings(
    backend: Given,
    chain: ChainName,
    cursor: Cursor = None,
    limit: Limit = USUAL_ITEMS,
    owner: IdParameter = None,
    vehicle: IdParameter = None,
) -> Recordings:
    rows = backend.index.recordings(
        chain_of(backend, chain).name,
        after=place_of(cursor, DATED),
        limit=limit,
        owner=digits_of(owner),
        vehicle=digits_of(vehicle),
    )
    return Recordings(rows, next_of(rows, limit, DATED))


@get(
    "/recordings/{id:str}",
    operation_id="GetRecording",
    summary="Get one recording",
    responses=problems(404, 503),
    sync_to_thread=True,
)
def get_recording(backend: Given, chain: ChainName, id: IdInPath) -> RecordingRow:
    return _found(backend.index.recording(chain_of(backend, chain).name, read_id(id).hex()), f"recording {id}")


@get(
    "/consents",
    operation_id="ListConsents",
    summary="List consents, the newest first",
    responses=problems(404, 503),
    sync_to_thread=True,
)
def list_consents(
    backend: Given,
    chain: ChainName,
    cursor: Cursor = None,
    limit: Limit = USUAL_ITEMS,
    owner: IdParameter = None,
    reader: IdParameter = None,
    vehicle: IdParameter = None,
) -> Consents:
    rows = backend.index.consents(
        chain_of(backend, chain).name,
        after=place_of(cursor, DATED),
        limit=limit,
        owner=digits_of(owner),
        reader=digits_of(reader),
        vehicle=digits_of(vehicle),
    )
    return Consents(rows, next_of(rows, limit, DATED))


@get(
    "/consents/{id:str}",
    operation_id="GetConsent",
    summary="Get one consent",
    responses=problems(404, 503),
    sync_to_thread=True,
)
def get_consent(backend: Given, chain: ChainName, id: IdInPath) -> ConsentRow:
    return _found(backend.index.consent(chain_of(backend, chain).name, read_id(id).hex()), f"consent {id}")


@get(
    "/receipts",
    operation_id="ListReceipts",
    summary="List receipts, the newest first",
    responses=problems(404, 503),
    sync_to_thread=True,
)
def list_receipts(
    backend: Given,
    chain: ChainName,
    cursor: Cursor = None,
    limit: Limit = USUAL_ITEMS,
    owner: IdParameter = None,
    reader: IdParameter = None,
    consent: IdParameter = None,
    recording: IdParameter = None,
    vehicle: IdParameter = None,
) -> Receipts:
    rows = backend.index.receipts(
        chain_of(backend, chain).name,
        after=place_of(cursor, DATED),
        limit=limit,
        owner=digits_of(owner),
        reader=digits_of(reader),
        consent=digits_of(consent),
        recording=digits_of(recording),
        vehicle=digits_of(vehicle),
    )
    return Receipts(rows, next_of(rows, limit, DATED))


@get(
    "/receipts/{id:str}",
    operation_id="GetReceipt",
    summary="Get one receipt",
    responses=problems(404, 503),
    sync_to_thread=True,
)
def get_receipt(backend: Given, chain: ChainName, id: IdInPath) -> ReceiptRow:
    return _found(backend.index.receipt(chain_of(backend, chain).name, read_id(id).hex()), f"receipt {id}")


def _found(row: R | None, name: str) -> R:
    if row is None:
        raise UNKNOWN(name)
    return row


HANDLERS = (list_recordings, get_recording, list_consents, get_consent, list_receipts, get_receipt)
