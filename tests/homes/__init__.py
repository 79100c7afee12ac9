"""Whole networks in home folders, for tests of what runs on them."""

from .accounts import fees_paid
from .damaging import data_file, flip_in_a_block, forge, lose, truncate
from .drives import TRIP_MS, a_drive
from .memory import peak_mb
from .outsider import Outsider
from .processes import Server, environment, run_command, serving
from .raw_file import RawDrive, Trip, read_raw, write_raw
from .refusing import refuses
from .scene import NOW_MS, VIN, Clock, Scene, open_scene, play, prepare_home, request_of, signed

__all__ = [
    "NOW_MS",
    "TRIP_MS",
    "VIN",
    "Clock",
    "Outsider",
    "RawDrive",
    "Scene",
    "Server",
    "Trip",
    "a_drive",
    "data_file",
    "environment",
    "fees_paid",
    "flip_in_a_block",
    "forge",
    "lose",
    "open_scene",
    "peak_mb",
    "play",
    "prepare_home",
    "read_raw",
    "refuses",
    "request_of",
    "run_command",
    "serving",
    "signed",
    "truncate",
    "write_raw",
]
