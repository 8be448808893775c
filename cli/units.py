"""``tianfu units``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.connection import LONG_DEADLINE_S, platform
from cli.names import resource_name, since, time_of, words
from cli.output import Format
from tianfu.energy.v1 import energy_service_pb2 as messages
from tianfu.energy.v1 import unit_pb2

PAGE: Final = 1000
ROLE: Final = "energy-manager"
EPILOG: Final = """\
Examples:
  tianfu units list
  tianfu units consumption plant-1 --from 10m
  tianfu units audit plant-1
  tianfu units anomalies
  tianfu units regions --digits 4
  tianfu units report plant-1 --year 2026 --out plant-1.xlsx
"""
UnitArgument = Annotated[str, typer.Argument(help="The unit's id.")]
FromOption = Annotated[
    str, typer.Option("--from", help="2026-01-12T08:00:00Z, or how long ago: 15m.")
]
ToOption = Annotated[str, typer.Option("--to", help='As --from, or "now".')]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def units() -> None:
    """Key energy-using units (重点用能单位) and parks, and what they use."""


def set_span(request: Any, begin: str, end: str, step_s: int = 900) -> None:
    """Write from and until into a request, put back to whole intervals."""
    now = datetime.now(UTC)
    for stamp, text in ((request.start_time, begin), (request.end_time, end)):
        seconds = int(time_of(text, now).timestamp())
        stamp.seconds = seconds - seconds % step_s


def interval_s(data: Path) -> int:
    """Return the seconds of an interval of the platform in a data folder."""
    from cli.local import energy_demo  # noqa: PLC0415 - help needs no gRPC

    return energy_demo.INTERVAL_S if (data / "state.json").exists() else 900


@app.command("list")
def list_units(
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List the units."""
    with platform(data, ROLE) as services:
        request = messages.ListUnitsRequest(page_size=PAGE)
        found = services.every(services.energy.ListUnits, request)
    records = [
        {
            "unit": each.name.removeprefix("units/"),
            "name": each.display_name,
            "place": each.place_code,
            "credit code": each.credit_code,
            "since": since(each, "create_time"),
        }
        for each in found
    ]
    output.rows(["unit", "name", "place", "credit code", "since"], records, output_format)


@app.command("consumption")
def consumption(
    unit: UnitArgument,
    begin: FromOption = "10m",
    end: ToOption = "now",
    *,
    supply: Annotated[
        bool, typer.Option("--supply-coal", help="Count electricity by its supply (等价值).")
    ] = False,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Print what a unit used, in standard coal (综合能耗), by energy carrier."""
    basis = (
        unit_pb2.ELECTRICITY_BASIS_SUPPLY_COAL if supply else unit_pb2.ELECTRICITY_BASIS_EQUIVALENT
    )
    request = messages.GetConsumptionRequest(name=resource_name("units", unit), basis=basis)
    set_span(request, begin, end, interval_s(data))
    with platform(data, ROLE) as services:
        found = services.call(services.energy.GetConsumption, request)
    records: list[dict[str, Any]] = [
        {"energy": each.energy, "amount": each.amount, "unit": each.unit, "tce": each.tce}
        for each in found.energies
    ]
    total = {"energy": "total", "amount": "", "unit": "", "tce": found.tce}
    output.rows(["energy", "amount", "unit", "tce"], [*records, total], output_format)
    output.note(
        f"electricity: {words(unit_pb2.ElectricityBasis, found.basis, 'ELECTRICITY_BASIS_')}; "
        f"unknown intervals {found.unknown_intervals}, estimated {found.estimated_intervals}"
    )
    if found.unconverted_energies:
        output.note(
            f"not in it, since no coefficient is known: {', '.join(found.unconverted_energies)}"
        )


@app.command("audit")
def audit(
    unit: UnitArgument,
    begin: FromOption = "10m",
    end: ToOption = "now",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Name the meters that GB 17167 asks for and a unit lacks, and what does not add up."""
    request = messages.GetMeteringAuditRequest(name=resource_name("units", unit))
    set_span(request, begin, end, interval_s(data))
    with platform(data, ROLE) as services:
        found = services.call(services.energy.GetMeteringAudit, request)
    records = [
        {
            "energy": each.energy,
            "level": words(unit_pb2.MeteringLevel, each.level, "METERING_LEVEL_"),
            "needed": each.needed,
            "fitted": each.fitted,
            "required %": each.required_percent,
            "missing": list(each.missing_places),
        }
        for each in found.rates
    ]
    output.rows(
        ["energy", "level", "needed", "fitted", "required %", "missing"], records, output_format
    )
    for each in found.balances:
        output.note(f"{each.meter}: {each.state} {each.share:.1%}")


@app.command("anomalies")
def anomalies(
    unit: Annotated[str, typer.Argument(help="The unit's id; without, all.")] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List anomalies, the latest first."""
    request = messages.ListAnomaliesRequest(
        unit=resource_name("units", unit) if unit else "", page_size=100
    )
    with platform(data, ROLE) as services:
        found = services.every(services.energy.ListAnomalies, request)
    records = [
        {
            "unit": each.unit.removeprefix("units/"),
            "kind": each.kind,
            "from": since(each, "start_time"),
            "explanation": each.explanation,
        }
        for each in found
    ]
    output.rows(["unit", "kind", "from", "explanation"], records, output_format)


@app.command("regions")
def regions(
    digits: Annotated[int, typer.Option(help="2 province, 4 prefecture, 6 county.")] = 6,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days.")] = 1,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Add up the units of places."""
    request = messages.ListRegionTotalsRequest(place_digits=digits, page_size=PAGE)
    set_span(request, f"{days * 24}h", "now", interval_s(data))
    with platform(data, ROLE) as services:
        found = services.every(services.energy.ListRegionTotals, request)
    records = [
        {
            "place": each.place_code,
            "energy": each.energy,
            "amount": each.amount,
            "units": each.unit_count,
        }
        for each in found
    ]
    output.rows(["place", "energy", "amount", "units"], records, output_format)


@app.command("report")
def report(
    unit: UnitArgument,
    year: Annotated[int, typer.Option(help="The year.")],
    out: Annotated[Path, typer.Option("--out", help="The workbook to write.")],
    data: output.DataOption = output.DATA_DEFAULT,
) -> None:
    """Write the annual report (能源利用状况报告) as XLSX."""
    request = messages.ExportAnnualReportRequest(name=resource_name("units", unit), year=year)
    with platform(data, ROLE) as services:
        parts = services.stream(
            services.energy.ExportAnnualReport, request, deadline_s=LONG_DEADLINE_S
        )
        out.write_bytes(b"".join(part.chunk for part in parts))
    output.note(f"wrote {out}")
