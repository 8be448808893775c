"""``tianfu credit import`` and ``publish``: registers from CSV, beacons from files."""

from __future__ import annotations

import csv
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cli import output
from cli.connection import LONG_DEADLINE_S, platform
from cli.failures import Exit, Failure
from cli.names import resource_name
from tianfu import inspection_beacon
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as messages
from tianfu.credit_supervision.v1 import draw_pb2, entity_pb2
from tianfu.inspection_beacon import BeaconRefused

ROLE: Final = "supervisor"
BATCH: Final = 5_000
"""Rows of a call: as many as the service takes, half a megabyte."""

COLUMNS: Final = ("code", "title", "place_code", "risk_class")
OPTIONAL: Final = ("successor",)
FAULTS_NAME: Final = "line,field,reason,message"


def rows_of(file: Path) -> Iterator[entity_pb2.EntityRow]:
    """Yield the rows of a CSV in UTF-8 with a header; raise Failure for one without the columns."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            missing = [each for each in COLUMNS if each not in (reader.fieldnames or ())]
            if missing:
                raise Failure(
                    "COLUMN_MISSING",
                    f"{file}: no column {missing[0]!r}",
                    f"the first line names the columns: {','.join((*COLUMNS, *OPTIONAL))}",
                    status=Exit.USAGE,
                )
            for row in reader:
                values = {name: row.get(name) or "" for name in (*COLUMNS, *OPTIONAL)}
                yield entity_pb2.EntityRow(line=reader.line_num, **values)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Failure(
            "REGISTER_UNREADABLE", f"{file}: {error}", "need a CSV in UTF-8", status=Exit.USAGE
        ) from error


def import_register(data: Path, file: Path, faults: Path | None) -> dict[str, Any]:
    """Send a register to the service; return how many rows there were, were taken and were not.

    ``faults`` gets a line for each row that was not. Nothing is lost: taken and not taken are all.
    """
    total = accepted = 0
    refused: list[entity_pb2.RowFault] = []
    rows = rows_of(file)
    with platform(data, ROLE) as services:
        while batch := list(itertools.islice(rows, BATCH)):
            request = messages.ImportEntitiesRequest(rows=batch)
            answer = services.call(
                services.credit.ImportEntities, request, deadline_s=LONG_DEADLINE_S
            )
            total += len(batch)
            accepted += answer.accepted_count
            refused += answer.faults
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{total:,} rows, {len(refused):,} not taken")
    if sys.stderr.isatty():
        output.note("")
    if faults is not None:
        with faults.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(FAULTS_NAME.split(","))
            writer.writerows((f.line, f.field, f.reason, f.message) for f in refused)
    for fault in refused[: 0 if faults else len(refused)]:
        output.note(f"line {fault.line}: {fault.field}: {fault.message} [{fault.reason}]")
    return {"rows": total, "accepted": accepted, "refused": len(refused)}


def signature_of(file: Path) -> tuple[int, bytes]:
    """Return round and signature of a beacon's file; raise Failure unless quicknet signed it."""
    try:
        content = json.loads(file.read_bytes())
        number, signature = int(content["round"]), bytes.fromhex(content["signature"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(
            "BEACON_UNREADABLE",
            f"{file}: {error}",
            "need JSON with round and signature, as drand's API gives a round of quicknet",
            status=Exit.USAGE,
        ) from error
    try:
        inspection_beacon.quicknet_randomness(number, signature)
    except BeaconRefused as refused:
        raise Failure(refused.reason, f"{file}: {refused}", status=Exit.CONFLICT) from refused
    return number, signature


def publish_draw(data: Path, draw: str, beacon: Path | None) -> dict[str, Any]:
    """Publish a draw; return what it came to."""
    name, signature = resource_name("draws", draw), b""
    with platform(data, ROLE) as services:
        if beacon is not None:
            number, signature = signature_of(beacon)
            declared = services.call(services.credit.GetDraw, messages.GetDrawRequest(name=name))
            if declared.quicknet_round != number:
                raise Failure(
                    "BEACON_REFUSED",
                    f"{beacon} is of round {number}; {draw} waits for {declared.quicknet_round}",
                    status=Exit.CONFLICT,
                )
        request = messages.PublishDrawRequest(name=name, beacon_signature=signature)
        done = services.call(services.credit.PublishDraw, request, deadline_s=LONG_DEADLINE_S)
    return {
        "draw": draw,
        "state": draw_pb2.DrawState.Name(done.state).removeprefix("DRAW_STATE_").lower(),
        "visits": done.visit_count,
        "commitment": done.commitment,
    }
