"""``tianfu beds``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.clinical import PAGE, ROLE, PersonOption, read_message, short, shown_time
from cli.connection import platform
from cli.names import resource_name, value_of, word
from cli.output import Format
from tianfu.healthcare.v1 import region_pb2 as pb

COLUMNS: Final = ["hospital", "emergency", "red", "yellow", "green", "age_seconds", "stale"]
EPILOG: Final = """\
Examples:
  tianfu beds list
  tianfu beds report jinjiang-hospital --red 2 --yellow 6 --green 30
  tianfu beds hospital examples/healthcare/hospital.json
  tianfu beds surge
  tianfu beds acknowledge SURGE_PLAN --of jinjiang-hospital --as dr-li
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def beds() -> None:
    """Look at what hospitals can take (EDXL-HAVE), and do in a disaster (应急预案)."""


def record_of(report: pb.BedReport) -> dict[str, Any]:
    """Return a report as it is printed, with its age."""
    return {
        "hospital": report.name.split("/")[1],
        "emergency": word(pb.EmergencyStatus.Name(report.emergency), "EMERGENCY_STATUS_"),
        "red": report.casualties.red,
        "yellow": report.casualties.yellow,
        "green": report.casualties.green,
        "age_seconds": round(report.age_seconds),
        "stale": "yes" if report.stale else "no",
        "rule": report.rule_version,
    }


@app.command("list")
def list_beds(
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List the last reports with their age."""
    with platform(data, ROLE) as services:
        request = pb.ListBedReportsRequest(page_size=PAGE)
        found = services.every(services.healthcare.ListBedReports, request)
    output.rows(COLUMNS, [record_of(each) for each in found], output_format)


@app.command("report")
def report(
    hospital: Annotated[str, typer.Argument(help="The hospital's id.")],
    red: Annotated[int, typer.Option(min=0, help="Red casualties that it can take.")] = 0,
    yellow: Annotated[int, typer.Option(min=0, help="Yellow ones.")] = 0,
    green: Annotated[int, typer.Option(min=0, help="Green ones.")] = 0,
    emergency: Annotated[
        str, typer.Option(help="The emergency department: open, full, diverting or closed.")
    ] = "open",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Report what a hospital can take now; casualty plans are solved again."""
    need = "is open, full, diverting or closed"
    status = value_of(pb.EmergencyStatus, "EMERGENCY_STATUS_", emergency, need)
    made = pb.BedReport(
        emergency=status, casualties=pb.ColourCounts(red=red, yellow=yellow, green=green)
    )
    made.report_time.FromDatetime(datetime.now(UTC))
    request = pb.ReportBedsRequest(parent=resource_name("hospitals", hospital), bed_report=made)
    with platform(data, ROLE, "", short(request.parent)) as services:
        kept = services.call(services.healthcare.ReportBeds, request).bed_report
    output.one(record_of(kept), output_format)


@app.command("hospital")
def register(
    file: Annotated[Path, typer.Argument(help="The hospital as JSON, with its name.")],
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Register a hospital, or change it: place, catalogue of recognition, quality assessments."""
    hospital = read_message(file, pb.Hospital())
    request = pb.UpdateHospitalRequest(hospital=hospital, allow_missing=True)
    with platform(data) as services:
        made = services.call(services.healthcare.UpdateHospital, request)
    record = {
        "hospital": short(made.name),
        "title": made.title,
        "place": made.place_code,
        "items": len(made.catalogue),
        "etag": made.etag,
    }
    output.one(record, output_format)


def surge_of(plan: pb.SurgePlan) -> dict[str, Any]:
    """Return a surge plan as it is printed."""
    return {
        "plan": short(plan.name),
        "hospital": short(plan.hospital),
        "because of": plan.earthquake or plan.warning,
        "exercise": "yes" if plan.drill else "no",
        "state": word(pb.SurgeState.Name(plan.state), "SURGE_STATE_"),
        "after ms": plan.delay_ms,
        "actions": " ".join(
            word(pb.SurgeActionKind.Name(each.kind), "SURGE_ACTION_KIND_") for each in plan.actions
        ),
        "beds reported": shown_time(plan, "bed_report_time"),
        "clinician": plan.clinician,
        "rule": plan.rule_version,
    }


@app.command("surge")
def surge(
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List surge plans, the latest first."""
    with platform(data, ROLE) as services:
        request = pb.ListSurgePlansRequest(page_size=PAGE)
        found = services.every(services.healthcare.ListSurgePlans, request)
    columns = ["plan", "hospital", "because of", "exercise", "state", "after ms", "actions"]
    output.rows(columns, [surge_of(each) for each in found], output_format)


@app.command("acknowledge")
def acknowledge(
    plan: Annotated[str, typer.Argument(help="The surge plan's id.")],
    person: PersonOption,
    hospital: Annotated[str, typer.Option("--of", help="The hospital in whose name you act.")],
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Take a surge plan over at the hospital, by name."""
    request = pb.AcknowledgeSurgePlanRequest(name=resource_name("surgePlans", plan))
    with platform(data, ROLE, person, hospital) as services:
        made = services.call(services.healthcare.AcknowledgeSurgePlan, request)
    output.one(surge_of(made), output_format)
