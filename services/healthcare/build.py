"""The healthcare service put together: the only module that knows all of its parts."""

from __future__ import annotations

import asyncio
import uuid
from importlib import resources
from pathlib import Path
from typing import Final

import structlog
from nats.aio.client import Client

from services.healthcare.bus.clinical import ClinicalTaker
from services.healthcare.bus.other_streams import OtherStream, Worker
from services.healthcare.bus.solver import Solver
from services.healthcare.bus.timer import Timer
from services.healthcare.bus.vitals import VitalsTaker
from services.healthcare.bus.warnings import SORTS, WarningListener
from services.healthcare.rpc.servicer import HealthcareServicer
from services.healthcare.settings import HealthcareSettings
from services.healthcare.store.tables import SCHEMA
from services.healthcare.store.transaction import Transactor
from services.healthcare.usecases.rules_in_force import RuleDesk
from services.plumbing import audit, foundation, logs, metrics, service_server
from services.plumbing.bell import Bell
from services.plumbing.clock import system_clock, system_monotonic
from services.plumbing.dead_letters import DeadLetters, ensure_dead_letters
from services.plumbing.jetstream import PullConsumer, taken
from services.plumbing.metrics import Registry
from services.plumbing.outbox import Relay
from services.plumbing.postgres import Database
from services.plumbing.rules import RuleBook
from services.plumbing.streams import Intake, Taker, jetstream
from services.plumbing.tracing import Tracer
from tianfu import subjects
from tianfu.healthcare.v1 import healthcare_service_pb2, healthcare_service_pb2_grpc
from tianfu.scores import shipped

NAME: Final = "healthcare"
MIGRATIONS: Final = Path(__file__).parent / "migrations"

CLINICAL_BYTES: Final = 2 << 30
"""Messages that wait while the service is down: a million of two kilobytes."""

MESSAGES_OF_A_NODE: Final = 200_000
"""Messages of one node that wait; beyond it that node keeps its own."""

MESSAGE_BYTES: Final = 768 << 10
"""Of one message: HL7 of 512 KB, read, is never longer by half."""

ACK_WAIT_S: Final = 10.0
"""Messages that a killed service had in hand come again so soon. One that comes too early is found
in the inbox."""

ACKS_PENDING_MAX: Final = 1_000


CLINICAL: Final = Intake(
    Taker(subjects.CLINICAL, subjects.HEALTHCARE_CLINICAL, ACK_WAIT_S, ACKS_PENDING_MAX),
    subjects.CLINICAL_ALL,
    CLINICAL_BYTES,
    MESSAGES_OF_A_NODE,
    MESSAGE_BYTES,
)


log = structlog.get_logger(__name__)


def rule_desk(jurisdiction: str) -> RuleDesk:
    """Return the rules of the package; raise InvalidRule for one that can't be used."""
    rules = RuleBook.read(resources.files("services.healthcare") / "rules")
    desk = RuleDesk(rules, RuleBook.read(shipped.TABLES), jurisdiction)
    desk.check(system_clock())
    return desk


async def run(settings: HealthcareSettings, stop: asyncio.Event) -> None:
    """Serve until told to stop."""
    logs.configure(NAME, settings.log_level)
    registry = metrics.new_registry()
    desk = rule_desk(settings.jurisdiction)
    place = (settings.database_url.get_secret_value(), SCHEMA, MIGRATIONS)
    async with foundation.opened(settings, NAME, place, registry, stop) as base:
        await ensure_streams(base.link, settings.stream_replicas)
        await _serve(settings, registry, base.tracer, base.database, base.link, desk, stop)


async def ensure_streams(link: Client, replicas: int) -> None:
    """Make the streams that this service owns, so that no message falls out before it is taken.

    CLINICAL keeps a message until the durable is done with it, and refuses new ones when it is
    full, so that nodes keep theirs.
    """
    js = jetstream(link)
    await ensure_dead_letters(link, replicas=replicas)
    await CLINICAL.ensure(js, replicas)


def _listeners(
    link: Client,
    transactor: Transactor,
    desk: RuleDesk,
    letters: DeadLetters,
    registry: Registry,
) -> list[Worker]:
    """Return who takes from other services' streams."""

    def warnings(source: PullConsumer) -> WarningListener:
        return WarningListener(source, transactor, desk, letters, system_clock, registry)

    def vitals(source: PullConsumer) -> VitalsTaker:
        return VitalsTaker(source, transactor, desk, letters, system_clock, registry)

    own = subjects.READINGS, subjects.HEALTHCARE_VITALS
    return [
        OtherStream(link, *own, [subjects.READINGS_ALL], vitals, registry),
        OtherStream(
            link, subjects.EVENTS, subjects.HEALTHCARE_WARNINGS, list(SORTS), warnings, registry
        ),
    ]


async def _serve(
    settings: HealthcareSettings,
    registry: Registry,
    tracer: Tracer,
    database: Database,
    link: Client,
    desk: RuleDesk,
    stop: asyncio.Event,
) -> None:
    transactor, bell = Transactor(database), Bell()
    transactor.after_write(bell.ring)
    letters = DeadLetters(link, registry=registry, replays_to=frozenset({subjects.CLINICAL}))
    relay = Relay(database.engine, link, registry=registry)
    sealer = audit.Sealer(database, registry=registry)
    database.after_commit(relay.wake)
    database.after_commit(sealer.wake)
    source = taken(link, CLINICAL.taker, registry)
    taker = ClinicalTaker(
        source, transactor, desk, letters, system_clock, lambda: f"p{uuid.uuid4().hex}", registry
    )
    work: list[Worker] = [
        taker,
        Timer(transactor, desk, system_clock, system_monotonic, registry),
        sealer,
        Solver(transactor, desk, system_clock, system_monotonic, bell, registry),
        *_listeners(link, transactor, desk, letters, registry),
    ]
    descriptor = healthcare_service_pb2.DESCRIPTOR.services_by_name["HealthcareService"]
    add = healthcare_service_pb2_grpc.add_HealthcareServiceServicer_to_server
    servicer = HealthcareServicer(transactor, desk, system_clock, bell)
    server = service_server.assemble(
        settings, (add, servicer, descriptor), letters, registry=registry, tracer=tracer
    )
    await server.start()
    await source.start()
    relaying = asyncio.create_task(relay.run(), name="outbox relay")
    tasks = [asyncio.create_task(each.run(stop), name=type(each).__name__) for each in work]
    await server.set_ready(True)
    log.info("ready", jurisdiction=settings.jurisdiction)
    await foundation.until_stopped(
        stop,
        server,
        sources=[source],
        work=tasks,
        publishing=[relaying],
        drains=[relay.drain],
    )
