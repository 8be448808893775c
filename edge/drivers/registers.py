"""Modbus registers: which to ask for together, and what their words mean. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from edge.driver_settings import Register

REQUEST_REGISTERS_MAX: Final = 125
"""A Modbus response carries no more."""

GAP_REGISTERS_MAX: Final = 8
"""Unused registers read along rather than asking twice; a request costs far more than 16 bytes."""

_FORMATS: Final = {
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "float32": "f",
    "int64": "q",
    "uint64": "Q",
    "float64": "d",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One read of neighbouring registers of a unit, and the series that stand in them."""

    unit_id: int
    function: str
    address: int
    count: int
    series: tuple[tuple[str, Register], ...]


def grouped(
    series: Iterable[tuple[str, Register]], gap_max: int = GAP_REGISTERS_MAX
) -> list[Request]:
    """Return the fewest requests that read ``series`` across no gap longer than ``gap_max``."""
    requests: list[Request] = []
    wanted = sorted(
        series, key=lambda one: (one[1].unit_id, one[1].function, one[1].address, one[1].count)
    )
    for name, register in wanted:
        end = register.address + register.count
        last = requests[-1] if requests else None
        if (
            last is not None
            and last.unit_id == register.unit_id
            and last.function == register.function
            and register.address <= last.address + last.count + gap_max
            and end - last.address <= REQUEST_REGISTERS_MAX
        ):
            count = max(last.count, end - last.address)
            requests[-1] = Request(
                last.unit_id, last.function, last.address, count, (*last.series, (name, register))
            )
        else:
            requests.append(
                Request(
                    register.unit_id,
                    register.function,
                    register.address,
                    register.count,
                    ((name, register),),
                )
            )
    return requests


def value(register: Register, words: Sequence[int]) -> float:
    """Return the number that ``words``, in the order of their addresses, stand for."""
    ordered = words if register.big_words else words[::-1]
    byte_order = ">" if register.big_bytes else "<"
    packed = b"".join(struct.pack(f"{byte_order}H", word) for word in ordered)
    return float(struct.unpack(f">{_FORMATS[register.kind]}", packed)[0])
