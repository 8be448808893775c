"""Batches that come by gRPC, from sources without NATS: checked, then put into the stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from services.plumbing.refusal import InvalidArgument, PermissionDenied, Refusal
from services.plumbing.tokens import Principal
from services.telemetry.ports import Publisher
from tianfu import batch_decoder, subjects
from tianfu.authz.v1 import authz_pb2
from tianfu.batch_decoder import InvalidBatch
from tianfu.batch_limits import PAYLOAD_BYTES_MAX
from tianfu.reading.v1 import reading_batch_pb2 as pb

IN_FLIGHT_MAX: Final = 64
"""Batches of one call on their way into the stream: 10 MB at most, and a server's round trip of a
millisecond still lets 64,000 batches a second through."""

HEADERS: Final = {"content-type": "application/x-protobuf"}


class BatchRefused(InvalidArgument):
    """A batch is not sound. ``reason`` is that of the batch decoder."""

    reason = "BATCH_INVALID"


class NodeNotCaller(PermissionDenied):
    """A source sends for a node that it is not."""

    reason = "NODE_NOT_CALLER"


@dataclass
class Taken:
    """What is durable in the stream."""

    batches: int = 0
    readings: int = 0


async def take_in(
    batches: AsyncIterator[pb.ReadingBatch], publisher: Publisher, caller: Principal
) -> Taken:
    """Publish every batch; return when the stream has them all.

    A source sends for the node that its token's subject names, ``ID`` or ``nodes/ID``, as a node
    on NATS has its own subject alone; a service (a gateway of sources) for any.

    The first that is refused, here or by the stream, ends the call; those before it may be in the
    stream, and have no second effect when they come again.
    """
    taken = Taken()
    slots = asyncio.Semaphore(IN_FLIGHT_MAX)

    async def put(header: pb.ReadingBatch, payload: bytes) -> None:
        node = subjects.NodeId(header.node)
        # The same id as the node itself would give: see the contract of the stream.
        msg_id = f"{node}-{header.epoch:x}-{header.sequence}"
        try:
            await publisher.publish(subjects.reading(node), payload, msg_id, HEADERS)
        finally:
            slots.release()
        taken.batches += 1
        taken.readings += header.count

    try:
        async with asyncio.TaskGroup() as group:
            async for header in batches:
                payload = sound(header)
                allow(header, caller)
                await slots.acquire()
                group.create_task(put(header, payload))
    except BaseExceptionGroup as errors:
        raise _first(errors) from errors
    return taken


def allow(header: pb.ReadingBatch, caller: Principal) -> None:
    """Raise NodeNotCaller unless the caller may send this node's readings."""
    if authz_pb2.ROLE_SERVICE in caller.roles:
        return
    if caller.subject.removeprefix("nodes/") != header.node:
        raise NodeNotCaller(
            f"batch {header.sequence}: nodes/{header.node} is not the caller; a source sends for "
            "the node that its token's subject names; nothing from this batch on was taken in",
            field="batch.node",
            metadata={"node": header.node, "sequence": str(header.sequence)},
        )


def sound(header: pb.ReadingBatch) -> bytes:
    """Return a sound batch's bytes, the same each time; raise BatchRefused for any other."""
    try:
        batch_decoder.checked(header)
    except InvalidBatch as error:
        raise _refused(header, error.reason, str(error)) from error
    payload: bytes = header.SerializeToString(deterministic=True)
    if len(payload) > PAYLOAD_BYTES_MAX:
        text = f"{len(payload)} bytes; at most {PAYLOAD_BYTES_MAX} are allowed"
        raise _refused(header, "BATCH_TOO_LARGE", text)
    return payload


def _refused(header: pb.ReadingBatch, reason: str, text: str) -> BatchRefused:
    return _refusal(reason)(
        f"batch {header.sequence}: {text}; nothing from this batch on was taken in",
        field="batch",
        metadata={"sequence": str(header.sequence)},
    )


@cache
def _refusal(reason: str) -> type[BatchRefused]:
    """Return the refusal of a reason code; there are as many as the decoder has reasons."""
    return type("BatchRefused", (BatchRefused,), {"reason": reason})


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the refusal among what ended the tasks, or else whatever came first."""
    leaves = [_first(e) if isinstance(e, BaseExceptionGroup) else e for e in errors.exceptions]
    return next((e for e in leaves if isinstance(e, Refusal)), leaves[0])
