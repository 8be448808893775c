"""Settings of the service, beside those that every service has."""

from __future__ import annotations

from pydantic import Field, SecretStr

from services.plumbing.settings import ServiceSettings


class CreditSettings(ServiceSettings):
    """From the environment, with the prefix TIANFU_."""

    database_url: SecretStr = Field(
        description="PostgreSQL as the service's own role, as "
        "postgresql+asyncpg://credit_supervision:PASSWORD@HOST:5432/tianfu",
    )
    stream_replicas: int = Field(
        default=1, ge=1, le=5, description="how many servers keep each message of a stream"
    )
