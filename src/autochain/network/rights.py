"""What a subject may have of a network: the list of who read what of it, and erasure; the export is beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from ..onchain.contracts import market
from ..onchain.contracts.market import RECEIPTS, ListReceipts, Receipt
from ..onchain.contracts.recording import (
    MAX_DESTROYED,
    NOT_YOURS,
    RECORDINGS,
    STATEMENTS,
    Erase,
    Recording,
)
from ..onchain.ledger import Query, Table
from ..onchain.ledger.header import Header
from ..onchain.ledger.light import Proved
from ..onchain.refusals import Reason
from ..services.release import Forget, Member, ask_all, told
from ..wallet import Wallet
from .network import Network
from .retention import destroy_here

Progress = Callable[[int, int], None]
"""how many are done, of how many"""

NOT_COMPLETE = Reason(
    "network", 9, "The node does not show all that the chain counts.", "Ask another node, or again in a moment."
)
NOT_ERASED = Reason(
    "network",
    10,
    "Not every holder has stated that it destroyed its keys.",
    "Run the command again: what is done stays done.",
)
TRIES = 3
"""How often a list is asked for anew that grew while it was being proved."""


class Listed(NamedTuple):
    """One record of a list that was proved whole."""

    name: bytes
    record: Any
    proved: Proved


class Asked(NamedTuple):
    """A list of the chain: its records, the query that names them, and where they are counted."""

    table: Table[Any]
    query: Query[tuple[tuple[bytes, Any], ...]]
    counts: Table[Any]
    field: str
    among_others: Callable[[Any], bool] | None = None
    """Where the query names others' records, too: which of them are meant."""


class SharingList(NamedTuple):
    """Who read what of a subject: every receipt there is, each proved, as many as the chain counts."""

    receipts: list[tuple[bytes, Receipt]]
    header: Header
    """Under this header the chain counts so many."""


async def sharing_list(network: Network, account: bytes, *, progress: Progress) -> SharingList:
    """Gives all receipts of which an account is the subject; nothing of it is the node's word."""
    asked = Asked(RECEIPTS, ListReceipts(account), market.COUNTS, "sold")
    found, header = await proved_list(network, account, asked, progress)
    receipts = [(listed.name, listed.record) for listed in found]
    return SharingList(sorted(receipts, key=lambda pair: pair[1].bought_ms), header)


async def proved_list(
    network: Network, account: bytes, asked: Asked, progress: Progress
) -> tuple[list[Listed], Header]:
    """Gives a list with the proof of each of its records, and a header under which the chain counts as many.

    Records of such lists never go away: whoever is shown as many different ones as there are has been shown all, and
    what was proved once is not asked for again.
    """
    found: dict[bytes, Listed] = {}
    for _ in range(TRIES):
        listed = await network.client.pages(asked.query)
        meant = asked.among_others or (lambda _: True)
        new = sorted({name for name, record in listed if meant(record)} - found.keys())
        in_all = len(found) + len(new)
        for name in new:
            shown = await network.client.prove(asked.table, name)
            if shown.record is None:
                raise NOT_COMPLETE(name.hex())
            found[name] = Listed(name, shown.record, shown.proved)
            progress(len(found), in_all)
        counted = await network.client.prove(asked.counts, account)
        if len(found) == (getattr(counted.record, asked.field) if counted.record else 0):
            return list(found.values()), counted.header
    raise NOT_COMPLETE(f"{len(found)} shown")


class Holder(NamedTuple):
    """One member of the committee, and when it stated on the chain that it holds no key any more."""

    account: bytes
    destroyed_ms: int
    proved: Proved


class ErasureReceipt(NamedTuple):
    """What shows that a recording is erased: every holder's statement, signed as a transaction and proved."""

    recording: bytes
    holders: list[Holder]
    read_before: list[bytes]
    """Receipts on which it was read before: what these readers kept is out of reach."""


async def erase(
    network: Network, owner: Wallet, recordings: Sequence[bytes], *, progress: Progress
) -> list[ErasureReceipt]:
    """Erases recordings: on the chain, at every holder, and here; refuses where a holder has not stated it.

    Where one of them is not the owner's, none is erased.
    """
    names = list(dict.fromkeys(recordings))
    records: dict[bytes, Recording] = {}
    for name in names:
        shown: Recording | None = (await network.client.prove(RECORDINGS, name)).record
        if shown is None or shown.owner != owner.account:
            raise NOT_YOURS(name.hex())
        records[name] = shown
    receipts: list[ErasureReceipt] = []
    for at in range(0, len(names), MAX_DESTROYED):
        batch = tuple(names[at : at + MAX_DESTROYED])
        for name in batch:
            if records[name].is_kept(network.clock()):
                await network.client.send(owner, Erase(name))
        _, failed = await ask_all(network.committee, partial(_forget, names=batch))
        if failed:
            raise NOT_ERASED(told(failed))
        # Asked now, when nothing of it can be delivered any more.
        shared = await network.client.pages(ListReceipts(owner.account))
        read_before = [(receipt, read.recording) for receipt, read in shared if read.status == "delivered"]
        for name in batch:
            readers = [receipt for receipt, recording in read_before if recording == name]
            destroy_here(network, name, records[name], owner=owner.name)
            receipts.append(ErasureReceipt(name, await _holders(network, name), readers))
            progress(len(receipts), len(names))
    return receipts


async def _forget(member: Member, *, names: tuple[bytes, ...]) -> None:
    await member.release.forget(Forget(names))


async def _holders(network: Network, name: bytes) -> list[Holder]:
    """Gives what every holder has stated of an erased recording; refuses where one has not."""
    holders: list[Holder] = []
    for member in network.committee.members:
        stated = await network.client.prove(STATEMENTS, name, member.account)
        if stated.record is None:
            raise NOT_ERASED(member.account.hex())
        holders.append(Holder(member.account, stated.record.destroyed_ms, stated.proved))
    return holders
