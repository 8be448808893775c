"""Take the plan from the platform, keep it, follow it, and say what became of it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, Final

import nats.errors
from google.protobuf.timestamp_pb2 import Timestamp

from edge import bucket_key, plan_message
from edge.clock import MICROSECONDS, Clock
from edge.counters import Counters
from edge.link import Session
from edge.plan_message import PlanRefused
from edge.rules import Plan
from edge.spool_worker import SpoolWorker
from tianfu import subjects
from tianfu.fleet.v1 import node_pb2 as pb

FETCH_EVERY_S: Final = 300.0
"""A change that the subscription missed is found so much later at the latest."""

RETRY_S: Final = 10.0
"""Until the plan, or a report on it, is asked for or sent again after a failure."""

REPORT_PAUSE_S: Final = 0.2
"""From one report to the next."""

REQUEST_TIMEOUT_S: Final = 5.0
"""One question to the platform."""

PLANS_WAITING_MAX: Final = 16
"""Plans that came and are not read yet; only the latest matters."""

log = logging.getLogger(__name__)


class Downlink:
    """The plan of one node."""

    def __init__(
        self,
        node: subjects.NodeId,
        spool: SpoolWorker,
        apply: Callable[[Plan], None],
        *,
        clock: Clock,
        counters: Counters,
        describe: Callable[[pb.PlanReport], None] = lambda _: None,
    ) -> None:
        """Take where plans are kept, who follows them, and who adds to reports on them."""
        self._node = node
        self._spool = spool
        self._apply = apply
        self._clock = clock
        self._counters = counters
        self._describe = describe
        self._verdict: pb.PlanReport | None = None
        self._reported = b""
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue(PLANS_WAITING_MAX)
        self.plan = Plan()
        self.refusal = ""

    async def restore(self) -> None:
        """Follow the plan that was kept, before there is a link."""
        payload = await self._spool.plan()
        if payload is None:
            return
        try:
            self.plan = plan_message.parse(payload, self._node)
        except PlanRefused as error:
            # Kept by an agent that knew more, or by one that knew less.
            self._counters.add(error.reason)
            log.warning("the kept plan is not followed", extra={"reason": error.reason})
            return
        self._apply(self.plan)
        self._say(self.plan.generation, pb.PLAN_STATE_APPLIED, "", "")

    async def run(self, session: Session) -> None:
        """Hear of plans until the session breaks."""
        arrived = self._arrived = asyncio.Queue(PLANS_WAITING_MAX)

        async def on_plan(message: Any) -> None:
            if arrived.full():
                arrived.get_nowait()
            arrived.put_nowait(bytes(message.data))

        await session.client.subscribe(subjects.plan(self._node), cb=on_plan)
        while True:
            is_done = await self._fetch(session)
            is_done = await self._send_report(session) and is_done
            try:
                async with asyncio.timeout(FETCH_EVERY_S if is_done else RETRY_S):
                    while True:
                        await self.take(await arrived.get())
                        if not await self._send_report(session):
                            break
                        # What changes by the second is told by the second at most.
                        await asyncio.sleep(REPORT_PAUSE_S)
            except TimeoutError:
                continue

    def changed(self) -> None:
        """Report anew: what is added to reports has changed."""
        if not self._arrived.full():
            self._arrived.put_nowait(b"")

    async def take(self, payload: bytes) -> None:
        """Follow a plan, or refuse it; a report says which."""
        if not payload:
            return  # the key was deleted: the plan in force stays
        try:
            plan = self._checked(payload)
        except PlanRefused as error:
            self.refusal = f"{error.reason}: {error}"
            self._counters.add(error.reason)
            log.warning("plan refused", extra={"reason": error.reason, "detail": str(error)})
            self._say(error.generation, pb.PLAN_STATE_REFUSED, error.reason, str(error))
            return
        if plan != self.plan:
            # Kept before it is followed: a restart must not fall behind what was reported.
            await self._spool.keep_plan(payload)
            self.plan = plan
            self.refusal = ""
            self._apply(plan)
            log.info("plan in force", extra={"generation": plan.generation})
        self._say(plan.generation, pb.PLAN_STATE_APPLIED, "", "")

    # -- pieces ------------------------------------------------------------------------------

    def _checked(self, payload: bytes) -> Plan:
        plan = plan_message.parse(payload, self._node)
        if plan.generation < self.plan.generation:
            message = f"generation {self.plan.generation} is in force"
            raise PlanRefused("PLAN_GENERATION_OLD", message, plan.generation)
        return plan

    async def _fetch(self, session: Session) -> bool:
        """Ask for the plan; tell whether there was an answer, be it that there is none."""
        subject = subjects.direct_get(subjects.PLANS, self._node)
        return await bucket_key.fetch(
            session, subject, self.take, self._counters, "PLAN_UNANSWERED"
        )

    def _say(self, generation: int, state: pb.PlanState, reason: str, message: str) -> None:
        self._verdict = pb.PlanReport(
            generation=generation,
            state=state,
            reason=reason,
            message=message,
            node=self._node,
        )

    async def _send_report(self, session: Session) -> bool:
        """Send the report that is due, if any; tell whether none is left."""
        if self._verdict is None:
            return True
        report = pb.PlanReport()
        report.CopyFrom(self._verdict)
        self._describe(report)
        said = report.SerializeToString(deterministic=True)
        if said == self._reported:
            return True  # said and heard; the plan is fetched every few minutes
        seconds, rest_us = divmod(self._clock.wall_us(), MICROSECONDS)
        report.report_time.CopyFrom(Timestamp(seconds=seconds, nanos=rest_us * 1000))
        subject = subjects.bucket_key(subjects.PLAN_REPORTS, self._node)
        payload = report.SerializeToString()
        try:
            answer = await session.client.request(subject, payload, timeout=REQUEST_TIMEOUT_S)
            is_stored = "seq" in json.loads(answer.data)
        except (nats.errors.TimeoutError, nats.errors.NoRespondersError, ValueError):
            is_stored = False
        if not is_stored:
            self._counters.add("PLAN_REPORT_UNANSWERED")
            return False
        self._reported = said
        if report.generation < self.plan.generation:
            # An older plan was refused, and that is said: what is said next is of the one in force.
            self._say(self.plan.generation, pb.PLAN_STATE_APPLIED, "", "")
        return True
