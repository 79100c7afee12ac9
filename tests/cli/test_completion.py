"""Tests of what a shell completes: commands, options, and what lies in a home, without asking a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from homes import environment

from cli.program import Program

ROOT = Path(__file__).parents[2]


def completed(home: Path, *words: str) -> list[str]:
    """Gives what the shell is offered for the last of these words."""
    asked = {"_AUTOCHAIN_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    if not words[-1]:
        asked["COMP_WORDS"] += " "
    command = [sys.executable, "-m", "autochain"]
    ended = subprocess.run(command, env=environment(home) | asked, capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    return ended.stdout.split()


def test_commands_and_options_are_completed(home: Path) -> None:
    assert completed(home, "autochain", "rec") == ["recording"]
    assert completed(home, "autochain", "recording", "ve") == ["verify"]
    assert "--once" in completed(home, "autochain", "watch", "--")


def test_parties_and_recordings_of_the_home_are_completed(program: Program) -> None:
    names = [facts["name"] for facts in program.json("account", "show")["accounts"]]
    assert completed(program.home, "autochain", "transfer", "--as", "") == sorted(names)
    assert completed(program.home, "autochain", "account", "show", "o") == [n for n in sorted(names) if n[0] == "o"]
    ids = sorted(record["recording"] for record in program.json("recording", "list")["recordings"])
    assert completed(program.home, "autochain", "recording", "show", "") == ids
    assert completed(program.home, "autochain", "recording", "show", ids[0][:7]) == [ids[0]]


def test_a_home_that_is_not_there_offers_nothing_and_a_name_that_would_steer_a_shell_is_left_out(
    tmp_path: Path,
) -> None:
    assert completed(tmp_path / "none", "autochain", "transfer", "--as", "") == []
    for name in ("good", "$(touch x)", "two words"):
        (tmp_path / "parties" / name).mkdir(parents=True)
        (tmp_path / "parties" / name / "wallet.json").touch()
    assert completed(tmp_path, "autochain", "transfer", "--as", "") == ["good"]


@pytest.mark.parametrize("program_name", ["autochain", "./run"])
def test_bash_completes_with_the_script_that_is_shown(home: Path, tmp_path: Path, program_name: str) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    # What a user calls is put into a folder of its own: `autochain` on the path, or `./run` in a clone.
    called = tmp_path / Path(program_name).name
    # In Python, as the real `run` is: a shell would drop the variable with a slash in its name.
    called.write_text(
        f"#!{sys.executable}\nimport os, sys\nos.environ['AUTOCHAIN_PROGRAM'] = {program_name!r}\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'autochain', *sys.argv[1:]])\n"
    )
    called.chmod(0o755)
    script = f"""
        eval "$({program_name} --show-completion bash)"
        COMP_WORDS=({program_name} consent gr) COMP_CWORD=2
        "$(complete -p {program_name} | sed 's/.* -F \\([^ ]*\\) .*/\\1/')" {program_name}
        echo "${{COMPREPLY[@]}}"
    """
    surroundings = environment(home) | {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
    }
    ended = subprocess.run(
        [bash, "-c", script], cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=True
    )
    assert (ended.stdout, ended.stderr) == ("grant\n", "")


def test_a_shell_that_asks_run_before_it_is_prepared_installs_nothing(tmp_path: Path) -> None:
    surroundings = environment(tmp_path / "home") | {
        "AUTOCHAIN_VENV": str(tmp_path / "venv"),
        "_./RUN_COMPLETE": "complete_bash",
    }
    python = getattr(sys, "_base_executable", sys.executable)
    ended = subprocess.run([python, ROOT / "run"], env=surroundings, capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_credentials_that_are_kept_are_completed(program: Program) -> None:
    words = ("--as", "regulator", "--set", "role=workshop", "--set", "legalName=Example", "--no-status")
    name = program.json("credential", "issue", "organisation-role", "owner", *words)["credential"]
    assert completed(program.home, "autochain", "credential", "show", name[:4]) == [name]
    assert completed(program.home, "autochain", "access", "use", "") == [name]
