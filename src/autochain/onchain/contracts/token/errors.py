"""The numbered refusals of token."""

from ...codec import folder_of
from ...refusals import Reason

HERE = folder_of(__name__)

TOO_POOR = Reason(HERE, 1, "The account holds too little ACC.", "Pay less, or let ACC be sent to the account first.")
NOTHING_TO_PAY = Reason(HERE, 2, "An amount of nothing can't be paid.", "Name an amount above zero.")
UNKNOWN_PAYEE = Reason(
    HERE, 3, "The payee is not registered on this chain.", "Check the DID; money to nobody would be lost."
)
PAYEE_IS_PAYER = Reason(HERE, 4, "Payer and payee are the same.", "Name another payee.")
