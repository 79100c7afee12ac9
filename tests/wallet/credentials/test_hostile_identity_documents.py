"""Documents as an attacker writes them: at the edges of time."""

from __future__ import annotations

from typing import cast

import pytest
from homes import refuses

from autochain.onchain.contracts.identity import Version
from autochain.wallet import SeedKey
from autochain.wallet.credentials.did_documents import acc_document
from autochain.wallet.credentials.documents import Json
from autochain.wallet.credentials.errors import MALFORMED
from autochain.wallet.credentials.structure import objects
from autochain.wallet.credentials.times import LAST_MS, from_ms, to_ms


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_can_not_be_written_in_utc_is_refused(text: str) -> None:
    with refuses(MALFORMED):
        to_ms(text)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00Z"])
def test_the_first_and_the_last_time_are_written_as_they_were_read(text: str) -> None:
    assert from_ms(to_ms(text)) == text


@pytest.mark.parametrize("until_ms", [LAST_MS + 1, (1 << 53) - 1])
def test_keys_that_expire_after_the_year_9999_leave_a_document_that_can_be_read(until_ms: int) -> None:
    key = SeedKey(1, bytes(32)).public_key
    stated = Version(1, (key,), 1, bytes(32), None, active=True, until_ms=until_ms, since_ms=0)
    (method,) = objects({"key": cast("list[Json]", acc_document(bytes(20), stated)["verificationMethod"])[0]}, "key")
    assert to_ms(method["expires"]) == LAST_MS
