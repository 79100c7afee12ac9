"""The numbered refusals of market."""

from ...codec import folder_of
from ...refusals import Reason

HERE = folder_of(__name__)

CATEGORIES_UNSORTED = Reason(HERE, 1, "Name at least one category, each once, in order.", "Sort the categories.")
NO_RECORDING = Reason(HERE, 2, "There is no such recording.", "List the recordings and name one of them.")
NO_SUCH_PART = Reason(HERE, 3, "The recording has no such part.", "Read categories and a precision that it holds.")
UNKNOWN_READER = Reason(HERE, 4, "The reader is not registered here.", "Register the reader's DID first.")
