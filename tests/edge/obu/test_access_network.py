"""A car of a running network learns by itself that it was sold; what the seller granted ends."""

from __future__ import annotations

from pathlib import Path

from homes import Scene, play, refuses
from msgspec.structs import replace
from wallet.credentials.granting import FRIEND, a_grant

from autochain.edge.obu.access import Access, refresh
from autochain.onchain.contracts.identity import GetIdentity, HandOver
from autochain.onchain.refusals import present
from autochain.wallet import Wallet
from autochain.wallet.credentials import Author
from autochain.wallet.credentials.access import answer, errors, give

from .proving import DAY, counted_chance


async def use(scene: Scene, car: Access, owner: Wallet, *, owned_since_ms: int) -> None:
    """Lets a friend of this owner's unlock the car."""
    now_ms = scene.clock()
    grant = replace(
        a_grant(issuer=Author(owner.did, owner)),
        vehicle=scene.car.did,
        owned_since_ms=owned_since_ms,
        since_ms=now_ms - DAY,
        until_ms=now_ms + DAY,
    )
    chain = give(grant, [Author(owner.did, owner)], now_ms=now_ms)
    challenge = car.challenge(now_ms=now_ms)
    data = answer(chain, FRIEND, "unlock", vehicle=scene.car.did, challenge=challenge, now_ms=now_ms)
    car.check(data, now_ms=now_ms, position_e7=None)


async def owned_since(scene: Scene) -> int:
    return present(await scene.client.ask(GetIdentity(scene.car.account)), "the car is registered").controlled_ms


def test_selling_a_car_on_the_chain_ends_what_its_seller_granted(home: Path, tmp_path: Path) -> None:
    async def story(scene: Scene) -> None:
        car = Access(
            tmp_path / "access",
            vehicle=scene.car.account,
            trust=scene.client.trust,
            max_ownership_age_ms=DAY,
            chance=counted_chance(),
        )
        await refresh(car, scene.client)
        await use(scene, car, scene.owner, owned_since_ms=0)
        await scene.client.send(scene.owner, HandOver(scene.car.account), payer=scene.buyer)
        await use(scene, car, scene.owner, owned_since_ms=0)
        await refresh(car, scene.client)
        with refuses(errors.NOT_OWNER):
            await use(scene, car, scene.owner, owned_since_ms=0)
        sold_ms = await owned_since(scene)
        await use(scene, car, scene.buyer, owned_since_ms=sold_ms)
        await scene.client.send(scene.buyer, HandOver(scene.car.account), payer=scene.owner)
        await refresh(car, scene.client)
        for since_ms in (0, sold_ms):
            with refuses(errors.NOT_OWNER):
                await use(scene, car, scene.owner, owned_since_ms=since_ms)
        await use(scene, car, scene.owner, owned_since_ms=await owned_since(scene))

    play(home, story)
