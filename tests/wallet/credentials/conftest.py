"""Settings of the property tests: how long one example takes is the machine's affair, and nothing is measured by it."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
