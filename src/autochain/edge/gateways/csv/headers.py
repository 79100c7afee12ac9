"""What the columns of a file are, told from its header and from what a person's mapping says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from types import MappingProxyType

from ....signals import CATALOGUE, SPEED, Category, category_of, convertible, unit_named
from .mapping import IGNORE, FileMapping
from .phrases import DATE, ENVIROCAR, POSITIONING, SIGNALS, SOURCES, TIME, TIME_OF_DAY, TIME_WORDS, TRACK, VEHICLE
from .times import COUNT_WORDS, COUNTS_MS

_BRACKETS = re.compile(r"(.*?)\s*[\[({<]([^\[\](){}<>]*)[\])}>]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
MAX_EXAMPLE_COLUMNS = 8
_PATHS = MappingProxyType({path.lower(): path for path in CATALOGUE})


@dataclass(frozen=True, slots=True)
class UsedColumn:
    """A column whose readings are used."""

    index: int
    header: str
    signal: str
    """The VSS path."""
    unit: str
    """The unit the file uses."""
    assumed: bool
    """Whether nobody said the unit, so that the signal's own was taken."""


@dataclass(slots=True)
class Recognition:
    """What the columns of a file are taken for."""

    columns: list[UsedColumn] = field(default_factory=list)
    times: list[tuple[tuple[int, ...], str]] = field(default_factory=list)
    """The columns that may tell the time, two where one has the date, and the unit the header names for a count."""
    vehicle: int | None = None
    track: int | None = None
    ignored: dict[str, str] = field(default_factory=dict)
    """Each column that is not used, and why not where that is not plain."""


def recognise(header: Sequence[str], mapping: FileMapping) -> Recognition:
    """Tells what the columns are: first what the mapping says, then exact names, then phrases people use."""
    found = Recognition()
    found.vehicle = _place_of(header, VEHICLE, mapping.vehicle)
    found.track = _place_of(header, TRACK, mapping.track)
    found.times = list(_times(header, mapping))
    reserved = {found.vehicle, found.track} | {place for places, _ in found.times for place in places}
    done: set[int] = set()
    taken: dict[str, str] = {}
    for kind in (_said, _exact, _guessed):
        for index, name in enumerate(header):
            if index in done or (index in reserved and mapping.column(name) is None):
                continue
            meaning = kind(name, mapping)
            if meaning is None:
                continue
            done.add(index)
            signal, unit, remark = meaning
            if signal in taken:
                signal, remark = "", f"{taken[signal]!r} is {signal} already"
            if not signal:
                found.ignored[name] = remark
                continue
            taken[signal] = name
            found.columns.append(UsedColumn(index, name, signal, unit or CATALOGUE[signal].unit, not unit))
    found.columns.sort(key=lambda column: column.index)
    found.ignored |= {
        name: "" for index, name in enumerate(header) if name and index not in done and index not in reserved
    }
    return found


Meaning = tuple[str, str, str]
"""The signal, the unit or empty for the signal's own, and a remark when there is no signal."""


def _said(name: str, mapping: FileMapping) -> Meaning | None:
    said = mapping.column(name)
    if said is None:
        return None
    if said.signal == IGNORE:
        return "", "", "the mapping says so"
    unit = unit_named(said.unit) if said.unit else _bracketed(name)[1]
    fits = unit is not None and convertible(unit, to=CATALOGUE[said.signal].unit)
    return said.signal, (unit or "") if fits else "", ""


def _exact(name: str, _: FileMapping) -> Meaning | None:
    if name in ENVIROCAR:
        path, unit = ENVIROCAR[name]
        return path, unit, ""
    plain, unit_there = _bracketed(name)
    path = _PATHS.get(plain.lower(), "")
    if not path:
        return None
    if unit_there is not None and not convertible(unit_there, to=CATALOGUE[path].unit):
        return "", "", f"its unit does not fit {path}"
    return path, unit_there or "", ""


def _guessed(name: str, _: FileMapping) -> Meaning | None:
    plain, unit = _bracketed(name)
    lone = unit_named(plain)
    if lone and convertible(lone, to=CATALOGUE[SPEED].unit):
        return SPEED, lone, ""
    for phrase, spelled in _readings(plain, unit):
        paths = _paths_of(phrase)
        if not paths:
            continue
        if spelled is None:
            return (paths[0], "", "") if len(paths) == 1 else ("", "", "it may be several things: name its unit")
        fitting = [path for path in paths if convertible(spelled, to=CATALOGUE[path].unit)]
        return (fitting[0], spelled, "") if fitting else ("", "", f"its unit does not fit {paths[0]}")
    return None


def _bracketed(name: str) -> tuple[str, str | None]:
    """Parts the unit in brackets from a header, if what the brackets hold is one."""
    match = _BRACKETS.fullmatch(name)
    unit = unit_named(match[2]) if match and match[2].strip() else None
    return (match[1], unit) if match and unit is not None else (name, None)


def _readings(plain: str, unit: str | None) -> Iterator[tuple[list[str], str | None]]:
    """Gives the ways to read a header as a phrase and a unit, the unit perhaps being its last words."""
    words = words_of(plain)
    yield words, unit
    for count in (1, 2, 3) if unit is None else ():
        for joint in ("", "/"):
            spelled = unit_named(joint.join(words[-count:]))
            if spelled and len(words) > count:
                yield words[:-count], spelled


def words_of(text: str) -> list[str]:
    """Splits a header into small words at signs, underscores and capitals within."""
    return [word for word in re.split(r"[\W_]+", _CAMEL.sub(" ", text).lower()) if word]


def _paths_of(words: list[str]) -> tuple[str, ...]:
    plain = [word for word in words if word not in SOURCES]
    for phrase in (" ".join(words), " ".join(plain)):
        if phrase in SIGNALS:
            return SIGNALS[phrase]
    paths = SIGNALS.get(" ".join(word for word in plain if word not in POSITIONING), ())
    return tuple(path for path in paths if category_of(path) is Category.POSITION)


def _place_of(header: Sequence[str], phrases: Sequence[str], said: str) -> int | None:
    if said:
        return header.index(said)
    spoken = {" ".join(words_of(name)): place for place, name in reversed(list(enumerate(header)))}
    return next((spoken[phrase] for phrase in phrases if phrase in spoken), None)


def _times(header: Sequence[str], mapping: FileMapping) -> Iterator[tuple[tuple[int, ...], str]]:
    if mapping.time.columns:
        places = tuple(header.index(name) for name in mapping.time.columns)
        yield places, _count_of(header[places[0]])[1] if len(places) == 1 else ""
        return
    free = [place for place, name in enumerate(header) if mapping.column(name) is None]
    phrases = {place: _count_of(header[place]) for place in free}
    dates = [place for place in free if phrases[place][0] in DATE]
    clocks = [place for place in free if phrases[place][0] in TIME_OF_DAY]
    if dates and clocks:
        yield (dates[0], clocks[0]), ""
    ranks = {place: _time_rank(phrases[place][0]) for place in free}
    for place in sorted((place for place in free if ranks[place] is not None), key=lambda place: ranks[place] or 0):
        yield (place,), phrases[place][1]


def _time_rank(phrase: str) -> int | None:
    """Gives how early a phrase stands among those for a time, the last place if it only has a word for it."""
    if phrase in TIME:
        return TIME.index(phrase)
    return len(TIME) if TIME_WORDS.intersection(phrase.split()) else None


def _count_of(name: str) -> tuple[str, str]:
    """Parts the unit of a counted time from a header, as s from "time_s" and ms from "Timestamp(ms)"."""
    words = words_of(name)
    if " ".join(words) in TIME or len(words) < 2:
        return " ".join(words), ""
    unit = COUNT_WORDS.get(words[-1], words[-1])
    return (" ".join(words[:-1]), unit) if unit in COUNTS_MS else (" ".join(words), "")


def quoted(text: str) -> str:
    """Writes a text as TOML does, with all that would steer a terminal by its code."""
    return '"' + "".join(map(_toml_sign, text[:100])) + '"'


def _toml_sign(sign: str) -> str:
    if sign in ('"', "\\"):
        return "\\" + sign
    if sign.isprintable():
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) <= 0xFFFF else f"\\U{ord(sign):08x}"


def example(header: Sequence[str], found: Recognition, *, words: Set[str]) -> str:
    """Writes a mapping for a file with this header, for its owner to complete; `words` are columns without numbers."""
    time = next((header[places[-1]] for places, _ in found.times), "the column that tells the time")
    known = {column.header for column in found.columns}
    others = [name for name in dict.fromkeys(header) if name and name != time and name not in known]
    units = {name: unit for name in others if name not in words and (unit := _speed_unit(name)) is not None}
    lines = ["[time]", f"column = {quoted(time)}", "", "[columns]   # what each column holds, such as"]
    speed = ""
    if units and SPEED not in {column.signal for column in found.columns}:
        speed = max(units, key=lambda name: units[name] != "")
        unit = units[speed] or CATALOGUE[SPEED].unit
        lines.append(f"{quoted(speed)} = {{ signal = {quoted(SPEED)}, unit = {quoted(unit)} }}")
    # Long names are cut and may then be the same, which TOML forbids.
    ignored = [name for name in dict.fromkeys(map(quoted, others)) if name != quoted(speed)]
    lines += [f"{name} = {quoted(IGNORE)}" for name in ignored[: MAX_EXAMPLE_COLUMNS - 1]]
    return "\n".join(lines)


def _speed_unit(name: str) -> str | None:
    """Gives the unit of speed a header names, an empty one if it names none, and None if it is of something else."""
    named = [unit for _, unit in _readings(*_bracketed(name)) if unit]
    return next((unit for unit in named if convertible(unit, to=CATALOGUE[SPEED].unit)), None if named else "")
