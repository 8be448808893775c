"""Between the contract's messages and the model's values."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from services.credit_supervision.model import clues, draws
from services.credit_supervision.model.draws import Draw, Finding, Inspection, Outcome, Weighting
from services.credit_supervision.model.register import Entity, Row, masked_title
from services.credit_supervision.usecases.clues import Report
from services.credit_supervision.usecases.declarations import Asked, Team
from tianfu import inspection_beacon
from tianfu.credit_supervision.v1 import clue_pb2, draw_pb2, entity_pb2
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb

OPEN: Final = draw_pb2.INSPECTION_STATE_OPEN
REPORTED: Final = draw_pb2.INSPECTION_STATE_REPORTED


def last_part(name: str) -> str:
    """Return the id at the end of a resource's name; the contract has checked its form."""
    return name.rpartition("/")[2]


def row_from(message: entity_pb2.EntityRow) -> Row:
    """Return a row of a register."""
    return Row(
        message.line,
        message.code,
        message.title,
        message.place_code,
        message.risk_class,
        message.successor,
        message.registration_number,
    )


def entity_to(entity: Entity, changed: datetime) -> entity_pb2.Entity:
    """Return an entity as the contract has it, a person's name masked."""
    message = entity_pb2.Entity(
        name=f"entities/{entity.code}",
        title=masked_title(entity),
        place_code=entity.place,
        risk_class=entity_pb2.RiskClass.ValueType(entity.risk_class),
        successor=f"entities/{entity.successor}" if entity.successor else "",
    )
    message.update_time.FromDatetime(changed)
    return message


def asked_from(request: pb.CreateDrawRequest) -> Asked:
    """Return what is asked for when a draw is declared."""
    teams = tuple(
        Team(
            each.department,
            each.inspectors_per_visit,
            tuple((i.badge, tuple(i.conflicts)) for i in each.inspectors),
            each.nonce_commitment,
        )
        for each in request.draw.departments
    )
    digest = sha256(request.SerializeToString(deterministic=True)).hexdigest()
    weighting = Weighting(request.draw.weighting or Weighting.EVEN)
    return Asked(request.draw_id, request.draw.place_code, teams, digest, weighting)


def draw_to(draw: Draw) -> draw_pb2.Draw:
    """Return a draw as the contract has it."""
    is_void = draw.state is draws.State.VOID
    message = draw_pb2.Draw(
        name=f"draws/{draw.draw_id}",
        place_code=draw.place,
        state=draw_pb2.DrawState.ValueType(draw.state),
        commitment=draw.commitment,
        quicknet_round=draw.round or 0,
        entity_count=draw.entities,
        visit_count=draw.visits,
        rule_version=draw.rule,
        named_departments=draw.named if is_void else sorted(draw.nonces),
        void_reason=draw.void_reason,
        weighting=draw_pb2.DrawWeighting.ValueType(draw.weighting),
    )
    message.declare_time.FromDatetime(draw.declared)
    if draw.round is not None:
        message.beacon_time.FromDatetime(inspection_beacon.time_of(draw.round))
    if draw.published is not None:
        message.publish_time.FromDatetime(draw.published)
    if draw.voided is not None:
        message.void_time.FromDatetime(draw.voided)
    return message


def finding_from(message: draw_pb2.Finding) -> Finding:
    """Return what a department found."""
    return Finding(
        department=message.department,
        badge=message.badge,
        outcome=Outcome(message.outcome),
        matters=tuple(message.matters),
        form_sha256=message.form_sha256,
        found=message.find_time.ToDatetime(UTC),
    )


def is_reported(state: int) -> bool | None:
    """Return whether visits are wanted that all have reported on, or not; None for either."""
    return None if state not in (REPORTED, OPEN) else state == REPORTED


def inspection_to(inspection: Inspection) -> draw_pb2.Inspection:
    """Return a visit as the contract has it."""
    message = draw_pb2.Inspection(
        name=f"draws/{inspection.draw_id}/inspections/{inspection.code}",
        stratum=inspection.stratum,
        inspectors=[
            f"{department}/{badge}"
            for department, badges in sorted(inspection.inspectors.items())
            for badge in badges
        ],
        state=REPORTED if inspection.is_reported else OPEN,
    )
    for each in inspection.findings:
        finding = message.findings.add(
            department=each.department,
            badge=each.badge,
            outcome=draw_pb2.Outcome.ValueType(each.outcome),
            matters=each.matters,
            form_sha256=each.form_sha256,
        )
        finding.find_time.FromDatetime(each.found)
    return message


def report_from(request: pb.CreateClueRequest) -> Report:
    """Return what somebody noticed."""
    clue = request.clue
    return Report(
        report_id=request.clue_id,
        source=clues.Source(clue.source),
        code=last_part(clue.entity),
        matter=clue.matter,
        place=clue.place_code,
        evidence=tuple(clue.evidence_sha256),
        request_id=request.request_id,
    )


def clue_to(clue: clues.Clue) -> clue_pb2.Clue:
    """Return a clue as the contract has it."""
    message = clue_pb2.Clue(
        name=f"clues/{clue.clue_id}",
        source=clue_pb2.ClueSource.ValueType(clue.source),
        entity=f"entities/{clue.code}",
        matter=clue.matter,
        place_code=clue.place,
        evidence_sha256=clue.evidence,
        state=clue_pb2.ClueState.ValueType(clue.state),
        due_day=clue.due.isoformat(),
        report_count=clue.reports,
        recognised_by=sorted(clue.recognised_by),
        rule_version=clue.version,
        outcome=clue_pb2.ClueOutcome.ValueType(clue.outcome or 0),
    )
    for each in clue.steps:
        step = message.steps.add(
            state=clue_pb2.ClueState.ValueType(each.state), actor=each.actor, reason=each.reason
        )
        step.step_time.FromDatetime(each.when)
    message.receive_time.FromDatetime(clue.received)
    return message
