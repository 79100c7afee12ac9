"""The vehicle's check of whoever wants to use it, with what it holds and no connection.

What a vehicle without a connection cannot know, and what bounds it:
- that it was sold, or its owner changed keys, since the last proof it was brought: it opens for `max_ownership_age_ms`
  more and then for nobody, until anybody brings it a newer proof;
- that a grant was revoked or suspended since the status list it holds: until that list expires; a grant that names a
  list is refused where the vehicle holds none;
- that its holder lost the key that a grant names, or rotated it: the grant's own end, and its revocation;
- the time, but for that of the last header it was shown: a clock set back makes a grant last longer;
- where it is, but by its own receiver, which can be deceived.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ....onchain.contracts.identity import IDENTITIES, Identity
from ....onchain.ids import did, from_did
from ....onchain.ledger.light import Proved, Trust, check_proved
from ....onchain.refusals import Refusal, present
from ....privacy import make_private_folder
from ....wallet.credentials import (
    DidUrl,
    Resolution,
    StatusList,
    acc_document,
    acc_metadata,
    check_status,
    decode_list,
    encode_list,
    from_ms,
    parse,
    read_status_list,
    to_ms,
)
from ....wallet.credentials.access import (
    CHALLENGE_BYTES,
    Answer,
    Grant,
    Resource,
    check_use,
    digest_of,
    errors,
    in_words_of_access,
    read_answer,
    verify_chain,
    verify_holder,
)
from .journal import Entry, Journal
from .kept import Counted, Kept, Listed, Owner, Ownership, load_kept, save_kept

CHALLENGE_MS = 60_000
MAX_CHALLENGES = 64
"""How many live at a time; of more, the oldest ends."""
MAX_SKEW_MS = 60_000
KEEP_LINES = 1_000
"""How many uses, and how many refusals, the logs keep: strangers who are refused push no use out."""
MAX_LISTS = 16
MAX_LIST_BYTES = 262_144
MAX_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Allowed:
    """One use that is allowed: it is counted and logged already."""

    resource: Resource
    holder: str
    grants: tuple[Grant, ...]
    """By which chain, the owner's grant first."""
    number: int
    """Its line in the log of uses."""


class Access:
    """Checks grants on one vehicle; one process at a time does, with any number of threads.

    `trust` says whose headers count, `vehicle` is the vehicle's account; `max_ownership_age_ms` bounds how old its
    knowledge of its owner may be; `chance` gives random bytes.
    """

    def __init__(
        self, folder: Path, *, vehicle: bytes, trust: Trust, max_ownership_age_ms: int, chance: Callable[[int], bytes]
    ) -> None:
        self.vehicle = vehicle
        self._trust = trust
        self._max_age_ms = max_ownership_age_ms
        self._chance = chance
        self._path = folder / "kept"
        self._guard = threading.RLock()
        self._challenges: dict[bytes, int] = {}
        """Those that live, and since when; none outlives the process, so that none can come back."""
        make_private_folder(folder)
        with ExitStack() as opened:
            opened.callback(os.close, _lock(folder / "lock"))
            self._uses = Journal(folder / "uses.jsonl", keep=KEEP_LINES)
            opened.callback(self._uses.close)
            self._refusals = Journal(folder / "refusals.jsonl", keep=KEEP_LINES)
            opened.callback(self._refusals.close)
            self._kept = load_kept(self._path)
            self._lists = {known.url: self._opened(known) for known in self._kept.lists}
            self._counts = {known.grant: known for known in self._kept.counted}
            for line in self._uses.lines():
                if line.number > self._kept.number:
                    self._count(line.entry)
            if self._uses.number < self._kept.number:
                raise errors.DAMAGED("uses that were counted are gone from their log")
            self._opened_files = opened.pop_all()

    def close(self) -> None:
        """Lets another process check."""
        self._opened_files.close()

    def challenge(self, *, now_ms: int) -> bytes:
        """Gives what the next answer has to sign, within 60 seconds."""
        with self._guard:
            self._challenges = {known: since for known, since in self._challenges.items() if _lives(since, now_ms)}
            while len(self._challenges) >= MAX_CHALLENGES:
                del self._challenges[next(iter(self._challenges))]
            challenge = self._chance(CHALLENGE_BYTES)
            self._challenges[challenge] = now_ms
            return challenge

    def check(self, data: bytes, *, now_ms: int, position_e7: tuple[int, int] | None) -> Allowed:
        """Allows one use, or refuses it; either stands in its log, on the disk, when this returns.

        `position_e7` is latitude and longitude in degrees times 10^7, or None where the vehicle does not know.
        """
        proved: list[Answer] = []
        with self._guard:
            try:
                return self._check(data, proved, now_ms=now_ms, position_e7=position_e7)
            except Refusal as refusal:
                shown = proved[0] if proved else None
                entry = Entry(
                    time=_second(now_ms),
                    result="refused",
                    resource=shown.resource if shown else None,
                    holder=shown.holder if shown else None,
                    grants=tuple(grant.id for grant in shown.grants) if shown else (),
                    reason=f"{refusal.codespace}/{refusal.code}",
                )
                self._refusals.append(entry)
                if self._refusals.is_full:
                    self._refusals.shorten()
                raise

    def _check(self, data: bytes, proved: list[Answer], *, now_ms: int, position_e7: tuple[int, int] | None) -> Allowed:
        shown = read_answer(data)
        since_ms = self._challenges.get(shown.challenge)
        if since_ms is None or not _lives(since_ms, now_ms):
            raise errors.REPLAYED()
        verify_holder(shown, vehicle=did(self.vehicle), now_ms=now_ms)
        proved.append(shown)
        # Spent by whoever signed it, allowed or not: else who overheard a refused answer could try it a minute later.
        del self._challenges[shown.challenge]
        self._check_owner(shown.grants[0], now_ms=now_ms)
        verify_chain(shown, self._resolve, now_ms=now_ms)
        for grant in shown.grants:
            check_use(grant, shown.resource, now_ms=now_ms, position_e7=position_e7)
        with in_words_of_access():
            check_status(shown.chain[0], self._status_list, now_ms=now_ms)
        entry = Entry(
            time=_second(now_ms),
            result="used",
            resource=shown.resource,
            holder=shown.holder,
            grants=tuple(grant.id for grant in shown.grants),
            challenge=shown.challenge.hex(),
            spends=self._spending(shown),
        )
        line = self._uses.append(entry)
        self._count(entry)
        if self._uses.is_full:
            self._save(self._kept, self._counts)
            self._uses.shorten()
        return Allowed(shown.resource, shown.holder, shown.grants, line.number)

    def take_ownership(self, vehicle: Proved, owner: Proved | None = None) -> None:
        """Takes a proof of the vehicle's record, and one of its owner's, from anybody; each only if none newer is held.

        With another ownership every grant, count and list of the one before ends, also where the owner is the same.
        Where the owner's proof is missing or refused, the vehicle's counts, and nobody's grants hold until it comes.
        """
        with self._guard:
            identity, height, time_ms = self._record(vehicle, self.vehicle)
            held = self._kept.ownership
            if held is not None and height < held.height:
                raise errors.OLDER(f"height {height}, not {held.height}")
            controller = present(identity.controller, "a device has a controller")
            ownership = Ownership(height, time_ms, controller, identity.controlled_ms, identity.active)
            is_another = held is None or (held.owner, held.since_ms) != (ownership.owner, ownership.since_ms)
            fresh = Kept(uses_before=self._uses.number, refusals_before=self._refusals.number)
            kept = msgspec.structs.replace(fresh if is_another else self._kept, ownership=ownership)
            # A clock that is set back before these times is refused, so that an expired grant never counts anew.
            ended_ms = time_ms - MAX_SKEW_MS
            counts = {} if is_another else {name: one for name, one in self._counts.items() if one.until_ms > ended_ms}
            self._save(kept, counts)
            self._counts = counts
            if is_another:
                self._lists = {}
            if owner is not None:
                self._take_owner(owner, controller)

    def _take_owner(self, proved: Proved, account: bytes) -> None:
        identity, height, time_ms = self._record(proved, account)
        held = self._kept.owner
        if held is not None and height < held.height:
            raise errors.OLDER(f"height {height}, not {held.height}")
        self._save(msgspec.structs.replace(self._kept, owner=Owner(height, time_ms, identity)), self._counts)

    def _record(self, proved: Proved, account: bytes) -> tuple[Identity, int, int]:
        """Gives a proved record with height and time of its header."""
        header = check_proved(self._trust, proved, key=IDENTITIES.key(account))
        if not proved.value:
            raise errors.OWNER_UNKNOWN(f"{did(account)} is not registered")
        return IDENTITIES.codec.decode(proved.value), header.height, header.time_ms

    def take_status(self, data: bytes, *, now_ms: int) -> None:
        """Takes a status list that the owner signed, from anybody; the newest of each address counts."""
        with self._guard, in_words_of_access():
            document = parse(data, max_bytes=MAX_LIST_BYTES)
            url = document.get("id")
            if self._kept.ownership is None or self._kept.owner is None:
                raise errors.OWNER_UNKNOWN()
            if not isinstance(url, str) or "validFrom" not in document:
                raise errors.MALFORMED("a status list has no address, or no time")
            found = read_status_list(document, url=url, resolver=self._resolve, now_ms=now_ms)
            if found.until_ms is None:
                raise errors.MALFORMED("a status list has no end")
            listed = Listed(url, found.purposes, to_ms(document["validFrom"]), found.until_ms, encode_list(found.bits))
            others = [known for known in self._kept.lists if known.url != url]
            if any(known.url == url and known.since_ms > listed.since_ms for known in self._kept.lists):
                raise errors.OLDER(url[:80])
            if len(others) >= MAX_LISTS:
                raise errors.TOO_MANY(f"{MAX_LISTS} status lists")
            self._save(msgspec.structs.replace(self._kept, lists=(*others, listed)), self._counts)
            self._lists[url] = found

    def log(self) -> bytes:
        """Gives the owner what was used and refused since it owns the vehicle, as JSON.

        Each line names the hash of the one before, `head` is that of the last. What was before is the former owner's.
        """
        with self._guard:
            parts = {
                name: {"lines": [line for line in journal.lines() if line.number > before], "head": journal.head}
                for name, journal, before in (
                    ("uses", self._uses, self._kept.uses_before),
                    ("refusals", self._refusals, self._kept.refusals_before),
                )
            }
            return msgspec.json.encode(parts)

    def _check_owner(self, grant: Grant, *, now_ms: int) -> None:
        """Refuses an owner's grant that is of another vehicle or ownership, or where what is known is too old."""
        if grant.vehicle != did(self.vehicle):
            raise errors.WRONG_VEHICLE(grant.vehicle[:80])
        ownership, owner = self._kept.ownership, self._kept.owner
        if ownership is None or owner is None:
            raise errors.OWNER_UNKNOWN()
        if now_ms < max(ownership.time_ms, owner.time_ms) - MAX_SKEW_MS:
            raise errors.CLOCK_BEHIND(from_ms(now_ms))
        if now_ms - min(ownership.time_ms, owner.time_ms) > self._max_age_ms:
            raise errors.OWNERSHIP_OLD(from_ms(min(ownership.time_ms, owner.time_ms)))
        if not ownership.active:
            raise errors.ENDED()
        if (grant.issuer, grant.owned_since_ms) != (did(ownership.owner), ownership.since_ms):
            raise errors.NOT_OWNER(grant.issuer[:80])

    def _resolve(self, url: DidUrl, /) -> Resolution:
        """Resolves the owner by its proved record."""
        owner = present(self._kept.owner, "an owner is resolved once it is known")
        ownership = present(self._kept.ownership, "an owner is resolved once it is known")
        if url.did != did(ownership.owner):
            raise errors.NOT_OWNER(url.did[:80])
        stated = owner.identity.document()
        metadata = acc_metadata(stated, registered_ms=owner.identity.registered_ms)
        return Resolution(acc_document(from_did(url.did), stated), metadata)

    def _status_list(self, url: str, /) -> StatusList:
        if url not in self._lists:
            raise errors.STATUS_UNKNOWN(url[:100])
        return self._lists[url]

    def _opened(self, known: Listed) -> StatusList:
        ownership = present(self._kept.ownership, "a list is kept of a known owner")
        bits = decode_list(known.encoded)
        return StatusList(known.url, did(ownership.owner), known.purposes, bits, known.until_ms)

    def _spending(self, shown: Answer) -> tuple[tuple[str, int], ...]:
        """Gives what one use counts against: every limited grant of the chain, so that heirs share what they have."""
        spends: list[tuple[str, int]] = []
        for grant, credential in zip(shown.grants, shown.chain, strict=True):
            if grant.uses is None:
                continue
            name = digest_of(credential)
            known = self._counts.get(name)
            if known is None and len(self._counts) + len(spends) >= MAX_COUNTED:
                raise errors.TOO_MANY(f"{MAX_COUNTED} grants that are counted")
            if known is not None and known.uses >= grant.uses:
                raise errors.SPENT(f"{grant.uses} of {grant.uses}, {grant.id[:80]}")
            spends.append((name.hex(), grant.until_ms))
        return tuple(spends)

    def _count(self, entry: Entry) -> None:
        for text, until_ms in entry.spends:
            name = bytes.fromhex(text)
            known = self._counts.get(name)
            self._counts[name] = Counted(name, known.uses + 1 if known else 1, until_ms)

    def _save(self, kept: Kept, counts: Mapping[bytes, Counted]) -> None:
        """Writes what is kept, with all uses counted so far."""
        kept = msgspec.structs.replace(kept, counted=tuple(counts.values()), number=self._uses.number)
        save_kept(self._path, kept)
        self._kept = kept


def _lives(since_ms: int, now_ms: int) -> bool:
    return since_ms <= now_ms < since_ms + CHALLENGE_MS


def _second(time_ms: int) -> str:
    return from_ms(time_ms - time_ms % 1000)


def _lock(path: Path) -> int:
    """Takes the folder for this process; the system lets it go with the process, however that ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise errors.IN_USE() from None
    return descriptor
