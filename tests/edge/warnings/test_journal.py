"""The memory of warnings: the same promises of file and memory, then those of the file alone."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from edge.spool_file import SpoolRefused
from edge.warnings import journal as journals
from edge.warnings.bulletin import PinnedKey, read
from edge.warnings.decide import acknowledge, decide
from edge.warnings.journal import JournalFile
from edge.warnings.journal_worker import JournalWorker
from edge.warnings.memory_journal import MemoryJournal
from edge.warnings.notices import Act, Memory, Receipt, SinkKind, SinkProfile, Told
from edge.warnings.ports import Entry, Journal, Task
from edge.warnings.receipts import Reporter, message_id
from tests.edge.doubles import FakeClock, counting_bits
from tests.edge.warnings.signing import COUNTY, HOUR_US, LIVE, NOON_US, notice, signed
from tianfu import subjects
from tianfu.disaster_warning.v1 import notice_pb2 as pb
from tianfu.subjects import Channel

NODE = subjects.node_id("gw-1")
SINKS = tuple(SinkProfile(kind) for kind in SinkKind)
KEY = PinnedKey(LIVE.nkey)


def reporter(offset_us: int | None = None) -> Reporter:
    return Reporter(NODE, COUNTY, lambda: offset_us)


def journal_file(folder: Path, node: str = NODE) -> JournalFile:
    return JournalFile(
        folder, node, clock=FakeClock(), random_bits=counting_bits(), report=reporter().report
    )


@pytest.fixture(params=["file", "memory"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    found: Journal
    if request.param == "file":
        found = JournalWorker(journal_file(tmp_path))
    else:
        found = MemoryJournal(7, reporter().report)
    yield found
    await found.close()


def entry(*notices: pb.Notice, revision: int = 1, memory: Memory | None = None) -> Entry:
    bulletin = read(signed(notices or [notice()], revision), Channel.LIVE, COUNTY, KEY)
    decision = decide(memory or Memory(), bulletin, SINKS, NOON_US)
    return Entry(Channel.LIVE, LIVE.nkey, decision)


def done(task: Task, told: Told = Told.DELIVERED, reason: str = "") -> list[Receipt]:
    action = task.action
    return [
        Receipt(
            action.channel,
            action.warning,
            action.version,
            action.sink.code,
            told,
            reason,
            event_time_us=NOON_US,
        )
    ]


async def reports(journal: Journal, after: int = 0, limit: int = 100) -> list[pb.ReceiptReport]:
    rows = await journal.turn(journal.epoch, [], after, limit)
    return [pb.ReceiptReport.FromString(row.payload) for row in rows]


async def test_a_decision_is_remembered_with_its_tasks_and_receipts(journal: Journal) -> None:
    new = entry()
    tasks = await journal.record(new)

    assert await journal.memory(Channel.LIVE, LIVE.nkey) == Memory().after(new.decision)
    assert [task.action for task in tasks] == list(new.decision.actions)
    assert await journal.tasks() == tasks
    (report,) = await reports(journal)
    assert (report.node, report.place_code) == (NODE, COUNTY)
    assert (report.sequence, report.epoch) == (1, journal.epoch)
    assert [r.sink for r in report.receipts] == [r.sink for r in new.decision.receipts]
    assert journal.waiting == 1


async def test_channels_are_remembered_apart(journal: Journal) -> None:
    await journal.record(entry())

    assert await journal.memory(Channel.DRILL, LIVE.nkey) == Memory()


async def test_another_signer_begins_anew_with_revisions_not_with_warnings(
    journal: Journal,
) -> None:
    await journal.record(entry(revision=9))
    found = await journal.memory(Channel.LIVE, "another")

    assert found.revision == 0
    assert set(found.warnings) == {"w1"}


async def test_what_is_done_is_reported(journal: Journal) -> None:
    siren, *_ = await journal.record(entry())
    await journal.start(siren)
    await journal.finish(siren, done(siren))

    first, second = await reports(journal)
    assert (first.sequence, second.sequence) == (1, 2)
    (receipt,) = second.receipts
    assert (receipt.sink, receipt.state) == (pb.SINK_SIREN, pb.RECEIPT_STATE_DELIVERED)
    assert all(task.is_done for task in await journal.tasks() if task.number == siren.number)


async def test_acknowledged_reports_go_and_the_others_stay_in_order(journal: Journal) -> None:
    tasks = await journal.record(entry())
    for task in tasks[:3]:
        await journal.finish(task, done(task))
    rows = await journal.turn(journal.epoch, [1, 3, 99], 0, 10)

    assert [row.sequence for row in rows] == [2, 4]
    assert [row.sequence for row in await journal.turn(journal.epoch, [], 2, 10)] == [4]
    assert await journal.turn(journal.epoch, [], 0, 0) == []
    assert journal.waiting == 2


async def test_a_refused_report_is_let_go(journal: Journal) -> None:
    await journal.record(entry())
    await journal.refuse(journal.epoch + 1, 1)
    assert journal.waiting == 1
    await journal.refuse(journal.epoch, 1)
    assert journal.waiting == 0


async def test_an_acknowledgement_of_another_epoch_changes_nothing(journal: Journal) -> None:
    await journal.record(entry())
    await journal.turn(journal.epoch + 1, [1], 0, 0)

    assert journal.waiting == 1


# -- the file --------------------------------------------------------------------------------------


def test_a_restart_finds_everything(tmp_path: Path) -> None:
    file = journal_file(tmp_path)
    new = entry()
    tasks = file.record(new)
    file.start(tasks[0])
    file.finish(tasks[1], done(tasks[1]))
    epoch, before = file.epoch, file.claim(0, 10)
    file.close()

    again = journal_file(tmp_path)
    assert again.epoch == epoch
    assert again.claim(0, 10) == before
    assert again.waiting == 2
    assert again.memory(Channel.LIVE, LIVE.nkey) == Memory().after(new.decision)
    found = again.tasks()
    assert [task.action for task in found] == [task.action for task in tasks]
    assert [task.is_started for task in found] == [True, *[False] * (len(tasks) - 1)]
    assert [task.is_done for task in found] == [False, True, *[False] * (len(tasks) - 2)]
    again.close()


def test_an_acknowledgement_is_remembered(tmp_path: Path) -> None:
    file = journal_file(tmp_path)
    file.record(entry())
    memory = file.memory(Channel.LIVE, LIVE.nkey)
    decision = acknowledge(memory, "w1", NOON_US)
    assert file.record(Entry(Channel.LIVE, LIVE.nkey, decision)) == []

    assert file.memory(Channel.LIVE, LIVE.nkey) == memory.after(decision)
    file.close()


def test_no_report_has_the_number_of_another_ever(tmp_path: Path) -> None:
    seen: set[tuple[int, int]] = set()
    for version in range(1, 6):
        file = journal_file(tmp_path)
        memory = file.memory(Channel.LIVE, LIVE.nkey)
        file.record(entry(notice(version=version), revision=version, memory=memory))
        rows = file.claim(0, 10)
        assert not seen & {(row.epoch, row.sequence) for row in rows}
        seen |= {(row.epoch, row.sequence) for row in rows}
        file.settle(file.epoch, [row.sequence for row in rows])
        file.close()
    assert len(seen) == 5


def test_what_is_over_is_forgotten_in_time(tmp_path: Path) -> None:
    file = journal_file(tmp_path)
    tasks = file.record(entry())
    for task in tasks:
        file.finish(task, done(task))
    file.tidy(NOON_US)
    assert len(file.tasks()) == len(tasks)
    file.tidy(NOON_US + HOUR_US)
    assert file.tasks() == []
    assert file.memory(Channel.LIVE, LIVE.nkey).warnings
    file.tidy(NOON_US + HOUR_US + journals.FORGET_US + 1)
    assert not file.memory(Channel.LIVE, LIVE.nkey).warnings
    file.close()


def test_a_finished_update_replaces_what_a_sink_did_before_but_a_siren_keeps_its_start(
    tmp_path: Path,
) -> None:
    file = journal_file(tmp_path)
    for version in (1, 2, 3):
        memory = file.memory(Channel.LIVE, LIVE.nkey)
        kind = pb.NOTICE_TYPE_ALERT if version == 1 else pb.NOTICE_TYPE_UPDATE
        new = entry(notice(version=version, kind=kind), revision=version, memory=memory)
        for task in file.record(new):
            file.finish(task, done(task))
    kept = {(t.action.sink, t.action.act, t.action.version) for t in file.tasks()}
    assert (SinkKind.BOARD, Act.REVISE, 3) in kept
    assert (SinkKind.SIREN, Act.WARN, 1) in kept
    assert (SinkKind.BOARD, Act.WARN, 1) not in kept
    assert (SinkKind.BOARD, Act.REVISE, 2) not in kept
    file.close()


def test_the_oldest_reports_go_when_too_many_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "REPORTS_MAX", 3)
    file = journal_file(tmp_path)
    tasks = file.record(entry())
    for task in tasks:
        file.finish(task, done(task))
    assert [row.sequence for row in file.claim(0, 10)] == [4, 5, 6]
    assert (file.waiting, file.dropped) == (3, 3)
    file.close()


class FullDisk:
    """Makes the next statements of a journal fail as a full disk does."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file
        self.is_full = True

    def __call__(self, act: object) -> object:
        if self.is_full:
            raise sqlite3.OperationalError("database or disk is full")
        assert callable(act)
        return type(self._file)._transact(self._file, act)


def test_a_full_disk_stops_no_warning_and_loses_no_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = journal_file(tmp_path)
    disk = FullDisk(file)
    monkeypatch.setattr(file, "_transact", disk)
    tasks = file.record(entry())
    assert len({task.number for task in tasks}) == len(SINKS)
    assert all(task.number < 0 for task in tasks)
    file.finish(tasks[0], done(tasks[0]))
    assert file.waiting == 0
    disk.is_full = False
    file.tidy(NOON_US)
    (row,) = file.claim(0, 10)
    states = [r.state for r in pb.ReceiptReport.FromString(row.payload).receipts]
    assert states.count(pb.RECEIPT_STATE_DELIVERED) == 2
    file.tidy(NOON_US)
    assert len(file.claim(0, 10)) == 1
    file.close()


def test_a_damaged_file_is_moved_aside(tmp_path: Path) -> None:
    file = journal_file(tmp_path)
    file.record(entry())
    file.close()
    (tmp_path / journals.NAME).write_bytes(b"no database" * 1000)
    again = journal_file(tmp_path)

    assert again.damaged_count == 1
    assert again.memory(Channel.LIVE, LIVE.nkey) == Memory()
    assert list(tmp_path.glob("warnings.damaged-*.db"))
    again.close()


def test_a_damaged_report_is_let_go_and_counted(tmp_path: Path) -> None:
    file = journal_file(tmp_path)
    tasks = file.record(entry())
    file.finish(tasks[0], done(tasks[0]))
    file._connection.execute("UPDATE report SET payload = x'00' WHERE sequence = 1")

    assert [row.sequence for row in file.claim(0, 10)] == [2]
    assert file.dropped == 1
    file.close()


def test_a_journal_of_another_node_or_time_is_refused(tmp_path: Path) -> None:
    journal_file(tmp_path).close()
    with pytest.raises(SpoolRefused) as caught:
        journal_file(tmp_path, "gw-2")
    assert caught.value.reason == "JOURNAL_OF_ANOTHER_NODE"
    connection = sqlite3.connect(tmp_path / journals.NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SpoolRefused) as caught:
        journal_file(tmp_path)
    assert caught.value.reason == "JOURNAL_LAYOUT_UNKNOWN"


# -- reports ---------------------------------------------------------------------------------------


def receipts() -> Sequence[Receipt]:
    return [Receipt(Channel.DRILL, "w", 3, 2, Told.FAILED, "R" * 99, event_time_us=NOON_US)]


def test_a_report_says_the_nodes_time_and_how_far_it_is_off() -> None:
    payload = reporter(250_000).report(5, 6, receipts())
    (found,) = pb.ReceiptReport.FromString(payload).receipts

    assert found.event_time_us + found.clock_offset_us == NOON_US
    assert found.clock_offset_us == 250_000
    assert len(found.reason) == 64
    assert found.channel == 2


def test_a_report_of_an_unmeasured_clock_says_so() -> None:
    (found,) = pb.ReceiptReport.FromString(reporter().report(5, 6, receipts())).receipts

    assert not found.HasField("clock_offset_us")
    assert found.event_time_us == NOON_US


def test_a_report_is_named_by_node_epoch_and_sequence() -> None:
    assert message_id(NODE, 255, 3) == "gw-1-ff-3"


def test_a_task_is_a_value(tmp_path: Path) -> None:
    file = journal_file(tmp_path)
    (task, *_) = file.record(entry())
    assert replace(task, is_done=True) != task
    file.close()
