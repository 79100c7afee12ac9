"""The registrars: k of n make of a VIN the one key that stands for it on the chain, and none of them learns the VIN."""

from .quota import EVALUATIONS_PER_DAY, Quota
from .routes import HttpRegistrar, routes
from .service import RegistrarService
from .share import keep_share, load_share
from .vin import Registrar, UniqueKey, unique_key

__all__ = [
    "EVALUATIONS_PER_DAY",
    "HttpRegistrar",
    "Quota",
    "Registrar",
    "RegistrarService",
    "UniqueKey",
    "keep_share",
    "load_share",
    "routes",
    "unique_key",
]
