"""X.509 certificates of devices: applied for over the device's key, issued by a certifier, checked with the chain."""

from .certificates import MAX_BYTES, authority, check, fingerprint, inspect, issue, read_request, request
from .errors import (
    EXPIRED,
    FORGED,
    NOT_READABLE,
    NOT_TO_PROFILE,
    NOT_YET_VALID,
    OTHER_DEVICE,
    REVOKED,
    TOO_LONG,
    UNFIT_KEY,
    UNFIT_TIME,
    UNKNOWN,
)
from .profile import MAX_AUTHORITY_MS, MAX_DEVICE_MS, SERIAL_BYTES, Inspected, Requested

__all__ = [
    "EXPIRED",
    "FORGED",
    "MAX_AUTHORITY_MS",
    "MAX_BYTES",
    "MAX_DEVICE_MS",
    "NOT_READABLE",
    "NOT_TO_PROFILE",
    "NOT_YET_VALID",
    "OTHER_DEVICE",
    "REVOKED",
    "SERIAL_BYTES",
    "TOO_LONG",
    "UNFIT_KEY",
    "UNFIT_TIME",
    "UNKNOWN",
    "Inspected",
    "Requested",
    "authority",
    "check",
    "fingerprint",
    "inspect",
    "issue",
    "read_request",
    "request",
]
