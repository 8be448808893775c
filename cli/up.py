"""``tianfu up``."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from cli import durations, output
from cli.drill import scenario
from cli.drill.lead_time import lead
from cli.failures import Exit, Failure
from cli.local import fleet
from cli.local.folder import Folder, holder, read_json
from cli.local.session import Options, Session
from cli.local.state import Profile
from cli.local.supervisor import log_tail

# Longer than all waits of a start together may take on a small machine.
DETACH_S: Final = 300.0
POLL_S: Final = 0.1

app = typer.Typer(rich_markup_mode=None)


def duration(text: str) -> float:
    """Return seconds, for an option."""
    try:
        return durations.parse(text).total_seconds()
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


NodesOption = Annotated[
    int | None,
    typer.Option(min=1, max=fleet.NODES_MAX, help="How many gateways [4, then as before]."),
]
MetersOption = Annotated[
    int | None,
    typer.Option(
        min=1, max=fleet.METERS_MAX, help="How many meters each reads [3, then as before]."
    ),
]
ProfileOption = Annotated[
    Profile | None,
    typer.Option(
        help="minimal is one process of each part, ha goes on without any one of them "
        "[minimal, then as before]."
    ),
]
ManifestsOption = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        file_okay=False,
        help="Folder of EdgeNode and EdgeApp manifests to make true, without Kubernetes.",
    ),
]


@app.command()
def up(
    data: output.DataOption = output.DATA_DEFAULT,
    run_for: Annotated[
        float | None,
        typer.Option(
            "--for", parser=duration, metavar="TIME", help="Run unattended for 60s, 2m, then stop."
        ),
    ] = None,
    nodes: NodesOption = None,
    meters: MetersOption = None,
    manifests: ManifestsOption = None,
    profile: ProfileOption = None,
    *,
    json: Annotated[
        bool,
        typer.Option(
            "--json", help="With --for: a JSON summary as the last line, if ended early too."
        ),
    ] = False,
    new_ports: Annotated[
        bool, typer.Option("--new-ports", help="Choose ports anew, forgetting the addresses.")
    ] = False,
    sync_always: Annotated[
        bool,
        typer.Option(
            "--sync-always",
            help="NATS flushes each message to the disk first: safe in a power cut, and slower.",
        ),
    ] = False,
    drill_after: Annotated[
        float | None,
        typer.Option(
            "--drill-after",
            parser=lead,
            metavar="TIME",
            help="When the drill's earthquake begins, after everything is ready [20s].",
        ),
    ] = None,
    no_drill: Annotated[bool, typer.Option("--no-drill", help="Play no earthquake.")] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Run in the background; `tianfu down` stops it.")
    ] = False,
) -> None:
    """Start the whole platform on this machine and watch it; Ctrl-C stops it.

    It starts a NATS server, PostgreSQL, the services, meters to read and edge agents that read
    them, each as a process of its own, with all data in one folder. A second start finds its data.
    After 20 s it plays an earthquake drill, unless --no-drill or --detach is said.
    """
    if json and run_for is None:
        raise typer.BadParameter("--json needs --for TIME: the summary comes at the end")
    options = Options(
        data=data,
        nodes=nodes,
        meters=meters,
        run_for_s=run_for,
        json=json,
        new_ports=new_ports,
        sync_always=sync_always,
        profile=profile,
        drill_after_s=None if no_drill else drill_after or scenario.LEAD_S,
        manifests=manifests,
    )
    if detach:
        start_in_background(options)
        return
    console = Console(stderr=True)
    status = asyncio.run(Session(options, console).run())
    sys.exit(status)


def start_in_background(options: Options) -> None:
    """Start the platform as a process of its own; return when it is ready."""
    folder = Folder.at(options.data)
    folder.make()
    running = holder(folder)
    if running is not None:
        raise Failure(
            "STACK_RUNNING",
            f"a platform runs already in {folder.root} (process {running})",
            "`tianfu status` shows it, `tianfu down` stops it",
            status=Exit.CONFLICT,
        )
    arguments = [sys.executable, "-P", "-m", "cli", "up", "--data", str(folder.root)]
    arguments += _as_arguments(options)
    log = folder.logs / "supervisor.log"
    folder.context.unlink(missing_ok=True)
    # Added to, not begun anew: another start at the same moment may be writing to it.
    with log.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            arguments, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    deadline = time.monotonic() + DETACH_S
    while not (read_json(folder.context) or {}).get("ready"):
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            tail = "\n".join(f"    {line}" for line in log_tail(log))
            raise Failure(
                "START_FAILED", f"the platform did not start:\n{tail}", f"its log is {log}"
            )
        time.sleep(POLL_S)
    for name, address in read_json(folder.context)["addresses"].items():
        output.note(f"  {name}: {address}")
    output.note("running in the background; `tianfu status` shows it, `tianfu down` stops it")


def _as_arguments(options: Options) -> list[str]:
    """Return the command line that asks for the same in the background."""
    profile, manifests = options.profile, options.manifests
    return [
        *(["--nodes", str(options.nodes)] if options.nodes else []),
        *(["--meters", str(options.meters)] if options.meters else []),
        *(["--manifests", str(manifests.resolve())] if manifests else []),
        *(["--profile", profile.value] if profile else []),
        *(["--new-ports"] if options.new_ports else []),
        *(["--sync-always"] if options.sync_always else []),
        # Nobody watches: `tianfu drill earthquake` plays it when somebody does.
        "--no-drill",
    ]
