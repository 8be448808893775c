"""``tianfu credit decide-objection|decide-repair|handhelds|monitors``: a supervisor decides."""

from __future__ import annotations

import enum
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.connection import platform
from cli.credit_lists import (
    BASIS_DEFAULT,
    PAGE,
    PURPOSE_DEFAULT,
    ROLE,
    BasisOption,
    PurposeOption,
    stated,
)
from cli.names import resource_name, to_the_second, word
from cli.output import Format
from tianfu.credit_supervision.v1 import handheld_pb2, monitoring_pb2, record_pb2
from tianfu.credit_supervision.v1 import record_requests_pb2 as record_asks
from tianfu.credit_supervision.v1 import supervision_requests_pb2 as asks


class Verdict(enum.StrEnum):
    """What is decided about an objection."""

    UPHELD = "upheld"
    REJECTED = "rejected"


class RepairVerdict(enum.StrEnum):
    """What is decided about an application for repair."""

    GRANTED = "granted"
    REJECTED = "rejected"


ReasonOption = Annotated[str, typer.Option(help="Why; whoever asked is told.")]

HANDHELD_COLUMNS: Final = ["handheld", "department", "badge", "state", "entered"]


def decide_objection(
    objection: Annotated[str, typer.Argument(help="The objection's id.")],
    verdict: Annotated[Verdict, typer.Argument(help="An upheld one revokes the record.")],
    reason: ReasonOption,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Decide an objection, as another person than who raised it or entered the record."""
    state = record_pb2.ObjectionState.Value(f"OBJECTION_STATE_{verdict.name}")
    request = record_asks.DecideObjectionRequest(
        name=resource_name("objections", objection), state=state, reason=reason
    )
    with platform(data, ROLE) as services:
        found = services.call(services.credit.DecideObjection, request)
    shown = {
        "objection": objection,
        "record": found.record.removeprefix("records/"),
        "state": word(record_pb2.ObjectionState.Name(found.state), "OBJECTION_STATE_"),
        "decider": found.decider,
        "reason": found.reason,
    }
    output.one(shown, output_format)


def decide_repair(
    repair: Annotated[str, typer.Argument(help="The application's id.")],
    verdict: Annotated[RepairVerdict, typer.Argument(help="A granted one ends the record.")],
    reason: ReasonOption = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Grant or reject an application for repair; once granted, everybody lets go of the record."""
    state = record_pb2.RepairState.Value(f"REPAIR_STATE_{verdict.name}")
    request = record_asks.DecideRepairRequest(
        name=resource_name("repairs", repair), state=state, reason=reason
    )
    with platform(data, ROLE) as services:
        found = services.call(services.credit.DecideRepair, request)
    shown = {
        "repair": repair,
        "record": found.record.removeprefix("records/"),
        "state": word(record_pb2.RepairState.Name(found.state), "REPAIR_STATE_"),
        "waiting": [
            each.receiver.removeprefix("receivers/")
            for each in found.receipts
            if not each.HasField("acknowledge_time")
        ],
    }
    output.one(shown, output_format)


def handheld_of(handheld: handheld_pb2.Handheld) -> dict[str, Any]:
    """Return a handheld as it is printed."""
    return {
        "handheld": handheld.name.removeprefix("handhelds/"),
        "department": handheld.department,
        "badge": handheld.badge,
        "state": word(handheld_pb2.HandheldState.Name(handheld.state), "HANDHELD_STATE_"),
        "entered": to_the_second(handheld.create_time),
    }


def handhelds(
    enter: Annotated[
        str, typer.Option(help="Enter this node as the handheld of DEPARTMENT and BADGE.")
    ] = "",
    retire: Annotated[str, typer.Option(help="Retire this node: lost, or given back.")] = "",
    department: Annotated[str, typer.Option(help="The inspector's department.")] = "",
    badge: Annotated[str, typer.Option(help="The inspector's badge.")] = "",
    key: Annotated[str, typer.Option(help="What `tianfu-edge inspector` printed, U….")] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List inspectors' handhelds; enter one, or retire one."""
    with platform(data, ROLE) as services:
        if enter:
            made = handheld_pb2.Handheld(department=department, badge=badge, public_key=key)
            request = asks.CreateHandheldRequest(handheld=made, handheld_id=enter)
            found = [services.call(services.credit.CreateHandheld, request)]
        elif retire:
            name = resource_name("handhelds", retire)
            call = asks.RetireHandheldRequest(name=name)
            found = [services.call(services.credit.RetireHandheld, call)]
        else:
            listing = asks.ListHandheldsRequest(page_size=PAGE)
            found = services.every(services.credit.ListHandhelds, listing)
    output.rows(HANDHELD_COLUMNS, [handheld_of(each) for each in found], output_format)


def monitor_of(point: monitoring_pb2.MonitoringPoint) -> dict[str, Any]:
    """Return a monitoring point as it is printed."""
    watched = point.hospital
    if point.HasField("series"):
        series = point.series
        watched = f"{series.node}/{series.series} <= {series.hour_mean_max:g}"
    states = monitoring_pb2.MonitoringPointState
    return {
        "monitor": point.name.removeprefix("monitoringPoints/"),
        "entity": point.entity.removeprefix("entities/"),
        "matter": point.matter,
        "watched": watched,
        "state": word(states.Name(point.state), "MONITORING_POINT_STATE_"),
    }


def monitors(
    purpose: PurposeOption = PURPOSE_DEFAULT,
    basis: BasisOption = BASIS_DEFAULT,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List whose readings, and which hospitals, are leads about whom."""
    request = asks.ListMonitoringPointsRequest(page_size=PAGE, purpose=stated(purpose, basis))
    with platform(data, ROLE) as services:
        found = services.every(services.credit.ListMonitoringPoints, request)
    columns = ["monitor", "entity", "matter", "watched", "state"]
    output.rows(columns, [monitor_of(each) for each in found], output_format)


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``tianfu credit``."""
    for command in (decide_objection, decide_repair, handhelds, monitors):
        app.command(command.__name__.replace("_", "-"))(command)
