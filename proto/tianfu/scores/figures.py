"""A score with all that went in, as JSON has ``tianfu.healthcare.v1.ScoreFigures``.

A node writes it down as it is; the service makes its message of it. So both show the same, and a
comparison of the two is one of bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tianfu.scores.scale import Scale, Score, Value


def of(scale: Scale, score: Score, inputs: Mapping[str, Value]) -> dict[str, Any]:
    """Return a score's figures by the names of the contract, items in the chart's order."""
    items = []
    for item in scale.items:
        value = inputs.get(item.name)
        made: dict[str, Any] = {"item": item.name, "value": "" if value is None else f"{value}"}
        points = score.parts[item.name]
        if points is not None:
            made["points"] = points
        items.append(made)
    contexts = []
    for name in sorted(scale.context):
        code = inputs.get(name)
        contexts.append({"item": name, "value": "" if code is None else f"{code}"})
    return {
        "rule_version": score.version,
        "total": score.total,
        "high": score.high,
        "complete": score.is_complete,
        "band": score.band,
        "items": items,
        "missing": list(score.missing),
        "implausible": list(score.implausible),
        "single": list(score.single),
        "contexts": contexts,
    }
