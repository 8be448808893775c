"""Quotas of energy (用能预算), with stages told once a year each, and who is a key unit."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Final

from services.energy.model.standard_coal import InvalidAmount
from services.plumbing.rules import Rule

QUOTA_RULE: Final = "energy-quota"
KEY_UNIT_RULE: Final = "key-unit"


class Stage(enum.IntEnum):
    """How much of the year's quota is used."""

    WITHIN = 0
    NOTICE = 1
    WARNING = 2
    EXCEEDED = 3


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """From which share of the quota each stage begins."""

    notice: float
    warning: float
    exceeded: float
    version: str

    @classmethod
    def of(cls, rule: Rule) -> QuotaRule:
        """Return the rule's shares; raise InvalidRule unless they rise from above 0."""
        number = rule.number
        found = cls(number("notice"), number("warning"), number("exceeded"), rule.version)
        if not 0 < found.notice < found.warning < found.exceeded:
            raise rule.invalid("notice", "need 0 < notice < warning < exceeded")
        return found


@dataclass(frozen=True, slots=True)
class QuotaState:
    """Where a unit stands; ``reached`` are the stages entered since ``told``, lowest first."""

    stage: Stage
    share: float
    left_tce: float
    reached: tuple[Stage, ...]
    rule_version: str


def assess(used_tce: float, quota_tce: float, told: Stage, rule: QuotaRule) -> QuotaState:
    """Return the state of a quota; a stage told of once is not told of again.

    Restated data may take ``used_tce`` back below a stage: the state says so, nothing is re-told.
    """
    if not math.isfinite(quota_tce) or quota_tce <= 0:
        raise InvalidAmount(f"quota_tce {quota_tce} is not above 0")
    if not math.isfinite(used_tce):
        raise InvalidAmount(f"used_tce {used_tce} is no number")
    # Bounds are compared as amounts: 0.9 * quota is what a person works out, and what is printed.
    bounds = {
        Stage.NOTICE: rule.notice * quota_tce,
        Stage.WARNING: rule.warning * quota_tce,
        Stage.EXCEEDED: rule.exceeded * quota_tce,
    }
    stage = max((each for each, bound in bounds.items() if used_tce >= bound), default=Stage.WITHIN)
    reached = tuple(each for each in bounds if told < each <= stage)
    return QuotaState(stage, used_tce / quota_tce, quota_tce - used_tce, reached, rule.version)


class KeyUnit(enum.Enum):
    """Whether a legal person is a key energy-using unit by its yearly consumption."""

    NO = "no"
    MAY_BE_DESIGNATED = "may_be_designated"
    YES = "yes"


def key_unit(tce_a_year: float, rule: Rule, *, is_designated: bool) -> KeyUnit:
    """Return what a year's consumption makes of a unit; designation counts in its range only."""
    if tce_a_year >= rule.number("tce"):
        return KeyUnit.YES
    if tce_a_year >= rule.number("tce_designated"):
        return KeyUnit.YES if is_designated else KeyUnit.MAY_BE_DESIGNATED
    return KeyUnit.NO
