"""A home with the usual scene, a copy for each test."""

from homes.fixtures import home, prepared_home

__all__ = ["home", "prepared_home"]
