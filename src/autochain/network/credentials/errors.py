"""The numbered refusals of what a home's parties do with credentials, certificates and access."""

from ...onchain.refusals import Reason

BAD_CREDENTIAL = Reason(
    "network",
    30,
    "A credential that was kept here is damaged, or of another home.",
    "Restore the party's folder from a backup, or ask the issuer for the credential again.",
)
NOT_KEPT = Reason(
    "network", 31, "This party keeps no such credential.", "See what it keeps with `credential list --as PARTY`."
)
NO_STATUS = Reason(
    "network",
    32,
    "This credential was issued without such a status.",
    "It ends by its own end; issue the next one with a status.",
)
NOT_ISSUER = Reason(
    "network", 33, "This party has not issued this credential.", "Name the party that has: --as and its name."
)
NOT_ASKED = Reason(
    "network",
    34,
    "This presentation answers no challenge that this party asked and that is still open.",
    "Ask anew with `credential challenge`; each challenge is good once, for five minutes.",
)
TOO_MANY_ASKED = Reason(
    "network", 35, "Too many challenges of this party are open.", "Try again when some of them have ended."
)
NOT_A_GRANT = Reason(
    "network", 36, "This credential grants no access to a vehicle.", "See the grants with `access list --as PARTY`."
)
NO_KEY = Reason(
    "network",
    37,
    "This DID has no Ed25519 key with which its holder could answer a vehicle.",
    "Grant it to a DID whose key is of Ed25519: of this network, or a did:key.",
)
NOT_THE_OWNER = Reason(
    "network", 38, "This vehicle is another's.", "Let its owner grant it, or whoever has a grant pass it on."
)
NO_VEHICLE_HERE = Reason(
    "network",
    39,
    "This vehicle's files do not lie here, so it can't be asked.",
    "Name a home in which the vehicle's keys lie.",
)
NO_REQUEST = Reason(
    "network",
    40,
    "There is no request of this device here.",
    "Let the device apply with `certificate apply`, or name the file of its request with --request.",
)
OTHER_REQUEST = Reason(
    "network",
    41,
    "The device applied on the chain with another request than this.",
    "Ask the device for the request that it applied with, or let it apply anew.",
)
NO_CERTIFICATE = Reason(
    "network",
    42,
    "There is no certificate of this device here.",
    "Name the file of the certificate, and with --authority that of its certifier.",
)
NOT_CERTIFIED = Reason(
    "network", 43, "This device has no certificate that could be revoked.", "See them with `certificate show DEVICE`."
)
NOT_APPLIED = Reason(
    "network",
    44,
    "This device waits for no certificate.",
    "Let it apply with `certificate apply DEVICE`; what it applied for once is issued once.",
)
IS_REVOKED = Reason(
    "network", 45, "This credential is revoked, and a revocation is never taken back.", "Issue a new one in its place."
)
MAY_NOT_ISSUE = Reason(
    "network",
    46,
    "This party does not hold the role that issuing such a credential takes.",
    "Issue it as a party that holds it; an authority of the chain attests roles.",
)
NOT_ENTITLED = Reason(
    "network",
    47,
    "The chain does not prove that who issued this credential may issue such ones.",
    "Ask for one by an issuer that holds the role; or rely on this one all the same with --any-issuer.",
)
