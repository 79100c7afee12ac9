"""The numbered refusals of vehicles."""

from ...codec import folder_of
from ...refusals import Reason

HERE = folder_of(__name__)

NOT_PRINTABLE = Reason(
    HERE,
    1,
    "A campaign, an approval, an RXSWIN or a version is written in printable ASCII.",
    "Use letters, digits, signs and spaces of ASCII, with no space at either end.",
)
DEVICES_UNSORTED = Reason(
    HERE, 2, "Each device of a recall stands once, in order.", "Sort the devices and leave repetitions out."
)
ROLE_LACKING = Reason(
    HERE,
    3,
    "This step is for those who hold a role, and the one who takes it does not.",
    "Let a DID take it that holds the role, or have an authority attest the role first.",
)
NOT_A_DEVICE = Reason(
    HERE, 4, "Only a device that is registered and active has a life.", "Register the device's DID first."
)
ALREADY_MADE = Reason(HERE, 5, "This device's life has begun already.", "Nothing is to be done; see its history.")
OWNER_ABSENT = Reason(
    HERE, 6, "The owner of the device has not agreed.", "Let its present owner send this, or co-sign as payer."
)
NEVER_MADE = Reason(
    HERE, 7, "This device has no life here.", "Check the DID, or let the maker begin its life with Make."
)
SCRAPPED = Reason(HERE, 8, "This device is scrapped.", "Nothing can be done with it any more; see its history.")
IN_SERVICE = Reason(HERE, 9, "This device is in service already.", "Nothing is to be done; see its history.")
ODOMETER_SHRINKS = Reason(
    HERE, 10, "An odometer never goes back.", "State at least the distance that was stated last, or check the unit."
)
NOT_YOURS = Reason(
    HERE,
    11,
    "This step is not the sender's to take.",
    "See in the specification who takes it: the device, its present owner, its maker or an authority.",
)
TAKER_ABSENT = Reason(
    HERE, 12, "Nobody else has agreed to take the device over.", "Let its next owner co-sign as payer."
)
DISMANTLER_ABSENT = Reason(
    HERE, 13, "No dismantler has agreed to take the device.", "Let one that holds this role co-sign as payer."
)
NOT_RECALLED = Reason(
    HERE,
    14,
    "No recall of this campaign is open for the device.",
    "Name an open one as its passport gives it, or name none.",
)
ALREADY_RECALLED = Reason(
    HERE, 15, "A recall of this campaign is open for the device already.", "Leave the device out."
)
TOO_MANY = Reason(
    HERE, 16, "The device has as many of these as it can have.", "Have open recalls repaired, or use an RXSWIN it has."
)
ALREADY_APPROVED = Reason(HERE, 17, "This version is approved already.", "Nothing is to be done.")
NOT_APPROVED = Reason(
    HERE,
    18,
    "This version of the software is not approved for the device's maker.",
    "Have an approval authority approve it first.",
)
NO_SECURITY_EVENT = Reason(
    HERE, 19, "The device has no security event of this number.", "See the numbers in its passport."
)
OUT_OF_ORDER = Reason(
    HERE,
    20,
    "A security event is reported, triaged, fixed and notified, in this order.",
    "See how far it has come, and take the step that follows.",
)
