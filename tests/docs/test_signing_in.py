"""What the documents say of a token where the network is no demonstration."""

from __future__ import annotations

from pathlib import Path

from api.people import V1, Served, play_api
from homes.fixtures import home, prepared_home

__all__ = ["home", "prepared_home"]
DOCUMENT = Path(__file__).parents[2] / "docs" / "how-to" / "use-the-api.md"


def test_what_a_token_does_not_open_away_from_a_demonstration_is_said_and_so(home: Path) -> None:
    async def story(api: Served) -> None:
        owner = await api.sign_in(api.scene.owner, "owner")
        for thing in ("sharing-list", "export"):
            assert (await owner.get(f"/{thing}")).status == 404
        assert (await api.http.get(f"{V1}/chains/main/receipts")).status_code == 200

    play_api(home, story, demonstration=False)
    told = " ".join(DOCUMENT.read_text().split())
    assert "the sharing list, readings, reads, erasure, the export) answers 404 with a token, too" in told
    assert "from the receipts, which everybody sees" in told
