"""``tianfu oxygen``."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.connection import platform
from cli.names import resource_name, to_the_second
from cli.output import Format
from tianfu.healthcare.v1 import healthcare_service_pb2 as messages
from tianfu.healthcare.v1 import patient_pb2

PAGE: Final = 100
ROLE: Final = "clinician"
PURPOSE: Final = patient_pb2.PURPOSE_TREATMENT
COLUMNS: Final = ["time", "scale", "clinician", "reason", "order"]
EPILOG: Final = """\
Examples:
  tianfu oxygen order PATIENT --scale 2 --reason 'COPD, target 88-92 %' --as dr-li
  tianfu oxygen list PATIENT
"""

PatientArgument = Annotated[
    str, typer.Argument(help="The patient's id, as the cause of an alert names it.")
]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def oxygen() -> None:
    """Put a patient on SpO2 scale 1 or 2 of NEWS2 (血氧饱和度评分表).

    Scale 2 is for hypercapnic respiratory failure with a documented target of 88-92 %. An order
    holds until the next one, for the visit that it is given in.
    """


def record_of(order: patient_pb2.OxygenScaleOrder) -> dict[str, Any]:
    """Return an order as it is printed."""
    return {
        "time": to_the_second(order.create_time),
        "scale": int(order.scale),
        "clinician": order.clinician,
        "reason": order.reason,
        "order": order.name.rpartition("/")[2],
    }


@app.command("order")
def order(
    patient: PatientArgument,
    scale: Annotated[int, typer.Option(min=1, max=2, help="1 or 2.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    person: Annotated[str, typer.Option("--as", help="The clinician who orders it.")],
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Order a scale by name, and score the patient by it at once."""
    request = messages.CreateOxygenScaleOrderRequest(
        parent=resource_name("patients", patient),
        oxygen_scale_order=patient_pb2.OxygenScaleOrder(
            scale=patient_pb2.OxygenScale.ValueType(scale), reason=reason
        ),
        oxygen_scale_order_id=f"o-{uuid.uuid4().hex}",
    )
    with platform(data, ROLE, person) as services:
        made = services.call(services.healthcare.CreateOxygenScaleOrder, request)
    output.one(record_of(made), output_format)


@app.command("list")
def list_orders(
    patient: PatientArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List a patient's orders, the latest first."""
    request = messages.ListOxygenScaleOrdersRequest(
        parent=resource_name("patients", patient), page_size=PAGE, purpose=PURPOSE
    )
    with platform(data, ROLE) as services:
        found = services.every(services.healthcare.ListOxygenScaleOrders, request)
    output.rows(COLUMNS, [record_of(each) for each in found], output_format)
