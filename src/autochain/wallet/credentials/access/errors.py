"""The numbered refusals of access to a vehicle."""

from ....onchain.refusals import Reason

SPACE = "access"

MALFORMED = Reason(
    SPACE, 1, "This is not a grant, or not an answer, of the form it has to have.", "Make it with this version's SDK."
)
TOO_LARGE = Reason(
    SPACE, 2, "This answer is larger than a vehicle reads.", "Use fewer links, statuses or corners: 16 KiB at most."
)
FORGED = Reason(
    SPACE,
    3,
    "A signature does not fit what it stands under.",
    "Ask whoever gave the grant for it as it was signed; trust nothing in this one.",
)
WRONG_VEHICLE = Reason(SPACE, 4, "This is for another vehicle.", "Show it there, or ask for a grant on this vehicle.")
WRONG_HOLDER = Reason(
    SPACE,
    5,
    "Whoever shows this grant is not whom it was given to.",
    "Let its holder answer, with the key that the grant names.",
)
NOT_YET_VALID = Reason(SPACE, 6, "This grant does not count yet.", "Wait until then, or set the clock that is wrong.")
EXPIRED = Reason(SPACE, 7, "This grant has expired.", "Ask whoever gave it for a new one.")
OUTSIDE_TIMES = Reason(
    SPACE, 8, "This grant does not count at this hour of the week.", "Come within its times, which are in UTC."
)
OUTSIDE_AREA = Reason(SPACE, 9, "The vehicle is outside of the area of this grant.", "Use it where the vehicle may be.")
NOT_NAMED = Reason(
    SPACE, 10, "This grant does not name this resource.", "Ask for a grant that names what you want to do."
)
WIDER = Reason(
    SPACE,
    11,
    "A grant allows more than the one it was made from.",
    "Make it again within its parent: nothing more, nothing longer, nowhere else, and passed on less often.",
)
REPLAYED = Reason(
    SPACE, 12, "This answers no challenge that still lives.", "Ask the vehicle for a challenge and answer it at once."
)
SPENT = Reason(SPACE, 13, "This grant was used as often as it may be.", "Ask whoever gave it for a new one.")
REVOKED = Reason(SPACE, 14, "This grant was revoked.", "Ask whoever gave it why, and for a new one.")
SUSPENDED = Reason(SPACE, 15, "This grant is suspended.", "Ask whoever gave it why, or wait until it is lifted.")
NOT_OWNER = Reason(
    SPACE,
    16,
    "Whoever gave this grant does not own the vehicle now, or has owned it anew since.",
    "Ask the present owner for a grant.",
)
OWNERSHIP_OLD = Reason(
    SPACE,
    17,
    "The vehicle has not heard for too long who owns it.",
    "Let it go online, or bring it a fresh proof of its record and its owner's.",
)
OWNER_UNKNOWN = Reason(
    SPACE,
    18,
    "The vehicle does not know its owner, or the owner's keys.",
    "Bring it a proof of its record and its owner's.",
)
STATUS_UNKNOWN = Reason(
    SPACE,
    19,
    "The vehicle can't tell whether this grant was revoked.",
    "Bring it the owner's status list as it stands now.",
)
CLOCK_BEHIND = Reason(
    SPACE, 20, "The vehicle's clock is behind what its chain has proved.", "Set the vehicle's clock, then try again."
)
OLDER = Reason(
    SPACE, 21, "The vehicle knows something newer already.", "Fetch it anew from a node, then bring it again."
)
NO_POSITION = Reason(
    SPACE,
    22,
    "This grant counts in an area only, and the vehicle does not know where it is.",
    "Wait until it has found its position, or use a grant without an area.",
)
WRONG_KEY = Reason(
    SPACE,
    23,
    "A grant was not signed with the present keys of whoever gave it.",
    "Ask for it again, signed with as many present keys as must sign.",
)
ENDED = Reason(SPACE, 24, "The vehicle's DID is ended.", "Nothing opens it by a grant any more.")
DAMAGED = Reason(
    SPACE,
    25,
    "What the vehicle keeps about its grants is damaged.",
    "Let a workshop remove the folder; bring a proof of the owner, who then gives new grants.",
)
IN_USE = Reason(
    SPACE, 26, "Another process checks this vehicle's grants already.", "Ask that one, or end it before you start this."
)
TOO_MANY = Reason(
    SPACE,
    27,
    "The vehicle keeps no more of these.",
    "Bring a fresh proof of its record, after which what has expired is dropped.",
)
