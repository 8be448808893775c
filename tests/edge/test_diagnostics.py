"""What a node says of itself when asked: only what is offered, bounded, and never a secret."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from edge import settings
from edge.agent import Agent
from edge.clock import Clock
from edge.counters import Counters
from edge.diagnostics import answers, responder
from edge.diagnostics.answers import About, Refused
from edge.diagnostics.log_memory import LogMemory, line_of
from edge.diagnostics.responder import Allowance, Responder
from edge.doctor import Finding, Verdict
from edge.link import Change, Session
from tests.edge.doubles import NOON_US, FakeClock, open_spool
from tests.support.simulated_room import ROOM
from tianfu import subjects
from tianfu.fleet.v1 import app_pb2, diagnosis_pb2, node_pb2

SEED = "SUA" + "A2" * 28
PHONE = "13812345678"
TEXT = f"""
[node]
id = "gw-1"
data_dir = "data"
{ROOM}"""
ID = "0123456789abcdef"
KNOWN = [number for number in diagnosis_pb2.DiagnosticCommand.values() if number]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    loaded = settings.parse(TEXT, {}, file="edge.toml", folder=tmp_path)
    loaded.data_dir.mkdir()
    clock = cast("Clock", FakeClock())
    spool = open_spool(loaded.data_dir)
    made = Agent(loaded, spool, clock=clock, random=Random(1), version="1.2.3")
    yield made
    spool.close()


def about_of(agent: Agent, **changed: Any) -> About:
    assert agent.diagnostics is not None
    found = agent.diagnostics._about()
    return About(**{**found.__dict__, **changed})


def question(command: int, **more: Any) -> diagnosis_pb2.DiagnosisRequest:
    return diagnosis_pb2.DiagnosisRequest(
        request_id=ID, command=cast("diagnosis_pb2.DiagnosticCommand", command), **more
    )


async def none() -> AsyncIterator[Finding]:
    found: tuple[Finding, ...] = ()
    for finding in found:
        yield finding


async def told(about: About, command: int, **more: Any) -> diagnosis_pb2.NodeDiagnosis:
    return await answers.answer(about, question(command, **more), 10)


def test_every_command_that_is_stated_is_answered_and_no_other() -> None:
    assert sorted(answers.COMMANDS) == sorted(KNOWN)


@pytest.mark.parametrize("command", [n for n in KNOWN if n != 9])
async def test_each_command_says_who_answered_what_when(agent: Agent, command: int) -> None:
    said = await told(about_of(agent, findings=none), command)
    assert (said.name, said.command, said.agent_version) == ("nodes/gw-1", command, "1.2.3")
    assert said.answer_time.ToMicroseconds() == NOON_US
    assert not said.truncated


async def test_status_is_what_the_agent_knows(agent: Agent) -> None:
    agent.counters.add("PLAN_UNANSWERED", 3)
    said = await told(about_of(agent), diagnosis_pb2.DIAGNOSTIC_COMMAND_STATUS)
    assert said.spool.limit_bytes == settings.SPOOL_BYTES_DEFAULT
    assert [one.name for one in said.drivers] == ["room"]
    assert {one.reason: one.number for one in said.counts} == {"PLAN_UNANSWERED": 3}
    assert not said.clock.HasField("offset")
    assert said.clock.set


async def test_the_link_tells_when_sessions_came_and_went(agent: Agent) -> None:
    agent.link.history.append(Change(NOON_US, "CONNECTED", "nats://hub:4222"))
    agent.link.history.append(Change(NOON_US + 1, "LINK_LOST", "nats://hub:4222"))
    said = await told(about_of(agent), diagnosis_pb2.DIAGNOSTIC_COMMAND_LINK)
    assert [one.reason for one in said.link.events] == ["CONNECTED", "LINK_LOST"]


async def test_the_doctor_says_what_it_found_until_the_time_is_over(agent: Agent) -> None:
    async def slow() -> AsyncIterator[Finding]:
        yield Finding("disk", Verdict.BAD, "it is full", "DISK_FULL", "free some")
        await asyncio.Event().wait()

    asked = question(diagnosis_pb2.DIAGNOSTIC_COMMAND_DOCTOR)
    said = await answers.answer(about_of(agent, findings=slow), asked, 0.01)
    assert [one.reason for one in said.findings] == ["DISK_FULL"]
    assert said.truncated


async def test_what_is_not_offered_is_refused(agent: Agent) -> None:
    with pytest.raises(Refused) as caught:
        await told(about_of(agent), 99)
    assert caught.value.reason == "DIAGNOSTIC_UNKNOWN"
    assert "app-log" in str(caught.value)


async def test_what_apps_print_stays_unless_the_owner_says_otherwise(
    agent: Agent, tmp_path: Path
) -> None:
    folder = tmp_path / "data" / "apps" / "pump"
    folder.mkdir(parents=True)
    lines = "".join(f"line {n} {PHONE}\n" for n in range(300))
    (folder / "log.txt").write_text(lines)
    command = diagnosis_pb2.DIAGNOSTIC_COMMAND_APP_LOG
    with pytest.raises(Refused) as caught:
        await told(about_of(agent), command, app="pump")
    assert caught.value.reason == "APP_LOG_KEPT"
    status = {"apps": [{"name": "pump"}]}
    open_ = about_of(agent, tells_app_logs=True, status=lambda: status)
    said = await told(open_, command, app="pump", max_lines=2)
    assert [one.text for one in said.log_lines] == ["line 298 [PHONE]", "line 299 [PHONE]"]
    for other in ("../pump", "nobody", ""):
        with pytest.raises(Refused) as caught:
            await told(open_, command, app=other)
        assert caught.value.reason == "APP_UNKNOWN"


def test_the_end_of_a_long_log_begins_with_a_whole_line(tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text("x" * answers.TAIL_BYTES + "\nlast\n")
    assert answers.tail(file, 5) == ["last"]
    assert answers.tail(tmp_path / "none.txt", 5) == []


def record(text: str, **extra: Any) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": text, "levelname": "WARNING", "name": "edge.link"})
    made.__dict__.update(extra)
    return made


async def test_logs_are_structured_bounded_and_hold_no_secret(agent: Agent) -> None:
    memory = LogMemory()
    for number in range(700):
        memory.emit(record(f"event {number}"))
    memory.emit(record("asked", token="abcdefghijkl", detail=f"nats://me:{SEED}@hub", row=[PHONE]))
    about = about_of(agent, logs=memory)
    said = await told(about, diagnosis_pb2.DIAGNOSTIC_COMMAND_LOGS, max_lines=1_000)
    assert len(said.log_lines) == answers.LINES_MAX
    last = said.log_lines[-1]
    assert dict(last.fields) == {"token": "[KEPT]", "detail": "nats://[USERINFO]@hub"}
    assert (last.level, last.logger, last.text) == ("warning", "edge.link", "asked")
    assert len((await told(about, diagnosis_pb2.DIAGNOSTIC_COMMAND_LOGS)).log_lines) == 100


def test_of_an_exception_its_type_and_place_are_remembered_not_its_text() -> None:
    with pytest.raises(ValueError, match=PHONE) as caught:
        int(PHONE + "x")
    info = (caught.type, caught.value, caught.tb)
    found = dict(line_of(record("failed", exc_info=info)).fields)
    assert found["exception"] == "ValueError"
    assert found["raised_at"].startswith("test_diagnostics.py:")
    assert PHONE not in str(found)


def test_an_answer_that_is_too_large_loses_its_oldest_lines_and_says_so() -> None:
    said = diagnosis_pb2.NodeDiagnosis()
    for number in range(500):
        said.log_lines.add(text=f"{number} " + "x" * 900)
    answers.fit(said)
    assert said.ByteSize() <= answers.ANSWER_BYTES_MAX
    assert said.truncated
    assert said.log_lines[-1].text.startswith("499 ")


def test_every_text_of_an_answer_is_looked_through() -> None:
    said = diagnosis_pb2.NodeDiagnosis()
    said.findings.add(says=f"{SEED} lies open")
    said.link.server = "nats://me:pw@hub"
    said.plan.CopyFrom(node_pb2.PlanReport(message=f"call {PHONE}"))
    said.plan.apps.add(unenforced=[SEED], state=app_pb2.APP_STATE_READY)
    said.log_lines.add(text="y" * 5_000)
    answers.cleanse(said)
    text = str(said)
    for secret in (SEED, PHONE, "me:pw"):
        assert secret not in text
    assert len(said.log_lines[0].text) == answers.TEXT_MAX


# -- who is answered, and how often ---------------------------------------------------------------


def test_questions_are_allowed_in_a_row_then_by_time() -> None:
    allowance = Allowance(3, 2.0)
    assert [allowance.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert not allowance.take(101.0)
    assert allowance.take(102.1)
    assert not allowance.take(102.2)


class Bus:
    """The client of a session: what was subscribed and what was sent."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.sent: list[tuple[str, diagnosis_pb2.DiagnosisAnswer]] = []
        self.subscribed: dict[str, Any] = {}
        self.arrived = asyncio.Event()

    async def subscribe(self, subject: str, cb: Any) -> None:
        self.subscribed[subject] = cb
        self.heard.set()

    async def publish(self, subject: str, payload: bytes) -> None:
        self.sent.append((subject, diagnosis_pb2.DiagnosisAnswer.FromString(payload)))
        self.arrived.set()

    async def ask(self, data: bytes) -> None:
        message = type("Message", (), {"data": data})
        await self.subscribed[subjects.diagnose(subjects.NodeId("gw-1"))](message)

    async def until(self, number: int) -> None:
        while len(self.sent) < number:
            self.arrived.clear()
            await asyncio.wait_for(self.arrived.wait(), 60)


async def served(responder_: Responder, bus: Bus) -> asyncio.Task[None]:
    (work,) = responder_.works
    task = asyncio.create_task(cast("Any", work(Session(cast("Any", bus)))))
    await asyncio.wait_for(bus.heard.wait(), 60)
    return task


async def test_questions_beyond_what_may_wait_or_be_asked_are_refused_at_once(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert agent.diagnostics is not None
    go_on = asyncio.Event()

    async def waits(*_: object) -> diagnosis_pb2.NodeDiagnosis:
        await go_on.wait()
        return diagnosis_pb2.NodeDiagnosis()

    monkeypatch.setattr(answers, "answer", waits)
    bus = Bus()
    task = await served(agent.diagnostics, bus)
    payload = question(diagnosis_pb2.DIAGNOSTIC_COMMAND_CLOCK).SerializeToString()
    for _ in range(12):
        await bus.ask(payload)
    reasons = [answer.reason for _, answer in bus.sent]
    assert reasons.count(responder.BUSY) == int(responder.BURST) - responder.WAITING_MAX
    assert reasons.count(responder.TOO_MANY) == 2
    go_on.set()
    await bus.until(12)
    assert {answer.node for _, answer in bus.sent} == {"gw-1"}
    assert {subject for subject, _ in bus.sent} == {"tianfu.v1.diagnosis.gw-1"}
    task.cancel()


async def test_what_is_no_question_is_counted_and_not_answered(agent: Agent) -> None:
    assert agent.diagnostics is not None
    for data in (b"\xff\xff", b"", b"x" * 10_000, question(1).SerializeToString()[:3]):
        assert agent.diagnostics.read(data) is None
    bad = diagnosis_pb2.DiagnosisRequest(
        request_id="../../etc", command="DIAGNOSTIC_COMMAND_STATUS"
    )
    assert agent.diagnostics.read(bad.SerializeToString()) is None
    assert agent.counters.of(responder.MALFORMED) == 5


async def test_a_bug_and_a_slow_answer_are_refusals_and_cost_no_session(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert agent.diagnostics is not None

    async def fails(*_: object) -> None:
        raise ZeroDivisionError(PHONE)

    monkeypatch.setattr(answers, "answer", fails)
    answer = await agent.diagnostics.answer(question(1))
    assert answer.reason == responder.FAILED
    assert PHONE not in answer.message

    async def slow(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(answers, "answer", slow)
    assert (await agent.diagnostics.answer(question(1))).reason == responder.TOO_SLOW


def test_a_node_whose_settings_forbid_it_hears_no_question(tmp_path: Path) -> None:
    text = TEXT + "[diagnostics]\nanswers = false\n"
    loaded = settings.parse(text, {}, file="edge.toml", folder=tmp_path)
    loaded.data_dir.mkdir()
    spool = open_spool(loaded.data_dir)
    clock = cast("Clock", FakeClock())
    made = Agent(loaded, spool, clock=clock, random=Random(1), version="1")
    assert made.diagnostics is None
    spool.close()


def test_the_log_is_heard_from_the_start_of_the_agent_to_its_end(agent: Agent) -> None:
    assert agent.diagnostics is not None
    memory = agent.diagnostics._logs
    asyncio.run(agent.diagnostics.restore())
    logging.getLogger("edge.x").warning("heard", extra={"reason": "X"})
    asyncio.run(agent.diagnostics.close())
    logging.getLogger("edge.x").warning("not heard")
    assert [line.text for line in memory.last(5)] == ["heard"]
    assert Counters().counts == {}
