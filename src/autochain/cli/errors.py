"""The numbered refusals of the commands themselves."""

from ..onchain.refusals import Reason

NOT_A_TIME = Reason(
    "cli", 1, "This is not a time.", "Write it like 2026-11-21, 2026-11-21T08:00 or 2026-11-21T08:00+01:00."
)
NOT_AN_ID = Reason("cli", 2, "This is not an id.", "Give its 40 hexadecimal digits, or at least the first 6 of them.")
UNKNOWN_RECORDING = Reason("cli", 3, "There is no such recording.", "See the recordings with `recording list`.")
UNKNOWN_CONSENT = Reason("cli", 4, "This party granted no such consent.", "See its consents with `consent list`.")
AMBIGUOUS = Reason("cli", 5, "More than one begins like this.", "Give more of it.")
FILE_EXISTS = Reason(
    "cli", 6, "There is such a file already.", "Name another one, or remove it first; nothing else was done."
)
CANNOT_WRITE = Reason(
    "cli", 7, "This file can't be written.", "Name one in a folder that you may write to; nothing else was done."
)
NOT_CONFIRMED = Reason("cli", 8, "Nothing was removed: this was not confirmed.", "Say --yes to do it without asking.")
NOT_A_CLONE = Reason("cli", 9, "This needs a clone of the project.", "Get the sources and use `./run` in them.")
NO_BENCH = Reason("cli", 10, "There is no such bench.", "Use one of those that are named, or none to run all.")
TOO_MUCH = Reason(
    "cli",
    12,
    "This amount is larger than all ACC there are.",
    "Name an amount of at most 300000000 ACC: no more exist.",
)
NOTHING_NAMED = Reason("cli", 13, "It is not said which recordings.", "Name some of them, or say --all; not both.")
UNKNOWN_OFFER = Reason("cli", 14, "There is no such offer.", "See the offers with `product offers`.")
UNKNOWN_PRODUCT = Reason("cli", 15, "There is no such product.", "See the products with `product list`.")
NO_MEMBER = Reason(
    "cli",
    17,
    "This party is no member of the committee with a process of its own.",
    "Name it, and where it answers, under members_at in the chain file before the network is made.",
)
NOT_OFFERED = Reason(
    "cli", 16, "No offer covers this recording at this precision.", "See the offers with `product offers`."
)
OBJECTS_LOST = Reason(
    "cli", 18, "A store did not show all that it should keep.", "Restore it from a replica: reading heals what is read."
)
NOT_RUNNING = Reason(
    "cli", 19, "No network runs in this home.", "Start it with `./run` in another terminal, and try again."
)
NOT_A_NAME = Reason(
    "cli",
    20,
    "This is not a name for a contract.",
    "Give 3 to 20 small letters of a-z, with single underscores between words, like road_works.",
)
NAME_TAKEN = Reason("cli", 21, "This name has a meaning already.", "Take another name; nothing was written.")
CLONE_CHANGED = Reason(
    "cli",
    22,
    "A file of this clone is not as it was expected; nothing was written.",
    "Mend the place named here, or begin with a fresh clone.",
)
MEMBER_CANNOT_LISTEN = Reason(
    "cli",
    23,
    "The member can't listen at its address.",
    "End what listens there; the address is the one that the home's network.json names for the member.",
)
NOT_IN_COMMITTEE = Reason(
    "cli", 24, "This party is no member of the committee.", "Name one of the members that are told here."
)
CANNOT_READ = Reason(
    "cli", 50, "This file can't be read.", "Name one that is there, that you may read, of 8 MB at most."
)
NOT_FACTS = Reason(
    "cli",
    51,
    "This says nothing that can be written into a credential.",
    "Give NAME=VALUE, or a file that holds one JSON object; `credential kinds KIND` shows an example.",
)
NOT_A_PLACE = Reason(
    "cli",
    52,
    "This is not a place on the map.",
    "Write degrees like 52.5163,13.3777, and metres behind them where asked.",
)
NOT_HOURS = Reason(
    "cli",
    53,
    "These are not hours of the week.",
    "Write them in UTC, like `mon-fri 08:00-18:00` or `daily 22:00-06:00`.",
)
ONE_AREA = Reason(
    "cli", 54, "This is no area.", "Give one --within, or at least three --corner in the order of the border; not both."
)
NO_VERIFIER = Reason(
    "cli",
    55,
    "A presentation is verified by whoever asked for it.",
    "Say --as with the party that asked, or --challenge and --domain as they were asked.",
)
UNKNOWN_CREDENTIAL = Reason(
    "cli", 56, "This party keeps no such credential.", "See them with `credential list --as PARTY`, or name a file."
)
NOT_MEANT = Reason("cli", 70, "Nothing was ended: it is for ever.", "Say --yes if it is meant.")
NOT_A_REQUEST = Reason(
    "cli",
    71,
    "This is not what `account recover --new-wallet` prints, or not for this account.",
    "Copy the whole line that the holder of the account sent you.",
)
NO_GUARDIAN_NAMED = Reason(
    "cli", 72, "It is not said who guards the account.", "Name guardians, or say --none; not both."
)
ONE_WAY = Reason(
    "cli",
    73,
    "It is not said what to do.",
    "Say --new-wallet to begin, --request as a guardian, or neither for a vehicle that you own.",
)
NO_TERMINAL = Reason(
    "cli", 74, "There is no terminal to ask for a passphrase.", "Name a file that holds it: --passphrase-file."
)
TWO_PASSPHRASES = Reason("cli", 75, "The passphrases differ.", "Type the same one twice; nothing was done.")
BAD_SECRET_FILE = Reason(
    "cli", 76, "This file of a passphrase or PIN can't be used.", "Name one that only you may read (chmod 600)."
)
NOT_BUILT = Reason(
    "cli", 40, "A program that builds this ended with an error.", "Read what it printed above, and mend that."
)
CONSOLE_DIFFERS = Reason(
    "cli", 41, "The console's files are not what web/ builds.", "Run `./run console` and commit src/autochain/web."
)
NO_LIFE = Reason(
    "cli",
    60,
    "This vehicle has no life here.",
    "Check its name; or have its maker begin its life with `vehicle make`.",
)
NOT_A_DISTANCE = Reason(
    "cli", 61, "This is not what an odometer shows.", "Write kilometres like 48210 or 48210.5, with a point."
)
KEYS_ELSEWHERE = Reason(
    "cli",
    62,
    "Another must sign this too, and its keys do not lie in this home.",
    "Run it in a home that has the keys of both.",
)
NO_EVIDENCE = Reason(
    "cli", 63, "This paper can't be read.", "Name a file with --evidence that you may read; only its hash leaves you."
)
NO_TRUST = Reason(
    "cli",
    64,
    "It is not said whom to trust.",
    "Give --chain and --validators as someone you trust told you, both; or a --home of that network.",
)
NOT_A_HASH = Reason("cli", 65, "This is not a hash.", "Give its 64 hexadecimal digits.")
NOT_READ = Reason("cli", 66, "This file can't be read.", "Name the file that `vehicle passport` wrote.")
TOO_MANY_VEHICLES = Reason("cli", 67, "These are more vehicles than one recall takes.", "Recall them in several goes.")
