"""The service of credit supervision put together: the only module that knows all of its parts."""

from __future__ import annotations

import asyncio
from importlib import resources
from pathlib import Path
from typing import Final

import structlog
from nats.aio.client import Client

from services.credit_supervision.bus.checkpoints import Checkpoints
from services.credit_supervision.bus.events import EventTaker
from services.credit_supervision.bus.forms import FormTaker
from services.credit_supervision.bus.readings import ReadingsTaker
from services.credit_supervision.bus.sheets import SHEET_BYTES, SheetWriter
from services.credit_supervision.bus.timer import Timer
from services.credit_supervision.model.calendar import WorkingDays
from services.credit_supervision.rpc.servicer import CreditServicer
from services.credit_supervision.settings import CreditSettings
from services.credit_supervision.store.tables import SCHEMA
from services.credit_supervision.store.transaction import Transactor
from services.plumbing import foundation, logs, metrics, service_server
from services.plumbing.audit import Sealer
from services.plumbing.bell import Bell
from services.plumbing.clock import system_clock
from services.plumbing.dead_letters import DeadLetters, ensure_dead_letters
from services.plumbing.jetstream import taken
from services.plumbing.metrics import Registry
from services.plumbing.outbox import Relay
from services.plumbing.postgres import Database
from services.plumbing.rules import RuleBook
from services.plumbing.streams import Intake, Taker, ensure_bucket, jetstream
from services.plumbing.tracing import Tracer
from tianfu import subjects
from tianfu.credit_supervision.v1 import (
    credit_supervision_service_pb2,
    credit_supervision_service_pb2_grpc,
)

NAME: Final = "credit-supervision"
MIGRATIONS: Final = Path(__file__).parent / "migrations"

SHEETS_BYTES: Final = 256 << 20
FORMS_BYTES: Final = 256 << 20
FORMS_OF_A_NODE: Final = 10_000
"""An inspector signs a few a day."""

FORM_BYTES: Final = 128 << 10
ACK_WAIT_S: Final = 30.0
ACKS_PENDING_MAX: Final = 1_000

FORMS: Final = Intake(
    Taker(subjects.INSPECTION_FORMS, subjects.CREDIT_FORMS, ACK_WAIT_S, ACKS_PENDING_MAX),
    subjects.INSPECTION_FORMS_ALL,
    FORMS_BYTES,
    FORMS_OF_A_NODE,
    FORM_BYTES,
)

log = structlog.get_logger(__name__)


async def run(settings: CreditSettings, stop: asyncio.Event) -> None:
    """Serve until told to stop."""
    logs.configure(NAME, settings.log_level)
    registry = metrics.new_registry()
    place = (settings.database_url.get_secret_value(), SCHEMA, MIGRATIONS)
    async with foundation.opened(settings, NAME, place, registry, stop) as base:
        await ensure_streams(base.link, settings.stream_replicas)
        await _serve(settings, registry, base.tracer, base.database, base.link, stop)


async def ensure_streams(link: Client, replicas: int) -> None:
    """Make what this service owns: the bucket of handhelds' sheets, and the stream of forms.

    The stream keeps a form until the durable is done with it, and refuses new ones when it is
    full, so that handhelds keep theirs.
    """
    js = jetstream(link)
    await ensure_dead_letters(link, replicas=replicas)
    await ensure_bucket(
        js,
        subjects.VISITS,
        max_bytes=SHEETS_BYTES,
        max_value_bytes=SHEET_BYTES,
        republish=subjects.VISITS_REPUBLISH,
        replicas=replicas,
    )
    await FORMS.ensure(js, replicas)


def rule_book() -> RuleBook:
    """Return the rules of the package; raise InvalidRule for one that can't be used."""
    book = RuleBook.read(resources.files("services.credit_supervision") / "rules")
    WorkingDays.read(book)  # a wrong day is told of now, not by the first deadline
    return book


async def _serve(
    settings: CreditSettings,
    registry: Registry,
    tracer: Tracer,
    database: Database,
    link: Client,
    stop: asyncio.Event,
) -> None:
    transactor, book, bell = Transactor(database), rule_book(), Bell()
    transactor.after_write(bell.ring)
    relay = Relay(database.engine, link, registry=registry)
    sealer = Sealer(database, registry=registry)
    database.after_commit(relay.wake)
    database.after_commit(sealer.wake)
    letters = DeadLetters(
        link, registry=registry, replays_to=frozenset({subjects.INSPECTION_FORMS})
    )
    descriptor = credit_supervision_service_pb2.DESCRIPTOR
    add = credit_supervision_service_pb2_grpc.add_CreditSupervisionServiceServicer_to_server
    server = service_server.assemble(
        settings,
        (
            add,
            CreditServicer(transactor, book, system_clock, bell),
            descriptor.services_by_name["CreditSupervisionService"],
        ),
        letters,
        registry=registry,
        tracer=tracer,
    )
    await server.start()
    forms = taken(link, FORMS.taker, registry)
    relaying = asyncio.create_task(relay.run(), name="outbox relay")
    work = [
        asyncio.create_task(sealer.run(stop), name="audit sealer"),
        asyncio.create_task(Checkpoints(transactor, system_clock).run(stop), name="checkpoints"),
        asyncio.create_task(
            EventTaker(link, transactor, book, letters, system_clock, registry).run(stop),
            name="events",
        ),
        asyncio.create_task(
            Timer(transactor, book, system_clock, registry).run(stop), name="timer"
        ),
        asyncio.create_task(
            FormTaker(forms, transactor, book, letters, system_clock, registry).run(stop),
            name="forms",
        ),
        asyncio.create_task(
            SheetWriter(link, transactor, book, system_clock, bell).run(stop), name="sheets"
        ),
        asyncio.create_task(
            ReadingsTaker(link, transactor, book, letters, system_clock, registry).run(stop),
            name="readings",
        ),
    ]
    await server.set_ready(True)
    log.info("ready")
    await foundation.until_stopped(
        stop,
        server,
        work=work,
        publishing=[relaying],
        drains=[relay.drain],
    )
