"""A contract that does on request what the ledger must bear: fail halfway, ring late, weigh much, ask in vain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from autochain.onchain.codec import Record, encode
from autochain.onchain.ledger import (
    TEXT,
    Context,
    Contract,
    Event,
    KeysProof,
    Message,
    Query,
    Signature,
    Table,
    Timer,
    Transaction,
    View,
    sign_bytes,
)
from autochain.onchain.refusals import Reason
from chains import CHAIN_ID, CONTRACTS, Harness, Party

ON_REQUEST = Reason("probe", 1, "This fails on request.", "Do not ask for it.")


class Note(Record, frozen=True):
    text: str


class Put(Message, frozen=True, tag="probe/Put"):
    """Notes a text under a name."""

    name: str
    text: str


class Fail(Message, frozen=True, tag="probe/Fail"):
    """Writes and announces, then refuses."""

    name: str


class Lift(Message, frozen=True, tag="probe/Lift"):
    """Weighs as much as the heaviest transaction may."""

    weight: ClassVar[int] = 200_000


class Later(Message, frozen=True, tag="probe/Later"):
    """Has a timer ring, which fails where asked."""

    due_ms: int
    name: str
    fails: bool = False


class AskInVain(Message, frozen=True, tag="probe/AskInVain"):
    """Asks another contract what it does not answer."""


class Ring(Timer, frozen=True, tag="probe/Ring"):
    name: str
    fails: bool


class Noted(Event, frozen=True, tag="probe/Noted"):
    name: str


class Rang(Event, frozen=True, tag="probe/Rang"):
    name: str


class NoteOf(Query[str | None], frozen=True, tag="probe/NoteOf"):
    name: str


class Unanswered(Query[int], frozen=True, tag="probe/Unanswered"):
    """Nobody answers this."""


NOTES = Table("probe", "notes", Note, key=(TEXT,))


def put(ctx: Context, message: Put) -> None:
    if message.text:
        NOTES.put(ctx, message.name, value=Note(message.text))
    else:
        NOTES.delete(ctx, message.name)
    ctx.emit(Noted(message.name))


def fail(ctx: Context, message: Fail) -> None:
    put(ctx, Put(message.name, "written before the refusal"))
    raise ON_REQUEST(message.name)


def lift(ctx: Context, message: Lift) -> None:
    ctx.emit(Noted("lifted"))


def later(ctx: Context, message: Later) -> None:
    ctx.schedule(message.due_ms, Ring(message.name, message.fails))


def ask_in_vain(ctx: Context, message: AskInVain) -> None:
    ctx.ask("accounts", Unanswered())


def ring(ctx: Context, timer: Ring) -> None:
    NOTES.put(ctx, timer.name, value=Note(f"rang at {ctx.block.time_ms}"))
    ctx.emit(Rang(timer.name))
    if timer.fails:
        raise ON_REQUEST(timer.name)


def note_of(view: View, query: NoteOf) -> str | None:
    note = NOTES.get(view, query.name)
    return note.text if note else None


CONTRACT = Contract(
    "probe",
    version=1,
    uses=("accounts", "money"),
    messages={Put: put, Fail: fail, Lift: lift, Later: later, AskInVain: ask_in_vain},
    queries={NoteOf: note_of},
    timers={Ring: ring},
    events=(Noted, Rang),
    tables=(NOTES,),
)
WITH_PROBE: Sequence[Contract] = (*CONTRACTS, CONTRACT)


def notes(harness: Harness) -> list[str]:
    """Lists the names under which something is noted."""
    prefix = NOTES.key()
    return [key[len(prefix) + 1 :].decode() for key, _ in harness.store.items(prefix)]


def seal(
    harness: Harness,
    sender: Party,
    *messages: Message,
    chain_id: str = CHAIN_ID,
    expiry_height: int | None = None,
    sequence: int | None = None,
    fee_uacc: int = 10_000_000,
    payer: bytes | None = None,
    signatures: tuple[Signature, ...] | None = None,
    payer_signatures: tuple[Signature, ...] = (),
) -> bytes:
    """Gives a transaction's bytes with any part of it bent; where no signatures are given, the sender's own stand."""
    proof = KeysProof(sender.account, harness.sequence(sender) if sequence is None else sequence, (), payer)
    expiry = harness.height + 10 if expiry_height is None else expiry_height
    draft: Transaction[Message] = Transaction(chain_id, expiry, fee_uacc, messages, proof)
    signed = sender.sign(sign_bytes(draft)) if signatures is None else signatures
    proof = KeysProof(proof.sender, proof.sequence, signed, payer, payer_signatures)
    return encode(Transaction(chain_id, expiry, fee_uacc, messages, proof))
