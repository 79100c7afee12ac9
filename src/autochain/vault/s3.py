"""A vault in a bucket of any S3-compatible store: objects under their hashes, checked on every read."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..onchain.refusals import Refusal
from . import errors
from .manifest import MAX_MANIFEST_BYTES, Manifest
from .vault import (
    MAX_OBJECT_BYTES,
    Progress,
    checked_manifest,
    checked_object,
    encoded_manifest,
    named,
    place,
)

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ClientConfig, S3Credential, S3Store

REQUESTS = 8
"""How many requests are on their way at once."""
RETRIES = 3
TIMEOUT_MS = 30_000
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
PREFIX = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?")
MOMENTARY = ("408", "429")
"""What a server says that is late or has too much to do."""
TEXT = re.compile(r"[!-~]+")
HOST = re.compile(r"[A-Za-z0-9.:-]+")
PATH = re.compile(r"[A-Za-z0-9._/-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who speaks to a store; what is secret does not show when it is printed."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Credentials:
        """Takes them from the variables that AWS's own tools read."""
        key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
        if not key or not secret:
            raise errors.NO_CREDENTIALS()
        token = environment.get("AWS_SESSION_TOKEN") or None
        return cls(access_key_id=key, secret_access_key=secret, session_token=token)


class S3Vault:
    """Implements `Vault` in a bucket.

    What does not end within `timeout_ms` is tried again until that much has passed, so it takes at most twice as long.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        bucket: str,
        prefix: str = "",
        credentials: Credentials,
        region: str = "us-east-1",
        timeout_ms: int = TIMEOUT_MS,
    ) -> None:
        if not BUCKET.fullmatch(bucket) or not PREFIX.fullmatch(prefix):
            raise errors.BAD_ADDRESS("the name of the bucket or the prefix has characters that it can't have")
        self._address = "/".join(filter(None, (f"s3://{bucket}", prefix)))
        self._store = _store(
            credentials,
            timedelta(milliseconds=timeout_ms),
            endpoint=endpoint,
            bucket=bucket,
            prefix=prefix,
            region=region,
        )

    def put_all(self, objects: Sequence[bytes], *, progress: Progress | None = None, anew: bool = False) -> None:
        files = named(objects)

        def send(name: bytes) -> None:
            # The name says what the content is, so one of its size is not sent again.
            found = None if anew else self._head("objects", name)
            if found is None or found["size"] != len(files[name]):
                self._put("objects", name, data=files[name])

        _at_once(send, files, progress)

    def get(self, name: bytes) -> bytes:
        return checked_object(self._get("objects", name, MAX_OBJECT_BYTES), name=name)

    def holds(self, name: bytes) -> bool:
        return self._head("objects", name) is not None

    def remove_all(self, names: Iterable[bytes]) -> None:
        _at_once(lambda name: self._remove("objects", name), set(names))

    def put_manifest(self, manifest: Manifest) -> bytes:
        root = manifest.root
        self._put("manifests", root, data=encoded_manifest(manifest))
        return root

    def get_manifest(self, root: bytes) -> Manifest:
        return checked_manifest(self._get("manifests", root, MAX_MANIFEST_BYTES), root=root)

    def remove_manifest(self, root: bytes) -> None:
        self._remove("manifests", root)

    def _put(self, kind: str, name: bytes, *, data: bytes) -> None:
        with self._said(name):
            self._store.put(_path(kind, name), data, use_multipart=False)

    def _get(self, kind: str, name: bytes, bound: int) -> bytes:
        """Reads an object of at most so many bytes, whatever the server says or sends."""
        data = bytearray()
        with self._said(name):
            for piece in self._store.get(_path(kind, name)).stream(min_chunk_size=MAX_OBJECT_BYTES):
                data += piece
                if len(data) > bound:
                    raise errors.CORRUPT(name.hex())
        return bytes(data)

    def _head(self, kind: str, name: bytes) -> ObjectMeta | None:
        """Gives what the store says of an object; None where it has none."""
        try:
            with self._said(name):
                return self._store.head(_path(kind, name))
        except Refusal as refusal:
            if refusal.reason != errors.MISSING:
                raise
            return None

    def _remove(self, kind: str, name: bytes) -> None:
        """Erases one object and sees that it is gone; fails before it hides one that the bucket would keep."""
        found = self._head(kind, name)
        if found is not None and found["version"] is not None:
            raise errors.KEEPS_VERSIONS(self._address)
        try:
            # Also where none was found: only this tells a bucket that isn't there from an object that isn't.
            with self._said(name):
                self._store.delete(_path(kind, name))
        except Refusal as refusal:
            if refusal.reason != errors.MISSING:
                raise
        if self._head(kind, name) is not None:
            raise errors.NOT_ERASED(f"{self._address} still has {name.hex()}")

    @contextlib.contextmanager
    def _said(self, name: bytes) -> Iterator[None]:
        """Says in words what the store refuses."""
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError) as error:
            raise _refusal(error, self._address, name) from None


def _path(kind: str, name: bytes) -> str:
    return f"{kind}/{place(name)}"


def _at_once(job: Callable[[bytes], None], names: Collection[bytes], progress: Progress | None = None) -> None:
    """Does a job for every name, a few at once; the first refusal ends it."""
    with ThreadPoolExecutor(REQUESTS) as pool:
        tasks = [pool.submit(job, name) for name in names]
        try:
            for done, task in enumerate(as_completed(tasks), 1):
                task.result()
                if progress is not None:
                    progress(done, len(tasks))
        finally:
            for task in tasks:
                task.cancel()


def _store(
    credentials: Credentials, timeout: timedelta, *, endpoint: str, bucket: str, prefix: str, region: str
) -> S3Store:
    """Makes the store's client, with every setting given that the library would else take from the environment."""
    from obstore.store import S3Store

    def provide() -> S3Credential:
        return {
            "access_key_id": credentials.access_key_id,
            "secret_access_key": credentials.secret_access_key,
            "token": credentials.session_token,
            "expires_at": None,
        }

    options: ClientConfig = {"timeout": timeout}
    host = _plain_host(endpoint)
    if host is not None:
        # With every host excluded from it, this proxy keeps a plain request from going through one elsewhere.
        options |= {"allow_http": True, "proxy_url": endpoint, "proxy_excludes": host}
    return S3Store(
        bucket,
        prefix=prefix or None,
        config={
            "endpoint": endpoint,
            "aws_endpoint_url_s3": endpoint,
            "region": region,
            "skip_signature": False,
            "virtual_hosted_style_request": False,
            # Not every store has the other call, and this one says which object was not erased.
            "disable_bulk_delete": True,
        },
        client_options=options,
        retry_config={"max_retries": RETRIES, "retry_timeout": timeout},
        credential_provider=provide,
    )


def _plain_host(endpoint: str) -> str | None:
    """Gives this machine's name in an endpoint that is not encrypted; refuses what no endpoint should be."""
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
        sound = all((TEXT.fullmatch(endpoint), HOST.fullmatch(host), PATH.fullmatch(parts.path), parts.port != 0))
    except ValueError:
        sound = False
    # What was given is not repeated: it may have a password in it.
    if not sound or "@" in parts.netloc or parts.query or parts.fragment or parts.scheme not in ("http", "https"):
        raise errors.BAD_ENDPOINT()
    if parts.scheme == "https":
        return None
    if not _is_this_machine(host):
        raise errors.BAD_ENDPOINT(f"{host} is not this machine")
    return host


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refusal(error: Exception, address: str, name: bytes) -> Refusal:
    """Gives the refusal for what the library raised, with no more of the server's words than its code."""
    text = str(error)
    status = re.search(r"status code: (\d{3})", text)
    code = re.search(r"<Code>([A-Za-z]{1,64})</Code>", text)
    if code is not None and code[1] == "NoSuchBucket":
        return errors.NO_BUCKET(address)
    if isinstance(error, FileNotFoundError):
        return errors.MISSING(name.hex())
    said = f"HTTP {status[1]}" if status is not None else ""
    detail = ", ".join(filter(None, (address, said, code[1] if code is not None else "")))
    refused = status is not None and status[1].startswith("4") and status[1] not in MOMENTARY
    return errors.DENIED(detail) if refused else errors.UNREACHABLE(detail)
