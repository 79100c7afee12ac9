"""The numbered refusals of wallets."""

from ..onchain.refusals import Reason

NO_WALLET = Reason("wallet", 1, "There is no such party here.", "See the parties' names with `account show`.")
BAD_WALLET = Reason(
    "wallet",
    2,
    "This wallet file is damaged, or of another version.",
    "Restore the party's folder from a backup; a home of another version opens with that version.",
)
WALLET_OPEN = Reason("wallet", 3, "Others may read this wallet file.", "Take the right away: chmod 600 on the file.")
BAD_NAME = Reason(
    "wallet", 4, "A party's name is not usable.", "Use 1 to 64 letters, digits, dots, dashes or underscores."
)
WALLET_THERE = Reason("wallet", 5, "There is a party of this name already.", "Use it, or take another name.")
BAD_KEY_FILE = Reason(
    "wallet",
    6,
    "The key of this home's wallets is missing or damaged.",
    "Restore `wallets.key` from a backup of the home's folder `parties`; without it no wallet opens.",
)
PASSPHRASE_NEEDED = Reason(
    "wallet",
    7,
    "The wallets of this home are protected by a passphrase.",
    "Let AUTOCHAIN_PASSPHRASE_FILE name a file that holds it and that only you may read.",
)
WRONG_PASSPHRASE = Reason(
    "wallet", 8, "The passphrase does not open this.", "Give the one that it was protected with; it can't be reset."
)
BAD_PASSPHRASE_FILE = Reason(
    "wallet",
    9,
    "The file of the passphrase can't be used.",
    "Let AUTOCHAIN_PASSPHRASE_FILE name a file of at least 8 bytes that only you may read (chmod 600).",
)
BAD_EXPORT = Reason(
    "wallet", 10, "This is not a wallet that was exported, or it is damaged.", "Export it again where it still opens."
)
TOKEN_FAILS = Reason(
    "wallet",
    11,
    "The token that holds this key does not sign.",
    "Plug it in, and see that its module, label and PIN are those that the wallet was made with.",
)
SUITE_NOT_IN_TOKENS = Reason(
    "wallet", 12, "Tokens hold no keys of this suite here.", "Use P-256 (suite 2) or Ed25519 (suite 1) in a token."
)
LABEL_TAKEN = Reason(
    "wallet",
    13,
    "A key of this label is in the token already.",
    "Take another label: of two alike the token would sign with neither.",
)
MODULE_NOT_NAMED = Reason(
    "wallet",
    14,
    "This wallet has a key in a token, and whoever wrote the file would choose the library that is loaded for it.",
    "Name the library by which the token is reached here: `wallet import --module FILE`.",
)
