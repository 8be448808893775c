"""``tianfu gauges``: what the gauges of a county call for now, and why."""

from __future__ import annotations

import math
import sys
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.connection import ROLE_DEFAULT, platform
from cli.names import words
from cli.output import Format
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as messages
from tianfu.disaster_warning.v1 import warning_pb2

COLUMNS: Final = ["gauge", "quantity", "value", "threshold", "unit", "ratio", "colour"]
EPILOG: Final = """\
Examples:
  tianfu gauges show 513221
  tianfu gauges show 510104 --gauge jinjiang-1/river.stage --output json
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def gauges() -> None:
    """Rain gauges, rivers and weather stations that are watched."""


def record_of(each: messages.Comparison) -> dict[str, Any]:
    """Return a comparison as it is printed; what is not known is left out."""
    return {
        "gauge": each.gauge,
        "quantity": each.quantity,
        "value": _known(each.value),
        "threshold": _known(each.threshold),
        "unit": each.unit,
        "ratio": _known(each.ratio),
        "colour": words(warning_pb2.Colour, each.colour, "COLOUR_"),
        "why": each.explanation,
    }


@app.command("show")
def show(
    place: Annotated[str, typer.Argument(help="GB/T 2260 code of a county, six digits.")],
    gauge: Annotated[str, typer.Option(help="One gauge, as NODE/SERIES; all otherwise.")] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show each gauge of a county beside its thresholds, the gravest first."""
    request = messages.EvaluateThresholdsRequest(
        place_code=place, live=messages.LiveFigures(gauge=gauge)
    )
    with platform(data, role) as services:
        answer = services.call(services.warnings.EvaluateThresholds, request)
    records = [record_of(each) for each in answer.comparisons]
    colour = words(warning_pb2.Colour, answer.colour, "COLOUR_")
    if output_format is Format.JSON:
        record = {"colour": colour, "event": answer.event_code, "gauges": records}
        output.one(record | {"rules": list(answer.rule_versions)}, output_format)
        return
    output.rows(COLUMNS, records, output_format)
    sys.stdout.write("\n")
    for each in records:
        sys.stdout.write(f"{each['why']}\n")


def _known(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None
