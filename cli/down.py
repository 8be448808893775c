"""``tianfu down``."""

from __future__ import annotations

import os
import signal
import time
from typing import Annotated, Final

import psutil
import typer

from cli import output
from cli.failures import Failure
from cli.local.folder import Folder, holder
from cli.local.supervisor import sweep

# The sum of what the programs get to stop, one after the other.
STOP_S: Final = 90.0
POLL_S: Final = 0.05

app = typer.Typer(rich_markup_mode=None)


@app.command()
def down(
    data: output.DataOption = output.DATA_DEFAULT,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds to wait before giving up.")
    ] = STOP_S,
) -> None:
    """Stop the platform of a data folder, and end what an earlier one left behind.

    The data stay; `tianfu up` goes on with them.
    """
    folder = Folder.at(data)
    supervisor = holder(folder)
    if supervisor is not None:
        os.kill(supervisor, signal.SIGTERM)
        deadline = time.monotonic() + timeout
        while psutil.pid_exists(supervisor) and holder(folder) == supervisor:
            if time.monotonic() > deadline:
                raise Failure(
                    "STOP_TIMEOUT",
                    f"process {supervisor} did not stop within {timeout:.0f} s",
                    f"look at {folder.logs}; `kill -9 {supervisor}` ends it and all it started",
                )
            time.sleep(POLL_S)
        output.note(f"stopped; the data stay in {folder.root}")
    left = sweep(folder) if folder.root.exists() else 0
    if left:
        output.note(f"ended {left} processes that an earlier platform left behind")
    if supervisor is None and not left:
        output.note(f"nothing runs in {folder.root}")
