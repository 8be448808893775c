"""Which outputs are switched now: what rules want, and what must never be. Pure.

Never are two on that oppose each other, nor may be: one whose device did not confirm counts as on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from edge.node_rules.settings import OutputSettings

OPPOSED = "OUTPUTS_OPPOSED"
DISAGREED = "OUTPUT_RULES_DISAGREE"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an output is: ``is_on`` as its device last confirmed, None when that is not known."""

    is_on: bool | None = None
    changed_at: float | None = None


@dataclass(frozen=True, slots=True)
class Want:
    """A rule's wish. ``rule`` is SET/RULE, for the journal."""

    output: str
    is_on: bool
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Targets:
    """Where each output should be, and why not all are where rules want them."""

    is_on: Mapping[str, bool]
    conflicts: frozenset[tuple[str, str]] = frozenset()
    """(Reason, output)."""


def targets(outputs: Iterable[OutputSettings], wants: Iterable[Want]) -> Targets:
    """Return where to put outputs: as wanted, or safe where nobody wants them or two disagree."""
    settings = {each.name: each for each in outputs}
    wishes: dict[str, set[bool]] = {}
    for want in wants:
        wishes.setdefault(want.output, set()).add(want.is_on)
    found: dict[str, bool] = {}
    conflicts: set[tuple[str, str]] = set()
    for name, one in settings.items():
        asked = wishes.get(name, set())
        if len(asked) > 1:
            conflicts.add((DISAGREED, name))
        found[name] = next(iter(asked)) if len(asked) == 1 else one.is_safe_on
    opposed = {
        name
        for name, one in settings.items()
        if found[name] and any(found[other] for other in one.opposes)
    }
    for name in opposed:
        conflicts.add((OPPOSED, name))
        found[name] = False
    return Targets(found, frozenset(conflicts))


def switches(
    outputs: Iterable[OutputSettings],
    wanted: Targets,
    standing: Mapping[str, Standing],
    urgent: Collection[str],
    now: float,
) -> list[tuple[str, bool]]:
    """Return what is to be switched now, the ways to safety first.

    ``urgent`` are outputs whose rule can no longer judge: they go safe without waiting for their
    least time. One is put on only when all that it opposes are known to be off.
    """
    settings = {each.name: each for each in outputs}
    opposed = {name for reason, name in wanted.conflicts if reason == OPPOSED}
    found: list[tuple[str, bool]] = []
    for name, one in settings.items():
        at, target = standing.get(name, Standing()), wanted.is_on[name]
        if at.is_on is target:
            continue
        is_early = at.changed_at is not None and now - at.changed_at < one.hold_min_s
        goes_safe = target is one.is_safe_on and (name in urgent or name in opposed)
        if at.is_on is not None and is_early and not goes_safe:
            continue
        if target and any(standing.get(o, Standing()).is_on is not False for o in one.opposes):
            continue
        if target and any(other in one.opposes for other, is_on in found if is_on):
            continue
        found.append((name, target))
    return sorted(found, key=lambda each: each[1] is not settings[each[0]].is_safe_on)
