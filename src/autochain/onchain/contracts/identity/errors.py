"""The numbered refusals of identity."""

from ...codec import folder_of
from ...refusals import Reason

HERE = folder_of(__name__)

BAD_KEYS = Reason(
    HERE,
    1,
    "These keys can't be an account's.",
    "Give 1 to 8 different keys, at most 3,500 bytes together, and ask for no more signatures.",
)
CONTROLLER_MISFIT = Reason(
    HERE, 2, "A device has a controller, and nothing else has.", "Name the owner's DID for a device."
)
NOT_YOURSELF = Reason(HERE, 3, "Nobody registers for somebody else.", "Send the registration from the DID it gives.")
CONTROLLER_ABSENT = Reason(HERE, 4, "The controller has not agreed.", "Let the controller co-sign as payer.")
ALREADY_REGISTERED = Reason(HERE, 5, "This DID is registered already.", "Use it as it is, or register with a new key.")
NOT_YOURS = Reason(
    HERE, 6, "This DID is not yours to revoke or to hand over.", "Ask its holder, or the controller of the device."
)
UNKNOWN_DID = Reason(HERE, 7, "This DID is not registered here.", "Check the DID, or register it first.")
CONTROLLER_UNFIT = Reason(HERE, 8, "The controller can't own a device.", "Name an active person or organisation.")
DID_REVOKED = Reason(HERE, 9, "This DID is revoked.", "Register anew.")
TAKER_ABSENT = Reason(
    HERE, 10, "Nobody else has agreed to take the device over.", "Let its next controller co-sign as payer."
)
NEXT_STANDS = Reason(
    HERE,
    11,
    "This DID has committed to its next keys, and its present ones alone change nothing.",
    "Send identity/Succeed with the next keys; if it names none itself, the same transaction may change the rest.",
)
EXPIRED_ALREADY = Reason(
    HERE, 12, "These keys would have expired already.", "Name a later time, or 0 for keys that don't expire."
)
BAD_GUARDIANS = Reason(
    HERE,
    13,
    "These guardians can't be an account's.",
    "Name up to 16 different active DIDs but its own, and let more than half decide; none with threshold 0.",
)
NO_GUARDIANS = Reason(HERE, 14, "A device has no guardians.", "Let its controller recover it.")
NOT_GUARDIAN = Reason(
    HERE, 15, "You are no guardian of this DID.", "Ask its guardians, or the controller of the device."
)
NO_RECOVERY = Reason(HERE, 16, "No recovery of this DID is under way.", "Let its guardians ask for one first.")
NOT_DUE = Reason(HERE, 17, "The holder may still object to this recovery.", "Complete it when its delay is over.")
LIFE_KEPT = Reason(
    HERE, 18, "Another contract keeps this device's life.", "Use vehicles/Sell to sell it, vehicles/Scrap to end it."
)
