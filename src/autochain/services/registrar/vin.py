"""The authority's end: from a VIN to the key that stands for it, by asking the registrars."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from ...client import Client
from ...onchain.contracts.credentials import AUTHORITIES
from ...onchain.contracts.identity import IDENTITIES
from ...onchain.crypto import tagged_hash
from ...onchain.ledger import Signature
from ...onchain.refusals import Refusal
from ...privacy import voprf
from ...signals import normal_vin
from ...wallet import Wallet
from .errors import TOO_FEW
from .records import Evaluate, Evaluated, signed_bytes

PATIENCE_S = 10.0
"""How long the registrars have to answer."""
GRACE_S = 1.0
"""How long the others still have once enough have answered."""
SLOW = "It has not answered in time."
LIED = "It did not evaluate with its share of the key."


class Registrar(Protocol):
    """A registrar as others see it, in this process or another."""

    async def evaluate(self, request: Evaluate) -> Evaluated: ...


class UniqueKey(NamedTuple):
    """What stands for a VIN on the chain."""

    key: bytes
    """32 bytes, the same for the same VIN whoever asks, and whichever registrars answer."""
    failed: Mapping[int, str]
    """The numbers of the registrars that did not answer rightly, and how they failed."""


async def unique_key(
    vin: str,
    registrars: Mapping[int, Registrar],
    keys: voprf.PublicKeys,
    *,
    client: Client,
    authority: Wallet,
    clock: Callable[[], int],
    chance: voprf.Chance = secrets.token_bytes,
    patience_s: float = PATIENCE_S,
    grace_s: float = GRACE_S,
) -> UniqueKey:
    """Asks all registrars at once, by the numbers of their shares, and combines what any `keys.threshold` answer.

    `vin` has the form of a VIN and may stand in for one; what people give goes through `signals.checked_vin` first.
    `authority` is whom the chain names for vehicles; `keys` are the registrars' public keys, from a trusted source.
    Refuses, naming who failed and how, where too few answer rightly.
    """
    message = normal_vin(vin).encode()
    voprf.whole_key(keys)
    blinded = voprf.blind(message, chance=chance)
    requests = await _requests(registrars, blinded.element, client=client, authority=authority, clock=clock)
    asking = _Asking(keys, blinded.element)
    await asking.ask(registrars, requests, patience_s=patience_s, grace_s=grace_s)
    if len(asking.honest) < keys.threshold:
        said = "; ".join(f"{number}: {how}" for number, how in sorted(asking.failed.items()))
        raise TOO_FEW(f"{len(asking.honest)} of {keys.threshold}" + (f"; {said}" if said else ""))
    combined = voprf.combine(keys, (blinded.element,), asking.honest)
    output = voprf.finalize(message, scalar=blinded.scalar, evaluated=combined.elements[0])
    return UniqueKey(tagged_hash("vin-uniqueness", output), dict(sorted(asking.failed.items())))


async def _requests(
    registrars: Mapping[int, Registrar],
    element: bytes,
    *,
    client: Client,
    authority: Wallet,
    clock: Callable[[], int],
) -> dict[int, Evaluate]:
    identity = await client.prove(IDENTITIES, authority.account)
    roles = await client.prove(AUTHORITIES, authority.account)
    signed: dict[int, Evaluate] = {}
    for number in registrars:
        request = Evaluate(
            client.trust.chain_id, number, authority.account, element, clock(), identity.proved, roles.proved
        )
        signature = Signature(0, authority.sign(signed_bytes(request)), authority.key.suite)
        signed[number] = replace(request, signatures=(signature,))
    return signed


class _Asking:
    """One round of asking: who has answered rightly, and who failed."""

    def __init__(self, keys: voprf.PublicKeys, element: bytes) -> None:
        self.honest: dict[int, voprf.Evaluation] = {}
        self.failed: dict[int, str] = {}
        self._keys = keys
        self._element = element

    async def ask(
        self,
        registrars: Mapping[int, Registrar],
        requests: Mapping[int, Evaluate],
        *,
        patience_s: float,
        grace_s: float,
    ) -> None:
        """Asks all at once; leaves early once enough have answered and the others had their grace."""
        numbers = {
            asyncio.ensure_future(registrar.evaluate(requests[number])): number
            for number, registrar in registrars.items()
        }
        loop = asyncio.get_running_loop()
        end_s = loop.time() + patience_s
        waiting = set(numbers)
        try:
            while waiting and (left_s := end_s - loop.time()) > 0:
                done, waiting = await asyncio.wait(waiting, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    self._take(numbers[task], task)
                if len(self.honest) >= self._keys.threshold:
                    end_s = min(end_s, loop.time() + grace_s)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        self.failed |= {numbers[task]: SLOW for task in waiting}

    def _take(self, number: int, task: asyncio.Future[Evaluated]) -> None:
        try:
            answer = task.result()
        except Refusal as refusal:
            self.failed[number] = str(refusal)
            return
        evaluation = voprf.Evaluation((answer.element,), answer.proof)
        if voprf.is_honest(self._keys, number, (self._element,), evaluation):
            self.honest[number] = evaluation
        else:
            self.failed[number] = LIED
