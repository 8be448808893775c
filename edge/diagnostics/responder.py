"""Hears questions about this node, and answers them one at a time.

Who may ask is NATS's affair: no node's credentials let it publish on the subject (``subjects``).
Here is what an asker may cost: questions that wait, how often, how long, how many bytes.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.message import DecodeError

from edge.clock import Clock
from edge.counters import Counters
from edge.link import Session, Work
from tianfu import subjects
from tianfu.fleet.v1 import diagnosis_pb2 as pb

if TYPE_CHECKING:
    from edge.diagnostics.answers import About
    from edge.diagnostics.log_memory import LogMemory

WAITING_MAX: Final = 4
"""Questions that wait; an operator asks one, or all at once."""

BURST: Final = 10.0
"""Questions in a row: each command once."""

EVERY_S: Final = 2.0
"""From then on: a script that asks in a loop takes a node a few milliseconds in two seconds."""

ANSWER_S: Final = 15.0
"""Of one answer; the doctor tries each address of the platform."""

ANSWER_S_MIN: Final = 0.1
REQUEST_BYTES_MAX: Final = 4 << 10
BUSY: Final = "DIAGNOSTICS_BUSY"
TOO_MANY: Final = "DIAGNOSTICS_TOO_MANY"
TOO_SLOW: Final = "DIAGNOSTIC_TOO_SLOW"
FAILED: Final = "DIAGNOSTIC_FAILED"
MALFORMED: Final = "DIAGNOSIS_MALFORMED"
_ID: Final = re.compile(r"[0-9a-f]{16,64}")

log = logging.getLogger(__name__)


class Allowance:
    """How many questions there may be: a bucket that fills with time. Seconds are monotonic."""

    def __init__(self, burst: float, every_s: float) -> None:
        """Begin full."""
        self._burst, self._every_s = burst, every_s
        self._left, self._at = burst, 0.0

    def take(self, now_s: float) -> bool:
        """Take one; tell whether there was one."""
        self._left = min(self._burst, self._left + max(0.0, now_s - self._at) / self._every_s)
        self._at = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Responder:
    """Answers questions about one node."""

    def __init__(
        self,
        node: subjects.NodeId,
        about: Callable[[], About],
        logs: LogMemory,
        *,
        clock: Clock,
        counters: Counters,
    ) -> None:
        """Take where answers come from."""
        self._node = node
        self._about = about
        self._logs = logs
        self._clock = clock
        self._counters = counters
        self._allowance = Allowance(BURST, EVERY_S)
        self.works: Sequence[Work] = (self._serve,)

    async def restore(self) -> None:
        """Remember what is logged from now on."""
        self._logs.attach()

    async def close(self) -> None:
        """Remember no more."""
        self._logs.detach()

    async def _serve(self, session: Session) -> None:
        """Answer until the session breaks."""
        asked: asyncio.Queue[pb.DiagnosisRequest] = asyncio.Queue(WAITING_MAX)

        async def on_question(message: Any) -> None:
            request = self.read(bytes(message.data))
            if request is None:
                return
            refusal = self._refusal(asked)
            if refusal is None:
                asked.put_nowait(request)
            else:
                await self._send(session, self.refused(request, *refusal))

        await session.client.subscribe(subjects.diagnose(self._node), cb=on_question)
        while True:
            await self._send(session, await self.answer(await asked.get()))

    def read(self, data: bytes) -> pb.DiagnosisRequest | None:
        """Return a question, None for what is none: there is nobody to answer then."""
        request = pb.DiagnosisRequest()
        try:
            if len(data) > REQUEST_BYTES_MAX:
                raise DecodeError("too large")  # noqa: TRY301 - one way for all that is no question
            request.ParseFromString(data)
        except DecodeError:
            request.Clear()
        if not _ID.fullmatch(request.request_id):
            self._counters.add(MALFORMED)
            log.warning("no question about this node", extra={"reason": MALFORMED})
            return None
        return request

    async def answer(self, request: pb.DiagnosisRequest) -> pb.DiagnosisAnswer:
        """Answer a question, or say why not; the log says what was asked and what came of it."""
        from edge.diagnostics import answers  # noqa: PLC0415 - only on a node that is asked

        limit_s = ANSWER_S
        if request.HasField("timeout"):
            limit_s = min(limit_s, request.timeout.ToTimedelta().total_seconds())
        try:
            said = await answers.answer(self._about(), request, max(ANSWER_S_MIN, limit_s))
        except answers.Refused as error:
            return self.refused(request, error.reason, str(error))
        except TimeoutError:
            return self.refused(request, TOO_SLOW, f"no answer within {limit_s:g} s")
        except Exception:
            # A bug here must not cost the link. What it says stays here; who asks hears a reason.
            log.exception("question not answered", extra={"reason": FAILED})
            return self.refused(request, FAILED, "the agent could not answer; its log says why")
        self._note(request, "")
        return pb.DiagnosisAnswer(request_id=request.request_id, node=self._node, diagnosis=said)

    def refused(
        self, request: pb.DiagnosisRequest, reason: str, message: str
    ) -> pb.DiagnosisAnswer:
        """Return a refusal."""
        self._counters.add(reason)
        self._note(request, reason)
        return pb.DiagnosisAnswer(
            request_id=request.request_id, node=self._node, reason=reason, message=message
        )

    def _refusal(self, asked: asyncio.Queue[pb.DiagnosisRequest]) -> tuple[str, str] | None:
        if not self._allowance.take(self._clock.monotonic()):
            return TOO_MANY, f"at most one question in {EVERY_S:g} s; ask again later"
        if asked.full():
            return BUSY, f"{WAITING_MAX} questions wait already; ask again later"
        return None

    def _note(self, request: pb.DiagnosisRequest, reason: str) -> None:
        extra = {"command": int(request.command), "request": request.request_id, "reason": reason}
        log.info("asked about this node", extra=extra)

    async def _send(self, session: Session, answer: pb.DiagnosisAnswer) -> None:
        payload = answer.SerializeToString()
        await session.client.publish(subjects.diagnosis(self._node), payload)
