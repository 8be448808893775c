"""From an emergency to the nodes' signed orders: ``python -m bench.energy_orders``.

The energy service runs as a process on real nats-server and PostgreSQL (synchronous commit). Each
round has a county of its own with 40 nodes, each with a gas valve, a charger, a battery and a
microgrid's breaker. By turns an earthquake's warning is published, or an emergency of the grid is
called (a demand response event by RPC). Measured from the begin of the publishing, or of the call,
until a subscriber has the last of the 40 sheets, as a node has it: signed, with all of its orders.

Beside it, in the same run: as many sheets of the same size written straight into the bucket by one
client, which nobody decides, stores, signs or audits, until the same subscriber has the last.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bench.stream_loops import address, connect, say
from bench.vitals import figure
from tests.support.energy_process import EnergyProcess, energy_process, warning_event
from tests.support.nats_server import nats_server
from tests.support.postgres import postgres_server
from tianfu import subjects
from tianfu.energy.v1 import demand_response_pb2, dispatch_pb2, setpoint_pb2
from tianfu.energy.v1 import energy_service_pb2 as pb

ROUNDS: Final = 20
NODES: Final = 40
EQUIPMENT: Final = ("GAS_VALVE", "CHARGER", "BATTERY", "MICROGRID")
ORDERED_BY_GRID: Final = 2
"""Of a node's equipment: chargers stop and batteries hold; gas is none of the grid's affairs, nor
are breakers of microgrids a rule's that has none."""

TARGET_MS: Final = 500.0
DEADLINE_S: Final = 30.0
RED: Final = 4
PROGRAM: Final = "demandResponsePrograms/emergency"
SHEETS: Final = subjects.SETPOINT_REPUBLISH[1].replace("{{wildcard(1)}}", "*")


def place(number: int) -> str:
    """Return a county's code, as far as the service is concerned."""
    return f"51{number:04d}"


def prepare(service: EnergyProcess, rounds: int, nodes: int) -> None:
    """Make the equipment of all rounds, and the program by which the grid calls."""
    for number in range(rounds):
        for node in range(nodes):
            for kind in EQUIPMENT:
                equipment = dispatch_pb2.Equipment.Value(f"EQUIPMENT_{kind}")
                asset = f"{kind.lower().replace('_', '-')}-{number}-{node}"
                name = f"n-{number}-{node}"
                service.asset(asset, name, equipment, place_code=place(number + 100))
    program = demand_response_pb2.DemandResponseProgram(display_name="emergency")
    service.call(
        "CreateDemandResponseProgram",
        pb.CreateDemandResponseProgramRequest(
            demand_response_program_id="emergency", demand_response_program=program
        ),
    )


class Sheets:
    """What nodes hear, and when they heard it."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[tuple[str, int, float]] = asyncio.Queue()
        self.bytes = 0

    async def take(self, message: Any) -> None:
        """Note a sheet."""
        now = time.perf_counter()
        signed = setpoint_pb2.SignedSetpointSheet.FromString(message.data)
        sheet = setpoint_pb2.SetpointSheet.FromString(signed.sheet)
        self.bytes = len(message.data)
        await self._heard.put((message.subject, len(sheet.setpoints), now))

    async def all_of(self, nodes: int) -> tuple[float, int]:
        """Return when the last of so many nodes had its sheet, and the fewest orders of one."""
        seen: dict[str, int] = {}
        last = 0.0
        while len(seen) < nodes:
            subject, count, last = await asyncio.wait_for(self._heard.get(), DEADLINE_S)
            seen[subject] = count
        if not self._heard.empty():
            raise RuntimeError("a sheet too many: somebody was told twice")
        return last, min(seen.values())


async def earthquake(client: Any, number: int) -> float:
    """Publish a warning; return when that began."""
    subject, payload, name = warning_event(f"bench-{number}", 1, {place(number + 100): RED})
    begun = time.perf_counter()
    await client.jetstream().publish(subject, payload, headers={"Nats-Msg-Id": name})
    return begun


async def grid_emergency(service: EnergyProcess, number: int) -> float:
    """Call an emergency; return when that began."""
    interval = demand_response_pb2.EventInterval(
        duration_s=600, payload_type=demand_response_pb2.PAYLOAD_TYPE_ALERT_GRID_EMERGENCY
    )
    event = demand_response_pb2.DemandResponseEvent(
        program=PROGRAM, intervals=[interval], place_codes=[place(number + 100)]
    )
    event.start_time.FromDatetime(datetime.now(UTC))
    request = pb.CreateDemandResponseEventRequest(
        demand_response_event_id=f"bench-{number}", demand_response_event=event
    )
    begun = time.perf_counter()
    await asyncio.to_thread(service.call, "CreateDemandResponseEvent", request)
    return begun


async def rounds(
    service: EnergyProcess, where: str, count: int, nodes: int
) -> tuple[list[float], list[float], list[float]]:
    """Return ms of earthquakes, of emergencies of the grid, and of sheets without a service."""
    client = await connect(where)
    sheets = Sheets()
    await client.subscribe(SHEETS, cb=sheets.take)
    shaken: list[float] = []
    called: list[float] = []
    for number in range(count):
        quakes = number % 2 == 0
        begun = await (earthquake(client, number) if quakes else grid_emergency(service, number))
        last, fewest = await sheets.all_of(nodes)
        if fewest < (len(EQUIPMENT) if quakes else ORDERED_BY_GRID):
            raise RuntimeError(f"a node had {fewest} orders")
        (shaken if quakes else called).append((last - begun) * 1e3)
    plain = await straight(client, sheets, count, nodes)
    await client.close()
    return shaken, called, plain


async def straight(client: Any, sheets: Sheets, count: int, nodes: int) -> list[float]:
    """Write sheets of the same size into the bucket; return ms of each round."""
    payload = setpoint_pb2.SignedSetpointSheet(sheet=b"", signature=bytes(sheets.bytes))
    data, found = payload.SerializeToString(), []
    js = client.jetstream()
    for number in range(count):
        begun = time.perf_counter()
        names = [subjects.node_id(f"plain-{number}-{node}") for node in range(nodes)]
        keys = [subjects.bucket_key(subjects.SETPOINTS, name) for name in names]
        await asyncio.gather(*(js.publish(key, data) for key in keys))
        last, _ = await sheets.all_of(nodes)
        found.append((last - begun) * 1e3)
    return found


def bench(count: int = ROUNDS, nodes: int = NODES) -> list[dict[str, Any]]:
    """Measure; return the figures."""
    with postgres_server() as postgres, nats_server() as nats:
        database = postgres.url(postgres.create_database())
        with energy_process(nats, database) as service:
            began = time.monotonic()
            prepare(service, count, nodes)
            assets = count * nodes * len(EQUIPMENT)
            say(f"{assets} pieces of equipment in {time.monotonic() - began:.0f} s")
            shaken, called, plain = asyncio.run(rounds(service, address(nats), count, nodes))
    middle = [statistics.median(each) for each in (shaken, called, plain)]
    say(
        f"{len(shaken)} earthquakes, {nodes * len(EQUIPMENT)} orders each: last node told median "
        f"{middle[0]:.0f} ms, worst {max(shaken):.0f}; {len(called)} emergencies of the grid: "
        f"{middle[1]:.0f}, {max(called):.0f}; {nodes} sheets straight into the bucket: "
        f"{middle[2]:.0f}, {max(plain):.0f}"
    )
    return [
        figure("orders.earthquake_median", middle[0], "ms", middle[2], TARGET_MS),
        figure("orders.earthquake_worst", max(shaken), "ms", max(plain), TARGET_MS),
        figure("orders.grid_emergency_median", middle[1], "ms", middle[2], TARGET_MS),
        figure("orders.grid_emergency_worst", max(called), "ms", max(plain), TARGET_MS),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line; ``--rounds`` and ``--nodes`` for a short try."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--nodes", type=int, default=NODES)
    given = parser.parse_args(arguments)
    print(json.dumps(bench(given.rounds, given.nodes)))


if __name__ == "__main__":
    main()
