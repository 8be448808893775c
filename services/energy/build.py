"""The energy service put together: the only module that knows all of its parts."""

from __future__ import annotations

import asyncio
import contextlib
from importlib import resources
from pathlib import Path
from typing import Final

import structlog
from nats.aio.client import Client

from services.energy.bus import facts
from services.energy.bus.checker import Checker
from services.energy.bus.facts import Facts, FactTaker
from services.energy.bus.readings import ReadingsTaker
from services.energy.bus.signing import SetpointSigner
from services.energy.openadr.server import OpenAdr
from services.energy.rpc.servicer import EnergyServicer
from services.energy.settings import EnergySettings
from services.energy.store.tables import SCHEMA
from services.energy.store.transaction import Transactor
from services.energy.usecases.desk import RuleDesk
from services.plumbing import audit, foundation, logs, metrics, service, service_server
from services.plumbing.bell import Bell
from services.plumbing.clock import system_clock
from services.plumbing.dead_letters import DeadLetters, ensure_dead_letters
from services.plumbing.jetstream import PullConsumer, begin, taken
from services.plumbing.metrics import Registry
from services.plumbing.outbox import Relay
from services.plumbing.postgres import Database
from services.plumbing.rules import RuleBook
from services.plumbing.streams import Intake, Taker, ensure_bucket, jetstream
from services.plumbing.tracing import Tracer
from tianfu import subjects
from tianfu.energy.v1 import energy_service_pb2, energy_service_pb2_grpc
from tianfu.subjects import StreamName

NAME: Final = "energy"
MIGRATIONS: Final = Path(__file__).parent / "migrations"

REPORTS_BYTES: Final = 256 << 20
"""Reports that wait while the service is down: a million of 200 bytes."""

REPORTS_OF_A_NODE: Final = 10_000
"""Reports of one node that wait; beyond it that node keeps its own."""

SHEETS_BYTES: Final = 256 << 20
SHEET_BYTES: Final = 512 << 10
"""Of one node's sheet: 1,500 setpoints take 300 KB at most."""

ACK_WAIT_S: Final = 10.0
"""Messages that a killed service had in hand come again so soon. One that comes too early is found
in the inbox."""

ACKS_PENDING_MAX: Final = 2_000
BEGIN_AGAIN_S: Final = 1.0
"""Until a stream is asked for again that its owner has not made yet."""

REPORTS: Final = Intake(
    Taker(
        subjects.SETPOINT_REPORTS, subjects.ENERGY_SETPOINT_REPORTS, ACK_WAIT_S, ACKS_PENDING_MAX
    ),
    subjects.SETPOINT_REPORTS_ALL,
    REPORTS_BYTES,
    REPORTS_OF_A_NODE,
)
READINGS: Final = Taker(subjects.READINGS, subjects.ENERGY_READINGS, ACK_WAIT_S, ACKS_PENDING_MAX)
EVENTS: Final = Taker(
    subjects.EVENTS, subjects.ENERGY_EVENTS, ACK_WAIT_S, ACKS_PENDING_MAX, facts.EVENTS
)


log = structlog.get_logger(__name__)


def rule_desk(settings: EnergySettings) -> RuleDesk:
    """Return what is decided by; raise InvalidRule or SetpointKeyUnusable."""
    rules = RuleBook.read(resources.files("services.energy") / "rules")
    signer = SetpointSigner(settings.setpoint_seed_file)
    desk = RuleDesk(rules, settings.jurisdiction, settings.interval_s, signer)
    desk.check(system_clock())
    return desk


async def run(settings: EnergySettings, stop: asyncio.Event) -> None:
    """Serve until told to stop."""
    logs.configure(NAME, settings.log_level)
    registry = metrics.new_registry()
    desk = rule_desk(settings)
    place = (settings.database_url.get_secret_value(), SCHEMA, MIGRATIONS)
    async with foundation.opened(settings, NAME, place, registry, stop) as base:
        await ensure_streams(base.link, settings.stream_replicas)
        await _serve(settings, registry, base.tracer, base.database, base.link, desk, stop)


async def ensure_streams(link: Client, replicas: int) -> None:
    """Make what this service owns: the bucket of sheets, and the stream of reports.

    The stream keeps a report until the durable is done with it.
    """
    js = jetstream(link)
    await ensure_dead_letters(link, replicas=replicas)
    await ensure_bucket(
        js,
        subjects.SETPOINTS,
        max_bytes=SHEETS_BYTES,
        max_value_bytes=SHEET_BYTES,
        republish=subjects.SETPOINT_REPUBLISH,
        replicas=replicas,
    )
    await REPORTS.ensure(js, replicas)


def _sources(link: Client, registry: Registry) -> dict[StreamName, PullConsumer]:
    return {each.stream: taken(link, each, registry) for each in (READINGS, EVENTS, REPORTS.taker)}


async def _serve(
    settings: EnergySettings,
    registry: Registry,
    tracer: Tracer,
    database: Database,
    link: Client,
    desk: RuleDesk,
    stop: asyncio.Event,
) -> None:
    transactor, bell = Transactor(database), Bell()
    transactor.after_write(bell.ring)
    replays = frozenset({subjects.SETPOINT_REPORTS})
    letters = DeadLetters(link, registry=registry, replays_to=replays)
    openadr = OpenAdr(settings, transactor, desk, bell, registry)
    relay = Relay(database.engine, link, registry=registry)
    sealer = audit.Sealer(database, registry=registry)
    database.after_commit(relay.wake)
    database.after_commit(sealer.wake)
    sources = _sources(link, registry)
    told = Facts(transactor, desk, system_clock, registry)
    readings = ReadingsTaker(
        sources[subjects.READINGS], transactor, desk, letters, system_clock, registry
    )
    checker = Checker(transactor, desk, system_clock, registry)
    takers = [
        readings.run,
        FactTaker(sources[subjects.EVENTS], letters, told.warning, told.warnings).run,
        FactTaker(sources[subjects.SETPOINT_REPORTS], letters, told.report, told.reports).run,
    ]
    descriptor = energy_service_pb2.DESCRIPTOR.services_by_name["EnergyService"]
    add = energy_service_pb2_grpc.add_EnergyServiceServicer_to_server
    servicer = EnergyServicer(transactor, desk, system_clock, bell)
    server = service_server.assemble(
        settings, (add, servicer, descriptor), letters, registry=registry, tracer=tracer
    )
    await server.start()
    relaying = asyncio.create_task(relay.run(), name="outbox relay")

    async def pulled(source: PullConsumer, what: str, taker: int) -> None:
        with contextlib.suppress(service.Stopped):
            await service.unless_stopped(stop, begin(source, stop, what, BEGIN_AGAIN_S))
            await takers[taker](stop)

    work = [
        *(
            asyncio.create_task(pulled(source, stream, number), name=f"takes {stream}")
            for number, (stream, source) in enumerate(sources.items())
        ),
        asyncio.create_task(openadr.run(stop), name="openadr"),
        asyncio.create_task(checker.run(stop), name="checker"),
        asyncio.create_task(sealer.run(stop), name="audit"),
    ]
    await server.set_ready(True)
    log.info("ready", jurisdiction=settings.jurisdiction, interval_s=settings.interval_s)
    await foundation.until_stopped(
        stop,
        server,
        sources=[*sources.values()],
        work=work,
        publishing=[relaying],
        drains=[relay.drain],
    )
