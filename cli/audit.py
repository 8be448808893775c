"""``tianfu audit``."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, Final, assert_never

import typer

from cli import output
from cli.connection import LONG_DEADLINE_S, Platform, platform
from cli.failures import Failure
from cli.output import Format
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as credit_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as fleet_pb2
from tianfu.healthcare.v1 import exchange_pb2

ROLE: Final = "auditor"
EPILOG: Final = """\
Examples:
  tianfu audit verify
  tianfu audit verify --head 1042:8c2f…    (as you noted it the last time)
  tianfu audit verify --service fleet      (who asked which node about itself)
"""


class Log(enum.StrEnum):
    """Whose log."""

    HEALTHCARE = "healthcare"
    CREDIT_SUPERVISION = "credit-supervision"
    FLEET = "fleet"


app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def audit() -> None:
    """Check audit logs (审计日志): who read or changed what, when and what for."""


@app.command("verify")
def verify(
    head: Annotated[
        str,
        typer.Option(
            help="A head that you noted before, as NUMBER:HASH. Without it a log that was cut off "
            "or made anew as a whole can't be told from the true one."
        ),
    ] = "",
    service: Annotated[Log, typer.Option(help="Whose log.")] = Log.HEALTHCARE,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Check every link from the first to the last. Status 1: one is not as it was sealed."""
    number, _, digest = head.partition(":")
    if head and not (number.isdigit() and digest):
        raise typer.BadParameter("write NUMBER:HASH, as this command prints it")
    with platform(data, ROLE) as services:
        found = _asked(services, service, int(number or 0), digest)
    if not found.sound:
        raise Failure(
            "AUDIT_BROKEN",
            f"entry {found.number}: {found.problem}",
            "keep the database as it is, and compare it with a backup and the published heads",
        )
    record = {"sound": "yes", "head": f"{found.number}:{found.digest}"}
    if found.forgotten:
        record["forgotten"] = found.forgotten
    output.one(record, output_format)


@dataclass(frozen=True, slots=True)
class Found:
    """What a service says of its log; ``forgotten``: the last entry that is kept no longer."""

    sound: bool
    number: int
    digest: str
    problem: str
    forgotten: str = ""


def _asked(services: Platform, log: Log, number: int, digest: str) -> Found:
    """Ask a service to check its log, given a head that was noted."""
    match log:
        case Log.HEALTHCARE:
            asked = exchange_pb2.VerifyAuditRequest(published_number=number, published_hash=digest)
            said = services.call(services.healthcare.VerifyAudit, asked, deadline_s=LONG_DEADLINE_S)
            return Found(said.sound, said.number, said.hash, said.problem)
        case Log.CREDIT_SUPERVISION:
            request = credit_pb2.VerifyAuditRequest(
                published_number=number, published_sha256=digest
            )
            said = services.call(services.credit.VerifyAudit, request, deadline_s=LONG_DEADLINE_S)
            return Found(said.sound, said.number, said.sha256, said.problem)
        case Log.FLEET:
            of_fleet = fleet_pb2.VerifyAuditRequest(
                published_number=number, published_sha256=digest
            )
            said = services.call(services.fleet.VerifyAudit, of_fleet, deadline_s=LONG_DEADLINE_S)
            last = f"{said.forgotten_number}:{said.forgotten_sha256}"
            gone = last if said.forgotten_number else ""
            return Found(said.sound, said.number, said.sha256, said.problem, gone)
        case _:
            assert_never(log)
