"""The numbered refusals of the ledger itself."""

from ..refusals import Reason


def _reason(code: int, text: str, remedy: str) -> Reason:
    return Reason("ledger", code, text, remedy)


# 1 and 2 are BAD_PROTOBUF and BAD_PROOF, declared beside the formats they refuse.
WRONG_CHAIN = _reason(10, "This transaction is for another chain.", "Sign it for this chain's id.")
EXPIRED = _reason(11, "This transaction has expired.", "Sign it again with a later expiry height.")
EXPIRY_TOO_FAR = _reason(12, "This transaction expires too late.", "Set an expiry height nearer to the present height.")
NO_MESSAGES = _reason(13, "This transaction asks for nothing.", "Put at least one message into it.")
TOO_HEAVY = _reason(14, "This transaction is heavier than one may be.", "Split its messages over several transactions.")
UNKNOWN_SENDER = _reason(15, "The sender is not registered on this chain.", "Register the sender's DID first.")
REVOKED_SENDER = _reason(16, "The sender's DID is revoked.", "Register a new DID; a revoked one never speaks again.")
BAD_SIGNATURE = _reason(
    17, "The signatures do not prove who speaks.", "Sign with the present keys of sender and payer."
)
WRONG_SEQUENCE = _reason(18, "This is not the sender's next sequence.", "Ask for the present sequence and sign again.")
FEE_TOO_LOW = _reason(19, "The fee is too low for this transaction.", "Offer at least the fee named here.")
SUITE_NOT_ADMITTED = _reason(21, "This chain does not admit keys of this suite.", "Use a key of a suite it admits.")
NOT_INTRODUCING = _reason(22, "The first message does not register the sender.", "Put the sender's registration first.")
UNKNOWN_QUERY = _reason(23, "This chain does not answer this question.", "Ask one of the queries in its reference.")
HEIGHT_GONE = _reason(24, "This height is not kept any more, or not yet.", "Ask for the latest height.")
DUPLICATE_SIGNATURE = _reason(25, "A key signs twice in this transaction.", "Let each key sign once.")
ALREADY_KNOWN = _reason(28, "The sender is registered already.", "Send the next transaction without a registration.")
TIMERS_FULL = _reason(29, "Too many things wait to fall due.", "Send it again when some of them have happened.")
MEMPOOL_FULL = _reason(30, "Too many transactions wait for a block.", "Send it again in a moment.")
NO_BLOCK = _reason(32, "There is no such block here.", "Ask for a height from 1 to the last one.")
STORE_FULL = _reason(
    33, "The store can't take the block in.", "Make room on the disk, then start again; nothing was lost."
)
STORE_DAMAGED = _reason(34, "The chain's store is damaged.", "Restore the home's folder `chains` from a backup.")
FEES_UNPAYABLE = _reason(35, "The payer can't pay the fees of all that waits.", "Send ACC to the payer, or wait.")
SENDER_BUSY = _reason(36, "Too many transactions of this sender wait.", "Wait for the first of them.")

REPLAY_DIFFERS = _reason(
    38,
    "The blocks, run again, do not give what was kept.",
    "Restore the home's folder `chains` from a backup, or take the state from another node.",
)
INVARIANT_BROKEN = _reason(
    39,
    "The state breaks a rule of its contracts.",
    "Restore the home's folder `chains` from a backup and report it; the rule is named here.",
)

NOT_VALIDATORS = _reason(
    40, "These are not the validators that are trusted.", "Get the chain's validators from its operator."
)
TOO_LITTLE_POWER = _reason(
    41, "Two thirds of the power did not sign this header.", "Fetch the commit again from another node."
)
BAD_COMMIT = _reason(
    42, "The commit does not belong to this header.", "Fetch header and commit again from another node."
)
FOREIGN_HEADER = _reason(43, "This header is of another chain.", "Ask a node of the chain you trust.")
STALE_HEADER = _reason(44, "This header is too old, or from the future.", "Fetch a fresh header and prove it again.")
NOT_PROVED = _reason(45, "What was given is not what the proof is about.", "Fetch value and proof together.")

KEYS_EXPIRED = _reason(
    46,
    "The keys of sender or payer have expired.",
    "Bring the account's next keys by a succession, or have its guardians recover it.",
)
NOT_SUCCEEDING = _reason(
    47,
    "These are not the keys that the sender promised.",
    "Put the succession first, with exactly the keys and the threshold of the promise.",
)
