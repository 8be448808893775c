"""What this node says of itself, by command; ``COMMANDS`` is all that there is.

Each reads what the agent holds anyway, or one log file under a name from the plan. None starts a
program, takes a path or changes anything. Texts are looked through for secrets before they go.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from edge import clock as clocks
from edge.clock import MICROSECONDS, Clock
from edge.diagnostics.log_memory import LogMemory
from edge.doctor import Finding, Verdict
from edge.link import Change
from tianfu import redaction
from tianfu.fleet.v1 import diagnosis_pb2 as pb
from tianfu.fleet.v1 import node_pb2
from tianfu.reading.v1 import reading_batch_pb2

LINES: Final = 100
"""Of a log, where the asker does not say."""

LINES_MAX: Final = 500
ANSWER_BYTES_MAX: Final = 64 << 10
"""Of an answer: a second or two of the slowest backhaul."""

TEXT_MAX: Final = 1_000
"""Characters of any one text in an answer."""

TAIL_BYTES: Final = 64 << 10
"""Read from the end of an app's log."""

APP_UNKNOWN: Final = "APP_UNKNOWN"
APP_LOG_KEPT: Final = "APP_LOG_KEPT"
UNKNOWN: Final = "DIAGNOSTIC_UNKNOWN"
TOO_LARGE: Final = "DIAGNOSTIC_TOO_LARGE"
_NAMED: Final = re.compile(rf"(?i){redaction.NAMES}")
_VERDICTS: Final = {
    Verdict.GOOD: pb.DIAGNOSTIC_VERDICT_GOOD,
    Verdict.DOUBTFUL: pb.DIAGNOSTIC_VERDICT_DOUBTFUL,
    Verdict.BAD: pb.DIAGNOSTIC_VERDICT_BAD,
}


class Refused(Exception):
    """A question that is not answered, by a stable reason."""

    def __init__(self, reason: str, message: str) -> None:
        """Take why."""
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class About:
    """Where what is said of the node comes from."""

    node: str
    version: str
    data_dir: Path
    clock: Clock
    logs: LogMemory
    tells_app_logs: bool
    status: Callable[[], dict[str, Any]]
    history: Callable[[], Sequence[Change]]
    report: Callable[[], node_pb2.PlanReport]
    findings: Callable[[], AsyncIterator[Finding]]


async def answer(about: About, request: pb.DiagnosisRequest, limit_s: float) -> pb.NodeDiagnosis:
    """Answer a question within so many seconds; raise Refused, or TimeoutError."""
    command = COMMANDS.get(request.command)
    if command is None:
        known = ", ".join(name_of(number) for number in COMMANDS)
        raise Refused(UNKNOWN, f"command {request.command}: this node answers {known}")
    said = pb.NodeDiagnosis(
        name=f"nodes/{about.node}", command=request.command, agent_version=about.version
    )
    said.answer_time.CopyFrom(_time(about.clock.wall_us()))
    if request.command == pb.DIAGNOSTIC_COMMAND_DOCTOR:
        await _doctor(about, said, limit_s)
    else:
        async with asyncio.timeout(limit_s):
            await command(about, request, said)
    cleanse(said)
    fit(said)
    return said


def name_of(command: int) -> str:
    """Return a command's name as people write it."""
    try:
        name: str = pb.DiagnosticCommand.Name(pb.DiagnosticCommand.ValueType(command))
    except ValueError:
        return str(command)
    return name.removeprefix("DIAGNOSTIC_COMMAND_").lower().replace("_", "-")


def cleanse(message: Message) -> None:
    """Take what looks like a secret out of every text of a message, and shorten what is long."""
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            for key in list(value):
                value[key] = "[KEPT]" if _NAMED.search(key) else _clean(value[key])
        elif field.message_type is not None:
            for each in value if field.is_repeated else (value,):
                cleanse(each)
        elif field.cpp_type == field.CPPTYPE_STRING and field.type == field.TYPE_STRING:
            if field.is_repeated:
                value[:] = [_clean(each) for each in value]
            else:
                setattr(message, field.name, _clean(value))


def fit(said: pb.NodeDiagnosis) -> None:
    """Leave out the least telling of an answer that is too large, and say so; or raise Refused."""
    for part in (
        *(said.log_lines, said.link.events, said.plan.rule_sets, said.plan.shares),
        *(said.plan.apps, said.counts, said.drivers, said.findings),
    ):
        while said.ByteSize() > ANSWER_BYTES_MAX and part:
            del part[: max(1, len(part) // 8)]
            said.truncated = True
    if said.ByteSize() > ANSWER_BYTES_MAX:
        raise Refused(TOO_LARGE, f"the answer has more than {ANSWER_BYTES_MAX} bytes")


# -- the commands -------------------------------------------------------------------------------


async def _status(about: About, _: pb.DiagnosisRequest, said: pb.NodeDiagnosis) -> None:
    status, report = about.status(), about.report()
    _add_link(said, status)
    _add_clock(about, said, status)
    _add_spool(said, status)
    said.plan.CopyFrom(_only(report))
    for one in status["drivers"]:
        said.drivers.add(
            name=one["name"],
            sent_readings=one["sent"],
            failures=one["failures"],
            missed=one["missed"],
            reason=one["reason"],
        )
    for reason, number in status["counts"].items():
        said.counts.add(reason=reason, number=number)


async def _doctor(about: About, said: pb.NodeDiagnosis, limit_s: float) -> None:
    """Say what was found until the time is over."""
    try:
        async with asyncio.timeout(limit_s):
            async for one in about.findings():
                said.findings.add(
                    check=one.check,
                    verdict=_VERDICTS[one.verdict],
                    says=one.says,
                    reason=one.reason,
                    fix=one.fix,
                )
    except TimeoutError:
        said.truncated = True


async def _spool(about: About, _: pb.DiagnosisRequest, said: pb.NodeDiagnosis) -> None:
    _add_spool(said, about.status())


async def _logs(about: About, asked: pb.DiagnosisRequest, said: pb.NodeDiagnosis) -> None:
    for line in about.logs.last(_lines(asked)):
        said.log_lines.add(
            log_time=_time(line.time_us),
            level=line.level,
            logger=line.logger,
            text=line.text,
            fields=dict(line.fields),
        )


async def _plan(about: About, _: pb.DiagnosisRequest, said: pb.NodeDiagnosis) -> None:
    report = about.report()
    report.ClearField("agent")
    said.plan.CopyFrom(report)


async def _clock(about: About, _: pb.DiagnosisRequest, said: pb.NodeDiagnosis) -> None:
    _add_clock(about, said, about.status())


async def _version(about: About, _: pb.DiagnosisRequest, said: pb.NodeDiagnosis) -> None:
    said.plan.CopyFrom(_only(about.report(), "agent"))
    said.plan.agent.version = about.version


async def _apps(about: About, _: pb.DiagnosisRequest, said: pb.NodeDiagnosis) -> None:
    said.plan.CopyFrom(_only(about.report(), "apps"))


async def _app_log(about: About, asked: pb.DiagnosisRequest, said: pb.NodeDiagnosis) -> None:
    if not about.tells_app_logs:
        text = "what apps print stays here; the node's settings say app_logs = true to tell it"
        raise Refused(APP_LOG_KEPT, text)
    if asked.app not in {one["name"] for one in about.status()["apps"]}:
        # The name makes a path: only one that is in the plan, which was checked there.
        raise Refused(APP_UNKNOWN, "the plan has no app of that name")
    file = about.data_dir / "apps" / asked.app / "log.txt"
    for line in await asyncio.to_thread(tail, file, _lines(asked)):
        said.log_lines.add(text=line)


async def _link(about: About, _: pb.DiagnosisRequest, said: pb.NodeDiagnosis) -> None:
    _add_link(said, about.status())
    for one in about.history():
        said.link.events.add(event_time=_time(one.time_us), reason=one.reason, server=one.server)


async def _never(*_: object) -> None:
    raise AssertionError("not reached: the doctor is asked by itself")


Command = Callable[[About, pb.DiagnosisRequest, pb.NodeDiagnosis], Awaitable[None]]
COMMANDS: Final[Mapping[int, Command]] = {
    pb.DIAGNOSTIC_COMMAND_STATUS: _status,
    pb.DIAGNOSTIC_COMMAND_DOCTOR: _never,
    pb.DIAGNOSTIC_COMMAND_SPOOL: _spool,
    pb.DIAGNOSTIC_COMMAND_LOGS: _logs,
    pb.DIAGNOSTIC_COMMAND_PLAN: _plan,
    pb.DIAGNOSTIC_COMMAND_CLOCK: _clock,
    pb.DIAGNOSTIC_COMMAND_VERSION: _version,
    pb.DIAGNOSTIC_COMMAND_APPS: _apps,
    pb.DIAGNOSTIC_COMMAND_APP_LOG: _app_log,
    pb.DIAGNOSTIC_COMMAND_LINK: _link,
}
"""Every command there is."""


# -- pieces -------------------------------------------------------------------------------------


def tail(file: Path, lines: int) -> list[str]:
    """Return the last lines of a file, as far as they are in its last ``TAIL_BYTES``."""
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - TAIL_BYTES))
            data = stream.read(TAIL_BYTES)
    except OSError:
        return []
    found = data.decode("utf-8", "replace").splitlines()
    # The first one may be the end of a longer one.
    return (found[1:] if size > TAIL_BYTES else found)[-lines:]


def _lines(asked: pb.DiagnosisRequest) -> int:
    return min(max(0, asked.max_lines) or LINES, LINES_MAX)


def _only(report: node_pb2.PlanReport, *parts: str) -> node_pb2.PlanReport:
    """Return a report with what it says of the plan itself, and these parts of it."""
    for part in ("apps", "shares", "rule_sets", "agent"):
        if part not in parts:
            report.ClearField(part)
    return report


def _add_link(said: pb.NodeDiagnosis, status: Mapping[str, Any]) -> None:
    link = status["connection"]
    said.link.connected = link["connected"]
    said.link.server = link["url"]
    said.link.sessions = link["sessions"]
    said.link.reason = link["reason"]


def _add_clock(about: About, said: pb.NodeDiagnosis, status: Mapping[str, Any]) -> None:
    now_us = about.clock.wall_us()
    said.clock.node_time.CopyFrom(_time(now_us))
    said.clock.set = clocks.is_set(now_us)
    said.clock.jumps = status["counts"].get("CLOCK_JUMPED", 0)
    if status["clock_offset_us"] is not None:
        said.clock.offset.FromMicroseconds(status["clock_offset_us"])


def _add_spool(said: pb.NodeDiagnosis, status: Mapping[str, Any]) -> None:
    account = status["spool"]
    for name, key in (
        *(("epoch", "epoch"), ("sequence", "sequence"), ("produced_readings", "produced")),
        *(("acknowledged_readings", "acknowledged"), ("waiting_readings", "waiting_readings")),
        *(("waiting_batches", "waiting_batches"), ("dropped_readings", "dropped")),
        *(("used_bytes", "used_bytes"), ("limit_bytes", "bytes_max")),
        *(("disk_failures", "disk_failures"), ("damaged_files", "damaged_files")),
    ):
        setattr(said.spool, name, account[key])
    for drop in account["drops"]:
        reason = reading_batch_pb2.DropReason.Name(drop["reason"])
        said.spool.drops.add(
            priority=drop["priority"],
            reason=reason.removeprefix("DROP_REASON_"),
            readings=drop["readings"],
        )


def _clean(text: str) -> str:
    return redaction.without_forms(text)[:TEXT_MAX]


def _time(time_us: int) -> Timestamp:
    seconds, rest_us = divmod(time_us, MICROSECONDS)
    return Timestamp(seconds=seconds, nanos=rest_us * 1000)
