"""What each service may do on NATS: its own streams, what it consumes, its own events.

Deny by default: a right that is not stated here, or in ``subjects`` for nodes, is nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tianfu.subjects import (
    ARTIFACT_KEYS,
    ARTIFACTS,
    CLINICAL,
    CLINICAL_ALL,
    CREDIT_EVENTS,
    CREDIT_FORMS,
    CREDIT_READINGS,
    DEAD_LETTERS,
    DIAGNOSE_ALL,
    DIAGNOSES_ALL,
    ENERGY_EVENTS,
    ENERGY_READINGS,
    ENERGY_SETPOINT_REPORTS,
    EVENTS,
    EVENTS_ALL,
    FLEET_PLAN_REPORTS,
    HEALTHCARE_CLINICAL,
    HEALTHCARE_VITALS,
    HEALTHCARE_WARNINGS,
    HEARTBEATS_ALL,
    INSPECTION_FORMS,
    INSPECTION_FORMS_ALL,
    NODE_PLACES,
    PLAN_REPORTS,
    PLANS,
    READINGS,
    READINGS_ALL,
    RECEIPTS,
    RECEIPTS_ALL,
    ROOT,
    SETPOINT_REPORTS,
    SETPOINT_REPORTS_ALL,
    SETPOINTS,
    STATION_TRUST,
    STATION_TRUST_KEY,
    TELEMETRY_INGEST,
    UPDATES,
    UPDATES_KEY,
    VISITS,
    WARNING_FEATURES,
    WARNING_GAUGES,
    WARNING_PLACES,
    WARNING_RECEIPTS,
    Channel,
    DurableName,
    InvalidName,
    Permissions,
    StreamName,
    bucket_keys,
    bucket_stream,
    bulletin_keys,
    bulletins,
    dead,
    inbox_prefix,
    pull,
    seismic_stream,
)


def _own_stream(stream: StreamName) -> tuple[str, ...]:
    """Make, change and look at a stream, and read single messages of it."""
    return (
        f"$JS.API.STREAM.CREATE.{stream}",
        f"$JS.API.STREAM.UPDATE.{stream}",
        f"$JS.API.STREAM.INFO.{stream}",
        f"$JS.API.STREAM.MSG.GET.{stream}",
        f"$JS.API.DIRECT.GET.{stream}",
        f"$JS.API.DIRECT.GET.{stream}.>",
    )


def _consume(stream: StreamName, durable: DurableName) -> tuple[str, ...]:
    """Make a durable pull consumer, take from it and acknowledge."""
    return (
        f"$JS.API.CONSUMER.CREATE.{stream}.{durable}",
        f"$JS.API.CONSUMER.CREATE.{stream}.{durable}.>",
        f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{durable}",
        f"$JS.API.CONSUMER.INFO.{stream}.{durable}",
        pull(stream, durable),
        f"$JS.ACK.{stream}.{durable}.>",
    )


def _telemetry(inbox: str) -> Permissions:
    return Permissions(
        publish=(
            *_own_stream(READINGS),
            *_own_stream(DEAD_LETTERS),
            f"$JS.API.STREAM.MSG.DELETE.{DEAD_LETTERS}",
            *_consume(READINGS, TELEMETRY_INGEST),
            READINGS_ALL,  # IngestReadings and replays
            dead(READINGS, TELEMETRY_INGEST),
        ),
        subscribe=(inbox, HEARTBEATS_ALL),
    )


def _fleet(inbox: str) -> Permissions:
    plans, reports = bucket_stream(PLANS), bucket_stream(PLAN_REPORTS)
    return Permissions(
        publish=(
            *_own_stream(EVENTS),
            *_own_stream(DEAD_LETTERS),
            f"$JS.API.STREAM.MSG.DELETE.{DEAD_LETTERS}",
            *_own_stream(plans),
            *_own_stream(reports),
            *_own_stream(bucket_stream(NODE_PLACES)),
            *_own_stream(bucket_stream(ARTIFACTS)),
            ARTIFACT_KEYS,
            *_own_stream(bucket_stream(STATION_TRUST)),
            STATION_TRUST_KEY,
            *_own_stream(bucket_stream(UPDATES)),
            UPDATES_KEY,
            *_consume(reports, FLEET_PLAN_REPORTS),
            bucket_keys(PLANS),
            bucket_keys(PLAN_REPORTS),
            bucket_keys(NODE_PLACES),
            EVENTS_ALL,
            dead(reports, FLEET_PLAN_REPORTS),
            DIAGNOSE_ALL,
        ),
        subscribe=(inbox, HEARTBEATS_ALL, DIAGNOSES_ALL),
        allow_responses=True,
    )


def _disaster_warning(inbox: str) -> Permissions:
    features = tuple(seismic_stream(channel) for channel in Channel)
    places = bucket_stream(NODE_PLACES)
    return Permissions(
        publish=(
            *_own_stream(DEAD_LETTERS),
            f"$JS.API.STREAM.MSG.DELETE.{DEAD_LETTERS}",
            *(right for stream in (*features, RECEIPTS) for right in _own_stream(stream)),
            *(
                right
                for channel in Channel
                for right in _own_stream(bucket_stream(bulletins(channel)))
            ),
            *(right for stream in features for right in _consume(stream, WARNING_FEATURES)),
            # At a start it takes the last minutes again: the durable is made anew.
            *(f"$JS.API.CONSUMER.DELETE.{s}.{WARNING_FEATURES}" for s in features),
            *_consume(RECEIPTS, WARNING_RECEIPTS),
            *_consume(READINGS, WARNING_GAUGES),
            *_consume(places, WARNING_PLACES),
            # Where no gauges are watched any more, nothing is to be kept for it.
            f"$JS.API.CONSUMER.DELETE.{READINGS}.{WARNING_GAUGES}",
            *(bulletin_keys(channel) for channel in Channel),
            *(dead(stream, WARNING_FEATURES) for stream in features),
            dead(RECEIPTS, WARNING_RECEIPTS),
            dead(READINGS, WARNING_GAUGES),
            dead(places, WARNING_PLACES),
            RECEIPTS_ALL,  # replays
            f"{ROOT}.event.disaster-warning.*",
        ),
        subscribe=(inbox,),
    )


def _credit_supervision(inbox: str) -> Permissions:
    return Permissions(
        publish=(
            *_own_stream(DEAD_LETTERS),
            f"$JS.API.STREAM.MSG.DELETE.{DEAD_LETTERS}",
            *_own_stream(INSPECTION_FORMS),
            *_own_stream(bucket_stream(VISITS)),
            *_consume(INSPECTION_FORMS, CREDIT_FORMS),
            *_consume(EVENTS, CREDIT_EVENTS),
            *_consume(READINGS, CREDIT_READINGS),
            # Where nothing is monitored any more, nothing is to be kept for it.
            f"$JS.API.CONSUMER.DELETE.{READINGS}.{CREDIT_READINGS}",
            bucket_keys(VISITS),
            dead(INSPECTION_FORMS, CREDIT_FORMS),
            dead(EVENTS, CREDIT_EVENTS),
            dead(READINGS, CREDIT_READINGS),
            INSPECTION_FORMS_ALL,  # replays
            f"{ROOT}.event.credit-supervision.*",
        ),
        subscribe=(inbox,),
    )


def _healthcare(inbox: str) -> Permissions:
    return Permissions(
        publish=(
            *_own_stream(DEAD_LETTERS),
            f"$JS.API.STREAM.MSG.DELETE.{DEAD_LETTERS}",
            *_own_stream(CLINICAL),
            *_consume(CLINICAL, HEALTHCARE_CLINICAL),
            dead(CLINICAL, HEALTHCARE_CLINICAL),
            CLINICAL_ALL,  # replays
            # Streams of others, which are there before it takes from them.
            *(f"$JS.API.STREAM.INFO.{stream}" for stream in (EVENTS, READINGS)),
            *_consume(EVENTS, HEALTHCARE_WARNINGS),
            dead(EVENTS, HEALTHCARE_WARNINGS),
            *_consume(READINGS, HEALTHCARE_VITALS),
            dead(READINGS, HEALTHCARE_VITALS),
            f"{ROOT}.event.healthcare.*",
        ),
        subscribe=(inbox,),
    )


def _energy(inbox: str) -> Permissions:
    sheets = bucket_stream(SETPOINTS)
    return Permissions(
        publish=(
            *_own_stream(DEAD_LETTERS),
            f"$JS.API.STREAM.MSG.DELETE.{DEAD_LETTERS}",
            *_own_stream(SETPOINT_REPORTS),
            *_own_stream(sheets),
            *_consume(READINGS, ENERGY_READINGS),
            *_consume(EVENTS, ENERGY_EVENTS),
            *_consume(SETPOINT_REPORTS, ENERGY_SETPOINT_REPORTS),
            bucket_keys(SETPOINTS),
            dead(READINGS, ENERGY_READINGS),
            dead(EVENTS, ENERGY_EVENTS),
            dead(SETPOINT_REPORTS, ENERGY_SETPOINT_REPORTS),
            SETPOINT_REPORTS_ALL,  # replays
            f"{ROOT}.event.energy.*",
        ),
        subscribe=(inbox,),
    )


_SERVICE_RIGHTS: Final[Mapping[str, Callable[[str], Permissions]]] = {
    "telemetry": _telemetry,
    "fleet": _fleet,
    "disaster-warning": _disaster_warning,
    "healthcare": _healthcare,
    "credit-supervision": _credit_supervision,
    "energy": _energy,
}
"""The template of each service's rights; it takes the subjects of the service's own inbox."""

SERVICES: Final = tuple(_SERVICE_RIGHTS)


def service_permissions(service: str) -> Permissions:
    """Return what a service may do; raise InvalidName for one that has no template."""
    template = _SERVICE_RIGHTS.get(service)
    if template is None:
        raise InvalidName(f"service {service!r}: no permissions are stated for it")
    return template(f"{inbox_prefix('service', service)}.>")
