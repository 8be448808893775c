"""Hear of setpoints, carry them out in time, and say what became of them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import nats.errors

from edge import bucket_key
from edge.clock import Clock
from edge.counters import Counters
from edge.link import Session, Work
from edge.setpoint_settings import SetpointSettings
from edge.setpoints import actuators, sheet
from edge.setpoints.actuators import Actuator, ActuatorFailed
from edge.setpoints.decide import Setpoint, Verdict, decide
from edge.setpoints.journal import SetpointJournal
from edge.setpoints.sheet import PinnedKey, Sheet, SheetRefused
from tianfu import subjects, tasks
from tianfu.energy.v1 import setpoint_pb2 as pb

RETRY_S: Final = 1.0
REQUEST_TIMEOUT_S: Final = 5.0
LOOK_S: Final = 0.5
"""How often what waits for its time, or for its device, is looked at."""

APPLY_S: Final = 4.0
"""For one device, all in all; then it is tried again."""

REPORTS_AT_ONCE: Final = 32

log = logging.getLogger(__name__)


class SetpointFollower:
    """The setpoints of one node."""

    def __init__(
        self,
        settings: SetpointSettings,
        node: subjects.NodeId,
        folder: Path,
        *,
        clock: Clock,
        counters: Counters,
        offset_us: Callable[[], int | None],
        made: Mapping[str, Actuator] | None = None,
    ) -> None:
        """Take whose orders are followed, and by what; ``made`` are other actuators for tests."""
        self._node = node
        self._key = PinnedKey(settings.key)
        self._journal = SetpointJournal(folder)
        self._clock = clock
        self._counters = counters
        self._offset_us = offset_us
        own = {each.asset: actuators.make(each) for each in settings.actuators}
        self._actuators: Mapping[str, Actuator] = own if made is None else made
        self._sheet = Sheet(0, ())
        self._received_us = 0
        self._settled: set[str] = set()
        self._generations: dict[tuple[str, str], int] = {}
        self._busy: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._to_tell = asyncio.Event()
        self.refusal = ""

    @property
    def works(self) -> list[Work]:
        """What runs while there is a link."""
        return [self.hear, self.tell]

    def _now_us(self) -> int:
        return self._clock.wall_us() + (self._offset_us() or 0)

    async def restore(self) -> None:
        """Remember what the journal remembers, before there is a link."""
        payload, self._settled, self._generations = await self._journal.restore()
        if payload is not None:
            try:
                self._sheet = sheet.read(payload, self._node, self._key)
            except SheetRefused as error:
                # The key was changed since: what it signed is followed no more.
                self._counters.add(error.reason)
        self._received_us = self._now_us()
        self._to_tell.set()

    def status(self) -> dict[str, Any]:
        """Return what the status file says."""
        return {
            "revision": self._sheet.revision,
            "standing": sum(each.order not in self._settled for each in self._sheet.setpoints),
            "settled": len(self._settled),
            "refusal": self.refusal,
        }

    # -- sheets in --------------------------------------------------------------------------------

    async def hear(self, session: Session) -> None:
        """Hear of sheets until the session breaks."""
        await bucket_key.follow(
            session,
            subjects.setpoint(self._node),
            subjects.direct_get(subjects.SETPOINTS, self._node),
            self.take,
            self._counters,
            "SETPOINTS_UNANSWERED",
        )

    async def take(self, payload: bytes) -> None:
        """Follow a sheet that is newer than the last; refuse what can't be trusted."""
        if not payload:
            return
        try:
            found = sheet.read(payload, self._node, self._key)
        except SheetRefused as error:
            self.refusal = f"{error.reason}: {error}"
            self._counters.add(error.reason)
            log.warning("setpoints refused", extra={"reason": error.reason, "detail": str(error)})
            return
        if found.revision <= self._sheet.revision:
            self._counters.add("SETPOINTS_OLD")
            return
        await self._journal.keep_sheet(payload)
        self._sheet, self._received_us, self.refusal = found, self._now_us(), ""
        self._changed.set()

    # -- orders carried out -----------------------------------------------------------------------

    async def run(self) -> None:
        """Carry out what is due, link or not, until cancelled."""
        try:
            while True:
                self._changed.clear()
                await self.look()
                try:
                    async with asyncio.timeout(LOOK_S):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            await tasks.end(self._tasks)

    async def look(self) -> None:
        """Decide on each standing order; start those that are due, one at a time per asset."""
        now_us = self._now_us()
        for setpoint in sorted(self._sheet.setpoints, key=lambda each: each.start_us):
            verdict = decide(
                setpoint, self._settled, self._generations, self._actuators.keys(), now_us
            )
            if verdict.is_refusal and setpoint.asset not in self._busy:
                await self._settle(setpoint, pb.SETPOINT_OUTCOME_REFUSED, verdict.value)
            elif verdict is Verdict.GO and setpoint.asset not in self._busy:
                self._busy.add(setpoint.asset)
                task = asyncio.create_task(self._carry_out(setpoint))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, setpoint: Setpoint) -> None:
        try:
            if setpoint.exercise:
                await self._settle(setpoint, pb.SETPOINT_OUTCOME_WOULD_DO, "")
                return
            try:
                async with asyncio.timeout(APPLY_S):
                    await self._actuators[setpoint.asset].apply(setpoint)
            except (ActuatorFailed, TimeoutError) as error:
                reason = getattr(error, "reason", "ACTUATOR_NO_ANSWER")
                self._counters.add(reason)
                # Tried again until its end: then its last reason is told.
                await asyncio.sleep(LOOK_S)
                if self._now_us() >= setpoint.expire_us:
                    await self._settle(setpoint, pb.SETPOINT_OUTCOME_FAILED, reason)
                return
            await self._settle(setpoint, pb.SETPOINT_OUTCOME_DONE, "")
        finally:
            self._busy.discard(setpoint.asset)
            self._changed.set()

    async def _settle(self, setpoint: Setpoint, outcome: pb.SetpointOutcome, reason: str) -> None:
        now_us = self._now_us()
        report = pb.SetpointReport(
            node=self._node,
            order=setpoint.order,
            asset=setpoint.asset,
            outcome=outcome,
            reason=reason,
            report_time_us=now_us,
            receive_time_us=self._received_us,
        )
        is_done = outcome in {pb.SETPOINT_OUTCOME_DONE, pb.SETPOINT_OUTCOME_WOULD_DO}
        await self._journal.settle(setpoint, report.SerializeToString(), now_us, done=is_done)
        self._settled.add(setpoint.order)
        if is_done:
            key = (setpoint.asset, setpoint.scope)
            self._generations[key] = max(self._generations.get(key, 0), setpoint.generation)
        self._counters.add(reason or "SETPOINT_DONE")
        self._to_tell.set()

    # -- reports out ------------------------------------------------------------------------------

    async def tell(self, session: Session) -> None:
        """Send what became of orders, in order, until the session breaks."""
        subject = subjects.setpoint_report(self._node)
        while True:
            self._to_tell.clear()
            for report in await self._journal.reports(REPORTS_AT_ONCE):
                if not await self._send(session, subject, report.payload):
                    break
                await self._journal.told(report.number)
                self._to_tell.set()  # there may be more
            try:
                async with asyncio.timeout(RETRY_S):
                    await self._to_tell.wait()
            except TimeoutError:
                continue

    async def _send(self, session: Session, subject: str, payload: bytes) -> bool:
        try:
            answer = await session.client.request(subject, payload, timeout=REQUEST_TIMEOUT_S)
            return "seq" in json.loads(answer.data)
        except (nats.errors.TimeoutError, nats.errors.NoRespondersError, ValueError):
            self._counters.add("SETPOINT_REPORT_UNANSWERED")
            return False

    async def close(self) -> None:
        """Close the journal."""
        await self._journal.close()
