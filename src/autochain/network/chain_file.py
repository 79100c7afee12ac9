"""The chain file: from TOML to the genesis that every validator holds."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..client import host_and_port
from ..node import HISTORY_HEIGHTS
from ..onchain.codec import encode
from ..onchain.contracts import consent, credentials, identity, market, mining, recording, release, token, vehicles
from ..onchain.crypto import SUITES, check_suites
from ..onchain.ids import contract_account
from ..onchain.ledger import ChainSpec, Contract, Genesis, Limits
from ..onchain.refusals import Refusal
from ..onchain.units import TOTAL_SUPPLY_UACC, mul_div
from ..vault import Cipher
from ..wallet import Wallet
from .errors import BAD_CHAIN_FILE

CONTRACTS: Mapping[str, Contract] = {
    made.CONTRACT.name: made.CONTRACT
    for made in (identity, credentials, token, mining, release, recording, consent, market, vehicles)
}


class ChainFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a chain file may say."""

    name: str
    engine: str
    max_header_age_s: int
    contracts: tuple[str, ...]
    fees_to: str
    guards: tuple[str, ...]
    suites: tuple[int, ...]
    bind: dict[str, str]
    genesis: dict[str, dict[str, Any]]
    cipher: Cipher = "AES-256-GCM"
    """With what vehicles seal their readings; what was sealed otherwise still opens."""
    demonstration: bool = False
    """Whether anybody at the node's address may act as any party whose keys lie in its home."""
    limits: dict[str, int] = {}
    history_heights: int = HISTORY_HEIGHTS
    """For how many heights back a node answers what the state held."""
    members_at: dict[str, str] = {}
    """Where members of the release committee answer that do not run in the node's process, by party."""


Parties = Callable[[str], Wallet]
"""name of a party -> its wallet, made when there is none"""


def load(name: str) -> ChainFile:
    """Reads a chain file that comes with the project, by its name."""
    path = _folder() / f"{name}.toml"
    try:
        file = msgspec.convert(tomllib.loads(path.read_text()), ChainFile)
    except FileNotFoundError:
        raise BAD_CHAIN_FILE(f"{path} is not there") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BAD_CHAIN_FILE(f"{path}: {error}") from None
    unknown = [contract for contract in file.contracts if contract not in CONTRACTS]
    unknown += [f"suite {suite}" for suite in file.suites if suite not in SUITES]
    unknown += [f"limit {limit}" for limit in file.limits if limit not in Limits.__struct_fields__]
    if unknown or file.engine != "embedded":
        raise BAD_CHAIN_FILE(f"{path}: {', '.join(unknown) or file.engine} is not known")
    if not file.suites or file.history_heights < 1:
        raise BAD_CHAIN_FILE(f"{path}: suites and history_heights must be at least one")
    check_suites(file.suites)
    for party, address in file.members_at.items():
        try:
            host_and_port(address)
        except Refusal as refusal:
            raise BAD_CHAIN_FILE(f"{path}: members_at, {party}: {refusal}") from None
    limits = Limits(**file.limits)
    if min(limits.free_per_block, limits.timers_per_block) < 1:
        raise BAD_CHAIN_FILE(f"{path}: with free_per_block or timers_per_block below 1, some would wait for ever")
    if limits.transaction_bytes > limits.block_bytes or limits.transaction_weight > limits.block_weight:
        raise BAD_CHAIN_FILE(f"{path}: a block must have room for any one transaction")
    return file


def _folder() -> Path:
    """The chain files lie at the root of a checkout, and beside this module in an installed package."""
    installed = Path(__file__).parent / "chains"
    return installed if installed.exists() else Path(__file__).parents[3] / "chains"


class Holders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parties that hold shares of something, in the order of the shares, and how many it takes."""

    members: tuple[str, ...]
    threshold: int


def committee(file: ChainFile) -> Holders:
    """Gives the release committee of a chain file."""
    return msgspec.convert(file.genesis["release"], Holders)


def registrars(file: ChainFile) -> Holders:
    """Gives the registrars of a chain file."""
    return msgspec.convert(file.genesis["credentials"]["registrars"], Holders)


def genesis(
    file: ChainFile, *, chain_id: str, parties: Parties, registrar_keys: credentials.Registrars | None
) -> Genesis:
    """Builds a chain's genesis from its file, the parties it names and the public keys of its registrars."""
    spec = ChainSpec(
        chain_id=chain_id,
        contracts=tuple((name, CONTRACTS[name].version) for name in file.contracts),
        bindings=tuple(sorted(file.bind.items())),
        fees_to=parties(file.fees_to).account,
        guards=file.guards,
        suites=file.suites,
        max_header_age_ms=file.max_header_age_s * 1000,
        limits=Limits(**file.limits),
    )
    given = {name: file.genesis.get(name, {}) for name in file.contracts}
    made = {name: _PARAMETERS[name](given[name], parties) for name in file.contracts if name in _PARAMETERS}
    if "credentials" in made:
        made["credentials"] = msgspec.structs.replace(made["credentials"], registrars=registrar_keys)
    return Genesis(spec, tuple((name, encode(record)) for name, record in made.items()))


def _identity(given: Mapping[str, Any], parties: Parties) -> identity.Parameters:
    return identity.Parameters(tuple(_identity_of(parties(name)) for name in given["organisations"]))


def _identity_of(wallet: Wallet) -> tuple[bytes, identity.Identity]:
    said = wallet.registration()
    record = identity.Identity(
        kind=said.kind,
        keys=said.keys,
        threshold=said.threshold,
        sequence=1,
        commitment=said.commitment,
        encryption_key=said.encryption_key,
        controller=said.controller,
        registered_ms=0,
        next=said.next,
    )
    return wallet.account, record


def _credentials(given: Mapping[str, Any], parties: Parties) -> credentials.Parameters:
    authorities = tuple(
        (parties(name).account, credentials.Authority(tuple(roles))) for name, roles in given["authorities"].items()
    )
    certification = credentials.Certification(
        tuple(parties(name).account for name in given["certifiers"]), tuple(given["certified"])
    )
    return credentials.Parameters(authorities, certification=certification)


def _release(given: Mapping[str, Any], parties: Parties) -> release.Committee:
    holders = msgspec.convert(given, Holders)
    return release.Committee(tuple(parties(name).account for name in holders.members), holders.threshold)


def _token(given: Mapping[str, Any], parties: Parties) -> token.Parameters:
    return token.Parameters(tuple((name, _allocation(allocation, parties)) for name, allocation in given.items()))


def _allocation(given: Mapping[str, Any], parties: Parties) -> token.Allocation:
    account = contract_account(given["contract"]) if "contract" in given else parties(given["party"]).account
    return token.Allocation(account, mul_div(TOTAL_SUPPLY_UACC, given["per_mille"], 1000, rounding="down"))


def _mining(given: Mapping[str, Any], _: Parties) -> mining.Terms:
    return mining.Terms(**given)


_PARAMETERS: Mapping[str, Callable[[Mapping[str, Any], Parties], Any]] = {
    "identity": _identity,
    "credentials": _credentials,
    "token": _token,
    "mining": _mining,
    "release": _release,
}
