"""``tianfu carbon``."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from cli import output
from cli.connection import platform
from cli.names import resource_name
from cli.output import Format
from cli.units import ROLE, UnitArgument
from tianfu.energy.v1 import energy_service_pb2 as messages

EPILOG: Final = """\
Examples:
  tianfu carbon plant-1 --year 2023
  tianfu carbon plant-1 --year 2023 --green-kwh 50000
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.command(epilog=EPILOG)
def carbon(
    unit: UnitArgument,
    year: Annotated[int, typer.Option(help="Whose factors count; no other year's stands in.")],
    green_kwh: Annotated[float, typer.Option(min=0, help="kWh with green certificates.")] = 0.0,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Carbon dioxide of a unit, by location and by market."""
    request = messages.GetCarbonFootprintRequest(
        name=resource_name("units", unit), year=year, green_kwh=green_kwh
    )
    with platform(data, ROLE) as services:
        found = services.call(services.energy.GetCarbonFootprint, request)
    output.one(
        {
            "unit": unit,
            "year": str(found.year),
            "grid kWh": found.grid_kwh,
            "location t": found.location_t,
            "market t": found.market_t if found.market_known else "not published",
            "fuel t": found.fuel_t,
            "rules": list(found.rule_versions),
        },
        output_format,
    )
