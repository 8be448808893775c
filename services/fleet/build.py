"""The fleet service put together: the only module that knows all of its parts."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from datetime import timedelta
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Final

import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, StorageType, StreamConfig

from services.fleet import artifacts, updates, usecases
from services.fleet.artifacts import Artifacts
from services.fleet.bell import Bell
from services.fleet.bus import Heartbeats, PlanReports, Sweeper
from services.fleet.control_plane_rpc import ControlPlane
from services.fleet.diagnosing import Diagnoses
from services.fleet.enrolment import Policy
from services.fleet.enrolment_rpc import Enroller
from services.fleet.issuer import NodeIssuer, read_key
from services.fleet.model import Node
from services.fleet.place_keeping import PlaceKeeper
from services.fleet.plan_rpc import PlanServicer
from services.fleet.presence import PresenceTable
from services.fleet.rpc import FleetServicer
from services.fleet.settings import FleetSettings
from services.fleet.store import SCHEMA, Transactor
from services.fleet.turning_out import Doorkeeper
from services.fleet.updates import Updates
from services.plumbing import foundation, logs, metrics, nats_link, service_server
from services.plumbing.audit import Sealer
from services.plumbing.audit_retention import Keeper
from services.plumbing.clock import system_clock, system_monotonic
from services.plumbing.dead_letters import DeadLetters, ensure_dead_letters
from services.plumbing.jetstream import PullConsumer
from services.plumbing.metrics import Registry
from services.plumbing.outbox import Relay
from services.plumbing.postgres import Database
from services.plumbing.rpc_server import RpcServer
from services.plumbing.rules import RuleBook
from services.plumbing.streams import ensure_bucket, ensure_consumer, ensure_stream, jetstream
from services.plumbing.tracing import Tracer
from tianfu import subjects
from tianfu.fleet.v1 import fleet_service_pb2, fleet_service_pb2_grpc
from tianfu.nats_keys import KeyKind

NAME: Final = "fleet"
MIGRATIONS: Final = Path(__file__).parent / "migrations"

EVENTS_BYTES: Final = 1 << 30
"""Of the stream of events: months of transitions of ten thousand nodes."""

EVENTS_AGE_S: Final = 30 * 86_400.0
"""Events are kept for a month: a consumer that was away for longer reads the state instead."""

BUCKET_BYTES: Final = 256 << 20
"""Of a bucket of plans or of reports: 10,000 nodes of 25 KB."""

PLAN_BYTES: Final = 256 << 10
"""Of one plan; 256 sampling rules take a tenth of it."""

PLACES_BYTES: Final = 64 << 20
"""Of the bucket of places: a hundred thousand nodes, and more."""

PLACE_BYTES: Final = 1 << 10
"""Of one place, with its headers."""

TRUST_BYTES: Final = 900 << 10
"""Of the token of account EDGE: some 12,000 keys that were turned out within a credential's life,
below what nats-server takes for one message."""

TRUST_BYTES_ALL: Final = 16 << 20

REQUEST_ID_BYTES: Final = 16
"""Of a question to a node: nobody guesses one."""

JURISDICTION: Final = "CN"
"""Whose rule of retention holds: logs of a network are a matter of national law."""

ACK_WAIT_S: Final = 30.0
KNOWN_AT_ONCE: Final = 1_000
"""Nodes read at a time at the start."""

log = structlog.get_logger(__name__)


async def run(settings: FleetSettings, stop: asyncio.Event) -> None:
    """Serve until told to stop."""
    logs.configure(NAME, settings.log_level)
    registry = metrics.new_registry()
    place = (settings.database_url.get_secret_value(), SCHEMA, MIGRATIONS)
    async with (
        foundation.opened(settings, NAME, place, registry, stop) as base,
        contextlib.AsyncExitStack() as stack,
    ):
        await ensure_streams(base.link, settings.stream_replicas)
        transactor = Transactor(base.database)
        door = await _doorkeeper(settings, registry, transactor, base.link, stack)
        await _serve(
            settings, registry, base.tracer, base.database, base.link, (transactor, door), stop
        )


async def ensure_streams(link: Client, replicas: int) -> None:
    """Make the streams and buckets that this service owns."""
    js = jetstream(link)
    await ensure_dead_letters(link, replicas=replicas)
    await ensure_stream(
        js,
        StreamConfig(
            name=subjects.EVENTS,
            subjects=[subjects.EVENTS_ALL],
            storage=StorageType.FILE,
            max_bytes=EVENTS_BYTES,
            max_age=EVENTS_AGE_S,
            num_replicas=replicas,
            allow_direct=True,
        ),
    )
    await ensure_bucket(
        js,
        subjects.PLANS,
        max_bytes=BUCKET_BYTES,
        max_value_bytes=PLAN_BYTES,
        republish=subjects.PLAN_REPUBLISH,
        replicas=replicas,
    )
    await ensure_bucket(
        js,
        subjects.PLAN_REPORTS,
        max_bytes=BUCKET_BYTES,
        max_value_bytes=PLAN_BYTES,
        replicas=replicas,
    )
    await ensure_places(js, replicas)
    await ensure_bucket(
        js,
        subjects.STATION_TRUST,
        max_bytes=TRUST_BYTES_ALL,
        max_value_bytes=TRUST_BYTES,
        republish=subjects.STATION_TRUST_REPUBLISH,
        replicas=replicas,
    )
    await ensure_bucket(
        js,
        subjects.UPDATES,
        max_bytes=updates.BUCKET_BYTES,
        max_value_bytes=updates.BUNDLE_BYTES_MAX,
        republish=subjects.UPDATES_REPUBLISH,
        replicas=replicas,
    )
    await ensure_bucket(
        js,
        subjects.ARTIFACTS,
        max_bytes=artifacts.BUCKET_BYTES,
        max_value_bytes=artifacts.PART_BYTES + 1024,  # its headers
        replicas=replicas,
        keys=subjects.ARTIFACT_KEYS,
    )


async def ensure_places(js: JetStreamContext, replicas: int) -> None:
    """Make the bucket of nodes' places."""
    await ensure_bucket(
        js,
        subjects.NODE_PLACES,
        max_bytes=PLACES_BYTES,
        max_value_bytes=PLACE_BYTES,
        replicas=replicas,
    )


async def _serve(
    settings: FleetSettings,
    registry: Registry,
    tracer: Tracer,
    database: Database,
    link: Client,
    parts: tuple[Transactor, Doorkeeper | None],
    stop: asyncio.Event,
) -> None:
    (transactor, door), bell, table = parts, Bell(), PresenceTable()
    await _know_nodes(transactor, table)
    letters = DeadLetters(
        link,
        registry=registry,
        replays_to=frozenset({subjects.bucket_stream(subjects.PLAN_REPORTS)}),
    )
    relay = Relay(database.engine, link, registry=registry)
    database.after_commit(relay.wake)
    reports = _reports_source(link, registry)
    enroller = _enroller(settings, transactor, door)
    plans = PlanServicer(
        transactor, system_clock, bell, Artifacts(link, system_clock), Updates(link)
    )
    sealer = Sealer(database, registry=registry)
    database.after_commit(sealer.wake)
    rules = RuleBook.read(resources.files("services.fleet") / "rules")
    retention = Keeper(database, rules, JURISDICTION, NAME, system_clock, registry)
    diagnoses = Diagnoses(
        link.publish,
        transactor,
        table,
        system_clock,
        system_monotonic,
        partial(secrets.token_hex, REQUEST_ID_BYTES),
        registry,
    )
    servicer = _servicer(transactor, bell, table, enroller, plans, diagnoses)
    server = _server(settings, registry, tracer, letters, servicer)
    await server.start()
    await reports.start()
    heartbeats = Heartbeats(table, system_clock, system_monotonic, link.publish, registry)
    await link.subscribe(subjects.HEARTBEATS_ALL, cb=heartbeats.receive)
    await link.subscribe(subjects.DIAGNOSES_ALL, cb=diagnoses.receive)
    sweeper = Sweeper(table, transactor, bell, system_clock, system_monotonic, registry)
    js = jetstream(link)
    ensure = partial(ensure_places, js, settings.stream_replicas)
    keeper = PlaceKeeper(js, transactor, ensure, registry)
    relaying = asyncio.create_task(relay.run(), name="outbox relay")
    taking = PlanReports(reports, transactor, bell, letters, system_clock)
    work = [
        asyncio.create_task(sweeper.run(stop), name="presence"),
        asyncio.create_task(taking.run(stop), name="plan reports"),
        asyncio.create_task(keeper.run(stop), name="places of nodes"),
        asyncio.create_task(sealer.run(stop), name="audit sealer"),
        asyncio.create_task(retention.run(stop), name="audit retention"),
    ]
    if door is not None:
        work.append(asyncio.create_task(door.run(stop), name="turning out"))
    await server.set_ready(True)
    log.info("ready", nodes=len(table))
    await foundation.until_stopped(
        stop,
        server,
        sources=[reports],
        work=work,
        publishing=[relaying],
        drains=[relay.drain],
    )


async def _know_nodes(transactor: Transactor, table: PresenceTable) -> None:
    after = ""
    while True:
        found = await transactor.read(usecases.known_nodes, after, KNOWN_AT_ONCE)
        for node in found:
            _register(table, node)
        if len(found) < KNOWN_AT_ONCE:
            return
        after = found[-1].node_id


def _register(table: PresenceTable, node: Node) -> None:
    table.register(
        node.node_id,
        node.presence,
        node.identity,
        agent_version=node.agent_version,
        clock_offset_us=None
        if node.clock_offset is None
        else node.clock_offset // timedelta(microseconds=1),
        now_s=system_monotonic(),
    )


def _policy(settings: FleetSettings) -> Policy:
    return Policy(
        lifetime=timedelta(seconds=settings.node_credentials_lifetime_s),
        overlap=timedelta(seconds=settings.station_credentials_overlap_s),
    )


def _issuer(settings: FleetSettings) -> NodeIssuer | None:
    """Return who signs for nodes, None when this platform enrols none."""
    if settings.edge_account is None or settings.edge_signing_seed_file is None:
        return None
    urls = [url.strip() for url in settings.node_nats_urls.split(",") if url.strip()]
    key = read_key(settings.edge_signing_seed_file, KeyKind.ACCOUNT)
    urls = urls or settings.nats_url.split(",")
    return NodeIssuer(settings.edge_account, key, urls, _policy(settings))


def _enroller(settings: FleetSettings, transactor: Transactor, door: Doorkeeper | None) -> Enroller:
    return Enroller(
        transactor,
        system_clock,
        _issuer(settings),
        (lambda: None) if door is None else door.wake,
        update_root=updates.read_root(settings.update_root_file),
    )


async def _doorkeeper(
    settings: FleetSettings,
    registry: Registry,
    transactor: Transactor,
    platform: Client,
    stack: contextlib.AsyncExitStack,
) -> Doorkeeper | None:
    """Return who tells NATS whom to refuse, over a connection of its own to account SYSTEM."""
    seed, credentials = settings.operator_signing_seed_file, settings.nats_system_credentials_file
    if settings.edge_account is None or seed is None or credentials is None:
        return None
    key = read_key(seed, KeyKind.OPERATOR)
    # Counted apart: this connection has a gauge of its own name in no registry.
    link = await nats_link.connect(
        settings.nats_url, credentials, "system", NAME, registry=metrics.new_registry()
    )
    stack.push_async_callback(nats_link.close, link)
    js = jetstream(platform)

    async def tell_stations(token: str) -> None:
        await js.publish(subjects.STATION_TRUST_KEY, token.encode())

    return Doorkeeper(
        link,
        transactor,
        account=settings.edge_account,
        operator_key=key,
        policy=_policy(settings),
        clock=system_clock,
        registry=registry,
        tell_stations=tell_stations,
    )


def _servicer(
    transactor: Transactor,
    bell: Bell,
    table: PresenceTable,
    enroller: Enroller,
    plans: PlanServicer,
    diagnoses: Diagnoses,
) -> FleetServicer:
    return FleetServicer(
        transactor,
        system_clock,
        bell,
        registered=lambda node: _register(table, node),
        removed=table.forget,
        enrolments=enroller,
        plans=plans,
        control_plane=ControlPlane(transactor, system_clock),
        diagnoses=diagnoses,
    )


def _reports_source(link: Client, registry: Registry) -> PullConsumer:
    stream = subjects.bucket_stream(subjects.PLAN_REPORTS)
    durable = subjects.FLEET_PLAN_REPORTS

    async def ensure() -> None:
        config = ConsumerConfig(
            durable_name=durable, ack_policy=AckPolicy.EXPLICIT, ack_wait=ACK_WAIT_S
        )
        await ensure_consumer(jetstream(link), stream, durable, config)

    return PullConsumer(link, stream, durable, ensure=ensure, registry=registry)


def _server(
    settings: FleetSettings,
    registry: Registry,
    tracer: Tracer,
    letters: DeadLetters,
    servicer: FleetServicer,
) -> RpcServer:
    fleet = fleet_service_pb2.DESCRIPTOR.services_by_name["FleetService"]
    return service_server.assemble(
        settings,
        (fleet_service_pb2_grpc.add_FleetServiceServicer_to_server, servicer, fleet),
        letters,
        registry=registry,
        tracer=tracer,
    )
