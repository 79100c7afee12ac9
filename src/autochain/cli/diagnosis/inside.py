"""The process that looks into a home, with all libraries: `python -m autochain.cli.diagnosis.inside HOME still|used`.

It prints each finding as a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from ...network import CHAIN, Home, audit_vaults, check_contracts, now_ms, reach_network
from ...node import EmbeddedEngine, check_store
from ...onchain.refusals import Refusal
from ...vault import open_vault
from ...wallet import WALLET_OPEN, load, wallets
from ..options import home_at
from .finding import Finding, program
from .home_folder import SKEW_S

SAMPLE = 30
"""How many objects each store must show."""
NEEDED = ("validator", "ido", "operation")
"""Parties without which a network does not run, besides those that its facts name."""


def look(home: Home, *, still: bool) -> Iterator[Finding]:
    """Looks at what lies in a home; `still` says that no process uses it."""
    if not home.exists:
        if (home.path / "half-made").exists():
            detail = "its making was interrupted"
            yield Finding("doubtful", "network", detail, f"`{program()}` clears it away and begins again.")
        else:
            yield Finding("sound", "network", f"there is none yet in {home.path}; `{program()}` makes it")
        return
    try:
        facts = home.facts()
    except Refusal as refusal:
        yield _refused("network", refusal)
        return
    yield Finding("sound", "network", f"{facts.chain_id}, format {facts.format}")
    yield from _parties(home)
    yield from _stores(home)
    if not still:
        yield Finding("sound", "chain", "its store was checked when it was opened, and is in use")
        yield from asyncio.run(_running(home))
    elif home.chain(CHAIN).exists():
        yield _store(home)


def _refused(what: str, refusal: Refusal) -> Finding:
    return Finding("wrong", what, refusal.text, refusal.remedy)


def _parties(home: Home) -> Iterator[Finding]:
    """Opens each party's keys; a home of one member alone has no others."""
    facts = home.facts()
    own = {member.party for member in facts.members if not member.address} | {*facts.registrars, *NEEDED}
    needed = own if home.chain(CHAIN).exists() else set()
    folders = {path.name for path in home.parties.iterdir() if path.is_dir()} if home.parties.is_dir() else set()
    broken = False
    for name in sorted(needed | folders | set(wallets(home.parties))):
        for finding in _party(home, name):
            broken = True
            yield finding
    if not broken:
        yield Finding("sound", "parties", f"the keys of {len(wallets(home.parties))} open")


def _party(home: Home, name: str) -> Iterator[Finding]:
    """Finds what is wrong with one party's folder."""
    what, folder, facts = f"party {name}", home.parties / name, home.facts()
    restore = f"Restore {folder} from a copy; without it this party can't act any more."
    try:
        wallet = load(home.parties, name)
    except Refusal as refusal:
        yield Finding("wrong", what, refusal.text, refusal.remedy if refusal.reason == WALLET_OPEN else restore)
        return
    except OSError as error:
        yield Finding("wrong", what, f"{error.filename}: {error.strerror}", restore)
        return
    if name == "validator":
        validators = EmbeddedEngine.validators(wallet.public_key.data).hash().hex()
        if validators != facts.validators_hash:
            yield Finding("wrong", what, "its key is not the one that decides this chain", restore)
    if name in facts.registrars and not home.share(name).is_file():
        yield Finding("wrong", what, f"its share {home.share(name)} is not there", restore)
    member = next((each for each in facts.members if each.party == name), None)
    if member and member.account != wallet.account.hex():
        yield Finding("wrong", what, "it is not the member that the network names", restore)
    if member and (folder / "backup").exists() and not (folder / "backup-keys").is_dir():
        restored = f"Restore {folder / 'backup-keys'} from its copy; no backup opens without it."
        yield Finding("wrong", what, "the keys of its backups are not there", restored)


def _stores(home: Home) -> Iterator[Finding]:
    """Asks each store of encrypted objects for one that it can't have: one that is away can't say so."""
    for address in home.vaults or (str(home.vault),):
        try:
            if "://" not in address and not Path(address.removeprefix("file:")).is_dir():
                remedy = "Mount or restore it; other stores of AUTOCHAIN_VAULT heal it when they read."
                yield Finding("wrong", "vault", f"{address} is not there", remedy)
                continue
            open_vault(address).holds(secrets.token_bytes(32))
        except Refusal as refusal:
            yield _refused("vault", refusal)
        else:
            yield Finding("sound", "vault", f"{address} answers")


def _store(home: Home) -> Finding:
    """Has all that the chain has kept read and checked."""
    try:
        checked = check_store(home.chain(CHAIN))
    except Refusal as refusal:
        return _refused("chain", refusal)
    if not checked.blocks and not checked.entries:
        return Finding("wrong", "chain", "its store is empty", f"Restore {home.chain(CHAIN)} from a copy.")
    try:
        check_contracts(home)
    except Refusal as refusal:
        return _refused("chain", refusal)
    detail = f"its store is sound: {checked.entries:,} entries, {checked.blocks:,} blocks"
    return Finding("sound", "chain", f"{detail}; `{program()} check` looks at more")


async def _running(home: Home) -> list[Finding]:
    """Asks a network that runs for its time, and has its stores show a sample."""
    address = home.address()
    if address is None:
        return []
    try:
        async with reach_network(home, address, clock=now_ms) as network:
            ahead_s = ((await network.client.status()).time_ms - now_ms()) / 1000
            reports = await audit_vaults(network, challenges=SAMPLE)
    except Refusal as refusal:
        return [_refused("network", refusal)]
    found = []
    if ahead_s > SKEW_S:
        remedy = "Set the clock of this machine, as by `timedatectl set-ntp true`."
        found.append(Finding("wrong", "clock", f"the last block is {ahead_s:,.0f} s ahead of it", remedy))
    for report in reports:
        if report.sound:
            found.append(Finding("sound", "vault", f"{report.replica} shows {report.challenged} objects"))
        else:
            lost = len(report.missing) + len(report.corrupt) + len(report.unanswered)
            detail = f"{report.replica} does not show {lost} of {report.challenged} objects"
            found.append(Finding("wrong", "vault", detail, f"See `{program()} vault audit`."))
    return found


if __name__ == "__main__":
    for each in look(home_at(Path(sys.argv[1])), still=sys.argv[2] == "still"):
        print(json.dumps(each._asdict()), flush=True)
