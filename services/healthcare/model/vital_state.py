"""What a patient's monitor has said last, and what came of it: enough to know when to score anew.

A monitor speaks every second, and nearly always says the same. Points that stay as they were are
not scored again for a minute; points that change are scored at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from services.healthcare.model.vitals import Vital
from tianfu.scores.scale import Scale, Value

RESCORE: Final = timedelta(seconds=60)
"""How old a score of unchanged points may become."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class VitalState:
    """The latest value of each code, and the points and time of the last score."""

    vitals: Mapping[str, Vital] = field(default_factory=dict)
    points: tuple[int | None, ...] = ()
    score_time: datetime | None = None

    def encode(self) -> bytes:
        """Return the state's bytes."""
        content = {
            "vitals": {
                code: [
                    each.number,
                    each.unit,
                    each.word,
                    (each.observe_time - EPOCH) // MICROSECOND,
                ]
                for code, each in sorted(self.vitals.items())
            },
            "points": self.points,
            "scored": None if self.score_time is None else self.score_time.isoformat(),
        }
        return json.dumps(content, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> VitalState:
        """Return the state that ``encode`` gave."""
        content = json.loads(data)
        scored = content["scored"]
        return cls(
            {
                code: Vital(code, number, unit, word, EPOCH + MICROSECOND * time_us)
                for code, (number, unit, word, time_us) in content["vitals"].items()
            },
            tuple(content["points"]),
            None if scored is None else datetime.fromisoformat(scored),
        )

    def after(self, seen: Sequence[Vital]) -> VitalState:
        """Return the state with what is newer; what comes late changes nothing."""
        latest = dict(self.vitals)
        for vital in seen:
            known = latest.get(vital.code)
            if known is None or vital.observe_time > known.observe_time:
                latest[vital.code] = vital
        return replace(self, vitals=latest)

    @property
    def time(self) -> datetime | None:
        """When the latest value was measured, None when there is none."""
        return max((each.observe_time for each in self.vitals.values()), default=None)

    def is_due(self, points: tuple[int | None, ...]) -> bool:
        """Return whether the patient has to be scored."""
        at = self.time
        if at is None:
            return False
        if self.score_time is None or points != self.points:
            return True
        return at - self.score_time >= RESCORE

    def scored(self, points: tuple[int | None, ...]) -> VitalState:
        """Return the state as it is after a score of its latest moment."""
        return replace(self, points=points, score_time=self.time)


def points_of(scale: Scale, inputs: Mapping[str, Value]) -> tuple[int | None, ...]:
    """Return the points of each item, None where they are not known."""
    parts = scale.score(inputs).parts
    return tuple(parts[item.name] for item in scale.items)
