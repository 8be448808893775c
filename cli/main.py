"""``tianfu``: the platform's command line.

Commands are loaded when they are run, so that help and completion are there at once.
"""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typing_extensions import override

from cli.failures import Exit, Failure


@dataclass(frozen=True)
class Entry:
    """A command: the module in which it is, what it does, and which app of the module it is."""

    module: str
    summary: str
    attribute: str = "app"


# In the order in which one meets them.
COMMANDS: Final = {
    "up": Entry("cli.up", "Start the whole platform here and watch it."),
    "down": Entry("cli.down", "Stop a platform in the background, or left behind."),
    "status": Entry("cli.status", "Show what runs, and where."),
    "get": Entry("cli.verbs.reading", "List resources of any kind, or show some.", "get_app"),
    "describe": Entry(
        "cli.verbs.reading", "All of a resource, and where to go from it.", "describe_app"
    ),
    "create": Entry("cli.verbs.writing", "Make a resource that is not there.", "create_app"),
    "apply": Entry("cli.verbs.writing", "Make resources what a file says.", "apply_app"),
    "diff": Entry("cli.verbs.writing", "What apply would change.", "diff_app"),
    "delete": Entry("cli.verbs.writing", "Delete resources.", "delete_app"),
    "watch": Entry("cli.verbs.reading", "Resources, and each change of them.", "watch_app"),
    "wait": Entry("cli.verbs.reading", "Wait until a resource is as wanted.", "wait_app"),
    "explain": Entry("cli.verbs.explain", "What kinds there are, their fields, their verbs."),
    "logs": Entry("cli.verbs.logs", "What the processes of a platform here write."),
    "top": Entry("cli.verbs.top", "Which nodes send how much just now, live."),
    "context": Entry("cli.context", "Platforms by name: list, use, set, forget."),
    "nodes": Entry("cli.nodes", "Edge nodes: list, get, watch, register, enrol, revoke, diagnose."),
    "plan": Entry("cli.plan", "What a node is to do: get, set."),
    "node-rules": Entry(
        "cli.node_rules", "Rules that nodes act on by themselves: check, publish, list, withdraw."
    ),
    "releases": Entry(
        "cli.releases", "Releases of the agent: sign, point, refresh, list, publish, …"
    ),
    "rollouts": Entry("cli.rollouts", "Rollouts of apps: list, get, pause, resume, rollback."),
    "pools": Entry("cli.pools", "Capacity pools: list, tenants, claims."),
    "series": Entry("cli.series", "Readings: list, query, plot, watch, export."),
    "delivery": Entry("cli.delivery", "The account of every reading: list, get, audit."),
    "warnings": Entry(
        "cli.warnings", "Warnings: list, get, watch, create, review, sign, publish, update, …"
    ),
    "earthquakes": Entry("cli.earthquakes", "Earthquakes as the stations show them: list, get."),
    "credit": Entry("cli.credit", "Credit supervision: verify, publish, records, signal, clues, …"),
    "units": Entry("cli.units", "Energy-using units: list, consumption, audit, report, anomalies."),
    "meters": Entry("cli.meters", "Meters of a unit: list, intervals, restatements."),
    "quotas": Entry("cli.quotas", "Energy quotas of a unit: list, set."),
    "dispatch": Entry("cli.dispatch", "Dispatch plans and orders: plan, release, orders, events."),
    "carbon": Entry("cli.carbon", "Carbon dioxide of a unit in a year of account."),
    "oxygen": Entry("cli.oxygen", "SpO2 scale of NEWS2 that a patient is on: order, list."),
    "patients": Entry("cli.patients", "Patients: list, observations, scores, FHIR import, export."),
    "beds": Entry("cli.beds", "What hospitals can take; surge plans: list, report, surge, …"),
    "arrivals": Entry("cli.arrivals", "Ambulances on their way to a hospital: announce, list, …"),
    "casualties": Entry("cli.casualties", "Triage, and where each casualty goes and why."),
    "recognitions": Entry("cli.recognitions", "Results of other hospitals: decide, list, figures."),
    "consultations": Entry("cli.consultations", "Remote consultations: create, step, export, …"),
    "audit": Entry("cli.audit", "Check the audit log of healthcare."),
    "alerts": Entry("cli.alerts", "Critical values and scores to answer: list, acknowledge."),
    "gauges": Entry("cli.gauges", "What rain gauges, rivers and weather stations call for: show."),
    "rules": Entry("cli.rules", "The dated rules that decide: list, get."),
    "drill": Entry("cli.drill.command", "Play the earthquake drill; hold the platform to it."),
    "dead-letters": Entry("cli.dead_letters", "Refused messages: list, replay."),
    "trace": Entry("cli.trace", "Follow one batch from the edge to the stored row."),
    "doctor": Entry("cli.doctor", "Check this machine and the platform; say what to mend."),
    "support-bundle": Entry(
        "cli.support_bundle", "Write what who helps needs to see, without secrets, into one file."
    ),
    "backup": Entry("cli.backup.taking", "Copy every store of a running platform, as of a point."),
    "restore": Entry("cli.backup.restoring", "Make empty stores what a backup says they were."),
    "keys": Entry("cli.keys", "Keys of NATS, certificates, releases: init, user, updates, …"),
    "completion": Entry("cli.completion", "Completion for bash, zsh and fish."),
    "token": Entry("cli.token", "Print a development token for a role."),
    "version": Entry("cli.version", "Print the version."),
}


class LazyGroup(TyperGroup):
    """A group that knows its commands' names, and loads one only when it is run."""

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = COMMANDS.get(cmd_name)
        return None if entry is None else TyperCommand(cmd_name, help=entry.summary)

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        self.commands = {name: self.get_command(ctx, name) for name in COMMANDS}
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and name is not None:
            module = importlib.import_module(COMMANDS[name].module)
            command = typer.main.get_command(getattr(module, COMMANDS[name].attribute))
        return name, command, rest

    @override
    def invoke(self, ctx: Any) -> Any:
        try:
            found = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader of our output left, as `head` does: click would call that a failure. What
            # is unwritten goes nowhere, or the interpreter finds the pipe broken at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Exit.OK) from None
        return found


app = typer.Typer(
    cls=LazyGroup,
    name="tianfu",
    no_args_is_help=True,
    rich_markup_mode=None,  # rich's help alone takes longer to load than help may take
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(
    context: Annotated[
        str, typer.Option("--context", help="Speak to this platform: `tianfu context list`.")
    ] = "",
) -> None:
    """Edge-to-cloud telemetry for a province of smart cities.

    Start with `tianfu up`, then look at `tianfu top` and `tianfu get nodes`. Verbs (get, describe,
    create, apply, diff, delete, watch, wait) take every kind of resource: `tianfu explain`.

    Exit status: 0 done, 1 failed, 2 usage, 3 not found, 4 conflict, 5 not reached or not in time,
    6 differs (diff). Data are on stdout, all else on stderr; NO_COLOR is respected.
    """
    if context:
        os.environ["TIANFU_CONTEXT"] = context


def main() -> None:
    """Run the command line; every Failure becomes lines on stderr and an exit status."""
    try:
        app(prog_name="tianfu")
    except Failure as failure:
        for line in failure.lines():
            sys.stderr.write(line + "\n")
        sys.exit(failure.status)
    except OSError as error:
        if error.filename is None:
            raise
        # A file that the person named, or one of the data folder.
        unusable = Failure(
            "FILE_UNUSABLE",
            f"{error.filename}: {error.strerror}",
            "name another, or make it writable for this user",
        )
        for line in unusable.lines():
            sys.stderr.write(line + "\n")
        sys.exit(unusable.status)


if __name__ == "__main__":
    main()
