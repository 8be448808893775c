"""Between the contract's messages and the model's values: signals, emergencies, recognitions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from services.credit_supervision.model.emergencies import Emergency
from services.credit_supervision.model.grades import Grade, GradeRow
from services.credit_supervision.model.recognition import Recognition, Result, Scope
from services.credit_supervision.model.scorecard import Reason, Scorecard
from services.credit_supervision.model.signals import Drift, Signal
from services.credit_supervision.model.successions import Succession, SuccessionKind
from services.credit_supervision.rpc.encoding import last_part
from services.credit_supervision.rpc.record_encoding import day_from, day_text, time_to
from services.credit_supervision.usecases.refused import SignalValueInvalid
from services.plumbing.rules import Rule
from tianfu.credit_supervision.v1 import (
    emergency_pb2,
    entity_pb2,
    recognition_pb2,
    signal_pb2,
)


def grade_row_from(message: signal_pb2.GradeRow) -> GradeRow:
    """Return a row of a list of grades."""
    return GradeRow(
        message.line, message.code, message.letter, message.grade_day, message.valid_to_day
    )


def grade_to(grade: Grade, received: datetime) -> signal_pb2.Grade:
    """Return a grade as the contract has it."""
    return signal_pb2.Grade(
        name=f"entities/{grade.code}/grades/{grade.scheme}",
        scheme=grade.scheme,
        letter=signal_pb2.GradeLetter.ValueType(grade.letter),
        grade_day=grade.day.isoformat(),
        valid_to_day=day_text(grade.valid_to),
        source_sha256=grade.sha256,
        update_time=time_to(received),
    )


def scorecard_to(name: str, card: Scorecard, rule: Rule) -> signal_pb2.Scorecard:
    """Return a table of points as the contract has it."""
    return signal_pb2.Scorecard(
        name=f"scorecards/{name}",
        rule_version=card.version,
        source=rule.source,
        verified=rule.verified,
        base_points=card.base_points,
        items=[
            signal_pb2.ScorecardItem(
                item=item.name,
                edges=item.edges,
                points=item.points,
                missing_points=item.missing,
                direction=item.direction,
                expected_shares=item.expected,
            )
            for item in card.items
        ],
    )


def values_from(row: signal_pb2.SignalRow) -> dict[str, float]:
    """Return a row's values; raise SignalValueInvalid for one that is no finite number."""
    for item, value in row.values.items():
        if not math.isfinite(value):
            raise SignalValueInvalid(
                f"row {row.row_id}: {item} is no finite number; leave out what is missing",
                field="rows",
            )
    return dict(row.values)


def signal_to(name: str, signal: Signal, now: datetime) -> signal_pb2.Signal:
    """Return a signal as the contract has it."""
    return signals_to([name], [signal], now)[0]


def signals_to(
    names: Iterable[str], signals: Iterable[Signal], now: datetime
) -> list[signal_pb2.Signal]:
    """Return signals as the contract has them. A reason that many have is made once."""
    at, reasons, made = time_to(now), {}, []
    for name, signal in zip(names, signals, strict=True):
        message = signal_pb2.Signal(
            name=name,
            score=signal.score,
            planning_class=signal.planning_class,
            rule_version=signal.version,
            compute_time=at,
        )
        add = message.items.add
        for part in signal.parts:
            if part.counted is None:
                add(item=part.item, points=part.points)
            else:
                value, lineage = part.counted.value, part.counted.lineage
                add(item=part.item, points=part.points, value=value, lineage=lineage)
        for each in signal.reasons:
            if each not in reasons:
                reasons[each] = _reason_to(each)
        message.reasons.extend([reasons[each] for each in signal.reasons])
        made.append(message)
    return made


def _reason_to(reason: Reason) -> signal_pb2.SignalReason:
    return signal_pb2.SignalReason(
        item=reason.item, loss=reason.loss, gain=reason.gain, better_from=reason.better_from
    )


def stability_to(found: Sequence[Drift]) -> list[signal_pb2.ItemStability]:
    """Return how stable each attribute is as the contract has it."""
    return [
        signal_pb2.ItemStability(
            item=each.item,
            index=each.index,
            level=signal_pb2.StabilityLevel.Value(f"STABILITY_LEVEL_{each.level}"),
            value_count=each.total,
            expected_shares=each.reference.shares,
            reference_month=each.reference.month,
        )
        for each in found
    ]


def emergency_to(emergency: Emergency) -> emergency_pb2.Emergency:
    """Return an emergency as the contract has it."""
    return emergency_pb2.Emergency(
        name=f"emergencies/{emergency.emergency_id}",
        place_codes=emergency.places,
        ground=emergency.ground,
        state=emergency_pb2.EmergencyState.ValueType(emergency.state),
        warning=f"warnings/{emergency.warning}" if emergency.warning else "",
        begin_time=time_to(emergency.began),
        end_time=time_to(emergency.ended),
        clue_count=emergency.clues,
        rule_version=emergency.version,
    )


def result_from(message: recognition_pb2.Recognition) -> Result:
    """Return the result that is to be recognised."""
    return Result(
        code=last_part(message.entity),
        matter=message.matter,
        department=message.department,
        place=message.place_code,
        scope=Scope(message.scope),
        region=message.region,
        form_sha256=message.form_sha256,
        is_final=message.is_final,
        found=message.find_time.ToDatetime(UTC),
    )


def recognition_to(made: Recognition) -> recognition_pb2.Recognition:
    """Return a decision about recognition as the contract has it."""
    result = made.result
    return recognition_pb2.Recognition(
        name=f"recognitions/{made.recognition_id}",
        entity=f"entities/{result.code}",
        matter=result.matter,
        department=result.department,
        place_code=result.place,
        scope=recognition_pb2.RecognitionScope.ValueType(result.scope),
        region=result.region,
        form_sha256=result.form_sha256,
        is_final=result.is_final,
        find_time=time_to(result.found),
        receiving_department=made.receiver,
        receiving_place_code=made.receiver_place,
        repeat_reason=made.repeat_reason,
        outcome=recognition_pb2.RecognitionOutcome.ValueType(made.outcome),
        step=recognition_pb2.RecognitionStep.ValueType(made.step),
        why=made.why,
        rule_versions=made.versions,
        decide_time=time_to(made.decided),
    )


def succession_from(message: entity_pb2.Succession, succession_id: str) -> Succession:
    """Return one step of the history of entities."""
    day = day_from(message.succession_day, "succession_day")
    return Succession(
        succession_id=succession_id,
        predecessor=last_part(message.predecessor),
        successor=last_part(message.successor),
        kind=SuccessionKind(message.kind),
        day=day or date.min,
        sha256=message.source_sha256,
    )


def succession_to(made: Succession) -> entity_pb2.Succession:
    """Return one step of the history of entities as the contract has it."""
    return entity_pb2.Succession(
        name=f"successions/{made.succession_id}",
        predecessor=f"entities/{made.predecessor}",
        successor=f"entities/{made.successor}",
        kind=entity_pb2.SuccessionKind.ValueType(made.kind),
        succession_day=made.day.isoformat(),
        source_sha256=made.sha256,
    )
