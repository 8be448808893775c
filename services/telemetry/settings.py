"""Settings of the telemetry service, beside those that every service has."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field

from services.plumbing.settings import ServiceSettings

GIB: Final = 1 << 30


class TelemetrySettings(ServiceSettings):
    """From the environment, with the prefix TIANFU_."""

    data_dir: Path = Field(
        default=Path(".tianfu/telemetry"),
        description="the folder that the embedded ClickHouse keeps its data in",
    )
    clickhouse_url: str | None = Field(
        default=None,
        description="a ClickHouse server, as http://USER:PASSWORD@HOST:8123; empty for the "
        "embedded one",
        pattern=r"^https?://[^\s]+$",
        repr=False,
    )
    clickhouse_replicated: bool = Field(
        default=False, description="true when the server's tables are to be replicated"
    )
    clickhouse_synced: bool = Field(
        default=True,
        description="false to acknowledge readings that a power cut may still take",
    )
    stream_bytes_max: int = Field(
        default=10 * GIB,
        ge=16 << 20,
        description="how many bytes the stream of readings may hold; when it is full, nodes keep "
        "theirs",
    )
    stream_replicas: int = Field(
        default=1, ge=1, le=5, description="how many servers keep each message of the stream"
    )
    dead_letter_bytes_max: int = Field(
        default=GIB, ge=1 << 20, description="how many bytes of refused messages are kept"
    )
    believed_past_days: int = Field(
        default=400, ge=1, le=3650, description="how old a reading may be, in days"
    )
    believed_future_hours: int = Field(
        default=24, ge=1, le=720, description="how far ahead a reading's time may be, in hours"
    )
    keep_standard_days: int = Field(
        default=400, ge=1, description="how long readings of the standard class are kept, in days"
    )
    keep_short_days: int = Field(
        default=14, ge=1, description="how long readings of the short class are kept, in days"
    )
    keep_long_days: int = Field(
        default=3650, ge=1, description="how long readings of the long class are kept, in days"
    )
    keep_rollup_days: int = Field(
        default=3650, ge=1, description="how long minutes and quarter-hours are kept, in days"
    )
