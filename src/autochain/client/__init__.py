"""The Python SDK: builds, signs, sends, waits, queries, and checks every proof itself."""

from .client import Client, Shown
from .http import HttpNode, host_and_port

__all__ = ["Client", "HttpNode", "Shown", "host_and_port"]
