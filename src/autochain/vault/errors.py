"""The numbered refusals of the vault."""

from ..onchain.refusals import Reason

MISSING = Reason("vault", 1, "An object is not in the vault.", "Ask another store that keeps a copy of it.")
CORRUPT = Reason("vault", 2, "An object in the vault is not what it was.", "Restore it from another copy.")
WRONG_KEY = Reason("vault", 3, "This is not the key of this part.", "Fetch the key with the receipt for this part.")
TAMPERED = Reason("vault", 4, "A chunk of this part was tampered with.", "Restore it from another copy.")
NO_PART = Reason("vault", 5, "The recording has no such part.", "See which parts it has with `recording show`.")
NO_KEY = Reason("vault", 6, "There is no key for this part here.", "It was never deposited, or it was erased.")
