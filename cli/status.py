"""``tianfu status``."""

from __future__ import annotations

import sys
import time
from typing import Any

import psutil
import typer

from cli import durations, output
from cli.connection import context_of, platform
from cli.failures import Exit, Failure
from cli.local.figures import memory_mb
from cli.local.folder import Folder, holder, read_json
from cli.output import Format
from tianfu.telemetry.v1 import telemetry_service_pb2

app = typer.Typer(rich_markup_mode=None)


@app.command()
def status(
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show the processes, the addresses, and how ingestion is doing.

    The exit status is 0 when the platform runs, 5 when it does not.
    """
    folder = Folder.at(data)
    context_of(data)
    supervisor = holder(folder)
    if supervisor is None:
        raise Failure(
            "STACK_DOWN",
            f"the platform in {folder.root} does not run",
            "start it with `tianfu up`",
            status=Exit.UNAVAILABLE,
        )
    record = {
        "supervisor": supervisor,
        "processes": processes(folder),
        "addresses": read_json(folder.context)["addresses"],
        "ingest": ingest(data),
    }
    if output_format is Format.JSON:
        output.one(record, output_format)
        return
    output.rows(["name", "pid", "up", "memory_mb", "restarts"], record["processes"], output_format)
    sys.stdout.write("\n")
    output.one(record["addresses"], output_format)
    sys.stdout.write("\n")
    output.one(record["ingest"], output_format)


def processes(folder: Folder) -> list[dict[str, Any]]:
    """Return what the supervisor says it runs, with what the system says of it."""
    found = []
    for entry in (read_json(folder.pids) or {"processes": []})["processes"]:
        is_there = psutil.pid_exists(entry["pid"])
        found.append(
            {
                "name": entry["name"],
                "pid": str(entry["pid"]),
                "up": durations.show(time.time() - entry["started"]) if is_there else "gone",
                "memory_mb": round(memory_mb(entry["pid"], peak=False), 1),
                "restarts": entry.get("restarts", 0),
            }
        )
    return found


def ingest(data: Any) -> dict[str, Any]:
    """Return the state of ingestion, or why there is none."""
    try:
        with platform(data) as services:
            answer = services.call(
                services.telemetry.GetIngestStatus, telemetry_service_pb2.GetIngestStatusRequest()
            )
    except Failure as failure:
        return {"unavailable": failure.reason}
    return {
        "stored_readings": answer.stored_readings,
        "readings_per_second": round(answer.readings_per_second, 1),
        "repeated_batches": answer.repeated_batches,
        "refused_batches": dict(answer.refused_batches),
        "latency_p50_ms": round(answer.latency_p50.ToTimedelta().total_seconds() * 1000, 1),
        "latency_p99_ms": round(answer.latency_p99.ToTimedelta().total_seconds() * 1000, 1),
        "pending_batches": answer.pending_batches,
        "nodes": answer.nodes,
    }
