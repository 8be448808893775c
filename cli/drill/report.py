"""A drill's summary: figures after the origin, the way of the first alert, promises."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from cli.drill import scenario
from cli.drill.promises import Promise
from cli.drill.seen import CountySeen, FeatureSeen, Seen, SolutionSeen
from cli.names import shown_time

EARTH_KM: Final = 6371.0
CITIES_MAX: Final = 14


@dataclass(frozen=True, slots=True)
class Hop:
    """A station on the first alert's way. Seconds after the origin; None while not seen."""

    name: str
    after_origin_s: float | None
    # Since the hop before.
    took_ms: float | None


def hops(seen: Seen) -> list[Hop]:
    """Return the way of the first alert, as far as services, stream and nodes have told of it.

    Stations and nodes tell by their own clocks; "receipts here" is when this program saw the last
    of them. What comes from the stream is known shortly after the alert.
    """
    first = None if seen.warning is None else seen.warning.first_alert_s
    solution = deciding_solution(seen)
    feature = deciding_feature(seen)
    told = seen.first_told
    moments = (
        ("P wave at that station", None if feature is None else feature.pick_s),
        ("its record long enough", None if feature is None else feature.record_s),
        ("measured and sent", None if feature is None else feature.sent_s),
        ("in the stream", None if feature is None else feature.stored_s),
        ("located and sized", None if solution is None else solution.solve_s),
        ("bulletins published", first),
        ("first node told", None if told is None else told.first_s),
        ("last node told", None if told is None else told.last_s),
        ("receipts here", None if told is None else told.complete_s),
    )
    found: list[Hop] = []
    before: float | None = None
    for name, moment in moments:
        took = None if moment is None or before is None else round((moment - before) * 1e3, 1)
        found.append(Hop(name, after(seen, moment), took))
        before = moment if moment is not None else before
    return found


def deciding_solution(seen: Seen) -> SolutionSeen | None:
    """Return the solution that let the first alert out: the last one made before it."""
    first = None if seen.warning is None else seen.warning.first_alert_s
    if first is None:
        return None
    before = [each for each in seen.solutions if each.solve_s <= first]
    return before[-1] if before else None


def deciding_feature(seen: Seen) -> FeatureSeen | None:
    """Return the message that let the first alert out: its solution's last to come before it."""
    solution = deciding_solution(seen)
    if solution is None:
        return None
    before = [
        each
        for each in seen.features
        if each.station in solution.stations and each.stored_s <= solution.solve_s
    ]
    return before[-1] if before else None


def summary(seen: Seen, promises: list[Promise]) -> dict[str, Any]:
    """Return the object that ``tianfu drill earthquake --json`` prints."""
    return {
        "drill": True,
        "origin_time": shown_time(seen.origin_s),
        "epicentre": {"latitude": scenario.LATITUDE, "longitude": scenario.LONGITUDE},
        "place": scenario.PLACE,
        "true_magnitude": scenario.TRUE.magnitude,
        "earthquake": seen.earthquakes[0] if seen.earthquakes else None,
        "earthquake_state": seen.state,
        "warning": _warning(seen),
        "solutions": [_solution(seen, each) for each in seen.solutions],
        "cities": _cities(seen),
        "receipts": [_told(seen, each.version) for each in seen.told],
        "features": len(seen.features),
        "first_alert_by": None if (by := deciding_feature(seen)) is None else by.station,
        "hops": [asdict(each) for each in hops(seen)],
        "live_channel": asdict(seen.live),
        "promises": [each.to_json() for each in promises],
        "kept": all(each.kept for each in promises),
    }


def after(seen: Seen, moment_s: float | None) -> float | None:
    """Return seconds after the origin."""
    return None if moment_s is None else round(moment_s - seen.origin_s, 3)


def epicentre_error_km(solution: SolutionSeen) -> float:
    """Return how far a solution's epicentre is from where the drill put it (haversines)."""
    lat1, lat2 = math.radians(solution.latitude), math.radians(scenario.LATITUDE)
    dlon = math.radians(solution.longitude - scenario.LONGITUDE)
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(dlon / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def _warning(seen: Seen) -> dict[str, Any] | None:
    warning = seen.warning
    if warning is None:
        return None
    return {
        "name": warning.name,
        "state": warning.state,
        "colour": warning.colour,
        "version": warning.version,
        "counties": len(warning.counties),
        "expires_after_origin_s": after(seen, warning.expire_s),
        "versions": [
            {
                "version": each.version,
                "state": each.state,
                "after_origin_s": after(seen, each.time_s),
            }
            for each in warning.steps
        ],
    }


def _solution(seen: Seen, solution: SolutionSeen) -> dict[str, Any]:
    return {
        "number": solution.number,
        "after_origin_s": after(seen, solution.solve_s),
        "magnitude": round(solution.magnitude, 2),
        "magnitude_sigma": round(solution.magnitude_sigma, 2),
        "epicentre_error_km": round(epicentre_error_km(solution), 1),
        "origin_error_s": round(solution.origin_s - seen.origin_s, 2),
        "max_intensity": round(solution.max_intensity, 1),
        "stations": list(solution.stations),
        "counties": len(solution.counties),
        "processing_ms": round(solution.processing_ms, 1),
    }


def cities(seen: Seen) -> list[CountySeen]:
    """Return the counties with nodes and the main seats, the S wave's first first."""
    latest, told = seen.latest, seen.last_told
    if latest is None:
        return []
    with_nodes = {each.place_code for each in told.counties if each.nodes} if told else set()
    chosen = with_nodes | set(scenario.CITIES)
    listed = [each for each in latest.counties if each.place_code in chosen]
    # Where nodes stand comes in any case, then who is nearest.
    listed.sort(key=lambda each: (each.place_code not in with_nodes, each.s_arrival_s))
    return sorted(listed[:CITIES_MAX], key=lambda each: each.s_arrival_s)


def _cities(seen: Seen) -> list[dict[str, Any]]:
    first = None if seen.warning is None else seen.warning.first_alert_s
    return [
        {
            "place_code": each.place_code,
            "name": each.name,
            "colour": each.colour,
            "intensity": round(each.intensity, 1),
            "distance_km": round(each.distance_km, 1),
            "s_after_origin_s": after(seen, each.s_arrival_s),
            "warned_before_s": None if first is None else round(each.s_arrival_s - first, 1),
        }
        for each in cities(seen)
    ]


def _told(seen: Seen, version: int) -> dict[str, Any]:
    told = next(each for each in seen.told if each.version == version)
    return {
        "version": version,
        "nodes": sum(each.nodes for each in told.counties),
        "delivered": sum(each.delivered for each in told.counties),
        "failed_sinks": sum(each.failed for each in told.counties),
        "first_after_origin_s": after(seen, told.first_s),
        "last_after_origin_s": after(seen, told.last_s),
        "counties": [
            {
                "place_code": each.place_code,
                "name": each.name,
                "nodes": each.nodes,
                "delivered": each.delivered,
                "failed": each.failed,
                "expired": each.expired,
            }
            for each in told.counties
            if each.nodes or each.delivered
        ],
    }
