"""``tianfu rollouts``."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from cli import output
from cli.connection import ROLE_DEFAULT, platform
from cli.names import since, words
from cli.output import Format
from tianfu.fleet.v1 import control_plane_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2 as messages

PAGE: Final = 1000
COLUMNS: Final = ["app", "state", "revision", "ready", "offline", "failed", "reason"]
EPILOG: Final = """\
Examples:
  tianfu rollouts list
  tianfu rollouts pause site-watch
  tianfu rollouts rollback site-watch
  tianfu rollouts resume site-watch
"""
AppArgument = Annotated[str, typer.Argument(help="The EdgeApp: NAME, or NAMESPACE/NAME.")]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def rollouts() -> None:
    """Rollouts of EdgeApps, as their operator last told of them."""


def name_of(text: str, collection: str) -> str:
    """Return the resource name of NAME or NAMESPACE/NAME."""
    namespace, _, name = text.rpartition("/")
    return f"namespaces/{namespace or 'default'}/{collection}/{name}"


def reason_of(conditions: Any, kind: str) -> str:
    """Return the reason of a condition, empty when nothing is said of it."""
    return next((one.reason for one in conditions if one.type == kind), "")


def record_of(rollout: pb.Rollout) -> dict[str, Any]:
    """Return a rollout as it is printed."""
    _, namespace, _, name = rollout.name.split("/")
    return {
        "app": f"{namespace}/{name}",
        "state": words(pb.RolloutProgress, rollout.progress, "ROLLOUT_PROGRESS_"),
        "revision": rollout.revision,
        "ready": f"{rollout.ready}/{rollout.desired}",
        "offline": rollout.offline,
        "failed": rollout.failed,
        "reason": reason_of(rollout.conditions, "Progressing"),
    }


@app.command("list")
def list_rollouts(
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List rollouts."""
    with platform(data, ROLE_DEFAULT) as services:
        found = services.every(
            services.fleet.ListRollouts, messages.ListRolloutsRequest(page_size=PAGE)
        )
    output.rows(COLUMNS, [record_of(each) for each in found], output_format)


@app.command("get")
def get(
    name: AppArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Print one rollout, with what its operator says and the revisions it can have back."""
    with platform(data, ROLE_DEFAULT) as services:
        request = messages.GetRolloutRequest(name=name_of(name, "rollouts"))
        found = services.call(services.fleet.GetRollout, request)
    output.one(
        {
            **record_of(found),
            "artifact": found.artifact,
            "stable": found.stable_revision,
            "wanted back": found.wanted_revision,
            "conditions": [f"{c.type}={c.status} {c.reason}" for c in found.conditions],
            "history": [one.revision for one in found.history],
            "changed": since(found, "update_time"),
        },
        output_format,
    )


def _steer(name: str, action: pb.RolloutAction, revision: str, data: Any, shown: Format) -> None:
    request = messages.SteerRolloutRequest(
        name=name_of(name, "rollouts"), action=action, revision=revision
    )
    with platform(data, ROLE_DEFAULT) as services:
        found = services.call(services.fleet.SteerRollout, request)
    output.one(record_of(found), shown)
    output.note("wanted: its operator writes it into the EdgeApp within seconds")


@app.command("pause")
def pause(
    name: AppArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Have every node keep the revision that it has."""
    _steer(name, pb.ROLLOUT_ACTION_PAUSE, "", data, output_format)


@app.command("resume")
def resume(
    name: AppArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Go on, and let the spec hold again after a roll-back."""
    _steer(name, pb.ROLLOUT_ACTION_RESUME, "", data, output_format)


@app.command("rollback")
def rollback(
    name: AppArgument,
    to: Annotated[str, typer.Option(help="Which revision; else the one before.")] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Have an earlier revision back."""
    _steer(name, pb.ROLLOUT_ACTION_ROLL_BACK, to, data, output_format)
