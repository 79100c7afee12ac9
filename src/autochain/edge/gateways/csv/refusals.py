"""The numbered refusals of the CSV gateway, each with its mend."""

from __future__ import annotations

from dataclasses import replace

from ....onchain.refusals import Reason, Refusal


class _CsvReason(Reason):
    """A reason whose details quote a stranger's file, and so are written without control characters."""

    def __call__(self, detail: str = "") -> Refusal:
        return Refusal(self, escaped(detail))


def escaped(text: str) -> str:
    """Writes what would steer a terminal, as an escape or a line break, by its code."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


CANNOT_OPEN = _CsvReason("csv", 1, "This file can't be opened.", "Check its name and that you may read it.")
EMPTY = _CsvReason("csv", 2, "This file is empty.", "Export the recording again.")
NOT_A_TABLE = _CsvReason(
    "csv", 3, "This file is no table of text.", "Export the recording as CSV, or unpack it, and replay that file."
)
TORN = _CsvReason(
    "csv",
    4,
    "This file can't be read to its end.",
    "What stands before that place was read; copy the file again for the rest.",
)
LINE_TOO_LONG = _CsvReason(
    "csv",
    5,
    "A line of this file is longer than any recording has.",
    "What stands before that line was read; check how the file was exported.",
)
ROW_TOO_LONG = _CsvReason(
    "csv",
    19,
    "A row of this file is longer than any recording has.",
    "What stands before that row was read; check whether a quote in it was left open.",
)
NO_HEADER = _CsvReason("csv", 6, "This file has no line that names its columns.", "Name the columns in a mapping file.")
NO_TIME_COLUMN = _CsvReason(
    "csv", 7, "No column of this file tells the time.", "Say in a mapping file which column does."
)
NO_SIGNAL = _CsvReason(
    "csv",
    8,
    "No column of this file is a signal AutoChain knows by that name.",
    "Say in a mapping file what the columns are.",
)
NO_READINGS = _CsvReason("csv", 9, "This file names its columns but holds no readings.", "Export the recording again.")
BAD_MAPPING = _CsvReason("csv", 10, "This mapping file can't be used.", "Mend the place it names.")
NO_SUCH_COLUMN = _CsvReason(
    "csv", 11, "The mapping names a column this file does not have.", "Write the column as the file's header does."
)
BAD_TIMES = _CsvReason(
    "csv", 12, "The times in this file can't be read.", "Say in a mapping file how they are written."
)
NO_DATE = _CsvReason(
    "csv", 13, "The times in this file don't say which day it was.", "Say in a mapping file when the recording began."
)
DAY_OR_MONTH = _CsvReason(
    "csv",
    14,
    "The dates in this file can be read with the day first or the month first.",
    "Say in a mapping file which it is.",
)
SPEED_UNIT = _CsvReason(
    "csv",
    15,
    "The speed of this drive does not fit the distance it covers.",
    "Say in a mapping file in which unit it is.",
)
SWAPPED_POSITION = _CsvReason(
    "csv", 16, "Latitude and longitude of this drive are swapped.", "Say in a mapping file which column is which."
)
COLUMNS_CHANGE = _CsvReason(
    "csv",
    17,
    "A second header in the middle of this file names other columns.",
    "What stands before it was read; split the file there and replay the rest on its own.",
)
NOTHING_KEPT = _CsvReason(
    "csv",
    18,
    "No row of this file could be taken in.",
    "Check the columns it names; a mapping file can say what they hold and how the times are written.",
)


def with_mend(reason: Reason, detail: str, mapping: str) -> Refusal:
    """Refuses with the lines of a mapping file that mend this very case."""
    return replace(reason, remedy=f"Put this in a mapping file and replay with it:\n\n{mapping}\n")(detail)
