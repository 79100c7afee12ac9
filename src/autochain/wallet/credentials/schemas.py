"""What each type of credential says: a JSON Schema 2020-12 each, an example, and drafting one that fits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from .contexts import AUTOCHAIN, V2
from .documents import Document
from .errors import SCHEMA_MISFIT
from .structure import objects, types_of
from .times import from_ms

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

Kind = Literal[
    "vehicle",
    "owner",
    "driver-licence",
    "roadside-unit",
    "organisation-role",
    "part",
    "test-approval",
    "vehicle-access",
]
SCHEMAS_URL = "https://autochain.example/schemas/"
TYPES: Mapping[Kind, str] = MappingProxyType(
    {
        "vehicle": "VehicleCredential",
        "owner": "OwnerCredential",
        "driver-licence": "DriverLicenceCredential",
        "roadside-unit": "RoadsideUnitCredential",
        "organisation-role": "OrganisationRoleCredential",
        "part": "PartCredential",
        "test-approval": "TestApprovalCredential",
        "vehicle-access": "VehicleAccessCredential",
    }
)
_KINDS: Mapping[str, Kind] = MappingProxyType({name: kind for kind, name in TYPES.items()})
_DID = "did:key:z6MknazbSQNsiob4BuCuBymUzFYdcsdRxBWhjvLEBgpVRidq"

EXAMPLES: Mapping[Kind, Document] = MappingProxyType(
    {
        "vehicle": {
            "id": _DID,
            "vin": "WVWZZZ1JZXW000001",
            "make": "Example Motors",
            "model": "E1",
            "modelYear": 2026,
            "builtOn": "2026-03-02",
            "propulsion": "battery",
        },
        "owner": {"id": _DID, "vehicle": _DID, "ownedSince": "2026-04-01", "registrationNumber": "B AC 2026"},
        "driver-licence": {
            "id": _DID,
            "documentNumber": "B072RRE2I55",
            "familyName": "Example",
            "givenName": "Erika",
            "birthDate": "1984-01-26",
            "issuedOn": "2024-05-01",
            "expiresOn": "2039-04-30",
            "issuingCountry": "DE",
            "categories": [{"category": "B", "validSince": "2002-01-26", "restriction": "01.06"}],
        },
        "roadside-unit": {
            "id": _DID,
            "stationId": "4711",
            "operator": _DID,
            "roadCell": "cell-7",
            "installedOn": "2025-09-01",
            "position": {"latitudeE7": 525163000, "longitudeE7": 133777000},
        },
        "organisation-role": {
            "id": _DID,
            "role": "workshop",
            "legalName": "Example Repairs Ltd",
            "companyNumber": "HRB 1",
            "since": "2020-01-01",
        },
        "part": {
            "id": _DID,
            "partType": "traction battery",
            "partNumber": "EB-100",
            "serialNumber": "00042",
            "batch": "2026-07",
            "manufacturer": _DID,
            "madeOn": "2026-02-11",
        },
        "test-approval": {
            "id": _DID,
            "approvalNumber": "E1*156R00/00*00001*00",
            "regulation": "UN R156",
            "vehicleType": "E1",
            "rxswin": "RX-1",
            "softwareVersion": "2.4.0",
            "testService": _DID,
            "approvedOn": "2026-06-30",
        },
        "vehicle-access": {
            "id": _DID,
            "holderKey": _DID.removeprefix("did:key:"),
            "vehicle": _DID,
            "ownedSinceMs": 1_782_864_000_000,
            "resources": ["drive", "unlock"],
            "times": [[480, 1080]],
            "area": {"type": "Circle", "latitudeE7": 525163000, "longitudeE7": 133777000, "radiusM": 20000},
            "uses": 10,
            "delegations": 1,
        },
    }
)
"""What a credential of each kind says of its subject, to show and to test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """From when until when a credential holds; None: it has no end."""

    since_ms: int
    until_ms: int | None = None


def schema_url(kind: Kind) -> str:
    """Gives the URL by which credentials name the schema of their kind."""
    return f"{SCHEMAS_URL}{kind}-v1.json"


@cache
def schema_file(kind: Kind) -> bytes:
    """Gives the schema of a kind, as it is to be served."""
    return resources.files(__package__).joinpath("schemas", f"{kind}-v1.json").read_bytes()


def draft(
    kind: Kind, *, id: str, issuer: str, subject: Document, validity: Validity, status: Document | None = None
) -> Document:
    """Writes a credential of a kind for its issuer to sign, and sees that it fits its schema."""
    entry: Document = {"id": schema_url(kind), "type": "JsonSchema"}
    document: Document = {
        "@context": [V2, AUTOCHAIN],
        "id": id,
        "type": ["VerifiableCredential", TYPES[kind]],
        "issuer": issuer,
        "validFrom": from_ms(validity.since_ms),
        "credentialSubject": subject,
        "credentialSchema": entry,
    }
    if validity.until_ms is not None:
        document["validUntil"] = from_ms(validity.until_ms)
    if status is not None:
        document["credentialStatus"] = status
    check_schema(document)
    return document


def kind_of(document: Document) -> Kind | None:
    """Gives the kind of one of our own credentials; None for another's."""
    return next((_KINDS[name] for name in types_of(document) if name in _KINDS), None)


def check_schema(document: Document) -> tuple[str, ...]:
    """Refuses a credential that does not fit the schemas it names and that of its type.

    Gives the URLs of the schemas that are not known here, and against which nothing was checked: none is fetched.
    """
    known = {schema_url(kind): kind for kind in TYPES}
    named = [entry["id"] for entry in objects(document, "credentialSchema") if isinstance(entry.get("id"), str)]
    kinds = {known[name] for name in named if isinstance(name, str) and name in known}
    kinds |= {_KINDS[name] for name in types_of(document) if name in _KINDS}
    for kind in sorted(kinds):
        error = next(_validator(kind).iter_errors(document), None)
        if error is not None:
            raise SCHEMA_MISFIT(f"{kind}: {error.json_path[:80]}: {error.message[:120]}")
    return tuple(name for name in named if isinstance(name, str) and name not in known)


@cache
def _validator(kind: Kind) -> Draft202012Validator:
    """Compiles a schema once; loaded late, for who only reads documents needs no jsonschema."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schema_file(kind)))
