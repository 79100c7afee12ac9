"""Conversion of a reading from the unit a file or device uses to the unit VSS gives the signal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Unit:
    quantity: str
    scale: float
    shift: float = 0.0
    """A reading x in this unit is (x + shift) * scale in the quantity's first unit."""
    spellings: str = ""
    """What people write for it, in small letters, without spaces."""


_UNITS = {
    "km/h": _Unit("speed", 1, spellings="kmh km/hr kmph kph kmh-1 kilometers/hour kilometresperhour kmperhour"),
    "m/s": _Unit("speed", 3.6, spellings="mps m/sec meters/second metres/second meter/second meterspersecond ms-1"),
    "mph": _Unit("speed", 1.609344, spellings="mi/h mi/hr miles/h miles/hour milesperhour"),
    "kn": _Unit("speed", 1.852, spellings="kt kts knot knots nmi/h"),
    "Celsius": _Unit("temperature", 1, spellings="c °c degc degreesc degreescelsius"),
    "Fahrenheit": _Unit("temperature", 5 / 9, -32, "f °f degf degreesf degreesfahrenheit"),
    "K": _Unit("temperature", 1, -273.15, "kelvin degk °k"),
    "kPa": _Unit("pressure", 1, spellings="kilopascal"),
    "Pa": _Unit("pressure", 0.001, spellings="pascal"),
    "hPa": _Unit("pressure", 0.1, spellings="mbar millibar mb"),
    "bar": _Unit("pressure", 100),
    "psi": _Unit("pressure", 6.894757293168361, spellings="lbf/in2"),
    "inHg": _Unit("pressure", 3.386389, spellings="in/hg"),
    "l/h": _Unit("volume flow", 1, spellings="l/hr l/hour lph liters/hour litres/hour liter/hour lh"),
    "ml/min": _Unit("volume flow", 0.06, spellings="cc/min"),
    "ml/s": _Unit("volume flow", 3.6, spellings="cc/s"),
    "gal/h": _Unit("volume flow", 3.785411784, spellings="gal/hr gal/hour gph usgal/h gallons/hour"),
    "g/s": _Unit("mass flow", 1, spellings="g/sec gm/s gm/sec grams/sec grams/second gramspersecond"),
    "kg/h": _Unit("mass flow", 1 / 3.6, spellings="kg/hr kg/hour"),
    "lb/min": _Unit("mass flow", 7.559872833333333, spellings="lbs/min"),
    "percent": _Unit("share", 1, spellings="% pct perc"),
    "ratio": _Unit("share", 100, spellings="fraction"),
    "degrees": _Unit("angle", 1, spellings="° deg degree º"),
    "rad": _Unit("angle", 57.29577951308232, spellings="radian radians"),
    "1e-7 degrees": _Unit("angle", 1e-7, spellings="e7 dege7 degreese7 1e-7deg 1e7deg"),
    "m": _Unit("length", 1, spellings="meter metre meters metres mtr"),
    "km": _Unit("length", 1_000, spellings="kilometer kilometre kilometers kilometres kms"),
    "cm": _Unit("length", 0.01),
    "mm": _Unit("length", 0.001),
    "mi": _Unit("length", 1_609.344, spellings="mile miles"),
    "ft": _Unit("length", 0.3048, spellings="feet foot"),
    "l": _Unit("volume", 1, spellings="liter litre liters litres ltr"),
    "ml": _Unit("volume", 0.001),
    "gal": _Unit("volume", 3.785411784, spellings="gallon gallons usgal"),
    "l/100km": _Unit("consumption", 1, spellings="l/100 liters/100km litres/100km"),
    "rpm": _Unit("rotation", 1, spellings="u/min 1/min min-1 min^-1 r/min rev/min rot/min upm tr/min"),
    "Hz": _Unit("rotation", 60, spellings="1/s rev/s rps"),
    "Nm": _Unit("torque", 1, spellings="n·m n.m n*m"),
    "lb-ft": _Unit("torque", 1.3558179483314004, spellings="ft-lb lbft ftlb lb.ft"),
    "kW": _Unit("power", 1, spellings="kilowatt kilowatts"),
    "W": _Unit("power", 0.001, spellings="watt watts"),
    "hp": _Unit("power", 0.7456998715822702, spellings="bhp"),
    "PS": _Unit("power", 0.73549875, spellings="cv"),
    "V": _Unit("voltage", 1, spellings="volt volts"),
    "mV": _Unit("voltage", 0.001, spellings="millivolt millivolts"),
    "A": _Unit("current", 1, spellings="amp amps ampere"),
    "mA": _Unit("current", 0.001),
    "kWh": _Unit("energy", 1),
    "Wh": _Unit("energy", 0.001),
    "h": _Unit("duration", 1, spellings="hr hrs hour hours"),
    "s": _Unit("duration", 1 / 3600, spellings="sec second seconds"),
    "m/s^2": _Unit("acceleration", 1, spellings="m/s2 m/s² m/sec2 mps2 ms-2"),
    "g": _Unit("acceleration", 9.80665, spellings="g0"),
    "degrees/s": _Unit("turning", 1, spellings="deg/s °/s deg/sec"),
    "rad/s": _Unit("turning", 57.29577951308232, spellings="rad/sec"),
    "": _Unit("number", 1, spellings="precision count dtcs none - 1"),
}
"""Every unit by its name: the VSS name where VSS has one. Gallons are US gallons."""

_BY_SPELLING = {
    spelling: name
    for name, unit in _UNITS.items()
    for spelling in (*unit.spellings.split(), name.lower().replace(" ", ""))
}


def unit_named(text: str) -> str | None:
    """Gives the name of the unit a person wrote, as "Km/H" for "km/h", or None when it is not known."""
    return _BY_SPELLING.get("".join(text.lower().split()))


def convertible(unit: str, *, to: str) -> bool:
    """Tells whether a reading in `unit` can be said in the unit `to`."""
    return unit in _UNITS and to in _UNITS and _UNITS[unit].quantity == _UNITS[to].quantity


def convert(reading: float, unit: str, *, to: str) -> float:
    """Says a reading in another unit of the same quantity; in its own unit it stays the same float, bit for bit."""
    if unit == to:
        return reading
    source, target = _UNITS[unit], _UNITS[to]
    return (reading + source.shift) * source.scale / target.scale - target.shift


def factor(unit: str, *, to: str) -> float:
    """Gives how many `to` one `unit` is, for units that share their zero."""
    return _UNITS[unit].scale / _UNITS[to].scale


def same_quantity(unit: str) -> tuple[str, ...]:
    """Gives every unit in which the same quantity can be written."""
    return tuple(name for name, other in _UNITS.items() if other.quantity == _UNITS[unit].quantity)
