"""What nodes fetch by its sum: kept in parts in a key-value bucket, the record last.

The record is the commit: without it there is no artifact, however many parts are there. Parts are
written before it and may be written again, since their key is the sum of the whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import nats.errors
import nats.js.errors
from google.protobuf.message import DecodeError
from nats.aio.client import Client

from services.plumbing.clock import Clock
from services.plumbing.refusal import InvalidArgument, NotFound, ResourceExhausted, Unavailable
from services.plumbing.streams import jetstream
from tianfu import subjects
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb

PART_BYTES: Final = 128 << 10
"""Of one part: a slow link fetches it within a request's deadline, and NATS takes it as it is."""

ARTIFACT_BYTES_MAX: Final = 64 << 20
"""Of one artifact: more than a program for a gateway should be."""

BUCKET_BYTES: Final = 2 << 30
"""Of all artifacts."""

RECEIVE_S: Final = 120.0
"""Until an upload is here, or given up: one at a time is held in memory."""

CLOSED: Final = 10077
FULL_CODES: Final = frozenset({10047, 10122, CLOSED})
"""JetStream's codes for: no space for this message."""


class ArtifactUnknown(NotFound):
    """No artifact of this sum is kept."""

    reason = "ARTIFACT_UNKNOWN"


class ArtifactSumWrong(InvalidArgument):
    """The bytes are not those of the sum."""

    reason = "ARTIFACT_SUM_WRONG"


class ArtifactTooLarge(InvalidArgument):
    """There are more bytes than an artifact may have."""

    reason = "ARTIFACT_TOO_LARGE"


class ArtifactNameMissing(InvalidArgument):
    """The first part names no artifact, or a later one another."""

    reason = "ARTIFACT_NAME_MISSING"


class ArtifactsFull(ResourceExhausted):
    """There is no more space for artifacts."""

    reason = "ARTIFACTS_FULL"


class ArtifactsUnavailable(Unavailable):
    """NATS does not take or give parts now."""

    reason = "ARTIFACTS_UNAVAILABLE"


@dataclass(frozen=True)
class Kept:
    """An artifact that is kept."""

    sha256: str
    size_bytes: int
    create_time: datetime


class Artifacts:
    """Takes and finds artifacts."""

    def __init__(self, link: Client, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._turn = asyncio.Lock()

    async def find(self, digest: str) -> Kept:
        """Return an artifact's record; raise ArtifactUnknown."""
        subject = subjects.artifact_get(digest)
        try:
            answer = await self._link.request(subject, b"", timeout=10)
        except (nats.errors.Error, TimeoutError) as error:
            raise ArtifactsUnavailable("artifacts can't be looked up now; try again") from error
        if "Status" in (answer.headers or {}):
            raise ArtifactUnknown(
                f"no artifact of sum {digest} is kept; upload it first", field="name"
            )
        record = service_pb.Artifact()
        try:
            record.ParseFromString(answer.data)
        except DecodeError as error:
            raise ArtifactsUnavailable("the artifact's record is damaged") from error
        when = record.create_time.ToDatetime(tzinfo=UTC)
        return Kept(digest, record.size_bytes, when)

    async def take(self, parts: AsyncIterator[service_pb.UploadArtifactRequest]) -> Kept:
        """Keep what is uploaded, or find that it is kept already."""
        async with self._turn, asyncio.timeout(RECEIVE_S):
            digest, data = await _received(parts)
            try:
                return await self.find(digest)
            except ArtifactUnknown:
                return await self._keep(digest, data)

    async def _keep(self, digest: str, data: bytes) -> Kept:
        js = jetstream(self._link)
        kept = Kept(digest, len(data), self._clock())
        record = service_pb.Artifact(name=f"artifacts/{digest}", size_bytes=len(data))
        record.create_time.FromDatetime(kept.create_time)
        try:
            for number, start in enumerate(range(0, len(data), PART_BYTES)):
                part = data[start : start + PART_BYTES]
                await js.publish(subjects.artifact_key(digest, number), part)
            await js.publish(subjects.artifact_key(digest), record.SerializeToString())
        except nats.js.errors.APIError as error:
            if error.err_code in FULL_CODES:
                raise ArtifactsFull(f"there is no space for {len(data)} bytes more") from error
            raise ArtifactsUnavailable("NATS does not take the artifact now; try again") from error
        except (nats.errors.Error, nats.js.errors.Error, TimeoutError) as error:
            raise ArtifactsUnavailable("NATS does not take the artifact now; try again") from error
        return kept


async def _received(
    parts: AsyncIterator[service_pb.UploadArtifactRequest],
) -> tuple[str, bytes]:
    """Return the sum and the bytes that belong to it."""
    name, data = "", bytearray()
    async for part in parts:
        name = name or part.name
        if not name or part.name not in {"", name}:
            raise ArtifactNameMissing("the first part has to name artifacts/SHA256", field="name")
        data += part.data
        if len(data) > ARTIFACT_BYTES_MAX:
            raise ArtifactTooLarge(f"more than {ARTIFACT_BYTES_MAX} bytes", field="data")
    if not name:
        raise ArtifactNameMissing("the first part has to name artifacts/SHA256", field="name")
    wanted, found = name.removeprefix("artifacts/"), sha256(data).hexdigest()
    if found != wanted:
        raise ArtifactSumWrong(f"the sum of the bytes is {found}", field="name")
    return wanted, bytes(data)
