"""ClickHouse's Native format: columns as they lie in memory, so that numpy arrays go in unchanged.

A block is a count of columns and rows, then for each column its name, its type and its bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_LOW_BITS: Final = 0x7F
_MORE: Final = 0x80


Data = bytes | memoryview
Parts = list[Data]
"""A block in pieces, in order: columns are not copied together, whoever writes them gathers."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a Native block: its name, its ClickHouse type and its bytes."""

    name: str
    type: str
    data: Data


def numbers(name: str, type_: str, values: npt.NDArray[Any]) -> Column:
    """Return a column of fixed-width numbers; the array's width must be the type's."""
    flat = np.ascontiguousarray(values)
    # An empty array can't be cast.
    return Column(name, type_, flat.data.cast("B") if len(flat) else b"")


def integers(name: str, type_: str, dtype: str, values: Iterable[int]) -> Column:
    """Return a column of Python integers as little-endian ``dtype``."""
    return Column(name, type_, np.fromiter(values, dtype).tobytes())


def strings(name: str, values: Iterable[str]) -> Column:
    """Return a String column."""
    parts: list[bytes] = []
    for value in values:
        data = value.encode()
        parts += (varint(len(data)), data)
    return Column(name, "String", b"".join(parts))


def tuples(
    name: str, types: Sequence[tuple[str, str]], rows: Sequence[Sequence[Sequence[int]]]
) -> Column:
    """Return a column of type Array(Tuple(...)): each row a list of tuples of integers.

    ``types`` gives (ClickHouse type, numpy dtype) of each place of the tuple. An array column is
    the running ends of its rows, then the flattened places one after the other.
    """
    ends = np.cumsum([len(row) for row in rows], dtype="<u8").tobytes()
    flat = [item for row in rows for item in row]
    places = [
        np.fromiter((item[i] for item in flat), dtype).tobytes()
        for i, (_, dtype) in enumerate(types)
    ]
    inner = ", ".join(type_ for type_, _ in types)
    return Column(name, f"Array(Tuple({inner}))", b"".join([ends, *places]))


def block(rows: int, columns: Sequence[Column]) -> Parts:
    """Return a whole Native block of ``rows`` rows."""
    parts: Parts = [varint(len(columns)), varint(rows)]
    for column in columns:
        name, type_ = column.name.encode(), column.type.encode()
        parts += (varint(len(name)), name, varint(len(type_)), type_, column.data)
    return parts


def varint(number: int) -> bytes:
    """Return an unsigned LEB128 number."""
    out = bytearray()
    while number > _LOW_BITS:
        out.append(number & _LOW_BITS | _MORE)
        number >>= 7
    out.append(number)
    return bytes(out)
