"""Two keys of one label in a token: it could sign with neither."""

from __future__ import annotations

import pytest
from homes import refuses

from autochain.wallet.errors import LABEL_TAKEN

from .test_tokens import make, module

__all__ = ["module"]


@pytest.mark.parametrize("suite", [1, 2])
def test_a_second_key_of_a_label_is_refused_and_the_first_one_still_signs(module: str, suite: int) -> None:
    key = make(module, 2, f"twice {suite}")
    with refuses(LABEL_TAKEN):
        make(module, suite, f"twice {suite}")
    assert len(key.sign(b"message")) == 64
