"""The scores of a node's monitors: counted as readings pass, kept, shown, and sent as readings.

Nothing here needs the link: the arithmetic and the tables are the contract's. The total goes out as
a series of its own, so that it is stored with all other readings; the figures stand in the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from edge.batcher import Measured
from edge.clock import MICROSECONDS, Clock
from edge.counters import Counters
from edge.early_warning import watch
from edge.early_warning.settings import MonitorSettings
from edge.early_warning.watch import Scored, Watch
from edge.line_journal import LineJournal, LineKeeper
from edge.link import Work
from edge.reading import Priority, Quality, Reading
from tianfu.batch_encoder import SeriesKey
from tianfu.reading.v1 import reading_batch_pb2 as pb
from tianfu.scores import shipped
from tianfu.scores.scale import Scale

SCORE: Final = "news2"
FILE: Final = "scores.jsonl"
CHINA: Final = timedelta(hours=8)


class NodeScores:
    """The monitors of one node."""

    works: tuple[Work, ...] = ()
    """Nothing of it runs on the link."""

    def __init__(
        self,
        settings: Sequence[MonitorSettings],
        data_dir: Path,
        *,
        clock: Clock,
        counters: Counters,
    ) -> None:
        """Take the monitors and where their scores are kept."""
        self._watches = {each.name: Watch(each) for each in settings}
        journal = LineJournal(data_dir, FILE)
        self._kept = LineKeeper(journal, counters, "scores", "SCORE_NOT_KEPT")
        self._clock = clock
        self._counters = counters
        self._scale: tuple[date, Scale] | None = None

    async def restore(self) -> None:
        """Go on from the last score of each monitor."""
        for line in await self._kept.lines():
            found = watch.restored(line)
            if found is None:
                self._counters.add("SCORE_LINE_BROKEN")
            elif found[0] in self._watches:
                self._watches[found[0]].watched = found[1]

    def observe(self, measured: Sequence[Measured]) -> list[Measured]:
        """Score what has to be scored; return the totals as readings, to go with the others."""
        made: list[Measured] = []
        scale = self._scale_of_today()
        if scale is None:
            return made
        for each in self._watches.values():
            for scored in each.observe(scale, measured):
                made.append(_reading(each.settings, scored))
                self._kept.put(scored.line())
        return made

    async def run(self) -> None:
        """Keep scores until cancelled."""
        await self._kept.run()

    async def close(self) -> None:
        """Keep what still waits."""
        await self._kept.close()

    def status(self) -> list[dict[str, Any]]:
        """Return the last score of each monitor."""
        return [
            {
                "name": each.settings.name,
                "oxygen_scale": each.settings.oxygen_scale,
                "time_us": 0 if each.last is None else each.last.time_us,
                "figures": None if each.last is None else each.last.figures,
                "written": self._kept.written,
            }
            for each in self._watches.values()
        ]

    def _scale_of_today(self) -> Scale | None:
        """Return the chart in force, None before a clock that lost its time is set."""
        today = (datetime.fromtimestamp(self._clock.wall_us() / MICROSECONDS, UTC) + CHINA).date()
        if self._scale is None or self._scale[0] != today:
            try:
                self._scale = today, shipped.scale(SCORE, today)
            except shipped.NoScale:
                self._counters.add("SCORE_TABLE_MISSING")
                return None
        return self._scale[1]


def _reading(settings: MonitorSettings, scored: Scored) -> Measured:
    """Return a total as a reading: uncertain when it is a lower bound only."""
    quality = Quality.GOOD if scored.is_complete else Quality.UNCERTAIN
    key = SeriesKey(f"{settings.prefix}{SCORE}", "1", pb.RETENTION_CLASS_LONG)
    reading = Reading(key.series, scored.time_us, float(scored.total), quality)
    return Measured(key, Priority.IMPORTANT, reading)
