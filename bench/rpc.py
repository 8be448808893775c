"""What our gRPC server costs beside a bare grpc.aio echo of the same messages.

``python -m bench.rpc``. Each server is a process of its own under uvloop, and answers
FleetService.GetNode with the same Node; the one client sends both the same bytes (token, deadline).
Rounds are interleaved, so that whatever else the machine does befalls all alike:

- bare: grpc.aio, the generated registration, nothing around the servicer;
- ours: deadline, verified token, role, validation, metrics, tracing at the production default;
- traced: as ours, every call traced and its span written.

Latency is that of one call at a time. Calls/s are with 32 in progress, where the client is the
bottleneck on two cores; so the processor time that the server itself took per call stands beside.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import grpc
import psutil
import uvloop
from google.protobuf.timestamp_pb2 import Timestamp
from joserfc import jwt
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from typing_extensions import override

from services.plumbing import logs
from services.plumbing.clock import system_clock
from services.plumbing.metrics import new_registry
from services.plumbing.rpc_server import RpcServer
from services.plumbing.settings import TRACE_RATIO_DEFAULT, ServiceSettings
from services.plumbing.tokens import JwtAuthenticator
from services.plumbing.tracing import Tracer
from tianfu.fleet.v1 import fleet_service_pb2, fleet_service_pb2_grpc, node_pb2

TARGET: Final = 1.6
ROUNDS: Final = 18
CALLS_PER_ROUND: Final = 400
WARM_UP_CALLS: Final = 500
CONCURRENT: Final = 32
DEADLINE_S: Final = 30.0
START_S: Final = 30.0
ISSUER: Final = "https://tianfu.localhost"
AUDIENCE: Final = "tianfu"

RATIOS: Final = {"ours": TRACE_RATIO_DEFAULT, "traced": 1.0}
NODE: Final = node_pb2.Node(
    name="nodes/gw-510104-0017",
    display_name="Jinjiang substation 17",
    node_class=node_pb2.NODE_CLASS_GATEWAY,
    place_code="510104",
    labels={"feeder": "f-3", "owner": "grid"},
    presence=node_pb2.PRESENCE_ONLINE,
    agent_version="0.1.0",
    create_time=Timestamp(seconds=1_770_000_000),
    etag="7",
)


class Fleet(fleet_service_pb2_grpc.FleetServiceServicer):
    """Answers at once, so that nothing is measured but the way."""

    @override
    async def GetNode(self, request: Any, context: Any) -> node_pb2.Node:
        """Return a node of the name asked for."""
        return node_pb2.Node(
            name=request.name,
            display_name=NODE.display_name,
            node_class=NODE.node_class,
            place_code=NODE.place_code,
            labels=NODE.labels,
            presence=NODE.presence,
            agent_version=NODE.agent_version,
            create_time=NODE.create_time,
            etag=NODE.etag,
        )


async def serve(kind: str, folder: Path) -> None:
    """Serve until the process is ended; print the port first."""
    if kind == "bare":
        bare = grpc.aio.server()
        fleet_service_pb2_grpc.add_FleetServiceServicer_to_server(Fleet(), bare)
        port = bare.add_insecure_port("127.0.0.1:0")
        await bare.start()
    else:
        server = _guarded(kind, folder)
        await server.start()
        port = server.port
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def _guarded(kind: str, folder: Path) -> RpcServer:
    logs.configure(kind, "warning")
    settings = ServiceSettings(
        grpc_address="127.0.0.1:0",
        nats_credentials_file=folder / "keys.json",
        token_keys_file=folder / "keys.json",
    )
    descriptor = fleet_service_pb2.DESCRIPTOR.services_by_name["FleetService"]
    add = fleet_service_pb2_grpc.add_FleetServiceServicer_to_server
    return RpcServer(
        settings,
        [(add, Fleet(), descriptor)],
        authenticator=JwtAuthenticator(
            keys_file=settings.token_keys_file,
            issuer=ISSUER,
            audience=AUDIENCE,
            clock=system_clock,
        ),
        clock=system_clock,
        registry=new_registry(),
        tracer=Tracer(kind, trace_file=folder / f"{kind}.jsonl", ratio=RATIOS[kind]),
    )


def make_token(folder: Path) -> str:
    """Write the public key that the servers trust; return a token."""
    key = OKPKey.generate_key("Ed25519", {"kid": "bench"}, private=True)
    (folder / "keys.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "bench",
        "exp": int(time.time()) + 3600,
        "roles": ["VIEWER"],
    }
    registry = JWSRegistry(algorithms=["Ed25519"])
    return jwt.encode({"alg": "Ed25519", "kid": "bench"}, claims, key, registry=registry)


@dataclass
class Side:
    """A server, and what was measured of it."""

    kind: str
    port: int
    process: psutil.Process
    call: Any = None
    latencies_us: list[float] = field(default_factory=list)
    round_medians_us: list[float] = field(default_factory=list)
    calls_per_s: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    def cpu_s(self) -> float:
        """Return the processor time that the server has taken."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@asynccontextmanager
async def started(kind: str, folder: Path) -> AsyncIterator[Side]:
    """Run a server in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.rpc", "--serve", kind, str(folder)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    try:
        if process.stdout is None:
            raise RuntimeError("no pipe")
        line = await asyncio.wait_for(process.stdout.readline(), START_S)
        yield Side(kind, int(line), psutil.Process(process.pid))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def one_at_a_time(side: Side, calls: int, options: dict[str, Any]) -> list[float]:
    """Return the microseconds that each of so many calls took."""
    request = fleet_service_pb2.GetNodeRequest(name=NODE.name)
    taken = []
    for _ in range(calls):
        begun = time.perf_counter()
        await side.call(request, **options)
        taken.append((time.perf_counter() - begun) * 1e6)
    return taken


async def many_at_once(side: Side, calls: int, options: dict[str, Any]) -> tuple[float, float]:
    """Return calls a second, and the server's processor time per call in microseconds."""
    begun, cpu_s = time.perf_counter(), side.cpu_s()
    share = calls // CONCURRENT
    await asyncio.gather(*(one_at_a_time(side, share, options) for _ in range(CONCURRENT)))
    done = share * CONCURRENT
    # Processor time comes in ticks of 10 ms: over a whole round that is a percent or two.
    return done / (time.perf_counter() - begun), (side.cpu_s() - cpu_s) / done * 1e6


async def measure() -> list[Side]:
    """Run all rounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = {
            "timeout": DEADLINE_S,
            "metadata": (("authorization", f"Bearer {make_token(folder)}"),),
        }
        async with AsyncExitStack() as stack:
            sides = [
                await stack.enter_async_context(started(kind, folder))
                for kind in ("bare", "ours", "traced")
            ]
            for side in sides:  # only now: gRPC grumbles when a process is started beside it
                address = f"127.0.0.1:{side.port}"
                channel = await stack.enter_async_context(grpc.aio.insecure_channel(address))
                side.call = fleet_service_pb2_grpc.FleetServiceStub(channel).GetNode
                await one_at_a_time(side, WARM_UP_CALLS, options)
            for number in range(ROUNDS):
                turn = number % len(sides)  # so that no side always follows the same other
                for side in (*sides[turn:], *sides[:turn]):
                    taken = await one_at_a_time(side, CALLS_PER_ROUND, options)
                    side.latencies_us += taken
                    side.round_medians_us.append(statistics.median(taken))
                    rate, cpu_us = await many_at_once(side, CALLS_PER_ROUND * 2, options)
                    side.calls_per_s.append(rate)
                    side.cpu_us.append(cpu_us)
            return sides


def report(sides: list[Side]) -> list[dict[str, Any]]:
    """Print the table; return the figures."""
    bare = sides[0]
    figures: list[dict[str, Any]] = []
    print(
        f"{ROUNDS} interleaved rounds, {len(bare.latencies_us)} single calls a server; "
        f"ours traces {TRACE_RATIO_DEFAULT:.0%} of calls, the production default"
    )
    print(f"{'':8}{'median us':>10}{'p99 us':>9}{'x bare':>8}{'calls/s':>9}{'cpu us':>8}{'x':>6}")
    for side in sides:
        # The median of the rounds' ratios: a noisy second spoils one round, not the figure.
        pairs = zip(side.round_medians_us, bare.round_medians_us, strict=True)
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        cpu_us = statistics.mean(side.cpu_us)
        median = statistics.median(side.latencies_us)
        p99 = statistics.quantiles(side.latencies_us, n=100)[98]
        print(
            f"{side.kind:8}{median:10.0f}{p99:9.0f}{ratio:8.2f}"
            f"{statistics.median(side.calls_per_s):9.0f}{cpu_us:8.0f}"
            f"{cpu_us / statistics.mean(bare.cpu_us):6.2f}"
        )
        if side is bare:
            continue
        base = statistics.median(bare.latencies_us)
        figures.append(figure(f"rpc.{side.kind}.latency", median, "us", base, ratio))
        base = statistics.median(bare.calls_per_s)
        rate = statistics.median(side.calls_per_s)
        figures.append(figure(f"rpc.{side.kind}.throughput", rate, "calls/s", base, base / rate))
        base = statistics.mean(bare.cpu_us)
        figures.append(
            figure(f"rpc.{side.kind}.server_cpu", cpu_us, "us/call", base, cpu_us / base)
        )
    return figures


def figure(name: str, value: float, unit: str, baseline: float, ratio: float) -> dict[str, Any]:
    """Return one figure. What is traced in full has no target: it stands beside."""
    target = TARGET if ".ours." in name else None
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "baseline": round(baseline, 1),
        "ratio": round(ratio, 3),
        "target": target,
        "met": None if target is None else ratio <= target,
    }


def main() -> None:
    """Measure and print; the last line is JSON. Or serve, as a process of the measurement."""
    if sys.argv[1:2] == ["--serve"]:
        uvloop.run(serve(sys.argv[2], Path(sys.argv[3])))
    else:
        print(json.dumps(report(uvloop.run(measure()))))


if __name__ == "__main__":
    main()
