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
ENDS_IN_THE_PAST = Reason(
    HERE, 7, "This attestation would be over already.", "Name an end in the future, or 0 for one that has none."
)
LIST_OPEN = Reason(HERE, 8, "This status list is open already.", "Use it, or take another number.")
NO_LIST = Reason(HERE, 9, "There is no such status list of yours.", "Open it first, or check its number.")
BAD_INDICES = Reason(
    HERE,
    10,
    "These places can't be set at once.",
    "Name places of the list, in ascending order, in at most 16 chunks of 4,096; send several messages for more.",
)
REVOCATION_STANDS = Reason(
    HERE, 11, "A revocation is never taken back.", "Issue the credential anew, or use a list for suspension."
)
NOT_A_DEVICE = Reason(HERE, 12, "Only a device has a certificate.", "Let the device itself apply.")
UNFIT_KEY = Reason(
    HERE, 13, "This kind of key has no certificate.", "Apply with an Ed25519 key (suite 1) or a P-256 key (suite 2)."
)
NOT_A_CERTIFIER = Reason(
    HERE, 14, "The sender may not issue certificates.", "Ask a certifier that the chain names for it."
)
NO_APPLICATION = Reason(HERE, 15, "This device has not applied.", "Let the device apply for its certificate.")
BAD_PERIOD = Reason(
    HERE,
    16,
    "A certificate can't be valid for this time.",
    "Let it begin before now, end after now, and last at most 730 days.",
)
CERTIFICATE_KNOWN = Reason(HERE, 17, "This certificate is on record already.", "Nothing is to be done.")
NOT_YOUR_CERTIFICATE = Reason(
    HERE, 18, "There is no such certificate of yours.", "Ask its issuer, or the owner of the device."
)
CERTIFICATE_REVOKED = Reason(HERE, 19, "This certificate is revoked already.", "Nothing is to be done.")
