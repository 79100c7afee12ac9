"""What the console's tests share: the usual scene in a home, a program that serves it, and a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from homes.fixtures import prepared_home
from playwright.sync_api import Browser

from .console import installed_chromium, running_browser
from .served import Served

__all__ = ["prepared_home"]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A network that has something to show."""
    # Where there is no browser nothing is started for it.
    installed_chromium()
    served = Served(tmp_path_factory.mktemp("console") / "home")
    try:
        served.start()
        served.wait_for_data()
        served.make_lives()
        yield served
        served.stop()
    finally:
        served.end()


# Of a module, for the browser's driver holds the thread's event loop, which other tests need.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser
