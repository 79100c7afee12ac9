"""The usual scene: an owner with an attested car that records drives, and a buyer who wants to read them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from autochain.onchain.contracts.consent import Grant, Granted, Offer, Offered, Terms
from autochain.onchain.contracts.credentials import Attest, Role
from autochain.onchain.contracts.market import Bought, Deliver, Read
from autochain.onchain.contracts.recording import (
    HOUR_MS,
    Commit,
    Part,
    recording_id,
)
from autochain.onchain.crypto import sha256

from .harness import ACC, START_MS, Harness
from .party import Party

DAY_MS = 24 * HOUR_MS


class Scene:
    """A chain with `owner`, `car` and `buyer`, and what they usually send.

    `a_...` gives a message that is right as it stands, with any field changed by name; the other methods send it.
    """

    def __init__(self, harness: Harness | None = None) -> None:
        self.harness = harness or Harness()
        self.owner = self.harness.register("owner", "person")
        self.buyer = self.harness.register("buyer", "organisation")
        self.car = self.attested_car("car", self.owner)

    def attested_car(self, name: str, owner: Party) -> Party:
        """Registers a car of an owner's and has it attested as a vehicle."""
        car = self.harness.register(name, "device", controller=owner)
        self.harness.do(self.harness.treasury, Attest(car.account, "vehicle", sha256(b"VIN of " + name.encode())))
        return car

    def a_drive(self, name: str = "a drive", **changes: Any) -> Commit:
        """A commit to a drive in the hour before the chain began; another name makes other readings."""
        commit = Commit(
            fingerprint=sha256(name.encode()),
            manifest_root=sha256(b"manifest of " + name.encode()),
            parts=(
                Part("motion", "coarse", 400),
                Part("motion", "exact", 4_000),
                Part("position", "exact", 8_000),
            ),
            points=95,
            start_ms=START_MS - HOUR_MS,
            end_ms=START_MS,
            keep_until_ms=START_MS + 365 * DAY_MS,
        )
        return replace(commit, **changes)

    def this_hour(self) -> dict[str, int]:
        """The beginning and end of a drive in the hour of the last block."""
        start_ms = self.harness.now_ms - self.harness.now_ms % HOUR_MS
        return {"start_ms": start_ms, "end_ms": start_ms + HOUR_MS}

    def commit(self, name: str = "a drive", **changes: Any) -> bytes:
        """Lets the car commit to a drive and gives the recording's id."""
        drive = self.a_drive(name, **changes)
        self.harness.do(self.car, drive)
        return recording_id(self.car.account, drive.fingerprint)

    def a_grant(self, **changes: Any) -> Grant:
        """The owner's consent that the buyer reads the car's exact motion for research, for half an ACC each."""
        reader = changes.pop("reader", self.buyer.account)
        return Grant(reader, self.terms(**changes))

    def terms(self, **changes: Any) -> Terms:
        """What the owner lets read: the car's exact motion for research, for half an ACC each."""
        terms = Terms(
            vehicle=self.car.account,
            purpose="research",
            categories=("motion",),
            precision="exact",
            from_ms=START_MS - DAY_MS,
            until_ms=START_MS + DAY_MS,
            price_uacc=ACC // 2,
            expires_ms=START_MS + 30 * DAY_MS,
        )
        return replace(terms, **changes)

    def grant(self, **changes: Any) -> bytes:
        """Lets the owner grant a consent and gives its id."""
        (event,) = self.harness.do(self.owner, self.a_grant(**changes))
        assert isinstance(event, Granted)
        return event.consent

    def a_read(self, recording: bytes, consent: bytes, **changes: Any) -> Read:
        """The buyer's request for exact motion, for research."""
        return replace(Read(recording, consent, "research", ("motion",), "exact"), **changes)

    def read(self, recording: bytes, consent: bytes, **changes: Any) -> bytes:
        """Lets the buyer read and gives the receipt's id."""
        events = self.harness.do(self.buyer, self.a_read(recording, consent, **changes))
        (bought,) = (event for event in events if isinstance(event, Bought))
        return bought.receipt

    def offer(self, *, role: Role = "buyer", **changes: Any) -> bytes:
        """Lets the owner make an offer with its usual terms and gives its id."""
        (event,) = self.harness.do(self.owner, Offer(self.terms(**changes), role))
        assert isinstance(event, Offered)
        return event.offer

    def deliver(self, *receipts: bytes, members: int = 2) -> None:
        """Lets so many members of the committee give their shares; the treasury pays their fees."""
        for member in self.harness.members[:members]:
            self.harness.do(member, Deliver(receipts), payer=self.harness.treasury)
