"""The one decision whether a consent lets a reader read; every door asks it."""

from __future__ import annotations

from ...codec import Record
from ...ids import Id
from ...refusals import Refusal
from ...units import Count
from ..recording import PRECISIONS, Category, Precision, Recording
from . import errors
from .messages import Purpose
from .state import Consent


class Request(Record, frozen=True):
    """What a reader wants to read, and what is known of the recording."""

    reader: Id
    owner: Id
    vehicle: Id
    purpose: Purpose
    categories: tuple[Category, ...]
    precision: Precision
    start_ms: Count
    end_ms: Count
    kept: bool
    """Whether the recording is neither erased nor past its time."""
    owner_active: bool
    """Whether the owner's DID stands; nobody could revoke for one that does not."""

    @classmethod
    def to_read(
        cls,
        recording: Recording,
        *,
        reader: bytes,
        purpose: Purpose,
        categories: tuple[Category, ...],
        precision: Precision,
        owner_active: bool,
        now_ms: int,
    ) -> Request:
        """Says what a reader wants of a recording."""
        return cls(
            reader=reader,
            owner=recording.owner,
            vehicle=recording.vehicle,
            purpose=purpose,
            categories=categories,
            precision=precision,
            start_ms=recording.start_ms,
            end_ms=recording.end_ms,
            kept=recording.is_kept(now_ms),
            owner_active=owner_active,
        )


def decide(consent: Consent | None, request: Request, *, now_ms: int) -> Refusal | None:
    """Gives the reason to refuse, or None when the consent lives and covers all that is asked."""
    if consent is None:
        return errors.NO_CONSENT()
    if not consent.lives(now_ms):
        return errors.ENDED()
    if consent.reader != request.reader:
        return errors.OTHER_READER()
    terms = consent.terms
    if terms.vehicle != request.vehicle or consent.owner != request.owner:
        return errors.OTHER_VEHICLE()
    if not request.owner_active:
        return errors.OWNER_GONE()
    if terms.purpose != request.purpose:
        return errors.OTHER_PURPOSE(f"{terms.purpose}, not {request.purpose}")
    missing = [category for category in request.categories if category not in terms.categories]
    if missing:
        return errors.OTHER_CATEGORY(", ".join(missing))
    if PRECISIONS.index(request.precision) < PRECISIONS.index(terms.precision):
        return errors.TOO_PRECISE(f"{terms.precision}, not {request.precision}")
    if not (terms.from_ms <= request.start_ms and request.end_ms <= terms.until_ms):
        return errors.OUTSIDE_WINDOW()
    if not request.kept:
        return errors.NOT_KEPT()
    return None
