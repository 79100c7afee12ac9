"""What a resolver is asked: a DID or DID URL, and the options beside it (DID Resolution, sections 3 and 4.1)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from ...onchain.refusals import Refusal
from ...wallet.credentials import DidUrl, parse_did_url, to_ms
from .errors import INVALID_DID, INVALID_OPTIONS

_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
"""A time in UTC and whole seconds: the only way to write it that the specification allows."""
_RELATIVE = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*", re.ASCII)
_VERSIONS = ("versionId", "versionTime")
MAX_CHARS = 1_000


class Options(NamedTuple):
    """The parameters that may stand in the address, beside the DID or in the DID URL."""

    version_id: str | None = None
    version_time: str | None = None
    service: str | None = None
    """Documents here name no services, so there is nothing to choose by this and the next two."""
    service_type: str | None = None
    relative_ref: str | None = None


def identified(identifier: str, options: Options) -> DidUrl:
    """Reads what is asked for; an option says the same as the DID URL's parameter of its name."""
    try:
        url = parse_did_url(identifier)
    except Refusal as refusal:
        raise INVALID_DID(refusal.detail) from None
    given = {
        "versionId": options.version_id,
        "versionTime": options.version_time,
        "service": options.service,
        "serviceType": options.service_type,
        "relativeRef": options.relative_ref,
    }
    beside = {name: value for name, value in given.items() if value is not None}
    for name, value in url.query:
        if beside.setdefault(name, value) != value:
            raise INVALID_OPTIONS(f"{name[:40]} is given twice")
    for name, value in beside.items():
        _check(name, value)
    versions = tuple((name, beside[name]) for name in _VERSIONS if name in beside)
    if len(versions) > 1:
        raise INVALID_OPTIONS("versionId and versionTime")
    return replace(url, query=versions)


def _check(name: str, value: str) -> None:
    if not value.isascii() or len(value) > MAX_CHARS:
        raise INVALID_OPTIONS(f"{name[:40]} is too long, or not ASCII")
    if name == "relativeRef" and not _RELATIVE.fullmatch(value):
        raise INVALID_OPTIONS("relativeRef is not percent-encoded")
    if name == "hl":
        # Whoever names the hash of a document relies on it: it must not be passed over.
        raise INVALID_OPTIONS("hl is not compared here")
    if name == "versionTime":
        if not _SECONDS.fullmatch(value):
            raise INVALID_OPTIONS("versionTime is no time in UTC and whole seconds")
        try:
            to_ms(value)
        except Refusal as refusal:
            raise INVALID_OPTIONS(refusal.detail) from None
