"""Read a device by Modbus TCP: neighbouring registers in one request, nothing kept waiting."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Final

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ExceptionResponse

from edge.driver_settings import ModbusSource, SeriesSettings
from edge.drivers import registers
from edge.drivers.driver import DriverFailed
from edge.drivers.registers import Request
from edge.reading import RawValue

# What goes wrong is raised, counted and logged here; pymodbus would say it again, each second.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)


_RANGE_REFUSED: Final = frozenset({2, 3})
"""Illegal data address, illegal data value: it is the range that the device minds."""


class ModbusDriver:
    """One connection to one unit."""

    def __init__(
        self, source: ModbusSource, series: Iterable[SeriesSettings], timeout_s: float
    ) -> None:
        """Take where the device is and which registers are read."""
        self._source = source
        self._timeout_s = timeout_s
        self._registers = {one.id: one.register for one in series}
        self._client: AsyncModbusTcpClient | None = None
        # Series that were refused as part of a longer range are asked for alone from then on:
        # some devices refuse a range that has a hole in it.
        self._is_alone: set[str] = set()

    async def connect(self) -> None:
        """Open the connection; whoever calls decides when to try again."""
        await self.close()
        client = AsyncModbusTcpClient(
            self._source.host,
            port=self._source.port,
            timeout=self._timeout_s,
            retries=0,
            reconnect_delay=0,
        )
        self._client = client
        try:
            is_connected = await client.connect()
        except (OSError, ModbusException) as error:
            raise self._failed("MODBUS_UNREACHABLE", str(error)) from error
        if not is_connected:
            raise self._failed("MODBUS_UNREACHABLE", "no connection")

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        """Return one value of each series; raise DriverFailed when not one could be read."""
        found: list[RawValue] = []
        failure: DriverFailed | None = None
        for request in self._requests(series):
            try:
                words = await self._ask(request)
            except DriverFailed as error:
                if error.reason != "MODBUS_REFUSED":
                    raise  # no connection: the other requests would fail too
                failure = error
                continue
            for name, register in request.series:
                begin = register.address - request.address
                raw = registers.value(register, words[begin : begin + register.count])
                found.append(RawValue(name, raw))
        if failure is not None and not found:
            raise failure
        return found

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _requests(self, series: Sequence[str]) -> list[Request]:
        wanted = [(name, self._registers[name]) for name in series]
        known = [(name, register) for name, register in wanted if register is not None]
        together = [one for one in known if one[0] not in self._is_alone]
        alone = [one for one in known if one[0] in self._is_alone]
        requests = registers.grouped(together)
        for one in alone:
            requests += registers.grouped([one])
        return requests

    async def _ask(self, request: Request) -> list[int]:
        client = self._client
        if client is None or not client.connected:
            raise self._failed("MODBUS_UNREACHABLE", "not connected")
        read = (
            client.read_input_registers
            if request.function == "input"
            else client.read_holding_registers
        )
        try:
            response = await read(
                request.address, count=request.count, device_id=self._source.unit_id
            )
        except (OSError, ModbusException) as error:
            raise self._failed("MODBUS_NO_ANSWER", str(error)) from error
        place = f"{request.function} registers {request.address}..+{request.count}"
        if isinstance(response, ExceptionResponse) or response.isError():
            code = getattr(response, "exception_code", 0)
            if code in _RANGE_REFUSED and len(request.series) > 1:
                self._is_alone.update(name for name, _ in request.series)
            raise self._failed("MODBUS_REFUSED", f"{place}: exception {code}")
        if len(response.registers) != request.count:
            raise self._failed("MODBUS_REFUSED", f"{place}: {len(response.registers)} came")
        return list(response.registers)

    def _failed(self, reason: str, message: str) -> DriverFailed:
        where = f"{self._source.host}:{self._source.port} unit {self._source.unit_id}"
        return DriverFailed(reason, f"{where}: {message}")
