"""``tianfu dispatch``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from google.protobuf import json_format

from cli import output
from cli.connection import platform
from cli.failures import Exit, Failure
from cli.names import resource_name, since, words
from cli.output import Format
from tianfu.energy.v1 import demand_response_pb2, dispatch_pb2, setpoint_pb2
from tianfu.energy.v1 import energy_service_pb2 as messages

ROLE: Final = "grid-dispatcher"
COLUMNS: Final = ["order", "asset", "action", "kW", "state", "refusal", "took ms", "cause"]
EPILOG: Final = """\
Examples:
  tianfu dispatch plan tonight examples/energy/site.json
  tianfu dispatch release tonight
  tianfu dispatch orders
  tianfu dispatch emergency storm-1 --place 5101 --minutes 30 --exercise
  tianfu dispatch cancel storm-1
"""
IdArgument = Annotated[str, typer.Argument(help="The plan's id.")]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def dispatch() -> None:
    """Dispatch (多能协同调度): plans, the orders they give, and what became of them."""


@app.command("plan")
def plan(
    plan_id: IdArgument,
    site: Annotated[Path, typer.Argument(help="The site as JSON, as the proto's Site.")],
    mode: Annotated[str, typer.Option(help="cheapest, emergency or island.")] = "cheapest",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Plan a site; print what each plant does and what one more kWh would cost."""
    try:
        parsed = json_format.Parse(site.read_text(encoding="utf-8"), dispatch_pb2.Site())
        number = dispatch_pb2.DispatchMode.Value(f"DISPATCH_MODE_{mode.upper()}")
    except (OSError, ValueError, json_format.ParseError) as error:
        raise Failure("SITE_UNREADABLE", f"{site}: {error}", status=Exit.USAGE) from None
    asked = dispatch_pb2.DispatchPlan(site=parsed)
    asked.mode = dispatch_pb2.DispatchMode.Name(number)
    request = messages.CreateDispatchPlanRequest(dispatch_plan_id=plan_id, dispatch_plan=asked)
    with platform(data, ROLE) as services:
        made = services.call(services.energy.CreateDispatchPlan, request)
    _print(made, output_format)


def _print(made: dispatch_pb2.DispatchPlan, output_format: Format) -> None:
    records: list[dict[str, Any]] = [
        {"plant": each.plant, "kW": [round(kw, 3) for kw in each.kw]} for each in made.schedules
    ]
    records += [{"plant": f"without: {each.load}", "kW": list(each.kw)} for each in made.unserved]
    prices = [round(price, 4) for price in made.marginal_price]
    output.rows(["plant", "kW"], [*records, {"plant": "yuan/kWh", "kW": prices}], output_format)
    output.note(f"{made.name}: {made.cost:.4f} yuan, {len(made.orders)} orders")


@app.command("release")
def release(
    plan_id: IdArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Put a plan into force: its plants that are equipment get setpoints."""
    request = messages.ReleaseDispatchPlanRequest(name=resource_name("dispatchPlans", plan_id))
    with platform(data, ROLE) as services:
        made = services.call(services.energy.ReleaseDispatchPlan, request)
    _print(made, output_format)


@app.command("orders")
def orders(
    cause: Annotated[str, typer.Option(help="What for, such as dispatchPlans/tonight.")] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List orders to equipment, the latest first."""
    request = messages.ListOrdersRequest(cause=cause, page_size=100)
    with platform(data, ROLE) as services:
        found = services.every(services.energy.ListOrders, request)
    records = [
        {
            "order": each.name.removeprefix("orders/")[:12],
            "asset": each.asset.removeprefix("assets/"),
            "action": words(setpoint_pb2.SetpointAction, each.action, "SETPOINT_ACTION_"),
            "kW": each.value_kw,
            "state": words(dispatch_pb2.OrderState, each.state, "ORDER_STATE_"),
            "refusal": each.refusal,
            "took ms": _took_ms(each),
            "cause": each.cause,
            "start": since(each, "start_time"),
        }
        for each in found
    ]
    output.rows(COLUMNS, records, output_format)


def _took_ms(order: dispatch_pb2.Order) -> float:
    """Return how long it took from what caused an order to its being given."""
    took_us = order.issue_time.ToMicroseconds() - order.cause_time.ToMicroseconds()
    return float(round(took_us / 1000, 1))


@app.command("emergency")
def emergency(
    event_id: Annotated[str, typer.Argument(help="The event's id.")],
    place: Annotated[list[str], typer.Option(help="GB/T 2260 code of 2, 4 or 6 digits.")],
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long.")] = 60,
    *,
    exercise: Annotated[bool, typer.Option(help="Equipment reports, and moves nothing.")] = False,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Declare a grid emergency: chargers stop, batteries hold, islands arm, for a time."""
    program = messages.CreateDemandResponseProgramRequest(
        demand_response_program_id="grid-emergency",
        demand_response_program=demand_response_pb2.DemandResponseProgram(
            display_name="grid emergency"
        ),
    )
    interval = demand_response_pb2.EventInterval(
        duration_s=minutes * 60,
        payload_type=demand_response_pb2.PAYLOAD_TYPE_ALERT_GRID_EMERGENCY,
    )
    event = demand_response_pb2.DemandResponseEvent(
        program="demandResponsePrograms/grid-emergency",
        intervals=[interval],
        place_codes=place,
        exercise=exercise,
    )
    request = messages.CreateDemandResponseEventRequest(
        demand_response_event_id=event_id, demand_response_event=event
    )
    with platform(data, ROLE) as services:
        services.call(services.energy.CreateDemandResponseProgram, program)
        made = services.call(services.energy.CreateDemandResponseEvent, request)
    output.one({"event": made.name, "orders": len(made.orders)}, output_format)


@app.command("cancel")
def cancel(
    event_id: Annotated[str, typer.Argument(help="The event's id.")],
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Call an emergency off: what it has made safe is let go. A repeat changes nothing."""
    name = resource_name("demandResponseEvents", event_id)
    request = messages.CancelDemandResponseEventRequest(name=name)
    with platform(data, ROLE) as services:
        made = services.call(services.energy.CancelDemandResponseEvent, request)
    output.one({"event": made.name, "orders": len(made.orders)}, output_format)
