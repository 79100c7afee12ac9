"""The numbered refusals of the vault."""

from ..onchain.refusals import Reason

MISSING = Reason("vault", 1, "An object is not in the vault.", "Ask another store that keeps a copy of it.")
CORRUPT = Reason("vault", 2, "An object in the vault is not what it was.", "Restore it from another copy.")
WRONG_KEY = Reason("vault", 3, "This is not the key of this part.", "Fetch the key with the receipt for this part.")
TAMPERED = Reason("vault", 4, "A chunk of this part was tampered with.", "Restore it from another copy.")
NO_PART = Reason("vault", 5, "The recording has no such part.", "See which parts it has with `recording show`.")
NO_KEY = Reason("vault", 6, "There is no key for this part here.", "It was never deposited, or it was erased.")
TOO_LARGE = Reason("vault", 7, "An object is larger than a vault takes.", "Seal it in chunks, as recordings are.")
UNREACHABLE = Reason(
    "vault",
    8,
    "A store does not answer, or not in time.",
    "See that it runs and that the way to it is open, then try again: what it has is not sent again.",
)
DENIED = Reason(
    "vault", 9, "A store refuses what it was asked.", "See that the credentials may read, write and delete there."
)
NO_BUCKET = Reason("vault", 10, "The store has no such bucket.", "Make the bucket, or mend its name in the address.")
BAD_ADDRESS = Reason(
    "vault",
    11,
    "This is no address of a vault.",
    "Give a path, `file:PATH` or `s3://BUCKET/PREFIX`; credentials and endpoint come from the environment.",
)
BAD_ENDPOINT = Reason(
    "vault",
    12,
    "Objects can't be sent to this endpoint.",
    "Give `https://HOST[:PORT]` without user or query; plain http is for this machine alone.",
)
NO_CREDENTIALS = Reason(
    "vault",
    13,
    "There are no credentials for the store.",
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.",
)
TOO_FEW = Reason(
    "vault",
    14,
    "Too few replicas have it.",
    "Mend those that are named, then put it again: the others keep what they have.",
)
NOT_ERASED = Reason(
    "vault", 15, "Not everything was erased.", "It may still lie there: mend what is named, then erase it again."
)
KEEPS_VERSIONS = Reason(
    "vault",
    16,
    "The bucket keeps old versions, so nothing in it can be erased.",
    "Move the vault to a bucket without versions or locks, and destroy this one.",
)
NO_BACKUP = Reason("vault", 17, "There is no folder of backups here.", "Name the one that holds them.")
