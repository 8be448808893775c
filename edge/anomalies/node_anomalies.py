"""Odd hours of a node's series: judged as readings pass, remembered, shown, and sent as readings.

Nothing here needs the link: what is usual is learnt from what was measured here, and the arithmetic
is the service's own. How far an hour was from the usual goes out as a series beside its own, an odd
hour's before all else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from edge.anomalies import hours
from edge.anomalies.hours import Hour, Judge, Watch
from edge.anomalies.settings import SUFFIX, AnomalySettings, Model
from edge.batcher import Measured
from edge.counters import Counters
from edge.line_journal import LineJournal, LineKeeper
from edge.link import Work
from edge.reading import Priority, Quality, Reading
from tianfu.anomaly import Tuning, Verdict
from tianfu.batch_encoder import SeriesKey
from tianfu.reading.v1 import reading_batch_pb2 as pb

FILE: Final = "hours.jsonl"


class NodeAnomalies:
    """The series that one node watches."""

    works: tuple[Work, ...] = ()
    """Nothing of it runs on the link."""

    def __init__(
        self, settings: Sequence[AnomalySettings], data_dir: Path, *, counters: Counters
    ) -> None:
        """Take what is watched, and where hours are remembered."""
        self._watches = {each.series: Watch(each, _judge_of(each)) for each in settings}
        journal = LineJournal(data_dir, FILE)
        self._kept = LineKeeper(journal, counters, "hours", "HOUR_NOT_KEPT")
        self._counters = counters

    async def restore(self) -> None:
        """Learn again what was usual before the start."""
        for line in await self._kept.lines():
            hour = hours.restored(line)
            if hour is None:
                self._counters.add("HOUR_LINE_BROKEN")
            elif hour.series in self._watches:
                self._watches[hour.series].judge(hour)

    def observe(self, measured: Sequence[Measured]) -> list[Measured]:
        """Judge the hours that readings end; return the verdicts as readings, to go with them."""
        made: list[Measured] = []
        for each in measured:
            watch = self._watches.get(each.key.series)
            if watch is None or each.reading.quality is not Quality.GOOD:
                continue
            ended = watch.observe(each.reading.time_us, each.reading.value)
            if ended is None:
                continue
            hour, verdict = ended
            self._kept.put(hour.line())
            if verdict.spread is not None:
                made.append(_reading(hour, verdict))
            if verdict.kind is not None:
                self._counters.add("HOUR_ODD")
        return made

    async def run(self) -> None:
        """Remember hours until cancelled."""
        await self._kept.run()

    async def close(self) -> None:
        """Remember what still waits."""
        await self._kept.close()

    def status(self) -> list[dict[str, Any]]:
        """Return the last verdict on each series."""
        return [
            {
                "series": name,
                "known": watch.last is not None and watch.last.spread is not None,
                "sentence": "" if watch.last is None else watch.last.sentence,
            }
            for name, watch in self._watches.items()
        ]


def _judge_of(settings: AnomalySettings) -> Judge:
    if settings.model is Model.BASELINE:
        return hours.detector_of(settings)
    from edge.anomalies.online_model import OnlineModel  # noqa: PLC0415 - extra [river]

    return OnlineModel(Tuning(z=settings.deviations))


def _reading(hour: Hour, verdict: Verdict) -> Measured:
    """Return a verdict as a reading: how many deviations from the usual, and which way."""
    key = SeriesKey(f"{hour.series}{SUFFIX}", "1", pb.RETENTION_CLASS_LONG)
    priority = Priority.ROUTINE if verdict.kind is None else Priority.URGENT
    return Measured(key, priority, Reading(key.series, hour.begin_us, verdict.score, Quality.GOOD))
