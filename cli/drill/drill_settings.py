"""Settings of the agents that play a drill's records."""

from __future__ import annotations

from datetime import UTC, datetime

from cli.drill import scenario
from cli.local.fleet import AgentPlaces, heading, quoted


def agent_settings(station: scenario.Station, places: AgentPlaces, origin_s: float) -> str:
    """Return the TOML settings of a station's agent: one record, on the drill channel."""
    lines = [
        *heading(places),
        "",
        "# An exercise: waves of 2019, moved to another place and time.",
        "[[driver]]",
        'kind = "seismic"',
        'name = "drill"',
        'source = "record"',
        f"file = {quoted(station.record)}",
        f"origin_time = {quoted(iso(scenario.TRUE.origin_s))}",
        f"epicentre_latitude = {scenario.TRUE.latitude}",
        f"epicentre_longitude = {scenario.TRUE.longitude}",
        f"drill_latitude = {scenario.LATITUDE}",
        f"drill_longitude = {scenario.LONGITUDE}",
        f"play_at = {quoted(iso(origin_s))}",
    ]
    return "\n".join(lines) + "\n"


def iso(seconds: float) -> str:
    """Return Unix seconds in UTC as ISO 8601 with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
