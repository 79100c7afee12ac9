"""A vehicle's passport over HTTP: the bytes that anybody checks offline."""

from __future__ import annotations

from pathlib import Path

from autochain.network import acting
from autochain.onchain.contracts.vehicles import Make
from autochain.services.passport import check_passport

from .following import followed
from .people import V1, Served, play_api


def test_a_passport_is_taken_along_and_holds_without_the_network(home: Path) -> None:
    async def story(api: Served) -> None:
        scene = api.scene
        path = f"{V1}/chains/main/vehicles/{scene.car.account.hex()}/passport"
        assert (await api.http.get(path)).status_code == 404
        maker = await acting(scene.network, "maker")
        await scene.client.send(scene.owner, Make(scene.car.account, bytes(32), 7), payer=maker)
        await followed(api)
        answer = await api.http.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.autochain.passport")
        assert "attachment" in answer.headers["content-disposition"]
        checked = check_passport(scene.client.trust, answer.content, device=scene.car.account)
        assert checked.life.odometer_m == 7
        assert (await api.http.get(path.replace(scene.car.account.hex(), scene.car.did))).status_code == 200

    play_api(home, story)
