"""What `./run` says when it can't prepare: what is wrong and what mends it, without a traceback."""

import sys
from collections.abc import Callable

import pytest

from .conftest import Index, Machine


def assert_refused(machine: Machine, words: str, **settings: str) -> str:
    done = machine.start(**settings)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.stderr


def test_a_machine_with_neither_installer_nor_index_is_told_what_to_add(machine: Machine) -> None:
    words = assert_refused(machine, "neither uv nor pip")
    assert "PIP_INDEX_URL" in words


def test_an_ensurepip_that_was_removed_but_for_its_folder_counts_as_none(machine: Machine) -> None:
    machine.add_ensurepip()
    for file in (machine.modules / "ensurepip").rglob("*.*"):
        file.unlink()
    assert_refused(machine, "neither uv nor pip")


def test_an_index_out_of_reach_is_told_apart(machine: Machine, serve: Callable[..., Index]) -> None:
    index = serve()
    url = index.url("mara:s3cret@")
    index.close()
    assert "s3cret" not in assert_refused(machine, "can't be reached", PIP_INDEX_URL=url)


def test_an_index_without_a_file_for_this_machine_is_told_apart(machine: Machine, serve: Callable[..., Index]) -> None:
    index = serve()
    index.files = {"uv-0.13.8-py3-none-win32.whl": b""}
    assert_refused(machine, "A pinned file isn't to be had", PIP_INDEX_URL=index.url())


def test_an_answer_that_is_no_index_is_told_apart(machine: Machine, serve: Callable[..., Index]) -> None:
    index = serve()
    index.is_json, index.files = True, {}
    assert_refused(machine, "has no uv", PIP_INDEX_URL=index.url())


def test_a_wheel_with_other_bytes_is_never_run(machine: Machine, serve: Callable[..., Index]) -> None:
    changed = serve(wheel=machine.wheel + b"!")
    assert_refused(machine, "SHA-256 differs", PIP_INDEX_URL=changed.url())
    assert not (machine.venv / "uv").exists()


def test_a_wheel_from_pip_with_other_bytes_is_never_run(machine: Machine) -> None:
    machine.add_pip()
    machine.wheel_path.write_bytes(machine.wheel + b"!")
    assert_refused(machine, "SHA-256 differs")
    assert not (machine.venv / "uv").exists()


def test_a_missing_lock_is_named(machine: Machine) -> None:
    (machine.clone / "locks/uv.txt").unlink()
    assert_refused(machine, "locks/uv.txt is missing")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("error: Failed to download `a==1`\n  cause: Hash mismatch for `a==1`", "SHA-256 differs"),
        ("failed to write to file `/v/x`: No space left on device (os error 28)", "The disk is full"),
        (
            "cause: dns error\n  cause: failed to lookup address information: Name or service not known",
            "can't be reached",
        ),
        ("error sending request for url (http://h/a/)\ncause: client error (Connect)", "can't be reached"),
        ("Network connectivity is disabled, but the requested data wasn't found in the cache", "can't be reached"),
        ("client error (Connect)\n  cause: invalid peer certificate: UnknownIssuer", "Set PIP_CERT"),
        (
            "could not be queried due to a lack of valid authentication credentials (401 Unauthorized)",
            "user and password",
        ),
        ("failed to create directory `/v`: Read-only file system (os error 30)", "AUTOCHAIN_VENV"),
        ("failed to create directory `/v`: Permission denied (os error 13)", "AUTOCHAIN_VENV"),
        ("Because lmdb==3.0.0 has no usable wheels and you require lmdb==3.0.0", "UV_NO_BUILD=0"),
        ("Because a was not found in the provided package locations and you require a==1", "A pinned file"),
        ("something nobody foresaw", "Mend what its last words name"),
    ],
)
def test_the_words_of_an_installer_are_explained(machine: Machine, said: str, meant: str) -> None:
    machine.add_uv()
    words = assert_refused(machine, meant, SAYS=f"{said}\nat https://mara:s3cret@mirror.example/simple")
    assert said.splitlines()[-1].strip() in words
    assert "s3cret" not in words
    assert machine.start().returncode == 0


def test_a_folder_that_cannot_be_written_is_told_apart(machine: Machine) -> None:
    machine.add_uv()
    # Even root can't write there.
    closed = "/System/venv" if sys.platform == "darwin" else "/sys/venv"
    assert "such as ~/autochain-venv" in assert_refused(machine, "A folder can't be written", AUTOCHAIN_VENV=closed)
