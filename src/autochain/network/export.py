"""An export of all that a network has about a party, in one zip file."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..onchain.codec import encode, named
from ..onchain.contracts import consent, market, recording
from ..onchain.contracts.consent import CONSENTS, OFFERS, ListConsents, ListOffers
from ..onchain.contracts.credentials import ATTESTATIONS, CERTIFICATES, ROLES, CertificatesOf
from ..onchain.contracts.identity import IDENTITIES
from ..onchain.contracts.market import PRODUCTS, RECEIPTS, ListProducts, ListReceipts
from ..onchain.contracts.mining import CLAIMED
from ..onchain.contracts.recording import RECORDINGS, STATEMENTS, ListRecordings, Recording
from ..onchain.contracts.token import BALANCES
from ..onchain.ledger import Table
from ..onchain.ledger.light import Proved
from ..onchain.refusals import Refusal
from ..signals import Part, read_part
from ..vault import KeyContext, Manifest, open_part, unwrap
from ..wallet import Wallet
from .network import Network
from .rights import Asked, Listed, Progress, proved_list


class Exported(NamedTuple):
    """What an export holds."""

    recordings: int
    parts: int
    """Parts whose readings are in it: of an erased recording there are none."""
    consents: int
    receipts: int
    offers: int
    products: int
    credentials: int
    """Those that it keeps, issued or held."""
    missing: list[str]
    """Readings and credentials that should be in it and could not be read, and why."""


_README = """What the chain {chain} has about you.

identity, balance, vehicles (yours now), attestations (of you and of them, by role), certificates (of them), recordings,
rewards (by recording), erasures (by recording and holder: its statement that it destroyed its keys), consents-given,
consents-received, offers, products, read-by-others, bought: each record as JSON, and beside it its proof (.proof: a key
of the chain's state, its value, an ICS-23 proof and a LightBlock of CometBFT, in MessagePack), which
`autochain.onchain.ledger.light.PROVED` reads and `check_proved` beside it checks. Of recordings, consents, offers,
products and purchases there are no others: the chain counts as many.
readings: what your vehicles recorded, as far as you still hold the keys.
credentials: those that you keep, issued or held, as JSON, opened: keep them safe. One of access that was passed on to
you has those above it in its file. They do not stand on the chain.
missing.txt, if it is there: readings whose keys you hold, and credentials, that could not be read, and why.
"""


async def export_data(network: Network, owner: Wallet, out: Path, *, progress: Progress) -> Exported:
    """Writes all that the network has about a party into a zip file: proved records, its readings and credentials.

    Readings and credentials that can't be read are named in it, and hold up no other.
    """
    account = owner.account
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _README.format(chain=network.facts.chain_id))
        found = {
            name: (await proved_list(network, account, asked, progress))[0] for name, asked in _lists(account).items()
        }
        for name, records in found.items():
            for listed in records:
                _write(archive, f"{name}/{listed.name.hex()}", listed.record, listed.proved)
        await _write_single(archive, network, account, found["recordings"])
        parts, missing = 0, list[str]()
        for listed in found["recordings"]:
            # In a thread, for a network that serves others must not wait for it.
            written, failed = await asyncio.to_thread(_write_readings, archive, network, owner, listed)
            parts, missing = parts + written, missing + failed
        credentials, unread = await asyncio.to_thread(_write_credentials, archive, network, owner)
        missing += unread
        if missing:
            archive.writestr("missing.txt", "".join(f"{line}\n" for line in missing))
    return Exported(
        len(found["recordings"]),
        parts,
        len(found["consents-given"]) + len(found["consents-received"]),
        len(found["read-by-others"]) + len(found["bought"]),
        len(found["offers"]),
        len(found["products"]),
        credentials,
        missing,
    )


def _lists(account: bytes) -> dict[str, Asked]:
    """Names the lists in which a party stands, of which the chain counts how long they are."""
    return {
        "recordings": Asked(RECORDINGS, ListRecordings(account), recording.COUNTS, "committed"),
        "consents-given": Asked(CONSENTS, ListConsents(account), consent.COUNTS, "granted"),
        "consents-received": Asked(CONSENTS, ListConsents(account, as_reader=True), consent.COUNTS, "received"),
        "offers": Asked(OFFERS, ListOffers(account), consent.COUNTS, "offered"),
        "products": Asked(
            PRODUCTS, ListProducts(), market.COUNTS, "published", lambda product: product.publisher == account
        ),
        "read-by-others": Asked(RECEIPTS, ListReceipts(account), market.COUNTS, "sold"),
        "bought": Asked(RECEIPTS, ListReceipts(account, as_reader=True), market.COUNTS, "bought"),
    }


async def _write_single(archive: zipfile.ZipFile, network: Network, account: bytes, recordings: list[Listed]) -> None:
    """Writes the records that stand alone: who the party is and what it has, and what became of its recordings."""

    async def write(path: str, table: Table[Any], *name: bytes | str) -> Any:
        shown = await network.client.prove(table, *name)
        if shown.record is not None:
            _write(archive, path, shown.record, shown.proved)
        return shown.record

    await write(f"identity/{account.hex()}", IDENTITIES, account)
    await write(f"balance/{account.hex()}", BALANCES, account)
    # The chain has no list of an account's vehicles: those that recorded for it, and those whose keys lie here.
    vehicles = {listed.record.vehicle for listed in recordings} | network.names().keys()
    own = [vehicle for vehicle in sorted(vehicles) if await _is_own(network, vehicle, account)]
    for vehicle in own:
        await write(f"vehicles/{vehicle.hex()}", IDENTITIES, vehicle)
    for subject in (account, *own):
        for role in ROLES:
            await write(f"attestations/{subject.hex()}.{role}", ATTESTATIONS, subject, role)
    for vehicle in own:
        for fingerprint, _ in await network.client.pages(CertificatesOf(vehicle)):
            await write(f"certificates/{fingerprint.hex()}", CERTIFICATES, fingerprint)
    for listed in recordings:
        await write(f"rewards/{listed.name.hex()}", CLAIMED, listed.name)
        for member in network.committee.members:
            if not listed.record.is_kept(network.clock()):
                path = f"erasures/{listed.name.hex()}.{member.account.hex()}"
                await write(path, STATEMENTS, listed.name, member.account)


async def _is_own(network: Network, vehicle: bytes, account: bytes) -> bool:
    record = (await network.client.prove(IDENTITIES, vehicle)).record
    return record is not None and record.controller == account


def _write(archive: zipfile.ZipFile, path: str, record: Any, proved: Proved) -> None:
    archive.writestr(f"{path}.json", json.dumps(named(record), indent=2))
    archive.writestr(f"{path}.proof", encode(proved))


def _write_readings(archive: zipfile.ZipFile, network: Network, owner: Wallet, listed: Listed) -> tuple[int, list[str]]:
    """Writes the parts of a recording whose keys the owner holds; gives how many, and which could not be read."""
    held = {
        f"readings/{listed.name.hex()}/{context.category}.{context.precision}.csv": context
        for context in _held(network, owner, listed.name, listed.record)
    }
    if not held:
        return 0, []
    try:
        manifest = network.vault.get_manifest(listed.record.manifest_root)
    except Refusal as refusal:
        return 0, [f"{path}: {refusal}" for path in held]
    missing: list[str] = []
    for path, context in held.items():
        try:
            part = _own_part(network, owner, context, manifest)
        except (OSError, Refusal) as error:
            missing.append(f"{path}: {error}")
        else:
            archive.writestr(path, "".join(f"{line}\n" for line in _csv(part)))
    return len(held) - len(missing), missing


def _write_credentials(archive: zipfile.ZipFile, network: Network, owner: Wallet) -> tuple[int, list[str]]:
    """Writes the credentials that a party keeps; gives how many, and which could not be opened."""
    # Here, for commands that export nothing must not wait until the libraries behind it are loaded.
    from ..wallet.credentials import write
    from .credentials import CredentialFolder, write_chain

    folder, missing = CredentialFolder(network.home.parties, owner.name), list[str]()
    names = folder.names()
    for name in names:
        path = f"credentials/{name}.json"
        try:
            kept = folder.get(name)
        except Refusal as refusal:
            missing.append(f"{path}: {refusal}")
        else:
            archive.writestr(path, write_chain(kept) if kept.above else write(kept.document))
    return len(names) - len(missing), missing


def own_readings(network: Network, owner: Wallet, name: bytes, record: Recording) -> Iterator[Part]:
    """Yields the parts of a recording whose keys its owner holds."""
    held = _held(network, owner, name, record)
    if held:
        manifest = network.vault.get_manifest(record.manifest_root)
        yield from (_own_part(network, owner, context, manifest) for context in held)


def _held(network: Network, owner: Wallet, name: bytes, record: Recording) -> list[KeyContext]:
    """Lists the parts of a recording whose keys its owner holds."""
    keys = network.keys(owner.name)
    contexts = [
        KeyContext(network.facts.chain_id, name, part.category, part.precision, owner.account) for part in record.parts
    ]
    return [context for context in contexts if keys.holds(context)]


def _own_part(network: Network, owner: Wallet, context: KeyContext, manifest: Manifest) -> Part:
    """Opens one part with the key that its owner holds."""
    sealed = manifest.part(context.category, context.precision)
    key = unwrap(owner, network.keys(owner.name).get(context), context)
    return read_part(open_part(sealed, key, recording=context.recording, get=network.vault.get))


def _csv(part: Part) -> Iterator[str]:
    """Yields a part's readings as lines, one a row."""
    yield ",".join(("time_ms", *part.columns))
    for row, time_ms in enumerate(part.times_ms):
        values = (column[row] for column in part.columns.values())
        yield ",".join((str(time_ms), *("" if value is None else repr(value) for value in values)))
