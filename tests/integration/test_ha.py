"""Profile ha: a process of each kind is killed under load, and nothing is lost or there twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import pytest

from cli.local.postgres_pair import Pair
from cli.local.stack import SERVICES
from tests.support.ha_platform import Platform, platform
from tests.support.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

AWAY_MAX_S: Final = 60.0
"""The bar is 5 s and 20 s on a machine of its own (`bench.ha`); here others may be at work."""

LED: Final = (*SERVICES, "gateway", "operators")


async def test_a_process_of_each_kind_is_killed_and_nothing_is_lost(tmp_path: Path) -> None:
    async with platform(tmp_path) as running:
        async with running.loaded():
            # Operators contend once the services answer.
            await until(lambda: all(map(running.holder, LED)), AWAY_MAX_S)
            moved = [await killed(running, name) for name in of_each_kind(running)]
            await running.whole()
        lost = await running.lost()
        account = await asyncio.to_thread(running.ended)

    assert lost == []
    assert len(running.acknowledged) > len(moved)
    assert account["produced"] == account["stored"] == account["found_rows"] > 0
    assert account["dropped"] == account["duplicates"] == account["missing"] == 0
    assert len([each for each in moved if each is not None]) == len(SERVICES) + 3
    assert max(each for each in moved if each is not None) < AWAY_MAX_S
    for name, seen in running.reads.items():
        assert seen.answered > 0, name
        assert max(seen.spans, default=0.0) < AWAY_MAX_S, name


def of_each_kind(running: Platform) -> list[str]:
    """Return a process of each kind: of services the one that leads."""
    listed = {pid: name for name, pid in running.listed().items()}
    leaders = [listed[running.holder(part)] for part in LED]
    edge = next(name for name in listed.values() if name.startswith("edge-"))
    primary = Pair(running.folder.postgres).read().primary
    return ["nats", primary, *leaders, "postgres-keeper", "nats-2", edge]


async def killed(running: Platform, name: str) -> float | None:
    """Kill it while the platform is whole."""
    await running.whole()
    return await running.kill(name)
