"""Take a backup: see the package for the order, and why it is that one."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from nats.aio.client import Client

from cli.backup import database, manifest, readings, sealing, streams
from cli.backup.manifest import Manifest, StreamCopy
from cli.backup.sealing import Seal
from cli.failures import Exit, Failure
from cli.local.folder import PRIVATE_FOLDER

PARTIAL: Final = ".partial"
"""Ends the name of a folder that is being written, or was when its writer died."""

PREFIX: Final = "tianfu-"
STAMP: Final = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class Sources:
    """The stores of a platform. What is None is not kept by it, or not here."""

    nats: streams.Place | None
    database_url: str | None
    # The embedded engine's folder, and the process that has it.
    readings_folder: Path | None = None
    readings_pid: int | None = None
    # A ClickHouse, as http://USER:PASSWORD@HOST:8123.
    clickhouse_url: str | None = None
    # Files and folders that are copied as they are, to LOCAL.
    local: Sequence[Path] = ()


PLAIN: Final = Seal()


async def take(
    sources: Sources, into: Path, say: Callable[[str], None], seal: Seal = PLAIN
) -> Path:
    """Write a backup into a folder of its own below ``into``; return that folder."""
    now = datetime.now(UTC)
    final = into / f"{PREFIX}{now.strftime(STAMP)}"
    partial = final.with_name(final.name + PARTIAL)
    _make(partial)
    try:
        found = await _copy(sources, partial, say, seal)
        done = Manifest(
            version=manifest.VERSION,
            tianfu=version("tianfu"),
            point=now.isoformat(),
            finished=datetime.now(UTC).isoformat(),
            streams=found[0],
            owners=found[1],
            files=await asyncio.to_thread(manifest.digests, partial),
            recipients=seal.public_keys,
        )
        await asyncio.to_thread(_to_disk, partial)
        done.write(partial)
        partial.rename(final)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return final


def _make(partial: Path) -> None:
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir(mode=PRIVATE_FOLDER)
    except OSError as error:
        raise Failure(
            "BACKUP_UNWRITABLE",
            f"{partial.parent}: {error.strerror}",
            "choose another folder with --out",
            status=Exit.USAGE,
        ) from error


def forget(into: Path, keep: int) -> list[str]:
    """Remove all backups of a folder but the newest, and what was never finished."""
    folders = sorted(path for path in into.glob(f"{PREFIX}*") if path.is_dir())
    complete = [path for path in folders if (path / manifest.NAME).exists()]
    gone = [path for path in folders if path not in complete[-keep:]]
    for path in gone:
        shutil.rmtree(path)
    return [path.name for path in gone]


async def _copy(
    sources: Sources, folder: Path, say: Callable[[str], None], seal: Seal
) -> tuple[list[StreamCopy], list[str]]:
    if sources.nats is None:
        return [], await _stores(sources, folder, say, seal)
    place = folder / manifest.STREAMS
    place.mkdir()
    async with streams.connected(sources.nats) as client:
        there = await streams.listed(client)
        limited = [one.name for one in there if not one.is_taken]
        floors = {name: await streams.floors(client, name) for name in limited}
        taken = [one.name for one in there if one.is_taken]
        found = await _snapshots(client, taken, place, {}, say, seal)
        owners = await _stores(sources, folder, say, seal)
        # One that was made meanwhile is taken too: an outbox may have sent to it.
        known = {one.name for one in there}
        late = [one.name for one in await streams.listed(client) if one.name not in known]
        found += await _snapshots(client, [*limited, *late], place, floors, say, seal)
    return found, owners


async def _snapshots(
    client: Client,
    names: Sequence[str],
    place: Path,
    floors: dict[str, dict[str, int]],
    say: Callable[[str], None],
    seal: Seal,
) -> list[StreamCopy]:
    found = []
    for name in names:
        with sealing.writing(place / name, seal) as file:
            one = await streams.snapshot(client, name, file)
        found.append(StreamCopy(name, one.config, one.state, floors.get(name)))
        say(f"stream {name}: {one.state['messages']:,} messages")
    return found


async def _stores(
    sources: Sources, folder: Path, say: Callable[[str], None], seal: Seal
) -> list[str]:
    owners: list[str] = []
    if sources.database_url is not None:
        server = database.Server.of(sources.database_url)
        with sealing.writing(folder / manifest.DATABASE, seal) as file:
            owners = await asyncio.to_thread(database.dump, server, file)
        say(f"postgresql: {_size(folder, manifest.DATABASE):,} bytes")
    if sources.readings_folder is not None and sources.readings_folder.exists():
        target = folder / manifest.READINGS
        stopped_s = await asyncio.to_thread(
            readings.copy_folder, sources.readings_folder, target, sources.readings_pid, seal
        )
        say(f"readings: copied; telemetry was stopped for {stopped_s * 1000:.0f} ms")
    if sources.clickhouse_url is not None:
        target = folder / manifest.TABLES
        await asyncio.to_thread(readings.export, sources.clickhouse_url, target, seal)
        say("readings: every table of ClickHouse")
    if sources.local:
        named = {path.name: path for path in sources.local}
        await asyncio.to_thread(sealing.pack, named, folder / manifest.LOCAL, seal)
    return owners


def _size(folder: Path, name: str) -> int:
    """Return the bytes of a file, encrypted or not."""
    return sum(each.stat().st_size for each in folder.glob(f"{name}*"))


def _to_disk(folder: Path) -> None:
    """Have every file on the disk before the manifest says that it is there."""
    for base, _, names in os.walk(folder):
        for path in (Path(base), *(Path(base) / name for name in names)):
            if path.is_symlink():
                continue
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
