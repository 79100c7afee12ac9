"""Who may use the vehicle: grants checked without a connection, used as often as they say, and logged."""

from .journal import Entry, Line
from .online import refresh
from .vehicle import CHALLENGE_MS, KEEP_LINES, MAX_CHALLENGES, Access, Allowed

__all__ = ["CHALLENGE_MS", "KEEP_LINES", "MAX_CHALLENGES", "Access", "Allowed", "Entry", "Line", "refresh"]
