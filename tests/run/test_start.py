"""What `./run` does on a first start, on later ones, and when something has changed since."""

import ast
import os
import pty
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import PYTHON, Index, Machine


def test_a_first_start_prepares_and_hands_its_arguments_over(machine: Machine) -> None:
    machine.add_uv()
    done = machine.start("token", "send", "--to", "a b")
    assert (done.returncode, done.stdout) == (0, "started token send --to a b\n")
    assert [line[:5] for line in done.stderr.splitlines()] == ["[1/3]", "[2/3]", "[3/3]", "Ready"]


def start_on_a_terminal(machine: Machine, **settings: str) -> str:
    """Returns what a terminal shows of a start."""
    ours, theirs = pty.openpty()
    with machine.begin("x", stderr=theirs, TERM="xterm", **settings) as process:
        process.communicate()
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    return shown


def test_on_a_terminal_the_progress_keeps_to_one_line_and_leaves_none(machine: Machine) -> None:
    machine.add_uv()
    shown = start_on_a_terminal(machine)
    assert "[3/3] install the libraries" in shown
    assert "\n" not in shown
    assert shown.endswith("\r\033[K")


def test_a_terminal_shows_no_login_that_an_installer_mentions(machine: Machine) -> None:
    machine.add_uv()
    shown = start_on_a_terminal(machine, SAYS="at https://mara:s3cret@mirror.example/simple")
    assert "https://***@mirror.example" in shown
    assert "s3cret" not in shown


def test_a_later_start_asks_no_installer_and_says_nothing(machine: Machine) -> None:
    machine.add_uv()
    machine.start()
    asked = machine.asked()
    (machine.bin / "uv").write_text("#!/bin/false\n")
    done = machine.start("again")
    assert (done.stdout, done.stderr) == ("started again\n", "")
    assert machine.asked() == asked


def test_files_of_the_current_folder_do_not_stand_in_for_libraries(machine: Machine) -> None:
    machine.add_uv()
    (machine.folder / "json.py").write_text("raise SystemExit('wrong json')")
    assert machine.start("x").stdout == "started x\n"


def test_the_pinned_uv_on_path_is_used_as_it_is(machine: Machine) -> None:
    machine.add_uv()
    machine.start()
    assert [line.split("\t")[0] for line in machine.asked()] == ["venv", "pip"]
    assert not (machine.venv / "uv").exists()


def test_another_uv_brings_the_pinned_one_by_its_hash(machine: Machine) -> None:
    machine.add_uv("0.1.0")
    assert machine.start().returncode == 0
    first = machine.asked()[0].split("\t")
    assert first[:2] == ["pip", "install"]
    assert {"--require-hashes", "--target", str(machine.clone / "locks/uv.txt")} <= set(first)
    assert (machine.venv / "uv/bin/uv").exists()


def test_pip_brings_uv_without_installing_it(machine: Machine) -> None:
    machine.add_pip()
    assert machine.start().returncode == 0
    first = machine.asked()[0].split("\t")
    assert first[:2] == ["pip", "download"]
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(first)


def test_the_pip_that_ensurepip_carries_serves_where_there_is_none(machine: Machine) -> None:
    machine.add_ensurepip()
    assert machine.start().returncode == 0
    assert machine.asked()[0].split("\t")[:2] == ["bundled pip", "download"]


def test_a_bare_python_fetches_uv_from_the_index_itself(machine: Machine, serve: Callable[..., Index]) -> None:
    assert machine.start("x", PIP_INDEX_URL=serve().url()).stdout == "started x\n"


def test_a_folder_of_wheels_is_enough(machine: Machine) -> None:
    done = machine.start("x", PIP_NO_INDEX="1", PIP_FIND_LINKS="wheels")
    assert done.stdout == "started x\n"
    assert "--no-index" in machine.asked()[-1].split("\t")
    assert f"UV_FIND_LINKS={machine.wheel_path.parent}" in machine.asked()[-1].split("\t")


def test_developer_tools_come_with_the_first_test_and_stay(machine: Machine) -> None:
    machine.add_uv()
    for command in ("demo", "test", "demo", "lint", "bench"):
        assert machine.start(command).stdout == f"started {command}\n"
    assert machine.syncs() == ["runtime", "dev"]


def test_a_changed_lock_is_installed_into_the_environment_that_is_there(machine: Machine) -> None:
    machine.add_uv()
    machine.start("test")
    mark = machine.venv / "mark"
    mark.touch()
    machine.lock("dev", "alpha==2\nbeta==1")
    machine.start()
    assert machine.syncs() == ["dev", "dev"]
    assert mark.exists()


def test_a_clone_that_moved_prepares_itself_anew(machine: Machine) -> None:
    machine.add_uv()
    machine.start()
    machine.clone = machine.clone.rename(machine.folder / "moved")
    assert machine.start("x").stdout == "started x\n"
    assert machine.syncs() == ["runtime", "runtime"]


@pytest.mark.parametrize("broken", ["bin/python", "lib", "autochain.stamp", "bin"])
def test_a_broken_environment_is_made_anew(machine: Machine, broken: str) -> None:
    machine.add_uv()
    machine.start()
    path = machine.venv / broken
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert machine.start("x").stdout == "started x\n"
    assert machine.syncs() == ["runtime", "runtime"]


def test_a_python_that_cannot_be_run_is_answered_with_a_remedy(machine: Machine) -> None:
    machine.add_uv()
    machine.start()
    (machine.venv / "bin/python").unlink()
    (machine.venv / "bin/python").write_bytes(b"\x7fELF of another machine")
    (machine.venv / "bin/python").chmod(0o755)
    done = machine.start()
    assert done.returncode == 1
    assert f"{machine.venv} is broken. Delete it" in done.stderr


def test_the_environment_may_lie_elsewhere(machine: Machine) -> None:
    machine.add_uv()
    elsewhere = machine.folder / "new" / "place"
    assert machine.start("x", AUTOCHAIN_VENV=str(elsewhere)).stdout == "started x\n"
    assert (elsewhere / "pyvenv.cfg").exists()
    assert not machine.venv.exists()


def test_a_folder_that_holds_something_else_is_left_alone(machine: Machine) -> None:
    machine.add_uv()
    letter = machine.home / "letter"
    letter.write_text("dear")
    done = machine.start(AUTOCHAIN_VENV=str(machine.home))
    assert done.returncode == 1
    assert "holds something else" in done.stderr
    assert letter.read_text() == "dear"


def test_two_starts_at_once_prepare_once(machine: Machine) -> None:
    machine.add_uv()
    with machine.begin("one", WAITS_S="1") as first:
        machine.await_sync(first)
        second = machine.start("two")
        assert first.communicate()[0] == "started one\n"
    assert second.stdout == "started two\n"
    assert "waiting until it is done" in second.stderr
    assert machine.syncs() == ["runtime"]


def test_a_start_killed_half_way_is_done_again_once_its_installer_has_ended(machine: Machine) -> None:
    machine.add_uv()
    with machine.begin(WAITS_S="1") as first:
        machine.await_sync(first)
        first.kill()
    half = machine.venv / "lib/half"
    half.touch()
    second = machine.start("x")
    assert second.stdout == "started x\n"
    assert "waiting until it is done" in second.stderr
    assert machine.syncs() == ["runtime", "runtime"]
    assert not half.exists()


def test_a_change_killed_half_way_leads_to_a_new_environment(machine: Machine) -> None:
    machine.add_uv()
    machine.start()
    mark = machine.venv / "mark"
    mark.touch()
    assert machine.start("test", SAYS="broken off").returncode == 1
    assert machine.start("x").stdout == "started x\n"
    assert not mark.exists()


def test_an_interrupted_start_ends_in_words(machine: Machine) -> None:
    machine.add_uv()
    with machine.begin(WAITS_S="30") as first:
        machine.await_sync(first)
        # A terminal sends Ctrl-C to all that run in it.
        os.killpg(first.pid, signal.SIGINT)
        errors = first.communicate()[1]
    assert first.returncode == 1
    assert "the next ./run begins again" in errors
    assert "Traceback" not in errors


def test_an_interrupt_before_the_hand_over_ends_it_without_a_word(machine: Machine) -> None:
    machine.add_uv()
    machine.start()
    # Ctrl-C just as the script looks whether the environment is there.
    (machine.modules / "sitecustomize.py").write_text(
        "import os\n\ndef access(*_):\n    raise KeyboardInterrupt\n\nos.access = access\n"
    )
    done = machine.start()
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_old_python_hands_over_to_a_newer_one_on_path(machine: Machine) -> None:
    (machine.bin / "python3.13").write_text("#!/bin/sh\nexit 127\n")
    (machine.bin / "python3.12").write_text("#!/bin/sh\necho newer $*\n")
    for name in ("python3.13", "python3.12"):
        (machine.bin / name).chmod(0o755)
    done = start_as_old_python(machine.clone / "run", machine.bin)
    assert done.stdout.splitlines()[-1] == f"newer {machine.clone / 'run'} x"


def test_an_old_python_alone_is_told_what_to_install(machine: Machine) -> None:
    done = start_as_old_python(machine.clone / "run", machine.bin)
    assert done.returncode == 1
    assert "needs Python 3.11 or later" in done.stderr
    assert "is Python 3.6.15" in done.stderr
    assert "Traceback" not in done.stderr


def start_as_old_python(script: Path, path: Path) -> "subprocess.CompletedProcess[str]":
    pretence = (
        f"import runpy, sys; sys.version_info = (3, 6, 15); sys.version = '3.6.15 (old)'\n"
        f"sys.argv = [{str(script)!r}, 'x']; runpy.run_path({str(script)!r}, run_name='__main__')"
    )
    command = [str(PYTHON), "-c", pretence]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True, timeout=30, check=False)


def test_the_script_can_be_read_by_old_pythons(machine: Machine) -> None:
    ast.parse((machine.clone / "run").read_text(), feature_version=(3, 6))
