"""``tianfu drill``."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Annotated, Final

import grpc
import typer
from rich.console import Console
from rich.live import Live

from cli import output
from cli.connection import context_of, failure_of
from cli.drill import scenario, view
from cli.drill.lead_time import lead
from cli.drill.play import End, Stage, play
from cli.drill.promises import judge
from cli.drill.report import summary
from cli.drill.seen import Seen
from cli.failures import Exit, Failure
from cli.local.folder import Folder, drill_locked, holder
from cli.local.state import remembered
from cli.local.supervisor import Supervisor
from cli.output import Format

EPILOG: Final = """\
Examples:
  tianfu drill earthquake                  watch it
  tianfu drill earthquake --json           for programs: one JSON object on stdout
  tianfu drill earthquake --until-expiry   let the warning run out instead of cancelling it
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Exercises (演练).")


@app.callback()
def drill() -> None:
    """Exercises (演练), on a channel of their own."""


@app.command("earthquake", epilog=EPILOG)
def earthquake(
    begins_after: Annotated[
        float | None,
        typer.Option(
            "--after", parser=lead, metavar="TIME", help="When it begins, from now [20s]."
        ),
    ] = None,
    data: output.DataOption = output.DATA_DEFAULT,
    *,
    until_expiry: Annotated[
        bool,
        typer.Option("--until-expiry", help="Wait until the warning expires, some four minutes."),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print a JSON summary; the same as -o json.")
    ] = False,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Play the Ridgecrest M 7.1 of 2019 below Wenchuan, on the drill channel of a running platform.

    Three stations play real records, moved rigidly; what follows is the platform's own doing. It is
    held to its promises: the exit status is 1 when one is broken.
    """
    context_of(data)
    folder = Folder.at(data)
    if holder(folder) is None:
        raise Failure(
            "STACK_DOWN",
            f"the platform in {folder.root} does not run",
            "start it with `tianfu up`",
            status=Exit.UNAVAILABLE,
        )
    console = Console(stderr=True)
    end = End.EXPIRE if until_expiry else End.CANCEL
    with drill_locked(folder):
        seen = asyncio.run(_played(folder, console, begins_after or scenario.LEAD_S, end))
    promises = judge(seen)
    if json or output_format is Format.JSON:
        output.one(summary(seen, promises), Format.JSON)
    else:
        lines = [*view.closing(seen), *view.verdicts(promises)]
        sys.stdout.write("\n".join(lines) + "\n")
    for promise in promises:
        if not promise.kept:
            output.note(f"broken: {promise.asked}: {promise.found} [DRILL_PROMISE]")
    if not all(promise.kept for promise in promises):
        sys.exit(Exit.FAILED)


async def _played(folder: Folder, console: Console, lead_s: float, end: End) -> Seen:
    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    supervisor = Supervisor(folder, say, pids=folder.drill_pids)
    stage = Stage(folder, remembered(folder), supervisor)
    try:
        if console.is_terminal:
            with Live(console=console, auto_refresh=False) as shown:
                return await play(
                    stage,
                    lead_s=lead_s,
                    end=end,
                    show=lambda seen: shown.update(view.render(seen, time.time()), refresh=True),
                )
        say(f"{view.TITLE}: {scenario.PLACE}, in {lead_s:.0f} s")
        return await play(stage, lead_s=lead_s, end=end, show=view.teller(say))
    except grpc.RpcError as error:
        raise failure_of(error) from error
    finally:
        await supervisor.stop()
        folder.drill_pids.unlink(missing_ok=True)
