"""However puts, reads, erasures, damage and losses follow one another, replicas never give wrong bytes."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from autochain.onchain.crypto import sha256
from autochain.onchain.refusals import Refusal
from autochain.vault.errors import CORRUPT, MISSING, NOT_ERASED, TOO_FEW, UNREACHABLE

from .replicas import NAMES, Replicas

OBJECTS = (b"", b"one object", b"two objects", b"x" * 5_000)
some_object = st.sampled_from(OBJECTS)
some_replica = st.sampled_from(NAMES)


class Survival(RuleBasedStateMachine):
    """Three replicas whose files are damaged behind their backs, and what a user may rely on."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="replicas-"))
        self.down: set[str] = set()
        self.erased: set[bytes] = set()
        """What was erased everywhere and not put since."""

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize(needed=st.integers(1, 3))
    def begin(self, needed: int) -> None:
        self.needed = needed
        self.replicas = Replicas(self.folder, needed=needed)
        self.replicas.vault.put_all([b"an object that makes the folders"])

    def right(self, data: bytes) -> set[str]:
        """Gives the replicas that can be reached and have an object right."""
        files = {name: self.replicas.file(name, sha256(data)) for name in NAMES if name not in self.down}
        return {name for name, file in files.items() if file.exists() and file.read_bytes() == data}

    @rule(objects=st.lists(some_object, max_size=4), anew=st.booleans())
    def put(self, objects: list[bytes], anew: bool) -> None:
        acknowledged = True
        try:
            self.replicas.vault.put_all(objects, anew=anew)
        except Refusal as refusal:
            assert refusal.reason == TOO_FEW
            acknowledged = False
        assert acknowledged == (3 - len(self.down) >= self.needed or not objects)
        self.erased -= set(objects)
        if acknowledged:
            # So any of the others may be lost.
            assert all(len(self.right(data)) >= self.needed for data in objects)

    @rule(data=some_object)
    def get(self, data: bytes) -> None:
        right = self.right(data)
        try:
            assert self.replicas.vault.get(sha256(data)) == data
            assert right
        except Refusal as refusal:
            assert refusal.reason in (MISSING, CORRUPT, UNREACHABLE)
            assert not right
            assert (refusal.reason == UNREACHABLE) == bool(self.down)

    @rule(objects=st.lists(some_object, min_size=1, max_size=4))
    def remove(self, objects: list[bytes]) -> None:
        try:
            self.replicas.vault.remove_all([sha256(data) for data in objects])
        except Refusal as refusal:
            assert refusal.reason == NOT_ERASED
            assert self.down
            assert all(name in refusal.text for name in self.down)
        else:
            assert not self.down
            self.erased |= set(objects)

    @rule(data=some_object, replica=some_replica, spoilt=st.sampled_from([b"cut", b"grown", b"turned", b"swapped"]))
    def corrupt(self, data: bytes, replica: str, spoilt: bytes) -> None:
        file = self.replicas.file(replica, sha256(data))
        if replica in self.down or not file.exists():
            return
        whole = file.read_bytes()
        changed = {
            b"cut": whole[:-1],
            b"grown": whole + b"x",
            b"turned": bytes(byte ^ 1 for byte in whole),
            b"swapped": OBJECTS[(OBJECTS.index(data) + 1) % len(OBJECTS)],
        }
        file.write_bytes(changed[spoilt])

    @rule(data=some_object, replica=some_replica)
    def lose(self, data: bytes, replica: str) -> None:
        if replica not in self.down:
            self.replicas.file(replica, sha256(data)).unlink(missing_ok=True)

    @rule(replica=some_replica)
    def take_down(self, replica: str) -> None:
        if replica not in self.down:
            self.replicas.take_down(replica)
            self.down.add(replica)

    @rule()
    def bring_all_back(self) -> None:
        for replica in sorted(self.down):
            self.replicas.bring_back(replica)
        self.down.clear()

    @invariant()
    def what_was_erased_stays_erased(self) -> None:
        for data in self.erased:
            assert not list(self.folder.rglob(f"*{sha256(data).hex()}*"))


Survival.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestSurvival = Survival.TestCase
