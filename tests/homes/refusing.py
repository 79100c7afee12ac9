"""Seeing a refusal, and that it is the right one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from autochain.onchain.refusals import Reason, Refusal


@contextmanager
def refuses(reason: Reason) -> Iterator[None]:
    """Sees that what is done inside is refused for this reason, in its words and with its mend."""
    with pytest.raises(Refusal) as caught:
        yield
    refusal = caught.value
    assert (refusal.codespace, refusal.code) == (reason.codespace, reason.code), str(refusal)
    assert refusal.text.startswith(reason.text)
    assert refusal.remedy == reason.remedy
