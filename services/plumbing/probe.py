"""``python -m services.plumbing.probe HOST:PORT ...``: ask services by their health addresses.

Ends with status 0 when each says that it is ready, with 1 and a line for each that does not.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.plumbing.rpc_server import READINESS

ANSWER_S: Final = 5.0
"""How long one service may take to answer."""


async def not_ready(addresses: Sequence[str]) -> dict[str, str]:
    """Return what each address says that is not ready."""
    found = await asyncio.gather(*map(_state, addresses))
    return {
        address: state
        for address, state in zip(addresses, found, strict=True)
        if state != "SERVING"
    }


async def _state(address: str) -> str:
    async with grpc.aio.insecure_channel(address) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check
        try:
            answer = await check(health_pb2.HealthCheckRequest(service=READINESS), timeout=ANSWER_S)
        except grpc.aio.AioRpcError as error:
            return str(error.code().name)
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def main() -> None:
    """Ask, say who is not ready, and end."""
    parser = argparse.ArgumentParser(prog="python -m services.plumbing.probe", description=__doc__)
    parser.add_argument("address", nargs="+", help="TIANFU_HEALTH_ADDRESS of a service")
    failed = asyncio.run(not_ready(parser.parse_args().address))
    for address, state in failed.items():
        sys.stderr.write(f"{address}: {state}\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
