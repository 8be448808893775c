"""The telemetry service put together: the only module that knows all of its parts."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from dataclasses import dataclass
from typing import Final

import structlog
from nats.aio.client import Client

from services.plumbing import foundation, logs, metrics, service_server, turn
from services.plumbing.clock import system_clock, system_monotonic
from services.plumbing.dead_letters import DeadLetters, ensure_dead_letters
from services.plumbing.jetstream import PullConsumer
from services.plumbing.metrics import Registry
from services.plumbing.rpc_server import RpcServer
from services.plumbing.tracing import Tracer
from services.telemetry import readings_stream
from services.telemetry.bus import IN_FLIGHT_BATCHES, Ingest
from services.telemetry.heartbeats import Heartbeats
from services.telemetry.jobs import RETENTION_S, ROLLUP_S, periodically
from services.telemetry.meters import IngestMeters
from services.telemetry.publisher import StreamPublisher
from services.telemetry.retention import KeptDays
from services.telemetry.rpc import Parts, TelemetryService
from services.telemetry.settings import TelemetrySettings
from services.telemetry.store import schema
from services.telemetry.store.audit import StoreAudits
from services.telemetry.store.blocks import StoredBlocks
from services.telemetry.store.dropping import Retention
from services.telemetry.store.engine import AsyncEngine, EmbeddedEngine, Engine, ServerEngine
from services.telemetry.store.export import ParquetExports
from services.telemetry.store.queries import SeriesReads
from services.telemetry.store.rollups import Rollups
from services.telemetry.usecases import US_PER_DAY, Admission, Block, Window
from services.telemetry.views import IngestStatusView, LedgerAccounts, StoreSpans
from services.telemetry.watch import Watchers
from tianfu import subjects
from tianfu.telemetry.v1 import telemetry_service_pb2, telemetry_service_pb2_grpc

NAME: Final = "telemetry"
STOP_GRACE_S: Final = 5.0
"""For calls in progress at a stop."""

US_PER_HOUR: Final = 3_600_000_000

log = structlog.get_logger(__name__)


@dataclass
class Running:
    """What has to be stopped again, in reverse order."""

    stack: contextlib.AsyncExitStack
    ingest: Ingest
    server: RpcServer


async def run(settings: TelemetrySettings, stop: asyncio.Event) -> None:
    """Serve until told to stop."""
    logs.configure(NAME, settings.log_level)
    registry = metrics.new_registry()
    async with contextlib.AsyncExitStack() as stack:
        tracer = stack.enter_context(foundation.watched(settings, NAME, registry))
        link = await stack.enter_async_context(foundation.linked(settings, NAME, registry, stop))
        await asyncio.to_thread(load_engine, settings)
        settle()
        # Before the store: what is embedded is opened by one process at a time. Behind all else,
        # so that one that stands by has only the store left to open.
        await stack.enter_async_context(turn.held(settings.turn_file, stop))
        engine = AsyncEngine(await asyncio.to_thread(open_engine, settings))
        stack.push_async_callback(engine.close)
        await engine.write(make_tables, settings)
        running = await _start(settings, registry, tracer, engine, link, stack, stop)
        ingesting = asyncio.create_task(running.ingest.run(), name="ingest")
        await running.server.set_ready(True)
        log.info("ready", nodes=len(running.ingest.ledger.nodes))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({ingesting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        stop.set()  # the jobs end too when ingestion failed
        await running.server.stop(STOP_GRACE_S)
        running.ingest.stop()
        await ingesting


def load_engine(settings: TelemetrySettings) -> None:
    """Load the embedded engine's library, half a gigabyte, where it is to be used."""
    if not settings.clickhouse_url:
        EmbeddedEngine.load()


def settle() -> None:
    """Keep what there is out of collections: what was loaded lives as long as the process.

    Done again, it looks only at what came since.
    """
    gc.collect()
    gc.freeze()


def open_engine(settings: TelemetrySettings) -> Engine:
    """Return ClickHouse as the settings say."""
    if settings.clickhouse_url:
        return ServerEngine(settings.clickhouse_url)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return EmbeddedEngine(settings.data_dir / "chdb")


def make_tables(engine: Engine, settings: TelemetrySettings) -> None:
    """Make what is not there yet."""
    for statement in schema.tables(
        replicated=settings.clickhouse_replicated, synced=settings.clickhouse_synced
    ):
        engine.execute(statement)


async def _start(
    settings: TelemetrySettings,
    registry: Registry,
    tracer: Tracer,
    engine: AsyncEngine,
    link: Client,
    stack: contextlib.AsyncExitStack,
    stop: asyncio.Event,
) -> Running:

    async def ensure() -> None:
        await readings_stream.ensure(
            link, bytes_max=settings.stream_bytes_max, replicas=settings.stream_replicas
        )

    await ensure_dead_letters(link, replicas=settings.stream_replicas)
    source = PullConsumer(
        link,
        subjects.READINGS,
        subjects.TELEMETRY_INGEST,
        ensure=ensure,
        max_messages=IN_FLIGHT_BATCHES,
        registry=registry,
    )
    letters = DeadLetters(link, registry=registry, replays_to=frozenset({subjects.READINGS}))
    ingest = Ingest(
        source=source,
        engine=engine,
        bury=letters.bury_as,
        clock=system_clock,
        monotonic=system_monotonic,
        meters=IngestMeters(system_monotonic, registry),
        window=Window(
            settings.believed_past_days * US_PER_DAY, settings.believed_future_hours * US_PER_HOUR
        ),
    )
    await ingest.open()
    settle()
    watchers = Watchers(StoredBlocks(engine), last_block=ingest.committed_block)
    spans = StoreSpans(tracer, system_clock)

    def tell(block: Block, _admission: Admission) -> None:
        columns = block.columns
        watchers.publish(
            block.number, columns.series, columns.time_us, columns.value, columns.quality
        )

    ingest.listeners += [tell, spans.record]
    parts = Parts(
        register=ingest.registry,
        accounts=LedgerAccounts(ingest),
        reads=SeriesReads(engine, kept_days(settings), system_clock),
        watchers=watchers,
        audits=StoreAudits(engine, ingest.registry),
        exports=ParquetExports(engine, ingest.registry),
        status=IngestStatusView(ingest, source, system_clock()),
        publisher=StreamPublisher(link),
    )
    server = _server(settings, registry, tracer, parts, letters)
    await server.start()
    await source.start()
    stack.push_async_callback(source.stop)
    heartbeats = Heartbeats(ingest, registry)
    await link.subscribe(subjects.HEARTBEATS_ALL, cb=heartbeats.receive)
    _start_jobs(settings, engine, stack, stop)
    return Running(stack, ingest, server)


def _server(
    settings: TelemetrySettings,
    registry: Registry,
    tracer: Tracer,
    parts: Parts,
    letters: DeadLetters,
) -> RpcServer:
    telemetry = telemetry_service_pb2.DESCRIPTOR.services_by_name["TelemetryService"]
    return service_server.assemble(
        settings,
        (
            telemetry_service_pb2_grpc.add_TelemetryServiceServicer_to_server,
            TelemetryService(parts),
            telemetry,
        ),
        letters,
        registry=registry,
        tracer=tracer,
    )


def _start_jobs(
    settings: TelemetrySettings,
    engine: AsyncEngine,
    stack: contextlib.AsyncExitStack,
    stop: asyncio.Event,
) -> None:
    days = kept_days(settings)
    rollups, retention = Rollups(engine.engine, days), Retention(engine.engine, days)
    for name, work, every_s in (
        ("rollups", rollups.run, ROLLUP_S),
        ("retention", retention.run, RETENTION_S),
    ):
        task = asyncio.create_task(
            periodically(name, work, every_s, engine=engine, clock=system_clock, stop=stop),
            name=name,
        )
        stack.push_async_callback(_ended, task)


async def _ended(task: asyncio.Task[None]) -> None:
    """Wait for a job that was told to stop."""
    await task


def kept_days(settings: TelemetrySettings) -> KeptDays:
    """Return how long readings are kept."""
    return KeptDays(
        standard=settings.keep_standard_days,
        short=settings.keep_short_days,
        long=settings.keep_long_days,
        rollups=settings.keep_rollup_days,
    )
