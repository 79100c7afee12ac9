"""The numbered refusals of release."""

from ...codec import folder_of
from ...refusals import Reason

HERE = folder_of(__name__)

NOT_A_MEMBER = Reason(HERE, 1, "The sender is not a member of the committee.", "Send with the keys of a member.")
LOG_SHRANK = Reason(
    HERE, 2, "The log has no more entries than were anchored before.", "Anchor when entries have been added."
)
BAD_COMMITTEE = Reason(
    HERE, 3, "A committee has 1 to 16 members, each once, and at least one must answer.", "Mend the chain file."
)
