"""``tianfu meters``."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from cli import output
from cli.connection import platform
from cli.names import resource_name, since, words
from cli.output import Format
from cli.units import ROLE, FromOption, ToOption, UnitArgument, interval_s, set_span
from tianfu.energy.v1 import energy_service_pb2 as messages
from tianfu.energy.v1 import unit_pb2

PAGE: Final = 1000
EPILOG: Final = """\
Examples:
  tianfu meters list plant-1
  tianfu meters intervals plant-1 jinjiang-1-meter-1 --from 5m
  tianfu meters restatements
"""
MeterArgument = Annotated[str, typer.Argument(help="The meter's id.")]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def meters() -> None:
    """Meters of a unit, their energy interval by interval, and what was restated."""


@app.command("list")
def list_meters(
    unit: UnitArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List the meters of a unit."""
    request = messages.ListMetersRequest(parent=resource_name("units", unit), page_size=PAGE)
    with platform(data, ROLE) as services:
        found = services.every(services.energy.ListMeters, request)
    records = [
        {
            "meter": each.name.rpartition("/")[2],
            "energy": each.energy,
            "level": words(unit_pb2.MeteringLevel, each.level, "METERING_LEVEL_"),
            "series": each.series,
            "upstream": each.upstream,
        }
        for each in found
    ]
    output.rows(["meter", "energy", "level", "series", "upstream"], records, output_format)


@app.command("intervals")
def intervals(
    unit: UnitArgument,
    meter: MeterArgument,
    begin: FromOption = "5m",
    end: ToOption = "now",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Print a meter's energy, interval by interval."""
    parent = f"{resource_name('units', unit)}/meters/{meter}"
    request = messages.ListIntervalsRequest(parent=parent, page_size=PAGE)
    set_span(request, begin, end, interval_s(data))
    with platform(data, ROLE) as services:
        found = services.every(services.energy.ListIntervals, request)
    records = [
        {
            "from": since(each, "start_time"),
            "amount": each.amount,
            "quality": words(unit_pb2.IntervalQuality, each.quality, "INTERVAL_QUALITY_"),
            "restatements": each.restatements,
        }
        for each in found
    ]
    output.rows(["from", "amount", "quality", "restatements"], records, output_format)


@app.command("restatements")
def restatements(
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Follow restated intervals: all there are, then each as it happens, until Ctrl-C."""
    request = messages.WatchRestatementsRequest()
    with platform(data, ROLE) as services, output.until_interrupted():
        for answer in services.stream(services.energy.WatchRestatements, request):
            each = answer.restatement
            record = {
                "meter": each.meter,
                "from": since(each, "start_time"),
                "version": each.version,
                "before": each.amount_before,
                "after": each.amount_after,
                "cause": each.cause,
            }
            text = "  ".join(output.cell(value) for value in record.values())
            output.line(record, text, output_format)
