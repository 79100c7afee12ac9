"""The release service: it holds the keys of sold parts, and gives them to the reader alone who proves its right."""

from .errors import LAPSED
from .obu import Depositor, Release
from .reader import Reading, buy, fetch
from .routes import HttpRelease, routes
from .service import ReleaseService

__all__ = ["LAPSED", "Depositor", "HttpRelease", "Reading", "Release", "ReleaseService", "buy", "fetch", "routes"]
