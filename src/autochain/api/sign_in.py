"""Signing in: a challenge signed with the keys of a DID, or on a demonstration network a persona by name."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Router, post

from ..client import Client
from ..onchain.crypto import SUITES
from ..onchain.ledger import Signature
from .access import BEARER, Guard, bearer_token, signed_in
from .backend import Parties, Role
from .errors import UNKNOWN, problems
from .given import BODY
from .sessions import (
    CHALLENGE_BYTES,
    Challenges,
    Session,
    Sessions,
    check_signatures,
    expiry_ms,
    sign_in_bytes,
    standing,
)
from .shapes import IdText, read_digits, read_id

MAX_SIGNATURES = 8
"""How many keys an account has at most."""

ChallengeText = Annotated[
    str,
    msgspec.Meta(
        pattern=f"^[0-9a-f]{{{2 * CHALLENGE_BYTES}}}$",
        min_length=2 * CHALLENGE_BYTES,
        max_length=2 * CHALLENGE_BYTES,
        description="A challenge as lower hexadecimal digits.",
    ),
]


class ChallengeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants to sign in, and as what."""

    account: IdText
    role: Role


class Challenge(msgspec.Struct, frozen=True):
    """What is to be signed, once, within a minute."""

    challenge: ChallengeText
    sign_bytes: Annotated[
        str,
        msgspec.Meta(
            description="What the keys of the account sign: the domain tag autochain/sign-in/v1 and a zero byte, then "
            "[chain id, account, role, expires_ms, challenge] in MessagePack. Make it yourself."
        ),
    ]
    expires_ms: int


class KeySignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signature by one of the account's keys."""

    key: Annotated[int, msgspec.Meta(ge=0, lt=MAX_SIGNATURES, description="The key's place among the account's keys.")]
    signature: Annotated[
        str,
        msgspec.Meta(
            pattern="^([0-9a-f][0-9a-f])*$", max_length=16_384, description="The signature as lower hexadecimal digits."
        ),
    ]
    suite: Annotated[
        int,
        msgspec.Meta(
            ge=min(SUITES),
            le=max(SUITES),
            description="The suite of the key that signed: "
            + ", ".join(f"{suite.number} is {suite.name}" for suite in SUITES.values())
            + ". It must be that of the account's key.",
        ),
    ] = 1


def read_signatures(given: tuple[KeySignature, ...]) -> tuple[Signature, ...]:
    """Reads signatures as the chain's transactions hold them."""
    return tuple(Signature(each.key, read_digits(each.signature), each.suite) for each in given)


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answered challenge."""

    account: IdText
    role: Role
    challenge: ChallengeText
    signatures: Annotated[tuple[KeySignature, ...], msgspec.Meta(min_length=1, max_length=MAX_SIGNATURES)]


class DemoSignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As whom to look at a demonstration network."""

    persona: Annotated[str, msgspec.Meta(min_length=1, max_length=64, description="The name of a persona.")]


class SignedIn(msgspec.Struct, frozen=True):
    """A session: send the token as `Authorization: Bearer TOKEN`."""

    token: str
    account: str
    role: Role
    expires_ms: int


def sign_in_router(challenges: Challenges, sessions: Sessions, client: Client, *, host: Guard) -> Router:
    """Makes the routes by which an account signs in with its own keys, and out."""

    @post(
        "/sign-in/challenges",
        status_code=200,
        guards=[host],
        responses=problems(403, 413, 415),
        summary="Ask for a challenge",
        operation_id="AskForChallenge",
    )
    async def ask(data: Annotated[ChallengeRequest, BODY]) -> Challenge:
        account = read_id(data.account)
        given = challenges.give(account, data.role)
        message = sign_in_bytes(client.trust.chain_id, account, data.role, given)
        return Challenge(given.hex(), message.hex(), expiry_ms(given))

    @post(
        "/sign-in",
        status_code=200,
        guards=[host],
        responses=problems(401, 403, 413, 415),
        summary="Sign in with an answered challenge",
        operation_id="SignIn",
    )
    async def sign_in(data: Annotated[SignIn, BODY]) -> SignedIn:
        account, challenge = read_id(data.account), read_digits(data.challenge)
        challenges.check(challenge, account, data.role)
        keys = await standing(client, account, data.role, now_ms=sessions.clock())
        message = sign_in_bytes(client.trust.chain_id, account, data.role, challenge)
        check_signatures(keys, message, read_signatures(data.signatures))
        challenges.use_up(challenge)
        return _told(sessions.begin(account, data.role, keys))

    @post(
        "/sign-out",
        guards=[host],
        status_code=204,
        responses=problems(401, 403),
        security=[{BEARER: []}],
        summary="End the session of the token that is sent",
        operation_id="SignOut",
    )
    async def sign_out(request: Request[Any, Any, Any]) -> None:
        await signed_in(request, sessions, client)
        sessions.end(bearer_token(request))

    return Router("/", route_handlers=[ask, sign_in, sign_out], tags=["sign-in"])


async def sign_in_persona(parties: Parties, sessions: Sessions, client: Client, name: str) -> SignedIn:
    """Signs a persona of a demonstration network in by its name alone."""
    for persona in parties.personas():
        if persona.name == name:
            account = bytes.fromhex(persona.account)
            keys = await standing(client, account, persona.role, now_ms=sessions.clock())
            return _told(sessions.begin(account, persona.role, keys))
    raise UNKNOWN("persona")


def _told(begun: tuple[str, Session]) -> SignedIn:
    token, session = begun
    return SignedIn(token, session.account.hex(), session.role, session.expires_ms)
