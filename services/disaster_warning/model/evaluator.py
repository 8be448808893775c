"""Every gauge judged each minute in one vectorised step, and why: rainstorm and debris flow.

The ratio of rain to threshold is sought over all 72 durations. What lowers a gauge's thresholds
(an earthquake, wet ground) lowers them for all durations alike, so the duration that decides does
not depend on it, and the costly part is one product and one maximum over (72, gauges).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.debris_flow import years_between
from services.disaster_warning.model.explanation import Explanation
from services.disaster_warning.model.level_changes import ChangeRule, Hazard, LevelChanges, Proposal
from services.disaster_warning.model.rain import Floats, Levels, antecedent_index, rainstorm
from services.disaster_warning.model.rain_gauges import HUNDREDTHS, Intake, RainGauges
from services.disaster_warning.model.rules_of_day import Group, RulesOfDay, of_gauge
from services.plumbing.rules import RuleBook, day_of

EARTHQUAKES_MAX: Final = 64
"""Earthquakes that are kept: strong ones within ten years; beyond, the oldest is let go."""


class RainSite(NamedTuple):
    """A rain gauge: its id, its county (GB/T 2260), minutes between its readings."""

    gauge_id: str
    county: str
    span_minutes: int


class Shaking(NamedTuple):
    """An earthquake as the gauges felt it: time in s of the epoch, intensity at each gauge."""

    event_id: str
    time_s: float
    intensity: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Evaluation:
    """What one step found; arrays have one element a gauge.

    ``level`` is the graver of the hazards', ``hours`` and ``ratio`` those that decided it.
    ``certain`` says by hazard where so much is known that a level may be lowered.
    """

    time: datetime
    minute: int
    hazards: dict[Hazard, Levels]
    coverage: dict[Hazard, Floats]
    last_hour: Floats
    antecedent_mm: Floats
    antecedent_factor: Floats
    earthquake_factor: Floats

    @property
    def level(self) -> npt.NDArray[np.int8]:
        """The gravest level over the hazards."""
        levels = np.stack([each.level for each in self.hazards.values()])
        return np.asarray(levels.max(axis=0))

    @property
    def deciding(self) -> list[Hazard]:
        """The hazard that decides at each gauge: the graver, then the one nearer its threshold."""
        names = list(self.hazards)
        order = np.stack([each.level * 1e6 + each.ratio for each in self.hazards.values()])
        return [names[place] for place in order.argmax(axis=0)]

    def certain(self, hazard: Hazard, coverage_min: float) -> npt.NDArray[np.bool_]:
        """Return where the last hour and the deciding span are known to ``coverage_min``."""
        return (self.last_hour >= coverage_min) & (self.coverage[hazard] >= coverage_min)


class RainEvaluator:
    """Gauges, what they told, and what it means by the rules of the day."""

    def __init__(
        self,
        sites: Sequence[RainSite],
        book: RuleBook,
        gauges: RainGauges,
        shakings: Sequence[Shaking] = (),
    ) -> None:
        self.sites: Final = tuple(sites)
        self.gauges: Final = gauges
        self._counties: Final = [site.county for site in sites]
        self._book = book
        self._shakings = {each.event_id: each for each in shakings}
        self._rules: RulesOfDay | None = None

    @classmethod
    def start(cls, sites: Sequence[RainSite], book: RuleBook, now: datetime) -> Self:
        """Return an evaluator of gauges that have told nothing yet."""
        spans = np.array([site.span_minutes for site in sites], np.int64)
        return cls(sites, book, RainGauges(spans, now.timestamp()))

    def add(self, gauge_index: npt.ArrayLike, time_s: npt.ArrayLike, mm: npt.ArrayLike) -> Intake:
        """Take readings; see :meth:`RainGauges.add`."""
        return self.gauges.add(gauge_index, time_s, mm)

    def shake(self, event_id: str, time_s: float, intensity: npt.ArrayLike) -> None:
        """Take an earthquake: time in s of the epoch, intensity (GB/T 17742) at each gauge.

        A later solution of the same event replaces the earlier one.
        """
        at_gauges = np.broadcast_to(np.asarray(intensity, np.float32), (len(self.sites),)).copy()
        self._shakings[event_id] = Shaking(event_id, time_s, at_gauges)
        if len(self._shakings) > EARTHQUAKES_MAX:
            oldest = min(self._shakings.values(), key=lambda each: each.time_s)
            del self._shakings[oldest.event_id]

    def calm(self) -> None:
        """Forget every earthquake: those that count are told anew."""
        self._shakings = {}

    def evaluate(self, now: datetime, forecast_mm: Floats | None = None) -> Evaluation:
        """Judge every gauge at ``now`` (aware); raise RuleNotFound where no rule is in force.

        ``forecast_mm`` (hours ahead, gauges): see :func:`rain.rainstorm`.
        """
        self.gauges.advance(now.timestamp())
        rules = self.rules_at(now)
        antecedent_mm, antecedent_factor = self._antecedent(rules)
        earthquake_factor = self._earthquake(rules, now)
        hazards = {
            Hazard.RAINSTORM: self._rainstorm(rules, forecast_mm),
            Hazard.DEBRIS_FLOW: self._debris(rules, antecedent_factor * earthquake_factor),
        }
        return Evaluation(
            time=now,
            minute=self.gauges.head,
            hazards=hazards,
            coverage={name: self._covered(each.hours) for name, each in hazards.items()},
            last_hour=self.gauges.known_minutes[0] / np.float32(60),
            antecedent_mm=antecedent_mm,
            antecedent_factor=antecedent_factor,
            earthquake_factor=earthquake_factor,
        )

    def explain(self, evaluation: Evaluation, hazard: Hazard, gauge: int) -> Explanation:
        """Return what a gauge's level stands on: inputs, threshold, rule versions."""
        rules = self.rules_at(evaluation.time)
        found = evaluation.hazards[hazard]
        hours = int(found.hours[gauge])
        is_debris = hazard is Hazard.DEBRIS_FLOW
        antecedent = of_gauge(rules.antecedent, gauge)
        groups: list[Group[Any] | None] = [of_gauge(rules.rainstorm, gauge)]
        region, extrapolated = "", False
        if is_debris:
            curves = of_gauge(rules.thresholds, gauge)
            groups = [curves, of_gauge(rules.ratios, gauge), antecedent]
            groups.append(of_gauge(rules.earthquake, gauge))
            if curves is not None:
                region = curves.parsed.region(self._counties[gauge])
                extrapolated = not curves.parsed.curves[region].fits(hours)
        applied = [group.rule for group in groups if group is not None]
        dry = round(antecedent.parsed.dry_hours * 60) if antecedent is not None else 0
        return Explanation(
            gauge_id=self.sites[gauge].gauge_id,
            county=self.sites[gauge].county,
            hazard=hazard,
            time=evaluation.time,
            colour=Colour(int(found.level[gauge])),
            hours=hours,
            observed_mm=float(found.observed_mm[gauge]),
            threshold_mm=float(found.threshold_mm[gauge]),
            ratio=float(found.ratio[gauge]),
            coverage=float(evaluation.coverage[hazard][gauge]),
            antecedent_mm=float(evaluation.antecedent_mm[gauge]),
            antecedent_factor=float(evaluation.antecedent_factor[gauge]) if is_debris else 1.0,
            earthquake_factor=float(evaluation.earthquake_factor[gauge]) if is_debris else 1.0,
            region=region,
            extrapolated=extrapolated,
            event=self.gauges.event(gauge, dry) if dry else None,
            rule_versions=tuple(rule.version for rule in applied),
            verified=all(rule.verified for rule in applied),
        )

    def to_bytes(self) -> bytes:
        """Return the state, for a restart."""
        file = io.BytesIO()
        np.savez(
            file,
            gauges=np.frombuffer(self.gauges.to_bytes(), np.uint8),
            ids=np.array([site.gauge_id for site in self.sites], np.str_),
            events=np.array([each.event_id for each in self._shakings.values()], np.str_),
            times=np.array([each.time_s for each in self._shakings.values()]),
            intensity=np.array([each.intensity for each in self._shakings.values()], np.float32),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, state: bytes, sites: Sequence[RainSite], book: RuleBook) -> Self:
        """Return an evaluator as :meth:`to_bytes` left it; raise ValueError for another format.

        Gauges are known by their ids: one that is new has told nothing yet and has felt nothing,
        one that is gone is forgotten.
        """
        with np.load(io.BytesIO(state), allow_pickle=False) as stored:
            places = {str(each): place for place, each in enumerate(stored["ids"])}
            gauges = RainGauges.from_bytes(stored["gauges"].tobytes())
            felt = zip(stored["events"], stored["times"], stored["intensity"], strict=True)
            shakings = [Shaking(str(event), float(at), each) for event, at, each in felt]
        source = np.array([places.get(site.gauge_id, -1) for site in sites], np.int64)
        spans = np.array([site.span_minutes for site in sites], np.int64)
        if not np.array_equal(source, np.arange(gauges.gauges)) or not np.array_equal(
            spans, gauges.span_minutes
        ):
            gauges = gauges.rearranged(spans, source)
            # What -1 points at is the 0 that is appended: not felt.
            shakings = [
                each._replace(intensity=np.append(each.intensity, np.float32(0))[source])
                for each in shakings
            ]
        return cls(sites, book, gauges, shakings)

    def _rainstorm(self, rules: RulesOfDay, forecast_mm: Floats | None) -> Levels:
        longest = max((max(group.parsed.hours) for group in rules.rainstorm), default=1)
        # Divided, in double precision: 50.00 mm must come out as no less than 50.
        sums = self.gauges.sums[:longest] / HUNDREDTHS
        parts = [
            (
                group.members,
                rainstorm(
                    sums[:, group.members],
                    group.parsed,
                    None if forecast_mm is None else forecast_mm[:, group.members],
                ),
            )
            for group in rules.rainstorm
        ]
        return _joined(parts, len(self.sites))

    def _debris(self, rules: RulesOfDay, factor: Floats) -> Levels:
        relative = self.gauges.sums * rules.weight
        row = relative.argmax(axis=0)
        every = np.arange(len(self.sites))
        ratio = (relative[row, every] / factor).astype(np.float32)
        level = np.zeros(len(self.sites), np.int8)
        for group in rules.ratios:
            level[group.members] = group.parsed.levels(ratio[group.members])
        observed = self.gauges.sums[row, every] / np.float32(HUNDREDTHS)
        with np.errstate(divide="ignore"):  # a duration without a threshold has an infinite one
            threshold = factor / (rules.weight[row, every] * HUNDREDTHS)
        hours = np.where(ratio > 0, row + 1, 0).astype(np.int16)
        return Levels(
            level, hours, ratio, observed.astype(np.float32), threshold.astype(np.float32)
        )

    def _antecedent(self, rules: RulesOfDay) -> tuple[Floats, Floats]:
        daily, _ = self.gauges.daily_mm()
        index = np.zeros(len(self.sites))
        for part in rules.antecedent:
            index[part.members] = antecedent_index(daily[:, part.members], part.parsed.decay)
        factor = np.ones(len(self.sites))
        for group in rules.ratios:
            factor[group.members] = group.parsed.antecedent_factor(index[group.members])
        return index, factor

    def _earthquake(self, rules: RulesOfDay, now: datetime) -> Floats:
        factor = np.ones(len(self.sites))
        for shaken in self._shakings.values():
            years = years_between(shaken.time_s, now.timestamp())
            for group in rules.earthquake:
                lowered = group.parsed.at(shaken.intensity[group.members], years)
                factor[group.members] = np.minimum(factor[group.members], lowered)
        return factor

    def _covered(self, hours: npt.NDArray[np.int16]) -> Floats:
        """Return what part of the deciding span is known; of the last hour where none decides."""
        span = np.maximum(hours, 1)
        known = self.gauges.known_minutes[span - 1, np.arange(len(self.sites))]
        return np.asarray(known / (span * 60.0), np.float32)

    def rules_at(self, now: datetime) -> RulesOfDay:
        """Return the rules for every gauge on the day of ``now``; raise RuleNotFound."""
        day = day_of(now)
        if self._rules is None or self._rules.day != day:
            self._rules = RulesOfDay.read(self._book, self._counties, now)
        return self._rules


def _joined(parts: list[tuple[Any, Levels]], gauges: int) -> Levels:
    """Return the levels of groups of gauges as one."""
    if len(parts) == 1 and isinstance(parts[0][0], slice):
        return parts[0][1]
    dtypes = (np.int8, np.int16, np.float32, np.float32, np.float32)
    arrays: list[npt.NDArray[Any]] = [np.zeros(gauges, each) for each in dtypes]
    for index, part in parts:
        for to, each in zip(arrays, part, strict=True):
            to[index] = each
    return Levels(*arrays)


def propose(evaluation: Evaluation, changes: LevelChanges, rule: ChangeRule) -> list[Proposal]:
    """Return the drafts that an evaluation makes of the hazard that ``changes`` is about."""
    found = evaluation.hazards[changes.hazard]
    certain = evaluation.certain(changes.hazard, rule.coverage_min)
    return changes.step(found.level, found.ratio, certain, evaluation.minute, rule)


def dry_run(
    book: RuleBook,
    county: str,
    readings: Sequence[tuple[float, float]],
    now: datetime,
    *,
    span_minutes: int = 1,
    earthquakes: Sequence[tuple[float, float]] = (),
) -> tuple[Explanation, ...]:
    """Return what readings of one gauge would come to at ``now``, by hazard; nothing is kept.

    ``readings``: (end of interval in s of the epoch, mm); ``earthquakes``: (s of the epoch,
    intensity there). Raises RuleNotFound, InvalidJurisdiction.
    """
    site = RainSite("dry-run", county, span_minutes)
    evaluator = RainEvaluator.start([site], book, now)
    if readings:
        times, amounts = zip(*readings, strict=True)
        evaluator.add(np.zeros(len(times), np.int64), times, amounts)
    for number, (time_s, intensity) in enumerate(earthquakes):
        evaluator.shake(str(number), time_s, intensity)
    evaluation = evaluator.evaluate(now)
    return tuple(evaluator.explain(evaluation, hazard, 0) for hazard in evaluation.hazards)
