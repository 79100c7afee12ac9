"""The Python SDK: builds, signs, sends, waits, queries, and checks every proof itself."""

from .client import Client, Shown
from .http import HttpNode

__all__ = ["Client", "HttpNode", "Shown"]
