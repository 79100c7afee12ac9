"""The numbered refusals of the index."""

from ..onchain.refusals import Reason

BAD_URL = Reason(
    "index",
    1,
    "This is not the address of a database that the index can use.",
    "Write AUTOCHAIN_INDEX like sqlite:////folder/index.sqlite or postgresql+psycopg://user@host/database, "
    "or leave it out.",
)
NO_DRIVER = Reason(
    "index",
    2,
    "The driver for PostgreSQL is not installed.",
    "In a clone `./run` installs it; elsewhere run pip install 'psycopg[binary]', or leave AUTOCHAIN_INDEX out.",
)
FOREIGN_DATABASE = Reason(
    "index",
    3,
    "This database holds what is not the index's, or can't be read.",
    "Name an empty one in AUTOCHAIN_INDEX: nothing of others is touched. A damaged index may be deleted.",
)
AWAY = Reason(
    "index",
    4,
    "The index can't be read at the moment.",
    "Ask again in a moment: it comes back by itself, and the chain goes on without it.",
)
