"""The numbered refusals of mining."""

from ...codec import folder_of
from ...refusals import Reason

HERE = folder_of(__name__)

NOT_YOUR_RECORDING = Reason(
    HERE, 1, "There is no such recording of the sender's.", "Claim from the vehicle that recorded."
)
NOT_ATTESTED = Reason(HERE, 2, "The vehicle is not attested.", "Have an authority attest the vehicle; then claim.")
ALREADY_REWARDED = Reason(HERE, 3, "This recording was rewarded already.", "Nothing is to be done.")
CAP_REACHED = Reason(HERE, 4, "This epoch's rewards are used up.", "Claim again in the next epoch.")
NOT_KEPT = Reason(HERE, 5, "The recording is erased, or its time is over.", "Claim while it is kept.")
