"""What VC Data Model 2.0 demands of the form of credentials and presentations, before any signature is looked at."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from .contexts import SHA256, SHA384, Words, is_url, words_of
from .documents import Document, Json, check_bounds
from .errors import BAD_DIGEST, ENVELOPED, MALFORMED, UNKNOWN_CONTEXT
from .multikey import from_base58, from_base64url
from .times import to_ms

CREDENTIAL = "VerifiableCredential"
PRESENTATION = "VerifiablePresentation"
MAX_CREDENTIALS = 256

_TYPED = ("termsOfUse", "evidence", "refreshService", "confidenceMethod", "renderMethod")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_SRI_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}


def check_credential(document: Document) -> None:
    """Refuses a credential that breaks a rule of the data model."""
    check_bounds(document)
    refuse_envelope(document)
    words = words_of(document)
    _check_types(document, words, CREDENTIAL)
    _check_id(document, "credential")
    _check_names(document)
    issuer_of(document)
    if isinstance(document["issuer"], dict):
        _check_names(document["issuer"])
    subjects_of(document)
    _check_validity(document)
    for entry in objects(document, "credentialStatus"):
        _check_typed(entry, words, "credentialStatus")
    for entry in objects(document, "credentialSchema"):
        _check_typed(entry, words, "credentialSchema")
        if "id" not in entry:
            raise MALFORMED("a credentialSchema has no id")
    for name in _TYPED:
        for entry in objects(document, name):
            _check_typed(entry, words, name)
    _check_related(document)
    for entry in objects(document, "proof"):
        _check_typed(entry, words, "proof")


def check_presentation(document: Document) -> None:
    """Refuses a presentation that breaks a rule of the data model; its credentials are looked at on their own."""
    check_bounds(document)
    refuse_envelope(document)
    words = words_of(document)
    _check_types(document, words, PRESENTATION)
    _check_id(document, "presentation")
    if "holder" in document:
        holder_of(document)
    for entry in objects(document, "termsOfUse"):
        _check_typed(entry, words, "termsOfUse")
    if len(objects(document, "verifiableCredential")) > MAX_CREDENTIALS:
        raise MALFORMED(f"more than {MAX_CREDENTIALS} credentials")


def refuse_envelope(document: Document) -> None:
    """Refuses an enveloped credential or presentation, saying so."""
    types = document.get("type")
    names = types if isinstance(types, list) else [types]
    if "EnvelopedVerifiableCredential" in names or "EnvelopedVerifiablePresentation" in names:
        raise ENVELOPED()


def issuer_of(document: Document) -> str:
    """Gives the URL of who issued a credential."""
    return _party(document, "issuer")


def holder_of(document: Document) -> str | None:
    """Gives the URL of who presents, where the presentation says it."""
    return _party(document, "holder") if "holder" in document else None


def types_of(document: Document) -> tuple[str, ...]:
    """Gives the types of an object: one or more different words."""
    value = document.get("type")
    names = value if isinstance(value, list) else [value]
    types = tuple(name for name in names if isinstance(name, str) and name)
    if not types or len(types) != len(names) or len(set(types)) != len(types):
        raise MALFORMED("type is not one or more different texts")
    return types


def subjects_of(document: Document) -> tuple[Document, ...]:
    """Gives the subjects of a credential: one or more, each with something said of it."""
    subjects = objects(document, "credentialSubject")
    if not subjects or not all(subjects):
        raise MALFORMED("credentialSubject says nothing of anybody")
    for subject in subjects:
        _check_id(subject, "credentialSubject")
    return subjects


def objects(document: Document, name: str) -> tuple[Document, ...]:
    """Gives the values of a property that is an object or a list of objects; none where it is not there."""
    if name not in document:
        return ()
    value = document[name]
    entries = value if isinstance(value, list) else [value]
    found = tuple(entry for entry in entries if isinstance(entry, dict))
    if len(found) != len(entries) or (isinstance(value, list) and not value):
        raise MALFORMED(f"{name} is not one or more objects")
    return found


def validity_of(document: Document) -> tuple[int | None, int | None]:
    """Gives from when and until when a credential is valid, where it says so."""
    since = to_ms(document["validFrom"]) if "validFrom" in document else None
    until = to_ms(document["validUntil"]) if "validUntil" in document else None
    return since, until


def _check_validity(document: Document) -> None:
    since, until = validity_of(document)
    if since is not None and until is not None and since > until:
        raise MALFORMED("validFrom is later than validUntil")


def _party(document: Document, name: str) -> str:
    value = document.get(name)
    url = value.get("id") if isinstance(value, dict) else value
    if not isinstance(url, str) or not is_url(url):
        raise MALFORMED(f"{name} is neither a URL nor an object with one as its id")
    return url


def _check_id(entry: Document, what: str) -> None:
    if "id" in entry and not is_url(entry["id"]):
        raise MALFORMED(f"the id of {what} is not one URL")


def _check_types(entry: Document, words: Words, needed: str | None = None) -> None:
    types = types_of(entry)
    if needed is not None and needed not in types:
        raise MALFORMED(f"type lacks {needed}")
    for name in types:
        if not words.has_type(name):
            raise UNKNOWN_CONTEXT(f"type {name[:60]}")


def _check_typed(entry: Document, words: Words, what: str) -> None:
    if "type" not in entry:
        raise MALFORMED(f"{what} has no type")
    _check_types(entry, words)
    _check_id(entry, what)


def _check_names(entry: Document) -> None:
    """Name and description are a text, or one or several texts with their language (section 11.1)."""
    for name in ("name", "description"):
        if name in entry:
            value = entry[name]
            values = value if isinstance(value, list) else [value]
            if not values or not all(_is_text(text, alone=not isinstance(value, list)) for text in values):
                raise MALFORMED(f"{name} is neither a text nor one with its language")


def _is_text(value: Json, *, alone: bool) -> bool:
    if not isinstance(value, dict):
        return alone and isinstance(value, str)
    if not isinstance(value.get("@value"), str) or not value.keys() <= {"@value", "@language", "@direction"}:
        return False
    language = value.get("@language", "en")
    return (
        isinstance(language, str)
        and _LANGUAGE.fullmatch(language) is not None
        and value.get("@direction", "ltr") in ("ltr", "rtl")
    )


def _check_related(document: Document) -> None:
    """A related resource has a URL of its own and a digest; the digest of a file that is known here is compared."""
    seen: set[str] = set()
    for entry in objects(document, "relatedResource"):
        name = entry.get("id")
        if not isinstance(name, str) or not is_url(name) or name in seen:
            raise MALFORMED("a relatedResource has no URL of its own")
        seen.add(name)
        if "digestSRI" not in entry and "digestMultibase" not in entry:
            raise MALFORMED("a relatedResource has no digest")
        if "mediaType" in entry and not isinstance(entry["mediaType"], str):
            raise MALFORMED("mediaType is no text")
        if "digestSRI" in entry:
            _check_sri(name, entry["digestSRI"])
        if "digestMultibase" in entry:
            _check_multibase(name, entry["digestMultibase"])


def _check_sri(name: str, value: Json) -> None:
    algorithm, _, text = value.partition("-") if isinstance(value, str) else ("", "", "")
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MALFORMED("digestSRI is no digest") from None
    if len(digest) != _SRI_BYTES.get(algorithm):
        raise MALFORMED("digestSRI is no digest")
    known = {"sha256": SHA256, "sha384": SHA384}.get(algorithm, {}).get(name)
    if known is not None and digest.hex() != known:
        raise BAD_DIGEST(name[:100])


def _check_multibase(name: str, value: Json) -> None:
    """Takes a SHA-256 digest as a multihash, and bare as the test suite of the data model writes it."""
    if not isinstance(value, str) or value[:1] not in ("u", "z"):
        raise MALFORMED("digestMultibase is no multibase")
    data = from_base64url(value[1:]) if value[0] == "u" else from_base58(value[1:])
    digest = data.removeprefix(b"\x12\x20") if len(data) == 34 else data
    if len(digest) != hashlib.sha256().digest_size:
        raise MALFORMED("digestMultibase is no SHA-256 digest")
    known = SHA256.get(name)
    if known is not None and digest.hex() != known:
        raise BAD_DIGEST(name[:100])
