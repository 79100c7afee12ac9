"""The numbered refusals of W3C documents."""

from ...onchain.refusals import Reason

SPACE = "credentials_w3c"

MALFORMED = Reason(
    SPACE,
    1,
    "This is not a document of the form it has to have.",
    "Send it again as its issuer or holder made it, in the form of VC Data Model 2.0.",
)
TOO_LARGE = Reason(
    SPACE, 2, "This document is larger or deeper than is read.", "Keep it under 1 MiB, 32 levels and 50,000 values."
)
UNKNOWN_CONTEXT = Reason(
    SPACE,
    3,
    "This document uses a context, or a word, that is not known here.",
    "Use the contexts that are known here, or define the word in an object of its @context; none is ever fetched.",
)
UNKNOWN_SUITE = Reason(
    SPACE, 4, "This kind of proof or key is not known here.", "Ask for a proof by eddsa-jcs-2022 with an Ed25519 key."
)
FORGED = Reason(
    SPACE,
    5,
    "The signature does not fit this document.",
    "Ask its issuer or holder for the document as it was signed; trust nothing in this one.",
)
KEY_NOT_ALLOWED = Reason(
    SPACE,
    6,
    "The key that signed is not one that its DID lets sign for this purpose.",
    "Ask for a document signed with a present key of the DID.",
)
EXPIRED = Reason(SPACE, 7, "This credential or proof has expired.", "Ask its issuer for a new one.")
NOT_YET_VALID = Reason(
    SPACE, 8, "This credential or proof is not valid yet.", "Wait until then, or set the clock that is wrong."
)
REVOKED = Reason(SPACE, 9, "This credential was revoked.", "Ask its issuer why, and for a new one.")
SUSPENDED = Reason(SPACE, 10, "This credential is suspended.", "Ask its issuer why, or wait until it is lifted.")
WRONG_HOLDER = Reason(
    SPACE,
    11,
    "Whoever presents this credential is not whom it is about.",
    "Let the subject of the credential present it, signing with a key of its own DID.",
)
REPLAYED = Reason(
    SPACE, 12, "This presentation answers another challenge.", "Present again, signing the challenge asked now."
)
WRONG_DOMAIN = Reason(
    SPACE, 13, "This proof was made for another verifier.", "Sign again, naming the domain of this verifier."
)
UNRESOLVED = Reason(
    SPACE, 14, "This DID leads to no document.", "Check the DID; did:acc of this network and did:key are resolved here."
)
DEACTIVATED = Reason(
    SPACE, 15, "This DID is ended, and its keys prove nothing.", "Ask for a proof by a DID that lives."
)
WRONG_ISSUER = Reason(
    SPACE, 16, "This was not signed by whom it names as its issuer.", "Ask the issuer it names to sign it."
)
BAD_STATUS = Reason(
    SPACE,
    17,
    "The status of this credential can't be told.",
    "Ask its issuer for a status list that is its own, is current, has this purpose and reaches this far.",
)
SCHEMA_MISFIT = Reason(
    SPACE, 18, "This credential does not fit its schema.", "See the schema it names, and mend or drop what it refuses."
)
ENVELOPED = Reason(
    SPACE,
    19,
    "Enveloped credentials and presentations are not read here.",
    "Ask for it with an embedded proof by eddsa-jcs-2022.",
)
TOO_FEW_PROOFS = Reason(
    SPACE,
    20,
    "Fewer keys have signed than the DID asks for.",
    "Let as many different keys of the DID sign as its document's threshold says.",
)
BAD_DIGEST = Reason(
    SPACE, 21, "A related resource is not what its digest says.", "Name the resource with the digest of its bytes."
)
BAD_DID = Reason(
    SPACE, 22, "This is not a DID or a DID URL.", "Give `did:METHOD:ID`, with a fragment where a key is meant."
)
