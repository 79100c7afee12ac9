"""Who is signed in: challenges that are good once, and sessions known by the hash of their token."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import NamedTuple

from ..client import Client
from ..onchain.codec import Record, encode
from ..onchain.contracts import credentials
from ..onchain.contracts.credentials import Holds
from ..onchain.crypto import SignatureJob, verify_in_turn
from ..onchain.ids import Id
from ..onchain.ledger import Signature, interfaces
from ..onchain.ledger.interfaces import AccountKeys
from ..onchain.refusals import present
from ..onchain.units import Count
from .backend import Role
from .errors import BAD_CHALLENGE, NOT_PROVED, NOT_SIGNED_IN, ROLE_NOT_HELD, TOO_MANY_SESSIONS

SIGN_DOMAIN = b"autochain/sign-in/v1\x00"
"""No transaction and no request to a service begins like this, so that no signature is good for both."""
CHALLENGE_MS = 60_000
SESSION_MS = 15 * 60_000
MAX_SESSIONS = 10_000
MAX_SESSIONS_OF_ONE = 16
MAX_ANSWERED = 10_000
"""How many answered challenges are remembered, each until it would have expired."""
TOKEN_BYTES = 32
NONCE_BYTES = 16
TIME_BYTES = 8
MAC_BYTES = 32
CHALLENGE_BYTES = TIME_BYTES + NONCE_BYTES + MAC_BYTES
ATTESTED: dict[Role, credentials.Role] = {"buyer": "buyer", "maker": "maker", "regulator": "authority"}
"""What must be attested of whoever signs in as this; an owner is a person, and anybody may be a stranger."""


class SignInProof(Record, frozen=True):
    """What the keys of an account sign to sign in."""

    chain_id: str
    account: Id
    role: str
    expires_ms: Count
    challenge: bytes


def sign_in_bytes(chain_id: str, account: bytes, role: Role, challenge: bytes) -> bytes:
    """Gives what the keys of an account sign to answer a challenge."""
    return SIGN_DOMAIN + encode(SignInProof(chain_id, account, role, expiry_ms(challenge), challenge))


def expiry_ms(challenge: bytes) -> int:
    """Says until when a challenge may be answered."""
    return int.from_bytes(challenge[:TIME_BYTES], "big")


class Challenges:
    """Gives challenges and takes each one back once.

    A challenge carries its own authentication, so those that nobody answers take no memory, however many are asked for.
    Only those that were answered rightly are remembered, until they expire.
    """

    def __init__(self, chain_id: str, *, clock: Callable[[], int], chance: Callable[[int], bytes]) -> None:
        self._chain_id = chain_id
        self._clock = clock
        self._chance = chance
        self._key = chance(32)
        self._answered: dict[bytes, int] = {}
        """Nonces of answered challenges, and when each would have expired."""

    def give(self, account: bytes, role: Role) -> bytes:
        """Makes a challenge for one account in one role."""
        head = (self._clock() + CHALLENGE_MS).to_bytes(TIME_BYTES, "big") + self._chance(NONCE_BYTES)
        return head + self._mac(head, account, role)

    def check(self, challenge: bytes, account: bytes, role: Role) -> None:
        """Refuses what was not given here, to this account and role, has expired, or was answered before."""
        head = challenge[:-MAC_BYTES]
        if len(challenge) != CHALLENGE_BYTES or not hmac.compare_digest(
            challenge[-MAC_BYTES:], self._mac(head, account, role)
        ):
            raise BAD_CHALLENGE()
        if self._clock() >= expiry_ms(challenge) or head in self._answered:
            raise BAD_CHALLENGE()

    def use_up(self, challenge: bytes) -> None:
        """Notes that a challenge was answered rightly."""
        now_ms = self._clock()
        for head in [head for head, expires_ms in self._answered.items() if expires_ms <= now_ms]:
            del self._answered[head]
        if len(self._answered) >= MAX_ANSWERED:
            raise TOO_MANY_SESSIONS()
        head = challenge[:-MAC_BYTES]
        if head in self._answered:
            raise BAD_CHALLENGE()
        self._answered[head] = expiry_ms(challenge)

    def _mac(self, head: bytes, account: bytes, role: Role) -> bytes:
        return hmac.digest(self._key, encode((self._chain_id, account, role, head)), hashlib.sha256)


class Session(NamedTuple):
    """Somebody who is signed in: one account in one role."""

    account: bytes
    role: Role
    keys: AccountKeys
    """Those that the account had; with others the session ends."""
    expires_ms: int


class Sessions:
    """Keeps who is signed in, by the hash of the token; the token itself is known to its bearer alone."""

    def __init__(self, *, clock: Callable[[], int], chance: Callable[[int], bytes]) -> None:
        self.clock = clock
        self._chance = chance
        self._sessions: dict[bytes, Session] = {}
        """In the order in which they began, which is that in which they end."""

    def begin(self, account: bytes, role: Role, keys: AccountKeys) -> tuple[str, Session]:
        """Begins a session; gives its token. Of one account's sessions the oldest ends when there are too many."""
        now_ms = self.clock()
        for key in [key for key, session in self._sessions.items() if session.expires_ms <= now_ms]:
            del self._sessions[key]
        own = [key for key, session in self._sessions.items() if session.account == account]
        if len(own) >= MAX_SESSIONS_OF_ONE:
            del self._sessions[own[0]]
        if len(self._sessions) >= MAX_SESSIONS:
            raise TOO_MANY_SESSIONS()
        token = base64.urlsafe_b64encode(self._chance(TOKEN_BYTES)).rstrip(b"=").decode()
        session = Session(account, role, keys, now_ms + SESSION_MS)
        self._sessions[_key(token)] = session
        return token, session

    def find(self, token: str) -> Session:
        """Gives the session of a token that has not ended."""
        # Looked up by the hash: how long that takes tells nothing of a token that somebody does not have.
        session = self._sessions.get(_key(token))
        if session is None or self.clock() >= session.expires_ms:
            raise NOT_SIGNED_IN()
        return session

    def end(self, token: str) -> None:
        """Ends the session of a token."""
        self._sessions.pop(_key(token), None)


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def standing(client: Client, account: bytes, role: Role, *, now_ms: int) -> AccountKeys:
    """Gives the keys of an account, which must stand on the chain and hold the role; its sequence is left out."""
    keys = await client.ask(interfaces.KeysOf(account))
    if keys is None or not keys.active:
        raise NOT_PROVED("the account is not registered, or revoked")
    if 0 < keys.until_ms <= now_ms:
        raise NOT_PROVED("its keys have expired")
    if role == "owner":
        held = present(await client.ask(interfaces.AccountOf(account)), "who has keys is known").kind == "person"
    else:
        held = role not in ATTESTED or await client.ask(Holds(account, ATTESTED[role]))
    if not held:
        raise ROLE_NOT_HELD(role)
    return AccountKeys(keys.keys, keys.threshold, 0, active=True)


def check_signatures(keys: AccountKeys, message: bytes, signatures: tuple[Signature, ...]) -> None:
    """Refuses unless enough different keys of the account signed the message, each in the suite that it is of."""
    places = {signature.key for signature in signatures}
    if len(places) != len(signatures) or len(places) < keys.threshold or max(places) >= len(keys.keys):
        raise NOT_PROVED()
    if any(signature.suite != keys.keys[signature.key].suite for signature in signatures):
        raise NOT_PROVED("a signature names another suite than its key has")
    jobs = [SignatureJob(keys.keys[signature.key], message, signature.data) for signature in signatures]
    if not all(verify_in_turn(jobs)):
        raise NOT_PROVED()
