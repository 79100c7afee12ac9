"""The numbered refusals of market."""

from ...codec import folder_of
from ...refusals import Reason

HERE = folder_of(__name__)

CATEGORIES_UNSORTED = Reason(HERE, 1, "Name at least one category, each once, in order.", "Sort the categories.")
NO_RECORDING = Reason(HERE, 2, "There is no such recording.", "List the recordings and name one of them.")
NO_SUCH_PART = Reason(HERE, 3, "The recording has no such part.", "Read categories and a precision that it holds.")
UNKNOWN_READER = Reason(HERE, 4, "The reader is not registered here.", "Register the reader's DID first.")
NO_RECEIPT = Reason(HERE, 5, "There is no such receipt.", "List your receipts and name one of them.")
NOT_A_MEMBER = Reason(
    HERE, 6, "The sender is not a member of the release committee.", "Send with the keys of a member."
)
NOT_OPEN = Reason(HERE, 7, "The receipt has lapsed.", "Buy the reading again.")
ITEMS_UNSORTED = Reason(HERE, 8, "Each recording stands once in a product, in order.", "Sort the items by recording.")
NO_PRODUCT = Reason(HERE, 9, "There is no such product, or it was taken off.", "List the products and name one.")
NOT_YOUR_PRODUCT = Reason(HERE, 10, "The product is not yours.", "List your products and name one of them.")
NOT_COVERED = Reason(
    HERE, 11, "An offer does not cover what the product promises.", "Name an offer of that recording's owner for it."
)
