"""What a draw depends on, asked for and written down before anybody can know its randomness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.credit_supervision.model import codes
from services.credit_supervision.model.draws import (
    BEACON_DELAY,
    Candidate,
    Draw,
    Weighting,
    weight,
)
from services.plumbing.refusal import InvalidArgument
from services.plumbing.rules import Rule, RuleBook
from tianfu import inspection_beacon, inspection_draw
from tianfu.inspection_draw import Beacon, Declaration, InvalidDeclaration

RATIOS: Final = "inspection-ratios"
WEIGHTS: Final = "inspection-weights"
PROVINCE: Final = "CN-51"


class DrawInvalid(InvalidArgument):
    """What was declared can't be drawn from."""

    reason = "DRAW_INVALID"


@dataclass(frozen=True)
class Team:
    """A department that takes part: (badge, codes it must not inspect) of each inspector."""

    department: str
    per_visit: int
    inspectors: tuple[tuple[str, tuple[str, ...]], ...]
    nonce_commitment: str = ""


@dataclass(frozen=True)
class Asked:
    """What is asked for when a draw is declared; ``sha256`` is of the request, in hex."""

    draw_id: str
    place: str
    teams: tuple[Team, ...]
    sha256: str
    weighting: Weighting = Weighting.EVEN


@dataclass(frozen=True)
class Written:
    """A draw that is about to be declared, with its declaration line by line."""

    draw: Draw
    lines: Sequence[str]


@dataclass(frozen=True)
class Rules:
    """By what a draw is declared: ratios of the strata, and weights where it is not even."""

    ratios: Rule
    weights: Rule

    @classmethod
    def in_force(cls, book: RuleBook, now: datetime) -> Rules:
        """Return those of a moment."""
        ratios, weights = (book.in_force(name, PROVINCE, now) for name in (RATIOS, WEIGHTS))
        return cls(ratios, weights)

    def versions(self, weighting: Weighting) -> str:
        """Return which were used."""
        weights = "" if weighting is Weighting.EVEN else f":{self.weights.version}"
        return f"{self.ratios.version}{weights}"


def write(
    asked: Asked, roster: Sequence[Candidate], rules: Rules, actor: str, *, now: datetime
) -> Written:
    """Return what a draw depends on, written down: seconds of work for a large place."""
    declaration = _declaration(asked, roster, rules, now.replace(microsecond=0))
    lines = declaration.lines()
    draw = Draw(
        draw_id=asked.draw_id,
        asked=asked.sha256,
        place=asked.place,
        commitment=inspection_draw.commitment(lines),
        rule=declaration.rule,
        declared=declaration.time,
        entities=len(declaration.entities),
        round=declaration.beacon.round,
        commitments=dict(declaration.beacon.commitments),
        departments=tuple(sorted(name for name, _ in declaration.departments)),
        declared_by=actor,
        weighting=asked.weighting,
    )
    return Written(draw, lines)


def _declaration(
    asked: Asked, roster: Sequence[Candidate], rules: Rules, now: datetime
) -> Declaration:
    ratios = rules.ratios.table("per_mille")
    there = sorted({each.stratum for each in roster})
    commitments = tuple(
        (t.department, t.nonce_commitment) for t in asked.teams if t.nonce_commitment
    )
    if commitments and len(commitments) != len(asked.teams):
        raise DrawInvalid(
            "either every department commits to bytes of its own, or none does", field="departments"
        )
    later = inspection_beacon.round_at(now + BEACON_DELAY) + 1
    conflicts = {
        (badge, code) for team in asked.teams for badge, codes in team.inspectors for code in codes
    }
    for badge, code in sorted(conflicts):
        problem = codes.problem_of(code)
        if problem is not None:
            # One that names nobody would bar its inspector from nothing.
            raise DrawInvalid(
                f"conflict of {badge}: {codes.explain(code, problem)}",
                field="draw.departments.inspectors.conflicts",
            )
    declaration = Declaration(
        draw_id=asked.draw_id,
        time=now,
        rule=rules.versions(asked.weighting),
        beacon=Beacon(commitments=commitments) if commitments else Beacon(round=later),
        strata=tuple((name, int(ratios.get(name, 0))) for name in there),
        departments=tuple((team.department, team.per_visit) for team in asked.teams),
        inspectors=tuple(
            (team.department, badge) for team in asked.teams for badge, _ in team.inspectors
        ),
        conflicts=frozenset(conflicts),
        entities=tuple(_entities(asked.weighting, roster, rules.weights, now)),
    )
    try:
        inspection_draw.check(declaration)
    except InvalidDeclaration as error:
        raise DrawInvalid(str(error), field="draw") from None
    return declaration


def _entities(
    weighting: Weighting, roster: Sequence[Candidate], rule: Rule, now: datetime
) -> Iterator[inspection_draw.Entity]:
    if weighting is Weighting.EVEN:
        return (inspection_draw.Entity(each.code, each.stratum) for each in roster)
    return (
        inspection_draw.Entity(each.code, each.stratum, weight(rule, each.visited, now))
        for each in roster
    )
