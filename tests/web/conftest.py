"""The usual scene in a home."""

from homes.fixtures import prepared_home

__all__ = ["prepared_home"]
