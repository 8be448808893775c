"""Decisions that are asked for and not stored: scores, triage, casualty distribution."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
from typing_extensions import override

from services.healthcare.model.distribution import Incident, Plan, distribute
from services.healthcare.model.triage import triage
from services.healthcare.rpc.values import plain
from services.healthcare.usecases import figures
from services.healthcare.usecases.rules_in_force import RuleDesk
from services.plumbing.clock import Clock
from services.plumbing.refusal import InvalidArgument
from tianfu.healthcare.v1 import decisions_pb2 as pb
from tianfu.healthcare.v1 import healthcare_service_pb2_grpc
from tianfu.scores.scale import InvalidInput


class InputInvalid(InvalidArgument):
    """A value that the score does not know."""

    reason = "SCORE_INPUT_INVALID"


class DecisionServicer(healthcare_service_pb2_grpc.HealthcareServiceServicer):
    """The part of HealthcareService that knows no patient."""

    def __init__(self, desk: RuleDesk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        # One at a time: the solver takes a core for a second, and the calls must go on.
        self._solving = asyncio.Lock()

    @override
    async def EvaluateScore(
        self, request: pb.EvaluateScoreRequest, context: Any
    ) -> pb.EvaluateScoreResponse:
        """Score what was measured."""
        scale = self._desk.scale(request.score, self._clock())
        inputs = plain(request.values)
        try:
            score = scale.score(inputs)
        except InvalidInput as error:
            raise InputInvalid(str(error), field="values") from None
        return pb.EvaluateScoreResponse(figures=figures.encode(scale, score, inputs))

    @override
    async def EvaluateTriage(
        self, request: pb.EvaluateTriageRequest, context: Any
    ) -> pb.EvaluateTriageResponse:
        """Give a tag, or say what to look at next."""
        name = pb.TriageProtocol.Name(request.protocol).removeprefix("TRIAGE_PROTOCOL_")
        protocol = self._desk.protocol(name, self._clock())
        known = {k: v for k, v in plain(request.findings).items() if v is not None}
        made = triage(protocol, known)
        return pb.EvaluateTriageResponse(
            tag=pb.TriageTag.ValueType(0 if made.tag is None else made.tag),
            ask=made.ask or "",
            path=made.path,
            rule_version=made.rule_version,
        )

    @override
    async def EvaluateDistribution(
        self, request: pb.EvaluateDistributionRequest, context: Any
    ) -> pb.EvaluateDistributionResponse:
        """Find where everybody goes."""
        weights = self._desk.weights(self._clock())
        incident = _incident(request)
        async with self._solving:
            plan = await asyncio.to_thread(distribute, incident, weights)
        return _answer(plan)


def _incident(request: pb.EvaluateDistributionRequest) -> Incident:
    hospitals = len(request.hospitals)
    minutes = np.full((len(request.origins), hospitals), np.inf)
    for place, origin in enumerate(request.origins):
        if len(origin.minutes) != hospitals:
            raise InvalidArgument(
                f"need {hospitals} minutes, one for each hospital",
                field=f"origins[{place}].minutes",
            )
        found = np.array(origin.minutes)
        minutes[place] = np.where(found < 0, np.inf, found)
    return Incident(
        [each.origin for each in request.origins],
        [each.hospital for each in request.hospitals],
        _counts(request.origins),
        _counts(request.hospitals),
        minutes,
    )


def _counts(rows: Any) -> Any:
    found = [(row.red, row.yellow, row.green, row.black) for row in rows]
    return np.array(found, np.int64).reshape(len(found), 4)


def _answer(plan: Plan) -> pb.EvaluateDistributionResponse:
    return pb.EvaluateDistributionResponse(
        moves=[
            pb.CasualtyMove(
                origin=move.origin,
                hospital=move.hospital,
                tag=pb.TriageTag.ValueType(move.tag),
                count=move.count,
                minutes=move.minutes,
                nearest=move.nearest,
                passed_over=move.passed_over,
                over_capacity=move.over_capacity,
            )
            for move in plan.moves
        ],
        waits=[
            pb.CasualtyWait(origin=origin, tag=pb.TriageTag.ValueType(tag), count=count)
            for origin, tag, count in plan.waiting
        ],
        rule_version=plan.rule_version,
    )
