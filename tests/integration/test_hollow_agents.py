"""Hollow agents as a bench starts them: every one has it, and says so once."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from tests.edge.warnings.signing import COUNTY, DRILL, LIVE, notice
from tests.integration.edge_world import ROOT
from tests.integration.test_edge_warnings import ahead
from tests.integration.warning_world import Issuer
from tests.support.nats_server import NatsServer
from tianfu.disaster_warning.v1 import notice_pb2 as pb

pytestmark = pytest.mark.integration

NODES = 40


@pytest.fixture
async def issuer(nats: NatsServer) -> AsyncIterator[Issuer]:
    issuer = Issuer(nats)
    await issuer.begin()
    yield issuer
    await issuer.close()


async def test_each_node_has_the_warning_before_and_the_one_after(issuer: Issuer) -> None:
    await issuer.publish(notice("before", expire_us=ahead(60)))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.hollow_agents", "--url", issuer.server.url),
        *("--seed", str(issuer.server.credentials("test", "admin")), "--live-key", LIVE.nkey),
        *("--drill-key", DRILL.nkey, "--counties", COUNTY, "--nodes", str(NODES)),
        *("--connections", "3", "--expect", "2", "--until-input-ends"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        assert json.loads(await process.stdout.readline()) == {"ready": NODES}
        await issuer.publish(
            notice("before", expire_us=ahead(60)), notice("after", expire_us=ahead(60))
        )
        rest = (await process.stdout.read()).splitlines()
        assert await process.wait() == 0
    figures = json.loads(rest[-1])
    assert figures["delivered"] == 2 * NODES
    assert figures["duplicates"] == 0
    reports = await issuer.reports()
    told = Counter(
        (report.node, receipt.warning, receipt.sink, receipt.state)
        for report in reports
        for receipt in report.receipts
    )
    assert set(told.values()) == {1}
    nodes = {name for name, _, sink, _ in told if sink == pb.SINK_NODE}
    assert len(nodes) == NODES
    assert len(told) == NODES * 2 * 3
