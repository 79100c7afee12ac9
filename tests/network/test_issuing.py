"""Who issues credentials at a network, and when its interface is open to anybody."""

from __future__ import annotations

from pathlib import Path

import pytest
from homes import refuses
from homes.scene import Scene, play

from autochain.network import HttpSettings, open_http
from autochain.network.issuing import BAD_VC_API, is_open, issuer_service
from autochain.onchain.refusals import present


def test_the_interface_is_open_at_a_demonstration_alone_and_only_if_it_is_said() -> None:
    assert not is_open("", may_be=True)
    assert not is_open("", may_be=False)
    assert is_open("open", may_be=True)
    for setting, may_be in (("open", False), ("yes", True), ("OPEN", True), ("1", False)):
        with refuses(BAD_VC_API):
            is_open(setting, may_be=may_be)


def test_an_address_that_others_reach_is_never_opened(home: Path) -> None:
    async def story(scene: Scene) -> None:
        with refuses(BAD_VC_API):
            async with open_http(scene.network, HttpSettings(host="0.0.0.0", vc_api="open")):
                pass

    play(home, story)


def test_the_issuer_is_the_party_that_is_named(home: Path) -> None:
    async def story(scene: Scene) -> None:
        for party in ("registrar", "foundation"):
            issuer = present(issuer_service(scene.network, party, is_open=False), "its keys lie here")
            assert issuer.did == scene.network.wallet(party).did
            assert (home / "parties" / party / "issued").stat().st_mode & 0o077 == 0

    play(home, story)


def test_without_keys_or_with_damaged_files_nobody_issues_and_the_network_runs(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(scene: Scene) -> None:
        assert issuer_service(scene.network, "nobody", is_open=False) is None
        assert caplog.text == ""
        (home / "parties" / "registrar" / "issued").write_bytes(b"damaged\n")
        assert issuer_service(scene.network, "registrar", is_open=False) is None
        assert "issuer registrar" in caplog.text
        async with open_http(scene.network, HttpSettings()) as served:
            assert served.is_demonstration

    play(home, story)
