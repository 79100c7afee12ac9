"""How long it takes from nothing to a page with data, how large that page is, and how fast its map is drawn."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from playwright.sync_api import Response, sync_playwright

from bench.cases import Case, main

COLD_S, WARM_S, VIEW_MS, VIEW_BYTES = 30.0, 5.0, 1_000.0, 150_000
VEHICLES, FPS = 500, 60
MAX_S = 180.0
ROOT = Path(__file__).parents[1]
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@contextlib.contextmanager
def running(program: Path, home: Path, surroundings: dict[str, str]) -> Iterator[tuple[str, float]]:
    """Starts the network; gives its address when the console and a recording are there, and how long that took."""
    start = time.perf_counter()
    command = [str(program), "--port", "0", "--format", "json"]
    environment = {**os.environ, "AUTOCHAIN_HOME": str(home), **surroundings}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout
        told = b""
        while not told.endswith(b"}\n") and (line := child.stdout.readline()):
            told += line
        address = str(json.loads(told)["console"])
        try:
            while not _has_data(address):
                if time.perf_counter() - start > MAX_S:
                    raise SystemExit(f"{address} has nothing to show after {MAX_S:.0f} s")
                time.sleep(0.02)
            yield address, time.perf_counter() - start
        finally:
            child.send_signal(signal.SIGINT)
            child.wait(20)


def _has_data(address: str) -> bool:
    try:
        with urlopen(f"{address}/", timeout=5) as page, urlopen(_recordings(address), timeout=5) as recordings:
            return page.status == 200 and bool(json.load(recordings)["items"])
    except URLError:
        return False


def _recordings(address: str) -> str:
    return f"{address}/api/v1/chains/main/recordings?limit=1"


def _first_view(address: str) -> tuple[float, int]:
    """Opens the console in a new browser; gives ms until it shows data, and how large its files are gzipped."""
    own = urlsplit(address).netloc
    files: list[Response] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        page = browser.new_page()
        page.on("response", lambda file: files.append(file))  # noqa: PLW0108 - Playwright takes no built-in method.
        start = time.perf_counter()
        page.goto(address)
        page.wait_for_selector("[role=log] a")
        taken_ms = (time.perf_counter() - start) * 1000
        bodies = [file.body() for file in files if urlsplit(file.url).netloc == own and "/api/" not in file.url]
        browser.close()
    return taken_ms, sum(len(gzip.compress(body, 6, mtime=0)) for body in bodies)


FED = """
delete window.SharedWorker;
delete Navigator.prototype.locks;
window.EventSource = class extends EventTarget {
  constructor() {
    super();
    const start = performance.now();
    setInterval(() => {
      const vehicles = Array.from({ length: VEHICLES }, (_, number) => {
        const angle = number + (performance.now() - start) / 4000;
        const radius = 0.002 + 0.025 * (number % 50) / 50;
        const place = { lat: 50 + radius * Math.sin(angle), lon: 10 + 1.5 * radius * Math.cos(angle) };
        const id = number.toString(16).padStart(40, "0");
        return { id, name: `car-${number}`, ...place, heading_deg: 0, speed_kmh: 50, state: "driving" };
      });
      const data = JSON.stringify({ time_ms: Date.now(), vehicles });
      this.dispatchEvent(new MessageEvent("vehicles", { data }));
    }, 500);
  }
  close() {}
};
"""
"""Stands in for the stream: so many vehicles on circles around the town."""


def _map(address: str, *, watched_s: float) -> tuple[float, float]:
    """Watches the map with 500 vehicles; gives frames a second, and ms of work that one takes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        # The page forbids scripts of others, and this one stands in for the stream.
        page = browser.new_page(bypass_csp=True)
        page.add_init_script(FED.replace("VEHICLES", str(VEHICLES)))
        page.goto(f"{address}/?fps#/map")
        page.wait_for_function(f"window.__map && window.__map.vehicles === {VEHICLES}")
        seen: list[dict[str, float]] = []
        for _ in range(round(watched_s)):
            page.wait_for_timeout(1_000)
            seen.append(page.evaluate("window.__map"))
        browser.close()
    return statistics.median(each["fps"] for each in seen), statistics.median(each["frame_ms"] for each in seen)


def run(quick: bool) -> list[Case]:
    """Measures a start from a fresh clone with nothing kept, where there is time for it, and a second one."""
    cases: list[Case] = []
    with tempfile.TemporaryDirectory(prefix="autochain-bench-") as folder:
        clone, home = Path(folder) / "clone", Path(folder) / "home"
        program, surroundings = ROOT / "run", {"AUTOCHAIN_VENV": sys.prefix}
        if not quick:
            subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
            program = clone / "run"
            # Nothing that was fetched or compiled before may help.
            surroundings = {"UV_CACHE_DIR": f"{folder}/uv", "PIP_CACHE_DIR": f"{folder}/pip", "AUTOCHAIN_VENV": ""}
        with running(program, home, surroundings) as (_, cold_s):
            pass
        if not quick:
            cases.append(Case("from a fresh clone to a page with data", cold_s, "s", "30 s", COLD_S / cold_s, 1.0))
        with running(program, home, surroundings) as (address, warm_s):
            view_ms, view_bytes = _first_view(address)
            fps, frame_ms = _map(address, watched_s=3 if quick else 10)
    return [
        *cases,
        Case("started again to a page with data", warm_s, "s", "5 s", WARM_S / warm_s, 1.0),
        Case("first view in a browser", view_ms, "ms", "1 s", VIEW_MS / view_ms, 1.0),
        Case(f"map with {VEHICLES} vehicles", fps, "frames/s", "60 frames/s", fps / FPS, 1.0),
        Case(f"map with {VEHICLES} vehicles: work for a frame", frame_ms * 1000, "us"),
        Case("first view, all its files gzipped", view_bytes, "bytes", "150 kB", VIEW_BYTES / view_bytes, 1.0),
    ]


if __name__ == "__main__":
    main("start", run)
