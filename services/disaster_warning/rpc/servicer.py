"""DisasterWarningService: decode, call, encode. The interceptor turns refusals into statuses."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from typing_extensions import override

from services.disaster_warning.cap.trust import TrustStore
from services.disaster_warning.geography.counties import Counties
from services.disaster_warning.model.warning import (
    Area,
    Colour,
    Content,
    HazardWarning,
    Step,
    Verdict,
)
from services.disaster_warning.ports import Desk, LiveGauges
from services.disaster_warning.rpc import values
from services.disaster_warning.rpc.lists import ReadingServicer
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import drafting, encoding, importing
from services.disaster_warning.usecases.drafting import Draft, Request
from services.plumbing.bell import Bell
from services.plumbing.clock import Clock
from services.plumbing.refusal import InvalidArgument, Refusal
from tianfu import subjects
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as pb
from tianfu.disaster_warning.v1 import warning_pb2

UPDATABLE: Final = (
    "colour",
    "area",
    "texts",
    "effective_time",
    "onset_time",
    "expire_time",
    "certainty",
)
NAMESPACE: Final = uuid.UUID("0f0b6a1e-6c0d-4d3b-8d0d-0c9a8c5f6b21")
"""Of ids that are derived from requests: a repeated request would make the same warning."""


class UpdateMaskInvalid(InvalidArgument):
    """The update mask names a field that can't be changed."""

    reason = "UPDATE_MASK_INVALID"


class NameInvalid(InvalidArgument):
    """The resource name is not a warning's."""

    reason = "NAME_INVALID"


class WarningServicer(ReadingServicer):
    """Warnings from draft to receipt, earthquakes, and the rules that decide."""

    def __init__(
        self,
        transactor: Transactor,
        desk: Desk,
        counties: Counties,
        trust: TrustStore,
        clock: Clock,
        bell: Bell,
        gauges: LiveGauges | None = None,
    ) -> None:
        super().__init__(transactor, desk, counties, clock, bell, gauges)
        self._trust = trust

    @override
    async def CreateWarning(
        self, request: pb.CreateWarningRequest, context: Any
    ) -> warning_pb2.Warning:
        """Draft a warning."""
        asked = request.warning
        values.check_times(asked)
        draft = Draft(
            warning_id=request.warning_id or _made_id(request.request_id),
            channel=encoding.CHANNELS[asked.channel],
            event_code=asked.event_code,
            content=encoding.content_from(asked),
        )
        await self._aim(draft.content.area)
        answer = await self._transactor.write(
            drafting.create,
            self._desk,
            draft,
            values.person(),
            _request(request),
            _encoded,
            now=self._clock(),
        )
        made: warning_pb2.Warning = warning_pb2.Warning.FromString(answer)
        return made

    @override
    async def ReviewWarning(
        self, request: pb.ReviewWarningRequest, context: Any
    ) -> warning_pb2.Warning:
        """Find a draft right, or send it back."""
        return await self._judged(drafting.review, request)

    @override
    async def SignWarning(
        self, request: pb.SignWarningRequest, context: Any
    ) -> warning_pb2.Warning:
        """Sign a reviewed warning off, or send it back."""
        return await self._judged(drafting.sign, request)

    async def _judged(
        self, use: Any, request: pb.ReviewWarningRequest | pb.SignWarningRequest
    ) -> warning_pb2.Warning:
        found = await self._transactor.write(
            use,
            values.last_part(request.name),
            request.etag,
            Verdict(request.verdict),
            values.person(),
            request.comment,
            now=self._clock(),
        )
        return encoding.warning_to(*found)

    @override
    async def PublishWarning(
        self, request: pb.PublishWarningRequest, context: Any
    ) -> warning_pb2.Warning:
        """Publish a warning that is signed off; again, it changes nothing."""
        found = await self._transactor.write(
            drafting.publish,
            self._desk,
            values.last_part(request.name),
            request.etag,
            values.person(),
            now=self._clock(),
        )
        return encoding.warning_to(*found)

    @override
    async def UpdateWarning(
        self, request: pb.UpdateWarningRequest, context: Any
    ) -> warning_pb2.Warning:
        """Change a draft, or draft the next version of what is published."""
        warning_id = _warning_id(request.warning.name)
        paths = set(request.update_mask.paths) or set(UPDATABLE)
        if wrong := sorted(paths - set(UPDATABLE)):
            raise UpdateMaskInvalid(
                f"{wrong[0]!r} can't be changed; {', '.join(UPDATABLE)} can", field="update_mask"
            )
        asked = values.masked(request.warning, paths)
        values.check_times(asked)
        content = encoding.content_from(asked)
        if "area" in paths:
            await self._aim(content.area)
        else:
            stored = await self._transactor.read(drafting.get_warning, warning_id)
            await self._aim(stored.content.area)

        def changed(current: Content) -> Content:
            return replace(current, **{name: getattr(content, name) for name in paths})

        answer = await self._transactor.write(
            drafting.update,
            self._desk,
            warning_id,
            asked.etag,
            changed,
            values.person(),
            _request(request),
            _encoded,
            now=self._clock(),
        )
        made: warning_pb2.Warning = warning_pb2.Warning.FromString(answer)
        return made

    @override
    async def CancelWarning(
        self, request: pb.CancelWarningRequest, context: Any
    ) -> warning_pb2.Warning:
        """Take a published warning back, or drop one that is not out."""
        found = await self._transactor.write(
            drafting.cancel,
            self._desk,
            values.last_part(request.name),
            request.etag,
            values.person(),
            request.reason,
            now=self._clock(),
        )
        return encoding.warning_to(*found)

    @override
    async def ConfirmAutomaticWarning(
        self, request: pb.ConfirmAutomaticWarningRequest, context: Any
    ) -> warning_pb2.Warning:
        """Record what people found when they reviewed a warning that a rule let out."""
        found = await self._transactor.write(
            drafting.confirm,
            self._desk,
            values.last_part(request.name),
            Verdict(request.verdict),
            values.person(),
            request.comment,
            now=self._clock(),
        )
        return encoding.warning_to(*found)

    @override
    async def ImportCap(self, request: pb.ImportCapRequest, context: Any) -> pb.ImportCapResponse:
        """Take in a foreign CAP message and draft a warning from it."""
        now = self._clock()
        # Aside, as in _aim: a document of half a megabyte takes a third of a second.
        read = await asyncio.to_thread(
            importing.judge, self._desk, request.content, self._trust, now=now
        )
        draft = importing.draft_of(read, now)
        if draft is not None:
            with contextlib.suppress(Refusal):  # which the import says as a finding
                await self._aim(draft.content.area)
        outcome = await self._transactor.write(
            importing.import_cap,
            self._desk,
            read,
            request.content,
            values.person(),
            validate_only=request.validate_only,
            now=now,
        )
        return values.import_to(outcome)

    async def _aim(self, area: Area) -> None:
        """Find an area's counties before the transaction asks for them; raise InvalidArea.

        A polygon of thousands of spikes over all counties takes seconds. No other warning, and no
        earthquake, waits for it: the transaction finds the answer remembered.
        """
        if area.polygons or area.circles:
            await asyncio.to_thread(
                self._desk.targeting.target, area, Colour.BLUE, now=self._clock()
            )


def _made_id(request_id: str) -> str:
    """Return the id of a warning that was not given one."""
    made = uuid.uuid5(NAMESPACE, request_id) if request_id else uuid.uuid4()
    return f"w-{made}"


def _warning_id(name: str) -> str:
    prefix, _, warning_id = name.partition("/")
    if prefix != "warnings" or not subjects.TOKEN_PATTERN.fullmatch(warning_id):
        raise NameInvalid("need warnings/WARNING", field="warning.name")
    return warning_id


def _request(request: pb.CreateWarningRequest | pb.UpdateWarningRequest) -> Request:
    digest = sha256(request.SerializeToString(deterministic=True)).digest()
    return Request(request.request_id, digest)


def _encoded(warning: HazardWarning, steps: Sequence[Step]) -> bytes:
    return bytes(encoding.warning_to(warning, steps).SerializeToString())
