"""One monitor watched: readings in, scores out when they are due. Pure: no clock, no file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edge.batcher import Measured
from edge.early_warning.settings import MonitorSettings
from edge.reading import Quality
from tianfu.scores import figures, monitor
from tianfu.scores.monitor import Watched
from tianfu.scores.scale import Scale


@dataclass(frozen=True, slots=True)
class Scored:
    """A score of a moment: its figures as the contract has them, and what it was made of."""

    name: str
    time_us: int
    figures: Mapping[str, Any]
    watched: Watched

    @property
    def total(self) -> int:
        """The total, a lower bound unless it is complete."""
        return int(self.figures["total"])

    @property
    def is_complete(self) -> bool:
        """Whether every item is known."""
        return bool(self.figures["complete"])

    def line(self) -> str:
        """Return the score as a line of the journal."""
        content = {
            "monitor": self.name,
            "time_us": self.time_us,
            "figures": self.figures,
            "latest": self.watched.latest,
            "points": self.watched.points,
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def restored(line: str) -> tuple[str, Watched] | None:
    """Return (monitor, state) of a line of the journal, None for one that a power cut broke."""
    try:
        content = json.loads(line)
        latest = {
            str(name): (int(time_us), float(value))
            for name, (time_us, value) in content["latest"].items()
        }
        watched = Watched(latest, tuple(content["points"]), int(content["time_us"]))
        return str(content["monitor"]), watched
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


@dataclass
class Watch:
    """What is known of one monitor."""

    settings: MonitorSettings
    watched: Watched = field(default_factory=Watched)
    last: Scored | None = None

    def observe(self, scale: Scale, measured: Iterable[Measured]) -> Sequence[Scored]:
        """Return the scores that readings call for, moment by moment."""
        seen = [
            (own[1], each.reading.time_us, each.reading.value)
            for each in measured
            if each.reading.quality is Quality.GOOD
            and (own := monitor.sign_of(each.key.series, each.key.unit)) is not None
            and own[0] == self.settings.prefix
        ]
        if not seen:
            return ()
        self.watched, due = monitor.follow(scale, self.watched, seen)
        found = [self._scored(scale, each) for each in due]
        if found:
            self.last = found[-1]
        return found

    def _scored(self, scale: Scale, watched: Watched) -> Scored:
        inputs = monitor.inputs(scale, watched.latest, self.settings.oxygen_scale)
        made = figures.of(scale, scale.score(inputs), inputs)
        return Scored(self.settings.name, watched.score_us or 0, made, watched)
