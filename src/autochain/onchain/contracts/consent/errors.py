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

NO_CONSENT = Reason(HERE, 10, "There is no such consent.", "Ask the recording's owner for a consent.")
ENDED = Reason(HERE, 11, "The consent was revoked or has expired.", "Ask the owner for a new consent.")
OTHER_READER = Reason(HERE, 12, "The consent is for another reader.", "Ask the owner for a consent of your own.")
OTHER_VEHICLE = Reason(HERE, 13, "The consent does not cover this recording.", "Ask for one on its vehicle and owner.")
OTHER_PURPOSE = Reason(
    HERE, 14, "The consent is for another purpose.", "Read for its purpose, or ask for another consent."
)
OTHER_CATEGORY = Reason(HERE, 15, "The consent does not cover this category.", "Leave the category out, or ask for it.")
TOO_PRECISE = Reason(
    HERE, 16, "The consent allows coarse readings only.", "Read at coarse precision, or ask for exact."
)
OUTSIDE_WINDOW = Reason(
    HERE, 17, "The recording lies outside the consent's window.", "Ask for a consent for that time."
)
