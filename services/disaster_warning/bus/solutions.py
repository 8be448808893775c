"""From the tracker's decisions to what is stored and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.earthquake.decisions import Decision, Solution
from services.disaster_warning.model.warning import (
    AutomaticIssue,
    Channel,
    CountyShaking,
    PickKey,
    Source,
)
from services.disaster_warning.usecases.encoding import put_time
from tianfu.disaster_warning.v1 import earthquake_pb2 as pb
from tianfu.disaster_warning.v1 import warning_pb2

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """What is told of a county besides its code."""

    name: str
    population: int


@dataclass(frozen=True, slots=True)
class Validity:
    """How long an earthquake's warning holds: parameters of the rule ``earthquake-validity``."""

    after_s_arrival: timedelta
    at_least: timedelta

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Validity:
        """Return what a rule's parameters say."""
        return cls(
            timedelta(seconds=float(parameters["after_s_arrival_s"])),
            timedelta(seconds=float(parameters["at_least_s"])),
        )


@dataclass(frozen=True, slots=True)
class Work:
    """What brought a solution, and what it took: Unix seconds, and seconds."""

    trigger_s: float
    processing_s: float


def moment(unix_s: float) -> datetime:
    """Return Unix seconds as a time, to the microsecond."""
    return EPOCH + timedelta(microseconds=round(unix_s * 1e6))


def issue_of(
    decision: Decision,
    channel: Channel,
    number: int,
    places: Mapping[str, Place],
    validity: Validity,
    rule_versions: tuple[str, ...],
    work: Work,
) -> AutomaticIssue:
    """Return a decision as the use cases take it; ``number`` is the solution's in the store."""
    solution = decision.solution
    origin = moment(solution.location.origin_time)
    told = _told(solution, places) if decision.is_warning else ()
    latest = max((county.s_arrival_time for county in told), default=origin)
    return AutomaticIssue(
        earthquake_id=decision.event_id,
        channel=channel,
        number=number,
        solution=solution_to(solution, number, places, work).SerializeToString(),
        source=Source(
            origin,
            solution.location.latitude,
            solution.location.longitude,
            solution.location.depth_km,
            round(solution.magnitude.value, 1),
        ),
        picks=tuple(PickKey(*key) for key in solution.picks),
        counties=told,
        expire_time=max(latest + validity.after_s_arrival, origin + validity.at_least),
        rule_versions=rule_versions,
    )


def _gravest_first(solution: Solution) -> list[int]:
    table = solution.counties
    return [int(i) for i in np.lexsort((table.distance_km, -table.intensity))]


def _told(solution: Solution, places: Mapping[str, Place]) -> tuple[CountyShaking, ...]:
    table = solution.counties
    return tuple(
        CountyShaking(
            place_code=table.codes[i],
            display_name=places[table.codes[i]].name,
            colour=Colour(int(table.colour[i])),
            intensity=float(table.intensity[i]),
            s_arrival_time=moment(float(table.s_arrival_time[i])),
            distance_km=float(table.distance_km[i]),
            population=places[table.codes[i]].population,
        )
        for i in _gravest_first(solution)
        if table.colour[i]
    )


def solution_to(
    solution: Solution, number: int, places: Mapping[str, Place], work: Work
) -> pb.Solution:
    """Return a solution as the contract has it."""
    location, magnitude = solution.location, solution.magnitude
    message = pb.Solution(
        number=number,
        epicentre=warning_pb2.Point(latitude=location.latitude, longitude=location.longitude),
        depth_km=location.depth_km,
        epicentre_sigma_km=location.error_km,
        magnitude=magnitude.value,
        magnitude_sigma=magnitude.sigma,
        magnitude_estimate=magnitude.estimate,
        magnitude_reason=str(magnitude.fall),
        stations=solution.stations,
        excluded_stations=[
            pb.ExcludedStation(station=each.station, reason=str(each.reason))
            for each in solution.excluded
        ],
        max_intensity=solution.counties.max_intensity,
        rule_version=solution.rule_version,
        processing_ms=work.processing_s * 1e3,
    )
    message.trigger_time.FromDatetime(moment(work.trigger_s))
    message.solve_time.FromDatetime(moment(solution.time))
    message.origin_time.FromDatetime(moment(location.origin_time))
    table = solution.counties
    for i in _gravest_first(solution):
        if not table.colour[i]:
            continue
        county = message.counties.add(
            place_code=table.codes[i],
            display_name=places[table.codes[i]].name,
            distance_km=float(table.distance_km[i]),
            source_intensity=float(table.source_intensity[i]),
            observed_intensity=float(table.observed_intensity[i]),
            intensity=float(table.intensity[i]),
            colour=warning_pb2.Colour.ValueType(int(table.colour[i])),
        )
        put_time(county.s_arrival_time, moment(float(table.s_arrival_time[i])))
    return message
