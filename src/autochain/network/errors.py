"""The numbered refusals of the network."""

from ..onchain.refusals import Reason

BAD_HOME = Reason(
    "network", 1, "The home folder can't be used.", "Name one that you may write to: --home or AUTOCHAIN_HOME."
)
HOME_IN_USE = Reason("network", 2, "Another process uses this home.", "Wait for it, end it, or use another --home.")
NO_NETWORK = Reason("network", 3, "There is no network in this home.", "Start one with `./run`.")
BAD_CHAIN_FILE = Reason("network", 4, "The chain file can't be used.", "Mend the place named here.")
PORT_TAKEN = Reason("network", 5, "The port is taken.", "Name another with --port, or 0 for any free one.")
OTHER_VERSION = Reason("network", 6, "This home was made by another version.", "Use that version, or `./run reset` it.")
BAD_FACTS = Reason(
    "network",
    17,
    "The file that says what network this home holds is damaged.",
    "Restore it from a backup; don't reset: that destroys all keys in the home.",
)
OTHER_CONTRACTS = Reason(
    "network",
    19,
    "This program has not the contracts of this network.",
    "Bring the sources of the contract back; or `./run reset` the home, which destroys all keys in it.",
)
CANNOT_LISTEN = Reason(
    "network", 15, "It can't listen there.", "Name an address of this machine with --host, and a free --port."
)
