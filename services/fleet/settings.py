"""Settings of the fleet service, beside those that every service has."""

from __future__ import annotations

from typing import Final, Self

from pydantic import Field, FilePath, SecretStr, model_validator

from services.fleet.enrolment import Policy
from services.plumbing.settings import ServiceSettings

LIFETIME_S: Final = Policy().lifetime.total_seconds()
LIFETIME_MIN_S: Final = 3.0
"""Seconds are for tests; a site's backhaul is gone for days."""

LIFETIME_MAX_S: Final = 400 * 86_400.0
"""A key that nobody asks after for a year is one that nobody knows about."""

OVERLAP_MIN_S: Final = 1.0
OVERLAP_MAX_S: Final = 86_400.0


class FleetSettings(ServiceSettings):
    """From the environment, with the prefix TIANFU_."""

    database_url: SecretStr = Field(
        description="PostgreSQL as the service's own role, as "
        "postgresql+asyncpg://fleet:PASSWORD@HOST:5432/tianfu",
    )
    stream_replicas: int = Field(
        default=1, ge=1, le=5, description="how many servers keep each message of a stream"
    )
    edge_account: str | None = Field(
        default=None,
        pattern="^A[A-Z2-7]{55}$",
        description="the public key of NATS account EDGE, as `tianfu keys show` has it; "
        "with it and the three files below devices can enrol",
    )
    edge_signing_seed_file: FilePath | None = Field(
        default=None, description="a file with the signing seed of account EDGE, mode 0600"
    )
    operator_signing_seed_file: FilePath | None = Field(
        default=None, description="a file with the operator's signing seed, mode 0600"
    )
    nats_system_credentials_file: FilePath | None = Field(
        default=None, description="NATS credentials of role system, which push account tokens"
    )
    node_credentials_lifetime_s: float = Field(
        default=LIFETIME_S,
        ge=LIFETIME_MIN_S,
        le=LIFETIME_MAX_S,
        description="how long credentials of nodes are good, in seconds",
    )
    station_credentials_overlap_s: float = Field(
        default=Policy().overlap.total_seconds(),
        ge=OVERLAP_MIN_S,
        le=OVERLAP_MAX_S,
        description="how long former credentials of a leaf server go on beside new ones, in "
        "seconds: until a kubelet has put the new ones in place",
    )
    node_nats_urls: str = Field(
        default="",
        description="where nodes find NATS, separated by commas; empty means TIANFU_NATS_URL",
    )

    update_root_file: FilePath | None = Field(
        default=None,
        description="the root of the keys that sign releases of the agent, as "
        "`tianfu keys updates` made it: devices pin it as they enrol",
    )

    @model_validator(mode="after")
    def _all_or_none(self) -> Self:
        needed = (
            self.edge_account,
            self.edge_signing_seed_file,
            self.operator_signing_seed_file,
            self.nats_system_credentials_file,
        )
        if any(needed) and not all(needed):
            raise ValueError(
                "enrolment needs all four of TIANFU_EDGE_ACCOUNT, TIANFU_EDGE_SIGNING_SEED_FILE, "
                "TIANFU_OPERATOR_SIGNING_SEED_FILE and TIANFU_NATS_SYSTEM_CREDENTIALS_FILE, or none"
            )
        return self
