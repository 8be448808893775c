"""GB/T 2260 codes: six digits, two each for province, prefecture and county."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Final

from services.plumbing.refusal import InvalidArgument

SUPERSEDED: Final = MappingProxyType({"513425": "513402"})
"""Codes that are withdrawn but still met: Huili County (会理县) became Huili City in 2021."""
_CODE: Final = re.compile(r"[1-9][0-9]{5}")


class UnknownPlace(InvalidArgument):
    """A code that is none, or that stands for no place known here."""

    reason = "UNKNOWN_PLACE"


def prefecture_of(code: str) -> str:
    """Return the code of the prefecture that a county lies in: 510100 of 510104."""
    return f"{code[:4]}00"


def province_of(code: str) -> str:
    """Return the code of the province that a county or prefecture lies in: 510000 of 510104."""
    return f"{code[:2]}0000"


def expand(codes: Iterable[str], counties: Sequence[str]) -> tuple[str, ...]:
    """Return the counties among ``counties`` that codes of any level stand for, in that order.

    A code may be of a county, a prefecture (4 digits, or 6 that end with 00) or a province (2
    digits, or 6 that end with 0000). Raises UnknownPlace for one that stands for no county.
    """
    wanted: set[str] = set()
    for code in codes:
        full = SUPERSEDED.get(code, code).ljust(6, "0") if len(code) in {2, 4, 6} else code
        if not _CODE.fullmatch(full):
            raise UnknownPlace(
                f"{code!r} is no GB/T 2260 code: need 2, 4 or 6 digits", field="codes"
            )
        prefix = full[:2] if full.endswith("0000") else full.removesuffix("00")
        found = [each for each in counties if each.startswith(prefix)]
        if not found:
            raise UnknownPlace(f"{code!r} is no place known here", field="codes")
        wanted.update(found)
    return tuple(each for each in counties if each in wanted)


def contract(codes: Iterable[str], counties: Sequence[str]) -> tuple[str, ...]:
    """Return the fewest codes that stand for just these counties, in ascending order.

    Prefectures and provinces take the place of their counties where all of them are there.
    """
    left = set(codes)
    if unknown := sorted(left - set(counties)):
        raise UnknownPlace(f"{unknown[0]!r} is no county known here", field="codes")
    found: set[str] = set()
    for wider in (province_of, prefecture_of):
        groups: dict[str, set[str]] = {}
        for each in counties:
            groups.setdefault(wider(each), set()).add(each)
        for group, members in groups.items():
            if members <= left:
                found.add(group)
                left -= members
    return tuple(sorted(found | left))
