"""A grant: what its issuer lets its holder do with a vehicle, as a credential that says exactly this."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec

from ....onchain.crypto import ED25519, PublicKey, sha256
from ..contexts import AUTOCHAIN, V2
from ..did_documents import DID_KEY, did_key
from ..did_urls import parse_did
from ..documents import Document, canonical
from ..multikey import from_multikey, multikey
from ..times import from_ms, to_ms
from .areas import Area, check_area, is_inside, is_within
from .errors import (
    EXPIRED,
    MALFORMED,
    NO_POSITION,
    NOT_NAMED,
    NOT_YET_VALID,
    OUTSIDE_AREA,
    OUTSIDE_TIMES,
    WIDER,
)

TYPE = "VehicleAccessCredential"
Resource = Literal[
    "unlock",
    "lock",
    "open_boot",
    "drive",
    "charge",
    "set_climate",
    "read_tyre_pressure",
    "read_odometer",
    "read_battery_level",
    "read_position",
    "read_fault_codes",
    "update_software",
]
"""What a grant may name; to start the engine is part of `drive`."""
MAX_DELEGATIONS = 3
WEEK_MINUTES = 7 * 24 * 60
_MONDAY_MINUTE = 3 * 24 * 60
"""1970 began on a Thursday, three days into its week."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Stamp = Annotated[str, msgspec.Meta(max_length=40)]
Time = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)]
"""Milliseconds since 1970, up to the last one of the year 9999."""
Minute = Annotated[int, msgspec.Meta(ge=0, le=WEEK_MINUTES)]
Window = tuple[Minute, Minute]
"""From and until which minute of the week, Monday 00:00 UTC being 0; the last one does not belong to it."""
Windows = Annotated[tuple[Window, ...], msgspec.Meta(min_length=1, max_length=56)]
Resources = Annotated[tuple[Resource, ...], msgspec.Meta(min_length=1)]
Uses = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Delegations = Annotated[int, msgspec.Meta(ge=0, le=MAX_DELEGATIONS)]


class Status(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Where in a status list of the owner's it stands whether a grant is revoked, or suspended."""

    id: Text
    type: Literal["BitstringStatusListEntry"] = "BitstringStatusListEntry"
    status_purpose: Literal["revocation", "suspension"]
    status_list_index: Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9][0-9]{0,8})\Z")]
    status_list_credential: Text


Statuses = Annotated[tuple[Status, ...], msgspec.Meta(max_length=2)]


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What one party lets another do with one vehicle; None is no limit of this kind."""

    id: Text
    """A URL of its own, as `urn:uuid:...`; a grant that is made from this one names it."""
    issuer: Text
    holder: Text
    holder_key: PublicKey
    """The Ed25519 key with which the holder answers, so that the vehicle asks nobody for it."""
    vehicle: Text
    owned_since_ms: Time
    """The ownership it belongs to: the vehicle's `controlled_ms`. When that changes, the grant ends."""
    resources: Resources
    """In the order of their names."""
    since_ms: Time
    until_ms: Time
    times: Windows | None = None
    area: Area | None = None
    uses: Uses | None = None
    """How often at most, by the holder and everybody it passes it on to together."""
    delegations: Delegations = 0
    """How many times in a row it may be passed on."""
    parent: Text | None = None
    """The id of the grant that it was made from; None where the owner gave it."""
    statuses: Statuses = ()
    """The owner's grants alone have them: the vehicle keeps no lists of others."""


class _Subject(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True
):
    id: Text
    holder_key: Text
    vehicle: Text
    owned_since_ms: Time
    resources: Resources
    times: Windows | None = None
    area: Area | None = None
    uses: Uses | None = None
    delegations: Delegations = 0
    parent: Text | None = None


class _Credential(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True
):
    context: tuple[str, str] = msgspec.field(name="@context")
    id: Text
    type: tuple[str, str]
    issuer: Text
    valid_from: Stamp
    valid_until: Stamp
    credential_subject: _Subject
    credential_status: Statuses = ()


_SHARED = ("vehicle", "owned_since_ms", "resources", "times", "area", "uses", "delegations", "parent")


def write_grant(grant: Grant) -> Document:
    """Writes a grant as the credential that its issuer signs."""
    shared: dict[str, Any] = {name: getattr(grant, name) for name in _SHARED}
    credential = _Credential(
        context=(V2, AUTOCHAIN),
        id=grant.id,
        type=("VerifiableCredential", TYPE),
        issuer=grant.issuer,
        valid_from=from_ms(grant.since_ms),
        valid_until=from_ms(grant.until_ms),
        credential_subject=_Subject(id=grant.holder, holder_key=multikey(grant.holder_key), **shared),
        credential_status=grant.statuses,
    )
    document: Document = msgspec.json.decode(msgspec.json.encode(credential))
    read_grant(document)
    return document


def read_grant(document: Document) -> Grant:
    """Reads a grant; refuses whatever is not written exactly as `write_grant` does, signatures aside."""
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    try:
        credential = msgspec.convert(unsigned, _Credential)
    except msgspec.ValidationError as error:
        raise MALFORMED(str(error)[:120]) from None
    subject = credential.credential_subject
    shared: dict[str, Any] = {name: getattr(subject, name) for name in _SHARED}
    grant = Grant(
        id=credential.id,
        issuer=parse_did(credential.issuer),
        holder=parse_did(subject.id),
        holder_key=from_multikey(subject.holder_key),
        since_ms=to_ms(credential.valid_from),
        until_ms=to_ms(credential.valid_until),
        statuses=credential.credential_status,
        **shared,
    )
    if credential.context != (V2, AUTOCHAIN) or credential.type != ("VerifiableCredential", TYPE):
        raise MALFORMED("it is of other contexts or types")
    if (from_ms(grant.since_ms), from_ms(grant.until_ms)) != (credential.valid_from, credential.valid_until):
        raise MALFORMED("its times are not written in UTC, in whole milliseconds at most")
    _check(grant)
    return grant


def _check(grant: Grant) -> None:
    parse_did(grant.vehicle)
    if grant.holder_key.suite != ED25519:
        raise MALFORMED("the holder's key is not of Ed25519")
    if grant.holder.startswith(DID_KEY) and grant.holder != did_key(grant.holder_key):
        raise MALFORMED("the holder's key is not the one that its DID is")
    if grant.since_ms >= grant.until_ms:
        raise MALFORMED("it ends before it begins")
    if list(grant.resources) != sorted(set(grant.resources)):
        raise MALFORMED("resources are not in the order of their names, each once")
    times = grant.times or ()
    if any(since >= until for since, until in times) or any(one[1] >= two[0] for one, two in pairwise(times)):
        raise MALFORMED("times are not in their order, each apart from the next")
    if grant.parent is not None and grant.statuses:
        raise MALFORMED("a grant that was passed on has a status of its own")
    if grant.area is not None:
        check_area(grant.area)


def digest_of(document: Document) -> bytes:
    """Names a grant by all that it says, whoever signed it how often: uses are counted under this."""
    return sha256(canonical({name: value for name, value in document.items() if name != "proof"}))


def minute_of_week(time_ms: int) -> int:
    """Gives the minute of the week in UTC; Monday 00:00 is 0."""
    return (time_ms // 60_000 + _MONDAY_MINUTE) % WEEK_MINUTES


def check_use(grant: Grant, resource: Resource, *, now_ms: int, position_e7: tuple[int, int] | None) -> None:
    """Refuses what a grant, looked at alone, does not allow now and here; a position is latitude and longitude."""
    if resource not in grant.resources:
        raise NOT_NAMED(resource)
    if now_ms < grant.since_ms:
        raise NOT_YET_VALID(from_ms(grant.since_ms))
    if now_ms >= grant.until_ms:
        raise EXPIRED(from_ms(grant.until_ms))
    minute = minute_of_week(now_ms)
    if grant.times is not None and not any(since <= minute < until for since, until in grant.times):
        raise OUTSIDE_TIMES(f"minute {minute} of the week")
    if grant.area is not None:
        if position_e7 is None:
            raise NO_POSITION()
        if not is_inside(grant.area, latitude_e7=position_e7[0], longitude_e7=position_e7[1]):
            raise OUTSIDE_AREA()


def check_chain(grants: Sequence[Grant]) -> None:
    """Refuses a chain of grants, the owner's first, in which one is not made from the one before or allows more."""
    if not 1 <= len(grants) <= 1 + MAX_DELEGATIONS:
        raise MALFORMED(f"{len(grants)} grants in a chain")
    if grants[0].parent is not None:
        raise MALFORMED("the grant that the first one was made from is not there")
    for parent, child in pairwise(grants):
        _check_narrower(parent, child)


def _check_narrower(parent: Grant, child: Grant) -> None:
    """Refuses a grant that is wider than its parent in any of its dimensions."""
    if (child.parent, child.issuer) != (parent.id, parent.holder):
        raise WIDER("it is not by the holder of its parent")
    if (child.vehicle, child.owned_since_ms) != (parent.vehicle, parent.owned_since_ms):
        raise WIDER("another vehicle or ownership")
    if not set(child.resources) <= set(parent.resources):
        raise WIDER("resources")
    if child.since_ms < parent.since_ms or child.until_ms > parent.until_ms:
        raise WIDER("validity")
    if parent.times is not None and not _is_within_times(child.times, parent.times):
        raise WIDER("times")
    if parent.area is not None and (child.area is None or not is_within(child.area, parent.area)):
        raise WIDER("area")
    if parent.uses is not None and (child.uses is None or child.uses > parent.uses):
        raise WIDER("uses")
    if child.delegations >= parent.delegations:
        raise WIDER("delegations")


def _is_within_times(inner: Windows | None, outer: Windows) -> bool:
    return inner is not None and all(
        any(since <= window[0] and window[1] <= until for since, until in outer) for window in inner
    )
