"""A stranger that reads the reference and tries everything: schemathesis finds no 5xx and nothing undocumented."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from .following import followed
from .people import V1, Served, play_api

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
)
"""All but that what the reference allows is accepted: a contract may refuse it for what stands on the chain."""
ENDLESS, SIGNING_OUT = f"{V1}/stream", f"{V1}/sign-out"
"""The one never ends, and the other would end the session that the others need."""


async def _tried(api: Served, folder: Path, *arguments: str) -> tuple[int, str]:
    """Runs schemathesis as an owner who is signed in; gives how it ended and what it said."""
    await followed(api)
    owner, scene = await api.persona("owner"), api.scene
    settings = folder / "schemathesis.toml"
    settings.write_text(
        f"""[parameters]
"path.account" = "{owner.account}"
"path.recording" = "{scene.recordings[0].hex()}"
"path.receipt" = "{scene.receipt.hex()}"
"path.identifier" = "{scene.owner.did}"
"path.codespace" = "token"
"path.code" = 1
"""
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings), "--no-color"),
        *("run", f"{api.http.base_url}{V1}/openapi.json"),
        *("--header", f"Authorization: {owner.headers['authorization']}"),
        *("--exclude-path", ENDLESS, "--exclude-path", SIGNING_OUT, "--checks", ",".join(CHECKS)),
        *("--seed", "6", "--generation-database", "none", *arguments),
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode()


HOOKS = """import schemathesis


@schemathesis.serializer("application/vnd.msgpack")
def as_bytes(context, value):
    return {"data": value if isinstance(value, bytes) else str(value).encode()}
"""


@pytest.mark.soak
def test_whoever_tries_what_the_reference_says_and_forbids_finds_no_undocumented_answer(
    peopled: Path, tmp_path: Path
) -> None:
    (tmp_path / "hooks.py").write_text(HOOKS)

    async def story(api: Served) -> None:
        status, told = await _tried(api, tmp_path, "--phases", "examples,coverage,fuzzing", "--max-examples", "30")
        assert status == 0, told[-8_000:]

    play_api(peopled, story)
