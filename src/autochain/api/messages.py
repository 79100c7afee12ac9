"""Routes of messages, generated from the contracts: drafts for who holds own keys, and messages signed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple, TypeAlias

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from ..onchain.codec import encode, named
from ..onchain.crypto import SUITES, PublicKey, check_suites
from ..onchain.ledger import (
    Contract,
    Introduction,
    KeysProof,
    Message,
    Submitted,
    Succession,
    Transaction,
    interfaces,
    sign_bytes,
)
from ..onchain.refusals import Reason
from .access import allow, senders
from .backend import Backend, Chain
from .contracts import check_on_chain
from .descriptions import summary
from .errors import NO_ACCOUNT, NO_CHAIN, NO_DEMONSTRATION, SIGNED_ALREADY, problems
from .given import BODY, ChainName, Given, IdInPath, chain_of
from .shapes import BIGGEST, ID_PATTERN, IdText, Shapes, read_digits, read_id
from .sign_in import MAX_SIGNATURES, KeySignature, read_signatures

EXPIRY_BLOCKS = 10_000
"""For how many blocks a draft may be signed and sent: about a day where little happens."""
MAX_DRAFT_DIGITS = 131_072
"""Twice the bytes that a transaction may have."""

AccountParameter: TypeAlias = Annotated[
    str,
    QueryParameter(
        pattern=ID_PATTERN, min_length=40, max_length=40, description="An account as hexadecimal digits or DID."
    ),
]
PayerParameter: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        pattern=ID_PATTERN,
        min_length=40,
        max_length=40,
        description="Another account that pays the fee and signs too: a device's owner, where a device registers.",
    ),
]
Digits: TypeAlias = Annotated[str, msgspec.Meta(description="Bytes as lower hexadecimal digits.")]
Count = Annotated[int, msgspec.Meta(ge=0, le=BIGGEST)]


class Draft(msgspec.Struct, frozen=True):
    """A transaction that nobody has signed: sign `sign_bytes`, then send both to `transactions`."""

    chain_id: str
    sender: IdText
    payer: IdText | None
    sequence: Count
    fee_uacc: Count
    expiry_height: Count
    draft: Digits
    """The transaction without signatures, in MessagePack."""
    sign_bytes: Digits
    """What sender and payer sign: a domain tag and the draft."""


class SignedDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft and the signatures that make it a transaction."""

    draft: Annotated[str, msgspec.Meta(pattern="^([0-9a-f][0-9a-f])+$", max_length=MAX_DRAFT_DIGITS)]
    signatures: Annotated[tuple[KeySignature, ...], msgspec.Meta(min_length=1, max_length=MAX_SIGNATURES)]
    """By keys of the sender."""
    payer_signatures: Annotated[tuple[KeySignature, ...], msgspec.Meta(max_length=MAX_SIGNATURES)] = ()
    """By keys of the payer, where another than the sender pays."""


class Happened(msgspec.Struct, frozen=True):
    """A transaction that stands durably in a block, and what it announced."""

    hash: Digits
    height: Count
    position: Count
    """Its place in the block, from 0."""
    events: list[dict[str, Any]]
    """Each with its `type` and the fields that its contract gives it."""


class _Speaker(NamedTuple):
    """Who sends a draft: the next sequence, and the suites of the signatures it takes at most."""

    sequence: int
    suites: tuple[int, ...]


def draft_handlers(contracts: Mapping[str, Contract], shapes: Shapes) -> Iterator[HTTPRouteHandler]:
    """Makes the routes that give drafts of all messages."""
    for name, contract in contracts.items():
        for kind in contract.messages:
            yield _draft_handler(name, kind, shapes)


def _draft_handler(contract: str, kind: type[Message], shapes: Shapes) -> HTTPRouteHandler:
    form = shapes.record(kind)
    further: dict[str, Any] = {
        "path": f"/chains/{{chain:str}}/drafts/{contract}/{kind.__name__}",
        "status_code": 200,
        "operation_id": f"Draft{contract.capitalize()}{kind.__name__}",
        "summary": summary(kind),
        "tags": [contract],
        "responses": problems(404, 422),
    }
    if issubclass(kind, Introduction):

        async def introduce(backend: Given, chain: ChainName, data: Any, payer: PayerParameter = None) -> Draft:
            message: Introduction = form.read(data)
            return await _drafted(backend, chain, contract, message, sender=message.account(), payer=payer)

        introduce.__annotations__["data"] = Annotated[form.json, BODY]
        return post(**further)(introduce)

    async def draft(
        backend: Given, chain: ChainName, data: Any, sender: AccountParameter, payer: PayerParameter = None
    ) -> Draft:
        return await _drafted(backend, chain, contract, form.read(data), sender=read_id(sender), payer=payer)

    draft.__annotations__["data"] = Annotated[form.json, BODY]
    return post(**further)(draft)


async def _drafted(
    backend: Backend, name: str, contract: str, message: Message, *, sender: bytes, payer: str | None
) -> Draft:
    """Puts a transaction of one message together, for the sender's next sequence and the least fee."""
    chain = chain_of(backend, name)
    check_on_chain(chain, contract)
    message.check()
    spoken = await _speaker(chain, sender, message)
    paying = read_id(payer) if payer is not None else None
    suites = spoken.suites + ((await _speaker(chain, paying)).suites if paying else ())
    dispatcher = chain.client.dispatcher
    proof = KeysProof(sender=sender, sequence=spoken.sequence, signatures=(), payer=paying)
    transaction = Transaction(
        chain_id=chain.client.trust.chain_id,
        expiry_height=(await chain.node.status()).height + EXPIRY_BLOCKS,
        fee_uacc=dispatcher.least_fee_uacc((message,), suites=suites),
        messages=(message,),
        proof=proof,
    )
    data = encode(transaction)
    dispatcher.transactions.decode(data)
    return Draft(
        chain_id=transaction.chain_id,
        sender=sender.hex(),
        payer=paying.hex() if paying else None,
        sequence=spoken.sequence,
        fee_uacc=transaction.fee_uacc,
        expiry_height=transaction.expiry_height,
        draft=data.hex(),
        sign_bytes=sign_bytes(transaction).hex(),
    )


async def _speaker(chain: Chain, account: bytes, message: Message | None = None) -> _Speaker:
    """Asks who may speak for an account; one that only now introduces itself brings its keys."""
    keys = await chain.client.ask(interfaces.KeysOf(account))
    if keys is not None:
        brought = message if isinstance(message, Succession) else keys
        return _Speaker(keys.sequence, _heaviest(brought.keys, brought.threshold))
    if isinstance(message, Introduction):
        return _Speaker(0, _heaviest(message.keys, message.threshold))
    raise NO_ACCOUNT(account.hex())


def _heaviest(keys: tuple[PublicKey, ...], threshold: int) -> tuple[int, ...]:
    """Gives the suites of as many keys as must sign, so that the fee is enough whichever of them do."""
    check_suites(key.suite for key in keys)
    return tuple(sorted((key.suite for key in keys), key=lambda suite: -SUITES[suite].weight)[:threshold])


@post(
    "/transactions",
    status_code=200,
    operation_id="SendTransaction",
    summary="Send a signed draft and wait until it stands in a block; sent again, it gives the same answer",
    responses=problems(404, 409, 422, 503),
)
async def send_transaction(backend: Given, chain: ChainName, data: Annotated[SignedDraft, BODY]) -> Happened:
    """Puts the signatures into a draft and has it put into a block."""
    sent = chain_of(backend, chain)
    transaction = sent.client.dispatcher.transactions.decode(read_digits(data.draft))
    proof = transaction.proof
    if proof.signatures or proof.payer_signatures:
        raise SIGNED_ALREADY()
    signed = msgspec.structs.replace(
        proof, signatures=read_signatures(data.signatures), payer_signatures=read_signatures(data.payer_signatures)
    )
    return _happened(sent, await sent.node.submit(encode(msgspec.structs.replace(transaction, proof=signed))))


def _happened(chain: Chain, submitted: Submitted) -> Happened:
    """Tells what a transaction did; raises what its contract refused."""
    result = submitted.result
    if result.code:
        reason = Reason(result.codespace, result.code, result.text, result.remedy)
        raise reason(f"transaction {submitted.hash.hex()} in block {submitted.height}")
    events = named(chain.client.dispatcher.events.decode(result.events))
    return Happened(submitted.hash.hex(), submitted.height, submitted.index, events)


def signing_handlers(contracts: Mapping[str, Contract], shapes: Shapes) -> Iterator[HTTPRouteHandler]:
    """Makes the private routes that sign and send a message as a persona, each for the roles that may send it."""
    for name, contract in contracts.items():
        for kind in contract.messages:
            if senders(kind):
                yield _signing_handler(name, kind, shapes)


def _signing_handler(contract: str, kind: type[Message], shapes: Shapes) -> HTTPRouteHandler:
    form = shapes.record(kind)

    async def sign(backend: Given, account: IdInPath, data: Any, chain: Any = None) -> Happened:
        if backend.parties is None:
            raise NO_DEMONSTRATION()
        signing = _chain_with(backend, contract, chain)
        sent = await signing.client.send(backend.parties.wallet(read_id(account)), form.read(data))
        return _happened(signing, sent.submitted)

    sign.__annotations__ |= {"data": Annotated[form.json, BODY], "chain": _CHAIN}
    return post(
        f"/messages/{contract}/{kind.__name__}",
        status_code=200,
        operation_id=f"Send{contract.capitalize()}{kind.__name__}",
        summary=summary(kind),
        tags=[contract],
        opt=allow(*senders(kind)),
        responses=problems(401, 403, 404, 409, 422, 503),
    )(sign)


_CHAIN = Annotated[
    str | None,
    QueryParameter(
        pattern="^[a-z][a-z0-9_-]{0,30}$", max_length=31, description="On which chain, where several have the contract."
    ),
]


def _chain_with(backend: Backend, contract: str, name: str | None) -> Chain:
    """Gives the named chain, or the one that has a contract."""
    if name is not None:
        chain = chain_of(backend, name)
        check_on_chain(chain, contract)
        return chain
    for chain in backend.chains.values():
        if contract in chain.client.dispatcher.contracts:
            return chain
    raise NO_CHAIN(f"none has {contract}")
