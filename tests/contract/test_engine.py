"""One suite for both engines: what the store asks of ClickHouse must come out the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.telemetry import retention
from services.telemetry.registry import Registry
from services.telemetry.series_query import Aggregate, ResultTooLarge, SeriesQuery
from services.telemetry.store import ledger as books
from services.telemetry.store import native, queries, schema
from services.telemetry.store.audit import StoreAudits
from services.telemetry.store.dropping import Retention
from services.telemetry.store.engine import (
    AsyncEngine,
    EmbeddedEngine,
    Engine,
    ServerEngine,
    StoreUnavailable,
)
from services.telemetry.store.queries import SeriesReads
from services.telemetry.store.rollups import Rollups
from tests.support import clickhouse_http
from tests.support.readings import Borrowed, Reading, Writer, columns, empty, entry

pytestmark = pytest.mark.integration

NOW = datetime(2026, 7, 15, 13, 30, tzinfo=UTC)
DAY = 86_400_000_000
BASE_US = int(NOW.timestamp()) * 1_000_000 // DAY * DAY - DAY
DAYS = retention.KeptDays()


@pytest.fixture(scope="module", params=["embedded", "server"])
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("store")
    if request.param == "embedded":
        embedded = EmbeddedEngine(folder / "chdb")
        yield embedded
        embedded.close()
        return
    with clickhouse_http.running(folder) as url:
        server = ServerEngine(url)
        yield server
        server.close()


@pytest.fixture
def engine(opened: Engine) -> Engine:
    for statement in schema.tables(replicated=False, synced=False):
        opened.execute(statement)
    empty(opened)
    return opened


def test_making_the_tables_again_changes_nothing(engine: Engine) -> None:
    Writer(engine).write([Reading(entry(), BASE_US, 1.0)])
    for statement in schema.tables(replicated=False, synced=True):
        engine.execute(statement)
    assert engine.query("SELECT count() AS n FROM tianfu.readings").to_pylist() == [{"n": 1}]


def test_rows_come_as_columns_with_their_types(engine: Engine) -> None:
    sql = "SELECT toUInt64(7) AS a, toFloat64(0.5) AS b, 'x' AS c, toUInt8(3) AS d"
    table = engine.query(sql)
    assert table.to_pylist() == [{"a": 7, "b": 0.5, "c": "x", "d": 3}]
    assert [str(t) for t in table.schema.types] == ["uint64", "double", "string", "uint8"]


def test_no_rows_are_no_rows(engine: Engine) -> None:
    assert engine.query("SELECT series FROM tianfu.readings").num_rows == 0


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param("UInt64", 2**64 - 1, id="large"),
        pytest.param("Int64", -5, id="negative"),
        pytest.param("String", "plain", id="text"),
        pytest.param("String", 'it\'s "quoted" 100% 電力', id="quotes"),
        pytest.param("String", "a\tb\nc\\d\\n", id="escapes"),
        pytest.param("String", "'; DROP TABLE tianfu.readings; --", id="injection"),
        pytest.param("String", "", id="empty"),
    ],
)
def test_a_parameter_is_a_value_and_nothing_else(
    engine: Engine, kind: str, value: int | str
) -> None:
    got = engine.query(f"SELECT {{x:{kind}}} AS x", {"x": value})
    assert got.to_pylist() == [{"x": value}]


def test_a_parameter_may_be_an_array(engine: Engine) -> None:
    got = engine.query("SELECT arraySum({x:Array(UInt64)}) AS n", {"x": "[1,2,3]"})
    assert got.to_pylist() == [{"n": 6}]


def test_bytes_come_in_the_format_asked_for(engine: Engine) -> None:
    assert engine.read("SELECT 1 AS a, 2 AS b", "TabSeparated") == b"1\t2\n"
    assert engine.read("SELECT toUInt16(258) AS a", "RowBinary") == b"\x02\x01"


def test_a_failure_says_its_number_and_no_text(engine: Engine) -> None:
    for call in (
        lambda: engine.query("SELECT * FROM tianfu.no_such_table"),
        lambda: engine.execute("INSERT INTO tianfu.no_such_table SELECT 1"),
        lambda: engine.insert("tianfu.no_such_table", block(3)),
    ):
        with pytest.raises(StoreUnavailable) as failed:
            call()
        assert str(failed.value) == "the store answered with error 60"
    assert engine.query("SELECT 1 AS a").to_pylist() == [{"a": 1}]


def block(rows: int) -> native.Parts:
    return books.readings_block(
        columns(7, [Reading(entry(), BASE_US + n, n / 2, n % 6) for n in range(rows)], [])
    )


@pytest.mark.parametrize("rows", [1, 3, 100_000])
def test_a_native_block_is_inserted_whole(engine: Engine, rows: int) -> None:
    engine.insert("tianfu.readings", block(rows))
    got = engine.query(
        "SELECT count() AS n, "
        "sum(toUnixTimestamp64Micro(time) - {base:Int64} = value * 2) AS same, "
        "any(block) AS block, max(quality) AS worst FROM tianfu.readings",
        {"base": BASE_US},
    )
    assert got.to_pylist() == [{"n": rows, "same": rows, "block": 7, "worst": min(5, rows - 1)}]


def test_texts_and_lists_are_inserted_whole(engine: Engine) -> None:
    wild = entry("gw-1", "it's\ta \\ name", "電力" * 100)
    books.write_series(engine, [wild, entry("gw-2")])
    sql = "SELECT series, unit FROM tianfu.series ORDER BY node"
    assert [tuple(row.values()) for row in engine.query(sql).to_pylist()] == [
        (wild.key.series, wild.key.unit),
        ("power", "kW"),
    ]


def test_many_threads_may_ask_and_insert(engine: Engine) -> None:
    barrier = threading.Barrier(4)

    def work(number: int) -> int:
        barrier.wait()
        for _ in range(5):
            engine.insert("tianfu.readings", block(10))
        return int(engine.query("SELECT {n:UInt64} AS n", {"n": number})["n"][0].as_py())

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [0, 1, 2, 3]
    count = engine.query("SELECT sum(1) AS n FROM tianfu.readings").to_pylist()
    assert count == [{"n": 200}]


def test_a_crash_is_mended_and_the_accounts_come_back(engine: Engine) -> None:
    writer = Writer(engine)
    writer.write([Reading(entry(), BASE_US + n, float(n)) for n in range(10)])
    writer.write([Reading(entry(), BASE_US + 50, 1.0)], committed=False)
    books.write_series(engine, [entry(), entry("gw-2", "it's\ta name")])
    assert books.recover(engine) == 3
    assert engine.query("SELECT count() AS n FROM tianfu.readings").to_pylist() == [{"n": 10}]
    register = Registry()
    ledger = books.load(engine, register)
    assert ledger.nodes["gw-1"].stored == 10
    assert {e.key.series for e in register.all()} == {"power", "it's\ta name"}


async def test_queries_rollups_retention_and_audit(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, power = Writer(engine), entry()
    mine = [Reading(power, BASE_US + n * 1_000_000, float(n % 97)) for n in range(5_000)]
    writer.write(mine[:3_000])
    Rollups(engine, DAYS).run(NOW)
    writer.write(mine[3_000:])
    old = entry(series="shaking", retention_class=retention.SHORT)
    writer.write([Reading(old, BASE_US - 30 * DAY, 1.0)])
    store = AsyncEngine(Borrowed(engine))
    reads = SeriesReads(store, DAYS, lambda: NOW)

    plot = await reads.query([power], SeriesQuery(BASE_US, BASE_US + DAY, max_points=100))
    assert (len(plot.points), plot.points.readings.sum()) == (6, 5_000)
    steps = SeriesQuery(BASE_US - DAY, BASE_US + DAY, Aggregate.SUM, 900_000_000)
    sums = await reads.query([power], steps)
    assert (sums.source.value, sums.points.readings.sum()) == ("quarter_hours", 5_000)
    assert sums.points.value.sum() == pytest.approx(sum(r.value for r in mine))

    whole = await StoreAudits(store, writer.register).audit(None)
    assert (whole.accounted_readings, whole.found_rows, whole.duplicate_rows) == (5_001, 5_001, 0)
    Rollups(engine, DAYS).run(NOW)
    assert len(Retention(engine, DAYS).run(NOW).readings) == 1
    for whose in (None, "gw-1"):
        left = await StoreAudits(store, writer.register).audit(whose)
        assert (left.accounted_readings, left.found_rows, left.dropped_rows) == (5_001, 5_000, 1)

    monkeypatch.setattr(queries, "_LIMIT", " SETTINGS max_rows_to_read = 10")
    with pytest.raises(ResultTooLarge):
        await reads.query([power], SeriesQuery(BASE_US, BASE_US + DAY))
    await store.close()


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable, match="does not answer"):
        ServerEngine("http://127.0.0.1:9")  # the port of discard, where nobody listens
