"""A relay behind Modbus TCP: coils that are written and confirmed by the device's echo."""

from __future__ import annotations

import logging
from typing import Final

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException

from edge.warnings.ports import SinkFailed

# What goes wrong is raised and logged by the sink; pymodbus would say it again.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)

TIMEOUT_S: Final = 1.5
"""Shorter than the siren's own, so that a silent device has a reason and not only a timeout."""


class ModbusRelay:
    """Neighbouring coils of one unit, switched together."""

    def __init__(self, host: str, port: int, unit_id: int, coil: int, coils: int) -> None:
        """Take the device and its first coil, counted from 0 as on the wire."""
        self._host, self._port, self._unit_id = host, port, unit_id
        self._coil, self._coils = coil, coils
        self._client: AsyncModbusTcpClient | None = None

    async def switch(self, *, is_on: bool) -> None:
        """Write the coils; raise SinkFailed unless the device confirms."""
        try:
            client = await self._connected()
            response = await client.write_coils(
                self._coil, [is_on] * self._coils, device_id=self._unit_id
            )
        except (OSError, ModbusException) as error:
            self.close()
            raise self._failed("SIREN_NO_ANSWER", str(error)) from error
        except BaseException:
            self.close()  # cancelled: the answer to this request must not be the next one's
            raise
        if response.isError():
            code = getattr(response, "exception_code", 0)
            raise self._failed("SIREN_REFUSED", f"coil {self._coil}: exception {code}")

    async def read_input(self, address: int) -> bool:
        """Return a discrete input, such as a button's; raise SinkFailed when it can't be read."""
        try:
            client = await self._connected()
            response = await client.read_discrete_inputs(address, count=1, device_id=self._unit_id)
        except (OSError, ModbusException) as error:
            self.close()
            raise self._failed("BUTTON_NO_ANSWER", str(error)) from error
        except BaseException:
            self.close()
            raise
        if response.isError() or not response.bits:
            raise self._failed("BUTTON_REFUSED", f"input {address}")
        return bool(response.bits[0])

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _connected(self) -> AsyncModbusTcpClient:
        if self._client is not None and self._client.connected:
            return self._client
        self.close()
        client = AsyncModbusTcpClient(
            self._host, port=self._port, timeout=TIMEOUT_S, retries=0, reconnect_delay=0
        )
        self._client = client
        if not await client.connect():
            self.close()
            raise self._failed("SIREN_UNREACHABLE", "no connection")
        return client

    def _failed(self, reason: str, message: str) -> SinkFailed:
        return SinkFailed(reason, f"{self._host}:{self._port} unit {self._unit_id}: {message}")
