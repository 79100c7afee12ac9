"""Credentials as a person names them, by id or file; and files that commands read and write."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import AMBIGUOUS, CANNOT_READ, CANNOT_WRITE, FILE_EXISTS, NOT_FACTS, UNKNOWN_CREDENTIAL
from .naming import LEAST_DIGITS, account_named
from .words import short, time_text, whole

if TYPE_CHECKING:
    from ..network import Network
    from ..network.credentials import Kept
    from ..wallet.credentials import Document

MAX_BYTES = 8 * 1024 * 1024
ID_DIGITS = 40


def read_file(path: Path) -> bytes:
    """Reads a small file that a person named."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CANNOT_READ(f"{path}: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise CANNOT_READ(f"{path} is larger than {MAX_BYTES // 1024 // 1024} MB")
    return data


@contextmanager
def new_file(path: Path | None) -> Iterator[Callable[[bytes], None]]:
    """Makes a file for its user alone before anything else is done, and removes it if that fails; None writes none."""
    if path is None:
        yield _nowhere
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FILE_EXISTS(str(path)) from None
    except OSError as error:
        raise CANNOT_WRITE(f"{path}: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield lambda data: _write(file.write, data)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write(write: Callable[[bytes], object], data: bytes) -> None:
    write(data)


def _nowhere(_data: bytes) -> None:
    """Writes nothing, where no file was named."""


def credential_named(network: Network, party: str, text: str) -> Kept:
    """Gives a credential that a party keeps, by its id or the first digits of it, or one that a file holds."""
    from ..network.credentials import CredentialFolder, read_chain

    digits = text.lower()
    if not LEAST_DIGITS <= len(digits) <= ID_DIGITS or not set(digits) <= set("0123456789abcdef"):
        return read_chain(read_file(Path(text)))
    folder = CredentialFolder(network.home.parties, network.wallet(party).name)
    found = [name for name in folder.names() if name.startswith(digits)]
    if not found:
        raise UNKNOWN_CREDENTIAL(f"{party}: {text}")
    if len(found) > 1:
        raise AMBIGUOUS(", ".join(map(short, found[:3])))
    return folder.get(found[0])


def facts_given(file: Path | None, said: list[str]) -> Document:
    """Reads what a credential is to say: a file's object, and names with values, each JSON or else a text."""
    from ..wallet.credentials import parse

    words: Document = parse(read_file(file)) if file else {}
    for each in said:
        name, equals, value = each.partition("=")
        if not name or not equals:
            raise NOT_FACTS(each[:60])
        try:
            words[name] = json.loads(value)
        except (json.JSONDecodeError, RecursionError):
            words[name] = value
    return words


def did_named(network: Network, text: str) -> str:
    """Reads a DID of any method, or gives that of a party of this home."""
    from ..onchain.ids import DID_PREFIX, did
    from ..wallet.credentials import parse_did

    if text.startswith("did:") and not text.startswith(DID_PREFIX):
        return parse_did(text)
    return did(account_named(network, text))


def credential_facts(document: Document, names: dict[str, str]) -> dict[str, Any]:
    """Says what a credential is, of whom, by whom, and for how long."""
    from ..wallet.credentials import issuer_of, kind_of, subjects_of, to_ms, types_of

    subjects = [str(each.get("id", "nobody named")) for each in subjects_of(document)]
    until = document.get("validUntil")
    return {
        "kind": kind_of(document) or " ".join(types_of(document)),
        "issuer": whole(names, issuer_of(document)),
        "subject": ", ".join(whole(names, each) for each in subjects),
        "from": time_text(to_ms(document["validFrom"])) if "validFrom" in document else None,
        "until": time_text(to_ms(until)) if until is not None else "without end",
    }
