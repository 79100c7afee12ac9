"""A copy of the clone in a constructed machine: what is installed there, and which package index answers."""

import base64
import hashlib
import http.server
import io
import json
import os
import platform
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = Path(getattr(sys, "_base_executable", sys.executable))

INSTALLER = """#!{python} -SE
import os, pathlib, sys, time
command = sys.argv[1:]
if command == ["--version"]:
    sys.exit(print("uv {version} (stand-in)"))
with open(os.environ["RECORD"], "a") as record:
    settings = sorted(f"{{k}}={{v}}" for k, v in os.environ.items() if k.startswith(("UV_", "SSL_", "HTTP")))
    print(*command, *settings, sep="\\t", file=record)
if " ".join(command[:2]) == os.environ.get("SAYS_AT", "pip sync"):
    print(os.environ.get("SAYS", ""), file=sys.stderr, flush=True)
    time.sleep(float(os.environ.get("WAITS_S", "0")))
    if "SAYS" in os.environ:
        sys.exit(2)
if command[0] == "venv":
    venv = pathlib.Path(command[-1])
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/python").symlink_to("{python}")
    (venv / "pyvenv.cfg").write_text("home = {home}")
    (venv / "lib/python{minor}/site-packages").mkdir(parents=True)
if "--target" in command:
    target = pathlib.Path(command[command.index("--target") + 1]) / "bin/uv"
    target.parent.mkdir(parents=True)
    target.write_text(pathlib.Path(__file__).read_text().replace("uv {version}", "uv 0.13.8"))
    target.chmod(0o755)
"""
"""Stands in for uv, which is not ours: it records what it is asked, and makes just enough of an environment."""

PIP = """import os, pathlib, shutil, sys
if sys.argv[1:] == ["--version"]:
    sys.exit(print("pip 1.0 (stand-in)"))
with open(os.environ["RECORD"], "a") as record:
    print("{name}", *sys.argv[1:], sep="\\t", file=record)
shutil.copy(os.environ["WHEEL"], sys.argv[sys.argv.index("--dest") + 1])
"""


def installer(version: str) -> str:
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}{sys.abiflags}"
    return INSTALLER.format(python=PYTHON, home=PYTHON.parent, minor=minor, version=version)


def wheel_name() -> str:
    system = "macosx_11_0" if sys.platform == "darwin" else "manylinux_2_17"
    if sys.platform == "linux" and platform.libc_ver()[0] != "glibc":
        system = "musllinux_1_1"
    return f"uv-0.13.8-py3-none-{system}_{platform.machine()}.whl"


class Machine:
    """A clone of the project and what the machine around it offers; every start runs the real script."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clone = folder, folder / "clone"
        self.home, self.bin, self.modules = folder / "home", folder / "bin", folder / "modules"
        for made in (self.clone / "src/autochain", self.clone / "locks", self.home, self.bin, self.modules):
            made.mkdir(parents=True)
        shutil.copy(ROOT / "run", self.clone)
        (self.clone / "src/autochain/__init__.py").touch()
        (self.clone / "src/autochain/__main__.py").write_text("import json, sys\nprint('started', *sys.argv[1:])\n")
        wheel = io.BytesIO()
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("uv-0.13.8.data/scripts/uv", installer("0.13.8"))
        self.wheel = wheel.getvalue()
        self.wheel_path = folder / "wheels" / wheel_name()
        self.wheel_path.parent.mkdir()
        self.wheel_path.write_bytes(self.wheel)
        self.lock("uv", f"uv==0.13.8 --hash=sha256:{hashlib.sha256(self.wheel).hexdigest()}")
        self.lock("runtime", "alpha==1")
        self.lock("dev", "alpha==1\nbeta==1")
        (self.bin / "python3").symlink_to(PYTHON)
        # The Python that runs this has pip and ensurepip; a bare one has neither.
        (self.modules / "sitecustomize.py").write_text("import sys\nsys.modules.update(pip=None, ensurepip=None)\n")
        self.record = folder / "record"
        self.record.touch()
        self.venv = self.clone / ".venv"
        self.env = {
            "PATH": str(self.bin),
            "HOME": str(self.home),
            "PYTHONPATH": str(self.modules),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "RECORD": str(self.record),
            "WHEEL": str(self.wheel_path),
        }

    def lock(self, name: str, text: str) -> None:
        (self.clone / f"locks/{name}.txt").write_text(text + "\n")

    def add_uv(self, version: str = "0.13.8") -> None:
        (self.bin / "uv").write_text(installer(version))
        (self.bin / "uv").chmod(0o755)

    def add_pip(self) -> None:
        (self.modules / "sitecustomize.py").write_text("")
        (self.modules / "pip").mkdir()
        (self.modules / "pip/__init__.py").touch()
        (self.modules / "pip/__main__.py").write_text(PIP.format(name="pip"))

    def add_ensurepip(self) -> None:
        (self.modules / "sitecustomize.py").write_text("import sys\nsys.modules.update(pip=None)\n")
        bundled = self.modules / "ensurepip/_bundled"
        bundled.mkdir(parents=True)
        (bundled.parent / "__init__.py").touch()
        with zipfile.ZipFile(bundled / "pip-1.0-py3-none-any.whl", "w") as archive:
            archive.writestr("pip/__main__.py", PIP.format(name="bundled pip"))

    def start(self, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        command, env = [str(self.clone / "run"), *arguments], self.env | settings
        return subprocess.run(
            command, env=env, cwd=self.folder, capture_output=True, text=True, timeout=30, check=False
        )

    def begin(self, *arguments: str, stderr: int = subprocess.PIPE, **settings: str) -> "subprocess.Popen[str]":
        command, env = [str(self.clone / "run"), *arguments], self.env | settings
        pipe = subprocess.PIPE
        # As from a terminal, also where these tests run in the background: what is ignored here is so in children.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return subprocess.Popen(command, env=env, stdout=pipe, stderr=stderr, text=True, process_group=0)
        finally:
            signal.signal(signal.SIGINT, before)

    def asked(self) -> list[str]:
        """Returns what the installers were asked so far, one line each."""
        return self.record.read_text().splitlines()

    def syncs(self) -> list[str]:
        """Returns the names of the locks installed so far."""
        words = [line.split("\t") for line in self.asked()]
        return [Path(next(word for word in line if word.endswith(".txt"))).stem for line in words if line[1] == "sync"]

    def await_sync(self, process: "subprocess.Popen[str]") -> None:
        while not self.syncs():
            assert process.poll() is None, process.stderr and process.stderr.read()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


class Index:
    """A simple index on the loopback interface that notes the login of each request."""

    def __init__(self, files: dict[str, bytes], context: ssl.SSLContext | None = None) -> None:
        self.files, self.wanted_login, self.is_json = files, "", False
        self.moved_to: Index | None = None
        self.logins: list[str] = []
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Keeps quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        _, _, login = request.headers.get("Authorization", "").partition(" ")
        self.logins.append(base64.b64decode(login).decode())
        headers, body = {"Content-Type": "text/html"}, b""
        status = 401 if self.wanted_login and self.logins[-1] != self.wanted_login else 200
        if request.path == "/root/simple/uv/":
            body = "".join(
                f'<a data-x="1"\nhref="../../files/{n}?a=1&amp;b=2#sha256=0">{n}</a>' for n in self.files
            ).encode()
            if self.is_json:
                files = [{"filename": name, "url": f"/root/files/{name}?a=1&b=2"} for name in self.files]
                headers, body = (
                    {"Content-Type": "application/vnd.pypi.simple.v1+json"},
                    json.dumps({"files": files}).encode(),
                )
        elif self.moved_to:
            status, headers = 302, {"Location": f"http://{self.moved_to.address}{request.path}"}
        else:
            body = self.files[request.path.removeprefix("/root/files/").removesuffix("?a=1&b=2")]
        request.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def url(self, login: str = "", scheme: str = "http") -> str:
        return f"{scheme}://{login}{self.address}/root/simple"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def serve(machine: Machine) -> Iterator[Callable[..., Index]]:
    """Starts an index that offers the machine's wheel among files for other machines."""
    running: list[Index] = []

    def start(context: ssl.SSLContext | None = None, wheel: bytes = machine.wheel) -> Index:
        others = dict.fromkeys(
            ("uv-0.13.8.tar.gz", "uv-0.13.7-" + wheel_name()[10:], "uv-0.13.8-py3-none-win32.whl"), b""
        )
        running.append(Index({**others, wheel_name(): wheel}, context))
        return running[-1]

    yield start
    for index in running:
        index.close()
