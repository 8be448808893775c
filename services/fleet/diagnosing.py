"""Nodes asked about themselves: a question over NATS, its answer by the question's id.

Nothing of an answer is kept. Who asked what of which node stands in the audit log before the node
hears of it, and what came of it after; a question whose entry can't be written is not asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import nats.errors
import structlog
from google.protobuf.message import DecodeError
from prometheus_client import CollectorRegistry, Counter

from services.fleet import usecases
from services.fleet.model import Node, Presence
from services.fleet.presence import PresenceTable
from services.fleet.store import Transactor
from services.plumbing.audit_chain import Entry
from services.plumbing.clock import Clock, Monotonic
from services.plumbing.refusal import (
    REASON_PATTERN,
    DeadlineExceeded,
    FailedPrecondition,
    Refusal,
    ResourceExhausted,
    Unavailable,
)
from tianfu import subjects
from tianfu.fleet.v1 import diagnosis_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb

ACTION: Final = "node.diagnose"
ANSWER_S: Final = 20.0
"""Longest wait for a node: what it gives itself, and the way there and back."""

MARGIN_S: Final = 0.5
"""Of the caller's deadline, kept for the audit log and the way back."""

WAITING_MAX: Final = 64
"""Questions under way; people ask one at a time."""

ANSWER_BYTES_MAX: Final = 128 << 10
"""Nodes send half of it at most; what is larger is none of ours."""

MESSAGE_MAX: Final = 500
"""Characters of a node's words that are passed on."""

log = structlog.get_logger(__name__)


class NodeOffline(Unavailable):
    """The node is not heard from."""

    reason = "NODE_OFFLINE"


class NodeUnanswered(Unavailable):
    """The node was heard from lately, and does not answer."""

    reason = "NODE_UNANSWERED"


class QuestionsFull(ResourceExhausted):
    """Too many questions are under way."""

    reason = "DIAGNOSES_FULL"


class NodeBusy(ResourceExhausted):
    """The node was asked too much."""

    reason = "NODE_BUSY"


class TooLate(DeadlineExceeded):
    """The caller leaves no time for an answer."""

    reason = "DEADLINE_TOO_SHORT"


class NodeRefused(FailedPrecondition):
    """The node does not answer that; ``node_reason`` of the metadata says why."""

    reason = "NODE_REFUSED"


BUSY_REASONS: Final = frozenset({"DIAGNOSTICS_BUSY", "DIAGNOSTICS_TOO_MANY"})
"""Of a node, for which waiting helps."""


class Diagnoses:
    """Asks nodes about themselves."""

    def __init__(
        self,
        publish: Callable[[str, bytes], Awaitable[None]],
        transactor: Transactor,
        table: PresenceTable,
        clock: Clock,
        monotonic: Monotonic,
        new_id: Callable[[], str],
        registry: CollectorRegistry,
    ) -> None:
        self._publish = publish
        self._transactor = transactor
        self._table = table
        self._clock = clock
        self._monotonic = monotonic
        self._new_id = new_id
        self._waiting: dict[str, tuple[str, asyncio.Future[pb.DiagnosisAnswer]]] = {}
        self._outcomes = Counter(
            "tianfu_fleet_diagnoses",
            "Nodes asked about themselves.",
            ["outcome"],
            registry=registry,
        )
        self._ignored = Counter(
            "tianfu_fleet_ignored_diagnoses",
            "Answers that nobody here waits for, or that are none.",
            registry=registry,
        )

    async def receive(self, message: Any) -> None:
        """Take a node's answer: NATS says which node sent it, whatever is in it."""
        try:
            if len(message.data) > ANSWER_BYTES_MAX:
                raise DecodeError("too large")  # noqa: TRY301 - one way for all that is no answer
            answer = pb.DiagnosisAnswer.FromString(message.data)
            node = subjects.diagnosis_node(message.subject)
        except (DecodeError, subjects.InvalidName):
            self._ignored.inc()
            return
        asked, waiting = self._waiting.get(answer.request_id, ("", None))
        if waiting is None or waiting.done() or asked != node:
            self._ignored.inc()
            return
        waiting.set_result(answer)

    async def ask(
        self, request: service_pb.DiagnoseNodeRequest, actor: str, remaining_s: float
    ) -> pb.NodeDiagnosis:
        """Ask a node, and return what it says; raise a refusal."""
        node_id = request.name.removeprefix("nodes/")
        node: Node = await self._transactor.read(usecases.get_node, node_id)
        if len(self._waiting) >= WAITING_MAX:
            raise QuestionsFull(f"{WAITING_MAX} questions are under way; ask again later")
        request_id = self._new_id()
        self._waiting[request_id] = (node_id, asyncio.get_running_loop().create_future())
        began_s, outcome, counted = self._monotonic(), "abandoned", "abandoned"
        try:
            await self._note(request, actor, request_id, "asked")
            try:
                wait_s = min(ANSWER_S, remaining_s - MARGIN_S - (self._monotonic() - began_s))
                said = await self._answer(node, request, request_id, wait_s)
            except Refusal as refusal:
                # A node may make up reasons: those are for the log, and no label of a metric.
                counted = refusal.reason
                outcome = refusal.metadata.get("node_reason", counted)
                raise
            else:
                outcome = counted = "answered"
                return said
            finally:
                self._outcomes.labels(counted).inc()
                await self._settle(request, actor, request_id, outcome)
        finally:
            del self._waiting[request_id]

    async def _answer(
        self,
        node: Node,
        request: service_pb.DiagnoseNodeRequest,
        request_id: str,
        wait_s: float,
    ) -> pb.NodeDiagnosis:
        self._refuse_offline(node)
        if wait_s <= 0:
            raise TooLate(f"need a deadline of more than {MARGIN_S} s")
        question = pb.DiagnosisRequest(
            request_id=request_id,
            command=request.command,
            app=request.app,
            max_lines=request.max_lines,
        )
        question.timeout.FromTimedelta(timedelta(seconds=wait_s))
        node_id = subjects.node_id(node.node_id)
        try:
            async with asyncio.timeout(wait_s):
                await self._publish(subjects.diagnose(node_id), question.SerializeToString())
                answer = await self._waiting[request_id][1]
        except TimeoutError:
            text = f"{node.node_id} did not answer within {wait_s:.1f} s; {self._heard(node)}"
            raise NodeUnanswered(text, metadata=self._metadata(node)) from None
        except nats.errors.Error as error:
            raise Unavailable("NATS takes no questions now; try again") from error
        return _said(node.node_id, request, answer)

    def _refuse_offline(self, node: Node) -> None:
        presence = self._table.presence(node.node_id, self._monotonic()) or node.presence
        if presence in (Presence.OFFLINE, Presence.NEVER_SEEN):
            text = f"{node.node_id} is not connected; {self._heard(node)}"
            raise NodeOffline(text, metadata=self._metadata(node))

    def _last_heard(self, node: Node) -> datetime | None:
        """Return when a node was last heard from, as well as it is known; None: never."""
        silence_s = self._table.silence_s(node.node_id, self._monotonic())
        if silence_s is not None:
            return self._clock() - timedelta(seconds=silence_s)
        return None if node.presence is Presence.NEVER_SEEN else node.presence_change_time

    def _heard(self, node: Node) -> str:
        when = self._last_heard(node)
        if when is None:
            return "it was never heard from"
        return f"last heard from at {when:%Y-%m-%dT%H:%M:%SZ}"

    def _metadata(self, node: Node) -> dict[str, str]:
        when = self._last_heard(node)
        return {} if when is None else {"last_heard_time": f"{when:%Y-%m-%dT%H:%M:%SZ}"}

    async def _note(
        self, request: service_pb.DiagnoseNodeRequest, actor: str, request_id: str, outcome: str
    ) -> None:
        """Write an entry into the audit log; raise Unavailable when that can't be."""
        command = pb.DiagnosticCommand.Name(request.command).removeprefix("DIAGNOSTIC_COMMAND_")
        details = {"command": command, "request": request_id}
        if request.app:
            details["app"] = request.app
        entry = Entry(self._clock(), actor, ACTION, request.name, outcome=outcome, details=details)
        await self._transactor.write(lambda tx: tx.note(entry))

    async def _settle(
        self, request: service_pb.DiagnoseNodeRequest, actor: str, request_id: str, outcome: str
    ) -> None:
        """Write down what came of it. What can't be written is logged."""
        try:
            await self._note(request, actor, request_id, outcome)
        except Refusal as refusal:
            log.warning("audit: outcome not written", reason=refusal.reason, request=request_id)


def _said(
    node_id: str, request: service_pb.DiagnoseNodeRequest, answer: pb.DiagnosisAnswer
) -> pb.NodeDiagnosis:
    """Return what a node said of itself; raise a refusal of its."""
    if not answer.reason:
        said = answer.diagnosis
        # In the node's name and to this question, whatever it wrote there.
        said.name, said.command = f"nodes/{node_id}", request.command
        return said
    # A node's words: bounded, and only a reason that is one.
    reason = answer.reason if REASON_PATTERN.fullmatch(answer.reason) else "UNKNOWN"
    kind = NodeBusy if reason in BUSY_REASONS else NodeRefused
    text = f"{node_id} says: {answer.message[:MESSAGE_MAX]} [{reason}]"
    raise kind(text, metadata={"node_reason": reason})
