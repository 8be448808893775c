"""How long before the drill's earthquake, as an option says it."""

from __future__ import annotations

import typer

from cli import durations
from cli.drill import scenario


def lead(text: str) -> float:
    """Return the seconds before the earthquake, for an option."""
    try:
        seconds = durations.parse(text).total_seconds()
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if seconds < scenario.LEAD_MIN_S:
        least = durations.show(scenario.LEAD_MIN_S)
        raise typer.BadParameter(f"stations need {least} to start and to learn the noise")
    return seconds
