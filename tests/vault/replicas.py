"""Three folders as one vault, whose files a test can look at, damage and take away."""

from __future__ import annotations

from pathlib import Path

from autochain.vault import Failed, FolderVault, Healed, ReplicatedVault, Vault

from .kept import in_folder

NAMES = ("first", "second", "third")


class Replicas:
    """Three folders as one vault, and all that it reports."""

    def __init__(self, folder: Path, *, needed: int = 2, heals: int = 100) -> None:
        self.folder = folder
        self.reports: list[Failed | Healed] = []
        self.each: dict[str, Vault] = {name: FolderVault(folder / name) for name in NAMES}
        self.vault = ReplicatedVault(self.each, needed=needed, report=self.reports.append, heals=heals)

    def file(self, replica: str, name: bytes) -> Path:
        return in_folder(self.folder / replica)[0](name)

    def manifest_file(self, replica: str, root: bytes) -> Path:
        return in_folder(self.folder / replica)[1](root)

    def take_down(self, replica: str) -> None:
        """Makes it unreachable, as a disk that fails."""
        (self.folder / replica).rename(self.folder / f"{replica}.away")
        (self.folder / replica).touch()

    def bring_back(self, replica: str) -> None:
        (self.folder / replica).unlink()
        (self.folder / f"{replica}.away").rename(self.folder / replica)

    def told(self) -> list[tuple[str, str]]:
        """Gives what was reported since it was asked last."""
        reports = list(self.reports)
        self.reports.clear()
        return [(each.replica, each.doing if isinstance(each, Failed) else "healed") for each in reports]
