"""The numbered refusals of the registrars, and of asking them."""

from ...onchain.refusals import Reason

NOT_AUTHORITY = Reason(
    "registrar", 1, "The sender may not attest vehicles.", "Ask an authority that the chain names for vehicles."
)
NOT_SIGNED = Reason(
    "registrar", 2, "The request is not signed by its authority.", "Ask with the keys of the authority's DID."
)
OTHER_REGISTRAR = Reason(
    "registrar", 3, "The request is for another registrar.", "Make one request for each registrar and chain."
)
STALE_REQUEST = Reason("registrar", 4, "The request is too old.", "Make a fresh request, and check the clock.")
REPLAYED = Reason("registrar", 5, "This request was made before.", "Make a fresh request each time.")
TOO_MANY = Reason("registrar", 6, "This authority has asked too often today.", "Go on after midnight UTC.")
TOO_FEW = Reason(
    "registrar", 8, "Too few registrars have answered rightly.", "See why the others have not, then ask again."
)
NO_SHARE = Reason(
    "registrar", 9, "There is no sound share of the key here.", "Restore the registrar's files from a backup."
)
SHARE_OPEN = Reason("registrar", 10, "Others may read this share.", "Take the right away: chmod 600 on the file.")
BAD_QUOTA = Reason(
    "registrar", 11, "It can not be read how often this authority has asked.", "Restore the file from a backup."
)
"""Were it taken for nothing, whoever can damage the file could guess without bounds."""
