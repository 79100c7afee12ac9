"""The commands: `./run X` in a clone is `autochain X`."""

from .main import main

__all__ = ["main"]
