"""What is set by environment variables; the reference is made from this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Setting(NamedTuple):
    """One variable: what it says, and what holds without it."""

    meaning: str
    otherwise: str
    of_network: bool = True
    """Whether it is about a user's network, and so must not change how the project is tested and measured."""


SETTINGS: Mapping[str, Setting] = {
    "AUTOCHAIN_HOME": Setting("The folder in which the network's state and keys lie.", "`~/.local/share/autochain`"),
    "AUTOCHAIN_PORT": Setting("The port at which `./run` serves node, API and console; 0 takes a free one.", "8440"),
    "AUTOCHAIN_VAULT": Setting(
        "The stores of encrypted objects, with commas between: folders, `file:` and `s3://BUCKET/PREFIX`.",
        "a folder of the home",
    ),
    "AUTOCHAIN_PASSPHRASE_FILE": Setting(
        "A file with the passphrase that protects the key of the home's wallets.", "none: that key's file alone"
    ),
    "AUTOCHAIN_INDEX": Setting(
        "The database of the read model: `sqlite:///FILE` or `postgresql+psycopg://USER@HOST/NAME`.",
        "an SQLite file in the home",
    ),
    "AUTOCHAIN_RATE": Setting(
        "How many requests one address may make: a second, at once, and sign-ins a minute, as `50/200/10`.", "50/200/10"
    ),
    "AUTOCHAIN_VC_API": Setting(
        "`open` lets anybody at this machine have a demonstration issue credentials, as suites of tests must.",
        "only who is signed in as an authority",
    ),
    "AUTOCHAIN_PROGRAM": Setting("What the program calls itself in help and errors; `./run` sets it.", "autochain"),
    "AUTOCHAIN_DEBUG": Setting("Shows where a rule of the program's own was broken.", "not shown", of_network=False),
    "AUTOCHAIN_VENV": Setting("The folder into which `./run` installs.", "`.venv` of the clone", of_network=False),
    "AUTOCHAIN_DATA": Setting("A folder of real recordings, with which more is tested.", "none", of_network=False),
}
