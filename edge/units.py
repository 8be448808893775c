"""Tell a UCUM unit from a slip of the pen.

Not all of UCUM: the units that sensors and meters of cities come with, with every metric prefix,
products, quotients, exponents, annotations in braces and any unit in square brackets.
"""

from __future__ import annotations

import difflib
import re
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PREFIXES: Final = _words("Y Z E P T G M k h da d c m u n p f a z y Ki Mi Gi Ti")
_METRIC: Final = _words(
    "m g s A K cd mol rad sr Hz N Pa J W V C F Ohm S Wb T H lm lx Bq Gy Sv Cel L l bar eV B Np t"
    " bit By Bd cal Ci R RAD REM G Mx kat u pc U ar"
)
_PLAIN: Final = _words("min h d wk mo a deg ' '' % 10* 10^ har atm AU Torr")

_COMPONENT: Final = re.compile(
    r"(?P<atom>10[*^]|[A-Za-z%']+|[0-9]+|\[[!-Z\\^-~]+\])?"
    r"(?P<exponent>[+-]?[0-9]+)?(?P<note>\{[!-z|~]*\})?"
)

SLIPS: Final = {
    "kwh": "kW.h",
    "wh": "W.h",
    "mwh": "MW.h",
    "kva": "kV.A",
    "va": "V.A",
    "var": "V.A{reactive}",
    "kvar": "kV.A{reactive}",
    "kvarh": "kV.A.h{reactive}",
    "°c": "Cel",
    "℃": "Cel",
    "c": "Cel",
    "degc": "Cel",
    "celsius": "Cel",
    "°f": "[degF]",
    "ohm": "Ohm",
    "ω": "Ohm",
    "m^3": "m3",
    "m³": "m3",
    "m^2": "m2",
    "m²": "m2",
    "m3h": "m3/h",
    "hz": "Hz",
    "pa": "Pa",
    "hpa": "hPa",
    "kpa": "kPa",
    "sec": "s",
    "percent": "%",
    "ppm": "[ppm]",
    "ppb": "[ppb]",
    "ph": "[pH]",
    "rpm": "{rotation}/min",
    "bpm": "{beat}/min",
    "mmhg": "mm[Hg]",
    "gal": "cm/s2",
    "μg/m3": "ug/m3",
    "µg/m3": "ug/m3",
    "db": "dB",
    "none": "1",
    "-": "1",
}
"""What people write, in lower case, and what UCUM calls it."""


def is_unit(text: str) -> bool:
    """Tell whether ``text`` is a unit in UCUM's case-sensitive codes, as far as known here."""
    flat = text.replace("(", "").replace(")", "")
    if text.count("(") != text.count(")"):
        return False
    parts = re.split(r"[./](?![^{]*\})", flat.removeprefix("/"))
    return bool(flat) and all(_is_component(part) for part in parts)


def suggestion(text: str) -> str | None:
    """Return the unit that was probably meant by ``text``, if any."""
    if text.lower() in SLIPS:
        return SLIPS[text.lower()]
    close = difflib.get_close_matches(text, sorted({*SLIPS.values(), *_METRIC, *_PLAIN}), n=1)
    return close[0] if close and is_unit(close[0]) else None


def _is_component(part: str) -> bool:
    if "[" in part and not part.startswith("["):
        # A prefix before brackets, as in mm[Hg] or m[H2O].
        head, bracket = part.split("[", 1)
        return _is_atom(head) and bracket.rstrip("0123456789+-").endswith("]")
    match = _COMPONENT.fullmatch(part)
    if match is None or not part:
        return False
    atom, note = match["atom"], match["note"]
    if atom is None:
        return note is not None and match["exponent"] is None
    return atom[0] == "[" or atom.isdigit() or _is_atom(atom)


def _is_atom(atom: str) -> bool:
    if atom in _METRIC or atom in _PLAIN:
        return True
    return any(atom.startswith(p) and atom[len(p) :] in _METRIC for p in _PREFIXES)
