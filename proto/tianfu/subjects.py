"""Every NATS subject, stream, bucket, durable consumer and permission of Tianfu.

Nowhere else is a dot joined. The grammar, in which a token is one or more of ``a-z 0-9 -``::

    subject   = "tianfu." version "." family *( "." token )
    version   = "v1"
    family    = "reading" | "heartbeat" | "plan" | "event" | "dead"
              | "seismic" | "warning" | "receipt" | "clinical"
              | "setpoint" | "setpoint-report"
              | "visits" | "inspection-form"
              | "station-trust" | "updates"
              | "diagnose" | "diagnosis"

    tianfu.v1.reading.NODE              a ReadingBatch of that node; stream READINGS
    tianfu.v1.heartbeat.NODE            a Heartbeat; plain, not stored
    tianfu.v1.plan.NODE                 a NodePlan as it is written; republished by bucket PLANS
    tianfu.v1.event.AREA.TYPE           one event type a subject; stream EVENTS
    tianfu.v1.dead.STREAM.CONSUMER      a refused message as it came; stream DEAD_LETTERS
    tianfu.v1.seismic.live.NODE         StationFeatures of a shaken station; stream SEISMIC
    tianfu.v1.seismic.drill.NODE        the same, played for an exercise; stream SEISMIC_DRILL
    tianfu.v1.warning.live.PLACE        a county's SignedBulletin as it is written; republished by
                                        bucket BULLETINS
    tianfu.v1.warning.drill.PLACE       the same for an exercise; bucket DRILL_BULLETINS
    tianfu.v1.receipt.NODE              a ReceiptReport of that node; stream RECEIPTS
    tianfu.v1.clinical.NODE             a ClinicalMessage that node took; stream CLINICAL
    tianfu.v1.setpoint.NODE             a node's SignedSetpointSheet as it is written; republished
                                        by bucket SETPOINTS
    tianfu.v1.setpoint-report.NODE      a SetpointReport of that node; stream SETPOINT_REPORTS
    tianfu.v1.visits.NODE               a handheld's HandheldSheet as it is written; republished by
                                        bucket VISITS
    tianfu.v1.inspection-form.NODE      a SignedForm of that handheld; stream INSPECTION_FORMS
    tianfu.v1.station-trust             whom leaf servers of base stations believe: account EDGE's
                                        token as it is written; republished by bucket STATION_TRUST
    tianfu.v1.updates                   the signed releases as they are written; republished by
                                        bucket UPDATES
    tianfu.v1.diagnose.NODE             a DiagnosisRequest to that node; plain, not stored
    tianfu.v1.diagnosis.NODE            that node's DiagnosisAnswer; plain, not stored

Streams and buckets are UPPER_SNAKE, durables lower-case with '-'. Places are GB/T 2260 codes split
in twos (51.01.04), so that a prefecture is one wildcard.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final, NewType

NodeId = NewType("NodeId", str)
Subject = NewType("Subject", str)
StreamName = NewType("StreamName", str)
BucketName = NewType("BucketName", str)
DurableName = NewType("DurableName", str)

ROOT: Final = "tianfu.v1"
NODE_ID_PATTERN: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
TOKEN_PATTERN: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
PLACE_PATTERN: Final = re.compile(r"[1-9][0-9](?:[0-9]{2}){0,2}")

COUNTY_DIGITS: Final = 6
SHA256_PATTERN: Final = re.compile(r"[0-9a-f]{64}")

READINGS: Final = StreamName("READINGS")
EVENTS: Final = StreamName("EVENTS")
DEAD_LETTERS: Final = StreamName("DEAD_LETTERS")
SEISMIC: Final = StreamName("SEISMIC")
SEISMIC_DRILL: Final = StreamName("SEISMIC_DRILL")
RECEIPTS: Final = StreamName("RECEIPTS")
CLINICAL: Final = StreamName("CLINICAL")
SETPOINT_REPORTS: Final = StreamName("SETPOINT_REPORTS")
INSPECTION_FORMS: Final = StreamName("INSPECTION_FORMS")

PLANS: Final = BucketName("PLANS")
PLAN_REPORTS: Final = BucketName("PLAN_REPORTS")
NODE_PLACES: Final = BucketName("NODE_PLACES")
ARTIFACTS: Final = BucketName("ARTIFACTS")
BULLETINS: Final = BucketName("BULLETINS")
DRILL_BULLETINS: Final = BucketName("DRILL_BULLETINS")
SETPOINTS: Final = BucketName("SETPOINTS")
VISITS: Final = BucketName("VISITS")
STATION_TRUST: Final = BucketName("STATION_TRUST")
UPDATES: Final = BucketName("UPDATES")

TELEMETRY_INGEST: Final = DurableName("telemetry-ingest")
FLEET_PLAN_REPORTS: Final = DurableName("fleet-plan-reports")
WARNING_FEATURES: Final = DurableName("disaster-warning-features")
WARNING_RECEIPTS: Final = DurableName("disaster-warning-receipts")
HEALTHCARE_CLINICAL: Final = DurableName("healthcare-clinical")
HEALTHCARE_WARNINGS: Final = DurableName("healthcare-warnings")
HEALTHCARE_VITALS: Final = DurableName("healthcare-vitals")
WARNING_PLACES: Final = DurableName("disaster-warning-places")
WARNING_GAUGES: Final = DurableName("disaster-warning-gauges")
CREDIT_EVENTS: Final = DurableName("credit-supervision-events")
CREDIT_FORMS: Final = DurableName("credit-supervision-forms")
CREDIT_READINGS: Final = DurableName("credit-supervision-readings")
ENERGY_READINGS: Final = DurableName("energy-readings")
ENERGY_EVENTS: Final = DurableName("energy-events")
ENERGY_SETPOINT_REPORTS: Final = DurableName("energy-setpoint-reports")


class Channel(enum.Enum):
    """For the public, or an exercise (演练). Nothing of the one reaches what is of the other."""

    LIVE = "live"
    DRILL = "drill"


class InvalidName(ValueError):
    """A name that can't be a token of a subject. ``reason`` is INVALID_NAME."""

    reason = "INVALID_NAME"


def node_id(text: str) -> NodeId:
    """Return ``text`` as a node id; raise InvalidName when it is not 1 to 63 of ``a-z 0-9 -``."""
    if not NODE_ID_PATTERN.fullmatch(text):
        raise InvalidName(f"node id {text!r}: need 1 to 63 of a-z, 0-9 and inner '-'")
    return NodeId(text)


def token(text: str) -> str:
    """Return ``text`` as one token; raise InvalidName otherwise."""
    if not TOKEN_PATTERN.fullmatch(text):
        raise InvalidName(f"token {text!r}: need 1 to 63 of a-z, 0-9 and inner '-'")
    return text


def _node_of(prefix: str, subject: str, what: str) -> NodeId:
    if not subject.startswith(prefix):
        raise InvalidName(f"subject {subject!r}: not {what}")
    return node_id(subject[len(prefix) :])


def reading(node: NodeId) -> Subject:
    """Subject of a node's reading batches."""
    return Subject(f"{ROOT}.reading.{node}")


def reading_node(subject: str) -> NodeId:
    """Return the node of a reading subject; raise InvalidName for any other subject."""
    return _node_of(f"{ROOT}.reading.", subject, "a reading subject")


def heartbeat(node: NodeId) -> Subject:
    """Subject of a node's heartbeats."""
    return Subject(f"{ROOT}.heartbeat.{node}")


def heartbeat_node(subject: str) -> NodeId:
    """Return the node of a heartbeat subject; raise InvalidName for any other subject."""
    return _node_of(f"{ROOT}.heartbeat.", subject, "a heartbeat subject")


def plan(node: NodeId) -> Subject:
    """Subject on which a node hears its new plan."""
    return Subject(f"{ROOT}.plan.{node}")


def seismic(channel: Channel, node: NodeId) -> Subject:
    """Subject of a station's features."""
    return Subject(f"{ROOT}.seismic.{channel.value}.{node}")


def seismic_node(channel: Channel, subject: str) -> NodeId:
    """Return the node of a subject of features; raise InvalidName for any other subject."""
    prefix = f"{ROOT}.seismic.{channel.value}."
    if not subject.startswith(prefix):
        raise InvalidName(f"subject {subject!r}: not one of {channel.value} features")
    return node_id(subject[len(prefix) :])


def seismic_all(channel: Channel) -> Subject:
    """Subjects of all stations' features."""
    return Subject(f"{ROOT}.seismic.{channel.value}.*")


def seismic_stream(channel: Channel) -> StreamName:
    """Stream of all stations' features."""
    return SEISMIC if channel is Channel.LIVE else SEISMIC_DRILL


def warning(channel: Channel, county: str) -> Subject:
    """Subject on which the nodes of a county hear its bulletin; ``county`` is of six digits."""
    return Subject(f"{ROOT}.warning.{channel.value}.{county_tokens(county)}")


def receipt(node: NodeId) -> Subject:
    """Subject of a node's receipts."""
    return Subject(f"{ROOT}.receipt.{node}")


def clinical(node: NodeId) -> Subject:
    """Subject of the clinical messages that a node passes on."""
    return Subject(f"{ROOT}.clinical.{node}")


def clinical_node(subject: str) -> NodeId:
    """Return the node of a clinical subject; raise InvalidName for any other subject."""
    return _node_of(f"{ROOT}.clinical.", subject, "a clinical subject")


def setpoint(node: NodeId) -> Subject:
    """Subject on which a node hears its setpoints."""
    return Subject(f"{ROOT}.setpoint.{node}")


def setpoint_report(node: NodeId) -> Subject:
    """Subject of a node's word on its setpoints."""
    return Subject(f"{ROOT}.setpoint-report.{node}")


def setpoint_report_node(subject: str) -> NodeId:
    """Return the node of a subject of setpoint reports; raise InvalidName for any other."""
    return _node_of(f"{ROOT}.setpoint-report.", subject, "a subject of setpoint reports")


def visits(node: NodeId) -> Subject:
    """Subject on which a handheld hears its visits."""
    return Subject(f"{ROOT}.visits.{node}")


def inspection_form(node: NodeId) -> Subject:
    """Subject of the forms that a handheld's inspector signed."""
    return Subject(f"{ROOT}.inspection-form.{node}")


def inspection_form_node(subject: str) -> NodeId:
    """Return the node of a subject of forms; raise InvalidName for any other subject."""
    return _node_of(f"{ROOT}.inspection-form.", subject, "a subject of inspection forms")


def diagnose(node: NodeId) -> Subject:
    """Subject on which a node hears questions about itself; no node may publish on any."""
    return Subject(f"{ROOT}.diagnose.{node}")


def diagnosis(node: NodeId) -> Subject:
    """Subject of a node's answers about itself."""
    return Subject(f"{ROOT}.diagnosis.{node}")


def diagnosis_node(subject: str) -> NodeId:
    """Return the node of a subject of answers; raise InvalidName for any other subject."""
    return _node_of(f"{ROOT}.diagnosis.", subject, "a subject of answers about a node")


def receipt_node(subject: str) -> NodeId:
    """Return the node of a subject of receipts; raise InvalidName for any other subject."""
    return _node_of(f"{ROOT}.receipt.", subject, "a subject of receipts")


RECEIPTS_ALL: Final = Subject(f"{ROOT}.receipt.*")
CLINICAL_ALL: Final = Subject(f"{ROOT}.clinical.*")
SETPOINT_REPORTS_ALL: Final = Subject(f"{ROOT}.setpoint-report.*")
DIAGNOSE_ALL: Final = Subject(f"{ROOT}.diagnose.*")
DIAGNOSES_ALL: Final = Subject(f"{ROOT}.diagnosis.*")
INSPECTION_FORMS_ALL: Final = Subject(f"{ROOT}.inspection-form.*")


def event(area: str, kind: str) -> Subject:
    """Subject of one type of event, such as ``event("fleet", "node-created")``."""
    return Subject(f"{ROOT}.event.{token(area)}.{token(kind)}")


def dead(stream: StreamName, consumer: DurableName) -> Subject:
    """Subject of what a consumer of a stream refused."""
    return Subject(f"{ROOT}.dead.{stream}.{consumer}")


READINGS_ALL: Final = Subject(f"{ROOT}.reading.*")
HEARTBEATS_ALL: Final = Subject(f"{ROOT}.heartbeat.*")
EVENTS_ALL: Final = Subject(f"{ROOT}.event.*.*")
DEAD_ALL: Final = Subject(f"{ROOT}.dead.*.*")


def place_tokens(code: str) -> str:
    """Return a GB/T 2260 code of 2, 4 or 6 digits (行政区划代码) as tokens: 510104 -> 51.01.04."""
    if not PLACE_PATTERN.fullmatch(code):
        raise InvalidName(f"place code {code!r}: need 2, 4 or 6 digits of GB/T 2260")
    return ".".join(code[i : i + 2] for i in range(0, len(code), 2))


def county_tokens(code: str) -> str:
    """Return a county's code of six digits as three tokens; raise InvalidName for any other."""
    if len(code) != COUNTY_DIGITS:
        raise InvalidName(f"county code {code!r}: need 6 digits of GB/T 2260")
    return place_tokens(code)


# -- buckets ------------------------------------------------------------------------------------


def bucket_stream(bucket: BucketName) -> StreamName:
    """Stream behind a key-value bucket."""
    return StreamName(f"KV_{bucket}")


def bucket_key(bucket: BucketName, node: NodeId) -> Subject:
    """Subject of a node's key in a bucket."""
    return Subject(f"$KV.{bucket}.{node}")


def bucket_keys(bucket: BucketName) -> Subject:
    """Subjects of all keys of a bucket."""
    return Subject(f"$KV.{bucket}.*")


def bucket_key_node(bucket: BucketName, subject: str) -> NodeId:
    """Return the node of a bucket's key subject; raise InvalidName for any other subject."""
    prefix = f"$KV.{bucket}."
    if not subject.startswith(prefix):
        raise InvalidName(f"subject {subject!r}: not a key of {bucket}")
    return node_id(subject[len(prefix) :])


def direct_get(bucket: BucketName, node: NodeId) -> Subject:
    """Subject that asks for the last value of a node's key, needing no consumer."""
    return Subject(f"$JS.API.DIRECT.GET.{bucket_stream(bucket)}.{bucket_key(bucket, node)}")


def artifact_key(sha256: str, part: int | None = None) -> Subject:
    """Subject of one part of an artifact, from 0, in the bucket of artifacts; None: of its record.

    Who does not know the sum can't ask for the bytes: nobody may list the bucket.
    """
    if not SHA256_PATTERN.fullmatch(sha256):
        raise InvalidName(f"sum {sha256!r}: need 64 of 0-9 a-f")
    return Subject(f"$KV.{ARTIFACTS}.{sha256}.{'record' if part is None else part}")


ARTIFACT_KEYS: Final = Subject(f"$KV.{ARTIFACTS}.*.*")


def artifact_get(sha256: str, part: int | None = None) -> Subject:
    """Subject that asks for a part of an artifact, needing no consumer."""
    stream = bucket_stream(ARTIFACTS)
    return Subject(f"$JS.API.DIRECT.GET.{stream}.{artifact_key(sha256, part)}")


ARTIFACT_GETS: Final = Subject(f"$JS.API.DIRECT.GET.{bucket_stream(ARTIFACTS)}.{ARTIFACT_KEYS}")


def bulletins(channel: Channel) -> BucketName:
    """Bucket of the counties' bulletins."""
    return BULLETINS if channel is Channel.LIVE else DRILL_BULLETINS


def bulletin_key(channel: Channel, county: str) -> Subject:
    """Subject of a county's key in the bucket of bulletins."""
    return Subject(f"$KV.{bulletins(channel)}.{county_tokens(county)}")


def bulletin_keys(channel: Channel) -> Subject:
    """Subjects of all keys of the bucket of bulletins."""
    return Subject(f"$KV.{bulletins(channel)}.*.*.*")


def bulletin_get(channel: Channel, county: str) -> Subject:
    """Subject that asks for a county's bulletin, needing no consumer."""
    stream = bucket_stream(bulletins(channel))
    return Subject(f"$JS.API.DIRECT.GET.{stream}.{bulletin_key(channel, county)}")


def bulletin_republish(channel: Channel) -> tuple[Subject, Subject]:
    """Return the republish rule of the bucket of bulletins: source and destination."""
    wildcards = ".".join(f"{{{{wildcard({n})}}}}" for n in (1, 2, 3))
    return bulletin_keys(channel), Subject(f"{ROOT}.warning.{channel.value}.{wildcards}")


# The republish rule of bucket PLANS: source and destination with its one wildcard carried over.
PLAN_REPUBLISH: Final = (bucket_keys(PLANS), Subject(f"{ROOT}.plan.{{{{wildcard(1)}}}}"))

# The same of bucket SETPOINTS.
SETPOINT_REPUBLISH: Final = (
    bucket_keys(SETPOINTS),
    Subject(f"{ROOT}.setpoint.{{{{wildcard(1)}}}}"),
)

# The same of bucket VISITS.
VISITS_REPUBLISH: Final = (bucket_keys(VISITS), Subject(f"{ROOT}.visits.{{{{wildcard(1)}}}}"))


STATION_TRUST_KEY: Final = Subject(f"$KV.{STATION_TRUST}.edge")
"""The one key of bucket STATION_TRUST."""

STATION_TRUST_GET: Final = Subject(
    f"$JS.API.DIRECT.GET.{bucket_stream(STATION_TRUST)}.{STATION_TRUST_KEY}"
)
STATION_TRUST_HEARD: Final = Subject(f"{ROOT}.station-trust")

# The same of bucket STATION_TRUST.
STATION_TRUST_REPUBLISH: Final = (STATION_TRUST_KEY, STATION_TRUST_HEARD)


UPDATES_KEY: Final = Subject(f"$KV.{UPDATES}.bundle")
"""The one key of bucket UPDATES: the signed releases of the agent, the same for all nodes."""

UPDATES_GET: Final = Subject(f"$JS.API.DIRECT.GET.{bucket_stream(UPDATES)}.{UPDATES_KEY}")
UPDATES_HEARD: Final = Subject(f"{ROOT}.updates")

# The same of bucket UPDATES.
UPDATES_REPUBLISH: Final = (UPDATES_KEY, UPDATES_HEARD)


# -- JetStream's own subjects -------------------------------------------------------------------


def pull(stream: StreamName, durable: DurableName) -> Subject:
    """Subject that asks a pull consumer for messages."""
    return Subject(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}")


def stored_message(stream: StreamName) -> Subject:
    """Subject that asks for one message of a stream by its number, needing no consumer."""
    return Subject(f"$JS.API.DIRECT.GET.{stream}")


def inbox_prefix(role: str, name: str) -> str:
    """Prefix of the inboxes that a user may listen on, and nobody else."""
    return f"_INBOX.{token(role)}.{token(name)}"


# -- permissions --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Permissions:
    """What a NATS user may do; all else is denied."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    # May answer a request it received, whatever the reply subject.
    allow_responses: bool = False


def node_permissions(
    node: NodeId, county: str | None = None, *, is_station: bool = False
) -> Permissions:
    """Return what the agent of ``node`` may do: speak for itself, read its own plan.

    All nodes read the same signed releases of the agent. With ``county``, a code of six digits, it
    also hears that county's warnings and exercises; at a base station it hears whom its leaf server
    is to believe.
    """
    counties = () if county is None else tuple((channel, county) for channel in Channel)
    return Permissions(
        publish=(
            reading(node),
            heartbeat(node),
            receipt(node),
            clinical(node),
            setpoint_report(node),
            inspection_form(node),
            diagnosis(node),
            *(seismic(channel, node) for channel in Channel),
            bucket_key(PLAN_REPORTS, node),
            direct_get(PLANS, node),
            direct_get(SETPOINTS, node),
            direct_get(VISITS, node),
            ARTIFACT_GETS,
            UPDATES_GET,
            *(bulletin_get(channel, place) for channel, place in counties),
            *((STATION_TRUST_GET,) if is_station else ()),
        ),
        subscribe=(
            f"{inbox_prefix('node', node)}.>",
            plan(node),
            setpoint(node),
            visits(node),
            diagnose(node),
            UPDATES_HEARD,
            *(warning(channel, place) for channel, place in counties),
            *((STATION_TRUST_HEARD,) if is_station else ()),
        ),
    )


GATEWAYS_MAX: Final = 64
"""Gateways of one station's local hub: its token states the rights of each, and has to fit the
first line of a connection (nats_config.MAX_CONTROL_LINE_BYTES)."""


def drill_permissions(player: str) -> Permissions:
    """Return what who plays an exercise may do: read what its stations have sent, nothing else."""
    return Permissions(
        publish=(stored_message(SEISMIC_DRILL),),
        subscribe=(f"{inbox_prefix('drill', player)}.>",),
    )
