"""What lies in a home of a recording goes when the recording ends, whatever ended it; what is kept stays."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from homes import Clock, Scene, open_scene, play

from autochain.network.retention import Retention
from autochain.onchain.contracts.recording import Erase, GetRecording
from autochain.onchain.refusals import present
from autochain.vault import FolderVault

YEARS_MS = 3 * 365 * 24 * 3_600_000


def objects(scene: Scene) -> int:
    """Counts the encrypted objects and manifests in the home."""
    return len([path for path in scene.network.home.vault.rglob("*") if path.is_file()])


def owner_keys(scene: Scene) -> list[bytes]:
    return scene.network.keys(scene.owner.name).recordings()


def test_when_its_time_is_over_a_recording_s_keys_and_objects_go_by_themselves(home: Path) -> None:
    async def run() -> None:
        clock = Clock()
        async with open_scene(home, clock) as scene:
            assert (len(owner_keys(scene)), objects(scene)) == (2, 18)
        clock.advance(YEARS_MS)
        async with open_scene(home, clock) as scene:
            while objects(scene) or owner_keys(scene):
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_sweep_destroys_what_was_erased_and_leaves_the_rest(home: Path) -> None:
    async def story(scene: Scene) -> None:
        first, other = scene.recordings
        sweeper = Retention(scene.network)
        await sweeper.sweep()
        assert (len(owner_keys(scene)), objects(scene)) == (2, 18)
        await scene.client.send(scene.owner, Erase(first))
        await sweeper.sweep()
        await sweeper.sweep()
        assert owner_keys(scene) == [other]
        assert objects(scene) == 9
        assert scene.part_keys(other)

    play(home, story)


def test_a_clock_that_runs_ahead_of_the_chain_destroys_nothing(home: Path) -> None:
    async def story(scene: Scene) -> None:
        sweeper, present_ms = Retention(scene.network), scene.clock.now_ms
        # Only this process has the wrong time; no block says so.
        scene.network.clock = lambda: present_ms + YEARS_MS
        await sweeper.sweep()
        assert (len(owner_keys(scene)), objects(scene)) == (2, 18)

    play(home, story)


def test_a_recording_that_can_not_be_destroyed_holds_up_no_other_and_is_tried_again(home: Path) -> None:
    class Failing(FolderVault):
        """A vault that is out of reach for one manifest."""

        def get_manifest(self, root: bytes) -> Any:
            if root == unreachable:
                raise OSError("the store is away")
            return super().get_manifest(root)

    unreachable = b""

    async def story(scene: Scene) -> None:
        nonlocal unreachable
        first, other = sorted(scene.recordings)
        unreachable = present(await scene.client.ask(GetRecording(first)), "it was recorded").manifest_root
        for name in (first, other):
            await scene.client.send(scene.owner, Erase(name))
        scene.network.vault = Failing(scene.network.home.vault)
        sweeper = Retention(scene.network)
        for _ in range(2):
            await sweeper.sweep()
        assert (owner_keys(scene), objects(scene)) == ([], 9)
        unreachable = b""
        for _ in range(2):
            await sweeper.sweep()
        assert objects(scene) == 0

    play(home, story)
