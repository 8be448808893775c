"""``tianfu alerts``."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from cli import output
from cli.clinical import shown_time
from cli.connection import platform
from cli.names import resource_name, word
from cli.output import Format
from tianfu.healthcare.v1 import healthcare_service_pb2 as messages
from tianfu.healthcare.v1 import patient_pb2

PAGE: Final = 100
ROLE: Final = "clinician"
PURPOSE: Final = patient_pb2.PURPOSE_TREATMENT
COLUMNS: Final = ["alert", "kind", "grade", "state", "told", "answer by", "clinician", "cause"]
EPILOG: Final = """\
Examples:
  tianfu alerts list
  tianfu alerts list --filter state=OPEN
  tianfu alerts acknowledge a1b2 --as dr-li --note 'calcium given'
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def alerts() -> None:
    """Look at alerts (危急值, 预警评分) and take them over.

    Every look is kept in the audit log, with the purpose treatment.
    """


def record_of(alert: patient_pb2.Alert) -> dict[str, Any]:
    """Return an alert as it is printed."""
    return {
        "alert": alert.name.removeprefix("alerts/"),
        "kind": word(patient_pb2.AlertKind.Name(alert.kind), "ALERT_KIND_"),
        "grade": alert.grade,
        "state": word(patient_pb2.AlertState.Name(alert.state), "ALERT_STATE_"),
        "told": alert.told_role,
        "answer by": shown_time(alert, "answer_by_time"),
        "clinician": alert.clinician,
        "cause": alert.cause,
        "rule": alert.rule_version,
        "ladder": alert.ladder_version,
        "note": alert.note,
    }


@app.command("list")
def list_alerts(
    filter_text: Annotated[
        str, typer.Option("--filter", help='Such as "state=OPEN"; also kind, patient.')
    ] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List the alerts, the latest first."""
    request = messages.ListAlertsRequest(page_size=PAGE, filter=filter_text, purpose=PURPOSE)
    with platform(data, ROLE) as services:
        found = services.every(services.healthcare.ListAlerts, request)
    output.rows(COLUMNS, [record_of(alert) for alert in found], output_format)


@app.command("acknowledge")
def acknowledge(
    alert: Annotated[str, typer.Argument(help="The alert's id, as the list has it.")],
    person: Annotated[str, typer.Option("--as", help="Who takes it over.")],
    note: Annotated[str, typer.Option(help="What there is to add.")] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Take an alert over, by name: nobody else is told any more."""
    request = messages.AcknowledgeAlertRequest(name=resource_name("alerts", alert), note=note)
    with platform(data, ROLE, person) as services:
        answered = services.call(services.healthcare.AcknowledgeAlert, request)
    output.one(record_of(answered), output_format)
