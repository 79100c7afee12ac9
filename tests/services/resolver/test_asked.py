"""What a resolver is asked: DIDs, DID URLs, and options beside them."""

from __future__ import annotations

import re

from homes import refuses
from hypothesis import given
from hypothesis import strategies as st

from autochain.onchain.ids import did
from autochain.onchain.refusals import Refusal
from autochain.services.resolver import INVALID_DID, INVALID_OPTIONS, Options, identified

DID = did(bytes(range(20)))
NONE = Options()
NOT_ASCII = ("🔥", "Привет", "foo\u200bbar")


def test_an_option_says_the_same_beside_a_did_as_within_its_url() -> None:
    assert identified(f"{DID}?versionId=2", NONE) == identified(DID, Options(version_id="2"))
    assert identified(f"{DID}?versionId=2", Options(version_id="2")).version_id == "2"
    with refuses(INVALID_OPTIONS):
        identified(f"{DID}?versionId=2", Options(version_id="3"))


def test_a_fragment_and_a_path_are_kept_and_services_choose_nothing() -> None:
    url = identified(f"{DID}/papers?service=linkedDomain#key", Options(service_type="LinkedDomain"))
    assert (url.did, url.path, url.fragment, url.query) == (DID, "/papers", "key", ())


def test_what_is_no_did_is_refused() -> None:
    for text in ("", "not-a-did", "did:example", "did:", "did:acc:", f"{DID} ", f" {DID}", "did:ACC:x", "did:acc:%zz"):
        with refuses(INVALID_DID):
            identified(text, NONE)


def test_a_version_and_a_time_exclude_each_other() -> None:
    with refuses(INVALID_OPTIONS):
        identified(DID, Options(version_id="1", version_time="2026-06-01T12:00:00Z"))


def test_no_option_is_other_than_ascii_or_endless() -> None:
    for text in (*NOT_ASCII, "a" * 1_001):
        for name in Options._fields:
            with refuses(INVALID_OPTIONS):
                identified(DID, NONE._replace(**{name: text}))


def test_a_time_is_written_in_utc_and_whole_seconds() -> None:
    assert identified(DID, Options(version_time="2025-10-07T14:30:00Z")).version_ms == 1_759_847_400_000
    wrong = (
        *("2025-10-07 12:30:45", "2025/10/07T12:30:45", "2025-13-07T12:30:45Z", "2025-10-32T12:30:45Z"),
        *("2025-10-07T25:00:00Z", "2025-10-07T12:30:60Z", "2025-10-07T12:30:45+24:00", "2025-10-07", "T12:30:45"),
        *("2025-10-07T12:30:45abc", "2025-10-07T00:00:00+02:00", "2025-10-07T00:00:00", "2025-10-07T00:00:00.123Z"),
    )
    for text in wrong:
        with refuses(INVALID_OPTIONS):
            identified(DID, Options(version_time=text))


def test_a_relative_reference_is_percent_encoded() -> None:
    identified(DID, Options(relative_ref="my%20path/file"))
    for text in ("my path/file", "file#section", "dir/with?query=value", "100%"):
        with refuses(INVALID_OPTIONS):
            identified(DID, Options(relative_ref=text))


def test_a_hash_link_is_not_passed_over() -> None:
    with refuses(INVALID_OPTIONS):
        identified(f"{DID}?hl=zQm", NONE)


@given(st.text(), st.sampled_from(("", DID, f"{DID}?", f"{DID}#", "did:key:")))
def test_any_text_is_a_did_url_or_refused_by_number(text: str, before: str) -> None:
    try:
        url = identified(before + text, NONE)
    except Refusal as refusal:
        assert refusal.codespace == "resolver"
    else:
        assert re.fullmatch(r"did:[a-z0-9]+:.+", url.did)
        assert {name for name, _ in url.query} <= {"versionId", "versionTime"}
