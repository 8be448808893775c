"""``tianfu rules``."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Final

import typer
from google.protobuf import json_format

from cli import output
from cli.connection import ROLE_DEFAULT, platform
from cli.names import resource_name
from cli.output import Format
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as messages
from tianfu.disaster_warning.v1 import rule_pb2

PAGE: Final = 1000
COLUMNS: Final = ["rule", "jurisdiction", "from", "to", "verified", "source"]
SOURCE_MAX: Final = 60
EPILOG: Final = """\
Examples:
  tianfu rules list --filter 'rule_id=earthquake-thresholds AND on=2026-01-12'
  tianfu rules get earthquake-thresholds~CN-51~2023-05-01
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def rules() -> None:
    """Look at the dated rules (阈值规则) that decide, with their sources."""


def record_of(rule: rule_pb2.Rule) -> dict[str, Any]:
    """Return a rule as it is printed."""
    return {
        "rule": rule.name.removeprefix("rules/"),
        "jurisdiction": rule.jurisdiction,
        "from": rule.valid_from,
        "to": rule.valid_to,
        "verified": rule.verified,
        "source": rule.source,
        "version": rule.version,
        "sha256": rule.sha256,
        "parameters": json_format.MessageToDict(rule.parameters),
    }


@app.command("list")
def list_rules(
    filter_text: Annotated[
        str,
        typer.Option(
            "--filter", help='Such as "rule_id=rainstorm-colours"; also jurisdiction, on.'
        ),
    ] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List the rules, all versions."""
    request = messages.ListRulesRequest(page_size=PAGE, filter=filter_text)
    with platform(data, role) as services:
        found = services.every(services.warnings.ListRules, request)
    records = [record_of(rule) for rule in found]
    if output_format is Format.TABLE:
        records = [record | {"source": shortened(record["source"])} for record in records]
    output.rows(COLUMNS, records, output_format)


@app.command("get")
def get_rule(
    name: Annotated[str, typer.Argument(help="The rule's name, as the list has it.")],
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show one version of a rule: its figures and where they come from."""
    with platform(data, role) as services:
        request = messages.GetRuleRequest(name=resource_name("rules", name))
        record = record_of(services.call(services.warnings.GetRule, request))
    if output_format is Format.JSON:
        output.one(record, output_format)
        return
    parameters = record.pop("parameters")
    output.one(record, output_format)
    sys.stdout.write("\nparameters\n")
    output.one(parameters, output_format)


def shortened(text: str) -> str:
    """Return a text cut to what a table has room for."""
    return text if len(text) <= SOURCE_MAX else text[: SOURCE_MAX - 1] + "…"
