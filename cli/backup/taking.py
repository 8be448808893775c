"""``tianfu backup``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import output
from cli.backup import local, take
from cli.backup.elsewhere import (
    ClickhouseOption,
    CredentialsOption,
    DatabaseOption,
    Elsewhere,
    NatsOption,
)
from cli.backup.sealing import Seal
from cli.local.folder import Folder

OUT_DEFAULT: Final = Path("backups")

app = typer.Typer(rich_markup_mode=None)


@app.command()
def backup(
    out: Annotated[Path, typer.Option(help="Folder that backups are kept in.")] = OUT_DEFAULT,
    keep: Annotated[int, typer.Option(min=1, help="How many are kept; older ones go.")] = 7,
    recipient: Annotated[
        list[str] | None,
        typer.Option(help="Encrypt to this public key of age (`tianfu keys backup`); repeatable."),
    ] = None,
    data: output.DataOption = output.DATA_DEFAULT,
    nats: NatsOption = "",
    credentials: CredentialsOption = None,
    database_url_file: DatabaseOption = None,
    clickhouse_url_file: ClickhouseOption = None,
) -> None:
    """Copy every store of a running platform, as of one point; prints the backup's folder.

    Nothing is stopped, but for some milliseconds of the telemetry service where readings are kept
    within it. What was acknowledged before the point is in the backup. Without --nats and the other
    stores it is the local platform of --data, its keys included: keep it as safe as those. With
    --recipient nothing of it reaches the disk in the clear, and only the key's file opens it.
    """
    seal = Seal.to(recipient or [])
    named = Elsewhere(nats, credentials, database_url_file, clickhouse_url_file)
    if named.is_named:
        sources = take.Sources(
            nats=named.nats("backup"),
            database_url=named.database_url,
            clickhouse_url=named.clickhouse_url,
        )
    else:
        sources = local.sources(Folder.at(data))
    made = asyncio.run(take.take(sources, out, output.note, seal))
    for gone in take.forget(out, keep):
        output.note(f"removed {gone}")
    sys.stdout.write(f"{made}\n")
