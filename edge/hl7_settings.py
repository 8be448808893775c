"""Settings of a node that hospitals' systems send HL7 v2 to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone
from typing import Final

from edge.settings_table import Table

HOST_PATTERN: Final = r"[0-9A-Za-z._:-]{1,253}"

ZONE_PATTERN: Final = r"[+-](0[0-9]|1[0-4]):[0-5][0-9]"
ZONE_DEFAULT: Final = "+08:00"
"""China Standard Time: what a sender in Sichuan means that states no zone."""

PORT_DEFAULT: Final = 2575
"""Registered with IANA for HL7."""

STORE_BYTES_MIN: Final = 1 << 20
STORE_BYTES_DEFAULT: Final = 256 << 20
"""A hundred thousand messages: days of a hospital without a link."""


@dataclass(frozen=True, slots=True)
class Hl7Settings:
    """Where a node listens for HL7 v2, and what its senders' times mean."""

    host: str
    port: int
    zone: timezone
    bytes_max: int


def parse(root: Table) -> Hl7Settings | None:
    """Return the settings, None when the file has no table of HL7."""
    if not root.has("hl7"):
        root.table("hl7")
        return None
    table = root.table("hl7")
    host = table.text("host", "127.0.0.1", pattern=HOST_PATTERN, need="a host name or address")
    port = table.integer("port", PORT_DEFAULT, low=0, high=65_535)
    zone = table.text("time_zone", ZONE_DEFAULT, pattern=ZONE_PATTERN, need="such as +08:00")
    bytes_max = table.integer(
        "store_bytes_max", STORE_BYTES_DEFAULT, low=STORE_BYTES_MIN, high=1 << 40
    )
    table.done()
    return Hl7Settings(host, port, _zone(zone), bytes_max)


def _zone(text: str) -> timezone:
    """Return the zone; UTC for one that was refused, with which nobody will work."""
    if not re.fullmatch(ZONE_PATTERN, text):
        return UTC
    hours, minutes = text[1:].split(":")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if text[0] == "-" else offset)
