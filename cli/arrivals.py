"""``tianfu arrivals``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.clinical import PAGE, PURPOSE, ROLE, FilterOption, PersonOption, short, shown_time
from cli.connection import platform
from cli.names import resource_name, value_of, word
from cli.output import Format
from tianfu.healthcare.v1 import arrival_pb2 as pb
from tianfu.healthcare.v1 import decisions_pb2

COLUMNS: Final = ["arrival", "node", "tag", "state", "eta", "score", "band", "clinician"]
EPILOG: Final = """\
Examples:
  tianfu arrivals list jinjiang-hospital
  tianfu arrivals announce jinjiang-hospital run-0001 --node amb-1 --tag red --minutes 8
  tianfu arrivals advance jinjiang-hospital run-0001 --state arrived
  tianfu arrivals acknowledge jinjiang-hospital run-0001 --as dr-li
"""

HospitalArgument = Annotated[str, typer.Argument(help="The hospital's id.")]
ArrivalArgument = Annotated[str, typer.Argument(help="The arrival's id.")]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def arrivals() -> None:
    """Ambulances announced to the hospital that they go to (院前预告); each holds a place there."""


def record_of(each: pb.Arrival) -> dict[str, Any]:
    """Return an arrival as it is printed."""
    figures = each.score.figures
    total = f"{figures.total}" if figures.complete else f">={figures.total}"
    return {
        "arrival": short(each.name),
        "node": each.node,
        "tag": word(decisions_pb2.TriageTag.Name(each.tag), "TRIAGE_TAG_"),
        "state": word(pb.ArrivalState.Name(each.state), "ARRIVAL_STATE_"),
        "eta": shown_time(each, "eta_time"),
        "held until": shown_time(each, "hold_until_time"),
        "score": total if each.HasField("score") else "",
        "band": figures.band,
        "clinician": each.clinician,
        "rule": each.rule_version,
    }


@app.command("list")
def list_arrivals(
    hospital: HospitalArgument,
    filter_text: FilterOption = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List a hospital's arrivals, the latest announced first."""
    request = pb.ListArrivalsRequest(
        parent=resource_name("hospitals", hospital),
        page_size=PAGE,
        filter=filter_text,
        purpose=PURPOSE,
    )
    with platform(data, ROLE) as services:
        found = services.every(services.healthcare.ListArrivals, request)
    output.rows(COLUMNS, [record_of(each) for each in found], output_format)


@app.command("announce")
def announce(
    hospital: HospitalArgument,
    own: ArrivalArgument,
    node: Annotated[str, typer.Option(help="The ambulance's node.")],
    tag: Annotated[str, typer.Option(help="red, yellow or green: the place that is held.")],
    minutes: Annotated[float, typer.Option(help="Until it is there.")],
    patient: Annotated[str, typer.Option(help="The patient's id, if it is known.")] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Announce an ambulance. The same again is answered as before."""
    need = "tag is red, yellow or green"
    level = value_of(decisions_pb2.TriageTag, "TRIAGE_TAG_", tag, need)
    made = pb.Arrival(
        node=node, patient=resource_name("patients", patient) if patient else "", tag=level
    )
    made.eta_time.FromDatetime(datetime.now(UTC) + timedelta(minutes=minutes))
    request = pb.CreateArrivalRequest(
        parent=resource_name("hospitals", hospital), arrival=made, arrival_id=own
    )
    with platform(data, ROLE) as services:
        kept = services.call(services.healthcare.CreateArrival, request)
    output.one(record_of(kept), output_format)


@app.command("advance")
def advance(
    hospital: HospitalArgument,
    own: ArrivalArgument,
    state: Annotated[str, typer.Option(help="announced, arrived or diverted.")] = "announced",
    minutes: Annotated[float | None, typer.Option(help="Until it is there now.")] = None,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Say when an ambulance is expected now, or that it is there or goes elsewhere."""
    need = "state is announced, arrived or diverted"
    wanted = value_of(pb.ArrivalState, "ARRIVAL_STATE_", state, need)
    request = pb.AdvanceArrivalRequest(name=_name(hospital, own), state=wanted)
    if minutes is not None:
        request.eta_time.FromDatetime(datetime.now(UTC) + timedelta(minutes=minutes))
    with platform(data, ROLE) as services:
        kept = services.call(services.healthcare.AdvanceArrival, request)
    output.one(record_of(kept), output_format)


@app.command("acknowledge")
def acknowledge(
    hospital: HospitalArgument,
    own: ArrivalArgument,
    person: PersonOption,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Take note of an arrival at the hospital, by name."""
    request = pb.AcknowledgeArrivalRequest(name=_name(hospital, own))
    with platform(data, ROLE, person, hospital) as services:
        kept = services.call(services.healthcare.AcknowledgeArrival, request)
    output.one(record_of(kept), output_format)


def _name(hospital: str, own: str) -> str:
    return f"{resource_name('hospitals', hospital)}/arrivals/{own}"
