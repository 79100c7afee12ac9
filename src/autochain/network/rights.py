"""What a subject may have of a network: the sharing list, an export of all about it, and erasure."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ..onchain.codec import Codec, Record, encode
from ..onchain.contracts import consent, market, recording
from ..onchain.contracts.consent import CONSENTS, ListConsents
from ..onchain.contracts.identity import IDENTITIES
from ..onchain.contracts.market import RECEIPTS, ListReceipts, Receipt
from ..onchain.contracts.recording import MAX_DESTROYED, RECORDINGS, STATEMENTS, Erase, GetRecording, ListRecordings
from ..onchain.ids import Id
from ..onchain.ledger import Query, Table
from ..onchain.ledger.header import Header
from ..onchain.ledger.light import Proved
from ..onchain.refusals import Reason
from ..services.release import Forget, Member, ask_all, told
from ..signals import Part, read_part
from ..vault import KeyContext, open_part, unwrap
from ..wallet import Wallet
from .network import Network

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


class Proof(Record, frozen=True):
    """A record of the chain with its proof, as it lies in an export; anybody can check it who knows the validators."""

    name: Id
    proved: Proved


PROOF: Codec[Proof] = Codec(Proof, max_bytes=1_048_576)


class Listed(NamedTuple):
    """One record of a list that was proved whole."""

    name: bytes
    record: Any
    proved: Proved


class _List(NamedTuple):
    """A list of the chain: its records, the query that names them, and where they are counted."""

    table: Table[Any]
    query: Query[tuple[tuple[bytes, Any], ...]]
    counts: Table[Any]
    field: str


class SharingList(NamedTuple):
    """Who read what of a subject: every receipt there is, each proved, as many as the chain counts."""

    receipts: list[tuple[bytes, Receipt]]
    header: Header
    """Under this header the chain counts so many."""


async def sharing_list(network: Network, account: bytes, *, progress: Progress) -> SharingList:
    """Gives all receipts of which an account is the subject; nothing of it is the node's word."""
    asked = _List(RECEIPTS, ListReceipts(account), market.COUNTS, "sold")
    found, header = await _proved(network, account, asked, progress)
    receipts = [(listed.name, listed.record) for listed in found]
    return SharingList(sorted(receipts, key=lambda pair: pair[1].bought_ms), header)


async def _proved(network: Network, account: bytes, asked: _List, progress: Progress) -> tuple[list[Listed], Header]:
    """Gives a list with the proof of each of its records, and a header under which the chain counts as many.

    Records of such lists never go away: whoever is shown as many different ones as there are has been shown all.
    """
    found: list[Listed] = []
    for _ in range(TRIES):
        names = sorted({name for name, _ in await network.client.pages(asked.query)})
        found.clear()
        for done, name in enumerate(names, 1):
            shown = await network.client.prove(asked.table, name)
            if shown.record is None:
                raise NOT_COMPLETE(name.hex())
            found.append(Listed(name, shown.record, shown.proved))
            progress(done, len(names))
        counted = await network.client.prove(asked.counts, account)
        if len(found) == (getattr(counted.record, asked.field) if counted.record else 0):
            return found, counted.header
    raise NOT_COMPLETE(f"{len(found)} shown")


class Exported(NamedTuple):
    """What an export holds."""

    recordings: int
    parts: int
    """Parts whose readings are in it: of an erased recording there are none."""
    consents: int
    receipts: int


async def export_data(network: Network, owner: Wallet, out: Path, *, progress: Progress) -> Exported:
    """Writes all that the network has about a party into a zip file: records with their proofs, and its readings."""
    account = owner.account
    lists = {
        "recordings": _List(RECORDINGS, ListRecordings(account), recording.COUNTS, "committed"),
        "consents-given": _List(CONSENTS, ListConsents(account), consent.COUNTS, "granted"),
        "consents-received": _List(CONSENTS, ListConsents(account, as_reader=True), consent.COUNTS, "received"),
        "read-by-others": _List(RECEIPTS, ListReceipts(account), market.COUNTS, "sold"),
        "bought": _List(RECEIPTS, ListReceipts(account, as_reader=True), market.COUNTS, "bought"),
    }
    identity = await network.client.prove(IDENTITIES, account)
    counts: dict[str, int] = {}
    parts = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _README.format(chain=network.facts.chain_id))
        _write(archive, "identity", Listed(account, identity.record, identity.proved))
        for name, asked in lists.items():
            found, _ = await _proved(network, account, asked, progress)
            counts[name] = len(found)
            for listed in found:
                _write(archive, name, listed)
                if name == "recordings":
                    parts += _write_readings(archive, network, owner, listed)
    return Exported(
        counts["recordings"],
        parts,
        counts["consents-given"] + counts["consents-received"],
        counts["read-by-others"] + counts["bought"],
    )


_README = """What the chain {chain} has about you.

identity, recordings, consents-given, consents-received, read-by-others, bought: each record as JSON, and beside it
its proof (.proof: the record's id and a LightBlock of CometBFT with an ICS-23 proof, in MessagePack), which
`autochain.network.rights.PROOF` reads and `autochain.onchain.ledger.light.check_proved` checks.
readings: what your vehicles recorded, as far as you still hold the keys.
"""


def _write(archive: zipfile.ZipFile, folder: str, listed: Listed) -> None:
    path = f"{folder}/{listed.name.hex()}"
    archive.writestr(f"{path}.json", json.dumps(_named(listed.record), indent=2))
    archive.writestr(f"{path}.proof", encode(Proof(listed.name, listed.proved)))


def _named(value: Any) -> Any:
    """Writes a record as JSON does: fields by their names, bytes in hexadecimal."""
    if isinstance(value, msgspec.Struct):
        return {field: _named(getattr(value, field)) for field in value.__struct_fields__}
    if isinstance(value, tuple):
        return [_named(each) for each in value]
    return value.hex() if isinstance(value, bytes) else value


def _write_readings(archive: zipfile.ZipFile, network: Network, owner: Wallet, listed: Listed) -> int:
    """Writes the parts of a recording whose keys the owner holds; gives how many there are."""
    keys, record = network.keys(owner.name), listed.record
    contexts = [
        KeyContext(network.facts.chain_id, listed.name, part.category, part.precision, owner.account)
        for part in record.parts
    ]
    held = [context for context in contexts if keys.holds(context)]
    if not held:
        return 0
    manifest = network.vault.get_manifest(record.manifest_root)
    for context in held:
        sealed = manifest.part(context.category, context.precision)
        key = unwrap(owner, keys.get(context), context)
        part = read_part(open_part(sealed, key, recording=listed.name, get=network.vault.get))
        path = f"readings/{listed.name.hex()}/{context.category}.{context.precision}.csv"
        archive.writestr(path, "".join(f"{line}\n" for line in _csv(part)))
    return len(held)


def _csv(part: Part) -> Iterator[str]:
    """Yields a part's readings as lines, one a row."""
    yield ",".join(("time_ms", *part.columns))
    for row, time_ms in enumerate(part.times_ms):
        values = (column[row] for column in part.columns.values())
        yield ",".join((str(time_ms), *("" if value is None else repr(value) for value in values)))


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


async def erase(network: Network, owner: Wallet, names: Sequence[bytes], *, progress: Progress) -> list[ErasureReceipt]:
    """Erases recordings: on the chain, at every holder, and here; refuses where a holder has not stated it."""
    receipts: list[ErasureReceipt] = []
    for at in range(0, len(names), MAX_DESTROYED):
        batch = tuple(names[at : at + MAX_DESTROYED])
        for name in batch:
            shown = (await network.client.prove(RECORDINGS, name)).record
            if shown is None or shown.owner != owner.account or shown.is_kept(network.clock()):
                await network.client.send(owner, Erase(name))
        _, failed = await ask_all(network.committee, partial(_forget, names=batch))
        if failed:
            raise NOT_ERASED(told(failed))
        # Asked now, when nothing of it can be delivered any more.
        shared = await network.client.pages(ListReceipts(owner.account))
        read_before = [(receipt, read.recording) for receipt, read in shared if read.status == "delivered"]
        for name in batch:
            readers = [receipt for receipt, recording in read_before if recording == name]
            receipts.append(await _erased(network, owner, name, readers))
            progress(len(receipts), len(names))
    return receipts


async def _forget(member: Member, *, names: tuple[bytes, ...]) -> None:
    await member.release.forget(Forget(names))


async def _erased(network: Network, owner: Wallet, name: bytes, read_before: list[bytes]) -> ErasureReceipt:
    """Destroys what lies here, and gives the receipt of what the others have stated."""
    record = await network.client.ask(GetRecording(name))
    network.keys(owner.name).destroy(name)
    network.keys(owner.name).drop(name)
    if record is not None:
        network.remove_objects(record.manifest_root)
    holders: list[Holder] = []
    for member in network.committee.members:
        stated = await network.client.prove(STATEMENTS, name, member.account)
        if stated.record is None:
            raise NOT_ERASED(member.account.hex())
        holders.append(Holder(member.account, stated.record.destroyed_ms, stated.proved))
    return ErasureReceipt(name, holders, read_before)
