"""The numbered refusals of credentials."""

from ...codec import folder_of
from ...refusals import Reason

HERE = folder_of(__name__)

NOT_AUTHORITY = Reason(HERE, 1, "The sender may not attest this role.", "Ask an authority that the chain names for it.")
UNKNOWN_SUBJECT = Reason(
    HERE, 2, "This DID is not registered here, or is revoked.", "Register the DID before it is attested."
)
ALREADY_ATTESTED = Reason(HERE, 3, "This role is attested already.", "Nothing is to be done.")
NOT_ATTESTED = Reason(
    HERE, 4, "There is no such attestation of yours.", "Name one that you gave and that still stands."
)
UNIQUE_MISFIT = Reason(
    HERE,
    5,
    "A vehicle is attested with what the registrars make of its VIN, and nothing else is.",
    "Ask the registrars.",
)
OTHER_DID = Reason(HERE, 6, "This vehicle has another DID.", "Withdraw the attestation of the other one first.")
