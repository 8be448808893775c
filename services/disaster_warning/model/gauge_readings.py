"""Readings of gauges, apart from the batches that they came in: what is judged, and kept."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model.gauge_list import Key

FORMAT: Final = 1


@dataclass(frozen=True)
class GaugeReadings:
    """Columns of readings; ``index`` (int32) points into ``keys``.

    ``time_s`` (float64) is seconds of the epoch, ``value`` (float64) in the quantity's own unit.
    """

    keys: tuple[Key, ...]
    index: npt.NDArray[np.int32]
    time_s: npt.NDArray[np.float64]
    value: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.index)

    @classmethod
    def joined(cls, parts: Sequence[GaugeReadings]) -> Self:
        """Return the readings of several as one, in their order."""
        places: dict[Key, int] = {}
        moved = []
        for part in parts:
            to = [places.setdefault(key, len(places)) for key in part.keys]
            moved.append(np.array(to, np.int32)[part.index])
        empty: npt.NDArray[np.float64] = np.empty(0)
        return cls(
            tuple(places),
            np.concatenate([*moved, np.empty(0, np.int32)]),
            np.concatenate([*(part.time_s for part in parts), empty]),
            np.concatenate([*(part.value for part in parts), empty]),
        )

    def to_bytes(self) -> bytes:
        """Return them as they are kept until the next snapshot."""
        file = io.BytesIO()
        np.savez(
            file,
            format=np.int64(FORMAT),
            nodes=np.array([key.node for key in self.keys], np.str_),
            series=np.array([key.series for key in self.keys], np.str_),
            index=self.index,
            time_s=self.time_s,
            value=self.value,
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """Return what :meth:`to_bytes` kept; raise ValueError for another format."""
        with np.load(io.BytesIO(stored), allow_pickle=False) as read:
            if int(read["format"]) != FORMAT:
                raise ValueError(f"readings of format {read['format']}, need {FORMAT}")
            names = zip(read["nodes"].tolist(), read["series"].tolist(), strict=True)
            keys = tuple(Key(node, series) for node, series in names)
            return cls(keys, read["index"], read["time_s"], read["value"])
