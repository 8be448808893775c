"""Read devices by Modbus: neighbouring registers in one request, nothing kept waiting.

By TCP a driver has one unit. On a serial line (RTU) it has all units of the line, one question at a
time; one that keeps silent costs the others its reply's time and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Final

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ExceptionResponse

from edge.bus_settings import ModbusRtuSource
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
    """One connection to one unit, or one serial line."""

    def __init__(
        self,
        source: ModbusSource | ModbusRtuSource,
        series: Iterable[SeriesSettings],
        timeout_s: float,
    ) -> None:
        """Take where the device is and which registers are read."""
        self._source = source
        self._timeout_s = timeout_s
        self._registers = {one.id: one.register for one in series}
        self._client: AsyncModbusTcpClient | AsyncModbusSerialClient | None = None
        # Series that were refused as part of a longer range are asked for alone from then on:
        # some devices refuse a range that has a hole in it.
        self._is_alone: set[str] = set()

    async def connect(self) -> None:
        """Open the connection; whoever calls decides when to try again."""
        await self.close()
        client = self._client = self._new_client()
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
        silent: set[int] = set()
        for request in self._requests(series):
            if request.unit_id in silent:
                continue
            try:
                words = await self._ask(request)
            except DriverFailed as error:
                if error.reason == "MODBUS_NO_ANSWER" and isinstance(self._source, ModbusRtuSource):
                    silent.add(request.unit_id)
                    # Opened anew, the line has forgotten a late answer: it meets no later question.
                    await self.connect()
                elif error.reason != "MODBUS_REFUSED":
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
                request.address,
                count=request.count,
                device_id=request.unit_id or self._source.unit_id,
            )
        except (OSError, ModbusException) as error:
            raise self._failed("MODBUS_NO_ANSWER", f"{self._unit(request)}{error}") from error
        place = (
            f"{self._unit(request)}{request.function} registers {request.address}..+{request.count}"
        )
        if isinstance(response, ExceptionResponse) or response.isError():
            code = getattr(response, "exception_code", 0)
            if code in _RANGE_REFUSED and len(request.series) > 1:
                self._is_alone.update(name for name, _ in request.series)
            raise self._failed("MODBUS_REFUSED", f"{place}: exception {code}")
        if len(response.registers) != request.count:
            raise self._failed("MODBUS_REFUSED", f"{place}: {len(response.registers)} came")
        return list(response.registers)

    def _new_client(self) -> AsyncModbusTcpClient | AsyncModbusSerialClient:
        source = self._source
        if isinstance(source, ModbusSource):
            return AsyncModbusTcpClient(
                source.host,
                port=source.port,
                timeout=self._timeout_s,
                retries=0,
                reconnect_delay=0,
            )
        return AsyncModbusSerialClient(
            str(source.device),
            baudrate=source.baud_rate,
            parity=source.parity,
            stopbits=source.stop_bits,
            timeout=source.reply_timeout_s,
            retries=0,
            reconnect_delay=0,
        )

    def _unit(self, request: Request) -> str:
        """Name the unit of a request where the connection does not."""
        if isinstance(self._source, ModbusSource):
            return ""
        return f"unit {request.unit_id or self._source.unit_id}: "

    def _failed(self, reason: str, message: str) -> DriverFailed:
        source = self._source
        where = (
            f"{source.host}:{source.port} unit {source.unit_id}"
            if isinstance(source, ModbusSource)
            else str(source.device)
        )
        return DriverFailed(reason, f"{where}: {message}")
