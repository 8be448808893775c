"""An inspector's handheld from the draw to the finding: real agent, nats-server, PostgreSQL, kills.

A form is signed without a link, the agent is killed, the platform too; it arrives once.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import nats as nats_py
import pytest

from tests.integration.edge_world import NODE, ROOT, AgentProcess, environment
from tests.support.credit_process import CreditProcess, credit_process, entity_code, rows
from tests.support.nats_server import NatsServer, nats_server
from tests.support.waiting import until_blocking
from tianfu import batch_encoder, inspection_form, subjects
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey
from tianfu.credit_supervision.v1 import (
    clue_pb2,
    draw_pb2,
    emergency_pb2,
    handheld_pb2,
    monitoring_pb2,
)
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb
from tianfu.credit_supervision.v1 import supervision_requests_pb2 as asks
from tianfu.healthcare.v1 import events_pb2 as health_events
from tianfu.healthcare.v1 import recognition_pb2 as health_recognition

pytestmark = pytest.mark.integration

WITHIN_S: Final = 60.0
PASSPHRASE: Final = "correct horse battery"
SETTINGS: Final = f"""
[node]
id = "{NODE}"
data_dir = "data"
[heartbeat]
interval_s = 1
[inspections]
"""


class Inspector:
    """An inspector at a handheld: the commands, as a person types them."""

    def __init__(self, folder: Path, server: NatsServer) -> None:
        self.file = folder / "edge.toml"
        self.file.write_text(SETTINGS)
        self.data = folder / "data"
        self.agent = AgentProcess(self.file, server)
        self._environment = environment(server)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the handheld; the passphrase comes from a pipe."""
        return subprocess.run(
            [sys.executable, "-m", "edge", *command, "--config", str(self.file)],
            cwd=ROOT,
            env=os.environ | self._environment,
            input=f"{PASSPHRASE}\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def visits(self) -> list[dict[str, Any]]:
        """Return the visits that are to be made."""
        shown = self.run("visits", "--json")
        return list(json.loads(shown.stdout))

    def fill(self, visit: str, outcome: str = "no-problem", answer: str = "pass") -> Any:
        """Print the form of a visit, fill it in as told, sign it and hand it over."""
        text = self.run("form", visit).stdout
        items = tomllib.loads(text)["answers"]
        text = text.replace('outcome = ""', f'outcome = "{outcome}"')
        for item in items:
            text = text.replace(f'{item} = ""', f'{item} = "{answer}"')
        paper = self.data / "form.toml"
        paper.write_text(text)
        return self.run("fill", str(paper))


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_server(nodes=(NODE,)) as found:
        yield found


@pytest.fixture
def credit(server: NatsServer, database_url: str) -> Iterator[CreditProcess]:
    with credit_process(server, database_url) as process:
        yield process


@pytest.fixture
def inspector(tmp_path: Path, server: NatsServer) -> Iterator[Inspector]:
    found = Inspector(tmp_path, server)
    yield found
    if found.agent.process is not None and found.agent.process.poll() is None:
        found.agent.kill()


def published(credit: CreditProcess, draw_id: str) -> list[draw_pb2.Inspection]:
    credit.import_rows(rows(200))
    credit.declare(draw_id)
    credit.reveal(draw_id)
    credit.publish(draw_id)
    return credit.inspections(draw_id)


def entered(credit: CreditProcess, inspector: Inspector, visit: Any) -> str:
    """Enter the handheld for somebody who goes on a visit; return the department."""
    made = inspector.run("inspector")
    assert made.returncode == 0, made.stderr
    assert "KEY_EXISTS" in inspector.run("inspector").stderr
    department, _, badge = str(visit.inspectors[0]).partition("/")
    handheld = handheld_pb2.Handheld(
        department=department, badge=badge, public_key=made.stdout.strip()
    )
    request = asks.CreateHandheldRequest(handheld=handheld, handheld_id=NODE)
    first = credit.call("CreateHandheld", request)
    assert credit.call("CreateHandheld", request) == first
    return department


def findings(credit: CreditProcess, visit: str) -> list[draw_pb2.Finding]:
    draw_id = visit.split("/")[1]
    return [f for v in credit.inspections(draw_id) if v.name == visit for f in v.findings]


def test_a_form_signed_offline_is_a_finding_once_whatever_is_killed(
    credit: CreditProcess, inspector: Inspector, server: NatsServer
) -> None:
    first = published(credit, "d-1")[0]
    department = entered(credit, inspector, first)
    inspector.agent.start()
    until_blocking(lambda: any(v["inspection"] == first.name for v in inspector.visits()), WITHIN_S)
    server.kill()  # no link from here on

    wrong = inspector.fill(first.name, outcome="case-opened")
    assert "FORM_OUTCOME_WRONG" in wrong.stderr  # nothing fails, so there is no case
    done = inspector.fill(first.name)
    assert done.returncode == 0, done.stderr
    digest = done.stdout.strip()
    other = inspector.fill(first.name, outcome="correction-ordered", answer="fail")
    assert "FORM_EXISTS" in other.stderr
    inspector.agent.kill()
    credit.kill()
    server.start()
    inspector.agent.start()  # it sends while nobody takes
    credit.start()

    until_blocking(lambda: bool(findings(credit, first.name)), WITHIN_S)
    inspector.agent.kill()  # maybe before it knew that the form was taken
    inspector.agent.start()
    until_blocking(lambda: all(v["inspection"] != first.name for v in inspector.visits()), WITHIN_S)
    [found] = findings(credit, first.name)
    assert (found.department, found.form_sha256) == (department, digest)
    check_forms(credit, first.name, digest)
    check_retired(credit, inspector)


def check_forms(credit: CreditProcess, visit: str, digest: str) -> None:
    """Hold that the form can be had as it was signed, for a purpose that is stated."""
    request = asks.ListTakenFormsRequest(parent=visit)
    [taken] = credit.call("ListTakenForms", request).taken_forms
    assert inspection_form.digest(taken.signed_form) == digest
    [handheld] = credit.call("ListHandhelds", asks.ListHandheldsRequest()).handhelds
    filled = inspection_form.opened(taken.signed_form, handheld.public_key)
    assert filled.inspection == visit
    assert {each.answer for each in filled.items} == {handheld_pb2.FORM_ANSWER_PASS}


def check_retired(credit: CreditProcess, inspector: Inspector) -> None:
    """Hold that a lost handheld is told nothing any more."""
    retired = credit.call("RetireHandheld", asks.RetireHandheldRequest(name=f"handhelds/{NODE}"))
    assert retired.state == handheld_pb2.HANDHELD_STATE_RETIRED
    until_blocking(lambda: inspector.visits() == [], WITHIN_S)


async def test_what_nobody_signed_is_a_dead_letter(
    credit: CreditProcess, inspector: Inspector, server: NatsServer
) -> None:
    visit = await asyncio.to_thread(lambda: published(credit, "d-2")[0])
    await asyncio.to_thread(entered, credit, inspector, visit)
    forged = handheld_pb2.SignedForm(form=b"x", signature=b"y", public_key="U" + "A" * 55)
    link = await nats_py.connect(
        server.url, user_credentials=str(server.credentials("node", NODE)),
        inbox_prefix=subjects.inbox_prefix("node", NODE).encode(),
    )  # fmt: skip
    subject = subjects.inspection_form(NODE)
    for payload in (forged.SerializeToString(), b"\xff"):
        await link.request(subject, payload, timeout=30)
    await link.close()
    admin = await nats_py.connect(
        server.url, user_credentials=str(server.credentials("test", "admin"))
    )
    dead = subjects.dead(subjects.INSPECTION_FORMS, subjects.CREDIT_FORMS)

    async def letters() -> int:
        info = await admin.jetstream().stream_info(subjects.DEAD_LETTERS, subjects_filter=dead)
        return int((info.state.subjects or {}).get(dead, 0))

    async with asyncio.timeout(WITHIN_S):
        while await letters() < 2:  # noqa: ASYNC110 - a server's state is looked at, not told
            await asyncio.sleep(0)
    await admin.close()
    assert await asyncio.to_thread(findings, credit, visit.name) == []


def test_a_visit_rests_while_a_disaster_is_declared_there(
    credit: CreditProcess, inspector: Inspector
) -> None:
    visit = published(credit, "d-3")[0]
    entered(credit, inspector, visit)
    inspector.agent.start()
    until_blocking(lambda: bool(inspector.visits()), WITHIN_S)
    place = inspector.visits()[0]["place"]
    emergency = asks.CreateEmergencyRequest(emergency_id="quake")
    emergency.emergency.place_codes.append(place)
    emergency.emergency.ground = "county government notice 1"
    credit.call("CreateEmergency", emergency)
    until_blocking(lambda: bool(inspector.visits()[0]["suspended_by"]), WITHIN_S)

    first = inspector.visits()[0]["inspection"]
    assert "VISIT_SUSPENDED" in inspector.fill(first).stderr
    end = asks.EndEmergencyRequest(
        name="emergencies/quake", state=emergency_pb2.EMERGENCY_STATE_ENDED
    )
    credit.call("EndEmergency", end)
    until_blocking(lambda: not inspector.visits()[0]["suspended_by"], WITHIN_S)
    assert inspector.fill(first).returncode == 0


# -- monitors --------------------------------------------------------------------------------------

ADVISED: Final = subjects.event("healthcare", "recognition-decided")


def points(credit: CreditProcess) -> None:
    """Enter a stack that may emit 100 an hour, and a hospital."""
    common: dict[str, Any] = {
        "entity": f"entities/{entity_code(1)}",
        "place_code": "510402",
        "permit_sha256": "c" * 64,
    }
    series = monitoring_pb2.MonitoredSeries(node=NODE, series="so2", hour_mean_max=100.0)
    for point_id, fields in (
        ("stack-1", {"matter": "discharge", "series": series}),
        ("pzh-1", {"matter": "recognition-mark", "hospital": "hospitals/pzh-1"}),
    ):
        made = monitoring_pb2.MonitoringPoint(**common, **fields)
        request = asks.CreateMonitoringPointRequest(
            monitoring_point=made, monitoring_point_id=point_id
        )
        assert credit.call("CreateMonitoringPoint", request).entity == made.entity
    listing = asks.ListMonitoringPointsRequest()
    assert len(credit.call("ListMonitoringPoints", listing).monitoring_points) == 2


def so2(sequence: int, hours_ago: int, *values: float) -> bytes:
    """Return a batch of a stack's readings of an hour that is over."""
    hour_us = 3_600 * 1_000_000
    base_us = (time.time_ns() // 1_000 // hour_us - hours_ago) * hour_us
    builder = BatchBuilder()
    for number, value in enumerate(values):
        builder.add(SeriesKey("so2", "mg/m3"), base_us + number * 60_000_000, value, 0)
    total = sequence * len(values)
    return batch_encoder.encode(
        builder.message(), Identity(NODE, 7, sequence), produced_total=total, drops=[]
    )


async def told(server: NatsServer) -> None:
    """Have a node send an hour above its permit, twice, one below, and health a mark."""
    admin = await nats_py.connect(
        server.url, user_credentials=str(server.credentials("test", "admin"))
    )
    js = admin.jetstream()
    await js.add_stream(name=subjects.READINGS, subjects=[subjects.READINGS_ALL])
    await js.add_stream(name=subjects.EVENTS, subjects=[subjects.EVENTS_ALL])
    above = so2(1, 3, *[150.0] * 10)
    for payload in (above, above, so2(2, 4, *[50.0] * 10), b"\xff"):
        await js.publish(subjects.reading(NODE), payload)
    for step in ("RECOGNITION_STEP_CERTIFICATE", "RECOGNITION_STEP_DONE"):
        event = health_events.RecognitionDecided(
            recognition=f"recognitions/{step.lower()}",
            producer="hospitals/pzh-1",
            step=health_recognition.RecognitionStep.Value(step),
        )
        await js.publish(ADVISED, event.SerializeToString())
    await admin.close()


def test_an_hour_above_a_permit_and_a_mark_without_assessment_are_leads_once(
    credit: CreditProcess, server: NatsServer
) -> None:
    points(credit)
    asyncio.run(told(server))

    def leads() -> dict[str, tuple[int, int]]:
        found = credit.call("ListClues", pb.ListCluesRequest()).clues
        return {each.matter: (each.source, each.report_count) for each in found}

    sensor = (clue_pb2.CLUE_SOURCE_SENSOR, 1)
    wanted = {"discharge": sensor, "recognition-mark": sensor}
    until_blocking(lambda: leads() == wanted, WITHIN_S)
    credit.kill()
    credit.start()
    asyncio.run(again(server))
    until_blocking(lambda: leads() == wanted | {"discharge": (sensor[0], 2)}, WITHIN_S)


async def again(server: NatsServer) -> None:
    """Send what was sent, and another hour that is above: the same clue, reported once more."""
    admin = await nats_py.connect(
        server.url, user_credentials=str(server.credentials("test", "admin"))
    )
    for payload in (so2(1, 3, *[150.0] * 10), so2(3, 2, *[150.0] * 10)):
        await admin.jetstream().publish(subjects.reading(NODE), payload)
    await admin.close()
