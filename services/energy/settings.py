"""Settings of the energy service, beside those that every service has."""

from __future__ import annotations

from pydantic import Field, FilePath, SecretStr

from services.plumbing.settings import ServiceSettings


class EnergySettings(ServiceSettings):
    """From the environment, with the prefix TIANFU_."""

    database_url: SecretStr = Field(
        description="PostgreSQL as the service's own role, as "
        "postgresql+asyncpg://energy:PASSWORD@HOST:5432/tianfu",
    )
    setpoint_seed_file: FilePath = Field(
        description="the nkey seed (SU...) that signs setpoints; nodes pin its public key"
    )
    stream_replicas: int = Field(
        default=1, ge=1, le=5, description="how many servers keep each message of a stream"
    )
    jurisdiction: str = Field(
        default="CN-51", description="whose rules hold: CN, CN-51, CN-51-0100 or CN-51-0104"
    )
    interval_s: int = Field(
        default=900,
        ge=1,
        le=3600,
        description="seconds of an interval of account; 96 of them are a block, a day at 900. "
        "Never change it of a database that holds energy",
    )
