"""Which series there are, and under which ids their readings lie.

The whole register is in memory: 200 bytes a series, so a million series are 200 MB. A batch's
table resolves in one dictionary look-up once its bytes have been seen from its node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from services.telemetry.model import SeriesKey, series_id

TABLES_MAX: Final = 50_000
"""Remembered (node, table) pairs; beyond it all are forgotten, and resolved anew as they come."""


class SeriesLike(Protocol):
    """What the register reads of a batch's series."""

    series: str
    unit: str
    retention_class: int


class SeriesCollision(Exception):
    """Two series of different names have one id: see ``series_id`` for how rare that is."""

    reason = "SERIES_COLLISION"


@dataclass(frozen=True, slots=True)
class Entry:
    """A registered series; ``created_at_us`` is Unix microseconds."""

    key: SeriesKey
    id: int
    created_at_us: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """A batch's table as ids and retention classes, by position."""

    ids: npt.NDArray[np.uint64]
    retention_classes: npt.NDArray[np.uint8]


class Registry:
    """The register of series; what is new in it waits in ``take_new`` to be stored."""

    def __init__(self) -> None:
        self._entries: dict[SeriesKey, Entry] = {}
        self._by_id: dict[int, Entry] = {}
        self._by_node: dict[str, dict[str, list[Entry]]] = {}
        self._tables: dict[tuple[str, bytes], Resolved] = {}
        self._new: list[Entry] = []

    def __len__(self) -> int:
        """Return how many series there are."""
        return len(self._entries)

    def add(self, entry: Entry) -> None:
        """Take in an entry that is stored already; a known one changes nothing."""
        if entry.key in self._entries:
            return
        other = self._by_id.get(entry.id)
        if other is not None:
            raise SeriesCollision(f"id {entry.id:016x} is taken")
        self._entries[entry.key] = entry
        self._by_id[entry.id] = entry
        versions = self._by_node.setdefault(entry.key.node, {}).setdefault(entry.key.series, [])
        versions.insert(0, entry)

    def resolve(
        self, node: str, table: bytes, series: Sequence[SeriesLike], *, now_us: int
    ) -> Resolved:
        """Return the ids of a batch's table, registering what is new.

        Raise SeriesCollision when a new series' id is another's.
        """
        known = self._tables.get((node, table))
        if known is not None:
            return known
        entries = [self._entry(node, s, now_us) for s in series]
        resolved = Resolved(
            np.array([e.id for e in entries], np.uint64),
            np.array([e.key.retention_class for e in entries], np.uint8),
        )
        if len(self._tables) >= TABLES_MAX:
            self._tables.clear()
        self._tables[node, table] = resolved
        return resolved

    def _entry(self, node: str, series: SeriesLike, now_us: int) -> Entry:
        key = SeriesKey(node, series.series, series.unit, series.retention_class)
        entry = self._entries.get(key)
        if entry is None:
            entry = Entry(key, series_id(key), now_us)
            self.add(entry)
            self._new.append(entry)
        return entry

    def new(self) -> list[Entry]:
        """Return the entries that are not stored yet."""
        return list(self._new)

    def stored(self, entries: Sequence[Entry]) -> None:
        """Take note that these are stored; of two blocks in the making both may have had one."""
        if entries:
            gone = {entry.id for entry in entries}
            self._new = [entry for entry in self._new if entry.id not in gone]

    def find(self, node: str, series: str) -> list[Entry]:
        """Return the entries of a series' name, the newest unit first."""
        return list(self._by_node.get(node, {}).get(series, ()))

    def by_id(self, number: int) -> Entry | None:
        """Return the entry of an id."""
        return self._by_id.get(number)

    def of_node(self, node: str) -> list[Entry]:
        """Return the newest entry of each of a node's series, in order of name."""
        return [versions[0] for _, versions in sorted(self._by_node.get(node, {}).items())]

    def nodes(self) -> list[str]:
        """Return the nodes that have series, in order."""
        return sorted(self._by_node)

    def all(self) -> Iterator[Entry]:
        """Yield every entry, older units included."""
        yield from self._entries.values()
