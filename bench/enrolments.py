"""A fleet that enrols, device by device: ``python -m bench.enrolments``.

10,000 nodes are registered; each gets its one-time token and enrols by it with a key of its own, 64
calls under way, on a real fleet service, PostgreSQL and nats-server. Beside it, in the same run and
with as many calls under way, a call that only reads a node: what gRPC, admission, PostgreSQL take
by themselves. Devices' keys and proofs are made before: a device has a processor of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final

import asyncpg
import grpc
from google.protobuf.message import Message
from sqlalchemy.engine import make_url

from services.fleet import enrolment
from tests.support.fleet_process import FleetProcess, enrolment_environment, fleet_process
from tests.support.nats_server import nats_server
from tests.support.postgres import postgres_server
from tianfu import nats_keys
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2_grpc as fleet_grpc
from tianfu.nats_keys import KeyKind

NODES: Final = 10_000
AT_ONCE: Final = 64
CALL_S: Final = 60.0
RATE_TARGET: Final = 100.0
"""Nodes a second, of the requirements for a fleet of ten thousand."""

SEED: Final = """
INSERT INTO fleet.nodes (node_id, display_name, node_class, place_code, labels, presence,
    presence_change_time, identity, agent_version, create_time, update_time, revision)
SELECT 'bench-' || n, '', 2, '510104', '{}', 1, now(), 1, '', now(), now(), 1
FROM generate_series(0, $1 - 1) AS n
"""

Call = Callable[[Any], Awaitable[Any]]


async def seed(admin_url: str, nodes: int) -> None:
    """Register nodes."""
    plain = make_url(admin_url).set(drivername="postgresql")
    connection = await asyncpg.connect(plain.render_as_string(hide_password=False))
    try:
        await connection.execute(SEED, nodes)
        await connection.execute("ANALYZE fleet.nodes")
    finally:
        await connection.close()


async def all_of(call: Call, requests: Iterable[Message]) -> tuple[list[Any], float]:
    """Call with each request, so many at once; return answers in order, and calls a second."""
    waiting = list(enumerate(requests))
    answers: list[Any] = [None] * len(waiting)
    began = time.perf_counter()
    rows = iter(waiting)

    async def work() -> None:
        for position, request in rows:
            answers[position] = await call(request)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    return answers, len(answers) / (time.perf_counter() - began)


def proofs(tokens: list[str]) -> list[pb.EnrollRequest]:
    """Return what devices with new keys ask with."""
    requests = []
    for token in tokens:
        pair = nats_keys.generate(KeyKind.USER)
        signed = enrolment.proof(enrolment.PURPOSE_ENROLL, public_key=pair.public_key, token=token)
        requests.append(
            pb.EnrollRequest(public_key=pair.public_key, token=token, signature=pair.sign(signed))
        )
    return requests


async def measure(fleet: FleetProcess, nodes: int) -> list[dict[str, Any]]:
    """Return the figures."""
    metadata = fleet.metadata()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{fleet.port}") as channel:
        stub = fleet_grpc.FleetServiceStub(channel)

        def call(method: str) -> Call:
            async def one(request: Any) -> Any:
                return await getattr(stub, method)(request, timeout=CALL_S, metadata=metadata)

            return one

        names = [f"nodes/bench-{number}" for number in range(nodes)]
        _, reads = await all_of(call("GetNode"), (pb.GetNodeRequest(name=name) for name in names))
        print(f"nodes read: {reads:,.0f}/s", flush=True)
        asked = (pb.IssueEnrolmentTokenRequest(name=name) for name in names)
        issued, tokens = await all_of(call("IssueEnrolmentToken"), asked)
        print(f"tokens issued: {tokens:,.0f}/s", flush=True)
        ready = await asyncio.to_thread(proofs, [one.token for one in issued])
        answers, enrolments = await all_of(call("Enroll"), ready)
        print(f"nodes enrolled: {enrolments:,.0f}/s", flush=True)
    keys = {one.credentials.nats_token for one in answers}
    return [
        figure("enrolments.tokens", tokens, "tokens/s", reads, RATE_TARGET),
        figure("enrolments.rate", enrolments, "nodes/s", reads, RATE_TARGET),
        figure("enrolments.nodes", len(keys), "nodes", nodes, float(nodes)),
    ]


def figure(name: str, value: float, unit: str, baseline: float, target: float) -> dict[str, Any]:
    """Return one figure; more is better."""
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "baseline": round(baseline, 1),
        "ratio": round(value / baseline, 4),
        "target": f">= {target:g}",
        "met": value >= target,
    }


def main() -> int:
    """Measure and print; the last line is the JSON list."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--nodes", type=int, default=NODES, help="how many enrol")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="tianfu-bench-enrolments-") as folder,
        nats_server() as server,
        postgres_server() as postgres,
    ):
        environment = enrolment_environment(Path(folder), server)
        server.restart()
        admin_url = postgres.url(postgres.create_database())
        with fleet_process(server, admin_url, environment) as fleet:
            asyncio.run(seed(admin_url, given.nodes))
            figures = asyncio.run(measure(fleet, given.nodes))
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
