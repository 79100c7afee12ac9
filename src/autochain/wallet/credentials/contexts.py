"""The fixed table of JSON-LD contexts: none is ever fetched, and a word that none of them defines is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType

from .documents import Document, Json
from .errors import MALFORMED, UNKNOWN_CONTEXT

V2 = "https://www.w3.org/ns/credentials/v2"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
UNDEFINED_TERMS = "https://www.w3.org/ns/credentials/undefined-terms/v2"
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"
DID_V1 = "https://www.w3.org/ns/did/v1"
MULTIKEY = "https://w3id.org/security/multikey/v1"
JWK = "https://w3id.org/security/jwk/v1"
AUTOCHAIN = "https://autochain.example/contexts/v1"
"""Our own words. The name is one that nobody can own (RFC 2606), so nobody can put another file in its place; a
verifier is given the file, as every node serves it."""

MAX_CONTEXTS = 16
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}:[^\s<>\"{}|\\^`\x00-\x20\x7f]{1,4000}")
_TERM = re.compile(r"[^@:#/\s][^:\s]*")

V2_TYPES = frozenset(
    {
        "VerifiableCredential",
        "EnvelopedVerifiableCredential",
        "VerifiablePresentation",
        "EnvelopedVerifiablePresentation",
        "JsonSchemaCredential",
        "JsonSchema",
        "BitstringStatusListCredential",
        "BitstringStatusList",
        "BitstringStatusListEntry",
        "DataIntegrityProof",
    }
)
V2_TERMS = V2_TYPES | {"id", "type", "description", "digestMultibase", "digestSRI", "mediaType", "name"}
"""What the base context defines, protected, outside its types."""

SHA256: Mapping[str, str] = MappingProxyType({V2: "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"})
"""Published digests of context files (VC Data Model 2.0, appendix B.1), to check a relatedResource by."""
SHA384: Mapping[str, str] = MappingProxyType(
    {V2: "97f1eb8e5042356c805fdd61afa2c557663785e0794dcafa21e138fd38def18cb360133c221aa31d6896a6bf3e65b614"}
)


@dataclass
class Words:
    """The words that a document's contexts define."""

    terms: set[str] = field(default_factory=set)
    protected: set[str] = field(default_factory=set)
    vocabulary: bool = False
    """Whether any word at all means something, by `@vocab`."""

    def has_type(self, name: str) -> bool:
        """Says whether a type is a known word or a URL."""
        return name in self.terms or is_url(name) or (self.vocabulary and bool(_TERM.fullmatch(name)))


def is_url(value: Json) -> bool:
    """Says whether this is one absolute URL."""
    return isinstance(value, str) and URL.fullmatch(value) is not None


@cache
def autochain_context() -> bytes:
    """Gives the file of our own context, as it is to be served."""
    return resources.files(__package__).joinpath("contexts", "autochain-v1.jsonld").read_bytes()


@cache
def _autochain_terms() -> frozenset[str]:
    return frozenset(name for name in json.loads(autochain_context())["@context"] if not name.startswith("@"))


def words_of(document: Document) -> Words:
    """Gives the words that a document's `@context` defines; refuses a context that is not known here."""
    contexts = document.get("@context")
    if not isinstance(contexts, list) or not contexts or contexts[0] != V2:
        raise MALFORMED(f"@context is not a list that begins with {V2}")
    if len(contexts) > MAX_CONTEXTS:
        raise MALFORMED("too many contexts")
    words = Words(set(V2_TERMS), set(V2_TERMS))
    for number, context in enumerate(contexts[1:], 1):
        if context in contexts[:number]:
            raise MALFORMED("a context stands twice")
        if isinstance(context, dict):
            _define(words, context)
        elif isinstance(context, str):
            _add_known(words, context)
        else:
            raise MALFORMED("a context is neither a URL nor an object")
    return words


def _add_known(words: Words, url: str) -> None:
    if url in (EXAMPLES, UNDEFINED_TERMS):
        words.vocabulary = True
    elif url == AUTOCHAIN:
        words.terms |= _autochain_terms()
        words.protected |= _autochain_terms()
    elif url == DATA_INTEGRITY:
        words.terms.add("DataIntegrityProof")
    else:
        raise UNKNOWN_CONTEXT(url[:100])


def _define(words: Words, context: Document) -> None:
    """Adds what a context written into the document defines; a protected word keeps its meaning."""
    protect = context.get("@protected") is True
    for term, meaning in context.items():
        if term == "@vocab":
            if meaning is not None and not is_url(meaning):
                raise MALFORMED("@vocab is no URL")
            words.vocabulary = meaning is not None
        elif term in ("@protected", "@version", "@language", "@direction"):
            continue
        elif term.startswith("@"):
            raise UNKNOWN_CONTEXT(f"{term[:40]} in a context")
        else:
            if term in words.protected:
                raise MALFORMED(f"the protected word {term[:40]} is defined anew")
            name = meaning.get("@id") if isinstance(meaning, dict) else meaning
            if not is_url(name):
                raise MALFORMED(f"the word {term[:40]} stands for no URL")
            words.terms.add(term)
            if protect:
                words.protected.add(term)
