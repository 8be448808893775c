"""Mutual recognition of results (检查检验结果互认): whether one may stand in for a repeat.

The decision follows the national measures of 2022 (检查检验结果互认管理办法): safety is the floor,
quality control the precondition, and the receiving doctor's judgement the yardstick. It advises
and never blocks an order. Each decision names the step it ended at, the certificate and the rules.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from services.healthcare.model.critical_values import UnitNotKnown, in_unit
from services.plumbing.refusal import InvalidArgument
from services.plumbing.rules import Rule, RuleBook, widening

ITEMS: Final = "recognition-items"
REGIONS: Final = "recognition-regions"


class ReasonRequired(InvalidArgument):
    """A repeat of a result that would be recognised needs a written reason."""

    reason = "REPEAT_REASON_REQUIRED"


class NoticeRequired(InvalidArgument):
    """The patient has to be told why the examination is repeated."""

    reason = "PATIENT_NOTICE_REQUIRED"


class Scope(enum.IntEnum):
    """How far a mark reaches, from narrow to wide; numbered as in the contract."""

    COUNTY = 1
    CITY = 2
    PROVINCE = 3
    REGION = 4
    NATIONAL = 5


class Outcome(enum.IntEnum):
    """What is advised; numbered as in the contract."""

    RECOGNISED = 1
    NOT_RECOGNISED = 2
    REPEAT_ALLOWED = 3
    NOT_APPLICABLE = 4


class Step(enum.IntEnum):
    """The step that a decision ended at; numbered as in the contract."""

    KIND = 1
    STATUS = 2
    PRODUCER = 3
    CATALOGUE = 4
    UNIT = 5
    CERTIFICATE = 6
    SCOPE = 7
    WINDOW = 8
    EXCEPTION = 9
    DONE = 10


class Reason(enum.StrEnum):
    """Why a repeat is allowed though the result would be recognised (national measures)."""

    CONDITION_CHANGED = "E1"
    CHANGES_QUICKLY = "E2"
    WEIGHTY_DECISION = "E3"
    EMERGENCY = "E4"
    APPRAISAL = "E5"
    OTHER = "E6"


class Kind(enum.IntEnum):
    """What a report is; a diagnosis is a doctor's own and is never recognised."""

    LABORATORY = 1
    IMAGING = 2
    DIAGNOSIS_CONCLUSION = 3


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment on until, not including, another; None while no end is known."""

    start: datetime
    end: datetime | None = None

    def has(self, at: datetime) -> bool:
        """Return whether a moment lies in it."""
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Mark:
    """An HR mark with its scope: ``place`` is a jurisdiction, or a region's id."""

    scope: Scope
    place: str


@dataclass(frozen=True, slots=True)
class Institution:
    """Who produced a result, or receives it."""

    institution_id: str
    jurisdiction: str
    active: tuple[Period, ...]
    catalogue: Mapping[str, tuple[Period, ...]]
    """When each item was in its recognised catalogue."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """An external quality assessment that a producer has passed for one item."""

    certificate_id: str
    institution_id: str
    item: str
    scope: Scope
    valid: Period


@dataclass(frozen=True, slots=True)
class Result:
    """A result that another hospital has. ``value`` is None for images and what is no number."""

    kind: Kind
    item: str
    producer_id: str
    collected_at: datetime
    is_final: bool
    mark: Mark
    value: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a doctor states who wants the examination anew."""

    reason: Reason
    text: str
    patient_told: bool


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a jurisdiction's list."""

    window: timedelta
    unit: str
    factors: Mapping[str, float]
    price_fen: int
    radiation_usv: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force where the receiving hospital is, at the moment of the decision."""

    versions: tuple[str, ...]
    items: Mapping[str, Item]
    regions: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, book: RuleBook, jurisdiction: str, now: datetime) -> Rules:
        """Look up and parse; raise RuleNotFound or InvalidRule."""
        items = book.in_force(ITEMS, jurisdiction, now)
        regions = book.in_force(REGIONS, "CN", now)
        return cls(
            (items.version, regions.version),
            {name: _item(items, name) for name in items.table("items")},
            {name: tuple(members) for name, members in regions.table("regions").items()},
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What is advised, why, and on what grounds."""

    outcome: Outcome
    step: Step
    why: str
    certificate_id: str
    rule_versions: tuple[str, ...]
    age: timedelta
    value: float | None
    unit: str
    repeat: Reason | None = None


def decide(
    result: Result,
    producer: Institution | None,
    certificates: Sequence[Certificate],
    receiver_jurisdiction: str,
    rules: Rules,
    now: datetime,
    repeat: Repeat | None = None,
) -> Decision:
    """Decide whether a result is recognised where it is received.

    ``producer`` is None when it is not registered. A certificate that lapsed between collection and
    receipt is good: what counts is the day the sample was taken. ``repeat`` is looked at only when
    the result would be recognised; raises ReasonRequired and NoticeRequired for one that lacks its
    text, or of which the patient was not told.
    """
    item = rules.items.get(result.item)
    value, unit, unit_problem = _converted(result, item)
    certificate = _certificate(result, certificates)
    age = now - result.collected_at
    stop = (
        _of_the_report(result)
        or _of_the_producer(result, producer, item)
        or (unit_problem and _Stop(Outcome.NOT_RECOGNISED, Step.UNIT, unit_problem))
        or _of_the_mark(result, certificate, receiver_jurisdiction, rules)
        or _of_the_age(age, item)
    )
    if not stop and repeat is not None:
        check_repeat(repeat)
        stop = _Stop(Outcome.REPEAT_ALLOWED, Step.EXCEPTION, repeat.text.strip())
    outcome, step, why = stop or _Stop(Outcome.RECOGNISED, Step.DONE, "")
    # Looked at from the step on that asks for it: before that it decided nothing.
    held = certificate.certificate_id if certificate and step > Step.CERTIFICATE else ""
    again = repeat.reason if repeat is not None and step is Step.EXCEPTION else None
    return Decision(outcome, step, why, held, rules.versions, age, value, unit, again)


class _Stop(NamedTuple):
    """The step that a decision ends at."""

    outcome: Outcome
    step: Step
    why: str


def _of_the_report(result: Result) -> _Stop | None:
    if result.kind is Kind.DIAGNOSIS_CONCLUSION:
        return _Stop(Outcome.NOT_APPLICABLE, Step.KIND, "a diagnosis is the doctor's own")
    if not result.is_final:
        return _Stop(Outcome.NOT_APPLICABLE, Step.STATUS, "the report is not final")
    return None


def _of_the_producer(
    result: Result, producer: Institution | None, item: Item | None
) -> _Stop | None:
    taken, no = result.collected_at, Outcome.NOT_RECOGNISED
    if producer is None or not any(period.has(taken) for period in producer.active):
        return _Stop(no, Step.PRODUCER, "the producer was not active when the sample was taken")
    if item is None:
        return _Stop(no, Step.CATALOGUE, "the item is not on the list in force here")
    if not any(period.has(taken) for period in producer.catalogue.get(result.item, ())):
        return _Stop(no, Step.CATALOGUE, "the item was not in the producer's catalogue")
    return None


def _converted(result: Result, item: Item | None) -> tuple[float | None, str, str]:
    """Return value and unit as the list has them, with the problem if there is no way there."""
    if result.value is None or item is None:
        return result.value, result.unit, ""
    try:
        return in_unit(result.value, result.unit, item.unit, item.factors), item.unit, ""
    except UnitNotKnown as error:
        return result.value, result.unit, error.message


def _of_the_mark(
    result: Result, certificate: Certificate | None, jurisdiction: str, rules: Rules
) -> _Stop | None:
    no = Outcome.NOT_RECOGNISED
    if certificate is None:
        return _Stop(no, Step.CERTIFICATE, "no quality assessment of that level was valid then")
    if not contains(result.mark, jurisdiction, rules.regions):
        return _Stop(no, Step.SCOPE, "the mark does not reach this hospital")
    return None


def _of_the_age(age: timedelta, item: Item | None) -> _Stop | None:
    if age < timedelta(0):
        return _Stop(Outcome.NOT_RECOGNISED, Step.WINDOW, "the sample was taken in the future")
    if item is not None and age > item.window:
        why = f"older than {item.window.days} days"
        return _Stop(Outcome.NOT_RECOGNISED, Step.WINDOW, why)
    return None


def check_repeat(repeat: Repeat) -> None:
    """Raise ReasonRequired or NoticeRequired unless a repeat is stated as it must be."""
    if not repeat.text.strip():
        raise ReasonRequired("state in words why it is repeated", field="repeat.reason_text")
    if not repeat.patient_told:
        raise NoticeRequired(
            "tell the patient why it is repeated, and state so", field="repeat.patient_told"
        )


def contains(mark: Mark, jurisdiction: str, regions: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether a mark reaches a hospital: two cities never contain one another."""
    around = set(widening(jurisdiction))
    if mark.scope is Scope.NATIONAL:
        return True
    if mark.scope is Scope.REGION:
        return not around.isdisjoint(regions.get(mark.place, ()))
    return scope_of(mark.place) is mark.scope and mark.place in around


def scope_of(jurisdiction: str) -> Scope:
    """Return how wide a jurisdiction is."""
    _, _, rest = jurisdiction.partition("-")
    province, _, county = rest.partition("-")
    if not province:
        return Scope.NATIONAL
    if not county:
        return Scope.PROVINCE
    return Scope.CITY if county.endswith("00") else Scope.COUNTY


def _certificate(result: Result, certificates: Sequence[Certificate]) -> Certificate | None:
    """Return the widest certificate that carries the mark, the lowest id among equals."""
    good = [
        each
        for each in certificates
        if each.institution_id == result.producer_id
        and each.item == result.item
        and each.scope >= result.mark.scope
        and each.valid.has(result.collected_at)
    ]
    return min(good, key=lambda each: (-each.scope, each.certificate_id), default=None)


def _item(rule: Rule, name: str) -> Item:
    table = rule.table("items", name)
    days = rule.number("items", name, "window_days")
    if days <= 0:
        raise rule.invalid(f"items.{name}.window_days", "need more than 0")
    return Item(
        timedelta(days=days),
        str(table.get("unit", "")),
        table.get("units", {}),
        int(table.get("price_fen", 0)),
        int(table.get("radiation_usv", 0)),
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """What recognition has come to: counts, money in fen, radiation in microsievert."""

    recognised: int
    recognisable: int
    repeats: Mapping[tuple[str, str], int]
    """By exception and doctor."""
    saved_fen: int
    avoided_usv: int

    @property
    def rate(self) -> float | None:
        """Return recognised over recognisable, None when there was nothing to recognise."""
        return self.recognised / self.recognisable if self.recognisable else None


def figures(decisions: Sequence[tuple[Decision, str, Item | None]]) -> Figures:
    """Add up decisions, each with the doctor it was for and the item it was of."""
    repeats: dict[tuple[str, str], int] = {}
    recognised = recognisable = saved = avoided = 0
    for decision, doctor, item in decisions:
        if decision.outcome is Outcome.RECOGNISED:
            recognised, recognisable = recognised + 1, recognisable + 1
            if item is not None:
                saved, avoided = saved + item.price_fen, avoided + item.radiation_usv
        elif decision.outcome is Outcome.REPEAT_ALLOWED and decision.repeat is not None:
            recognisable += 1
            key = (decision.repeat.value, doctor)
            repeats[key] = repeats.get(key, 0) + 1
    return Figures(recognised, recognisable, repeats, saved, avoided)
