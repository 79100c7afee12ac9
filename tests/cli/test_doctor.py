"""Tests of the doctor: each fault that is planted is found and its mend named, and nothing is changed by looking."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from homes import data_file, environment, truncate

from autochain.cli.diagnosis import Finding, Installation, default_home, installation_at, report, usual_port
from autochain.cli.diagnosis.home_folder import (
    clock_finding,
    disk_finding,
    home_findings,
    port_finding,
    standing_still,
    use_finding,
)
from autochain.cli.diagnosis.inside import look
from autochain.cli.diagnosis.installation import (
    LIBRARIES,
    console_finding,
    environment_finding,
    library_findings,
    python_finding,
)
from autochain.network import Home, chain_file
from autochain.network import default_home as network_default_home
from cli.program import Program, Running

ROOT = Path(__file__).parents[2]
Start = Callable[..., Running]
HOUR_S = 3600.0


def wrong(findings: Iterable[Finding]) -> list[Finding]:
    """Gives what is wrong; each says what mends it."""
    found = [finding for finding in findings if finding.state == "wrong"]
    assert all(finding.remedy and finding.detail for finding in found)
    return found


def the_one(findings: Iterable[Finding], what: str, *words: str) -> Finding:
    """Gives the one thing that is wrong, and sees that it says these words."""
    (finding,) = wrong(findings)
    assert finding.what == what
    for word in words:
        assert word in f"{finding.detail} → {finding.remedy}"
    return finding


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Gives the files of a folder with rights, time of their last change, and content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_sound_home_is_found_sound_and_is_not_changed(home: Path) -> None:
    before = snapshot(home)
    findings = [*home_findings(home), disk_finding(home), clock_finding(home)]
    with standing_still(home) as still:
        findings += [use_finding(home, still=still), *look(Home(home), still=still)]
    assert [finding for finding in findings if finding.state != "sound"] == []
    assert {finding.what for finding in findings} >= {"home", "network", "parties", "vault", "chain", "in use"}
    assert snapshot(home) == before


def test_the_command_tells_each_thing_and_ends_with_1_when_one_is_wrong(program: Program) -> None:
    wallet = program.home / "parties" / "owner" / "wallet.json"
    wallet.chmod(0o644)
    ended = program("doctor")
    assert (ended.code, ended.err) == (1, "")
    assert f"✗ rights: others may use {wallet}\n  → chmod 600 {wallet}\n" in ended.out
    assert f"✗ party owner: Others may read this wallet file. ({wallet})\n  → Take the right away" in ended.out
    assert "✓ chain: its store is sound" in ended.out
    assert ended.out.endswith("Nothing was changed.\n")


def test_findings_in_json_are_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    sound, bad = Finding("sound", "disk", "large"), Finding("wrong", "port", "taken", "End it.")
    assert report([sound, bad], as_json=True) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"sound": False, "findings": [sound._asdict(), bad._asdict()]}
    assert report([sound], as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["sound"] is True


def test_a_name_that_would_steer_the_terminal_is_told_without_doing_so(capsys: pytest.CaptureFixture[str]) -> None:
    report([Finding("wrong", "home", "a\x1b[2Jfile", "chmod 600 a\x1b[2Jfile")], as_json=False)
    assert "\x1b" not in capsys.readouterr().out


def test_the_chmod_that_is_named_mends_rights_that_are_too_wide(home: Path) -> None:
    parties = home / "parties"
    parties.chmod(0o755)
    (parties / "owner" / "wallet.json").chmod(0o640)
    finding = the_one(home_findings(home), "rights", "chmod 700", "chmod 600")
    subprocess.run(["sh", "-c", finding.remedy], check=True)
    assert wrong(home_findings(home)) == []


def test_many_rights_that_are_too_wide_are_mended_by_one_chmod(home: Path) -> None:
    for path in (home / "parties").rglob("*"):
        path.chmod(0o755)
    finding = the_one(home_findings(home), "rights", "more", f"chmod -R go-rwx {home}")
    subprocess.run(["sh", "-c", finding.remedy], check=True)
    assert wrong(home_findings(home)) == []


def test_a_file_that_its_user_may_not_read_and_a_home_that_is_none_are_told(home: Path, tmp_path: Path) -> None:
    (home / "network.json").chmod(0)
    the_one(home_findings(home), "home", "you may not read", "chmod -R u+rwX")
    (tmp_path / "file").write_text("")
    the_one(home_findings(tmp_path / "file"), "home", "is no folder")


def test_the_home_of_another_user_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: home.stat().st_uid + 1)
    the_one(home_findings(home), "home", "belongs to user", "chown -R")


def inside(home: Path) -> list[Finding]:
    return list(look(Home(home), still=True))


def test_a_torn_store_is_told(home: Path) -> None:
    truncate(home)
    the_one(inside(home), "chain", "damaged")


def test_a_store_that_is_lost_is_told(home: Path) -> None:
    data_file(home).unlink()
    the_one(inside(home), "chain", "its store is empty", "Restore")


@pytest.mark.parametrize("party", ["validator", "operation", "release", "registrar", "owner"])
def test_a_party_without_its_key_is_told(home: Path, party: str) -> None:
    (home / "parties" / party / "wallet.json").unlink()
    the_one(inside(home), f"party {party}", "no such party", "Restore")


def test_a_contract_that_the_program_has_not_is_told_and_nothing_is_changed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_file, "CONTRACTS", {k: v for k, v in chain_file.CONTRACTS.items() if k != "mining"})
    before = snapshot(home)
    the_one(inside(home), "chain", "the contract mining, this program has not", "Bring the sources")
    assert snapshot(home) == before


def test_a_folder_that_can_not_be_read_keeps_the_doctor_from_looking_into_it(program: Program) -> None:
    (program.home / "network.json").chmod(0)
    ended = program("doctor")
    assert ended.code == 1
    assert "! network: what lies in the home was not looked at\n  → Mend the folder first.\n" in ended.out


def test_a_party_whose_folder_is_gone_is_told_where_the_network_needs_it(home: Path) -> None:
    shutil.rmtree(home / "parties" / "validator")
    the_one(inside(home), "party validator", "Restore")


def test_a_key_that_is_damaged_and_one_that_is_another_s_are_told(home: Path) -> None:
    wallet = home / "parties" / "owner" / "wallet.json"
    wallet.write_bytes(wallet.read_bytes()[:-9])
    the_one(inside(home), "party owner", "damaged")


def test_a_registrar_without_its_share_and_a_backup_without_its_keys_are_told(home: Path) -> None:
    Home(home).share("registrar").unlink()
    the_one(inside(home), "party registrar", "share")
    Home(home).share("registrar").touch()
    backups = home / "parties" / "release"
    (backups / "backup").mkdir(exist_ok=True)
    shutil.rmtree(backups / "backup-keys", ignore_errors=True)
    the_one(inside(home), "party release", "backup-keys")


def test_a_home_of_another_version_is_told(home: Path) -> None:
    facts = json.loads((home / "network.json").read_text())
    (home / "network.json").write_text(json.dumps(facts | {"format": 1}))
    the_one(inside(home), "network", "format 1")


def test_a_home_without_a_network_is_sound_and_one_that_is_half_made_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert [finding.state for finding in inside(tmp_path)] == ["sound"]
    (tmp_path / "half-made").touch()
    assert [finding.state for finding in inside(tmp_path)] == ["doubtful"]


def test_a_store_of_objects_that_is_away_is_told(home: Path, tmp_path: Path) -> None:
    away = Home(home, vaults=(str(home / "vault"), str(tmp_path / "away"), "s3://"))
    found = wrong(look(away, still=True))
    assert [finding.what for finding in found] == ["vault", "vault"]
    shutil.rmtree(home / "vault")
    the_one(inside(home), "vault", "is not there")


def test_a_network_that_runs_is_asked_and_shows_a_sample_of_its_objects(program: Program, start: Start) -> None:
    address = start(program.home, "--port", "0", "--cars", "0").wait_until_it_answers()
    with standing_still(program.home) as still:
        assert not still
        assert f"answers at {address}" in use_finding(program.home, still=still).detail
        findings = list(look(Home(program.home), still=still))
    assert wrong(findings) == []
    assert any(re.search(r"shows [1-9]\d* objects", finding.detail) for finding in findings)
    shutil.rmtree(program.home / "vault" / "objects")
    the_one(look(Home(program.home), still=False), "vault", "does not show", "vault audit")


def test_a_process_that_holds_the_home_and_does_not_answer_is_named(home: Path) -> None:
    other = Home(home)
    assert other.lock()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    other.announce(f"127.0.0.1:{port}")
    with standing_still(home) as still:
        finding = use_finding(home, still=still)
    other.unlock()
    the_one([finding], "in use", f"process {os.getpid()}", f"kill {os.getpid()}")
    (home / "address").write_text("127.0.0.1:1")
    with standing_still(home) as still:
        assert use_finding(home, still=still).state == "doubtful"


def test_a_taken_port_is_told_with_its_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finding = the_one([port_finding(port)], "port", f"port {port} is taken", "--port 0")
        if sys.platform == "linux":
            assert f"by process {os.getpid()} " in finding.detail
    assert port_finding(port).state == "sound"


def test_a_full_disk_and_one_that_is_nearly_full_are_told(home: Path) -> None:
    the_one([disk_finding(home, free_bytes=5_000_000)], "disk", "5 MB are free", "Make room")
    assert disk_finding(home, free_bytes=500_000_000).state == "doubtful"
    assert disk_finding(home / "not" / "there", free_bytes=5_000_000_000).state == "sound"


def test_a_clock_before_the_chain_s_last_write_and_one_that_is_long_past_are_told(home: Path) -> None:
    written = data_file(home).stat().st_mtime
    the_one([clock_finding(home, now_s=written - HOUR_S)], "clock", "3,600 s later", "timedatectl")
    the_one([clock_finding(home, now_s=0.0)], "clock", "1970-01-01")
    assert clock_finding(home, now_s=written).state == "sound"


@pytest.fixture
def installed(tmp_path: Path) -> Installation:
    """A clone whose environment is as its lock says."""
    root, venv = tmp_path / "clone", tmp_path / "clone" / ".venv"
    (root / "locks").mkdir(parents=True)
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (root / "locks" / "runtime.txt").write_text("msgspec==0.1\n")
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}{sys.abiflags}"
    (venv / "autochain.stamp").write_text(f"{root}\n{venv}\n{name}\nruntime\nmsgspec==0.1\n")
    return Installation(root, venv, venv / "bin" / "python")


def test_an_environment_that_is_as_its_lock_says_is_sound(installed: Installation) -> None:
    assert environment_finding(installed).state == "sound"
    here = installation_at(ROOT / "src" / "autochain")
    assert (here.root, here.package) == (ROOT, ROOT / "src" / "autochain")


@pytest.mark.parametrize(
    ("stamp", "said"),
    [
        (None, "can't be read"),
        ("", "interrupted"),
        ("/elsewhere\n/elsewhere/.venv\npython3.11\nruntime\n", "another folder or Python"),
        ("{place}runtime\nmsgspec==0.2\n", "another runtime.txt named"),
        ("{place}gone\nmsgspec==0.1\n", "another gone.txt named"),
    ],
)
def test_an_environment_with_a_wrong_stamp_is_told(installed: Installation, stamp: str | None, said: str) -> None:
    file = installed.venv / "autochain.stamp"
    place = "".join(file.read_text().splitlines(keepends=True)[:3])
    file.unlink()
    if stamp is not None:
        file.write_text(stamp.replace("{place}", place))
    the_one([environment_finding(installed)], "environment", said)


def test_an_environment_without_python_is_told(installed: Installation) -> None:
    installed.python.unlink()
    the_one([environment_finding(installed)], "environment", "is not there")


def test_libraries_that_do_not_load_kill_their_process_or_are_of_another_version_are_told(
    installed: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "rbcl.py").write_text("raise ImportError('its shared object is cut off')")
    (broken / "lmdb.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setenv("PYTHONPATH", str(broken))
    found = {
        finding.what: finding for finding in wrong(library_findings(installed._replace(python=Path(sys.executable))))
    }
    assert set(found) == {"library rbcl", "library lmdb", "library msgspec"}
    assert "its shared object is cut off" in found["library rbcl"].detail
    assert "dies of SIGSEGV" in found["library lmdb"].detail
    assert "the lock says 0.1" in found["library msgspec"].detail
    assert f"Delete {installed.venv}" in found["library rbcl"].remedy


def test_the_libraries_that_are_loaded_are_those_that_the_package_depends_on() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.split(r"[\[>]", line)[0] for line in needed} == set(LIBRARIES)


def test_an_old_python_is_told() -> None:
    the_one([python_finding((3, 10, 4))], "Python", "3.10.4", "3.11")
    assert python_finding().state == "sound"


def test_a_console_that_is_not_whole_is_told(tmp_path: Path) -> None:
    assert console_finding(tmp_path).state == "doubtful"
    (tmp_path / "web" / "assets").mkdir(parents=True)
    (tmp_path / "web" / "index.html").write_text('<script src="./assets/index-1.js"></script>')
    the_one([console_finding(tmp_path)], "console", "assets/index-1.js")
    (tmp_path / "web" / "assets" / "index-1.js").touch()
    assert console_finding(tmp_path).state == "sound"


def test_run_examines_with_a_bare_python_what_is_installed_where_nothing_is(tmp_path: Path) -> None:
    """The real script, with an environment that is not there, installs nothing and says what is wrong."""
    surroundings = environment(tmp_path / "home") | {"AUTOCHAIN_VENV": str(tmp_path / "venv")}
    surroundings.pop("PYTHONPATH")
    python = getattr(sys, "_base_executable", sys.executable)
    ended = subprocess.run(
        [python, "-S", ROOT / "run", "doctor"], env=surroundings, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (1, "")
    assert (
        f"✗ environment: {tmp_path / 'venv' / 'bin' / 'python'} is not there\n  → `./run` makes it.\n" in ended.stdout
    )
    assert list(tmp_path.iterdir()) == []


def test_defaults_are_those_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in ("", "/somewhere"):
        monkeypatch.setenv("XDG_DATA_HOME", data)
        assert default_home() == network_default_home()
    monkeypatch.setenv("AUTOCHAIN_HOME", "/named")
    assert default_home() == network_default_home() == Path("/named")
    assert usual_port() == 8440
    monkeypatch.setenv("AUTOCHAIN_PORT", "9000")
    assert usual_port() == 9000
