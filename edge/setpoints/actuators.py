"""Equipment that setpoints move: by Modbus TCP, or only written down."""

from __future__ import annotations

import logging
from typing import Final, Protocol

from edge.setpoint_settings import ActuatorSettings
from edge.setpoints.decide import Setpoint
from tianfu.energy.v1 import setpoint_pb2 as pb

TIMEOUT_S: Final = 1.5
"""For one device's answer; tried again until the order's end."""

COUNTS: Final = range(-32_768, 32_768)
SAFE: Final = frozenset(
    {
        pb.SETPOINT_ACTION_CLOSE_GAS_VALVE,
        pb.SETPOINT_ACTION_ARM_ISLAND,
        pb.SETPOINT_ACTION_HOLD_BATTERY,
        pb.SETPOINT_ACTION_STOP_CHARGER,
    }
)
"""What turns a device's coil on; their opposites turn it off."""

log = logging.getLogger(__name__)


class ActuatorFailed(RuntimeError):
    """A device that did not do it; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence."""
        super().__init__(message)
        self.reason = reason


class Actuator(Protocol):
    """A piece of equipment."""

    async def apply(self, setpoint: Setpoint) -> None:
        """Do it; raise ActuatorFailed unless the device confirms."""
        ...


class LoggedActuator:
    """Writes down what it was told: for a platform without equipment."""

    async def apply(self, setpoint: Setpoint) -> None:
        """Write it down."""
        log.info(
            "setpoint",
            extra={
                "asset": setpoint.asset,
                "action": pb.SetpointAction.Name(setpoint.action),
                "value_kw": setpoint.value_kw,
            },
        )


class ModbusActuator:
    """A coil that is on while the device is to be safe, and a register that takes a power."""

    def __init__(self, settings: ActuatorSettings) -> None:
        """Take where the device is."""
        self._settings = settings

    async def apply(self, setpoint: Setpoint) -> None:
        """Write coil or register; raise ActuatorFailed unless the device confirms."""
        # Only a node with such a device needs it.
        from pymodbus.client import AsyncModbusTcpClient  # noqa: PLC0415 - as said above
        from pymodbus.exceptions import ModbusException  # noqa: PLC0415 - as said above

        settings = self._settings
        client = AsyncModbusTcpClient(
            settings.host, port=settings.port, timeout=TIMEOUT_S, retries=0, reconnect_delay=0
        )
        try:
            if not await client.connect():
                raise ActuatorFailed("ACTUATOR_UNREACHABLE", f"{setpoint.asset}: no connection")
            if setpoint.action == pb.SETPOINT_ACTION_SET_POWER:
                count = self._count(setpoint)
                answer = await client.write_register(
                    settings.register, count & 0xFFFF, device_id=settings.unit_id
                )
            else:
                if settings.coil < 0:
                    raise ActuatorFailed("ACTUATOR_LACKS_COIL", f"{setpoint.asset}: no coil is set")
                answer = await client.write_coils(
                    settings.coil, [setpoint.action in SAFE], device_id=settings.unit_id
                )
        except (OSError, ModbusException) as error:
            raise ActuatorFailed("ACTUATOR_NO_ANSWER", f"{setpoint.asset}: {error}") from error
        finally:
            client.close()
        if answer.isError():
            raise ActuatorFailed("ACTUATOR_REFUSED", f"{setpoint.asset}: the device refuses")

    def _count(self, setpoint: Setpoint) -> int:
        if self._settings.register < 0:
            raise ActuatorFailed("ACTUATOR_LACKS_REGISTER", f"{setpoint.asset}: no register is set")
        count = round(setpoint.value_kw * 1000 / self._settings.watts_per_count)
        if count not in COUNTS:
            raise ActuatorFailed(
                "ACTUATOR_OUT_OF_RANGE", f"{setpoint.asset}: {setpoint.value_kw} kW do not fit"
            )
        return count


def make(settings: ActuatorSettings) -> Actuator:
    """Return the equipment that settings name."""
    return ModbusActuator(settings) if settings.kind == "modbus" else LoggedActuator()
