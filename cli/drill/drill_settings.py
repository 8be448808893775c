"""Settings of the agents that play a drill's records."""

from __future__ import annotations

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
        f"file = {quoted(station.record)}",
    ]
    del origin_s
    return "\n".join(lines) + "\n"
