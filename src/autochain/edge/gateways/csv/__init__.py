"""The CSV gateway reads recordings in any table of text, drive by drive, as VSS signals.

recording = read_drives(Path("drives.csv"))
for drive, report in recording:
    ...
print(recording.report)
"""

from .drives import DriveRefused, FileReport, Recording, read_drives
from .headers import UsedColumn
from .layout import Layout
from .mapping import ColumnMapping, FileMapping, TimeMapping, read_mapping
from .text import Reached

__all__ = [
    "ColumnMapping",
    "DriveRefused",
    "FileMapping",
    "FileReport",
    "Layout",
    "Reached",
    "Recording",
    "TimeMapping",
    "UsedColumn",
    "read_drives",
    "read_mapping",
]
