"""Ingestion killed at every single statement to the store, then started again.

The store is the real embedded ClickHouse; the statement that "kills" either never reaches it or
reaches it without the service learning of it. The stream gives every message again that was not
acknowledged. Whatever the place of the crash, each reading is there once.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from typing_extensions import override

from services.telemetry.bus import Ingest
from services.telemetry.meters import IngestMeters
from services.telemetry.store import ledger as books
from services.telemetry.store import schema
from services.telemetry.store.engine import AsyncEngine, EmbeddedEngine, StoreUnavailable
from tests.support.batches import BASE_US, FakeMessage, batch, tombstone

NOW = datetime.fromtimestamp(BASE_US / 1e6 + 3600, UTC)
TABLES = ("readings", "batches", "marks", "counters", "series")


class Killed(BaseException):
    """The process is gone: no handler of errors sees it."""


class Mortal:
    """An engine that dies at its n-th change, before it or after it."""

    def __init__(self, engine: EmbeddedEngine, at: int, *, after: bool) -> None:
        self.engine, self.left, self.after = engine, at, after

    def _change(self, call: Any, *args: Any) -> None:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        call(*args)
        if self.left == 0:
            raise Killed

    def execute(self, sql: str, params: Any = None) -> None:
        self._change(self.engine.execute, sql, params)

    def insert(self, table: str, block: bytes) -> None:
        self._change(self.engine.insert, table, block)

    def query(self, sql: str, params: Any = None) -> Any:
        return self.engine.query(sql, params)

    def read(self, sql: str, output_format: str, params: Any = None) -> bytes:
        return self.engine.read(sql, output_format, params)

    def close(self) -> None:
        """Stay open: the next life uses the same store."""


class Failing(Mortal):
    """An engine that fails at its n-th change, and lives."""

    @override
    def _change(self, call: Any, *args: Any) -> None:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise StoreUnavailable("on purpose")
        call(*args)
        if self.left == 0:
            raise StoreUnavailable("on purpose")


class Stream:
    """Gives in blocks what is not acknowledged; after the last, stops the ingest."""

    def __init__(self, messages: list[FakeMessage], size: int) -> None:
        self.waiting = [m for m in messages if "ack" not in m.said]
        self.given: list[FakeMessage] = []
        self.size = size
        self.ingest: Ingest | None = None

    async def take(self, _max_messages: int, _max_wait: float) -> list[FakeMessage]:
        again = [m for m in self.given if m.said and m.said[-1] != "ack"]
        for message in again:
            message.said.clear()
            message.delivered += 1
        self.waiting += again
        give, self.waiting = self.waiting[: self.size], self.waiting[self.size :]
        self.given += [m for m in give if m not in self.given]
        if not give:
            assert self.ingest is not None
            self.ingest.stop()
        return give


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(tmp_path_factory.mktemp("store") / "chdb")
    for statement in schema.tables(replicated=False, synced=False):
        engine.execute(statement)
    yield engine
    engine.close()


@pytest.fixture(autouse=True)
def _empty(engine: EmbeddedEngine) -> None:
    for table in TABLES:
        engine.execute(f"TRUNCATE TABLE tianfu.{table}")


def messages() -> list[FakeMessage]:
    payloads = [
        *(batch(sequence=n) for n in (1, 2, 4)),
        batch("gw-2", sequence=1),
        batch(sequence=3),
        tombstone(last=9, span=5, readings=20, produced=36),
        batch("gw-2", sequence=2, base_us=BASE_US - 2 * 86_400_000_000),  # another partition
        batch(sequence=10, produced=40),
    ]
    nodes = ["gw-1"] * 3 + ["gw-2"] + ["gw-1"] * 2 + ["gw-2", "gw-1"]
    return [FakeMessage(p, f"tianfu.v1.reading.{n}") for p, n in zip(payloads, nodes, strict=True)]


def ingest_over(engine: Any, stream: Stream) -> Ingest:
    async def bury(message: Any, reason: str, text: str) -> None:
        raise AssertionError(reason, text)

    ingest = Ingest(
        source=stream,
        engine=AsyncEngine(engine),
        bury=bury,
        clock=lambda: NOW,
        monotonic=itertools.count(0, 20).__next__,  # marks are due at every second look
        meters=IngestMeters(lambda: 0.0, CollectorRegistry()),
        block_interval_s=0,
    )
    stream.ingest = ingest
    return ingest


async def live(engine: Any, stream: Stream) -> Ingest:
    ingest = ingest_over(engine, stream)
    try:
        await ingest.open()
        await ingest.run()
    finally:
        await ingest.engine.close()
    return ingest


def found(engine: EmbeddedEngine) -> dict[str, Any]:
    rows = engine.query(
        "SELECT count() AS rows, uniqExact(series, time) AS different FROM tianfu.readings"
    ).to_pylist()[0]
    ledger = engine.query(
        "SELECT sum(readings) AS readings, count() AS batches, "
        "uniqExact(node, epoch, last_sequence) AS identities FROM tianfu.batches"
    ).to_pylist()[0]
    return {**rows, **ledger}


EXPECTED = {"rows": 28, "different": 28, "readings": 28, "batches": 8, "identities": 8}


@pytest.mark.parametrize("after", [False, True], ids=["before-it", "after-it"])
@pytest.mark.parametrize("size", [3, 8], ids=["threes", "at-once"])
async def test_killed_at_every_change(engine: EmbeddedEngine, size: int, *, after: bool) -> None:
    for n in itertools.count(1):
        _truncate(engine)
        all_messages = messages()
        mortal = Mortal(engine, n, after=after)
        killed = False
        try:
            await live(mortal, Stream(all_messages, size))
        except Killed:
            killed = True
        second = await live(engine_that_stays(engine), Stream(all_messages, size))
        assert found(engine) == EXPECTED, f"killed at change {n}"
        assert all("ack" in m.said for m in all_messages)
        account = second.ledger.node("gw-1")
        assert (account.produced, account.stored, account.in_flight) == (40, 20, 0)
        assert list(account.missing()) == []
        reread = await asyncio.to_thread(books.load, engine, second.registry)
        assert reread.node("gw-1").epochs[7].last == 10
        if not killed:
            assert n > 5, "there were changes to be killed at"
            return


def _truncate(engine: EmbeddedEngine) -> None:
    for table in TABLES:
        engine.execute(f"TRUNCATE TABLE tianfu.{table}")


def engine_that_stays(engine: EmbeddedEngine) -> Mortal:
    return Mortal(engine, -1, after=False)


@pytest.mark.parametrize("after", [False, True], ids=["before-it", "after-it"])
async def test_the_store_fails_at_every_change(
    engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    monkeypatch.setattr("services.telemetry.bus.RETRY_S", 0.001)
    for n in itertools.count(1):
        _truncate(engine)
        all_messages = messages()
        failing = Failing(engine, n, after=after)
        # At the start, or at the last marks, a failure ends the process.
        with contextlib.suppress(StoreUnavailable):
            await live(failing, Stream(all_messages, 3))
        for message in all_messages:
            message.said = [s for s in message.said if s == "ack"]
        await live(engine_that_stays(engine), Stream(all_messages, 3))
        assert found(engine) == EXPECTED, f"failed at change {n}"
        assert all(m.said == ["ack"] for m in all_messages)
        if failing.left > 0:
            return


async def test_marks_and_ledger_give_the_same_accounts(engine: EmbeddedEngine) -> None:
    ingest = await live(engine_that_stays(engine), Stream(messages(), 3))
    marked = await asyncio.to_thread(books.load, engine, ingest.registry)
    engine.execute("TRUNCATE TABLE tianfu.marks")
    replayed = await asyncio.to_thread(books.load, engine, ingest.registry)
    for node in ("gw-1", "gw-2"):
        for epoch, account in marked.node(node).epochs.items():
            other = replayed.node(node).epochs[epoch]
            assert (account.last, account.gaps, account.stored, account.drops) == (
                other.last,
                other.gaps,
                other.stored,
                other.drops,
            )


class Patient(Stream):
    """Stops the ingest only when every message has been acknowledged or buried."""

    @override
    async def take(self, max_messages: int, max_wait: float) -> list[FakeMessage]:
        ingest, self.ingest = self.ingest, SimpleNamespace(stop=lambda: None)  # type: ignore[assignment]
        give = await super().take(max_messages, max_wait)
        self.ingest = ingest
        if all(m.said and m.said[-1] == "ack" for m in self.given) and ingest is not None:
            ingest.stop()
        await asyncio.sleep(0)  # the block that is being written gets on
        return give


class Choking(Mortal):
    """An engine for which encoding a certain batch fails, as a defect of ours would."""

    def __init__(self, engine: EmbeddedEngine, sequence: int) -> None:
        super().__init__(engine, -1, after=False)
        self.sequence = sequence

    @override
    def insert(self, table: str, block: Any) -> None:
        whole = block if isinstance(block, bytes) else b"".join(block)
        if table == "tianfu.readings" and self._poison() in whole:
            raise OverflowError("on purpose")
        super().insert(table, block)

    def _poison(self) -> bytes:
        return (BASE_US + self.sequence * 1_000_000).to_bytes(8, "little")


async def test_a_batch_that_can_not_be_written_is_buried_and_holds_nobody_up(
    engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.telemetry.bus.RETRY_S", 0.001)
    all_messages = [FakeMessage(batch(sequence=n), "tianfu.v1.reading.gw-1") for n in range(1, 9)]
    monkeypatch.setattr("services.telemetry.bus.CAREFUL_S", 1e9)
    stream = Patient(all_messages, 8)
    ingest = ingest_over(Choking(engine, 5), stream)
    buried: list[tuple[FakeMessage, str]] = []

    async def bury(message: Any, reason: str, _text: str) -> None:
        buried.append((message, reason))
        message.said.append("ack")  # a dead letter is ended for good

    ingest.bury = bury
    await ingest.open()
    await ingest.run()
    await ingest.engine.close()
    assert buried == [(all_messages[4], "BATCH_UNWRITABLE")]
    assert all(m.said[-1] == "ack" for m in all_messages)
    assert found(engine)["rows"] == 28
    account = ingest.ledger.node("gw-1")
    assert (account.stored, account.refused_batches, account.refused_readings) == (28, 1, 4)
    assert [gap for _, gap in account.missing()] == [(5, 5)]
