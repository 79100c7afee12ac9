"""What happened on a chain, in plain words: an event, and a message that was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .words import short, short_did

if TYPE_CHECKING:
    import msgspec

PHRASES: Mapping[str, str] = {
    "identity/Registered": "{account} is registered as a {kind}",
    "identity/Rotated": "{account} has new keys",
    "identity/Succeeded": "{account} has the next keys that it had committed to",
    "identity/GuardiansSet": "{account} is guarded by {guardians}",
    "identity/RecoveryAsked": "{guardian} asks for new keys of {account}",
    "identity/RecoveryBegun": "{account} is being recovered, and may object",
    "identity/RecoveryRejected": "{account} objects to its recovery",
    "identity/Recovered": "{account} has the keys that were asked for",
    "identity/Kept": "the life of {device} is kept from now on",
    "identity/Revoked": "{account} is revoked",
    "identity/HandedOver": "{device} is handed over to {controller}",
    "credentials/Attested": "{authority} attests that {subject} is a {role}",
    "credentials/Withdrawn": "{authority} no longer attests that {subject} is a {role}",
    "credentials/StatusListOpened": "{issuer} opens its status list {number} for {purpose}",
    "credentials/StatusSet": "{issuer} sets statuses {indices} of its list {number} to {value}",
    "credentials/CertificateAppliedFor": "{device} applies for a certificate",
    "credentials/CertificateIssued": "{issuer} certifies {device}",
    "credentials/CertificateRevoked": "a certificate of {device} is revoked: {reason}",
    "token/Transferred": "{payer} pays {amount_uacc} to {payee}",
    "mining/Rewarded": "{owner} earns {reward_uacc} for {points} readings of recording {recording}",
    "release/Anchored": "{member} binds itself to its log of {length} releases",
    "recording/Committed": "{vehicle} commits recording {recording} of {points} readings for {owner}",
    "recording/Erased": "{owner} has recording {recording} erased",
    "consent/Granted": "{owner} lets {reader} read recordings of {vehicle}: consent {consent}",
    "consent/Ended": "consent {consent} is taken back",
    "consent/Offered": "{owner} offers readings: offer {offer}",
    "consent/Withdrawn": "offer {offer} is taken back",
    "market/Bought": "{reader} buys recording {recording} of {owner} for {price_uacc}",
    "market/Delivered": "{owner} is paid {price_uacc} for what receipt {receipt} opened",
    "market/Refunded": "{reader} gets {price_uacc} back: receipt {receipt} was not delivered",
    "market/Published": "{publisher} puts product {product} on the market",
    "market/Unpublished": "product {product} is off the market",
    "vehicles/StepTaken": "step {number} in the life of {device}, {kind}, by {by}",
    "vehicles/SoftwareApproved": "{authority} approves version {version} of {rxswin} for devices of {maker}",
}
"""An event's words by its tag, around its fields; one that is not here is told by tag and fields. A test compares."""
RECORDS = ("recording", "consent", "offer", "receipt", "product")
"""Fields that name a record and not an account."""


def tag(record: msgspec.Struct) -> str:
    return str(record.__struct_config__.tag)


def told(event: msgspec.Struct, names: Mapping[bytes, str]) -> str:
    """Tells an event; accounts go by the names of their parties where those are known."""
    fields = {name: _word(name, getattr(event, name), names) for name in event.__struct_fields__}
    phrase = PHRASES.get(tag(event))
    if phrase is None:
        return f"{tag(event)}: {', '.join(f'{name} {word}' for name, word in fields.items())}"
    return phrase.format_map(fields)


def account_teller(names: Mapping[bytes, str]) -> Callable[[bytes], str]:
    """Gives the function that writes an account as its party's name, or else as its DID cut short."""
    from ..onchain.ids import did

    return lambda account: names.get(account) or short_did(did(account))


def accounts_in(value: Any, known: Mapping[bytes, str]) -> set[bytes]:
    """Finds the known accounts that a record names, however deep."""
    import msgspec

    if isinstance(value, bytes):
        return {value} & known.keys()
    if isinstance(value, msgspec.Struct):
        value = tuple(getattr(value, name) for name in value.__struct_fields__)
    if isinstance(value, tuple):
        return set().union(*(accounts_in(each, known) for each in value))
    return set()


def _word(name: str, value: Any, names: Mapping[bytes, str]) -> str:
    from ..onchain.ids import ID_BYTES
    from ..onchain.units import acc

    if name.endswith("_uacc"):
        return f"{acc(value)} ACC"
    if isinstance(value, bytes) and len(value) == ID_BYTES and name not in RECORDS:
        return account_teller(names)(value)
    if isinstance(value, bytes):
        return short(value.hex())
    if isinstance(value, tuple):
        return " and ".join(_word(name, each, names) for each in value)
    if isinstance(value, str):
        return value.replace("_", " ")
    return "nobody" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
