"""``tianfu warnings``: looking at warnings, their receipts and their CAP messages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import grpc
import typer

from cli import output, warning_steps
from cli.connection import ROLE_DEFAULT, platform
from cli.failures import Exit, Failure
from cli.names import resource_name, since, words
from cli.output import Format
from cli.warning_steps import NameArgument
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as messages
from tianfu.disaster_warning.v1 import warning_pb2

PAGE: Final = 1000
COLUMNS: Final = [
    "warning",
    "state",
    "channel",
    "event",
    "colour",
    "version",
    "counties",
    "expires",
]
RECEIPT_COLUMNS: Final = [
    "place",
    "county",
    "nodes",
    "delivered",
    "acknowledged",
    "failed",
    "expired",
    "apart",
    "called",
    "last_delivery",
]
EPILOG: Final = """\
Examples:
  tianfu warnings list --filter 'channel=drill AND state=published'
  tianfu warnings create --channel drill --event 11B03 --colour orange \\
    --place 5101 --expires 6h --as li
  tianfu warnings review NAME --approve --as wang
  tianfu warnings sign NAME --approve --as zhao --role warning-authority
  tianfu warnings publish NAME --as zhao --role warning-authority
  tianfu warnings update NAME --colour red --expires 12h --as li
  tianfu warnings receipts NAME
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)
FilterOption = Annotated[
    str,
    typer.Option(
        "--filter",
        help='Such as "place_code=5101 AND colour=red"; also event_code, state, channel, '
        "from_time, to_time.",
    ),
]


@app.callback()
def warnings() -> None:
    """Warnings (预警信息): from draft to receipt."""


def record_of(warning: warning_pb2.Warning) -> dict[str, Any]:
    """Return a warning as it is printed."""
    return {
        "warning": warning.name.removeprefix("warnings/"),
        "state": words(warning_pb2.WarningState, warning.state, "WARNING_STATE_"),
        "channel": words(warning_pb2.WarningChannel, warning.channel, "WARNING_CHANNEL_"),
        "event": warning.event_code,
        "colour": words(warning_pb2.Colour, warning.colour, "COLOUR_"),
        "version": warning.version,
        "counties": len(warning.counties),
        "expires": since(warning, "expire_time"),
        "population": warning.population,
        "headline": warning.texts[0].headline if warning.texts else "",
        "area": warning.area.description,
        "route": words(warning_pb2.IssueRoute, warning.route, "ISSUE_ROUTE_"),
        "drafter": warning.drafter,
        "reviewer": warning.reviewer,
        "signer": warning.signer,
        "earthquake": warning.earthquake.removeprefix("earthquakes/"),
        "published": since(warning, "publish_time"),
        "changed": since(warning, "update_time"),
        "why": warning.state_reason,
        "rules": list(warning.rule_versions),
        "cap": warning.cap_identifier,
        "etag": warning.etag,
    }


def lists_of(warning: warning_pb2.Warning) -> dict[str, list[dict[str, Any]]]:
    """Return the lists of a warning: its texts, its counties, its steps."""
    states = warning_pb2.WarningState
    return {
        "texts": [
            {
                "language": text.language,
                "headline": text.headline,
                "description": text.description,
                "instruction": text.instruction,
            }
            for text in warning.texts
        ],
        "counties_told": [
            {
                "place": each.place_code,
                "county": each.display_name,
                "colour": words(warning_pb2.Colour, each.colour, "COLOUR_"),
                "share": round(each.share, 3),
                "population": each.population,
            }
            for each in warning.counties
        ],
        "steps": [
            {
                "time": since(step, "step_time"),
                "from": words(states, step.from_state, "WARNING_STATE_"),
                "to": words(states, step.to_state, "WARNING_STATE_"),
                "version": step.version,
                "who": step.actor,
                "comment": step.comment,
            }
            for step in warning.steps
        ],
    }


@app.command("list")
def list_warnings(
    filter_text: FilterOption = "",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List warnings, the latest first."""
    request = messages.ListWarningsRequest(page_size=PAGE, filter=filter_text)
    with platform(data, role) as services:
        found = services.every(services.warnings.ListWarnings, request)
    output.rows(COLUMNS, map(record_of, found), output_format)


@app.command("get")
def get_warning(
    name: NameArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show a warning: what it says, whom it is for, each step it took."""
    with platform(data, role) as services:
        request = messages.GetWarningRequest(name=resource_name("warnings", name))
        found = services.call(services.warnings.GetWarning, request)
    lists = lists_of(found)
    if output_format is Format.JSON:
        output.one(record_of(found) | lists, output_format)
        return
    output.one(record_of(found), output_format)
    for title, records in lists.items():
        if records:
            sys.stdout.write(f"\n{title.replace('_', ' ')}\n")
            output.rows(list(records[0]), records, output_format)


@app.command("watch")
def watch_warnings(
    filter_text: FilterOption = "",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Print the warnings that are drafts or hold, then each change, until Ctrl-C."""
    resume = ""
    with output.until_interrupted(), platform(data, role) as services:
        while True:
            request = messages.WatchWarningsRequest(filter=filter_text, resume_token=resume)
            try:
                for answer in services.stream(services.warnings.WatchWarnings, request):
                    resume = answer.resume_token or resume
                    show_change(answer, output_format)
            except grpc.RpcError as error:
                # The call's deadline: go on from the last answer.
                if error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED:
                    raise


def show_change(answer: messages.WatchWarningsResponse, output_format: Format) -> None:
    """Print one change."""
    if not answer.HasField("warning"):
        output.note("-- that is all there is; changes follow")
        return
    record = record_of(answer.warning)
    text = (
        f"{record['changed']}  {record['warning']}: {record['channel']} {record['event']} "
        f"{record['colour']}, version {record['version']}, {record['state']}, "
        f"{record['counties']} counties  {record['headline']}"
    )
    output.line(record, text.rstrip(), output_format)


@app.command("receipts")
def receipts(
    name: NameArgument,
    version: Annotated[int, typer.Option(min=0, help="Which version; 0 is the latest.")] = 0,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show who has received a warning's version, county by county."""
    with platform(data, role) as services:
        request = messages.GetReceiptsRequest(name=resource_name("warnings", name), version=version)
        answer = services.call(services.warnings.GetReceipts, request)
    counties = [receipt_record(each) for each in answer.counties]
    total = receipt_record(answer.total) | {
        "told_population": answer.told_population,
        "area_population": answer.area_population,
    }
    if output_format is Format.JSON:
        output.one({"counties": counties, "total": total}, output_format)
        return
    output.rows(RECEIPT_COLUMNS, [*counties, total | {"county": "all"}], output_format)
    sys.stdout.write(
        f"\nversion {answer.total.version}; people told: {answer.told_population:,} of "
        f"{answer.area_population:,}\n"
    )


def receipt_record(summary: warning_pb2.ReceiptSummary) -> dict[str, Any]:
    """Return a county's receipts as they are printed."""
    return {
        "place": summary.name.rpartition("/")[2],
        "county": summary.display_name,
        "version": summary.version,
        "nodes": summary.node_count,
        "delivered": summary.delivered_count,
        "acknowledged": summary.acknowledged_count,
        "failed": summary.failed_count,
        "expired": summary.expired_count,
        "apart": summary.apart_count,
        "called": words(warning_pb2.EscalationLevel, summary.escalation_level, "ESCALATION_LEVEL_"),
        "first_delivery": since(summary, "first_delivery_time"),
        "last_delivery": since(summary, "last_delivery_time"),
    }


@app.command("export-cap")
def export_cap(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(help="The XML file to write; - is stdout.")] = Path("-"),
    version: Annotated[int, typer.Option(min=0, help="Which version; 0 is the latest.")] = 0,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
) -> None:
    """Write the signed CAP 1.2 message of a warning's version, byte for byte."""
    with platform(data, role) as services:
        request = messages.ExportCapRequest(name=resource_name("warnings", name), version=version)
        answer = services.call(services.warnings.ExportCap, request)
    if str(file) == "-":
        sys.stdout.buffer.write(answer.content)
        return
    try:
        file.write_bytes(answer.content)
    except OSError as error:
        raise unreadable(file, error) from error
    output.note(f"{answer.identifier}, version {answer.version}: {file}")


@app.command("import-cap")
def import_cap(
    file: Annotated[Path, typer.Argument(help="The XML file, CAP 1.1 or 1.2; - is stdin.")],
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = warning_steps.DRAFTER,
    person: output.PersonOption = "",
    output_format: output.FormatOption = Format.TABLE,
    *,
    validate_only: Annotated[
        bool, typer.Option("--validate-only", help="Say what is found, and draft nothing.")
    ] = False,
) -> None:
    """Take in a foreign CAP message and draft a warning from it.

    The exit status is 1 when it is not valid.
    """
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise unreadable(file, error) from error
    with platform(data, role, person) as services:
        request = messages.ImportCapRequest(content=content, validate_only=validate_only)
        answer = services.call(services.warnings.ImportCap, request)
    findings = [
        {"rule": each.rule, "path": each.path, "fatal": each.fatal, "message": each.message}
        for each in answer.findings
    ]
    record = {
        "warning": answer.warning.removeprefix("warnings/"),
        "cap_version": answer.cap_version,
        "identifier": answer.identifier,
        "signature": words(messages.SignatureState, answer.signature_state, "SIGNATURE_STATE_"),
        "repeated_import": answer.repeated_import,
    }
    if output_format is Format.JSON:
        output.one(record | {"findings": findings}, output_format)
    else:
        output.one(record, output_format)
        if findings:
            sys.stdout.write("\n")
            output.rows(list(findings[0]), findings, output_format)
    if any(each["fatal"] for each in findings):
        sys.exit(Exit.FAILED)


def unreadable(file: Path, error: OSError) -> Failure:
    """Return a file's error as a Failure."""
    return Failure("FILE_UNREADABLE", f"{file}: {error.strerror}", status=Exit.USAGE)


warning_steps.add_to(app)
