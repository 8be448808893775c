"""``tianfu quotas``."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from cli import output
from cli.connection import platform
from cli.names import resource_name, words
from cli.output import Format
from cli.units import ROLE, UnitArgument
from tianfu.energy.v1 import energy_service_pb2 as messages
from tianfu.energy.v1 import unit_pb2

COLUMNS: Final = ["year", "quota tce", "used tce", "share", "stage", "told", "key unit"]
EPILOG: Final = """\
Examples:
  tianfu quotas set plant-1 --year 2026 --tce 1200
  tianfu quotas list plant-1
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def quotas() -> None:
    """Energy budgets (用能预算): told of at 80, 90 and 100 per cent, once each."""


def record_of(quota: unit_pb2.Quota) -> dict[str, Any]:
    """Return a quota as it is printed."""
    return {
        "year": quota.name.rpartition("/")[2],
        "quota tce": quota.quota_tce,
        "used tce": quota.used_tce,
        "share": f"{quota.share:.1%}",
        "stage": words(unit_pb2.QuotaStage, quota.stage, "QUOTA_STAGE_"),
        "told": words(unit_pb2.QuotaStage, quota.told_stage, "QUOTA_STAGE_"),
        "key unit": words(unit_pb2.KeyUnitState, quota.key_unit, "KEY_UNIT_STATE_"),
    }


@app.command("list")
def list_quotas(
    unit: UnitArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List the quotas of a unit and where they stand."""
    request = messages.ListQuotasRequest(parent=resource_name("units", unit), page_size=100)
    with platform(data, ROLE) as services:
        found = services.every(services.energy.ListQuotas, request)
    output.rows(COLUMNS, [record_of(each) for each in found], output_format)


@app.command("set")
def set_quota(
    unit: UnitArgument,
    year: Annotated[int, typer.Option(help="The year.")],
    tce: Annotated[float, typer.Option(min=0.001, help="t of standard coal.")],
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Set the quota of a year; it can't be changed afterwards."""
    request = messages.CreateQuotaRequest(
        parent=resource_name("units", unit),
        quota_id=str(year),
        quota=unit_pb2.Quota(quota_tce=tce),
    )
    with platform(data, ROLE) as services:
        made = services.call(services.energy.CreateQuota, request)
    output.one(record_of(made), output_format)
