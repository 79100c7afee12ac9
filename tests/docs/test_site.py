"""The documentation builds without a warning: every link leads somewhere, every page is in the contents."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_site_builds_and_holds_what_the_code_says(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "docs/build.py", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {str(path.relative_to(tmp_path / "html")): path.read_text() for path in tmp_path.glob("html/**/*.html")}
    told = {name: html.unescape(re.sub(r"<[^>]+>", "", text)) for name, text in pages.items()}
    assert "consent/Grant" in told["reference/contracts/consent.html"]
    assert "autochain consent grant" in told["reference/commands.html"]
    assert "AUTOCHAIN_HOME" in told["reference/settings.html"]
    assert "The consent was revoked or has expired." in told["reference/refusals.html"]
    assert "/api/v1/chains/{chain}/blocks" in told["reference/http.html"]
    # Nothing is fetched from elsewhere when it is read.
    for name, text in pages.items():
        assert 'src="http' not in text, name
