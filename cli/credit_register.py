"""``tianfu credit import`` and ``publish``: registers from CSV, beacons from files."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli import output
from cli.connection import LONG_DEADLINE_S, platform
from cli.failures import Exit, Failure
from cli.names import resource_name
from cli.register_csv import Encoding, Item, fault, items_of
from tianfu import inspection_beacon
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as messages
from tianfu.credit_supervision.v1 import draw_pb2, entity_pb2
from tianfu.inspection_beacon import BeaconRefused

ROLE: Final = "supervisor"
BATCH: Final = 5_000
"""Rows of a call: as many as the service takes, half a megabyte."""

BATCH_BYTES: Final = 2 << 20
"""Of a call: half of what gRPC takes, with names as long as they may be."""

FAULTS_NAME: Final = "line,field,reason,message"

Send = Callable[[Sequence[entity_pb2.EntityRow]], Iterable[entity_pb2.RowFault]]
"""Sends rows, and returns the faults among them."""

Tell = Callable[[entity_pb2.RowFault], None]


@dataclass
class Count:
    """What has become of a register so far: rows that were taken, and rows that were not."""

    accepted: int = 0
    refused: int = 0
    last_line: int = 0
    """Up to which all lines are either in or told of."""

    def shown(self) -> dict[str, Any]:
        """Return it as it is printed."""
        total = self.accepted + self.refused
        return {"rows": total, "accepted": self.accepted, "refused": self.refused}


def send_all(items: Iterable[Item], send: Send, tell: Tell, count: Count) -> Iterator[Count]:
    """Send rows in calls that the service takes, tell of each fault; yield after each call.

    A code that a row before was taken with is a fault, however far apart the two stand.
    """
    taken: dict[str, int] = {}
    for batch in batches_of(items):
        rows: list[entity_pb2.EntityRow] = []
        faults: list[entity_pb2.RowFault] = []
        for item in batch:
            if isinstance(item, entity_pb2.RowFault):
                faults.append(item)
                continue
            earlier = taken.get(code_of(item))
            if earlier is None:
                rows.append(item)
            else:
                faults.append(fault(item.line, "code", "CODE_TWICE", f"stands in line {earlier}"))
        if rows:
            refused = list(send(rows))
            faults += refused
            lines = {each.line for each in refused}
            taken.update((code_of(row), row.line) for row in rows if row.line not in lines)
        for each in sorted(faults, key=lambda one: one.line):
            tell(each)
        count.refused += len(faults)
        count.accepted += len(batch) - len(faults)
        count.last_line = batch[-1].line
        yield count


def batches_of(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield items in lists of as many as a call takes."""
    batch: list[Item] = []
    size = 0
    for item in items:
        length = item.ByteSize()
        if batch and (len(batch) == BATCH or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += length
    if batch:
        yield batch


def code_of(row: entity_pb2.EntityRow) -> str:
    """Return a row's code as the service compares it."""
    return row.code.strip().upper()


def import_register(
    data: Path, file: Path, faults: Path | None, encoding: Encoding = Encoding.UTF_8
) -> dict[str, Any]:
    """Send a register to the service; return how many rows there were, were taken and were not.

    ``faults`` gets a line for each row that was not, as it is found. Nothing is lost: taken and
    not taken are all, and what ends it before says up to which line that holds.
    """
    count = Count()
    with ExitStack() as stack:
        services = stack.enter_context(platform(data, ROLE))
        tell = stack.enter_context(fault_writer(faults))

        def send(rows: Sequence[entity_pb2.EntityRow]) -> Iterable[entity_pb2.RowFault]:
            request = messages.ImportEntitiesRequest(rows=rows)
            answer = services.call(
                services.credit.ImportEntities, request, deadline_s=LONG_DEADLINE_S
            )
            found: Iterable[entity_pb2.RowFault] = answer.faults
            return found

        try:
            for done in send_all(items_of(file, encoding), send, tell, count):
                if sys.stderr.isatty():
                    total = done.accepted + done.refused
                    sys.stderr.write(f"\r{total:,} rows, {done.refused:,} not taken")
        finally:
            if sys.stderr.isatty():
                output.note("")
            if sys.exc_info()[0] is not None and count.last_line:
                output.note(
                    f"up to line {count.last_line} every row is in, or told of; "
                    "import the file again: what is in stays as it is"
                )
    return count.shown()


@contextmanager
def fault_writer(faults: Path | None) -> Iterator[Tell]:
    """Give a function that writes a fault into a file, or to stderr."""
    if faults is None:
        yield lambda each: output.note(
            f"line {each.line}: {each.field or 'row'}: {each.message} [{each.reason}]"
        )
        return
    with faults.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(FAULTS_NAME.split(","))

        def write(each: entity_pb2.RowFault) -> None:
            writer.writerow((each.line, each.field, each.reason, each.message))

        yield write


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
        "state": _state(done),
        "visits": done.visit_count,
        "commitment": done.commitment,
    }


def void_draw(data: Path, draw: str, reason: str, person: str) -> dict[str, Any]:
    """End a draw without a proof; return what is kept of it."""
    request = messages.VoidDrawRequest(name=resource_name("draws", draw), reason=reason)
    with platform(data, ROLE, person) as services:
        done = services.call(services.credit.VoidDraw, request)
    return {
        "draw": draw,
        "state": _state(done),
        "void_time": done.void_time.ToJsonString(),
        "void_reason": done.void_reason,
        "named": ", ".join(done.named_departments),
    }


def _state(draw: draw_pb2.Draw) -> str:
    name: str = draw_pb2.DrawState.Name(draw.state)
    return name.removeprefix("DRAW_STATE_").lower()
