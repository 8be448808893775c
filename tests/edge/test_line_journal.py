"""Lines that are kept soon: all that wait at the end are, and what is lost is counted."""

from __future__ import annotations

import asyncio
from pathlib import Path

from edge.counters import Counters
from edge.line_journal import WAITING_MAX, WRITTEN_AT_ONCE, LineJournal, LineKeeper


def test_all_that_waits_at_the_end_is_kept_in_order(tmp_path: Path) -> None:
    keeper = LineKeeper(LineJournal(tmp_path, "l"), Counters(), "lines", "LINE_NOT_KEPT")
    lines = [f"{number}\n" for number in range(2 * WRITTEN_AT_ONCE + 7)]
    for line in lines:
        keeper.put(line)

    asyncio.run(keeper.close())

    assert asyncio.run(keeper.lines()) == lines
    assert keeper.written == len(lines)


def test_lines_beyond_the_bound_and_those_no_disk_takes_are_counted(tmp_path: Path) -> None:
    counters = Counters()
    nowhere = LineJournal(tmp_path / "not-there", "l")
    keeper = LineKeeper(nowhere, counters, "lines", "LINE_NOT_KEPT")
    for number in range(WAITING_MAX + 3):
        keeper.put(f"{number}\n")
    assert counters.counts["LINE_NOT_KEPT"] == 3

    asyncio.run(keeper.close())

    assert counters.counts["LINE_NOT_KEPT"] == 3 + WAITING_MAX // WRITTEN_AT_ONCE
    assert keeper.written == 0
