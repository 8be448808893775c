"""Which nodes an app is for. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from operators.edgeapp.model import Circle, Selector

EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean radius (IUGG 1980); the error against the ellipsoid is below 0.6 %."""


def selects(
    selector: Selector,
    *,
    labels: Mapping[str, str],
    node_class: str,
    place: str,
    position: tuple[float, float] | None,
) -> bool:
    """Say whether a node is meant; ``position`` is (latitude, longitude), None when not stated."""
    return (
        all(labels.get(key) == value for key, value in selector.labels.items())
        and (not selector.classes or node_class in selector.classes)
        and (not selector.places or place.startswith(selector.places))
        and (selector.within is None or _is_within(selector.within, position))
    )


def _is_within(circle: Circle, position: tuple[float, float] | None) -> bool:
    if position is None:
        return False  # nobody knows where it stands
    return distance_m((circle.latitude, circle.longitude), position) <= circle.radius_m


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the great-circle distance of two points in degrees (haversine)."""
    (phi_1, lambda_1), (phi_2, lambda_2) = (tuple(map(math.radians, p)) for p in (one, other))
    h = (
        math.sin((phi_2 - phi_1) / 2) ** 2
        + math.cos(phi_1) * math.cos(phi_2) * math.sin((lambda_2 - lambda_1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))
