"""Outputs: never two on that oppose each other, whatever rules want and devices confirm."""

from __future__ import annotations

from random import Random

import pytest

from edge.node_rules import outputs
from edge.node_rules.outputs import Standing, Want
from edge.node_rules.settings import OutputSettings

OPEN = OutputSettings("open", opposes=frozenset({"shut"}))
SHUT = OutputSettings("shut", opposes=frozenset({"open"}))
VALVE = (OPEN, SHUT)
FAN = OutputSettings("fan", is_safe_on=True, hold_min_s=10.0)


def due(
    settings: tuple[OutputSettings, ...],
    wants: list[Want],
    standing: dict[str, Standing],
    urgent: frozenset[str] = frozenset(),
    now: float = 100.0,
) -> list[tuple[str, bool]]:
    return outputs.switches(settings, outputs.targets(settings, wants), standing, urgent, now)


def test_what_nobody_wants_is_safe() -> None:
    found = outputs.targets((*VALVE, FAN), [])
    assert found.is_on == {"open": False, "shut": False, "fan": True}


def test_two_rules_that_disagree_leave_it_safe() -> None:
    found = outputs.targets((FAN,), [Want("fan", is_on=True), Want("fan", is_on=False)])
    assert found.is_on == {"fan": True}
    assert found.conflicts == {("OUTPUT_RULES_DISAGREE", "fan")}


def test_two_that_oppose_each_other_are_both_off() -> None:
    wants = [Want("open", is_on=True), Want("shut", is_on=True)]
    found = outputs.targets(VALVE, wants)
    assert found.is_on == {"open": False, "shut": False}
    assert {reason for reason, _ in found.conflicts} == {"OUTPUTS_OPPOSED"}


@pytest.mark.parametrize("other", [Standing(None), Standing(True)])
def test_one_goes_on_only_when_the_other_is_known_to_be_off(other: Standing) -> None:
    standing = {"open": Standing(False), "shut": other}
    assert due(VALVE, [Want("open", is_on=True)], standing) == [("shut", False)]
    standing["shut"] = Standing(False)
    assert due(VALVE, [Want("open", is_on=True)], standing) == [("open", True)]


def test_the_least_time_counts_but_not_on_the_way_to_safety() -> None:
    standing = {"fan": Standing(False, 95.0)}
    assert due((FAN,), [], standing) == []
    assert due((FAN,), [], standing, now=105.0) == [("fan", True)]
    assert due((FAN,), [], standing, urgent=frozenset({"fan"})) == [("fan", True)]


def test_no_wish_and_no_failure_puts_two_on_that_oppose_each_other() -> None:
    random = Random(11)
    names = ("a", "b", "c")
    settings = (
        OutputSettings("a", opposes=frozenset({"b"}), hold_min_s=3),
        OutputSettings("b", opposes=frozenset({"a", "c"}), hold_min_s=1),
        OutputSettings("c", opposes=frozenset({"b"})),
    )
    really = dict.fromkeys(names, False)
    standing: dict[str, Standing] = {}
    switched = 0
    for now in range(5000):
        wants = [Want(name, random.random() < 0.6) for name in names if random.random() < 0.7]
        for name, is_on in due(settings, wants, standing, now=float(now)):
            switched += 1
            outcome = random.random()
            if outcome < 0.7:
                really[name], standing[name] = is_on, Standing(is_on, float(now))
                continue
            # The device did it, or did not, and nobody knows.
            really[name] = is_on if outcome < 0.85 else really[name]
            standing[name] = Standing()
        assert not (really["b"] and (really["a"] or really["c"]))
    assert switched > 1000
