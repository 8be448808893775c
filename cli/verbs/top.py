"""``tianfu top``: which nodes send how much just now, and whether it arrives."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import grpc
import typer

from cli import durations, output
from cli.connection import ROLE_DEFAULT, Platform, platform
from cli.failures import Exit, Failure
from cli.names import words
from cli.output import Format
from tianfu.fleet.v1 import fleet_service_pb2, node_pb2
from tianfu.telemetry.v1 import telemetry_pb2, telemetry_service_pb2

PAGE: Final = 1_000
INTERVAL_S: Final = 2.0
COLUMNS: Final = (
    "node",
    "presence",
    "readings_per_s",
    "stored",
    "in_flight",
    "dropped",
    "missing_batches",
    "silent",
)
SORTS: Final = {
    "rate": "readings_per_s",
    "in-flight": "in_flight",
    "dropped": "dropped",
    "missing": "missing_batches",
    "node": "node",
}
HEADER_LINES: Final = 4
"""Of the live view: two of ingestion, one empty, the table's heading."""

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@dataclass(frozen=True)
class Look:
    """What was seen at one moment."""

    at_s: float
    """Seconds of a clock that never goes back."""
    moment: datetime
    accounts: Mapping[str, telemetry_pb2.Delivery]
    presence: Mapping[str, str]
    ingest: telemetry_pb2.IngestStatus


@app.command()
def top(
    sort: Annotated[str, typer.Option(help=f"By what: {', '.join(SORTS)}.")] = "rate",
    interval: Annotated[
        float, typer.Option(min=0.2, max=60, help="Seconds between looks.")
    ] = INTERVAL_S,
    rows: Annotated[
        int, typer.Option(min=0, help="How many nodes; 0 is as many as the terminal holds.")
    ] = 0,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
    *,
    once: Annotated[bool, typer.Option("--once", help="Look twice, print once, and end.")] = False,
) -> None:
    """Show the nodes by readings a second, live until Ctrl-C.

    Rates are of the time between two looks. Where stdout is no terminal, or with -o json, it is
    printed once.
    """
    if sort not in SORTS:
        raise Failure(
            "SORT_UNKNOWN",
            f"{sort!r} is none of {', '.join(SORTS)}",
            status=Exit.USAGE,
        )
    live = sys.stdout.isatty() and not once and output_format is Format.TABLE
    with output.until_interrupted(), platform(data, role) as services:
        before = look(services)
        if not live:
            time.sleep(interval)
            now = look(services)
            _print_once(before, now, sort, rows, output_format)
            return
        with _screen():
            while True:
                time.sleep(interval)
                now = look(services)
                sys.stdout.write("\x1b[H" + view(before, now, sort, rows or _height()) + "\x1b[J")
                sys.stdout.flush()
                before = now


def look(services: Platform) -> Look:
    """Return what the services say now; without the fleet, nothing of presence."""
    listed = telemetry_service_pb2.ListDeliveriesRequest(page_size=PAGE)
    accounts = services.every(services.telemetry.ListDeliveries, listed)
    asked = telemetry_service_pb2.GetIngestStatusRequest()
    ingest = services.call(services.telemetry.GetIngestStatus, asked)
    try:
        nodes = services.every(
            services.fleet.ListNodes, fleet_service_pb2.ListNodesRequest(page_size=PAGE)
        )
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        nodes = []
    presence = {
        each.name.removeprefix("nodes/"): words(node_pb2.Presence, each.presence, "PRESENCE_")
        for each in nodes
    }
    return Look(
        time.monotonic(),
        datetime.now(UTC),
        {each.name.split("/")[1]: each for each in accounts},
        presence,
        ingest,
    )


def records(before: Look, now: Look, sort: str) -> list[dict[str, Any]]:
    """Return a record of each node, the one with most of what is sorted by first."""
    seconds = max(now.at_s - before.at_s, 1e-9)
    found = []
    for node in sorted(now.accounts.keys() | now.presence.keys()):
        account = now.accounts.get(node) or telemetry_pb2.Delivery()
        earlier = before.accounts.get(node)
        stored = account.stored - earlier.stored if earlier is not None else 0
        silent = ""
        if account.HasField("store_time"):
            ago = now.moment - account.store_time.ToDatetime(UTC)
            silent = durations.show(max(0.0, ago.total_seconds()))
        found.append(
            {
                "node": node,
                "presence": now.presence.get(node, ""),
                "readings_per_s": round(stored / seconds, 1),
                "stored": account.stored,
                "in_flight": account.in_flight,
                "dropped": account.dropped,
                "missing_batches": account.missing_batches,
                "silent": silent,
            }
        )
    column = SORTS[sort]
    return found if column == "node" else sorted(found, key=lambda each: -each[column])


def view(before: Look, now: Look, sort: str, rows: int) -> str:
    """Return the live view: how ingestion is doing, and the nodes that fit."""
    found = records(before, now, sort)
    ingest = now.ingest
    online = sum(1 for each in now.presence.values() if each == "online")
    p50, p99 = (
        each.ToTimedelta().total_seconds() * 1000
        for each in (ingest.latency_p50, ingest.latency_p99)
    )
    head = [
        (
            f"{now.moment:%H:%M:%SZ}  {online} of {len(now.presence)} nodes online, "
            f"{len(now.accounts)} with an account"
        ),
        (
            f"{ingest.readings_per_second:,.0f} readings/s stored, queryable after {p50:.0f} ms "
            f"(p99 {p99:.0f} ms), {ingest.pending_batches:,} batches wait"
        ),
        "",
    ]
    left = len(found) - rows
    more = [f"and {left} more"] if left > 0 else []
    lines = [*head, *_table(found[:rows]).splitlines(), *more]
    # Each line is cleared to its end: what stood there before may have been longer.
    return "".join(f"{line}\x1b[K\n" for line in lines)


def _print_once(before: Look, now: Look, sort: str, rows: int, output_format: Format) -> None:
    found = records(before, now, sort)
    output.rows(COLUMNS, found[: rows or len(found)], output_format)


def _table(found: Sequence[Mapping[str, Any]]) -> str:
    text = [[output.cell(each[column]) for column in COLUMNS] for each in found]
    return output.table([column.replace("_", " ") for column in COLUMNS], text)


def _height() -> int:
    return max(1, shutil.get_terminal_size().lines - HEADER_LINES - 2)


@contextmanager
def _screen() -> Iterator[None]:
    """Use the terminal's other screen without a cursor, and give back the first as it was."""
    sys.stdout.write("\x1b[?1049h\x1b[?25l")
    try:
        yield
    finally:
        sys.stdout.write("\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()
