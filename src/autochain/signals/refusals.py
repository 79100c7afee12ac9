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
VIN_LENGTH = Reason("signals", 3, "A VIN has 17 characters.", "Give it whole, as it stands on the vehicle's papers.")
VIN_CHARACTER = Reason(
    "signals",
    4,
    "A VIN has digits and letters from A to Z; I, O and Q are not among them.",
    "Look at this character again; what looks like I, O or Q is 1 or 0.",
)
VIN_YEAR = Reason(
    "signals",
    5,
    "The model year of this VIN is none.",
    "Look at this character again; U, Z and 0 stand for no year.",
)
VIN_CHECK_DIGIT = Reason(
    "signals",
    6,
    "The check digit of this VIN is wrong.",
    "Look at all of its characters again; at least one of them is wrong.",
)
