"""The spool's account under any order of events, and under a crash at any statement."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from typing_extensions import override

from edge.spool import Spool
from edge.spool_account import Waiting
from tests.edge.doubles import FakeClock, Store, batch, drain, open_spool

PRIORITIES = st.integers(1, 4)
READINGS = st.integers(1, 120)


class Account(RuleBasedStateMachine):
    """Produced = stored + waiting + dropped, whatever happens to spool, link and process."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = FakeClock()
        self.store = Store()
        self.in_flight: list[Waiting] = []
        self.acknowledged: set[int] = set()
        self.produced = 0
        self.full = False
        self.spool = self.opened()

    def opened(self) -> Spool:
        return open_spool(self.folder, self.clock, bytes_max=8_000, age_max_s=600)

    @rule(batches=st.lists(st.tuples(READINGS, PRIORITIES), min_size=1, max_size=4))
    def produce(self, batches: list[tuple[int, int]]) -> None:
        self.spool.store([batch(readings, priority) for readings, priority in batches])
        self.produced += sum(readings for readings, _ in batches)

    @rule(limit=st.integers(1, 8))
    def send(self, limit: int) -> None:
        after = self.in_flight[-1].sequence if self.in_flight else 0
        self.in_flight += self.spool.claim(self.spool.epoch, after, limit)

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def arrive(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self.in_flight))
        self.store.take(row)
        if data.draw(st.booleans(), label="acknowledgement arrives"):
            self.acknowledged.add(row.sequence)

    @rule()
    def settle(self) -> None:
        self.spool.settle(self.spool.epoch, self.acknowledged)
        self.in_flight = [r for r in self.in_flight if r.sequence not in self.acknowledged]
        self.acknowledged.clear()

    @rule()
    def link_breaks(self) -> None:
        self.in_flight.clear()

    @rule(seconds=st.integers(1, 400))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.spool.tidy()

    @rule(jump_s=st.integers(-10_000_000, 10_000_000))
    def clock_jumps(self, jump_s: int) -> None:
        self.clock.wall += jump_s * 1_000_000

    @rule(pages=st.integers(0, 3))
    def disk_fills(self, pages: int) -> None:
        self.full = True
        connection = self.spool._connection
        count = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {count + pages}")

    @rule()
    def disk_is_freed(self) -> None:
        self.full = False
        self.spool._connection.execute("PRAGMA max_page_count = 1000000")

    @rule(graceful=st.booleans())
    def restart(self, *, graceful: bool) -> None:
        if graceful:
            self.disk_is_freed()
            self.spool.close()
        else:
            # What the disk never took and no batch has reported yet dies with the process.
            self.produced -= sum(self.spool._state.unreported.values())
            self.spool._connection.close()
            self.spool._lock.close()
        self.in_flight.clear()
        self.acknowledged.clear()
        self.spool = self.opened()

    @invariant()
    def account_adds_up(self) -> None:
        account = self.spool.account()
        assert account.produced == self.produced
        gone = account.produced - account.dropped - account.waiting_readings
        assert 0 <= gone <= self.store.stored.get(account.epoch, 0)

    @override
    def teardown(self) -> None:
        try:
            self.disk_is_freed()
            assert self.spool.report_losses()
            drain(self.spool, self.store)
            account = self.spool.account()
            assert account.waiting_readings == 0
            assert account.produced == self.produced
            self.store.check_complete(account.epoch, account.sequence, account.produced)
            dropped = self.store.dropped.get(account.epoch, 0)
            assert dropped == account.dropped
        finally:
            self.spool._connection.close()
            self.spool._lock.close()
            shutil.rmtree(self.folder)


TestAccount = Account.TestCase
TestAccount.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def _steps(spool: Spool, clock: FakeClock, store: Store) -> None:
    """A life in short: stored, sent, half acknowledged, filled up, grown old."""
    spool.store([batch(60, 1), batch(60, 3)])
    for row in spool.claim(spool.epoch, 0, 1):
        store.take(row)
        spool.settle(spool.epoch, [row.sequence])
    for number in range(6):
        spool.store([batch(60, 1 + number % 4)])
    spool.claim(spool.epoch, 1, 2)
    spool.refuse(spool.epoch, 2)
    clock.advance(700)
    spool.tidy()
    spool.store([batch(5, 4)])


def _copied(folder: Path, target: Path) -> None:
    target.mkdir()
    for name in ("spool.db", "spool.db-wal"):
        if (folder / name).exists():
            shutil.copy(folder / name, target / name)


@pytest.mark.timeout(120)
def test_a_crash_before_any_statement_leaves_an_account_that_adds_up(tmp_path: Path) -> None:
    clock, store = FakeClock(), Store()
    spool = open_spool(tmp_path / "live", clock, bytes_max=4_000, age_max_s=600)
    snapshots: list[tuple[Path, dict[str, Any], str]] = []

    def snapshot(statement: str) -> None:
        target = tmp_path / f"crash-{len(snapshots)}"
        _copied(tmp_path / "live", target)
        taken = {epoch: dict(rows) for epoch, rows in store.taken.items()}
        snapshots.append((target, {"taken": taken}, statement))

    spool._connection.set_trace_callback(snapshot)
    _steps(spool, clock, store)
    spool._connection.set_trace_callback(None)
    produced = spool.account().produced
    spool.close()
    assert len(snapshots) > 80
    for folder, kept, statement in snapshots:
        _check_crash(folder, kept["taken"], clock, produced, statement)


def _check_crash(
    folder: Path, taken: dict[int, dict[int, bytes]], clock: FakeClock, produced: int, said: str
) -> None:
    store = Store()
    crashed = open_spool(folder, clock, bytes_max=4_000, age_max_s=600)
    for rows in taken.values():
        for sequence, payload in rows.items():
            store.take(Waiting(crashed.epoch, sequence, 0, "", payload))
    clock_before = crashed.account()
    crashed.store([batch(40, 2)])
    crashed.tidy()
    drain(crashed, store)
    account = crashed.account()
    assert account.produced == clock_before.produced + 40 <= produced + 40, said
    store.check_complete(account.epoch, account.sequence, account.produced)
    crashed.close()


@pytest.mark.timeout(120)
def test_a_write_that_fails_at_any_statement_loses_no_count(tmp_path: Path) -> None:
    """SQLite's own trick: fail the n-th write, for each n, until none fails."""
    for nth in range(500):
        clock, store = FakeClock(), Store()
        folder = tmp_path / str(nth)
        spool = open_spool(folder, clock, bytes_max=4_000, age_max_s=600)
        failing = _FailNth(spool._connection, nth)
        spool._connection = spool._rows._connection = failing  # type: ignore[assignment]  # a stand-in
        _steps(spool, clock, store)
        spool._connection = spool._rows._connection = failing.real
        spool.store([batch(2)])
        drain(spool, store)
        account = spool.account()
        assert account.produced == 8 * 60 + 5 + 2
        store.check_complete(account.epoch, account.sequence, account.produced)
        spool.close()
        if not failing.has_failed:
            return
    pytest.fail("the steps never ran through")


class _FailNth:
    """A connection whose n-th writing statement finds the disk full, and the next few too."""

    WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT")

    def __init__(self, real: sqlite3.Connection, nth: int) -> None:
        self.real = real
        self.left = nth
        self.has_failed = False

    def execute(self, statement: str, *args: Any) -> sqlite3.Cursor:
        if statement.startswith(self.WRITES):
            self.left -= 1
            if -3 <= self.left < 0:
                self.has_failed = True
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
        return self.real.execute(statement, *args)

    def executemany(self, statement: str, rows: Any) -> sqlite3.Cursor:
        return self.real.executemany(statement, rows)

    def close(self) -> None:
        self.real.close()

    @property
    def in_transaction(self) -> bool:
        return self.real.in_transaction
