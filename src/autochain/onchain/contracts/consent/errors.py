"""The numbered refusals of consent."""

from ...codec import folder_of
from ...refusals import Reason

HERE = folder_of(__name__)

CATEGORIES_UNSORTED = Reason(HERE, 1, "Each category stands once, in order.", "Sort the categories alphabetically.")
EMPTY_WINDOW = Reason(HERE, 2, "The window of recordings is empty.", "Let it begin before it ends.")
ALREADY_EXPIRED = Reason(HERE, 3, "The consent would have expired already.", "Name an expiry in the future.")
UNKNOWN_READER = Reason(HERE, 4, "The reader is not registered here, or is revoked.", "Check the reader's DID.")
NOT_YOUR_VEHICLE = Reason(HERE, 5, "The vehicle is not the sender's.", "Grant for a vehicle that your DID controls.")
NOT_YOUR_CONSENT = Reason(HERE, 6, "There is no such consent of yours.", "List your consents and name one of them.")
ALREADY_ENDED = Reason(HERE, 7, "This consent has ended already.", "Nothing is to be done.")

TOO_LONG = Reason(
    HERE, 8, "A consent can't be given for so long.", "At most five years, two for motion and energy, one for position."
)
NOT_YOUR_OFFER = Reason(HERE, 9, "There is no such offer of yours.", "List your offers and name one of them.")

NO_CONSENT = Reason(HERE, 10, "There is no such consent.", "Ask the recording's owner for a consent.")
ENDED = Reason(HERE, 11, "The consent was revoked or has expired.", "Ask the owner for a new consent.")
OTHER_READER = Reason(HERE, 12, "The consent is for another reader.", "Ask the owner for a consent of your own.")
OTHER_VEHICLE = Reason(HERE, 13, "The consent does not cover this recording.", "Ask for one on its vehicle and owner.")
OTHER_PURPOSE = Reason(
    HERE, 14, "The consent is for another purpose.", "Read for its purpose, or ask for another consent."
)
OTHER_CATEGORY = Reason(HERE, 15, "The consent does not cover this category.", "Leave the category out, or ask for it.")
TOO_PRECISE = Reason(
    HERE, 16, "The consent does not allow so precise a reading.", "Read at its precision, or ask for a finer one."
)
OUTSIDE_WINDOW = Reason(
    HERE, 17, "The recording lies outside the consent's window.", "Ask for a consent for that time."
)
NOT_KEPT = Reason(HERE, 18, "The recording is erased, or its time is over.", "Read another one; this one is gone.")
OWNER_GONE = Reason(HERE, 19, "The owner's DID is revoked.", "Read another owner's recordings.")
"""Nobody could revoke the consent any more."""

OFFER_ENDED = Reason(HERE, 20, "This offer has ended already.", "Nothing is to be done.")
NO_OFFER = Reason(HERE, 21, "There is no such offer, or it has ended.", "List the products and name another one.")
OTHER_ROLE = Reason(HERE, 22, "The offer is for another role.", "Have an authority attest this role of your DID.")
ALREADY_TAKEN_UP = Reason(
    HERE, 23, "You have taken this offer up before.", "Read under that consent; if it was revoked, ask the owner."
)

TOO_FAR = Reason(HERE, 24, "The window of recordings reaches too far.", "Let it end before the year 10000.")
