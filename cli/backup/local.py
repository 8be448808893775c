"""The stores of a local platform: what there is to copy, and a data folder made of a backup."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cli.backup import manifest, put_back, sealing, streams, take
from cli.backup.manifest import Manifest
from cli.backup.sealing import Seal
from cli.failures import Exit, Failure
from cli.local import folder as folders
from cli.local import keys, programs, readiness, stores
from cli.local.folder import PRIVATE_FOLDER, Folder, holder, read_json
from cli.local.stack import INIT_S, SERVER_S
from cli.local.state import NATS_SERVERS, State, prepare, remembered
from cli.local.supervisor import Supervisor, sweep

ADMINISTRATOR: Final = "postgres"


def sources(folder: Folder) -> take.Sources:
    """Return what a running local platform keeps."""
    if holder(folder) is None:
        raise Failure(
            "STACK_DOWN",
            f"the platform in {folder.root} does not run, and its stores answer nobody",
            "start it with `tianfu up`; or copy the folder as it is, which is a backup too",
            status=Exit.UNAVAILABLE,
        )
    state = remembered(folder)
    return take.Sources(
        nats=_nats(folder, state, "backup"),
        database_url=stores.primary_url(folder, state, ADMINISTRATOR),
        readings_folder=folder.telemetry,
        readings_pid=_telemetry(folder, state),
        local=(folder.keys, folder.state),
    )


def _telemetry(folder: Folder, state: State) -> int | None:
    """Return the process that has the readings open: of two, the one whose turn it is."""
    if state.is_ha:
        text = programs.turn_file(folder, "telemetry").read_text(encoding="ascii").strip()
        return int(text) if text.isdigit() else None
    listed = (read_json(folder.pids) or {"processes": []})["processes"]
    return next((each["pid"] for each in listed if each["name"] == "telemetry"), None)


async def restore(
    source: Path, folder: Folder, say: Callable[[str], None], seal: Seal, *, replace: bool
) -> Manifest:
    """Make a data folder of a backup: its stores run for as long as this takes."""
    what = manifest.read(source)
    kept = source / manifest.LOCAL
    if not sealing.is_there(kept):
        raise Failure(
            "BACKUP_ELSEWHERE",
            f"{source} is not of a local platform",
            "name the stores to restore into: --nats, --database-url-file, …",
            status=Exit.USAGE,
        )
    manifest.check(source, what)
    sealing.check_key(source, sorted(what.files), seal)
    folder.make()
    with folders.locked(folder):
        sweep(folder)
        _refuse(folder, replace=replace)
        stores = [folder.nats.with_name(name) for name in NATS_SERVERS]
        for path in (folder.keys, folder.postgres, *stores, folder.telemetry, folder.edge):
            shutil.rmtree(path, ignore_errors=True)
        folder.make()
        with sealing.unpacked(kept, folder.root, seal) as there:
            shutil.copytree(there / folder.keys.name, folder.keys, dirs_exist_ok=True)
            folder.keys.chmod(PRIVATE_FOLDER)
            # What nodes enrolled with stays on them; nodes of a new folder enrol anew.
            shutil.copy2(there / folder.state.name, folder.state)
        state = prepare(folder, now_s=0, nodes=None, meters=None, new_ports=True)
        await _into_servers(source, folder, state, say, seal)
    return what


async def _into_servers(
    source: Path, folder: Folder, state: State, say: Callable[[str], None], seal: Seal
) -> None:
    supervisor = Supervisor(folder, say)
    try:
        init = stores.postgres_init(folder, state)
        if init is not None:
            await supervisor.run_once(init, INIT_S)
        stores.postgres_made(folder)
        postgres = await supervisor.start(stores.postgres(folder, state))
        await readiness.wait(postgres, readiness.postgres(folder.postgres / "data"), SERVER_S)
        servers = [await supervisor.start(each) for each in stores.nats(folder, state)]
        for nats in servers:
            health = f"http://{state.address(f'{nats.program.name} monitor')}/healthz"
            await readiness.wait(nats, readiness.http_ok(health), SERVER_S)
        targets = put_back.Targets(
            nats=_nats(folder, state, "restore"),
            database_url=stores.primary_url(folder, state, ADMINISTRATOR),
            readings_folder=folder.telemetry,
        )
        await put_back.put_back(source, targets, say, seal, replace=True)
    finally:
        await supervisor.stop()
        folder.pids.unlink(missing_ok=True)


def _refuse(folder: Folder, *, replace: bool) -> None:
    there = [path for path in (folder.postgres, folder.nats, folder.telemetry) if _filled(path)]
    if there and not replace:
        raise Failure(
            "STORE_NOT_EMPTY",
            f"there is a platform in {folder.root} already",
            "name another folder with --data, or say --replace: what is there is then gone",
            status=Exit.CONFLICT,
        )


def _filled(path: Path) -> bool:
    return path.exists() and any(path.iterdir())


def _nats(folder: Folder, state: State, role: str) -> streams.Place:
    credentials = keys.credentials_file(folder, role, keys.KEEPER)
    return streams.Place(state.nats_url, credentials, role, keys.KEEPER)
