"""The numbered refusals of identity."""

from ...codec import folder_of
from ...refusals import Reason

HERE = folder_of(__name__)

BAD_KEYS = Reason(
    HERE, 1, "These keys can't be an account's.", "Give 1 to 8 different keys and ask for no more signatures."
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
DEVICE_REVOKED = Reason(HERE, 9, "This device's DID is revoked.", "Register the device anew.")
TAKER_ABSENT = Reason(
    HERE, 10, "Nobody else has agreed to take the device over.", "Let its next controller co-sign as payer."
)
