"""Settings of the healthcare service, beside those that every service has."""

from __future__ import annotations

from pydantic import Field, SecretStr

from services.plumbing.settings import ServiceSettings


class HealthcareSettings(ServiceSettings):
    """From the environment, with the prefix TIANFU_."""

    database_url: SecretStr = Field(
        description="PostgreSQL as the service's own role, as "
        "postgresql+asyncpg://healthcare:PASSWORD@HOST:5432/tianfu",
    )
    stream_replicas: int = Field(
        default=1, ge=1, le=5, description="how many servers keep each message of a stream"
    )
    jurisdiction: str = Field(
        default="CN-51", description="whose rules hold: CN, CN-51, CN-51-0100 or CN-51-0104"
    )
