"""``tianfu restore``."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.backup import local, put_back
from cli.backup.elsewhere import (
    ClickhouseOption,
    CredentialsOption,
    DatabaseOption,
    Elsewhere,
    NatsOption,
)
from cli.backup.sealing import Seal
from cli.local.folder import Folder

app = typer.Typer(rich_markup_mode=None)


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="A backup's folder.", exists=True)],
    identity: Annotated[
        Path | None, typer.Option(help="File with the secret key of an encrypted backup.")
    ] = None,
    data: output.DataOption = output.DATA_DEFAULT,
    nats: NatsOption = "",
    credentials: CredentialsOption = None,
    database_url_file: DatabaseOption = None,
    clickhouse_url_file: ClickhouseOption = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take away what is in the stores first.")
    ] = False,
) -> None:
    """Restore a backup into empty stores; refuses stores in which there is something.

    Stop all services first. Without --nats and the other stores it makes a local platform in the
    folder of --data, which `tianfu up` then starts. docs/disaster-recovery.md says what follows.
    """
    seal = Seal.by(identity)
    named = Elsewhere(nats, credentials, database_url_file, clickhouse_url_file)
    if named.is_named:
        targets = put_back.Targets(
            nats=named.nats("restore"),
            database_url=named.database_url,
            clickhouse_url=named.clickhouse_url,
        )
        done = asyncio.run(put_back.put_back(folder, targets, output.note, seal, replace=replace))
    else:
        done = asyncio.run(
            local.restore(folder, Folder.at(data), output.note, seal, replace=replace)
        )
    sys.stdout.write(json.dumps({"point": done.point, "streams": len(done.streams)}) + "\n")
