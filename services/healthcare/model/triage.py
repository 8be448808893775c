"""Mass-casualty triage by protocols that are data: START, JumpSTART, SALT.

A protocol is an ordered list of steps, each with conditions and the tag it gives. What is not known
yet is asked for, in the protocol's order; nothing is assumed. The path taken goes with the tag.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.plumbing.refusal import InvalidArgument
from services.plumbing.rules import Rule

RULES: Final[Mapping[str, str]] = {
    "START": "triage-start",
    "JUMPSTART": "triage-jumpstart",
    "SALT": "triage-salt",
}

Finding = bool | float | str


class FindingUnknown(InvalidArgument):
    """A finding that the protocol does not ask for, or of the wrong sort."""

    reason = "FINDING_UNKNOWN"


class Tag(enum.IntEnum):
    """A casualty's category; numbered as in the contract. SALT's expectant is GREY."""

    RED = 1
    YELLOW = 2
    GREEN = 3
    BLACK = 4
    GREY = 5


@dataclass(frozen=True, slots=True)
class Condition:
    """A finding that must equal a value, or lie above or below one."""

    finding: str
    relation: str
    value: Finding

    def holds(self, findings: Mapping[str, Finding]) -> bool | None:
        """Return whether it holds, None when the finding is not known."""
        found = findings.get(self.finding)
        if found is None:
            return None
        if self.relation == "is":
            return found == self.value
        if self.relation == "above":
            return float(found) > float(self.value)
        return float(found) < float(self.value)


@dataclass(frozen=True, slots=True)
class Step:
    """Gives ``tag`` when all of ``when`` hold, and one of ``either`` if there are any."""

    name: str
    when: tuple[Condition, ...]
    either: tuple[Condition, ...]
    tag: Tag

    def holds(self, findings: Mapping[str, Finding]) -> tuple[bool | None, str]:
        """Return whether it holds; None with the finding to ask for when that is not known."""
        for condition in self.when:
            held = condition.holds(findings)
            if held is None:
                return None, condition.finding
            if not held:
                return False, ""
        if not self.either:
            return True, ""
        answers = [condition.holds(findings) for condition in self.either]
        if any(answers):
            return True, ""
        # One way of looking is enough: a refill that was timed needs no pulse as well.
        if all(answer is None for answer in answers):
            return None, self.either[0].finding
        return False, ""


@dataclass(frozen=True, slots=True)
class Protocol:
    """A triage protocol: ``implied`` are findings that follow from others."""

    version: str
    findings: Mapping[str, str]
    implied: tuple[tuple[Condition, str, Finding], ...]
    steps: tuple[Step, ...]
    otherwise: Tag

    @classmethod
    def parse(cls, rule: Rule) -> Protocol:
        """Read the rule; raise InvalidRule for what cannot be."""
        sorts = dict(rule.table("findings"))
        if not set(sorts.values()) <= {"yes-no", "number", "word"}:
            raise rule.invalid("findings", "each is yes-no, number or word")
        implied = tuple(
            (_condition(rule, sorts, each["from"]), str(name), value)
            for each in rule.parameters.get("implied", ())
            for name, value in each["gives"].items()
        )
        steps = tuple(_step(rule, sorts, each) for each in rule.parameters.get("steps", ()))
        if not steps:
            raise rule.invalid("steps", "need at least one")
        return cls(rule.version, sorts, implied, steps, _tag(rule, rule.parameters["otherwise"]))


@dataclass(frozen=True, slots=True)
class Triaged:
    """The tag with the way to it, or what to look at next: exactly one of the two is None."""

    tag: Tag | None
    ask: str | None
    path: tuple[str, ...]
    rule_version: str


def triage(protocol: Protocol, findings: Mapping[str, Finding]) -> Triaged:
    """Return a casualty's tag, or the finding to look at next; raise FindingUnknown."""
    _check(protocol, findings)
    known = dict(findings)
    for condition, name, value in protocol.implied:
        if condition.holds(known):
            known.setdefault(name, value)
    passed: list[str] = []
    for step in protocol.steps:
        held, ask = step.holds(known)
        passed.append(step.name)
        if held is None:
            return Triaged(None, ask, tuple(passed), protocol.version)
        if held:
            return Triaged(step.tag, None, tuple(passed), protocol.version)
    return Triaged(protocol.otherwise, None, (*passed, "otherwise"), protocol.version)


def _check(protocol: Protocol, findings: Mapping[str, Finding]) -> None:
    sorts = {"yes-no": (bool,), "number": (int, float), "word": (str,)}
    for name, value in findings.items():
        sort = protocol.findings.get(name)
        if sort is None:
            known = ", ".join(sorted(protocol.findings))
            raise FindingUnknown(f"finding {name!r} is none of {known}", field=f"findings.{name}")
        # A bool is an int to Python; a rate of True is nobody's.
        wrong = isinstance(value, bool) != (sort == "yes-no")
        if wrong or not isinstance(value, sorts[sort]) or value != value:  # noqa: PLR0124 - NaN
            raise FindingUnknown(f"finding {name!r} must be a {sort}", field=f"findings.{name}")


def _condition(rule: Rule, sorts: Mapping[str, str], table: Mapping[str, Any]) -> Condition:
    if len(table) != 1:
        raise rule.invalid("steps", f"a condition is one finding, not {sorted(table)}")
    [(finding, wanted)] = table.items()
    if finding not in sorts:
        raise rule.invalid("findings", f"lacks {finding!r}")
    if isinstance(wanted, Mapping):
        [(relation, value)] = wanted.items()
        if relation not in {"above", "below"} or sorts[finding] != "number":
            raise rule.invalid("steps", f"{finding}: numbers are above or below")
        return Condition(finding, relation, value)
    return Condition(finding, "is", wanted)


def _step(rule: Rule, sorts: Mapping[str, str], table: Mapping[str, Any]) -> Step:
    when = tuple(_condition(rule, sorts, {k: v}) for k, v in table.get("when", {}).items())
    either = tuple(_condition(rule, sorts, {k: v}) for k, v in table.get("either", {}).items())
    return Step(str(table["name"]), when, either, _tag(rule, table["tag"]))


def _tag(rule: Rule, name: str) -> Tag:
    try:
        return Tag[name]
    except KeyError:
        raise rule.invalid("tag", f"{name!r} is none of {', '.join(Tag.__members__)}") from None
