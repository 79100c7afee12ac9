"""In which form a document is answered: the header `Accept` chooses, by the names of DID Resolution, old and new."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from .errors import REPRESENTATION_NOT_SUPPORTED

Form = Literal["document", "result", "dereferencing"]
"""the document, or the part of it, alone · it with what is known of it · the same as DID URLs are answered"""

RESULT, DEREFERENCING = "application/did-resolution", "application/did-url-dereferencing"
OLD_RESULT = 'application/ld+json;profile="https://w3id.org/did-resolution"'
MAX_CHARS = 1_000
_PART = re.compile(r'(?:[^,"]|"[^"]*")+')
_PARAMETER = re.compile(r'(?:[^;"]|"[^"]*")+')
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


class Representation(NamedTuple):
    """One form of an answer."""

    media_type: str
    form: Form
    is_old: bool = False
    """Whether errors are single words, as before they became objects."""


MEDIA_TYPES: Mapping[str, Representation] = MappingProxyType(
    {
        each.media_type: each
        for each in (
            Representation(RESULT, "result"),
            Representation(DEREFERENCING, "dereferencing"),
            Representation("application/did", "document"),
            Representation("application/did+json", "document"),
            Representation("application/did+ld+json", "document"),
            Representation(OLD_RESULT, "result", is_old=True),
            Representation("application/json", "result"),
        )
    }
)
"""The first is what whoever takes anything gets for a DID, the second for a part of a document."""


def chosen(accept: str, *, is_part: bool) -> Representation:
    """Gives the form that is accepted most, the first of several alike; `is_part`: a part of a document is wanted."""
    if len(accept) > MAX_CHARS:
        raise REPRESENTATION_NOT_SUPPORTED(f"more than {MAX_CHARS} characters")
    offers = sorted(_offers(accept), key=lambda offer: -offer[0])
    usual = MEDIA_TYPES[DEREFERENCING if is_part else RESULT]
    for quality, name in offers:
        if not quality:
            continue
        if name in ("*/*", "application/*"):
            return usual
        if name in MEDIA_TYPES:
            return _of_part(MEDIA_TYPES[name]) if is_part else MEDIA_TYPES[name]
    if not offers:
        return usual
    raise REPRESENTATION_NOT_SUPPORTED(accept[:100])


def _of_part(found: Representation) -> Representation:
    """A part of a document has no result of resolution: it is told in the form for parts."""
    if found.media_type == RESULT:
        return MEDIA_TYPES[DEREFERENCING]
    return found._replace(form="dereferencing") if found.form == "result" else found


def told_error(accept: str, *, is_part: bool) -> Representation:
    """Gives the form in which an error is told: never that of a document alone."""
    known = [name for quality, name in sorted(_offers(accept[:MAX_CHARS]), key=lambda offer: -offer[0]) if quality]
    found = next((MEDIA_TYPES[name] for name in known if name in MEDIA_TYPES), None)
    if found is None or found.form == "document":
        return MEDIA_TYPES[DEREFERENCING if is_part else RESULT]
    return _of_part(found) if is_part else found


def _offers(accept: str) -> Iterator[tuple[float, str]]:
    """Reads each type with its quality; of parameters only the profile tells types apart."""
    for part in _PART.findall(accept):
        name, *parameters = [text.strip() for text in _PARAMETER.findall(part)] or [""]
        quality, profile = 1.0, ""
        for parameter in parameters:
            if match := _QUALITY.fullmatch(parameter.lower()):
                quality = float(match[1])
            elif parameter.lower().startswith("profile="):
                profile = parameter[len("profile=") :].strip('"')
        if not name:
            continue
        name = name.lower()
        yield quality, f'{name};profile="{profile}"' if profile and name == "application/ld+json" else name
