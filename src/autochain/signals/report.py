"""A cleaning report says what was dropped from a drive and why, with the first example of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum


class Rule(Enum):
    """The reasons for which cleaning drops a cell or a row: a stable number and what it says to people."""

    NOT_A_NUMBER = (1, "cell is not a number")
    INFINITE = (2, "cell is infinite")
    OUT_OF_RANGE = (3, "cell can't be true: outside of the signal's range")
    HALF_POSITION = (4, "latitude without longitude, or the reverse")
    NO_FIX = (5, "position 0, 0 stands for no position")
    POSITION_JUMP = (6, "position far off the road of others that fit each other")
    BAD_TIME = (11, "row's time can't be read, or is not between 1990 and 2100")
    TIME_JUMP = (12, "row's time is far from the rows before and after it")
    TIME_BACKWARDS = (13, "row is earlier than the one before it")
    DUPLICATE_ROW = (14, "row repeats an earlier one")
    DUPLICATE_TIME = (15, "row contradicts another of the same time")
    EMPTY_ROW = (16, "row has no reading left")
    TOO_MANY_CELLS = (17, "row has more cells than the header")
    CUT_OFF = (18, "row is cut off")
    BROKEN_QUOTE = (19, "lines swallowed by a quote that does not close")
    REPEATED_HEADER = (20, "header in the middle of the file")

    def __init__(self, number: int, sentence: str) -> None:
        self.number = number
        self.sentence = sentence

    @property
    def drops_row(self) -> bool:
        """Whether the whole row goes; a rule below 11 drops one cell and the row keeps its others."""
        return self.number > 10


@dataclass(slots=True)
class Dropped:
    """How often one rule dropped something of one column, and where it first did."""

    count: int
    line: int
    """The line of the first case in its file, or its number in its stream."""
    example: str


@dataclass(slots=True)
class Report:
    """What cleaning kept and dropped."""

    rows_kept: int = 0
    rows_joined: int = 0
    """Rows that only added cells to a row of the same time, as loggers write that give each sensor its own row."""
    dropped: dict[tuple[Rule, str], Dropped] = field(default_factory=dict)
    """By rule and column; the column of a row that was dropped is empty."""

    def drop(self, rule: Rule, *, column: str = "", line: int, example: str, count: int = 1) -> None:
        """Counts a dropped cell of a column, or without a column a dropped row."""
        found = self.dropped.get((rule, column))
        if found is None:
            self.dropped[rule, column] = Dropped(count, line, example)
        else:
            found.count += count

    def add(self, other: Report) -> None:
        """Adds the report of another part of the same file."""
        self.rows_kept += other.rows_kept
        self.rows_joined += other.rows_joined
        for (rule, column), dropped in other.dropped.items():
            self.drop(rule, column=column, line=dropped.line, example=dropped.example, count=dropped.count)

    @property
    def rows_dropped(self) -> int:
        return sum(dropped.count for (rule, _), dropped in self.dropped.items() if rule.drops_row)

    @property
    def cells_dropped(self) -> int:
        return sum(dropped.count for (rule, _), dropped in self.dropped.items() if not rule.drops_row)

    def lines(self) -> Iterator[str]:
        """Says what was dropped, one plain sentence for each rule and column."""
        for (rule, column), dropped in sorted(self.dropped.items(), key=lambda item: (item[0][0].number, item[0][1])):
            where = f"{column}: " if column else ""
            example = f", {dropped.example!r}" if dropped.example else ""
            yield f"{where}{dropped.count} x {rule.sentence} (first in line {dropped.line}{example})"
