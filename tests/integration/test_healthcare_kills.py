"""kill -9 of node, nats-server, PostgreSQL and service while a ward sends: each result once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import grpc
import pytest

from tests.edge.hl7v2.messages import POTASSIUM, oru
from tests.support.healthcare_process import HealthcareProcess, healthcare_process
from tests.support.nats_server import nats_server
from tests.support.postgres import postgres_server
from tests.support.ward import Hl7Sender, WardNode
from tianfu import subjects

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

SEED: Final = 20_261_124
ROUNDS: Final = 2
"""Kills of each."""

SENT_WHILE_DOWN: Final = 4
FIRST: Final = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
RESPIRATION: Final = "OBX|2|NM|9279-1^Respiration^LN||22|/min|||||F|||20261120155500"


def message(number: int) -> bytes:
    """Return an ORU of one moment, with a vital sign and a critical value."""
    when = f"{FIRST + timedelta(minutes=number):%Y%m%d%H%M%S}+0000"
    lines = [line.replace("20261120155500", when) for line in (POTASSIUM, RESPIRATION)]
    return oru(*lines, control_id=f"K{number}")


def settled(service: HealthcareProcess, patient: str, count: int) -> Callable[[], bool]:
    """Return whether all results are there; a service that reconnects answers later."""

    def reached() -> bool:
        try:
            return len(service.observations(patient)) >= count
        except grpc.RpcError:
            return False

    return reached


def known(service: HealthcareProcess) -> Callable[[], bool]:
    """Return whether the patient is there."""

    def reached() -> bool:
        try:
            return bool(service.patients())
        except grpc.RpcError:
            return False

    return reached


def test_no_vital_sign_is_lost_and_no_alert_is_doubled(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with (
        postgres_server() as postgres,
        nats_server() as nats,
        healthcare_process(nats, postgres.url(postgres.create_database())) as service,
    ):
        nats.add_user("node", "ward-7", subjects.node_permissions(subjects.node_id("ward-7")))
        node = WardNode(tmp_path, nats)
        node.start()
        sender = Hl7Sender(node.port)
        kills: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "nats": (nats.kill, nats.start),
            "postgres": (postgres.kill, postgres.start),
            "service": (service.kill, service.start),
        }
        order = [*kills, "node"] * ROUNDS
        chance.shuffle(order)
        sent = 0
        try:
            for victim in order:
                for _ in range(chance.randrange(1, 4)):
                    sender.send(message(sent))
                    sent += 1
                if victim == "node":
                    node.end()
                    node.start()
                    continue
                kill, start = kills[victim]
                kill()
                # A hospital does not wait for the platform: the node answers AA all the same.
                for _ in range(SENT_WHILE_DOWN):
                    sender.send(message(sent))
                    sent += 1
                start()
            for number in chance.sample(range(sent), 10):
                sender.send(message(number))
            service.wait(known(service), "the patient")
            [patient] = service.patients()
            service.wait(settled(service, patient.name, 2 * sent), "all results")

            observations = service.observations(patient.name)
            found = Counter(
                (each.result.code.code, each.result.observe_time.ToDatetime(UTC))
                for each in observations
            )
            moments = [FIRST + timedelta(minutes=number) for number in range(sent)]
            assert found == {(c, at): 1 for c in ("2823-3", "9279-1") for at in moments}
            critical = {e.name for e in observations if e.result.code.code == "2823-3"}
            alerts = service.alerts("kind=CRITICAL_VALUE")
            assert Counter(each.cause for each in alerts) == dict.fromkeys(critical, 1)
            scored = [each.observe_time.ToDatetime(UTC) for each in service.scores(patient.name)]
            assert scored == sorted(moments, reverse=True)
        finally:
            sender.close()
            node.end()
