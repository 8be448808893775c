"""``tianfu plan``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf import json_format

from cli import output
from cli.connection import ROLE_DEFAULT, platform
from cli.failures import Exit, Failure
from cli.names import duration_of, node_name, words
from cli.output import Format
from tianfu.fleet.v1 import fleet_service_pb2, node_pb2
from tianfu.reading.v1 import reading_batch_pb2

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="What a node is to do.")
NodeArgument = Annotated[str, typer.Argument(help="The node's id.")]
RULE_HELP = "Such as '*.energy:interval=5s,deadband=0.1,longest-silence=10m,priority=important'."


@app.command("get")
def get_plan(
    node: NodeArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show a node's plan, and what the node says of it."""
    with platform(data, role) as services:
        request = fleet_service_pb2.GetNodePlanRequest(name=f"{node_name(node)}/plan")
        plan = services.call(services.fleet.GetNodePlan, request)
    show(plan, output_format)


@app.command("set")
def set_plan(
    node: NodeArgument,
    rule: Annotated[list[str] | None, typer.Option("--rule", help=RULE_HELP)] = None,
    heartbeat: Annotated[str, typer.Option(help="How often to send heartbeats, such as 5s.")] = "",
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="The plan as JSON; - is stdin.")
    ] = None,
    etag: Annotated[str, typer.Option(help="Change only the plan that has this etag.")] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Replace a node's plan; the node takes it up within seconds, or when it is back."""
    if file is None and not rule and not heartbeat:
        raise Failure(
            "PLAN_EMPTY",
            "no rule, no heartbeat and no file is given: the plan would be emptied",
            "say what is to be in it; an empty plan is '{}' by --file -",
            status=Exit.USAGE,
        )
    plan = node_pb2.NodePlan() if file is None else plan_of(file)
    plan.name = f"{node_name(node)}/plan"
    plan.sampling_rules.extend(rule_of(text) for text in rule or ())
    if heartbeat:
        plan.heartbeat_interval.FromTimedelta(duration_of(heartbeat))
    if etag:
        plan.etag = etag
    with platform(data, role) as services:
        request = fleet_service_pb2.UpdateNodePlanRequest(plan=plan)
        changed = services.call(services.fleet.UpdateNodePlan, request)
    show(changed, output_format)


def plan_of(file: Path) -> node_pb2.NodePlan:
    """Return the plan that a JSON file holds."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        plan: node_pb2.NodePlan = json_format.Parse(text, node_pb2.NodePlan())
    except OSError as error:
        raise Failure("FILE_UNREADABLE", f"{file}: {error.strerror}", status=Exit.USAGE) from error
    except json_format.ParseError as error:
        raise Failure(
            "PLAN_INVALID",
            f"{file} is no plan: {error}",
            "`tianfu plan get NODE -o json` shows how one looks",
            status=Exit.USAGE,
        ) from error
    return plan


def rule_of(text: str) -> node_pb2.SamplingRule:
    """Return the sampling rule that an option states."""
    pattern, _, rest = text.partition(":")
    rule = node_pb2.SamplingRule(series_pattern=pattern)
    if not rest:
        raise _invalid(text, "it sets nothing")
    for part in filter(None, rest.split(",")):
        key, _, value = part.partition("=")
        try:
            if key == "interval":
                rule.interval.FromTimedelta(duration_of(value))
            elif key == "deadband":
                rule.deadband = float(value)
            elif key == "longest-silence":
                rule.longest_silence.FromTimedelta(duration_of(value))
            elif key == "priority":
                rule.priority = reading_batch_pb2.Priority.Value(f"PRIORITY_{value.upper()}")
            else:
                raise _invalid(text, f"it knows no {key!r}")
        except ValueError:
            raise _invalid(text, f"{value!r} is no {key}") from None
    return rule


def _invalid(text: str, why: str) -> Failure:
    return Failure(
        "RULE_INVALID", f"rule {text!r}: {why}", f"write it so: {RULE_HELP}", status=Exit.USAGE
    )


def show(plan: node_pb2.NodePlan, output_format: Format) -> None:
    """Print a plan."""
    if output_format is Format.JSON:
        record: dict[str, Any] = json_format.MessageToDict(plan)
        sys.stdout.write(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
        return
    report = plan.report
    output.one(
        {
            "node": plan.name.split("/")[1],
            "generation": plan.generation,
            "heartbeat": f"{plan.heartbeat_interval.ToTimedelta().total_seconds():g} s"
            if plan.HasField("heartbeat_interval")
            else "the node's own",
            "etag": plan.etag,
            "reported": f"generation {report.generation} "
            f"{words(node_pb2.PlanState, report.state, 'PLAN_STATE_')} "
            f"{report.reason} {report.message}".strip()
            if plan.HasField("report")
            else "nothing yet",
        },
        output_format,
    )
    sys.stdout.write("\n")
    output.rows(
        ["series_pattern", "interval_s", "deadband", "longest_silence_s", "priority"],
        [
            {
                "series_pattern": rule.series_pattern,
                "interval_s": rule.interval.ToTimedelta().total_seconds(),
                "deadband": rule.deadband,
                "longest_silence_s": rule.longest_silence.ToTimedelta().total_seconds(),
                "priority": words(reading_batch_pb2.Priority, rule.priority, "PRIORITY_"),
            }
            for rule in plan.sampling_rules
        ],
        output_format,
    )
