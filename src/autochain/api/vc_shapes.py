"""The forms that vc-api takes and gives, with its own names for their fields."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from .errors import Problem

Text = Annotated[str, msgspec.Meta(max_length=4096)]
Purpose = Literal["revocation", "suspension"]
Json = dict[str, Any]


class IssueOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How a credential is issued."""

    credential_id: Text | None = None
    """The name by which its status is set later; its own id unless this is given."""
    status_purposes: Annotated[tuple[Purpose, ...], msgspec.Meta(max_length=2)] = ("revocation",)
    """For what it gets a place in a status list; a credential that brings a status gets none."""


class IssueRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A credential to be signed."""

    credential: Json
    options: IssueOptions = IssueOptions()


class Issued(msgspec.Struct, frozen=True, rename="camel"):
    """A signed credential."""

    verifiable_credential: Json


class StatusEntry(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which status of a credential is meant."""

    type: Text
    status_purpose: Text
    id: Text | None = None
    status_list_index: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,9}$")] | None = None
    """Where the credential has several places: which one, with the next."""
    status_list_credential: Text | None = None


class StatusRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A status to be set, or lifted."""

    credential_id: Text
    credential_status: StatusEntry
    status: bool = True


class Done(msgspec.Struct, frozen=True):
    """It is done, and stands on the chain."""


class VerifyOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How a document is verified."""

    challenge: Text | None = None
    domain: Text | None = None
    checks: Annotated[tuple[Text, ...], msgspec.Meta(max_length=16)] = ()
    """proof, credentialStatus; everything unless some are named. The proof is always checked."""
    expected_proof_purpose: Text | None = None
    past_keys: bool = False
    """Takes a key that was the signer's when the proof says it was made; who stole such a key can write that date."""
    holder_is_subject: bool = False
    """Asks that all credentials of a presentation are about whoever presents them."""
    return_credential: bool = False
    return_presentation: bool = False
    return_problem_details: bool = True
    return_results: bool = False


class VerifyCredentialRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A credential to be verified."""

    verifiable_credential: Json
    options: VerifyOptions = VerifyOptions()


class VerifyPresentationRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A presentation to be verified, with all that it shows."""

    verifiable_presentation: Json
    options: VerifyOptions = VerifyOptions()


class ProblemDetail(msgspec.Struct, frozen=True):
    """What does not hold: under the W3C's name, where it has one, and under our number."""

    type: str
    title: str
    detail: str
    remedy: str
    codespace: str
    code: int


class VerificationResult(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What came of a verification: all of it holds."""

    verified: bool
    problem_details: tuple[ProblemDetail, ...] | None
    checks: tuple[str, ...]
    """What was checked besides the form."""
    warnings: tuple[str, ...] | None
    """What whoever relies on it should know."""
    errors: tuple[str, ...] | None
    verifiable_credential: Json | None = None
    """Where it was asked for."""
    verifiable_presentation: Json | None = None


class VerificationProblem(Problem, frozen=True, rename="camel"):
    """A document that does not hold, and the first reason why not."""

    verified: bool = False
    problem_details: tuple[ProblemDetail, ...] = ()
    errors: tuple[str, ...] = ()


class PresentOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How a presentation is signed."""

    challenge: Text | None = None
    domain: Text | None = None


class PresentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A presentation to be signed."""

    presentation: Json
    options: PresentOptions = PresentOptions()


class PresentedDocument(msgspec.Struct, frozen=True, rename="camel"):
    """A signed presentation."""

    verifiable_presentation: Json


class GivenChallenge(msgspec.Struct, frozen=True):
    """A challenge that is good once, for five minutes."""

    challenge: str
