"""What rules cost a node: one reading seen, one rule judged, and 256 rules at the worst.

    python -m bench.node_rules

The baseline judges the same conditions in plain Python, compiled once: what no node may run, since
whoever signs a rule would then run any program on it.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from edge.node_rules.judge import Judge, Seen, rules_of
from edge.node_rules.node_rules import PAUSE_S
from edge.node_rules.rule_sets import RULES_MAX
from tianfu.fleet.v1 import rule_set_pb2 as pb
from tianfu.node_rules.expression import Expression

CONDITION = "(level > 3.2 && flow < 4.0) || (flow - level > 2.0 && level_age < 30.0)"
ROUNDS = 20_000
STEPS = 50
SHARE_TARGET = 0.1
"""Of one core, for 256 rules that are judged as often as they may be."""


def seconds_each(work: Any, rounds: int) -> float:
    """Return what one call of ``work`` takes, the best of three runs."""
    best = float("inf")
    for _ in range(3):
        begin = time.perf_counter()
        for _ in range(rounds):
            work()
        best = min(best, (time.perf_counter() - begin) / rounds)
    return best


def judge_of(rules: int) -> Judge:
    """Return a judge of so many rules, each of two series."""
    judge = Judge()
    found = []
    for number in range(rules):
        rule = pb.NodeRule(name=f"r-{number}", condition=CONDITION)
        rule.inputs.add(name="level", series="sump.level")
        rule.inputs.add(name="flow", series="sump.flow")
        rule.actions.add().send_reading.series = f"alarm.{number}"
        found += rules_of(pb.RuleSet(name="bench", rules=[rule]))
    judge.follow(found)
    return judge


def main() -> None:
    """Measure, print a table and the figures as JSON."""
    values = {"level": 3.0, "level_age": 1.0, "flow": 2.0, "flow_age": 1.0}
    expression = Expression(CONDITION, values)
    plain = compile(CONDITION.replace("&&", "and").replace("||", "or"), "rule", "eval")
    cel_s = seconds_each(lambda: expression.judge(values), ROUNDS)
    plain_s = seconds_each(lambda: eval(plain, {}, values), ROUNDS)  # noqa: S307 - the baseline
    judge = judge_of(RULES_MAX)
    seen = {"sump.level": Seen(3.0, 0.0), "sump.flow": Seen(2.0, 0.0)}
    all_s = seconds_each(lambda: judge.step(seen, None, 1.0), STEPS)
    share = all_s / PAUSE_S
    plain_share = RULES_MAX * plain_s / PAUSE_S
    figures = [
        ("one condition", cel_s * 1e6, "us", plain_s * 1e6, None),
        (f"{RULES_MAX} rules, ten times a second", share, "of a core", plain_share, SHARE_TARGET),
    ]
    records = []
    for name, value, unit, baseline, target in figures:
        print(f"{name:34} {value:8.3f} {unit}, in plain Python {baseline:.3f}")
        records.append(
            {
                "name": name,
                "value": round(value, 4),
                "unit": unit,
                "baseline": round(baseline, 4),
                "ratio": round(value / baseline, 2),
                "target": target,
                "met": target is None or value <= target,
            }
        )
    print(json.dumps(records))
    sys.exit(0 if all(each["met"] for each in records) else 1)


if __name__ == "__main__":
    main()
