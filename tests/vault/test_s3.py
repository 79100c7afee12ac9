"""A vault in a bucket: what the server refuses, delays or lies about is said in words, and secrets stay secret."""

from __future__ import annotations

import contextlib
import itertools
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from homes import refuses

from autochain.onchain.crypto import sha256
from autochain.onchain.refusals import Reason, Refusal
from autochain.vault import Credentials, S3Vault
from autochain.vault.errors import (
    BAD_ADDRESS,
    BAD_ENDPOINT,
    CORRUPT,
    DENIED,
    KEEPS_VERSIONS,
    MISSING,
    NO_BUCKET,
    NO_CREDENTIALS,
    NOT_ERASED,
    UNREACHABLE,
)

from .kept import manifest_of
from .lying_server import HEAD, LyingServer
from .s3_server import S3Server

THIS = b"this object"
NAME = sha256(THIS)
SECRET = "a-secret-key"
PIECE = bytes(65_536)


@contextlib.contextmanager
def secret_kept() -> Iterator[None]:
    """Sees that a refusal from inside, and what it came from, do not hold the secret."""
    try:
        yield
    except Refusal as refusal:
        shown = "".join(traceback.format_exception(refusal))
        assert SECRET not in shown + repr(refusal)
        raise


def requests_of(vault: S3Vault) -> dict[str, Callable[[], object]]:
    """Gives everything that can be asked of a vault."""
    manifest = manifest_of([THIS])
    return {
        "put_all": lambda: vault.put_all([THIS]),
        "put anew": lambda: vault.put_all([THIS], anew=True),
        "get": lambda: vault.get(NAME),
        "holds": lambda: vault.holds(NAME),
        "remove_all": lambda: vault.remove_all([NAME]),
        "put_manifest": lambda: vault.put_manifest(manifest),
        "get_manifest": lambda: vault.get_manifest(manifest.root),
        "remove_manifest": lambda: vault.remove_manifest(manifest.root),
    }


def test_vaults_of_other_prefixes_and_buckets_do_not_see_one_another(s3_server: S3Server) -> None:
    bucket = s3_server.make_bucket()
    vaults = [s3_server.vault(bucket), s3_server.vault(bucket, prefix=""), s3_server.vault(s3_server.make_bucket())]
    for vault, others in ((vaults[at], vaults[:at] + vaults[at + 1 :]) for at in range(3)):
        vault.put_all([THIS])
        assert [other.holds(NAME) for other in others] == [False, False]
        vault.remove_all([NAME])


def test_who_is_not_let_in_is_told_why_and_its_secret_is_not(s3_server: S3Server) -> None:
    bucket = s3_server.make_bucket()
    wrong = Credentials(access_key_id=s3_server.credentials.access_key_id, secret_access_key=SECRET)
    stranger = S3Vault(endpoint=s3_server.endpoint, bucket=bucket, credentials=wrong)
    for ask in requests_of(stranger).values():
        with refuses(DENIED), secret_kept():
            ask()
    with pytest.raises(Refusal, match="SignatureDoesNotMatch"):
        stranger.get(NAME)
    assert SECRET not in repr(wrong) + repr(vars(stranger)) + str(wrong)


def test_a_bucket_that_is_not_there_is_named_and_nothing_in_it_is_said_to_be_erased(s3_server: S3Server) -> None:
    vault = s3_server.vault("no-such-bucket")
    asked = requests_of(vault)
    for what in ("put anew", "put_all", "get", "remove_all", "put_manifest", "get_manifest", "remove_manifest"):
        with refuses(NO_BUCKET):
            asked[what]()


def test_nothing_is_said_to_be_erased_where_old_versions_stay(s3_server: S3Server) -> None:
    bucket = s3_server.make_bucket(versions=True)
    vault = s3_server.vault(bucket)
    manifest = manifest_of([THIS])
    for _ in range(2):
        vault.put_all([THIS], anew=True)
    vault.put_manifest(manifest)
    assert len(s3_server.versions()) == 1
    for _ in range(2):
        with refuses(KEEPS_VERSIONS):
            vault.remove_all([NAME])
        with refuses(KEEPS_VERSIONS):
            vault.remove_manifest(manifest.root)
    assert vault.get(NAME) == THIS


def test_a_server_that_is_gone_is_named_and_comes_back(tmp_path: Path) -> None:
    server = S3Server(tmp_path / "s3")
    vault = server.vault(server.make_bucket(), timeout_ms=1_000)
    vault.put_all([THIS])
    server.kill()
    for ask in requests_of(vault).values():
        with refuses(UNREACHABLE):
            ask()
    server.start()
    assert vault.get(NAME) == THIS
    server.kill()


def test_settings_of_other_programs_in_the_environment_change_nothing(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library reads many variables by itself; each of these would send requests elsewhere or spoil them."""
    with LyingServer(lambda: iter(())) as elsewhere:
        for name in (
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_S3",
            "AWS_ENDPOINT",
            "HTTP_PROXY",
            "http_proxy",
            "ALL_PROXY",
        ):
            monkeypatch.setenv(name, elsewhere.endpoint)
        for name in ("AWS_SKIP_SIGNATURE", "AWS_VIRTUAL_HOSTED_STYLE_REQUEST"):
            monkeypatch.setenv(name, "true")
        for name in ("AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_BUCKET", "AWS_REGION"):
            monkeypatch.setenv(name, "another")
        vault = s3_server.vault(s3_server.make_bucket())
        for what, ask in requests_of(vault).items():
            if what not in ("get_manifest", "remove_manifest"):
                ask()
            else:
                vault.put_manifest(manifest_of([THIS]))
                ask()
            vault.put_all([THIS])
        assert elsewhere.asked == b""


@pytest.mark.parametrize(
    "endpoint",
    [
        *("http://example.org", "http://10.0.0.1:9000", "http://127.0.0.1.example.org", "http://localhost.example.org"),
        *("http://[2001:db8::1]:9000", "http://0.0.0.0:9000", "http://2130706433", "HTTP://example.org"),
        *("https://user:a-secret-key@example.org", "https://a-secret-key@example.org", "http://a-secret-key@127.0.0.1"),
        *("https://example.org?key=a-secret-key", "https://example.org#a-secret-key", "https://", "https:///bucket"),
        *("", "example.org", "nonsense", "ftp://example.org", "file:///etc", "https://exa mple.org", "https://x.org\n"),
        *("https://example.org:99999", "https://example.org:port", "https://[::1", "https://ex%41mple.org", "\x00"),
        *("https://exämple.org", "https://example.org:0", "https://example.org/\u2028", "https://example.org/a b"),
    ],
)
def test_an_endpoint_that_is_not_safe_or_none_is_refused(endpoint: str) -> None:
    with refuses(BAD_ENDPOINT), secret_kept():
        S3Vault(
            endpoint=endpoint,
            bucket="bucket",
            credentials=Credentials(access_key_id="somebody", secret_access_key=SECRET),
        )


@pytest.mark.parametrize(
    "endpoint",
    [
        *("https://example.org", "https://example.org:9000/", "https://example.org/s3", "HTTPS://example.org"),
        *("http://127.0.0.1:9000", "http://127.1.2.3", "http://localhost:9000", "http://[::1]:9000"),
    ],
)
def test_an_endpoint_that_is_encrypted_or_on_this_machine_is_taken(endpoint: str) -> None:
    S3Vault(
        endpoint=endpoint, bucket="bucket", credentials=Credentials(access_key_id="somebody", secret_access_key=SECRET)
    )


@pytest.mark.parametrize(
    ("bucket", "prefix"),
    [
        *(("", ""), ("b", ""), ("Bucket", ""), ("bucket/x", ""), ("../bucket", ""), ("bucket?", ""), ("bu cket", "")),
        *(("bucket", "/a"), ("bucket", "a/"), ("bucket", "a//b"), ("bucket", "a/../b"), ("bucket", "a?b")),
        *(("bucket", "a b"), ("bucket", "ä"), ("bucket", "a\n"), ("bucket\n", "a"), ("b" * 64, "")),
    ],
)
def test_a_bucket_or_prefix_that_can_not_be_is_refused(bucket: str, prefix: str) -> None:
    with refuses(BAD_ADDRESS):
        S3Vault(
            endpoint="https://example.org",
            bucket=bucket,
            prefix=prefix,
            credentials=Credentials(access_key_id="somebody", secret_access_key=SECRET),
        )


@pytest.mark.parametrize("absent", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_credentials_come_whole_from_the_environment(absent: str) -> None:
    environment = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": "token"}
    assert Credentials.of(environment) == Credentials(
        access_key_id="somebody", secret_access_key=SECRET, session_token="token"
    )
    assert Credentials.of(environment | {"AWS_SESSION_TOKEN": ""}) == Credentials(
        access_key_id="somebody", secret_access_key=SECRET
    )
    for less in (environment | {absent: ""}, {name: value for name, value in environment.items() if name != absent}):
        with refuses(NO_CREDENTIALS):
            Credentials.of(less)


def endless(head: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: itertools.chain([head + b"\r\n"], itertools.repeat(PIECE))


def dribble() -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 100\r\n\r\n"
    while True:
        time.sleep(0.05)
        yield b"x"


def silence() -> Iterator[bytes]:
    time.sleep(3)
    yield b""


ANSWERS: dict[str, tuple[Callable[[], Iterator[bytes]], Reason]] = {
    "too long": (endless(HEAD + b"Content-Length: 1000000000000\r\n"), CORRUPT),
    "endless": (endless(HEAD), UNREACHABLE),
    "endless in chunks": (endless(HEAD + b"Transfer-Encoding: chunked\r\n"), UNREACHABLE),
    "cut": (lambda: iter([HEAD + b"Content-Length: 100\r\n\r\nabc"]), UNREACHABLE),
    "slow": (dribble, UNREACHABLE),
    "silent": (silence, UNREACHABLE),
    "nothing": (lambda: iter(()), UNREACHABLE),
    "noise": (lambda: iter([b"\x00\xff" * 500]), UNREACHABLE),
    "no date": (lambda: iter([HEAD.replace(b"Wed, 21", b"nonsense") + b"Content-Length: 1\r\n\r\nx"]), UNREACHABLE),
    "other bytes": (lambda: iter([HEAD + b"Content-Length: 11\r\n\r\nthis 0bject"]), CORRUPT),
    "not found": (lambda: iter([b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"]), MISSING),
    "not allowed": (lambda: iter([b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"]), DENIED),
    "bad request": (lambda: iter([b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\n<Co"]), DENIED),
    "too busy": (lambda: iter([b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"]), UNREACHABLE),
    "broken": (lambda: iter([b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"]), UNREACHABLE),
    "elsewhere": (lambda: iter([b"HTTP/1.1 302 Found\r\nLocation: http://[::1]:1/\r\n\r\n"]), UNREACHABLE),
}  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_lying_server_is_seen_through(answer: str) -> None:
    answering, reason = ANSWERS[answer]
    with LyingServer(answering) as server:
        with refuses(reason), secret_kept():
            server.vault().get(NAME)
        with refuses(reason):
            server.vault().get_manifest(NAME)
        # Of what is longer than it may be, no more came than the system holds for a reader who does not read.
        assert server.sent_bytes < 20_000_000


@pytest.mark.parametrize("answer", [each for each in ANSWERS if each != "not found"])
def test_a_lying_server_erases_nothing(answer: str) -> None:
    with LyingServer(ANSWERS[answer][0]) as server:
        for what in ("remove_all", "remove_manifest"):
            with pytest.raises(Refusal) as caught:
                requests_of(server.vault())[what]()
            assert caught.value.reason in (NOT_ERASED, UNREACHABLE, DENIED)


@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_a_server_answers_its_user_sees_a_refusal_or_nothing(answer: str) -> None:
    with LyingServer(ANSWERS[answer][0]) as server:
        for what in ("put_all", "put anew", "holds", "put_manifest"):
            try:
                requests_of(server.vault())[what]()
            except Refusal as refusal:
                assert SECRET not in str(refusal)
                assert len(str(refusal)) < 400
