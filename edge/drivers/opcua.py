"""Read nodes of an OPC UA server, all in one request, each with its own time and quality."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from asyncua.ua.uaerrors import UaError
from cryptography.exceptions import InvalidSignature

from edge.driver_settings import SeriesSettings
from edge.drivers.driver import DriverFailed
from edge.meter_settings import OpcUaSource
from edge.reading import Quality, RawValue

# What goes wrong is raised, counted and logged here; asyncua would say it again, with traces.
logging.getLogger("asyncua").setLevel(logging.CRITICAL)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
SEVERITY_SHIFT: Final = 30
"""The two highest bits of a status code: 0 good, 1 uncertain, 2 and 3 bad (OPC UA part 4, 7.39)."""
CLOSE_S: Final = 2.0
"""A server that is gone is not waited for longer when it is let go."""

_FAILURES: Final = (OSError, TimeoutError, UaError, ValueError, InvalidSignature)
"""The last two: a certificate that is none, and one that is not the server's."""


class OpcUaDriver:
    """One session with one server."""

    def __init__(
        self, source: OpcUaSource, series: Iterable[SeriesSettings], timeout_s: float
    ) -> None:
        """Take where the server is and which nodes are read."""
        self._source = source
        self._timeout_s = timeout_s
        self._nodes = {one.id: one.node for one in series if one.node is not None}
        self._client: Client | None = None

    async def connect(self) -> None:
        """Open a session; whoever calls decides when to try again."""
        await self.close()
        client = Client(self._source.url, timeout=self._timeout_s)
        if self._source.user:
            client.set_user(self._source.user)
            client.set_password(self._source.password)
        try:
            if self._source.keys is not None:
                keys = self._source.keys
                await client.set_security(
                    SecurityPolicyBasic256Sha256,
                    keys.certificate,
                    keys.private_key,
                    server_certificate=str(keys.server_certificate),
                )
            await client.connect()
        except _FAILURES as error:
            with contextlib.suppress(*_FAILURES):  # what is open of it is closed
                client.disconnect_socket()
            raise self._failed("OPCUA_UNREACHABLE", error) from error
        self._client = client

    async def read(self, series: Sequence[str]) -> list[RawValue]:
        """Return one value of each node; raise DriverFailed when not one could be read."""
        client = self._client
        if client is None:
            raise DriverFailed("OPCUA_UNREACHABLE", f"{self._source.url}: not connected")
        names = [name for name in series if name in self._nodes]
        nodes = [client.get_node(self._nodes[name]) for name in names]
        try:
            found = await client.read_attributes(nodes)
        except _FAILURES as error:
            raise self._failed("OPCUA_NO_ANSWER", error) from error
        values = []
        refused = ""
        for name, value in zip(names, found, strict=True):
            raw = raw_value(name, value)
            if raw is None:
                status = value.StatusCode.name if value.StatusCode else "no number"
                refused = f"{self._source.url}: {self._nodes[name]}: {status}"
            else:
                values.append(raw)
        if refused and not values:
            raise DriverFailed("OPCUA_REFUSED", refused)
        return values

    async def close(self) -> None:
        """Close the session."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(*_FAILURES):  # it is let go all the same
                async with asyncio.timeout(CLOSE_S):
                    await client.disconnect()

    def _failed(self, reason: str, error: Exception) -> DriverFailed:
        return DriverFailed(reason, f"{self._source.url}: {error or type(error).__name__}")


def raw_value(series: str, value: ua.DataValue) -> RawValue | None:
    """Return a data value as a raw value with its source's time; None when it is no number."""
    held = None if value.Value is None else value.Value.Value
    if isinstance(held, bool):
        held = int(held)
    if not isinstance(held, int | float) or not math.isfinite(held):
        return None
    severity = 0 if value.StatusCode is None else value.StatusCode.value >> SEVERITY_SHIFT
    quality = (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD, Quality.BAD)[severity]
    stamp = value.SourceTimestamp or value.ServerTimestamp
    if stamp is None:
        return RawValue(series, float(held), quality)
    # OPC UA times are UTC, whether or not the library says so.
    moment: datetime = stamp.replace(tzinfo=UTC)
    return RawValue(series, float(held), quality, (moment - EPOCH) // MICROSECOND)
