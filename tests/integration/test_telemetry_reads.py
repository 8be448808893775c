"""The reading side over a real embedded ClickHouse, against naive models in Python."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from services.telemetry import retention
from services.telemetry.registry import Entry
from services.telemetry.series_query import (
    Aggregate,
    GapHandling,
    QueryTooLong,
    ResultTooLarge,
    SeriesQuery,
    Source,
)
from services.telemetry.store import engine as engines
from services.telemetry.store import ledger as books
from services.telemetry.store import queries, schema
from services.telemetry.store.audit import StoreAudits
from services.telemetry.store.blocks import StoredBlocks
from services.telemetry.store.dropping import Retention
from services.telemetry.store.engine import AsyncEngine, EmbeddedEngine
from services.telemetry.store.export import ParquetExports
from services.telemetry.store.queries import SeriesReads
from services.telemetry.store.rollups import Rollups
from tests.support.readings import Borrowed, Killed, Mortal, Reading, Writer, empty, entry

pytestmark = pytest.mark.integration

SECOND, MINUTE, QUARTER, DAY = 1_000_000, 60_000_000, 900_000_000, 86_400_000_000
NOW = datetime(2026, 7, 15, 13, 30, tzinfo=UTC)
NOW_US = int(NOW.timestamp()) * SECOND
BASE_US = NOW_US // DAY * DAY - 3 * DAY
DAYS = retention.KeptDays()
POWER = entry()
OTHER = entry(series="voltage", unit="V")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(tmp_path_factory.mktemp("store") / "chdb")
    for statement in schema.tables(replicated=False, synced=False):
        engine.execute(statement)
    yield engine
    engine.close()


@pytest.fixture
def engine(opened: EmbeddedEngine) -> EmbeddedEngine:
    empty(opened)
    return opened


@pytest.fixture
async def store(engine: EmbeddedEngine) -> AsyncIterator[AsyncEngine]:
    store = AsyncEngine(Borrowed(engine))
    yield store
    await store.close()


@pytest.fixture
def writer(engine: EmbeddedEngine) -> Writer:
    return Writer(engine)


@pytest.fixture
def reads(store: AsyncEngine) -> SeriesReads:
    return SeriesReads(store, DAYS, lambda: NOW)


def scattered(
    seed: int, count: int, *, length_us: int = DAY, series: Entry = POWER
) -> list[Reading]:
    rng = random.Random(seed)
    times = rng.sample(range(0, length_us, SECOND // 4), count)
    return [
        Reading(series, BASE_US + t, round(rng.uniform(-50, 50), 3), rng.choice([0, 0, 0, 1, 5]))
        for t in times
    ]


# -- queries ---------------------------------------------------------------------------------------


async def test_readings_come_as_they_are_and_in_order(writer: Writer, reads: SeriesReads) -> None:
    mine = scattered(1, 300)
    writer.write([*mine[:200], *scattered(2, 50, series=OTHER)])
    writer.write(mine[200:])
    start, end = BASE_US + DAY // 4, BASE_US + DAY // 2
    answer = await reads.query([POWER], SeriesQuery(start, end))
    expected = sorted((r.time_us, r.value, r.quality) for r in mine if start <= r.time_us < end)
    points = answer.points
    got = zip(points.time_us.tolist(), points.value.tolist(), points.quality.tolist(), strict=True)
    assert list(got) == expected
    assert set(points.readings.tolist()) == {1}
    assert (answer.unit, answer.source) == ("kW", Source.READINGS)


async def test_the_range_takes_its_start_and_not_its_end(
    writer: Writer, reads: SeriesReads
) -> None:
    writer.write([Reading(POWER, BASE_US + i, float(i)) for i in range(4)])
    answer = await reads.query([POWER], SeriesQuery(BASE_US + 1, BASE_US + 3))
    assert answer.points.value.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("max_points", [1, 2, 10, 100, 499])
async def test_a_plot_keeps_its_spikes(writer: Writer, reads: SeriesReads, max_points: int) -> None:
    mine = scattered(3, 500)
    mine[77] = mine[77]._replace(value=1e6, quality=5)
    mine[99] = mine[99]._replace(value=-1e6)
    writer.write(mine)
    answer = await reads.query([POWER], SeriesQuery(BASE_US, BASE_US + DAY, max_points=max_points))
    points = answer.points
    assert len(points) <= max(2, max_points)
    got = set(zip(points.time_us.tolist(), points.value.tolist(), strict=True))
    assert {(r.time_us, r.value) for r in (mine[77], mine[99])} <= got
    assert got <= {(r.time_us, r.value) for r in mine}
    assert points.time_us.tolist() == sorted(points.time_us.tolist())
    assert points.readings.sum() == 500
    assert points.quality.max() == 5
    span = -(-DAY // max(1, max_points // 2))
    for number in {(r.time_us - BASE_US) // span for r in mine}:
        values = [r.value for r in mine if (r.time_us - BASE_US) // span == number]
        within = {v for t, v in got if (t - BASE_US) // span == number}
        assert within == {min(values), max(values)}


async def test_few_enough_readings_are_not_thinned_out(writer: Writer, reads: SeriesReads) -> None:
    mine = scattered(4, 500)
    writer.write(mine)
    answer = await reads.query([POWER], SeriesQuery(BASE_US, BASE_US + DAY, max_points=500))
    assert len(answer.points) == 500


NAIVE: dict[Aggregate, Any] = {
    Aggregate.MEAN: lambda rows: sum(r.value for r in rows) / len(rows),
    Aggregate.MIN: lambda rows: min(r.value for r in rows),
    Aggregate.MAX: lambda rows: max(r.value for r in rows),
    Aggregate.SUM: lambda rows: sum(r.value for r in rows),
    Aggregate.COUNT: len,
    Aggregate.FIRST: lambda rows: min(rows, key=lambda r: r.time_us).value,
    Aggregate.LAST: lambda rows: max(rows, key=lambda r: r.time_us).value,
}


def assert_steps(
    points: Any, readings: list[Reading], query: SeriesQuery, *, source: str = ""
) -> None:
    """The naive rule: readings of the range by step."""
    assert query.aggregate is not None
    steps: dict[int, list[Reading]] = {}
    for r in readings:
        if query.start_us <= r.time_us < query.end_us:
            steps.setdefault(r.time_us // query.step_us * query.step_us, []).append(r)
    expected = sorted(steps.items())
    assert points.time_us.tolist() == [t for t, _ in expected], source
    naive = [NAIVE[query.aggregate](rows) for _, rows in expected]
    np.testing.assert_allclose(points.value, naive, rtol=1e-9, atol=1e-9, err_msg=source)
    assert points.quality.tolist() == [max(r.quality for r in rows) for _, rows in expected]
    assert points.readings.tolist() == [len(rows) for _, rows in expected]


@pytest.mark.parametrize("aggregate", Aggregate)
async def test_steps_agree_with_the_naive_rule(
    writer: Writer, reads: SeriesReads, aggregate: Aggregate
) -> None:
    mine = scattered(5, 400)
    writer.write(mine)
    query = SeriesQuery(BASE_US + 12_345_678, BASE_US + DAY, aggregate, 617 * SECOND)
    answer = await reads.query([POWER], query)
    assert_steps(answer.points, mine, query)


async def test_gaps_are_filled_in_as_asked(writer: Writer, reads: SeriesReads) -> None:
    writer.write([Reading(POWER, BASE_US + i * MINUTE, float(i)) for i in (1, 4)])
    query = SeriesQuery(BASE_US, BASE_US + 6 * MINUTE, Aggregate.MEAN, MINUTE, GapHandling.LINEAR)
    answer = await reads.query([POWER], query)
    np.testing.assert_equal(answer.points.value, [np.nan, 1, 2, 3, 4, np.nan])


async def test_readings_of_an_older_unit_are_left_out(writer: Writer, reads: SeriesReads) -> None:
    watts = entry(unit="W")
    long = entry(retention_class=2)
    writer.write([Reading(watts, BASE_US, 1000.0), Reading(POWER, BASE_US + 1, 1.0)])
    writer.write([Reading(long, BASE_US + 2, 2.0)])
    found = writer.register.find("gw-1", "power")
    answer = await reads.query(found, SeriesQuery(BASE_US, BASE_US + DAY))
    assert (answer.points.value.tolist(), answer.unit) == ([1.0, 2.0], "kW")


async def test_a_query_without_readings(reads: SeriesReads) -> None:
    answer = await reads.query([POWER], SeriesQuery(0, 2**53))
    assert len(answer.points) == 0
    stepped = await reads.query([POWER], SeriesQuery(0, DAY, Aggregate.SUM, DAY))
    assert len(stepped.points) == 0


async def test_too_many_rows_are_refused_with_advice(
    writer: Writer, reads: SeriesReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_LIMIT", " SETTINGS max_rows_to_read = 10")
    writer.write(scattered(6, 500))
    with pytest.raises(ResultTooLarge, match="shorter range"):
        await reads.query([POWER], SeriesQuery(BASE_US, BASE_US + DAY))


async def test_a_query_that_takes_too_long_is_refused_with_advice(
    writer: Writer, reads: SeriesReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = "SELECT max(sipHash64(number)) AS least_time FROM numbers(1000000000000)"
    monkeypatch.setattr(queries, "_EXTREMES", slow)
    monkeypatch.setattr(queries, "_LIMIT", " SETTINGS max_rows_to_read = 0")
    monkeypatch.setattr(engines, "QUERY_SECONDS", 1)
    writer.write(scattered(7, 50))
    with pytest.raises(QueryTooLong, match="shorter range"):
        await reads.query([POWER], SeriesQuery(BASE_US, BASE_US + DAY))


# -- rollups ---------------------------------------------------------------------------------------


def test_a_run_is_bounded_and_says_whether_there_is_more(
    engine: EmbeddedEngine, writer: Writer
) -> None:
    for seed in range(4):
        writer.write(scattered(seed, 100, length_us=DAY))
    rollups = Rollups(engine, DAYS, rows_per_run=250)
    assert (rollups.run(NOW), rollups.progress().minutes) == (True, 2)
    assert (rollups.run(NOW), rollups.progress().quarter_hours) == (False, 4)
    assert rollups.run(NOW) is False


def test_a_single_block_over_the_bound_is_taken_in(engine: EmbeddedEngine, writer: Writer) -> None:
    writer.write(scattered(1, 100))
    assert Rollups(engine, DAYS, rows_per_run=10).run(NOW) is False
    assert_windows(engine, writer, "minutes", MINUTE)


def assert_windows(
    engine: EmbeddedEngine, writer: Writer, table: str, length_us: int, *, through: int = 2**62
) -> None:
    """The naive rule: everything written up to a block, window by window."""
    windows: dict[tuple[int, int], list[Reading]] = {}
    for block, r in writer.written:
        if block <= through:
            windows.setdefault((r.series.id, r.time_us // length_us), []).append(r)
    found = engine.query(
        "SELECT series, intDiv(toUnixTimestamp64Micro(toDateTime64(time, 6)), {length:Int64}) "  # noqa: S608 - ours
        f"AS number, readings, sum, min, max, first, last, quality FROM tianfu.{table} FINAL",
        {"length": length_us},
    ).to_pylist()
    rows = {(row["series"], row["number"]): row for row in found}
    assert len(rows) == len(found)
    assert rows.keys() == windows.keys()
    for key, row in rows.items():
        ordered = sorted(windows[key], key=lambda r: r.time_us)
        values = [r.value for r in ordered]
        assert row["readings"] == len(values)
        assert row["sum"] == pytest.approx(sum(values))
        assert (row["min"], row["max"]) == (min(values), max(values))
        assert (row["first"], row["last"]) == (values[0], values[-1])
        assert row["quality"] == max(r.quality for r in ordered)


def test_late_readings_mend_their_windows(engine: EmbeddedEngine, writer: Writer) -> None:
    mine = scattered(8, 400, length_us=DAY // 8)
    rollups = Rollups(engine, DAYS)
    for start in range(0, 400, 100):
        writer.write([*mine[start : start + 100], *scattered(start, 20, series=OTHER)])
        rollups.run(NOW)
    assert_windows(engine, writer, "minutes", MINUTE)
    assert_windows(engine, writer, "quarter_hours", QUARTER)


def test_a_block_that_is_not_committed_is_left_out(engine: EmbeddedEngine, writer: Writer) -> None:
    writer.write(scattered(1, 100))
    writer.write(scattered(2, 100), committed=False)
    Rollups(engine, DAYS).run(NOW)
    assert_windows(engine, writer, "minutes", MINUTE, through=1)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_rollups_killed_at_any_statement_are_mended_by_the_next_run(
    engine: EmbeddedEngine, after: bool
) -> None:
    for n in itertools.count(1):
        empty(engine)
        writer = Writer(engine)
        mine = scattered(9, 300, length_us=DAY // 8)
        writer.write(mine[:100])
        Rollups(engine, DAYS).run(NOW)
        writer.write(mine[100:200])
        try:
            Rollups(Mortal(engine, n, after=after), DAYS).run(NOW)
        except Killed:
            writer.write(mine[200:])
            Rollups(engine, DAYS).run(NOW)
            assert_windows(engine, writer, "minutes", MINUTE)
            assert_windows(engine, writer, "quarter_hours", QUARTER)
        else:
            break
    assert n == 5  # two statements for each of two rollups


@pytest.mark.parametrize("aggregate", Aggregate)
@pytest.mark.parametrize("step_us", [5 * MINUTE, QUARTER, 6 * QUARTER])
async def test_rollups_answer_exactly_up_to_the_last_reading(
    engine: EmbeddedEngine,
    writer: Writer,
    reads: SeriesReads,
    aggregate: Aggregate,
    step_us: int,
) -> None:
    mine = scattered(10, 600, length_us=3 * DAY)
    writer.write([*mine[:200], *scattered(11, 50, series=OTHER)])
    writer.write(mine[200:400])
    Rollups(engine, DAYS).run(NOW)
    writer.write(mine[400:])  # late readings that the rollups have not taken in
    query = SeriesQuery(BASE_US + 123_456_789, BASE_US + 3 * DAY - 7, aggregate, step_us)
    answer = await reads.query([POWER], query)
    assert answer.source is (Source.MINUTES if step_us % QUARTER else Source.QUARTER_HOURS)
    assert_steps(answer.points, mine, query)


async def test_a_query_between_the_statements_of_a_run_is_exact(
    engine: EmbeddedEngine, writer: Writer, reads: SeriesReads
) -> None:
    mine = scattered(12, 300, length_us=3 * DAY)
    writer.write(mine[:150])
    Rollups(engine, DAYS).run(NOW)
    writer.write(mine[150:])
    for n in range(1, 5):
        with pytest.raises(Killed):
            Rollups(Mortal(engine, 1, after=True), DAYS).run(NOW)
        for step_us in (MINUTE, QUARTER):
            query = SeriesQuery(BASE_US, BASE_US + 3 * DAY, Aggregate.LAST, step_us)
            answer = await reads.query([POWER], query)
            assert answer.source is not Source.READINGS
            assert_steps(answer.points, mine, query, source=f"statement {n}, step {step_us}")


# -- retention -------------------------------------------------------------------------------------


async def test_rollups_outlive_their_readings(
    engine: EmbeddedEngine, writer: Writer, reads: SeriesReads
) -> None:
    waveform = entry(series="shaking", unit="m/s2", retention_class=retention.SHORT)
    old = BASE_US - 20 * DAY
    mine = [Reading(waveform, old + i * 10 * SECOND, float(i % 17)) for i in range(500)]
    kept = [Reading(POWER, old + i * 10 * SECOND, float(i)) for i in range(100)]
    writer.write([*mine[:400], *kept])
    job = Retention(engine, DAYS)
    assert job.run(NOW).readings == []  # the rollups have not taken it in yet
    rollups = Rollups(engine, DAYS)
    rollups.run(NOW)
    day = datetime.fromtimestamp(old / 1e6, UTC).date()
    assert job.run(NOW).readings == [retention.ReadingsDay(retention.SHORT, day)]
    assert job.run(NOW) == retention.Drops()
    query = SeriesQuery(old, old + DAY, Aggregate.MAX, 5 * MINUTE)
    assert_steps((await reads.query([waveform], query)).points, mine[:400], query)
    assert_steps((await reads.query([POWER], query)).points, kept, query)

    # What comes later still makes windows of its own, and spoils none that are there.
    late = [Reading(waveform, old + 10 * SECOND + 1, 99.0), *mine[460:]]
    writer.write(late)
    rollups.run(NOW)
    assert job.run(NOW).readings == [retention.ReadingsDay(retention.SHORT, day)]
    assert_steps((await reads.query([waveform], query)).points, mine[:400] + mine[460:], query)


async def test_the_audit_closes_after_retention_whichever_statement_was_the_last(
    engine: EmbeddedEngine, writer: Writer, store: AsyncEngine
) -> None:
    waveform = entry(series="shaking", unit="m/s2", retention_class=retention.SHORT)
    old = BASE_US - 20 * DAY
    for step in range(4):
        # Late data of a day that has gone before is counted beside what went before.
        late = [Reading(waveform, old + step * SECOND + i, 1.0) for i in range(100)]
        writer.write([*late, Reading(POWER, old + step, 1.0)])
        Rollups(engine, DAYS).run(NOW)
        for after in (False, True):
            with contextlib.suppress(Killed):
                Retention(Mortal(engine, step + 1, after=after), DAYS).run(NOW)
        Retention(engine, DAYS).run(NOW)
        for whose in (None, "gw-1"):
            told = await StoreAudits(store, writer.register).audit(whose)
            expected = ((step + 1) * 101, step + 1, (step + 1) * 100)
            assert (told.accounted_readings, told.found_rows, told.dropped_rows) == expected


def test_months_of_rollups_are_dropped(engine: EmbeddedEngine, writer: Writer) -> None:
    writer.write(scattered(1, 10))
    Rollups(engine, DAYS).run(NOW)
    later = NOW + timedelta(days=DAYS.rollups + 70)
    dropped = Retention(engine, DAYS).run(later)
    month = date(2026, 7, 1)
    tables = [retention.RollupMonth(t, month) for t in ("minutes", "quarter_hours")]
    assert dropped.rollups == tables
    assert engine.query("SELECT count() AS n FROM tianfu.minutes").to_pylist() == [{"n": 0}]


# -- blocks, audit, export -------------------------------------------------------------------------


@pytest.mark.parametrize("page_rows", [1, 40, 1000])
async def test_blocks_come_whole_and_in_order(
    writer: Writer, store: AsyncEngine, page_rows: int
) -> None:
    blocks = [scattered(n, 30) + scattered(n, 10, series=OTHER) for n in range(6)]
    for block in blocks:
        writer.write(block)
    stored = StoredBlocks(store, page_rows)
    got = [rows async for rows in stored.after([POWER.id], block=2, through=5)]
    assert [rows.block for rows in got] == [3, 4, 5]
    for rows in got:
        mine = sorted(r for r in blocks[rows.block - 1] if r.series == POWER)
        assert rows.time_us.tolist() == sorted(r.time_us for r in mine)
    assert [rows async for rows in stored.after([1], block=0, through=6)] == []


async def test_audit_counts_for_itself(
    engine: EmbeddedEngine, writer: Writer, store: AsyncEngine
) -> None:
    far = entry("gw-2")
    block = writer.write([*scattered(1, 50), *scattered(2, 20, series=far)])
    audits = StoreAudits(store, writer.register)
    whole = await audits.audit(None)
    assert (whole.accounted_readings, whole.found_rows) == (70, 70)
    assert (whole.duplicate_rows, whole.duplicate_batches) == (0, 0)
    one = await audits.audit("gw-2")
    assert (one.accounted_readings, one.found_rows) == (20, 20)

    writer.write(scattered(3, 5), committed=False)  # on its way: not counted
    assert await audits.audit(None) == whole

    engine.insert("tianfu.readings", books.readings_block(block))
    engine.insert("tianfu.batches", books.batches_block(block, 0))
    again = await audits.audit("gw-2")
    assert (again.accounted_readings, again.found_rows) == (40, 40)
    assert (again.duplicate_rows, again.duplicate_batches) == (20, 1)
    assert (await audits.audit(None)).duplicate_batches == 2


@pytest.mark.parametrize("page_rows", [7, 100, 100_000])
async def test_export_is_one_parquet_file(
    writer: Writer, store: AsyncEngine, tmp_path: Any, page_rows: int
) -> None:
    far, watts = entry("gw-2", "energy", "kW.h"), entry(unit="W")
    same = [Reading(OTHER, BASE_US + 5, float(i)) for i in range(20)]  # all of one moment
    mine = [
        *scattered(1, 150),
        *scattered(2, 30, series=far),
        *scattered(3, 10, series=watts),
        *same,
    ]
    writer.write(mine)
    writer.write(scattered(4, 10), committed=False)
    exports = ParquetExports(store, writer.register, page_rows)

    async def exported(node: str | None, start: int, end: int) -> list[Any]:
        pieces = [p async for p in exports.parquet(node, start, end)]
        path = tmp_path / "export.parquet"
        await asyncio.to_thread(path.write_bytes, b"".join(pieces))
        table = pq.read_table(path)
        assert str(table.schema.field("time").type) == "timestamp[us, tz=UTC]"
        rows = table.to_pylist()
        return sorted(tuple(row.values()) for row in rows)

    def expected(node: str | None, start: int, end: int) -> list[Any]:
        return sorted(
            (
                r.series.key.node,
                r.series.key.series,
                r.series.key.unit,
                datetime.fromtimestamp(r.time_us // SECOND, UTC)
                + timedelta(microseconds=r.time_us % SECOND),
                r.value,
                r.quality,
            )
            for r in mine
            if node in (None, r.series.key.node) and start <= r.time_us < end
        )

    for asked in ((None, 0, 2**51), ("gw-1", BASE_US, BASE_US + DAY // 2), ("gw-9", 0, 2**51)):
        assert await exported(*asked) == expected(*asked)
