"""``tianfu audit``."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from cli import output
from cli.connection import LONG_DEADLINE_S, platform
from cli.failures import Failure
from cli.output import Format
from tianfu.healthcare.v1 import exchange_pb2

ROLE: Final = "auditor"
EPILOG: Final = """\
Examples:
  tianfu audit verify
  tianfu audit verify --head 1042:8c2f…    (as you noted it the last time)
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def audit() -> None:
    """Check the audit log of healthcare (审计日志): who read or changed what, when and what for."""


@app.command("verify")
def verify(
    head: Annotated[
        str,
        typer.Option(
            help="A head that you noted before, as NUMBER:HASH. Without it a log that was cut off "
            "or made anew as a whole can't be told from the true one."
        ),
    ] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Check every link from the first to the last. Status 1: one is not as it was sealed."""
    number, _, digest = head.partition(":")
    if head and not (number.isdigit() and digest):
        raise typer.BadParameter("write NUMBER:HASH, as this command prints it")
    request = exchange_pb2.VerifyAuditRequest(
        published_number=int(number or 0), published_hash=digest
    )
    with platform(data, ROLE) as services:
        call = services.healthcare.VerifyAudit
        found = services.call(call, request, deadline_s=LONG_DEADLINE_S)
    if not found.sound:
        raise Failure(
            "AUDIT_BROKEN",
            f"entry {found.number}: {found.problem}",
            "keep the database as it is, and compare it with a backup and the published heads",
        )
    output.one({"sound": "yes", "head": f"{found.number}:{found.hash}"}, output_format)
