"""A chain with everybody who has to do with a car's life, from its maker to the dismantler, and with the car."""

from __future__ import annotations

from autochain.onchain.contracts.credentials import Attest, Role
from autochain.onchain.contracts.vehicles import (
    ApproveSoftware,
    EnterService,
    GetHistory,
    GetLife,
    Life,
    Make,
    Recall,
    ReportSecurityEvent,
    Scrap,
    Sell,
    Step,
)
from autochain.onchain.crypto import sha256
from autochain.onchain.refusals import present

from .harness import Harness
from .party import Party

PAPERS = sha256(b"the papers of a step")
KM = 1_000
"""Metres."""
RXSWIN = "R79SWIN AC-26"


class Garage:
    """A chain with a `maker`, `registry`, `workshop`, `approver`, `dismantler`, an `owner`, a `buyer` and a `car`.

    The maker controls the car, whose life has not begun; each method takes one step of it.
    """

    def __init__(self, harness: Harness | None = None) -> None:
        self.harness = harness or Harness()
        self.maker = self._holder("maker", "maker")
        self.registry = self._holder("registry", "registration_authority")
        self.workshop = self._holder("workshop", "workshop")
        self.approver = self._holder("approver", "approval_authority")
        self.dismantler = self._holder("dismantler", "dismantler")
        self.owner = self.harness.register("ada")
        self.buyer = self.harness.register("ben")
        self.car = self.harness.register("car", "device", controller=self.maker)

    def _holder(self, name: str, role: Role) -> Party:
        party = self.harness.register(name, "organisation")
        self.harness.do(self.harness.treasury, Attest(party.account, role))
        return party

    def make(self, car: Party | None = None, *, odometer_m: int = 0) -> None:
        """Lets the maker begin the life of a car."""
        self.harness.do(self.maker, Make((car or self.car).account, PAPERS, odometer_m))

    def sell(self, seller: Party, taker: Party, *, odometer_m: int = 0) -> None:
        """Sells the car."""
        self.harness.do(seller, Sell(self.car.account, odometer_m, PAPERS), payer=taker)

    def bring_to_owner(self) -> None:
        """Makes the car, takes it into service and sells it to the owner, with 12 m on the odometer."""
        self.make()
        self.harness.do(self.registry, EnterService(self.car.account, PAPERS))
        self.sell(self.maker, self.owner, odometer_m=12)

    def recall(self, campaign: str = "brakes-26-01") -> None:
        """Lets the maker recall the car."""
        self.harness.do(self.maker, Recall((self.car.account,), campaign, PAPERS))

    def approve(self, version: str = "1.0", rxswin: str = RXSWIN) -> None:
        """Has a version of the maker's software approved."""
        self.harness.do(self.approver, ApproveSoftware(self.maker.account, rxswin, version, "E1*79*2026"))

    def report(self) -> None:
        """Lets the car report a security event."""
        self.harness.do(self.car, ReportSecurityEvent(self.car.account, PAPERS))

    def scrap(self, owner: Party, *, odometer_m: int = 12) -> None:
        """Ends the car's life."""
        self.harness.do(owner, Scrap(self.car.account, odometer_m, PAPERS), payer=self.dismantler)

    @property
    def life(self) -> Life:
        """The life of the car."""
        return present(self.harness.ask(GetLife(self.car.account)), "the car is made")

    @property
    def last(self) -> Step:
        """The last step of the car's life."""
        return self.harness.ask(GetHistory(self.car.account))[-1]
