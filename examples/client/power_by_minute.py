"""The mean of each minute of the last ten, of every power series of one node; awaited."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

from tianfu.client import AsyncChannel, AsyncTelemetry


async def main() -> None:
    """Print a line a series."""
    token, ca_file = os.environ["TIANFU_TOKEN"], os.environ["TIANFU_CA_FILE"]
    now, minute = datetime.now(UTC), timedelta(minutes=1)
    address = os.environ["TIANFU_TELEMETRY"]
    async with AsyncChannel(address, token=token, ca_file=ca_file) as channel:
        telemetry = AsyncTelemetry(channel)
        async for series in telemetry.list_series(parent="nodes/jinjiang-1"):
            if series.name.endswith(".active-power"):
                found = await telemetry.query_series(
                    name=series.name,
                    start_time=now - 10 * minute,
                    end_time=now,
                    step=minute,
                    aggregate="AGGREGATE_MEAN",
                )
                print(series.name, [round(value, 2) for value in found.value], found.unit)


asyncio.run(main())
