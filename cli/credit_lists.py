"""``tianfu credit entity|records|objections|repairs|signal|statistics|clues|...``: lists."""

from __future__ import annotations

import enum
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.connection import platform
from cli.names import resource_name, to_the_second, value_of, word
from cli.output import Format
from tianfu.credit_supervision.v1 import (
    clue_pb2,
    draw_pb2,
    emergency_pb2,
    entity_pb2,
    purpose_pb2,
    recognition_pb2,
    record_pb2,
)
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb
from tianfu.credit_supervision.v1 import record_requests_pb2 as record_asks
from tianfu.credit_supervision.v1 import supervision_requests_pb2 as asks

ROLE: Final = "supervisor"
UNIFIED_PLACES: Final = 18
PAGE: Final = 100
OUTCOME: Final = "RECOGNITION_OUTCOME_"
ENTITY_COLUMNS: Final = ["entity", "title", "place", "class", "successor", "changed"]
RECORD_COLUMNS: Final = ["record", "kind", "decided", "use", "why", "ends", "repair_from"]

PurposeOption = Annotated[
    str, typer.Option(help="What for; it is kept in the audit log, with your name.")
]
BasisOption = Annotated[str, typer.Option(help="Under which provision; kept likewise.")]
EntityArgument = Annotated[str, typer.Argument(help="Unified social credit code.")]

PURPOSE_DEFAULT: Final = "inspection-planning"
BASIS_DEFAULT: Final = "market-regulation-law-32"


def stated(purpose: str, basis: str) -> purpose_pb2.Purpose:
    """Return what for, and under which provision, somebody asks."""
    return purpose_pb2.Purpose(purpose=purpose, legal_basis=basis)


def _word(kind: Any, value: int, prefix: str) -> str:
    return word(str(kind.Name(value)), prefix)


def record_of(record: record_pb2.Record) -> dict[str, Any]:
    """Return a record as it is printed."""
    return {
        "record": record.name.removeprefix("records/"),
        "entity": record.entity.removeprefix("entities/"),
        "kind": _word(record_pb2.RecordKind, record.kind, "RECORD_KIND_"),
        "matter": record.matter,
        "department": record.department,
        "decided": record.decision_day,
        "use": _word(record_pb2.RecordUse, record.use, "RECORD_USE_"),
        "why": record.use_reason,
        "ends": record.end_day,
        "repair_from": record.repair_from_day,
        "revision": record.revision,
        "rules": list(record.rule_versions),
        "sha256": record.content_sha256,
    }


def entity(
    code: Annotated[str, typer.Argument(help="Unified code, or one of before.")],
    purpose: PurposeOption = PURPOSE_DEFAULT,
    basis: BasisOption = BASIS_DEFAULT,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show an entity by its unified code, or by its organisation code or registration number."""
    why = stated(purpose, basis)
    with platform(data, ROLE) as services:
        if len(code) == UNIFIED_PLACES:
            asked = pb.GetEntityRequest(name=resource_name("entities", code), purpose=why)
            found = services.call(services.credit.GetEntity, asked)
        else:
            by_former = pb.LookupEntityRequest(former_code=code, purpose=why)
            found = services.call(services.credit.LookupEntity, by_former)
    output.rows(ENTITY_COLUMNS, [_entity(found)], output_format)


def entities(
    place: Annotated[str, typer.Option(help="2, 4 or 6 digits of GB/T 2260.", show_default=False)],
    risk_class: Annotated[str, typer.Option("--class", help="A, B, C or D; all without.")] = "",
    name: Annotated[str, typer.Option(help="Part of the name, two characters or more.")] = "",
    purpose: PurposeOption = PURPOSE_DEFAULT,
    basis: BasisOption = BASIS_DEFAULT,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List the entities of a place; no part of a person's business's name finds it."""
    request = pb.ListEntitiesRequest(
        place_code=place,
        title_part=name,
        page_size=PAGE,
        purpose=stated(purpose, basis),
    )
    if risk_class:
        need = f"{risk_class!r}: need A, B, C or D"
        request.risk_class = value_of(
            entity_pb2.RiskClass, "RISK_CLASS_", risk_class, need, "--class"
        )
    with platform(data, ROLE) as services:
        found = services.every(services.credit.ListEntities, request)
    output.rows(ENTITY_COLUMNS, [_entity(each) for each in found], output_format)


def _entity(found: entity_pb2.Entity) -> dict[str, str]:
    return {
        "entity": found.name.removeprefix("entities/"),
        "title": found.title,
        "place": found.place_code,
        "class": _word(entity_pb2.RiskClass, found.risk_class, "RISK_CLASS_").upper(),
        "successor": found.successor.removeprefix("entities/"),
        "changed": to_the_second(found.update_time),
    }


def records(
    entity: EntityArgument,
    purpose: PurposeOption = PURPOSE_DEFAULT,
    basis: BasisOption = BASIS_DEFAULT,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List the records of an entity, with what may be done with each, and until when."""
    request = record_asks.ListRecordsRequest(
        parent=resource_name("entities", entity),
        page_size=PAGE,
        purpose=stated(purpose, basis),
    )
    with platform(data, ROLE) as services:
        found = services.every(services.credit.ListRecords, request)
    output.rows(RECORD_COLUMNS, [record_of(each) for each in found], output_format)


def objections(
    purpose: PurposeOption = PURPOSE_DEFAULT,
    basis: BasisOption = BASIS_DEFAULT,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List objections, those due first first."""
    request = record_asks.ListObjectionsRequest(page_size=PAGE, purpose=stated(purpose, basis))
    with platform(data, ROLE) as services:
        found = services.every(services.credit.ListObjections, request)
    columns = ["objection", "record", "ground", "state", "due"]
    listed = [
        {
            "objection": each.name.removeprefix("objections/"),
            "record": each.record.removeprefix("records/"),
            "ground": each.ground,
            "state": _word(record_pb2.ObjectionState, each.state, "OBJECTION_STATE_"),
            "due": each.due_day,
            "decider": each.decider,
            "reason": each.reason,
        }
        for each in found
    ]
    output.rows(columns, listed, output_format)


def repairs(
    purpose: PurposeOption = PURPOSE_DEFAULT,
    basis: BasisOption = BASIS_DEFAULT,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List applications for repair, with who has let go of the record and who has not."""
    request = record_asks.ListRepairsRequest(page_size=PAGE, purpose=stated(purpose, basis))
    with platform(data, ROLE) as services:
        found = services.every(services.credit.ListRepairs, request)
    columns = ["repair", "record", "state", "due", "receipts", "waiting"]
    listed = []
    for each in found:
        done = [r.receiver for r in each.receipts if r.HasField("acknowledge_time")]
        waits = [r.receiver for r in each.receipts if not r.HasField("acknowledge_time")]
        listed.append(
            {
                "repair": each.name.removeprefix("repairs/"),
                "record": each.record.removeprefix("records/"),
                "state": _word(record_pb2.RepairState, each.state, "REPAIR_STATE_"),
                "due": each.due_day,
                "receipts": [name.removeprefix("receivers/") for name in done],
                "waiting": [name.removeprefix("receivers/") for name in waits],
                "late": list(each.late_receivers),
            }
        )
    output.rows(columns, listed, output_format)


def signal(
    entity: EntityArgument,
    purpose: PurposeOption = PURPOSE_DEFAULT,
    basis: BasisOption = BASIS_DEFAULT,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Compute an entity's risk signal: points of each item, from what, and what would mend it.

    It plans inspections and no more: it is no grade, and is shown to nobody else.
    """
    request = asks.GetSignalRequest(
        name=f"{resource_name('entities', entity)}/signal", purpose=stated(purpose, basis)
    )
    with platform(data, ROLE) as services:
        found = services.call(services.credit.GetSignal, request)
    reasons = {each.item: each for each in found.reasons}
    items = [
        {
            "item": each.item,
            "value": each.value if each.HasField("value") else None,
            "points": each.points,
            "lost": reasons[each.item].loss if each.item in reasons else 0.0,
            "from": list(each.lineage),
        }
        for each in found.items
    ]
    if output_format is Format.JSON:
        output.one(
            {
                "score": found.score,
                "planning_class": found.planning_class,
                "rule": found.rule_version,
                "items": items,
            },
            output_format,
        )
        return
    output.rows(["item", "value", "points", "lost", "from"], items, output_format)
    output.note(f"score {found.score:g}, plans as {found.planning_class}, by {found.rule_version}")


def statistics(
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Count entities with records in use, by prefecture and kind; fewer than five are withheld."""
    with platform(data, ROLE) as services:
        found = services.call(services.credit.CountRecords, asks.CountRecordsRequest()).cells
    listed = [
        {
            "place": each.place_code,
            "kind": _word(record_pb2.RecordKind, each.kind, "RECORD_KIND_"),
            "entities": "withheld" if each.withheld else each.entity_count,
        }
        for each in found
    ]
    output.rows(["place", "kind", "entities"], listed, output_format)


def emergencies(
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List declared disasters, the latest first: where inspections rest."""
    request = asks.ListEmergenciesRequest(page_size=PAGE)
    with platform(data, ROLE) as services:
        found = services.every(services.credit.ListEmergencies, request)
    listed = [
        {
            "emergency": each.name.removeprefix("emergencies/"),
            "state": _word(emergency_pb2.EmergencyState, each.state, "EMERGENCY_STATE_"),
            "counties": list(each.place_codes),
            "began": to_the_second(each.begin_time),
            "ended": to_the_second(each.end_time) if each.HasField("end_time") else "",
            "clues": each.clue_count,
        }
        for each in found
    ]
    columns = ["emergency", "state", "counties", "began", "ended", "clues"]
    output.rows(columns, listed, output_format)


def clue_of(clue: clue_pb2.Clue) -> dict[str, Any]:
    """Return a clue as it is printed."""
    return {
        "clue": clue.name.removeprefix("clues/"),
        "source": _word(clue_pb2.ClueSource, clue.source, "CLUE_SOURCE_"),
        "entity": clue.entity.removeprefix("entities/"),
        "matter": clue.matter,
        "place": clue.place_code,
        "state": _word(clue_pb2.ClueState, clue.state, "CLUE_STATE_"),
        "due": clue.due_day,
        "reports": clue.report_count,
        "outcome": _word(clue_pb2.ClueOutcome, clue.outcome, "CLUE_OUTCOME_"),
        "recognised_by": list(clue.recognised_by),
    }


def clues(
    place: Annotated[str, typer.Option(help="2, 4 or 6 digits of GB/T 2260.")] = "",
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on with every change, until Ctrl-C.")
    ] = False,
    purpose: PurposeOption = PURPOSE_DEFAULT,
    basis: BasisOption = BASIS_DEFAULT,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List clues, those due first first; or watch those that are open."""
    columns = ["clue", "source", "entity", "matter", "place", "state", "due"]
    why = stated(purpose, basis)
    with platform(data, ROLE) as services:
        if not watch:
            request = pb.ListCluesRequest(page_size=PAGE, place_code=place, purpose=why)
            found = services.every(services.credit.ListClues, request)
            output.rows(columns, [clue_of(each) for each in found], output_format)
            return
        with output.until_interrupted():
            asked = asks.WatchCluesRequest(place_code=place, purpose=why)
            for answer in services.stream(services.credit.WatchClues, asked):
                if answer.HasField("clue"):
                    shown = clue_of(answer.clue)
                    text = "  ".join(str(shown[each]) for each in columns)
                    output.line(shown, text, output_format)


class VisitState(enum.StrEnum):
    """How far a visit is."""

    OPEN = "open"
    REPORTED = "reported"


def inspections(
    draw: Annotated[str, typer.Argument(help="The draw's id.")],
    state: Annotated[
        VisitState | None, typer.Option(help="Only those that a department has yet to report on.")
    ] = None,
    purpose: PurposeOption = PURPOSE_DEFAULT,
    basis: BasisOption = BASIS_DEFAULT,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List the visits of a draw: who goes, what was found, and until when to report."""
    request = pb.ListInspectionsRequest(
        parent=resource_name("draws", draw), page_size=PAGE, purpose=stated(purpose, basis)
    )
    if state is not None:
        request.state = draw_pb2.InspectionState.Value(f"INSPECTION_STATE_{state.name}")
    with platform(data, ROLE) as services:
        found = services.every(services.credit.ListInspections, request)
    columns = ["entity", "stratum", "inspectors", "state", "due", "rests_for"]
    listed = [
        {
            "entity": each.name.rpartition("/")[2],
            "stratum": each.stratum,
            "inspectors": list(each.inspectors),
            "state": _word(draw_pb2.InspectionState, each.state, "INSPECTION_STATE_"),
            "due": each.due_day,
            "rests_for": each.suspended_by.removeprefix("emergencies/"),
            "findings": {
                one.department: _word(draw_pb2.Outcome, one.outcome, "OUTCOME_")
                for one in each.findings
            },
        }
        for each in found
    ]
    output.rows(columns, listed, output_format)


def recognitions(
    entity: Annotated[str, typer.Option(help="Only those about this entity.")] = "",
    place: Annotated[
        str, typer.Option(help="Of who would else go: 2, 4 or 6 digits of GB/T 2260.")
    ] = "",
    purpose: PurposeOption = PURPOSE_DEFAULT,
    basis: BasisOption = BASIS_DEFAULT,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List whose results stand in for others', with the step that each decision ended at."""
    request = asks.ListRecognitionsRequest(
        page_size=PAGE, purpose=stated(purpose, basis), receiving_place_code=place
    )
    if entity:
        request.entity = resource_name("entities", entity)
    with platform(data, ROLE) as services:
        found = services.every(services.credit.ListRecognitions, request)
    columns = ["recognition", "entity", "matter", "of", "for", "outcome", "step"]
    listed = [
        {
            "recognition": each.name.removeprefix("recognitions/"),
            "entity": each.entity.removeprefix("entities/"),
            "matter": each.matter,
            "of": f"{each.department} {each.place_code}",
            "for": f"{each.receiving_department} {each.receiving_place_code}",
            "outcome": _word(recognition_pb2.RecognitionOutcome, each.outcome, OUTCOME),
            "step": _word(recognition_pb2.RecognitionStep, each.step, "RECOGNITION_STEP_"),
            "why": each.why,
            "rules": list(each.rule_versions),
            "decided": to_the_second(each.decide_time),
        }
        for each in found
    ]
    output.rows(columns, listed, output_format)


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``tianfu credit``."""
    for command in (
        entity, entities, records, objections, repairs, signal, statistics, clues, emergencies,
        inspections, recognitions,
    ):  # fmt: skip
        app.command(command.__name__)(command)
