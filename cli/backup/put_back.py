"""Restore a backup into stores that are empty, or are to be replaced."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cli.backup import database, manifest, readings, sealing, streams
from cli.backup.manifest import Manifest
from cli.backup.sealing import Seal
from cli.failures import Exit, Failure


@dataclass(frozen=True)
class Targets:
    """The stores to restore into. What is None is left alone."""

    nats: streams.Place | None
    database_url: str | None
    readings_folder: Path | None = None
    clickhouse_url: str | None = None


async def put_back(
    folder: Path, targets: Targets, say: Callable[[str], None], seal: Seal, *, replace: bool
) -> Manifest:
    """Restore a backup; nothing is changed unless it is whole and every target may be filled.

    No service may run meanwhile. One that is killed here is begun anew with ``replace``.
    """
    what = manifest.read(folder)
    await asyncio.to_thread(manifest.check, folder, what)
    await asyncio.to_thread(sealing.check_key, folder, sorted(what.files), seal)
    server = None if targets.database_url is None else database.Server.of(targets.database_url)
    if not replace:
        await _refuse_what_is_filled(targets, server)
    if server is not None and sealing.is_there(folder / manifest.DATABASE):
        with sealing.reading(folder / manifest.DATABASE, seal) as file:
            await asyncio.to_thread(database.restore, server, file, what.owners, replace=replace)
        say("postgresql: restored")
    if targets.readings_folder is not None and sealing.is_there(folder / manifest.READINGS):
        shutil.rmtree(targets.readings_folder, ignore_errors=True)
        source = folder / manifest.READINGS
        await asyncio.to_thread(sealing.unpack, source, targets.readings_folder, seal)
        say("readings: restored")
    if targets.clickhouse_url is not None and (folder / manifest.TABLES).exists():
        url, source = targets.clickhouse_url, folder / manifest.TABLES
        await asyncio.to_thread(readings.load, url, source, seal, replace=replace)
        say("readings: restored")
    if targets.nats is not None:
        await _streams(folder, what, targets.nats, say, seal)
    return what


async def _refuse_what_is_filled(targets: Targets, server: database.Server | None) -> None:
    filled = []
    if server is not None and not await asyncio.to_thread(database.is_empty, server):
        filled.append(f"database {server.database} at {server.host}:{server.port}")
    place = targets.readings_folder
    if place is not None and place.exists() and any(place.iterdir()):
        filled.append(f"readings in {place}")
    url = targets.clickhouse_url
    if url is not None and not await asyncio.to_thread(readings.is_empty, url):
        filled.append("readings in ClickHouse")
    if targets.nats is not None:
        async with streams.connected(targets.nats) as client:
            filled += [f"stream {one.name}" for one in await streams.listed(client)]
    if filled:
        raise Failure(
            "STORE_NOT_EMPTY",
            f"there is something already: {', '.join(filled)}",
            "restore beside it, or say --replace: what is there is then gone",
            status=Exit.CONFLICT,
        )


async def _streams(
    folder: Path, what: Manifest, place: streams.Place, say: Callable[[str], None], seal: Seal
) -> None:
    async with streams.connected(place) as client:
        await streams.remove(client, [one.name for one in await streams.listed(client)])
        for one in what.streams:
            config = streams.config_here(one.config, is_cluster=streams.is_cluster(client))
            stream = streams.Stream(one.name, config, one.state)
            with sealing.reading(folder / manifest.STREAMS / one.name, seal) as file:
                await streams.restore(client, stream, file)
            if one.floors is not None:
                await streams.set_back(client, one.name, one.floors)
            say(f"stream {one.name}: {one.state['messages']:,} messages")
