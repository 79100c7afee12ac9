"""Certificates: who applies, who issues, who revokes, and that a certified role is none without one."""

from __future__ import annotations

import pytest
from chains.scene import DAY_MS
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from autochain.onchain.contracts import mining
from autochain.onchain.contracts.credentials import (
    APPLICATIONS,
    LIVE,
    ROLES,
    Application,
    Applications,
    ApplyForCertificate,
    Attest,
    Authority,
    Certificate,
    CertificateAppliedFor,
    CertificateIssued,
    CertificateRevoked,
    CertificatesOf,
    Certification,
    GetCertificate,
    GetCertification,
    Holds,
    IssueCertificate,
    Live,
    Parameters,
    RevokeCertificate,
    Role,
    errors,
)
from autochain.onchain.contracts.identity import HandOver, Revoke
from autochain.onchain.crypto import PublicKey, sha256
from autochain.onchain.crypto.suites import BAD_KEY
from autochain.onchain.refusals import Broken
from chains import Harness, Party, Scene, entries

REQUEST, SERIAL = sha256(b"a certificate signing request"), bytes(range(16))
FIRST, SECOND = sha256(b"the first certificate"), sha256(b"the second certificate")


def chain_that_certifies(*certified: Role) -> Scene:
    """Gives a scene on a chain that certifies these roles, with the treasury and the first member as certifiers."""
    treasury, member = Party.make("treasury", "organisation"), Party.make("member 1", "organisation")
    certification = Certification((treasury.account, member.account), certified)
    named = ((treasury.account, Authority(ROLES)),)
    return Scene(Harness(parameters={"credentials": Parameters(named, certification=certification)}, block_ms=1))


def apply(scene: Scene, device: Party | None = None) -> None:
    device = device or scene.car
    scene.harness.do(device, ApplyForCertificate(REQUEST, device.registration.keys[0]))


def an_issue(scene: Scene, fingerprint: bytes = FIRST, days: int = 365) -> IssueCertificate:
    now_ms = scene.harness.now_ms
    return IssueCertificate(scene.car.account, SERIAL, fingerprint, now_ms, now_ms + days * DAY_MS)


def certify(scene: Scene, fingerprint: bytes = FIRST, days: int = 365) -> int:
    """Lets the car apply and the treasury issue, and gives when the certificate ends."""
    apply(scene)
    issue = an_issue(scene, fingerprint, days)
    scene.harness.do(scene.harness.treasury, issue)
    return issue.not_after_ms


def test_an_application_waits_until_its_certificate_is_issued(scene: Scene) -> None:
    harness, car = scene.harness, scene.car
    key = car.registration.keys[0]
    for request in (sha256(b"a mistake"), REQUEST):
        events = harness.do(car, ApplyForCertificate(request, key))
        assert events == (CertificateAppliedFor(car.account, request),)
    assert harness.ask(Applications()) == ((car.account, Application(REQUEST, key, harness.now_ms)),)
    assert harness.ask(Applications(after=car.account)) == ()
    issue = an_issue(scene)
    events = harness.do(harness.treasury, issue)
    assert events == (CertificateIssued(car.account, harness.treasury.account, FIRST),)
    assert entries(harness, APPLICATIONS) == []
    record = Certificate(
        device=car.account,
        issuer=harness.treasury.account,
        serial=SERIAL,
        request=REQUEST,
        key=key,
        not_before_ms=issue.not_before_ms,
        not_after_ms=issue.not_after_ms,
        issued_ms=harness.now_ms,
    )
    assert harness.ask(GetCertificate(FIRST)) == record
    assert harness.ask(CertificatesOf(car.account)) == ((FIRST, record),)
    assert harness.ask(CertificatesOf(car.account, after=FIRST)) == ()
    assert harness.ask(GetCertificate(SECOND)) is None


def test_only_devices_apply_and_only_with_keys_that_x509_has_everywhere(scene: Scene) -> None:
    harness = scene.harness
    key = scene.owner.registration.keys[0]
    harness.refuses(errors.NOT_A_DEVICE, scene.owner, ApplyForCertificate(REQUEST, key))
    for suite in (0, 3, 4, 5):
        unfit = harness.refuses(errors.UNFIT_KEY, scene.car, ApplyForCertificate(REQUEST, replace(key, suite=suite)))
        assert unfit.weight_used == 0
    harness.refuses(BAD_KEY, scene.car, ApplyForCertificate(REQUEST, PublicKey(1, bytes(31))))


def test_only_a_certifier_issues_and_only_upon_an_application(scene: Scene) -> None:
    harness = scene.harness
    harness.refuses(errors.NO_APPLICATION, harness.treasury, an_issue(scene))
    apply(scene)
    for stranger in (scene.owner, scene.car, scene.buyer):
        harness.refuses(errors.NOT_A_CERTIFIER, stranger, an_issue(scene))
    harness.do(harness.treasury, an_issue(scene))
    harness.refuses(errors.NO_APPLICATION, harness.treasury, an_issue(scene, SECOND))
    apply(scene)
    harness.refuses(errors.CERTIFICATE_KNOWN, harness.treasury, an_issue(scene))


def test_a_certificate_is_valid_when_it_comes_and_for_730_days_at_most() -> None:
    scene = chain_that_certifies()
    harness = scene.harness
    apply(scene)
    next_ms = harness.now_ms + 1
    for before_ms, after_ms in (
        (next_ms + 1, next_ms + DAY_MS),
        (next_ms - DAY_MS, next_ms),
        (next_ms, next_ms + 730 * DAY_MS + 1),
        (next_ms - DAY_MS, next_ms + 729 * DAY_MS + 1),
    ):
        wrong = IssueCertificate(scene.car.account, SERIAL, FIRST, before_ms, after_ms)
        harness.refuses(errors.BAD_PERIOD, harness.treasury, wrong)
        next_ms = next_ms + 1
    right = IssueCertificate(scene.car.account, SERIAL, FIRST, next_ms, next_ms + 730 * DAY_MS)
    harness.do(harness.treasury, right)


def test_a_device_that_is_revoked_gets_no_certificate(scene: Scene) -> None:
    apply(scene)
    scene.harness.do(scene.owner, Revoke(scene.car.account))
    scene.harness.refuses(errors.UNKNOWN_SUBJECT, scene.harness.treasury, an_issue(scene))


def test_a_new_certificate_ends_the_former_one(scene: Scene) -> None:
    harness, car = scene.harness, scene.car.account
    certify(scene)
    apply(scene)
    issue = an_issue(scene, SECOND)
    assert harness.do(harness.treasury, issue) == (
        CertificateRevoked(car, FIRST, "superseded"),
        CertificateIssued(car, harness.treasury.account, SECOND),
    )
    former = harness.ask(GetCertificate(FIRST))
    assert former is not None
    assert (former.revoked_ms, former.reason) == (harness.now_ms, "superseded")
    assert entries(harness, LIVE) == [(car, Live(SECOND, issue.not_after_ms))]
    assert [name for name, _ in harness.ask(CertificatesOf(car))] == sorted((FIRST, SECOND))


@pytest.mark.parametrize("by_owner", [False, True])
def test_issuer_and_owner_revoke_a_certificate_once_and_for_ever(scene: Scene, by_owner: bool) -> None:
    harness, sender = scene.harness, scene.owner if by_owner else scene.harness.treasury
    certify(scene)
    revoke = RevokeCertificate(FIRST, "key_compromise")
    assert harness.do(sender, revoke) == (CertificateRevoked(scene.car.account, FIRST, "key_compromise"),)
    record = harness.ask(GetCertificate(FIRST))
    assert record is not None
    assert (record.revoked_ms, record.reason) == (harness.now_ms, "key_compromise")
    assert entries(harness, LIVE) == []
    for again in (scene.owner, harness.treasury):
        harness.refuses(errors.CERTIFICATE_REVOKED, again, revoke)


def test_nobody_else_revokes_a_certificate_and_who_sold_the_car_no_more() -> None:
    scene = chain_that_certifies()
    harness, other = scene.harness, scene.harness.members[0]
    certify(scene)
    revoke = RevokeCertificate(FIRST, "unspecified")
    harness.refuses(errors.NOT_YOUR_CERTIFICATE, harness.treasury, replace(revoke, fingerprint=SECOND))
    for stranger in (scene.buyer, scene.car, other):
        payer = harness.treasury if stranger is other else None
        harness.refuses(errors.NOT_YOUR_CERTIFICATE, stranger, revoke, payer=payer)
    harness.do(scene.owner, HandOver(scene.car.account), payer=scene.buyer)
    harness.refuses(errors.NOT_YOUR_CERTIFICATE, scene.owner, revoke)
    harness.do(scene.buyer, revoke)


def test_another_certifier_revokes_what_a_lost_one_issued() -> None:
    scene = chain_that_certifies()
    harness, other = scene.harness, scene.harness.members[0]
    certify(scene)
    harness.do(harness.treasury, Revoke(harness.treasury.account))
    harness.refuses(errors.NOT_YOUR_CERTIFICATE, scene.buyer, RevokeCertificate(FIRST, "unspecified"))
    harness.do(other, RevokeCertificate(FIRST, "privilege_withdrawn"), payer=scene.buyer)


def test_a_certified_role_is_none_without_a_live_certificate() -> None:
    scene = chain_that_certifies("vehicle")
    harness, holds = scene.harness, Holds(scene.car.account, "vehicle")
    assert not harness.ask(holds)
    end_ms = certify(scene)
    assert harness.ask(holds)
    harness.do(scene.owner, RevokeCertificate(FIRST, "unspecified"))
    assert not harness.ask(holds)
    end_ms = certify(scene, SECOND)
    harness.advance(end_ms - 1 - harness.now_ms)
    assert harness.ask(holds)
    harness.advance(1)
    assert not harness.ask(holds)
    certify(scene, sha256(b"the third"))
    assert harness.ask(holds)
    harness.do(scene.owner, Revoke(scene.car.account))
    assert not harness.ask(holds)


def test_a_role_that_the_chain_does_not_certify_needs_no_certificate() -> None:
    scene = chain_that_certifies("roadside_unit")
    assert scene.harness.ask(Holds(scene.car.account, "vehicle"))
    scene.harness.do(scene.harness.treasury, Attest(scene.car.account, "roadside_unit"))
    assert not scene.harness.ask(Holds(scene.car.account, "roadside_unit"))


def test_a_certificate_alone_gives_no_role() -> None:
    scene = chain_that_certifies("vehicle", "roadside_unit")
    certify(scene)
    assert not scene.harness.ask(Holds(scene.car.account, "roadside_unit"))


def test_a_vehicle_without_a_live_certificate_earns_nothing_where_vehicles_are_certified() -> None:
    scene = chain_that_certifies("vehicle")
    harness, drives = scene.harness, [scene.commit(name) for name in ("one", "two", "three")]
    harness.refuses(mining.errors.NOT_ATTESTED, scene.car, mining.Claim(drives[0]))
    end_ms = certify(scene, days=1)
    harness.do(scene.car, mining.Claim(drives[0]))
    harness.do(harness.treasury, RevokeCertificate(FIRST, "key_compromise"))
    harness.refuses(mining.errors.NOT_ATTESTED, scene.car, mining.Claim(drives[1]))
    end_ms = certify(scene, SECOND, days=1)
    harness.do(scene.car, mining.Claim(drives[1]))
    harness.advance(end_ms - harness.now_ms)
    harness.refuses(mining.errors.NOT_ATTESTED, scene.car, mining.Claim(drives[2]))


def test_everybody_can_read_who_certifies_what() -> None:
    asked = chain_that_certifies("vehicle").harness.ask(GetCertification())
    assert (len(asked.certifiers), asked.certified) == (2, ("vehicle",))


@pytest.mark.parametrize(
    ("certification", "named"),
    [(Certification((bytes(20),), ("owner",)), "roles of devices"), (Certification((), ("vehicle",)), "somebody")],
)
def test_a_chain_whose_certification_can_not_work_does_not_begin(certification: Certification, named: str) -> None:
    with pytest.raises(Broken, match=named):
        Harness(parameters={"credentials": Parameters(certification=certification)})


class Certificates(RuleBasedStateMachine):
    """Two cars of two owners, two certifiers, and what plain books say of every certificate."""

    def __init__(self) -> None:
        super().__init__()
        self.scene = chain_that_certifies("vehicle")
        self.harness = self.scene.harness
        self.cars = [self.scene.car, self.scene.attested_car("van", self.scene.buyer)]
        self.owners = [self.scene.owner, self.scene.buyer]
        self.waiting: set[int] = set()
        self.ends: dict[bytes, int] = {}
        """When a certificate is over or was revoked, whatever comes first."""
        self.revoked: set[bytes] = set()
        self.whose: dict[bytes, tuple[int, Party]] = {}
        """By fingerprint: which car's, and who issued it."""

    @property
    def parties(self) -> list[Party]:
        return [self.harness.treasury, self.harness.members[0], *self.owners, *self.cars]

    def happens(self, sender: Party, message: ApplyForCertificate | IssueCertificate | RevokeCertificate) -> bool:
        payer = None if sender is self.harness.treasury else self.harness.treasury
        return self.harness.send(sender, message, payer=payer).code == 0

    @rule(car=st.integers(0, 1), by=st.integers(0, 9))
    def somebody_applies(self, car: int, by: int) -> None:
        sender = self.owners[car] if by == 9 else self.cars[car]
        applied = self.happens(sender, ApplyForCertificate(REQUEST, sender.registration.keys[0]))
        assert applied == (by != 9)
        if applied:
            self.waiting.add(car)

    @rule(car=st.integers(0, 1), by=st.integers(0, 7), number=st.integers(0, 30), begins=st.integers(-2, 2))
    def somebody_issues(self, car: int, by: int, number: int, begins: int) -> None:
        sender, name = self.parties[0 if by > 5 else by], sha256(bytes([number]))
        before_ms = self.harness.now_ms + begins
        issue = IssueCertificate(self.cars[car].account, SERIAL, name, before_ms, before_ms + 40)
        issued = self.happens(sender, issue)
        valid = before_ms <= self.harness.now_ms
        assert issued == (sender in self.parties[:2] and car in self.waiting and name not in self.whose and valid)
        if issued:
            self.waiting.remove(car)
            self.revoked |= {former for former, (whose, _) in self.whose.items() if whose == car}
            self.whose[name], self.ends[name] = (car, sender), before_ms + 40

    @precondition(lambda self: self.whose)
    @rule(which=st.integers(0, 99), by=st.integers(0, 5))
    def somebody_revokes(self, which: int, by: int) -> None:
        name = list(self.whose)[which % len(self.whose)]
        (car, issuer), sender = self.whose[name], self.parties[by]
        revoked = self.happens(sender, RevokeCertificate(name, "unspecified"))
        assert revoked == (sender in (issuer, self.owners[car]) and name not in self.revoked)
        if revoked:
            self.revoked.add(name)

    @rule(ms=st.sampled_from([1, 20, 40]))
    def time_goes_by(self, ms: int) -> None:
        self.harness.advance(ms)

    @invariant()
    def a_car_is_a_vehicle_while_it_has_a_live_certificate(self) -> None:
        for number, car in enumerate(self.cars):
            own = {name for name, (whose, _) in self.whose.items() if whose == number}
            live = [name for name in own - self.revoked if self.harness.now_ms < self.ends[name]]
            assert self.harness.ask(Holds(car.account, "vehicle")) == bool(live)
            assert {name for name, _ in self.harness.ask(CertificatesOf(car.account))} == own


TestCertificates = Certificates.TestCase
TestCertificates.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
