"""Private routes: what an account has, reads, erases and takes along, for whoever is signed in as it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import IO, Annotated

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from ..onchain.codec import named
from ..onchain.contracts.consent import Purpose
from ..onchain.contracts.market import Receipt
from ..onchain.contracts.recording import CATEGORIES, Category, Precision
from ..signals import CATALOGUE, Part
from .access import allow
from .backend import ROLES, Backend, Erasure, Parties, Read
from .errors import NO_DEMONSTRATION, problems
from .given import BODY, Given, IdInPath
from .shapes import IdText, read_id

MAX_ROWS = 5_000
"""How many rows of a part are in an answer."""
ZIP = "application/zip"
CHUNK_BYTES = 65_536


class SharedReading(msgspec.Struct, frozen=True):
    """One reading of an account's data that somebody bought."""

    id: str
    reader: str
    vehicle: str
    recording: str
    consent: str
    purpose: Purpose
    categories: tuple[Category, ...]
    precision: Precision
    price_uacc: int
    bought_ms: int
    lapses_ms: int
    product: str | None
    status: str


class SharingList(msgspec.Struct, frozen=True):
    """Every reading of an account's data, oldest first, each proved, as many as the chain counts."""

    items: tuple[SharedReading, ...]


class SignalValues(msgspec.Struct, frozen=True):
    """The readings of one signal, one a row; null where it was not measured."""

    signal: Annotated[str, msgspec.Meta(description="Its VSS path.")]
    unit: Annotated[str, msgspec.Meta(description="The unit by its VSS name, empty for a bare number.")]
    values: tuple[float | None, ...]


class PartReadings(msgspec.Struct, frozen=True):
    """The readings of one category at one precision."""

    category: Category
    precision: Precision
    rows: Annotated[int, msgspec.Meta(description=f"How many rows there are; at most {MAX_ROWS} are in the answer.")]
    times_ms: tuple[int, ...]
    signals: tuple[SignalValues, ...]


class Readings(msgspec.Struct, frozen=True):
    """What was recorded, part by part."""

    parts: tuple[PartReadings, ...]


class ReadRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be bought and read."""

    recording: IdText
    purpose: Purpose
    precision: Precision = "exact"
    categories: Annotated[
        tuple[Category, ...],
        msgspec.Meta(max_length=len(CATEGORIES), description="None of them: all that the consent covers."),
    ] = ()
    consent: Annotated[IdText | None, msgspec.Meta(description="Null: one that covers it is looked for.")] = None


class Bought(msgspec.Struct, frozen=True):
    """A reading that was bought, and what is in it."""

    receipt: str
    price_uacc: int
    parts: tuple[PartReadings, ...]


class Holder(msgspec.Struct, frozen=True):
    """A member of the release committee, and when it stated on the chain that it holds no key any more."""

    account: str
    destroyed_ms: int


class ErasedRecording(msgspec.Struct, frozen=True):
    """What shows that a recording is erased."""

    recording: str
    holders: tuple[Holder, ...]
    read_before: Annotated[
        tuple[str, ...],
        msgspec.Meta(description="Receipts on which it was read before: what these readers kept is out of reach."),
    ]


@get(
    "/sharing-list",
    opt=allow("owner"),
    responses=problems(401, 403, 404, 422),
    summary="List who has read what of the account's data",
    operation_id="GetSharingList",
)
async def get_sharing_list(backend: Given, account: IdInPath) -> SharingList:
    found = await _parties(backend).sharing_list(read_id(account))
    return SharingList(tuple(_shared(name, receipt) for name, receipt in found))


@get(
    "/recordings/{recording:str}/readings",
    opt=allow("owner"),
    responses=problems(401, 403, 404, 422),
    summary="Read an own recording",
    operation_id="GetOwnReadings",
)
async def get_own_readings(
    backend: Given,
    account: IdInPath,
    recording: IdInPath,
    precision: Annotated[Precision, QueryParameter(description="How closely.")] = "exact",
) -> Readings:
    parts = await _parties(backend).readings(read_id(account), read_id(recording))
    return Readings(_told(part for part in parts if part.precision == precision))


@post(
    "/reads",
    status_code=200,
    opt=allow("buyer", "maker"),
    responses=problems(401, 403, 404, 409, 413, 415, 422, 503),
    summary="Buy and read a recording; one that was bought and is still open is not paid for again",
    operation_id="ReadRecording",
)
async def read_recording(backend: Given, account: IdInPath, data: Annotated[ReadRequest, BODY]) -> Bought:
    done = await _parties(backend).read(
        read_id(account),
        read_id(data.recording),
        consent=read_id(data.consent) if data.consent else None,
        purpose=data.purpose,
        categories=tuple(sorted(set(data.categories))),
        precision=data.precision,
    )
    return _bought(done)


@get(
    "/receipts/{receipt:str}/readings",
    opt=allow("buyer", "maker"),
    responses=problems(401, 403, 404, 422, 503),
    summary="Read once more what a receipt opens",
    operation_id="GetBoughtReadings",
)
async def get_bought_readings(backend: Given, account: IdInPath, receipt: IdInPath) -> Bought:
    return _bought(await _parties(backend).fetch(read_id(account), read_id(receipt)))


@post(
    "/recordings/{recording:str}/erasure",
    status_code=200,
    opt=allow("owner"),
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Erase an own recording for good",
    operation_id="EraseRecording",
)
async def erase_recording(backend: Given, account: IdInPath, recording: IdInPath) -> ErasedRecording:
    return _erased(await _parties(backend).erase(read_id(account), read_id(recording)))


@get(
    "/export",
    opt=allow(*ROLES),
    media_type=ZIP,
    responses={
        200: ResponseSpec(bytes, media_type=ZIP, generate_examples=False, description="A zip file."),
        **problems(401, 403, 404, 422),
    },
    summary="Take along all that there is about the account",
    operation_id="Export",
)
async def export(backend: Given, account: IdInPath) -> Stream:
    file = await _exported(_parties(backend), read_id(account))
    headers = {"content-disposition": f'attachment; filename="{account[-8:]}.zip"'}
    return Stream(_chunks(file), media_type=ZIP, headers=headers)


ACCOUNT_HANDLERS: tuple[HTTPRouteHandler, ...] = (
    get_sharing_list,
    get_own_readings,
    read_recording,
    get_bought_readings,
    erase_recording,
    export,
)


def _parties(backend: Backend) -> Parties:
    if backend.parties is None:
        raise NO_DEMONSTRATION()
    return backend.parties


def _shared(name: bytes, receipt: Receipt) -> SharedReading:
    told = named(receipt)
    fields = {field: told[field] for field in SharedReading.__struct_fields__ if field != "id"}
    return SharedReading(id=name.hex(), **fields)


def _told(parts: Iterable[Part]) -> tuple[PartReadings, ...]:
    """Writes parts down, each up to the most rows that an answer has."""
    return tuple(_part(part) for part in parts)


def _part(part: Part) -> PartReadings:
    return PartReadings(
        category=part.category.value,
        precision=part.precision.value,
        rows=len(part.times_ms),
        times_ms=tuple(part.times_ms[:MAX_ROWS]),
        signals=tuple(
            SignalValues(path, CATALOGUE[path].unit if path in CATALOGUE else "", tuple(column[:MAX_ROWS]))
            for path, column in part.columns.items()
        ),
    )


def _bought(done: Read) -> Bought:
    return Bought(done.receipt.hex(), done.price_uacc, _told(done.parts))


def _erased(done: Erasure) -> ErasedRecording:
    return ErasedRecording(
        done.recording.hex(),
        tuple(Holder(account.hex(), destroyed_ms) for account, destroyed_ms in done.holders),
        tuple(name.hex() for name in done.read_before),
    )


async def _exported(parties: Parties, account: bytes) -> IO[bytes]:
    """Has an export written, and gives it as an open file that has no name any more."""
    made, name = tempfile.mkstemp(prefix="autochain-", suffix=".zip")  # For this user alone, with mode 0600.
    os.close(made)
    path = Path(name)
    try:
        await parties.export(account, path)
        return path.open("rb")
    finally:
        path.unlink()


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
