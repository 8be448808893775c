"""A block's columns against the plainest way of joining and ordering them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.telemetry import columns
from services.telemetry.columns import join
from services.telemetry.registry import Resolved
from tianfu import batch_decoder
from tianfu.batch_decoder import DecodedBatch
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey, encode

BASE_US = 1_700_000_000_000_000
Reading = tuple[int, int, float, int]


@dataclass(frozen=True)
class Part:
    batch: DecodedBatch
    table: Resolved


def part(table: Resolved, readings: list[Reading], sequence: int) -> Part:
    builder = BatchBuilder()
    keys = [SeriesKey(f"s-{i}", "kW") for i in range(len(table.ids))]
    order: list[int] = []
    for index, offset, value, quality in readings:
        builder.add(keys[index], BASE_US + offset, value, quality)
        if index not in order:
            order.append(index)
    payload = encode(builder.message(), Identity("gw-1", 1, sequence), produced_total=0)
    # The batch's own table names series in the order of their first reading.
    resolved = Resolved(table.ids[order], table.retention_classes[order])
    return Part(batch_decoder.decode(payload), resolved)


def table(*ids: int) -> Resolved:
    classes = np.array([number % 3 for number in ids], np.uint8)
    return Resolved(np.array(ids, np.uint64), classes)


TABLES = (table(7, 3, 2**63 + 1), table(5, 9, 11), table(3, 7, 5))
READING = st.tuples(
    st.integers(0, 2),
    st.integers(0, 50),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.integers(0, 1),
)


def plainly(parts: list[Part]) -> list[tuple[int, int, float, int, int]]:
    rows = []
    for one in parts:
        batch = one.batch
        for place, time_us, value, quality in zip(
            batch.series_index.tolist(),
            batch.time_us.tolist(),
            batch.value.tolist(),
            batch.quality.tolist(),
            strict=True,
        ):
            number = int(one.table.ids[place])
            rows.append((number, time_us, value, quality, int(one.table.retention_classes[place])))
    return sorted(rows, key=lambda row: row[:2])


def rows_of(joined: columns.Columns) -> list[tuple[int, int, float, int, int]]:
    return list(
        zip(
            joined.series.tolist(),
            joined.time_us.tolist(),
            joined.value.tolist(),
            joined.quality.tolist(),
            joined.retention_class.tolist(),
            strict=True,
        )
    )


@given(st.lists(st.tuples(st.integers(0, 2), st.lists(READING, max_size=12)), max_size=6))
def test_joined_as_the_plain_way_does(given_parts: list[tuple[int, list[Reading]]]) -> None:
    parts = [part(TABLES[t], readings, n + 1) for n, (t, readings) in enumerate(given_parts)]
    assert rows_of(join(parts)) == plainly(parts)


def test_nothing_joins_to_nothing() -> None:
    assert join([]).rows == 0
    assert join([part(TABLES[0], [], 1)]).rows == 0


def test_more_series_than_ranks_are_ordered_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "RANKS_MAX", 2)
    parts = [part(TABLES[0], [(0, 3, 1.0, 0), (1, 2, 2.0, 1), (2, 1, 3.0, 0)], 1)]
    assert rows_of(join(parts)) == plainly(parts)
