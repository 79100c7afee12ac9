"""The outbox keeps what was sealed until it is committed: no reading and no open key lies there."""

from __future__ import annotations

from pathlib import Path

from homes import NOW_MS, Scene, a_drive, play, refuses

from autochain.edge.obu import Outbox
from autochain.edge.obu.outbox import OwnKey, Pending
from autochain.onchain.codec import NOT_DECODABLE
from autochain.onchain.contracts.recording import Commit, Part
from autochain.onchain.refusals import Refusal
from autochain.services.release.errors import STALE_REQUEST

NAME, OTHER = b"n" * 20, b"o" * 20
PENDING = Pending(
    b"w" * 20,
    Commit(bytes(32), bytes(32), (Part("motion", "exact", 7),), 3, 0, 3_600_000, 7_200_000),
    (OwnKey("motion", "exact", b"s"),),
)


def test_what_was_put_in_is_there_until_it_is_dropped(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    assert outbox.waiting() == []
    assert outbox.take(NAME) is None
    outbox.put(OTHER, PENDING)
    outbox.put(NAME, PENDING)
    outbox.put(NAME, PENDING)
    assert Outbox(tmp_path / "outbox").waiting() == [NAME, OTHER]
    assert outbox.take(NAME) == outbox.take(NAME) == PENDING
    outbox.drop(NAME)
    outbox.drop(NAME)
    assert outbox.waiting() == [OTHER]


def test_only_the_user_can_read_what_waits(tmp_path: Path) -> None:
    Outbox(tmp_path / "outbox").put(NAME, PENDING)
    (file,) = (tmp_path / "outbox").iterdir()
    assert ((tmp_path / "outbox").stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_file_that_is_damaged_is_refused(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    outbox.put(NAME, PENDING)
    (file,) = (tmp_path / "outbox").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    with refuses(NOT_DECODABLE):
        outbox.take(NAME)


class Away:
    """A key holder that is away."""

    async def keep(self, *_: object) -> None:
        raise STALE_REQUEST()


def test_neither_an_open_key_nor_a_reading_lies_in_the_outbox(home: Path) -> None:
    async def story(scene: Scene) -> None:
        unit = scene.unit()
        unit._holders = (*unit._holders, Away())
        try:
            await unit.record(a_drive(2, before_ms=NOW_MS))
        except Refusal:
            (file,) = home.glob("parties/car/outbox/*")
        keys = scene.part_keys(bytes.fromhex(file.stem))
        assert len(keys) == 8
        assert not any(key in file.read_bytes() for key in keys.values())
        assert b"Vehicle." not in file.read_bytes()

    play(home, story)
