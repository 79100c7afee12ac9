"""The contracts of all chains that are served, by name, for which routes are generated."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ..onchain.ledger import Contract
from ..onchain.refusals import ensure
from .backend import Chain
from .errors import NOT_ON_CHAIN


def contracts_of(chains: Iterable[Chain]) -> Mapping[str, Contract]:
    """Gives the contracts of some chains by name; of one name there is one contract."""
    found: dict[str, Contract] = {}
    for chain in chains:
        for name, contract in chain.client.dispatcher.contracts.items():
            ensure(found.setdefault(name, contract) is contract, f"all chains have the same {name}")
    return found


def check_on_chain(chain: Chain, contract: str) -> None:
    """Refuses a contract that a chain does not have."""
    if contract not in chain.client.dispatcher.contracts:
        raise NOT_ON_CHAIN(f"{contract}; {chain.name} has {', '.join(chain.client.dispatcher.contracts)}")


def tag_of(kind: type[Any]) -> str:
    """Gives the tag of a message, query or event: `consent/Grant`."""
    return str(kind.__struct_config__.tag)


def told(contract: Contract) -> str:
    """Says what a contract is: the first line of its folder's docstring."""
    module = next(iter(contract.messages)).__module__
    return (sys.modules[module.rpartition(".")[0]].__doc__ or contract.name).splitlines()[0]
