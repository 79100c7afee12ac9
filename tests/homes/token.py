"""A SoftHSM of this machine, which stands for a vehicle's security module."""

from __future__ import annotations

import os
import subprocess
import warnings
from pathlib import Path
from shutil import which

import pytest

LABEL, PIN, OFFICER_PIN = "vehicle", "2468", "13579"
SETTING = "SOFTHSM2_CONF"
_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


def installed_module() -> str:
    """Finds SoftHSM; where it is absent, CI fails and elsewhere the test says that it did not run."""
    found = next((path for path in _MODULES if Path(path).exists()), None)
    if found is not None and which("softhsm2-util") is not None:
        return found
    absent = "SoftHSM is not installed: install your system's package softhsm2"
    if os.environ.get("CI") == "true":
        pytest.fail(absent)
    warnings.warn(f"Keys in tokens were not tested: {absent}", stacklevel=2)
    pytest.skip(absent)


def tokens_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Has tokens lie in a folder; gives the library by which they are reached, which reads this once in a process."""
    module = installed_module()
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv(SETTING, str(settings))
    return module


def make_token() -> None:
    """Makes the token that tests use."""
    command = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", OFFICER_PIN]
    subprocess.run(command, check=True, capture_output=True)
