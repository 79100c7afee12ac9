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
