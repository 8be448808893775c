"""Quantities as Kubernetes writes them, in exact integers of milli-units.

Grammar and suffixes: the Kubernetes API reference, "Quantity" (apimachinery's resource package).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_SUFFIXES: Final = {
    "m": Decimal(1),
    "": Decimal(1000),
    "k": Decimal(10**6),
    "M": Decimal(10**9),
    "G": Decimal(10**12),
    "T": Decimal(10**15),
    "P": Decimal(10**18),
    "Ki": Decimal(1000 * 2**10),
    "Mi": Decimal(1000 * 2**20),
    "Gi": Decimal(1000 * 2**30),
    "Ti": Decimal(1000 * 2**40),
    "Pi": Decimal(1000 * 2**50),
}
_QUANTITY: Final = re.compile(r"(?P<number>[0-9]{1,15}(?:\.[0-9]{1,9})?)(?P<suffix>[A-Za-z]{0,2})")


class InvalidQuantity(ValueError):
    """Text that is no quantity. ``reason`` is INVALID_QUANTITY."""

    reason = "INVALID_QUANTITY"


def parse(text: str) -> int:
    """Return a quantity in milli-units, rounded up: ``1.5`` is 1500, ``64Mi`` 67108864000."""
    match = _QUANTITY.fullmatch(text)
    scale = _SUFFIXES.get(match["suffix"]) if match else None
    if match is None or scale is None:
        known = ", ".join(suffix for suffix in _SUFFIXES if suffix)
        raise InvalidQuantity(f"quantity {text!r}: need digits, and one of {known} or nothing")
    exact = Decimal(match["number"]) * scale
    whole = int(exact)
    return whole if whole == exact else whole + 1


def render(milli: int) -> str:
    """Return milli-units as a quantity: always the same text for the same amount."""
    if milli % 1000:
        return f"{milli}m"
    units = milli // 1000
    for suffix in ("Ti", "Gi", "Mi", "Ki"):
        size = int(_SUFFIXES[suffix]) // 1000
        if units >= size and units % size == 0:
            return f"{units // size}{suffix}"
    return str(units)
