"""Scores as the contract has them, with all that went in."""

from __future__ import annotations

from collections.abc import Mapping

from tianfu.healthcare.v1 import patient_pb2
from tianfu.scores import figures
from tianfu.scores.scale import Scale, Score, Value


def encode(scale: Scale, score: Score, inputs: Mapping[str, Value]) -> patient_pb2.ScoreFigures:
    """Return a score with its items in the chart's order."""
    return patient_pb2.ScoreFigures(**figures.of(scale, score, inputs))
