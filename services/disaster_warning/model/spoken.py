"""Numbers as they are read out (语音播报), in Chinese and in English."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

SPOKEN_MAX: Final = 9_999
"""Greatest number that is read out: seconds, degrees and millimetres are less."""

SAID_MAX: Final = 1_024
"""Numbers remembered as words: an earthquake's seconds are said to hundreds of counties."""

_DIGITS: Final = "零一二三四五六七八九"
_UNITS: Final = ("", "十", "百", "千")
_SMALL: Final = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS: Final = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ROMAN: Final = ["0", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]


def whole(value: float) -> int:
    """Return the nearest whole number, halves upwards; ValueError for what is not read out."""
    if not 0.0 <= value <= SPOKEN_MAX:
        raise ValueError(f"{value} is not read out: need 0..{SPOKEN_MAX}")
    return math.floor(value + 0.5)


@lru_cache(SAID_MAX)
def chinese(number: int) -> str:
    """Return a whole number 0..9999 as it is said: 26 is 二十六, 105 一百零五, 12 十二."""
    digits = str(whole(number))
    said, gap = "", False
    for place, digit in enumerate(digits):
        value, power = int(digit), len(digits) - place - 1
        if value == 0:
            gap = True
            continue
        # Zeros between digits are said once: 1005 is 一千零五.
        said += "零" if gap and said else ""
        gap = False
        said += _DIGITS[value] + _UNITS[power]
    # One ten is said without the one at the head only: 12 is 十二, 112 一百一十二.
    return (said.removeprefix("一") if said.startswith("一十") else said) or _DIGITS[0]


@lru_cache(SAID_MAX)
def chinese_decimal(value: float) -> str:
    """Return a number with one decimal as it is said: 6.1 is 六点一, 7.0 七点零."""
    tenths = whole(value * 10.0)
    return f"{chinese(tenths // 10)}点{_DIGITS[tenths % 10]}"


@lru_cache(SAID_MAX)
def english(number: int) -> str:
    """Return a whole number 0..9999 as it is said: 126 is one hundred and twenty-six."""
    number = whole(number)
    if number >= 1_000:  # noqa: PLR2004 - a thousand is its own name
        rest = number % 1_000
        joint = " and " if 0 < rest < 100 else " "  # noqa: PLR2004 - as it is said
        return f"{english(number // 1_000)} thousand{joint + english(rest) if rest else ''}"
    if number >= 100:  # noqa: PLR2004 - a hundred is its own name
        rest = number % 100
        return f"{_SMALL[number // 100]} hundred{' and ' + english(rest) if rest else ''}"
    if number >= len(_SMALL):
        ten, one = divmod(number, 10)
        return _TENS[ten - 2] + (f"-{_SMALL[one]}" if one else "")
    return _SMALL[number]


@lru_cache(SAID_MAX)
def english_decimal(value: float) -> str:
    """Return a number with one decimal as it is said: 6.1 is six point one."""
    tenths = whole(value * 10.0)
    return f"{english(tenths // 10)} point {_SMALL[tenths % 10]}"


def roman(intensity: float) -> str:
    """Return an intensity of 1..12 in Roman numerals, as it is written in English."""
    return _ROMAN[min(max(whole(intensity), 1), 12)]
