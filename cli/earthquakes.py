"""``tianfu earthquakes``."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.connection import ROLE_DEFAULT, platform
from cli.names import resource_name, since, words
from cli.output import Format
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as messages
from tianfu.disaster_warning.v1 import earthquake_pb2, warning_pb2

PAGE: Final = 1000
COLUMNS: Final = [
    "earthquake",
    "state",
    "channel",
    "origin",
    "magnitude",
    "latitude",
    "longitude",
    "depth_km",
    "max_intensity",
    "stations",
    "warning",
]
COUNTIES_MAX: Final = 20
EPILOG: Final = """\
Examples:
  tianfu earthquakes list --filter 'channel=drill AND min_magnitude=5'
  tianfu earthquakes get NAME
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def earthquakes() -> None:
    """Earthquakes (地震) as the stations show them."""


def record_of(earthquake: earthquake_pb2.Earthquake) -> dict[str, Any]:
    """Return an earthquake as it is printed."""
    solution = earthquake.solution
    return {
        "earthquake": earthquake.name.removeprefix("earthquakes/"),
        "state": words(earthquake_pb2.EarthquakeState, earthquake.state, "EARTHQUAKE_STATE_"),
        "channel": words(warning_pb2.WarningChannel, earthquake.channel, "WARNING_CHANNEL_"),
        "origin": since(solution, "origin_time"),
        "magnitude": round(solution.magnitude, 1),
        "latitude": round(solution.epicentre.latitude, 3),
        "longitude": round(solution.epicentre.longitude, 3),
        "depth_km": round(solution.depth_km, 1),
        "max_intensity": round(solution.max_intensity, 1),
        "stations": len(solution.stations),
        "warning": earthquake.warning.removeprefix("warnings/"),
        "changed": since(earthquake, "update_time"),
    }


def solution_record(solution: earthquake_pb2.Solution) -> dict[str, Any]:
    """Return a solution as it is printed."""
    return {
        "number": solution.number,
        "solved": since(solution, "solve_time"),
        "origin": since(solution, "origin_time"),
        "magnitude": round(solution.magnitude, 1),
        "magnitude_sigma": round(solution.magnitude_sigma, 2),
        "magnitude_estimate": round(solution.magnitude_estimate, 1),
        "magnitude_reason": solution.magnitude_reason,
        "latitude": round(solution.epicentre.latitude, 3),
        "longitude": round(solution.epicentre.longitude, 3),
        "epicentre_sigma_km": round(solution.epicentre_sigma_km, 1),
        "depth_km": round(solution.depth_km, 1),
        "max_intensity": round(solution.max_intensity, 1),
        "stations": list(solution.stations),
        "excluded": {each.station: each.reason for each in solution.excluded_stations},
        "processing_ms": round(solution.processing_ms, 1),
        "rule": solution.rule_version,
    }


def county_record(county: earthquake_pb2.CountyShaking) -> dict[str, Any]:
    """Return what a county is to expect, as it is printed."""
    return {
        "place": county.place_code,
        "county": county.display_name,
        "colour": words(warning_pb2.Colour, county.colour, "COLOUR_"),
        "intensity": round(county.intensity, 1),
        "by_source": round(county.source_intensity, 1),
        "by_stations": round(county.observed_intensity, 1),
        "distance_km": round(county.distance_km, 1),
        "s_wave": since(county, "s_arrival_time"),
    }


@app.command("list")
def list_earthquakes(
    filter_text: Annotated[
        str,
        typer.Option(
            "--filter",
            help='Such as "channel=live AND min_magnitude=4"; also state, from_time, to_time.',
        ),
    ] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List earthquakes, the latest first."""
    request = messages.ListEarthquakesRequest(page_size=PAGE, filter=filter_text)
    with platform(data, role) as services:
        found = services.every(services.warnings.ListEarthquakes, request)
    output.rows(COLUMNS, map(record_of, found), output_format)


@app.command("get")
def get_earthquake(
    name: Annotated[str, typer.Argument(help="The earthquake's name.")],
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show an earthquake: every solution there was, and what each county is to expect."""
    with platform(data, role) as services:
        request = messages.GetEarthquakeRequest(name=resource_name("earthquakes", name))
        found = services.call(services.warnings.GetEarthquake, request)
    history = [solution_record(each) for each in found.history]
    latest = found.history[-1].counties if found.history else ()
    counties = [county_record(each) for each in latest]
    if output_format is Format.JSON:
        record = record_of(found) | {"history": history, "counties": counties}
        output.one(record, output_format)
        return
    output.one(record_of(found), output_format)
    if history:
        sys.stdout.write("\nsolutions\n")
        output.rows([key for key in history[0] if key != "rule"], history, output_format)
    if counties:
        sys.stdout.write("\ncounties, the gravest first\n")
        output.rows(list(counties[0]), counties[:COUNTIES_MAX], output_format)
    if len(counties) > COUNTIES_MAX:
        output.note(f"… {len(counties) - COUNTIES_MAX} more; -o json has them all")
