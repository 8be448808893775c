"""What is seen of a drill, as values: from the services' answers, and nothing else.

All times are Unix seconds. ``None`` stands for what has not been seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cli.names import words
from tianfu.disaster_warning.v1 import (
    disaster_warning_service_pb2,
    earthquake_pb2,
    warning_pb2,
)


@dataclass(frozen=True, slots=True)
class CountySeen:
    """What a county is to expect."""

    place_code: str
    name: str
    colour: str
    intensity: float
    distance_km: float
    s_arrival_s: float


@dataclass(frozen=True, slots=True)
class SolutionSeen:
    """One solution of the earthquake."""

    number: int
    solve_s: float
    origin_s: float
    latitude: float
    longitude: float
    magnitude: float
    magnitude_sigma: float
    max_intensity: float
    stations: tuple[str, ...]
    processing_ms: float
    counties: tuple[CountySeen, ...] = ()


@dataclass(frozen=True, slots=True)
class StepSeen:
    """A step of the warning that made a version."""

    version: int
    state: str
    time_s: float


@dataclass(frozen=True, slots=True)
class WarningSeen:
    """The warning about the earthquake."""

    name: str
    state: str
    colour: str
    version: int
    expire_s: float
    counties: tuple[str, ...] = ()
    steps: tuple[StepSeen, ...] = ()

    @property
    def first_alert_s(self) -> float | None:
        """When its first version was out."""
        return next((step.time_s for step in self.steps if step.version == 1), None)


@dataclass(frozen=True, slots=True)
class ReceiptsSeen:
    """Who has received a version, in one county. ``nodes`` are those of the fleet there."""

    place_code: str
    name: str
    version: int
    nodes: int
    delivered: int
    acknowledged: int = 0
    failed: int = 0
    expired: int = 0
    first_s: float | None = None
    last_s: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The receipts of one version: by county, and when they were all there."""

    version: int
    counties: tuple[ReceiptsSeen, ...]
    complete_s: float | None = None

    @property
    def is_complete(self) -> bool:
        """Whether each node that stands where it is told has it."""
        told = [each for each in self.counties if each.nodes]
        return bool(told) and all(each.delivered >= each.nodes for each in told)

    @property
    def first_s(self) -> float | None:
        """When the first node had it."""
        return min((each.first_s for each in self.counties if each.first_s), default=None)

    @property
    def last_s(self) -> float | None:
        """When the last node had it."""
        return max((each.last_s for each in self.counties if each.last_s), default=None)


@dataclass(frozen=True, slots=True)
class LiveTraffic:
    """What is on the public's channel; a drill leaves it as it was. Gauges' drafts are not out."""

    warnings: int = 0
    earthquakes: int = 0
    features: int = 0
    bulletins: int = 0

    def since(self, before: LiveTraffic) -> LiveTraffic:
        """Return what came after ``before``."""
        return LiveTraffic(
            self.warnings - before.warnings,
            self.earthquakes - before.earthquakes,
            self.features - before.features,
            self.bulletins - before.bulletins,
        )


@dataclass(frozen=True, slots=True)
class FeatureSeen:
    """One message of a station, as the stream holds it."""

    station: str
    # The P onset; the end of the record it rests on; when the node sent it, by its clock.
    pick_s: float
    record_s: float
    sent_s: float
    # When the stream had it, by NATS' clock.
    stored_s: float


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is seen of a drill. ``origin_s`` is when the played earthquake began."""

    origin_s: float
    earthquakes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    state: str = ""
    solutions: tuple[SolutionSeen, ...] = ()
    warning: WarningSeen | None = None
    # By version; the last is what holds.
    told: tuple[Told, ...] = ()
    # In the order of the stream; read after the first alert, and when the drill is over.
    features: tuple[FeatureSeen, ...] = ()
    live: LiveTraffic = LiveTraffic()

    @property
    def latest(self) -> SolutionSeen | None:
        """The newest solution."""
        return self.solutions[-1] if self.solutions else None

    @property
    def first_told(self) -> Told | None:
        """The receipts of the first version."""
        return next((each for each in self.told if each.version == 1), None)

    @property
    def last_told(self) -> Told | None:
        """The receipts of the version that holds."""
        return self.told[-1] if self.told else None


def unix(message: Any, field: str) -> float | None:
    """Return a timestamp field in Unix seconds, None when it is not set."""
    if not message.HasField(field):
        return None
    stamp = getattr(message, field)
    return float(stamp.seconds + stamp.nanos / 1e9)


def solution_of(solution: earthquake_pb2.Solution) -> SolutionSeen:
    """Return a solution as a value."""
    return SolutionSeen(
        number=solution.number,
        solve_s=unix(solution, "solve_time") or 0.0,
        origin_s=unix(solution, "origin_time") or 0.0,
        latitude=solution.epicentre.latitude,
        longitude=solution.epicentre.longitude,
        magnitude=solution.magnitude,
        magnitude_sigma=solution.magnitude_sigma,
        max_intensity=solution.max_intensity,
        stations=tuple(solution.stations),
        processing_ms=solution.processing_ms,
        counties=tuple(
            CountySeen(
                place_code=each.place_code,
                name=each.display_name,
                colour=colour_of(each.colour),
                intensity=each.intensity,
                distance_km=each.distance_km,
                s_arrival_s=unix(each, "s_arrival_time") or 0.0,
            )
            for each in solution.counties
        ),
    )


def warning_of(warning: warning_pb2.Warning) -> WarningSeen:
    """Return a warning as a value."""
    steps = [step for step in warning.steps if step.version]
    return WarningSeen(
        name=warning.name.removeprefix("warnings/"),
        state=words(warning_pb2.WarningState, warning.state, "WARNING_STATE_"),
        colour=colour_of(warning.colour),
        version=warning.version,
        expire_s=unix(warning, "expire_time") or 0.0,
        counties=tuple(each.place_code for each in warning.counties),
        steps=tuple(
            StepSeen(
                step.version,
                words(warning_pb2.WarningState, step.to_state, "WARNING_STATE_"),
                unix(step, "step_time") or 0.0,
            )
            for step in steps
        ),
    )


def told_of(
    answer: disaster_warning_service_pb2.GetReceiptsResponse,
    fleet: dict[str, int],
    told: Iterable[str],
    now_s: float,
) -> Told:
    """Return receipts as a value. ``fleet`` is how many nodes stand in which county."""
    told_codes = set(told)
    found = {each.name.rpartition("/")[2]: each for each in answer.counties}
    counties = [
        ReceiptsSeen(
            place_code=code,
            name=each.display_name,
            version=each.version,
            # Who stands where it was not told is not asked for.
            nodes=fleet.get(code, 0) if code in told_codes else 0,
            delivered=each.delivered_count,
            acknowledged=each.acknowledged_count,
            failed=each.failed_count,
            expired=each.expired_count,
            first_s=unix(each, "first_delivery_time"),
            last_s=unix(each, "last_delivery_time"),
        )
        for code, each in found.items()
    ]
    # A county with nodes and not a single receipt must not be passed over.
    counties += [
        ReceiptsSeen(code, "", answer.total.version, number, 0)
        for code, number in sorted(fleet.items())
        if code in told_codes and code not in found
    ]
    made = Told(answer.total.version, tuple(counties))
    return Told(made.version, made.counties, now_s if made.is_complete else None)


def with_receipts(told: Sequence[Told], latest: Told) -> tuple[Told, ...]:
    """Return the receipts by version, the latest look at one in place of the look before."""
    before = {each.version: each for each in told}
    known = before.get(latest.version)
    if known is not None and known.complete_s is not None and latest.is_complete:
        latest = Told(latest.version, latest.counties, known.complete_s)
    before[latest.version] = latest
    return tuple(before[version] for version in sorted(before))


def colour_of(colour: int) -> str:
    """Return a colour in a word."""
    return words(warning_pb2.Colour, colour, "COLOUR_")
