"""Bounds of a reading batch, held by whoever writes one and checked by whoever reads one."""

from __future__ import annotations

from typing import Final

FORMAT: Final = 1
"""Layout of the columns."""

READINGS_MAX: Final = 10_000
"""Readings in one batch: 150 KB of columns, well under the server's message limit."""

SERIES_MAX: Final = 4_096
"""Entries of a batch's series table."""

PAYLOAD_BYTES_MAX: Final = 1_000_000
"""Bytes of an encoded batch; nats-server's default max_payload is 1 MiB."""

SPAN_MAX: Final = 10_000_000
"""Sequence numbers one tombstone may stand for: four months of a batch a second."""

DROPS_MAX: Final = 64
"""Entries of a batch's drop list; there are fewer pairs of priority and reason."""

SEQUENCE_MAX: Final = 2**53
"""Highest sequence number: exact in JSON, and out of reach of any node's life."""

COUNT_MAX: Final = 2**53
"""Highest count of readings that a node may claim to have produced or dropped in an epoch: exact in
JSON, and no sum over a node's epochs leaves 64 bits."""

BYTES_PER_READING: Final = 2 + 4 + 8 + 1
"""Packed size of one reading over the four columns."""

OFFSET_US_MAX: Final = 2**31 - 1
"""Greatest distance of a reading from its batch's base time: 35 minutes."""

UNMEASURED_US: Final = -(2**63)
"""Clock offset of a node that has not measured it."""

SERIES_ID_PATTERN: Final = r"[a-z0-9][a-z0-9._-]{0,126}"
UNIT_PATTERN: Final = r"[!-~]{1,32}"
"""UCUM's case-sensitive codes are printable ASCII without spaces."""
