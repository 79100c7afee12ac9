"""The numbered refusals of recording."""

from ...codec import folder_of
from ...refusals import Reason

HERE = folder_of(__name__)

NOT_WHOLE_HOURS = Reason(
    HERE, 1, "A recording's times are whole hours.", "Round the start down and the end up to the hour."
)
PARTS_UNSORTED = Reason(HERE, 2, "Each part stands once, in order.", "Sort the parts by category and precision.")
NOT_A_DEVICE = Reason(HERE, 3, "Only a device records.", "Commit from the vehicle's own DID.")
ALREADY_COMMITTED = Reason(
    HERE, 4, "These readings are committed already.", "Nothing is to be done; see the recording."
)
IN_THE_FUTURE = Reason(HERE, 5, "A recording can't end in the future.", "Check the vehicle's clock.")
BAD_RETENTION = Reason(
    HERE, 6, "A recording is kept until a time ahead, at most ten years.", "Name the time when it shall be erased."
)
NOT_YOURS = Reason(HERE, 7, "There is no such recording of yours.", "List your recordings and name one of them.")
ALREADY_ERASED = Reason(HERE, 8, "This recording is erased already.", "Nothing is to be done.")
NOT_A_HOLDER = Reason(HERE, 9, "The sender holds no keys of recordings.", "Send with the keys of a committee's member.")
STILL_KEPT = Reason(
    HERE, 10, "This recording is not erased.", "Destroy keys when the owner has erased it or its time is over."
)
BEFORE_HAND_OVER = Reason(
    HERE,
    11,
    "This was recorded before the vehicle was handed over to its present owner.",
    "Commit what is recorded before a sale; later it is nobody's to commit.",
)
