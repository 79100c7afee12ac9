"""The numbered refusals of certificates."""

from __future__ import annotations

from ...onchain.refusals import Reason

HERE = "certificates"

TOO_LONG = Reason(
    HERE, 1, "This is longer than a certificate may be.", "Give one certificate in DER, of 16 kB at most."
)
NOT_READABLE = Reason(HERE, 2, "These bytes can't be read as what they should be.", "Give it in DER, not in PEM.")
NOT_TO_PROFILE = Reason(
    HERE, 3, "This is not made by the profile for devices.", "Let a certifier of this chain issue one by its profile."
)
FORGED = Reason(
    HERE, 4, "The signature is not by whom it should be.", "Trust nothing in it; ask for one that is genuine."
)
OTHER_DEVICE = Reason(HERE, 5, "The certificate is another device's.", "Show the certificate of the device itself.")
NOT_YET_VALID = Reason(HERE, 6, "The certificate is not yet valid.", "Wait until it is, or set the clock right.")
EXPIRED = Reason(HERE, 7, "The certificate is no longer valid.", "Let the device apply for a new one.")
UNKNOWN = Reason(
    HERE, 8, "The chain has no such certificate on record.", "Let its issuer put it on record, or apply for another."
)
REVOKED = Reason(HERE, 9, "The certificate is revoked.", "Let the device apply for a new one.")
UNFIT_KEY = Reason(
    HERE, 10, "This kind of key has no certificate.", "Use an Ed25519 key (suite 1) or a P-256 key (suite 2)."
)
UNFIT_TIME = Reason(
    HERE,
    11,
    "A certificate can't be valid for this time.",
    "Let a device's last at most 730 days, and end no later than its authority's.",
)
