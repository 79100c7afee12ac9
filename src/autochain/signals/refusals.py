"""The numbered refusals of signals, each with its mend."""

from __future__ import annotations

from ..onchain.refusals import Reason

BAD_PART = Reason(
    "signals",
    1,
    "This is not a part of a drive.",
    "Fetch the part again from its recording; if it stays so, its maker wrote it wrongly.",
)
PARTS_CLASH = Reason(
    "signals", 2, "These parts don't belong together.", "Give exact parts of one recording only, each category once."
)
