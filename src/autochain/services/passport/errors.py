"""The numbered refusals of passports."""

from ...onchain.refusals import Reason

NOT_A_PASSPORT = Reason(
    "passport", 1, "This file is not a vehicle's passport, or it is damaged.", "Get it again from whoever gave it."
)
OTHER_FORMAT = Reason(
    "passport", 2, "This passport has a format that this version does not know.", "Check it with a newer version."
)
INCOMPLETE = Reason(
    "passport", 3, "Something that belongs to this passport is missing.", "Get the whole passport; don't believe this."
)
TOO_MUCH = Reason(
    "passport", 4, "Something stands in this passport that does not belong to it.", "Get it anew; don't believe this."
)
CONTRADICTS = Reason(
    "passport", 5, "What stands in this passport does not fit together.", "Get it anew; don't believe this one."
)
NO_LIFE = Reason(
    "passport", 6, "This device has no life here, and so no passport.", "Let its maker begin its life with Make."
)
MOVING = Reason(
    "passport",
    7,
    "Blocks came faster than the passport could be put together.",
    "Ask again in a moment, or at a node that is nearer.",
)
OTHER_VEHICLE = Reason(
    "passport", 8, "This is the passport of another vehicle.", "Ask for that of the vehicle that you mean."
)
TOO_LARGE = Reason(
    "passport",
    9,
    "This vehicle's life is longer than a passport can tell.",
    "Ask for its history page by page, and prove what you need one by one.",
)
