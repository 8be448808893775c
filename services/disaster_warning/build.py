"""The disaster_warning service put together: the only module that knows all of its parts."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import structlog
from cryptography import x509
from nats.aio.client import Client
from nats.js.api import DiscardPolicy, StorageType
from nats.js.api import StreamConfig as Stream

from services.disaster_warning.bus import gauge_file, gauge_source, places, signers
from services.disaster_warning.bus.dissemination import (
    DisseminationMeters,
    Disseminator,
    Outlet,
)
from services.disaster_warning.bus.gauges import GaugeMeters, GaugeWatch
from services.disaster_warning.bus.precedence import Precedence
from services.disaster_warning.bus.receipt_board import ReceiptBoard
from services.disaster_warning.bus.receipts import ReceiptTaker
from services.disaster_warning.bus.seismic import SeismicWatch
from services.disaster_warning.bus.seismic_watches import make_watches
from services.disaster_warning.bus.timers import Timer
from services.disaster_warning.cap import credentials
from services.disaster_warning.cap.trust import TrustDomain, TrustedCertificate, TrustStore
from services.disaster_warning.geography.province import outline
from services.disaster_warning.geography.targeting import targeting
from services.disaster_warning.model.gauge_list import GaugeList
from services.disaster_warning.model.warning import Channel
from services.disaster_warning.model.wording import RULE as WORDING
from services.disaster_warning.model.wording import Wording
from services.disaster_warning.ports import Desk, Office
from services.disaster_warning.rpc.servicer import WarningServicer
from services.disaster_warning.settings import DisasterWarningSettings
from services.disaster_warning.store.gauges import GaugeStore
from services.disaster_warning.store.tables import SCHEMA
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases.places import CountyTargeting
from services.disaster_warning.usecases.press import SigningPress
from services.disaster_warning.usecases.rehearsal import rehearse
from services.disaster_warning.usecases.words import RuleWords
from services.plumbing import foundation, logs, metrics, service_server
from services.plumbing.bell import Bell
from services.plumbing.clock import system_clock, system_monotonic
from services.plumbing.dead_letters import DeadLetters, ensure_dead_letters
from services.plumbing.jetstream import taken
from services.plumbing.metrics import Registry
from services.plumbing.outbox import Relay
from services.plumbing.postgres import Database
from services.plumbing.refusal import Refusal
from services.plumbing.rpc_server import RpcServer
from services.plumbing.rules import RuleBook
from services.plumbing.startup import CannotStart
from services.plumbing.streams import (
    Intake,
    Taker,
    ensure_bucket,
    ensure_stream,
    jetstream,
)
from services.plumbing.tracing import Tracer
from tianfu import subjects
from tianfu.disaster_warning.v1 import (
    disaster_warning_service_pb2,
    disaster_warning_service_pb2_grpc,
)

NAME: Final = "disaster-warning"
MIGRATIONS: Final = Path(__file__).parent / "migrations"

SEISMIC_AGE_S: Final = 3_600.0
"""Features are kept for an hour: a start needs those of minutes, people look at those of one."""

SEISMIC_BYTES: Final = 2 << 30
"""An hour of a thousand stations that shake: 3.6 million messages of some 300 bytes, doubled."""

RECEIPTS_BYTES: Final = 1 << 30
"""Receipts that wait while the service is down: a million reports of a kilobyte."""

REPORT_BYTES: Final = 512 << 10
"""Of one report: three thousand receipts of a hundred bytes, and more."""

REPORTS_OF_A_NODE: Final = 500
"""Reports of one node that wait. Beyond it that node keeps its own: one that babbles takes a
quarter of the stream at the most, and keeps nobody else's receipts out."""

BULLETINS_BYTES: Final = 256 << 20
"""Of a bucket: every county of the country with the largest bulletin, and more."""

BULLETIN_BYTES: Final = 512 << 10
"""Of one county's bulletin: a hundred warnings of five kilobytes."""

ACK_WAIT_S: Final = 5.0
"""Reports that a killed service had in hand come again so soon; a hundred times as long as their
transaction takes. One that comes again too early is found in the inbox."""

ACKS_PENDING_MAX: Final = 5_000
"""Reports that are delivered and not acknowledged: some transactions' worth."""

YOUNG_MAX: Final = 20_000
"""Objects made before the young ones are looked through for garbage. By Python's 700 that happens
three or four times in a version of all counties, a millisecond or two, while people wait."""

RECEIPTS: Final = Intake(
    Taker(subjects.RECEIPTS, subjects.WARNING_RECEIPTS, ACK_WAIT_S, ACKS_PENDING_MAX),
    subjects.RECEIPTS_ALL,
    RECEIPTS_BYTES,
    REPORTS_OF_A_NODE,
    REPORT_BYTES,
)


log = structlog.get_logger(__name__)


class CertificatesUnusable(CannotStart):
    """The file of foreign certificates can't be read as PEM."""

    reason = "CAP_CERTIFICATES_UNUSABLE"


async def run(settings: DisasterWarningSettings, stop: asyncio.Event) -> None:
    """Serve until told to stop."""
    logs.configure(NAME, settings.log_level)
    registry = metrics.new_registry()
    live, drill = signers.read(settings.live_signing_seed_file, settings.drill_signing_seed_file)
    desk = make_desk(settings)
    gauges = gauge_list(settings.gauges_file)
    outline()
    settle()  # before its turn: who takes over has no time for it
    place = (settings.database_url.get_secret_value(), SCHEMA, MIGRATIONS)
    async with foundation.opened(settings, NAME, place, registry, stop) as base:
        await ensure_streams(base.link, settings.stream_replicas)
        parts = _Parts(settings, registry, base.tracer, base.database, base.link, desk, gauges)
        await _serve(parts, (live, drill), stop)


def rule_book() -> RuleBook:
    """Return the rules of the package; raise InvalidRule for one that can't be used."""
    return RuleBook.read(resources.files("services.disaster_warning") / "rules")


def make_desk(settings: DisasterWarningSettings) -> Desk:
    """Return what it takes to publish; a second's work, for the counties' borders."""
    rules, office = rule_book(), Office(sender=settings.cap_sender)
    place, now = office.jurisdiction, system_clock()
    counties = targeting()
    wording = Wording(rules.in_force(WORDING, place, now))
    live = credentials.load(
        settings.live_cap_key_file.read_bytes(),
        settings.live_cap_certificate_file.read_bytes(),
        TrustDomain.LIVE,
    )
    drill = credentials.load(
        settings.drill_cap_key_file.read_bytes(),
        settings.drill_cap_certificate_file.read_bytes(),
        TrustDomain.EXERCISE,
    )
    # Raises ValueError when one certificate or key is to serve both worlds.
    TrustStore.of((live.trusted, drill.trusted))
    return Desk(
        rules=rules,
        targeting=CountyTargeting(rules, counties, jurisdiction=place),
        wording=RuleWords(rules, wording, counties, jurisdiction=place, at=now),
        presses={
            Channel.LIVE: SigningPress(Channel.LIVE, live, rules, jurisdiction=place),
            Channel.DRILL: SigningPress(Channel.DRILL, drill, rules, jurisdiction=place),
        },
        office=office,
    )


def gauge_list(file: Path | None) -> GaugeList:
    """Return the gauges to watch; raise GaugesInvalid with all that is wrong with the list."""
    if file is None:
        return GaugeList()
    return gauge_file.read(file, frozenset(targeting().counties.codes))


def foreign_trust(file: Path | None) -> TrustStore:
    """Return whose foreign CAP messages are trusted; raise CertificatesUnusable."""
    if file is None:
        return TrustStore.of(())
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except ValueError:
        raise CertificatesUnusable(f"{file}: no certificates in PEM") from None
    return TrustStore.of(TrustedCertificate(each, TrustDomain.FOREIGN) for each in found)


async def ensure_streams(link: Client, replicas: int) -> None:
    """Make the streams and buckets that this service owns."""
    js = jetstream(link)
    await ensure_dead_letters(link, replicas=replicas)
    for channel in Channel:
        await ensure_stream(
            js,
            Stream(
                name=subjects.seismic_stream(channel),
                subjects=[subjects.seismic_all(channel)],
                storage=StorageType.FILE,
                discard=DiscardPolicy.OLD,
                max_age=SEISMIC_AGE_S,
                max_bytes=SEISMIC_BYTES,
                num_replicas=replicas,
                allow_direct=True,
            ),
        )
        await ensure_bucket(
            js,
            subjects.bulletins(channel),
            max_bytes=BULLETINS_BYTES,
            max_value_bytes=BULLETIN_BYTES,
            republish=subjects.bulletin_republish(channel),
            replicas=replicas,
            keys=subjects.bulletin_keys(channel),
        )
    await _ensure_receipts(link, replicas)


async def _ensure_receipts(link: Client, replicas: int) -> None:
    """Make the stream of receipts so that none falls out of it before it is taken.

    It keeps a report until the durable is done with it, and refuses new ones when it is full, so
    that nodes keep theirs.
    """
    await RECEIPTS.ensure(jetstream(link), replicas)


@dataclass(frozen=True)
class _Parts:
    """What is there before the service's own parts are."""

    settings: DisasterWarningSettings
    registry: Registry
    tracer: Tracer
    database: Database
    link: Client
    desk: Desk
    gauges: GaugeList


async def _serve(
    parts: _Parts,
    keys: tuple[signers.LiveSigner, signers.DrillSigner],
    stop: asyncio.Event,
) -> None:
    registry, link, database = parts.registry, parts.link, parts.database
    transactor, bell, precedence = Transactor(database), Bell(), Precedence()
    transactor.after_write(bell.ring)
    letters = DeadLetters(link, registry=registry, replays_to=frozenset({subjects.RECEIPTS}))
    relay = Relay(database.engine, link, registry=registry, turn=precedence.turn)
    database.after_commit(relay.wake)
    disseminators = _disseminators(parts, keys, transactor, precedence)
    source = taken(link, RECEIPTS.taker, registry)
    watches = await make_watches(
        link,
        transactor,
        parts.desk,
        targeting().counties,
        letters,
        system_clock,
        system_monotonic,
        registry,
        precedence.turn,
    )
    timer = Timer(transactor, parts.desk, system_clock, system_monotonic, registry)
    taker = ReceiptTaker(source, transactor, letters, system_clock, registry)
    stands = places.PlaceTaker(taken(link, places.TAKER, registry), transactor, letters, registry)
    board = ReceiptBoard(
        transactor, {each.code: each.name_zh for each in targeting().counties}, registry
    )
    gauges = await _gauges(parts, transactor, letters)
    server = _server(parts, letters, transactor, bell, gauges)
    await server.start()
    await _rehearse(transactor, parts.desk, next(iter(watches.values())))
    sources = [source, *watches]
    for each_source in sources:
        await each_source.start()
    publishing = [
        asyncio.create_task(relay.run(), name="outbox relay"),
        *(asyncio.create_task(each.run(), name="dissemination") for each in disseminators),
    ]
    work = [
        asyncio.create_task(timer.run(stop), name="timer"),
        asyncio.create_task(taker.run(stop), name="receipts"),
        asyncio.create_task(stands.run(stop), name="places of nodes"),
        asyncio.create_task(board.run(stop), name="receipts by county"),
        *(
            asyncio.create_task(each.run(stop), name=f"stations, {each.channel.value}")
            for each in watches.values()
        ),
    ]
    if gauges is not None:
        work.append(asyncio.create_task(gauges.run(stop), name="gauges"))
    await server.set_ready(True)
    log.info("ready", live_key=keys[0].public_key, drill_key=keys[1].public_key)
    await foundation.until_stopped(
        stop,
        server,
        sources=[*sources, *(() if gauges is None else (gauges.source,))],
        work=work,
        publishing=publishing,
        drains=[*(each.drain for each in disseminators), relay.drain],
    )


def settle() -> None:
    """Keep what there is out of collections: borders, rules and code live as long as the process.

    Done again, it looks only at what came since.
    """
    gc.collect()
    gc.freeze()


async def _rehearse(transactor: Transactor, desk: Desk, watch: SeismicWatch) -> None:
    """Walk the way of an earthquake's warning once, and keep what it left out of collections.

    One watch is enough: both channels' have the same setting and run the same code.
    """
    watch.rehearse()
    counties = [(each.code, each.name_zh) for each in targeting().counties]
    try:
        await transactor.rehearse(rehearse, desk, counties, now=system_clock())
    except Refusal as refusal:
        log.error("a warning could not be rehearsed", reason=refusal.reason)  # noqa: TRY400 - the reason says all
    settle()
    gc.set_threshold(YOUNG_MAX, *gc.get_threshold()[1:])


async def _gauges(parts: _Parts, transactor: Transactor, letters: DeadLetters) -> GaugeWatch | None:
    """Return the watch over gauges, None where there are none to watch."""
    if not len(parts.gauges):
        await gauge_source.forget(parts.link)
        return None
    return GaugeWatch(
        gauges=parts.gauges,
        source=gauge_source.source(parts.link, parts.gauges.nodes, parts.registry),
        store=GaugeStore(parts.database),
        transactor=transactor,
        desk=parts.desk,
        settle=letters.settle,
        clock=system_clock,
        monotonic=system_monotonic,
        meters=GaugeMeters(parts.registry),
    )


def _disseminators(
    parts: _Parts,
    keys: tuple[signers.LiveSigner, signers.DrillSigner],
    transactor: Transactor,
    precedence: Precedence,
) -> list[Disseminator]:
    """Return who publishes bulletins, one a channel, woken by each write that tells counties."""
    meters = DisseminationMeters(parts.registry)
    outlets = [Outlet(parts.link, key, system_clock, meters) for key in keys]
    for outlet in outlets:
        transactor.foretell(outlet.sign_ahead)
    made = [
        Disseminator(parts.database.engine, outlet, system_monotonic, meters, precedence)
        for outlet in outlets
    ]
    of_channel = {each.channel: each for each in made}
    transactor.after_telling(lambda channel: of_channel[channel].wake())
    return made


def _server(
    parts: _Parts,
    letters: DeadLetters,
    transactor: Transactor,
    bell: Bell,
    gauges: GaugeWatch | None,
) -> RpcServer:
    descriptor = disaster_warning_service_pb2.DESCRIPTOR
    add = disaster_warning_service_pb2_grpc.add_DisasterWarningServiceServicer_to_server
    servicer = WarningServicer(
        transactor,
        parts.desk,
        targeting().counties,
        foreign_trust(parts.settings.foreign_cap_certificates_file),
        system_clock,
        bell,
        gauges,
    )
    return service_server.assemble(
        parts.settings,
        (add, servicer, descriptor.services_by_name["DisasterWarningService"]),
        letters,
        registry=parts.registry,
        tracer=parts.tracer,
    )
