"""Units of measure by UCUM (Unified Code for Units of Measure), case sensitive.

A checker, not a converter: it knows the grammar and the atoms that clinical data uses, so that a
number without a unit, or with one that means nothing, is refused where it comes in. Standard
library only. https://ucum.org/ucum, sections 2.1 (grammar) and 3 (tables).
"""

from __future__ import annotations

import re
from typing import Final

LENGTH_MAX: Final = 64
"""No unit of a result is longer; a parser of ours need not wonder."""

PREFIXES: Final = (
    "Y", "Z", "E", "P", "T", "G", "M", "k", "h", "da", "d", "c", "m", "u", "n", "p", "f", "a",
    "z", "y",
)  # fmt: skip

METRIC: Final = frozenset(
    {
        "m", "s", "g", "rad", "K", "C", "cd", "mol", "sr", "Hz", "N", "Pa", "J", "W", "A", "V",
        "F", "Ohm", "S", "Wb", "Cel", "T", "H", "lm", "lx", "Bq", "Gy", "Sv", "L", "l", "ar", "t",
        "bar", "u", "eV", "kat", "U", "eq", "osm", "m[H2O]", "m[Hg]", "[iU]", "[IU]", "cal",
        "g%", "B", "bit", "By", "Ci", "R", "G", "M", "Mx", "dyn", "erg", "P", "St", "tex",
    }
)  # fmt: skip
"""Atoms that take a prefix."""

PLAIN: Final = frozenset(
    {
        "%", "[ppth]", "[ppm]", "[ppb]", "[pH]", "min", "h", "d", "wk", "mo", "a", "deg", "'",
        "[degF]", "[in_i]", "[ft_i]", "[lb_av]", "[oz_av]", "[drp]", "[arb'U]", "[USP'U]",
        "[CFU]", "[HPF]", "[LPF]", "[GPL'U]", "[MPL'U]", "[APL'U]", "[beth'U]", "[anti'Xa'U]",
        "[Ch]", "[diop]", "[MET]", "[PFU]", "[TCID_50]", "[dye'U]", "[knk'U]", "[todd'U]",
        "[mclg'U]", "[ka'U]", "[bdsk'U]", "[S]", "[Amb'a'1'U]",
    }
)  # fmt: skip
"""Atoms that take none."""

_TERM: Final = re.compile(r"(?P<factor>[0-9]+)$|(?P<power>10[*^][+-]?[0-9]+)$")
_EXPONENT: Final = re.compile(r"(?P<atom>.*?[^0-9+-])(?P<exponent>[+-]?[0-9]+)?$")
_ANNOTATION: Final = re.compile(r"\{[!-z|~]*\}")


class NotAUnit(ValueError):
    """A text that is no unit of UCUM; the message names it."""


def check(text: str) -> str:
    """Return the unit as it came; raise NotAUnit."""
    if not 0 < len(text) <= LENGTH_MAX or not text.isascii():
        raise NotAUnit(f"a unit has 1 to {LENGTH_MAX} characters of ASCII")
    bare = _ANNOTATION.sub("{}", text)
    for number, term in enumerate(_terms(bare)):
        # "/min" begins with a division, which leaves an empty term in front; nothing else may.
        if not term and not (number == 0 and bare.startswith("/")):
            raise NotAUnit(f"{text!r} is no UCUM unit: an operand is missing")
        if term and not _is_term(term):
            raise NotAUnit(f"{text!r} is no UCUM unit: {term!r} is not known")
    return text


def _terms(text: str) -> list[str]:
    """Split at ``.`` and ``/`` outside square brackets; brackets group and are dropped."""
    if text.count("(") != text.count(")"):
        raise NotAUnit(f"{text!r} is no UCUM unit: brackets do not match")
    terms, depth, current = [], 0, ""
    for character in text.replace("(", "").replace(")", ""):
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character in "./" and depth == 0:
            terms.append(current)
            current = ""
        else:
            current += character
    return [*terms, current]


def _is_term(term: str) -> bool:
    if _TERM.fullmatch(term):
        return True
    bare = term.removesuffix("{}")
    if not bare:
        return True  # an annotation alone counts as 1
    if _is_atom(bare):
        return True
    found = _EXPONENT.fullmatch(bare)
    return found is not None and found["exponent"] is not None and _is_atom(found["atom"])


def _is_atom(atom: str) -> bool:
    if atom in METRIC or atom in PLAIN or atom == "10*":
        return True
    return any(atom.startswith(prefix) and atom[len(prefix) :] in METRIC for prefix in PREFIXES)
