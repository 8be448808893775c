"""``tianfu casualties``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.clinical import PAGE, FilterOption, read_message, short, shown_time
from cli.connection import platform
from cli.failures import Exit, Failure
from cli.names import resource_name, value_of, word
from cli.output import Format
from tianfu.healthcare.v1 import casualty_pb2 as pb
from tianfu.healthcare.v1 import decisions_pb2

OFFICER: Final = "duty-officer"
COLUMNS: Final = ["casualty", "tag", "state", "hospital", "minutes", "why"]
EPILOG: Final = """\
Examples:
  tianfu casualties plan bus-1 examples/healthcare/casualty-plan.json
  tianfu casualties add bus-1 tag-001 --place school walks=no breathing=yes respiration_rate=36
  tianfu casualties list bus-1
  tianfu casualties road bus-1 school jinjiang-hospital --minutes -1      (cut)
  tianfu casualties dispatch bus-1 tag-001
  tianfu casualties close bus-1
"""

PlanArgument = Annotated[str, typer.Argument(help="The plan's id.")]
CasualtyArgument = Annotated[str, typer.Argument(help="The casualty's id: its tag's number.")]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def casualties() -> None:
    """Triage (START, JumpSTART, SALT), and where each casualty goes and why (伤员分流).

    A plan is solved again whenever casualties, beds or roads change.
    """


def plan_record(plan: pb.CasualtyPlan) -> dict[str, Any]:
    """Return a plan as it is printed."""
    return {
        "plan": short(plan.name),
        "title": plan.title,
        "state": word(pb.CasualtyPlanState.Name(plan.state), "CASUALTY_PLAN_STATE_"),
        "revision": plan.revision,
        "being solved": "yes" if plan.dirty else "no",
        "moved": sum(each.count for each in plan.moves),
        "waiting": sum(each.count for each in plan.waits),
        "stale": " ".join(short(each) for each in plan.stale_hospitals),
        "solved": shown_time(plan, "solve_time"),
        "rules": " ".join(plan.rule_versions),
    }


def record_of(casualty: pb.Casualty) -> dict[str, Any]:
    """Return a casualty as it is printed."""
    tag = word(decisions_pb2.TriageTag.Name(casualty.tag), "TRIAGE_TAG_")
    return {
        "casualty": short(casualty.name),
        "place": casualty.place,
        "tag": tag if casualty.tag else f"look at {casualty.ask}",
        "state": word(pb.CasualtyState.Name(casualty.state), "CASUALTY_STATE_"),
        "hospital": short(casualty.hospital),
        "minutes": round(casualty.minutes),
        "why": casualty.explanation,
        "path": " ".join(casualty.path),
        "rule": casualty.rule_version,
    }


@app.command("plan")
def plan(
    own: PlanArgument,
    file: Annotated[Path, typer.Argument(help="The plan as JSON: title, places, hospitals.")],
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Begin a plan. The same plan again changes nothing."""
    made = read_message(file, pb.CasualtyPlan())
    request = pb.CreateCasualtyPlanRequest(casualty_plan=made, casualty_plan_id=own)
    with platform(data, OFFICER) as services:
        kept = services.call(services.healthcare.CreateCasualtyPlan, request)
    output.one(plan_record(kept), output_format)


@app.command("get")
def get(
    own: PlanArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show a plan: how often it was solved, who has no place, whose report is old."""
    request = pb.GetCasualtyPlanRequest(name=resource_name("casualtyPlans", own))
    with platform(data, OFFICER) as services:
        found = services.call(services.healthcare.GetCasualtyPlan, request)
    output.one(plan_record(found), output_format)


@app.command("list")
def list_casualties(
    own: PlanArgument,
    filter_text: FilterOption = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List a plan's casualties, each with where it goes and why."""
    parent = resource_name("casualtyPlans", own)
    request = pb.ListCasualtiesRequest(parent=parent, page_size=PAGE, filter=filter_text)
    with platform(data, OFFICER) as services:
        found = services.every(services.healthcare.ListCasualties, request)
    output.rows(COLUMNS, [record_of(each) for each in found], output_format)


@app.command("add")
def add(
    own: PlanArgument,
    casualty: CasualtyArgument,
    place: Annotated[str, typer.Option(help="The place of the plan where the casualty is.")],
    findings: Annotated[
        list[str] | None, typer.Argument(help="What was found, as walks=no respiration_rate=36.")
    ] = None,
    protocol: Annotated[str, typer.Option(help="start, jumpstart or salt.")] = "start",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Take a casualty: the tag, or what to look at next."""
    need = "is start, jumpstart or salt"
    number = value_of(decisions_pb2.TriageProtocol, "TRIAGE_PROTOCOL_", protocol, need)
    made = pb.Casualty(place=place, protocol=number)
    for text in findings or []:
        name, _, value = text.partition("=")
        made.findings[name].CopyFrom(_value(text, value))
    parent = resource_name("casualtyPlans", own)
    request = pb.CreateCasualtyRequest(parent=parent, casualty=made, casualty_id=casualty)
    with platform(data, OFFICER) as services:
        kept = services.call(services.healthcare.CreateCasualty, request)
    output.one(record_of(kept), output_format)


def _value(text: str, value: str) -> decisions_pb2.Value:
    if value in ("yes", "no"):
        return decisions_pb2.Value(yes=value == "yes")
    if not value:
        raise Failure(
            "FINDING_INVALID",
            f"{text!r} is no finding",
            "write NAME=VALUE, such as walks=no or respiration_rate=36",
            status=Exit.USAGE,
        )
    try:
        return decisions_pb2.Value(number=float(value))
    except ValueError:
        return decisions_pb2.Value(code=value)


@app.command("dispatch")
def dispatch(
    own: PlanArgument,
    casualty: CasualtyArgument,
    hospital: Annotated[str, typer.Option(help="Elsewhere than the plan says.")] = "",
    state: Annotated[
        str, typer.Option(help="dispatched: on the way; arrived: it is there.")
    ] = "dispatched",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Send a casualty off, or say that it arrived: the plan no longer moves it."""
    if state not in ("dispatched", "arrived"):
        raise typer.BadParameter("state is dispatched or arrived")
    request = pb.DispatchCasualtyRequest(
        name=f"{resource_name('casualtyPlans', own)}/casualties/{casualty}",
        hospital=resource_name("hospitals", hospital) if hospital else "",
        arrived=state == "arrived",
    )
    with platform(data, OFFICER) as services:
        kept = services.call(services.healthcare.DispatchCasualty, request)
    output.one(record_of(kept), output_format)


@app.command("road")
def road(
    own: PlanArgument,
    place: Annotated[str, typer.Argument(help="The place of the plan.")],
    hospital: Annotated[str, typer.Argument(help="The hospital's id.")],
    minutes: Annotated[float, typer.Option(help="Minutes there; -1 when the road is cut.")],
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Say how long a road takes now; the plan is solved again."""
    name = resource_name("casualtyPlans", own)
    there = resource_name("hospitals", hospital)
    time = pb.TravelTime(place=place, hospital=there, minutes=minutes)
    request = pb.ReportTravelTimesRequest(name=name, travel_times=[time])
    with platform(data, OFFICER) as services:
        kept = services.call(services.healthcare.ReportTravelTimes, request)
    output.one(plan_record(kept), output_format)


@app.command("close")
def close(
    own: PlanArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """End a plan."""
    request = pb.CloseCasualtyPlanRequest(name=resource_name("casualtyPlans", own))
    with platform(data, OFFICER) as services:
        kept = services.call(services.healthcare.CloseCasualtyPlan, request)
    output.one(plan_record(kept), output_format)
