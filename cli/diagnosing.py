"""``tianfu nodes diagnose``: what a node says of itself, from afar."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Annotated, Any, Final

import typer
from google.protobuf import json_format

from cli import output
from cli.connection import ROLE_DEFAULT, platform
from cli.names import node_name, since, words
from cli.output import Format
from tianfu.fleet.v1 import app_pb2, diagnosis_pb2, fleet_service_pb2, update_pb2

DEADLINE_S: Final = 25.0
"""What the service waits for a node at most, and its own work."""

LINES_MAX: Final = 500
EPILOG: Final = """\
Examples:
  tianfu nodes diagnose jinjiang-1
  tianfu nodes diagnose jinjiang-1 doctor
  tianfu nodes diagnose jinjiang-1 logs --lines 20 -o json
"""


class Command(enum.StrEnum):
    """What a node may be asked."""

    STATUS = "status"
    DOCTOR = "doctor"
    SPOOL = "spool"
    LOGS = "logs"
    PLAN = "plan"
    CLOCK = "clock"
    VERSION = "version"
    APPS = "apps"
    APP_LOG = "app-log"
    LINK = "link"


def diagnose(
    node: Annotated[str, typer.Argument(help="The node's id.")],
    command: Annotated[Command, typer.Argument(help="What to ask.")] = Command.STATUS,
    app: Annotated[str, typer.Option(help="Of app-log: which app.")] = "",
    lines: Annotated[
        int, typer.Option(min=0, max=LINES_MAX, help="Of logs: how many; 0 means 100.")
    ] = 0,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Ask a node about itself; nothing is changed there, and the audit log says who asked."""
    request = fleet_service_pb2.DiagnoseNodeRequest(
        name=node_name(node),
        command=diagnosis_pb2.DiagnosticCommand.Value(f"DIAGNOSTIC_COMMAND_{command.name}"),
        app=app,
        max_lines=lines,
    )
    with platform(data, role) as services:
        said = services.call(services.fleet.DiagnoseNode, request, deadline_s=DEADLINE_S).diagnosis
    show(command, said, output_format)


def show(command: Command, said: diagnosis_pb2.NodeDiagnosis, output_format: Format) -> None:
    """Print what a node said: all of it as JSON, or as tables."""
    if output_format is Format.JSON:
        output.one(json_format.MessageToDict(said, preserving_proto_field_name=True), output_format)
        return
    match command:
        case Command.DOCTOR:
            columns = ["verdict", "check", "says", "reason", "fix"]
            output.rows(columns, map(_finding, said.findings), output_format)
        case Command.LOGS | Command.APP_LOG:
            for line in said.log_lines:
                output.line({}, _line(line), output_format)
        case Command.APPS:
            output.rows(["app", "state", "revision", "since", "reason"], _apps(said), output_format)
        case Command.LINK:
            output.one(_link(said), output_format)
            rows = (
                {"time": since(one, "event_time"), "reason": one.reason, "server": one.server}
                for one in said.link.events
            )
            output.rows(["time", "reason", "server"], rows, output_format)
        case _:
            output.one(_record(said), output_format)
    if said.truncated:
        output.note("something was left out: it took too long, or would not have fitted")


def _record(said: diagnosis_pb2.NodeDiagnosis) -> dict[str, Any]:
    """Return the parts that were asked for, flat."""
    record: dict[str, Any] = {
        "node": said.name.removeprefix("nodes/"),
        "answered": since(said, "answer_time"),
        "agent": said.agent_version,
    }
    if said.HasField("link"):
        record |= _link(said)
    if said.HasField("clock"):
        record |= {"clock_set": said.clock.set, "clock_jumps": said.clock.jumps}
        if said.clock.HasField("offset"):
            offset = said.clock.offset.ToTimedelta()
            record["clock_offset_ms"] = offset.total_seconds() * 1000
    if said.HasField("spool"):
        spool = said.spool
        record |= {
            "epoch": spool.epoch,
            "produced": spool.produced_readings,
            "acknowledged": spool.acknowledged_readings,
            "waiting": spool.waiting_readings,
            "dropped": spool.dropped_readings,
            "drops": [f"{one.readings} {one.reason}" for one in spool.drops],
            "used_bytes": spool.used_bytes,
            "limit_bytes": spool.limit_bytes,
        }
    if said.HasField("plan"):
        record |= _plan(said)
    for driver in said.drivers:
        why = f", {driver.reason}" if driver.reason else ""
        text = f"{driver.sent_readings} sent, {driver.failures} failures, {driver.missed} missed"
        record[f"driver {driver.name}"] = text + why
    if said.counts:
        record["counts"] = {one.reason: one.number for one in said.counts}
    return record


def _plan(said: diagnosis_pb2.NodeDiagnosis) -> dict[str, Any]:
    plan = said.plan
    record: dict[str, Any] = {"generation": plan.generation}
    for one in plan.apps:
        record[f"app {one.name}"] = words(app_pb2.AppState, one.state, "APP_STATE_")
    for one in plan.rule_sets:
        record[f"rule set {one.name}"] = one.reason or "followed"
    if plan.HasField("agent"):
        agent = plan.agent
        record |= {
            "version": agent.version,
            "channel": agent.channel,
            "wanted": agent.wanted_version,
            "state": words(update_pb2.UpdateState, agent.state, "UPDATE_STATE_"),
            "reason": agent.reason,
        }
    return record


def _link(said: diagnosis_pb2.NodeDiagnosis) -> dict[str, Any]:
    link = said.link
    return {
        "connected": link.connected,
        "server": link.server,
        "sessions": link.sessions,
        "link_reason": link.reason,
    }


def _finding(one: diagnosis_pb2.DiagnosticFinding) -> dict[str, Any]:
    return {
        "verdict": words(diagnosis_pb2.DiagnosticVerdict, one.verdict, "DIAGNOSTIC_VERDICT_"),
        "check": one.check,
        "says": one.says,
        "reason": one.reason,
        "fix": one.fix,
    }


def _apps(said: diagnosis_pb2.NodeDiagnosis) -> Iterable[dict[str, Any]]:
    for one in said.plan.apps:
        yield {
            "app": one.name,
            "state": words(app_pb2.AppState, one.state, "APP_STATE_"),
            "revision": one.revision,
            "since": since(one, "since_time"),
            "reason": one.reason,
        }


def _line(line: diagnosis_pb2.DiagnosticLogLine) -> str:
    """Return a line of a log as a person reads it."""
    fields = " ".join(f"{key}={value}" for key, value in sorted(line.fields.items()))
    when = since(line, "log_time") if line.HasField("log_time") else ""
    return " ".join(part for part in (when, line.level, line.text, fields) if part)
