"""An audit of the stores finds what each has lost, also when nothing is left that says what there was."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from homes import Scene, play

from autochain.network import audit_vaults
from autochain.vault import FolderVault

OBJECTS, MANIFESTS = 16, 2


def lose_all(vault: Path) -> None:
    shutil.rmtree(vault)


def lose_manifests(vault: Path) -> None:
    shutil.rmtree(vault / "manifests")


def empty_manifests(vault: Path) -> None:
    for path in (vault / "manifests").glob("*/*"):
        path.write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "missing", "corrupt"),
    [(lose_all, MANIFESTS, 0), (lose_manifests, MANIFESTS, 0), (empty_manifests, 0, MANIFESTS)],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_store_that_lost_every_manifest_does_not_pass(
    home: Path, damage: Callable[[Path], None], missing: int, corrupt: int
) -> None:
    async def story(scene: Scene) -> None:
        damage(scene.network.home.vault)
        (report,) = await audit_vaults(scene.network, challenges=300)
        assert not report.sound
        assert (len(report.missing), len(report.corrupt), report.challenged) == (missing, corrupt, MANIFESTS)

    play(home, story)


@pytest.mark.parametrize("damaged", [0, 1])
def test_of_two_stores_the_one_that_lost_its_manifests_is_named(home: Path, tmp_path: Path, damaged: int) -> None:
    async def story(scene: Scene) -> None:
        stores = {name: tmp_path / name for name in ("one", "other")}
        for store in stores.values():
            shutil.copytree(scene.network.home.vault, store)
        scene.network.vaults = {name: FolderVault(store) for name, store in stores.items()}
        bad, good = sorted(stores, reverse=bool(damaged))
        lose_manifests(stores[bad])
        reports = {report.replica: report for report in await audit_vaults(scene.network, challenges=300)}
        assert reports[good].sound
        assert (len(reports[bad].missing), reports[bad].challenged) == (MANIFESTS, OBJECTS + MANIFESTS)

    play(home, story)
