"""Energy on the local platform: its meters become two key units and a park, its nodes equipment.

The first gateway is a plant, the second another, the rest share a park. Each gateway reaches a gas
valve, a charger and a battery, which only write down what they are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cli import channels
from cli.connection import Metadata
from cli.local import ven
from cli.local.fleet import Gateway
from tianfu.energy.v1 import dispatch_pb2, energy_service_pb2_grpc, unit_pb2
from tianfu.energy.v1 import energy_service_pb2 as pb

INTERVAL_S: Final = 10
"""Of an interval of account. The profiles run 900 times as fast as a clock."""

REGISTER_MAX: Final = 42_949_672.96
DEADLINE_S: Final = 20.0

UNITS: Final = (
    ("plant-1", "成都示范铸造 (made up)", "t"),
    ("plant-2", "锦江示范食品 (made up)", "t"),
    ("park-1", "天府示范园区 (made up)", "10k-CNY"),
)
EQUIPMENT: Final = (
    ("valve", dispatch_pb2.EQUIPMENT_GAS_VALVE),
    ("charger", dispatch_pb2.EQUIPMENT_CHARGER),
    ("battery", dispatch_pb2.EQUIPMENT_BATTERY),
)


def unit_of(position: int) -> int:
    """Return which unit a gateway's meters belong to."""
    return min(position, len(UNITS) - 1)


def agent_settings(gateway: Gateway, key: str) -> str:
    """Return the settings of a gateway's setpoints: equipment that writes down what it is told."""
    lines = ["", "[setpoints]", f'key = "{key}"']
    for name, _ in EQUIPMENT:
        lines += ["[[setpoints.actuator]]", f'asset = "{name}-{gateway.node}"', 'kind = "log"']
    return "\n".join(lines) + "\n"


async def register(
    address: str, keys: Path, gateways: Sequence[Gateway], metadata: Metadata
) -> None:
    """Make units, meters and equipment; what is there stays as it is."""
    async with channels.asynchronous(address, keys) as channel:
        stub = energy_service_pb2_grpc.EnergyServiceStub(channel)
        for position, (unit_id, title, output) in enumerate(UNITS):
            own = [each for at, each in enumerate(gateways) if unit_of(at) == position]
            if not own:
                continue
            unit = unit_pb2.Unit(
                display_name=title, place_code=own[0].place_code, output_unit=output
            )
            unit_request = pb.CreateUnitRequest(unit_id=unit_id, unit=unit)
            await stub.CreateUnit(unit_request, timeout=DEADLINE_S, metadata=metadata)
            for gateway in own:
                for meter_request in meters_of(unit_id, gateway):
                    await stub.CreateMeter(meter_request, timeout=DEADLINE_S, metadata=metadata)
        # A virtual end node speaks for it; it has no meter of ours.
        site = unit_pb2.Unit(
            display_name="锦江示范储能站 (made up)",
            place_code=gateways[0].place_code,
            output_unit="10k-CNY",
        )
        request = pb.CreateUnitRequest(unit_id=ven.UNIT, unit=site)
        await stub.CreateUnit(request, timeout=DEADLINE_S, metadata=metadata)
        for gateway in gateways:
            for asset_request in assets_of(gateway):
                await stub.CreateAsset(asset_request, timeout=DEADLINE_S, metadata=metadata)


def meters_of(unit_id: str, gateway: Gateway) -> list[pb.CreateMeterRequest]:
    """Return the requests that make a gateway's meters those of a unit."""
    return [
        pb.CreateMeterRequest(
            parent=f"units/{unit_id}",
            meter_id=f"{gateway.node}-{meter.name}",
            meter=unit_pb2.Meter(
                display_name=f"{gateway.display_name} {meter.name}",
                series=f"nodes/{gateway.node}/series/{meter.name}.energy",
                energy="electricity",
                level=unit_pb2.METERING_LEVEL_UNIT,
                register_max=REGISTER_MAX,
            ),
        )
        for meter in gateway.meters
    ]


def assets_of(gateway: Gateway) -> list[pb.CreateAssetRequest]:
    """Return the requests that make a gateway's equipment known."""
    return [
        pb.CreateAssetRequest(
            asset_id=f"{name}-{gateway.node}",
            asset=dispatch_pb2.Asset(
                node=f"nodes/{gateway.node}", place_code=gateway.place_code, equipment=kind
            ),
        )
        for name, kind in EQUIPMENT
    ]
