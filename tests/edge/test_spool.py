from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import spool_file
from edge.spool import ATTEMPT_AHEAD, Spool
from edge.spool_file import SpoolRefused
from tests.edge.doubles import NOON_US, FakeClock, Store, batch, counting_bits, drain, open_spool
from tianfu import batch_decoder
from tianfu.reading.v1 import reading_batch_pb2 as pb

BULK, ROUTINE, URGENT = pb.PRIORITY_BULK, pb.PRIORITY_ROUTINE, pb.PRIORITY_URGENT
FULL, DISK = pb.DROP_REASON_SPOOL_FULL, pb.DROP_REASON_DISK_FULL


@pytest.fixture(autouse=True)
def _close_spools(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what a test leaves open, as the end of a process would."""
    made: list[Spool] = []
    begin = Spool.__init__

    def noted(self: Spool, *args: object, **kwargs: object) -> None:
        begin(self, *args, **kwargs)  # type: ignore[arg-type]  # the arguments pass through
        made.append(self)

    monkeypatch.setattr(Spool, "__init__", noted)
    yield
    for spool in made:
        kill(spool)


def kill(spool: Spool) -> None:
    """End a spool as kill -9 does: no goodbye, the lock gone with the process."""
    spool._connection.close()
    spool._lock.close()


def messages(spool: Spool) -> list[pb.ReadingBatch]:
    rows = spool.claim(spool.epoch, 0, 10_000)
    return [pb.ReadingBatch.FromString(row.payload) for row in rows]


def limit_pages(spool: Spool, extra: int) -> None:
    pages = spool._connection.execute("PRAGMA page_count").fetchone()[0]
    spool._connection.execute(f"PRAGMA max_page_count = {pages + extra}")


def free_disk(spool: Spool) -> None:
    spool._connection.execute("PRAGMA max_page_count = 1000000")


# -- identity ----------------------------------------------------------------------------------


def test_sequence_has_no_gap_and_totals_add_up(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    assert spool.store([batch(2), batch(3)]) == [1, 2]
    assert spool.store([batch(5)]) == [3]
    found = messages(spool)
    assert [(m.node, m.epoch, m.sequence, m.span, m.produced_total) for m in found] == [
        ("gw-1", spool.epoch, 1, 1, 2),
        ("gw-1", spool.epoch, 2, 1, 5),
        ("gw-1", spool.epoch, 3, 1, 10),
    ]


@pytest.mark.parametrize("level", [None, 3], ids=["plain", "zstd"])
def test_what_is_claimed_can_be_decoded_and_is_the_same_each_time(
    tmp_path: Path, level: int | None
) -> None:
    spool = open_spool(tmp_path, zstd_level=level)
    spool.store([batch(100)])
    first = spool.claim(spool.epoch, 0, 10)
    kill(spool)
    again = open_spool(tmp_path, zstd_level=level)
    assert again.claim(again.epoch, 0, 10) == first
    decoded = batch_decoder.decode(first[0].payload)
    assert list(decoded.value) == [1.5] * 100
    assert decoded.header.produced_total == 100


def test_sequence_and_epoch_go_on_after_a_restart(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.store([batch(), batch()])
    epoch = spool.epoch
    spool.settle(epoch, [1, 2])
    spool.close()
    again = open_spool(tmp_path)
    assert (again.epoch, again.store([batch()])) == (epoch, [3])
    assert again.account().produced == 9


@pytest.mark.parametrize("wall", [0, -5, NOON_US], ids=["1970", "before-1970", "right"])
def test_a_spool_made_again_has_another_epoch(wall: int) -> None:
    bits = counting_bits()
    first, second = (spool_file.new_epoch(wall, bits) for _ in range(2))
    assert 0 < first < 2**63
    assert first != second


def test_later_epochs_are_greater() -> None:
    early = spool_file.new_epoch(NOON_US, lambda bits: (1 << bits) - 1)
    late = spool_file.new_epoch(NOON_US + 2_000, lambda _: 0)
    assert early < late


# -- bounds ------------------------------------------------------------------------------------


def test_a_full_spool_drops_the_lowest_priority_oldest_first(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, bytes_max=9_000)
    spool.store([batch(100, URGENT), batch(100, BULK), batch(100, BULK), batch(100, ROUTINE)])
    spool.store([batch(100, URGENT)])  # five need 1.7 KB each
    assert spool.account().drops == {}
    spool.store([batch(100, ROUTINE)])
    assert spool.account().drops == {(BULK, FULL): 100}
    assert [m.count for m in messages(spool)] == [100, 0, 100, 100, 100, 100]


def test_a_full_spool_keeps_what_matters_more_than_the_newcomer(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, bytes_max=5_500)
    spool.store([batch(100, URGENT)] * 3)
    assert spool.store([batch(100, BULK)]) == [4]
    assert spool.account().drops == {(BULK, FULL): 100}
    assert [m.count for m in messages(spool)] == [100, 100, 100, 0]


def test_neighbouring_tombstones_are_one(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, bytes_max=6_000)
    for number in range(50):
        spool.store([batch(50 + number % 3)])
    found = messages(spool)
    assert found[0].span == found[0].sequence > 30
    assert sum(m.count == 0 for m in found) == 1
    assert spool.account().used_bytes <= 6_000
    store = Store()
    drain(spool, store)
    store.check_complete(spool.epoch, 50, spool.account().produced)


def test_small_batches_in_a_full_spool_cost_each_other_one_by_one(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, bytes_max=64 * 1024)
    for _ in range(400):
        spool.store([batch(1)])
    before = spool.account().dropped
    for _ in range(50):
        spool.store([batch(1)])
    assert 40 <= spool.account().dropped - before <= 60


def test_what_was_attempted_is_never_dropped(tmp_path: Path) -> None:
    spool = open_spool(tmp_path, bytes_max=6_000, age_max_s=10)
    spool.store([batch(100, BULK), batch(100, BULK)])
    spool.claim(spool.epoch, 0, 2)
    for _ in range(10):
        spool.store([batch(100, URGENT)])
    assert [m.count for m in messages(spool)][:2] == [100, 100]


def test_after_a_crash_what_may_have_been_attempted_is_not_dropped(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = open_spool(tmp_path, clock, age_max_s=10)
    spool.store([batch()] * 3)
    spool.claim(spool.epoch, 0, 1)
    kill(spool)
    again = open_spool(tmp_path, clock, age_max_s=10)
    again.store([batch()])
    clock.advance(60)
    again.tidy()
    # 2 and 3 lay below the stored watermark; 4 came after and was never attempted.
    assert [m.count for m in messages(again)] == [3, 3, 3, 0]
    assert again.account().drops == {(ROUTINE, pb.DROP_REASON_EXPIRED): 3}


def test_the_watermark_is_stored_before_anything_is_handed_out(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.store([batch()] * (ATTEMPT_AHEAD + 6))
    spool.claim(spool.epoch, 0, 5)
    shutil.copytree(tmp_path, tmp_path / "crash", ignore=lambda *_: ["spool.lock", "crash"])
    crashed = open_spool(tmp_path / "crash")
    assert crashed._state.attempted == 5 + ATTEMPT_AHEAD


@pytest.mark.parametrize(
    ("wall_jump_us", "elapsed_s", "expired"),
    [
        pytest.param(0, 9, 0, id="young"),
        pytest.param(0, 11, 3, id="old"),
        pytest.param(-(10**15), 9, 0, id="wall-jumps-back"),
        pytest.param(-(10**15), 11, 3, id="wall-jumps-back-yet-old"),
        pytest.param(10**15, 9, 0, id="wall-jumps-ahead"),
    ],
)
def test_age_is_elapsed_time_not_the_wall_clock(
    tmp_path: Path, wall_jump_us: int, elapsed_s: float, expired: int
) -> None:
    clock = FakeClock()
    spool = open_spool(tmp_path, clock, age_max_s=10)
    spool.store([batch()])
    clock.wall += wall_jump_us
    clock.advance(elapsed_s)
    spool.tidy()
    assert spool.account().dropped == expired


@pytest.mark.parametrize(
    ("then_us", "now_us", "expired"),
    [
        pytest.param(NOON_US, NOON_US + 11_000_000, 3, id="away-too-long"),
        pytest.param(NOON_US, NOON_US - 11_000_000, 0, id="back-in-time"),
        pytest.param(5, NOON_US, 0, id="clock-was-never-set"),
        pytest.param(NOON_US, 5, 0, id="clock-was-lost"),
    ],
)
def test_age_counts_the_time_away_when_the_clock_can_tell(
    tmp_path: Path, then_us: int, now_us: int, expired: int
) -> None:
    spool = open_spool(tmp_path, FakeClock(wall=then_us), age_max_s=10)
    spool.store([batch()])
    kill(spool)
    again = open_spool(tmp_path, FakeClock(wall=now_us, running=0), age_max_s=10)
    again.tidy()
    assert again.account().dropped == expired


# -- the disk ----------------------------------------------------------------------------------


def test_a_full_disk_is_counted_at_once_out_of_the_reserve(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.store([batch(10)])
    limit_pages(spool, 1)
    assert spool.store([batch(2000, BULK), batch(1500, URGENT)]) == [None, None]
    lost = {(BULK, DISK): 2000, (URGENT, DISK): 1500}
    assert spool.account().drops == lost
    assert spool.account().produced == 3510
    free_disk(spool)
    assert spool.store([batch(5)]) == [4]
    tombstone, last = messages(spool)[-2:]
    assert (tombstone.count, tombstone.span) == (0, 2)
    assert {(d.priority, d.reason): d.readings for d in tombstone.drops} == lost
    assert last.produced_total == 3515
    store = Store()
    drain(spool, store)
    store.check_complete(spool.epoch, 4, 3515)


def full(*_: object) -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


def test_what_not_even_the_reserve_takes_is_reported_with_the_next_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = open_spool(tmp_path)
    limit_pages(spool, 0)
    monkeypatch.setattr(spool._rows, "bury", full)
    assert spool.store([batch(2000, BULK)]) == [None]
    assert spool.account().drops == {(BULK, DISK): 2000}
    monkeypatch.undo()
    free_disk(spool)
    assert spool.store([batch(5)]) == [1]
    (last,) = messages(spool)
    assert [(d.reason, d.readings) for d in last.drops] == [(DISK, 2000)]
    assert last.produced_total == 2005


def test_losses_are_reported_alone_when_nothing_else_is_stored(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    limit_pages(spool, 0)
    spool.store([batch(5000)])
    free_disk(spool)
    spool.close()
    again = open_spool(tmp_path)
    assert again.account().produced == 5000
    assert [(m.count, m.produced_total) for m in messages(again)] == [(0, 5000)]


def test_one_batch_too_many_does_not_lose_its_neighbours(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    limit_pages(spool, 4)
    assert spool.store([batch(5), batch(9000), batch(6)]) == [1, None, 3]


def test_acknowledged_batches_are_deleted_when_the_disk_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = open_spool(tmp_path)
    spool.store([batch(), batch()])
    spool.claim(spool.epoch, 0, 2)

    monkeypatch.setattr(spool._rows, "delete", full)
    spool.settle(spool.epoch, [1])
    assert spool.account().waiting_batches == 2
    assert spool.disk_failures == 1
    monkeypatch.undo()
    spool.settle(spool.epoch, [2])
    assert spool.account().waiting_batches == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_really_full_loses_only_what_is_counted(small_disk: Path) -> None:
    spool = open_spool(small_disk, bytes_max=1 << 30)
    for _ in range(600):
        spool.store([batch(700)])
    account = spool.account()
    assert account.produced == 420_000
    assert account.dropped > 0
    assert account.waiting_readings + account.dropped == 420_000
    store = Store()
    drain(spool, store)
    assert spool.store([batch(7)]) != [None]
    drain(spool, store)
    store.check_complete(spool.epoch, spool.account().sequence, 420_007)
    kill(spool)


def test_a_power_cut_on_a_full_disk_takes_no_count_along(small_disk: Path) -> None:
    spool = open_spool(small_disk, bytes_max=1 << 30)
    for _ in range(600):
        spool.store([batch(700)])
    before = spool.account()
    assert before.drops.keys() == {(batch().message.priority, DISK)}
    kill(spool)
    after = open_spool(small_disk, bytes_max=1 << 30)
    assert after.account().drops == before.drops
    assert after.account().produced == before.produced == 420_000
    kill(after)


def test_a_disk_filled_by_others_recovers(small_disk: Path) -> None:
    spool = open_spool(small_disk)
    spool.store([batch(100)])
    filler = small_disk / "log"
    with filler.open("wb") as stream:
        free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
        os.posix_fallocate(stream.fileno(), 0, free)
    for _ in range(30):
        spool.store([batch(1000)])
    assert spool.account().dropped > 0
    filler.unlink()
    spool.tidy()
    store = Store()
    drain(spool, store)
    store.check_complete(spool.epoch, spool.account().sequence, 30_100)
    kill(spool)


# -- damage ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda f: f.write_bytes(b"no database at all" * 999), id="not-sqlite"),
        pytest.param(lambda f: f.write_bytes(f.read_bytes()[:5000]), id="cut"),
        pytest.param(lambda f: f.write_bytes(os.urandom(100) + f.read_bytes()[100:]), id="header"),
    ],
)
def test_a_damaged_file_is_moved_aside_and_a_new_epoch_begins(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]  # a lambda of the table
    spool = open_spool(tmp_path)
    spool.store([batch(500)] * 20)
    epoch = spool.epoch
    spool._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    spool.close()
    damage(tmp_path / spool_file.NAME)
    again = open_spool(tmp_path, FakeClock(wall=NOON_US + 10_000))
    assert again.epoch != epoch
    assert again.damaged_count == 1
    assert again.store([batch()]) == [1]
    assert len(list(tmp_path.glob("spool.damaged-*.db"))) == 1


def test_damage_found_while_running_begins_a_new_epoch_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = open_spool(tmp_path)
    spool.store([batch()])
    epoch = spool.epoch
    rows = spool._rows

    def broken(*_: object) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    monkeypatch.setattr(rows, "write", broken)
    assert spool.store([batch(7)]) == [1]
    assert spool.epoch != epoch
    assert [m.count for m in messages(spool)] == [7]
    # A claim and an acknowledgement that speak of the old epoch touch nothing of the new one.
    spool.settle(epoch, [1])
    assert [row.sequence for row in spool.claim(epoch, 99, 5)] == [1]


def test_few_damaged_files_are_kept(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / spool_file.NAME).write_bytes(b"x" * 9000)
        open_spool(tmp_path, FakeClock(wall=NOON_US + number)).close()
    assert len(list(tmp_path.glob("spool.damaged-*.db"))) == spool_file.DAMAGED_KEPT


def test_a_batch_that_rotted_becomes_a_tombstone(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.store([batch(2), batch(3), batch(4)])
    spool._connection.execute("UPDATE batch SET payload = x'00' WHERE sequence = 2")
    assert [(m.sequence, m.count) for m in messages(spool)] == [(1, 2), (2, 0), (3, 4)]
    assert spool.account().drops == {(ROUTINE, pb.DROP_REASON_SPOOL_DAMAGED): 3}


def test_what_the_stream_refuses_for_good_becomes_a_tombstone(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool.store([batch(2), batch(3)])
    spool.claim(spool.epoch, 0, 2)
    spool.refuse(spool.epoch, 1)
    store = Store()
    drain(spool, store)
    store.check_complete(spool.epoch, 2, 5)
    assert spool.account().drops == {(ROUTINE, pb.DROP_REASON_REFUSED): 2}


# -- the folder --------------------------------------------------------------------------------


def test_a_second_spool_on_the_folder_is_refused(tmp_path: Path) -> None:
    open_spool(tmp_path)
    with pytest.raises(SpoolRefused, match=f"process {os.getpid()}") as caught:
        open_spool(tmp_path)
    assert caught.value.reason == "SPOOL_IN_USE"
    assert spool_file.is_locked(tmp_path)


def test_a_closed_spool_lets_the_folder_go(tmp_path: Path) -> None:
    open_spool(tmp_path).close()
    assert not spool_file.is_locked(tmp_path)
    open_spool(tmp_path)


def test_another_nodes_spool_is_refused(tmp_path: Path) -> None:
    open_spool(tmp_path).close()
    with pytest.raises(SpoolRefused) as caught:
        open_spool(tmp_path, node="gw-2")
    assert caught.value.reason == "SPOOL_OF_ANOTHER_NODE"


def test_a_newer_layout_is_refused_not_destroyed(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    spool._connection.execute("PRAGMA user_version = 99")
    spool.close()
    with pytest.raises(SpoolRefused) as caught:
        open_spool(tmp_path)
    assert caught.value.reason == "SPOOL_LAYOUT_UNKNOWN"


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolRefused) as caught:
        open_spool(tmp_path / "file" / "data")
    assert caught.value.reason == "SPOOL_UNWRITABLE"


def test_a_plan_survives(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    assert spool.plan() is None
    spool.keep_plan(b"one")
    spool.keep_plan(b"two")
    kill(spool)
    assert open_spool(tmp_path).plan() == b"two"
