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
NOT_BUILT = Reason(
    "cli", 40, "A program that builds this ended with an error.", "Read what it printed above, and mend that."
)
CONSOLE_DIFFERS = Reason(
    "cli", 41, "The console's files are not what web/ builds.", "Run `./run console` and commit src/autochain/web."
)
