"""Hospitals, warnings and bed reports for tests of the healthcare service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import nats
from nats.js.api import StreamConfig

from tests.support.nats_server import NatsServer
from tianfu import batch_encoder, subjects
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey
from tianfu.disaster_warning.v1 import events_pb2 as warning_events
from tianfu.disaster_warning.v1 import warning_pb2
from tianfu.healthcare.v1 import recognition_pb2, region_pb2
from tianfu.scores.monitor import SIGNS

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def period(start: datetime = LONG_AGO, end: datetime | None = None) -> region_pb2.Period:
    """Return a period."""
    made = region_pb2.Period()
    made.start_time.FromDatetime(start)
    if end is not None:
        made.end_time.FromDatetime(end)
    return made


def hospital(
    own: str,
    place: str = "510104",
    *,
    at: tuple[float, float] = (30.65, 104.08),
    items: Sequence[str] = ("potassium",),
) -> region_pb2.Hospital:
    """Return a hospital that has passed a province's assessment for its items."""
    return region_pb2.Hospital(
        name=f"hospitals/{own}",
        title=f"Hospital {own}",
        place_code=place,
        latitude=at[0],
        longitude=at[1],
        active=[period()],
        catalogue=[region_pb2.CatalogueEntry(item=each, period=period()) for each in items],
        certificates=[
            region_pb2.QualityCertificate(
                certificate=f"eqa-{own}-{each}",
                item=each,
                scope=region_pb2.MARK_SCOPE_PROVINCE,
                period=period(),
            )
            for each in items
        ],
    )


def bed_report(red: int = 0, yellow: int = 0, green: int = 0) -> region_pb2.BedReport:
    """Return a report of now."""
    made = region_pb2.BedReport(
        emergency=region_pb2.EMERGENCY_STATUS_OPEN,
        casualties=region_pb2.ColourCounts(red=red, yellow=yellow, green=green),
        beds=[region_pb2.BedCount(type=region_pb2.BED_TYPE_ICU, baseline=20, available=red)],
    )
    made.report_time.FromDatetime(datetime.now(UTC))
    return made


def recognition(
    patient: str, producer: str, receiver: str, **changes: Any
) -> recognition_pb2.Recognition:
    """Return a potassium of an hour ago with the province's mark."""
    made = recognition_pb2.Recognition(
        patient=patient,
        kind=recognition_pb2.REPORT_KIND_LABORATORY,
        item="potassium",
        producer=f"hospitals/{producer}",
        receiver=f"hospitals/{receiver}",
        final=True,
        mark_scope=region_pb2.MARK_SCOPE_PROVINCE,
        mark_place="CN-51",
        value=4.1,
        unit="mmol/L",
    )
    made.collect_time.FromDatetime(datetime.now(UTC) - timedelta(hours=1))
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def warning(
    warning_id: str,
    counties: Sequence[str],
    *,
    earthquake: str = "",
    code: str = "11B03",
    colour: warning_pb2.Colour = warning_pb2.COLOUR_RED,
    drill: bool = False,
    lasts: timedelta = timedelta(minutes=10),
) -> warning_events.WarningFacts:
    """Return what other services learn of a warning."""
    facts = warning_events.WarningFacts(
        warning=warning_id,
        version=1,
        channel=(warning_pb2.WARNING_CHANNEL_DRILL if drill else warning_pb2.WARNING_CHANNEL_LIVE),
        event_code=code,
        colour=colour,
        earthquake=earthquake,
        counties=[
            warning_pb2.CountyTarget(place_code=each, colour=colour, share=1.0) for each in counties
        ],
    )
    now = datetime.now(UTC)
    facts.send_time.FromDatetime(now)
    facts.expire_time.FromDatetime(now + lasts)
    return facts


def publish(server: NatsServer, *events: Any, kind: str = "warning-issued") -> None:
    """Publish events of warnings as the warning service would, each under an id of its own."""

    async def run() -> None:
        link = await nats.connect(
            server.url, user_credentials=str(server.credentials("service", "disaster-warning")),
            inbox_prefix=subjects.inbox_prefix("service", "disaster-warning"),
        )  # fmt: skip
        subject = subjects.event("disaster-warning", kind)
        for event in events:
            event.event_time.FromDatetime(datetime.now(UTC))
            facts = event.facts
            name = f"{kind}-{facts.warning}-{facts.version}-{facts.channel}"
            await link.jetstream().publish(
                subject, event.SerializeToString(), headers={"Nats-Msg-Id": name}
            )
        await link.close()

    asyncio.run(run())


def make_events(server: NatsServer) -> None:
    """Make the streams of events and readings, as fleet and telemetry do."""

    async def run() -> None:
        link = await nats.connect(
            server.url, user_credentials=str(server.credentials("test", "admin"))
        )
        for stream, own in (
            (subjects.EVENTS, subjects.EVENTS_ALL),
            (subjects.READINGS, subjects.READINGS_ALL),
        ):
            await link.jetstream().add_stream(StreamConfig(name=stream, subjects=[own]))
        await link.close()

    asyncio.run(run())


def events_of(server: NatsServer, kind: str) -> list[bytes]:
    """Return the payloads of healthcare's events of a type, in order."""

    async def run() -> list[bytes]:
        link = await nats.connect(
            server.url, user_credentials=str(server.credentials("test", "admin"))
        )
        js = link.jetstream()
        found = []
        subject = subjects.event("healthcare", kind)
        sequence = 0
        while True:
            try:
                message = await js.get_msg(
                    subjects.EVENTS, seq=sequence + 1, subject=subject, next=True
                )
            except nats.js.errors.NotFoundError:
                break
            sequence = message.seq or 0
            found.append(message.data or b"")
        await link.close()
        return found

    return asyncio.run(run())


def publish_readings(
    server: NatsServer,
    node: str,
    sequence: int,
    prefix: str,
    values: Mapping[str, float],
    time_us: int,
) -> None:
    """Publish a monitor's readings of a moment as a node's agent does."""
    builder = BatchBuilder()
    for name, value in values.items():
        builder.add(SeriesKey(f"{prefix}{name}", SIGNS[name].unit), time_us, value, 0)
    data = batch_encoder.encode(
        builder.message(), Identity(node, 1, sequence), produced_total=0, drops=[]
    )

    async def run() -> None:
        link = await nats.connect(
            server.url, user_credentials=str(server.credentials("test", "admin"))
        )
        await link.jetstream().publish(subjects.reading(subjects.node_id(node)), data)
        await link.close()

    asyncio.run(run())
