"""The numbered refusals of the release service."""

from ...onchain.refusals import Reason

NO_RECEIPT = Reason(
    "release", 1, "There is no such receipt.", "Buy the reading first; its receipt stands on the chain."
)
LAPSED = Reason("release", 2, "The receipt has lapsed.", "Buy the reading again; keys are given for 24 hours.")
NOT_THE_READER = Reason(
    "release", 3, "The request is not signed by the reader.", "Ask with the keys of the reader's DID."
)
NO_RECORDING = Reason("release", 4, "The recording is not proved.", "Send the proof of the recording on the receipt.")
READER_REVOKED = Reason("release", 5, "The reader's DID is not active.", "Register a new DID and buy again.")
NOT_THE_VEHICLE = Reason(
    "release", 6, "The deposit is not signed by the vehicle.", "Deposit with the vehicle's own keys."
)
ALREADY_DEPOSITED = Reason(
    "release", 7, "Other keys lie here for this recording.", "Seal a recording's keys once only."
)
WRONG_RECORDING = Reason(
    "release", 8, "The recording is not the vehicle's.", "Derive its id from the vehicle and its readings."
)
STALE_REQUEST = Reason("release", 9, "The request is too old.", "Make a fresh request, and check the clock.")
"""A request that was overheard can't be sent again later."""
NO_CONSENT = Reason("release", 10, "There is no such consent.", "Ask the recording's owner for a consent.")
TOO_FEW_MEMBERS = Reason(
    "release", 12, "Too few members of the committee gave their shares.", "Try again later; the receipt stays open."
)
NOT_ALL_TOOK = Reason(
    "release", 14, "Not every member of the committee took its shares.", "The recording waits and is handed over again."
)
NO_ANSWER = Reason("release", 15, "The member did not answer.", "Try again later, and see whether it runs.")
FALSE_SHARE = Reason("release", 16, "The member gave a false share.", "Tell those who run the committee.")
NOT_ATTESTED = Reason(
    "release", 17, "The vehicle is not attested.", "Have an authority attest the vehicle; then hand over again."
)
NOT_CERTIFIED = Reason(
    "release", 19, "The vehicle has no live certificate.", "Have a certifier issue one; then hand over again."
)
TOO_MANY = Reason("release", 18, "This vehicle has handed over too many recordings today.", "Go on after midnight UTC.")
