"""``python -m services.telemetry``: the telemetry service, set by the environment."""

from __future__ import annotations

import asyncio

from services.plumbing import service, settings
from services.telemetry import build
from services.telemetry.settings import TelemetrySettings


def main() -> None:
    """Serve until stopped."""
    chosen = settings.load(TelemetrySettings)

    async def serve(stop: asyncio.Event) -> None:
        await build.run(chosen, stop)

    service.run(serve)


if __name__ == "__main__":
    main()
