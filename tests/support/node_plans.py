"""The operators' watch of plans, for a test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from operators.edgeapp.node_plans import NodePlans
from operators.fleet.client import FleetAddress
from tianfu import tasks


@contextlib.asynccontextmanager
async def node_plans(address: FleetAddress) -> AsyncIterator[NodePlans]:
    """Yield a client that follows all plans."""
    channel = address.channel()
    plans = NodePlans(channel, address.metadata)
    following = asyncio.create_task(plans.run())
    try:
        yield plans
    finally:
        await tasks.end([following])
        await channel.close()
