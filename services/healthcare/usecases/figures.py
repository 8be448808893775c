"""Scores as the contract has them, with all that went in."""

from __future__ import annotations

from collections.abc import Mapping

from tianfu.healthcare.v1 import patient_pb2
from tianfu.scores.scale import Scale, Score, Value


def encode(scale: Scale, score: Score, inputs: Mapping[str, Value]) -> patient_pb2.ScoreFigures:
    """Return a score with its items in the chart's order."""
    items = []
    for item in scale.items:
        value = inputs.get(item.name)
        made = patient_pb2.ScoreItem(item=item.name, value="" if value is None else f"{value}")
        points = score.parts[item.name]
        if points is not None:
            made.points = points
        items.append(made)
    contexts = []
    for name in sorted(scale.context):
        code = inputs.get(name)
        contexts.append(patient_pb2.ScoreItem(item=name, value="" if code is None else f"{code}"))
    return patient_pb2.ScoreFigures(
        rule_version=score.version,
        total=score.total,
        high=score.high,
        complete=score.is_complete,
        band=score.band,
        items=items,
        missing=score.missing,
        implausible=score.implausible,
        single=score.single,
        contexts=contexts,
    )
