"""The rules in force, parsed once a version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from services.healthcare.model import (
    ambulances,
    beds,
    casualties,
    closed_loop,
    consultation,
    critical_values,
    distribution,
    recognition,
    surge,
    triage,
    vitals,
)
from services.healthcare.model.ambulances import Holds
from services.healthcare.model.beds import Staleness
from services.healthcare.model.casualties import Travel
from services.healthcare.model.closed_loop import Ladder
from services.healthcare.model.consultation import Times
from services.healthcare.model.critical_values import Limits
from services.healthcare.model.distribution import Weights
from services.healthcare.model.surge import Surge
from services.healthcare.model.triage import Protocol
from services.healthcare.model.vitals import Reading
from services.plumbing.refusal import NotFound
from services.plumbing.rules import Rule, RuleBook, RuleNotFound
from tianfu.scores.scale import Scale

SCORES: Final = ("news2", "qsofa", "bedside-pews")


class ScoreNotFound(NotFound):
    """There is no such score."""

    reason = "SCORE_UNKNOWN"


class RuleDesk:
    """Looks rules up for one jurisdiction; see ``ports.Desk``."""

    def __init__(self, rules: RuleBook, scores: RuleBook, jurisdiction: str) -> None:
        self._rules = rules
        self._scores = scores
        self._place = jurisdiction
        self._scales: dict[str, Scale] = {}
        self._limits: dict[str, Mapping[str, Limits]] = {}

    @property
    def jurisdiction(self) -> str:
        """Whose rules hold where nothing narrower is known."""
        return self._place

    def check(self, now: datetime) -> None:
        """Parse everything that will be needed; raise InvalidRule or RuleNotFound at the start."""
        self.limits(now)
        self.reading(now)
        self.weights(now)
        self.staleness(now)
        self.holds(now)
        self.travel(now)
        self.times(now)
        self.surge(now)
        recognition.Rules.read(self._rules, self._place, now)
        for name in triage.RULES:
            self.protocol(name, now)
        for score in SCORES:
            scale = self.scale(score, now)
            for band in scale.bands:
                self.ladder(f"score_{band.name.replace('-', '_')}", now)

    def limits(self, now: datetime) -> tuple[Rule, Mapping[str, Limits]]:
        """Return the rule of critical values and its limits by LOINC code."""
        rule = self._rules.in_force(critical_values.RULE, self._place, now)
        if rule.version not in self._limits:
            self._limits[rule.version] = critical_values.parse(rule)
        return rule, self._limits[rule.version]

    def ladder(self, kind: str, now: datetime) -> Ladder | None:
        """Return who is told of an alert of a kind, None when nobody is."""
        rule = self._rules.in_force(closed_loop.RULE, self._place, now)
        return Ladder.parse(rule, kind) if kind in rule.parameters else None

    def scale(self, score_id: str, now: datetime) -> Scale:
        """Return a score; raise ScoreNotFound."""
        try:
            rule = self._scores.in_force(score_id, self._place, now)
        except RuleNotFound:
            known = ", ".join(SCORES)
            raise ScoreNotFound(f"there is no such score; there are {known}") from None
        if rule.version not in self._scales:
            self._scales[rule.version] = Scale.parse(rule.version, rule.parameters)
        return self._scales[rule.version]

    def reading(self, now: datetime) -> Reading:
        """Return how observations become a score."""
        return Reading.parse(self._rules.in_force(vitals.RULE, self._place, now))

    def protocol(self, name: str, now: datetime) -> Protocol:
        """Return a triage protocol."""
        return Protocol.parse(self._rules.in_force(triage.RULES[name], self._place, now))

    def weights(self, now: datetime) -> Weights:
        """Return what a casualty's minutes cost."""
        return Weights.parse(self._rules.in_force(distribution.RULE, self._place, now))

    def staleness(self, now: datetime) -> Staleness:
        """Return how long a report of beds is believed."""
        return Staleness.parse(self._rules.in_force(beds.RULE, self._place, now))

    def holds(self, now: datetime) -> Holds:
        """Return how long an announced ambulance holds its place."""
        return Holds.parse(self._rules.in_force(ambulances.RULE, self._place, now))

    def travel(self, now: datetime) -> Travel:
        """Return how minutes on the road are estimated."""
        return Travel.parse(self._rules.in_force(casualties.RULE, self._place, now))

    def times(self, now: datetime) -> Times:
        """Return how long an invited doctor has to answer."""
        return Times.parse(self._rules.in_force(consultation.RULE, self._place, now))

    def surge(self, now: datetime) -> Surge:
        """Return for which warnings hospitals get ready."""
        return Surge.parse(self._rules.in_force(surge.RULE, self._place, now))

    def recognition(self, jurisdiction: str, now: datetime) -> recognition.Rules:
        """Return what is recognised where a hospital is; nothing where no list is in force."""
        try:
            return recognition.Rules.read(self._rules, jurisdiction, now)
        except RuleNotFound:
            return recognition.Rules((), {}, {})
