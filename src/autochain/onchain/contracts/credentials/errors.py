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
