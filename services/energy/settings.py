"""Settings of the energy service, beside those that every service has."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, FilePath, SecretStr, model_validator

from services.plumbing.settings import HostPort, ServiceSettings
from services.plumbing.transport import is_local


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
    openadr_address: HostPort | None = Field(
        default=None,
        description="where to listen for OpenADR 3 by HTTP, as HOST:PORT; empty for nowhere",
    )
    openadr_clients_file: FilePath | None = Field(
        default=None, description="who may speak OpenADR 3, TOML, mode 0600"
    )
    openadr_tls_certificate_file: FilePath | None = Field(
        default=None,
        description="the certificate that OpenADR clients are shown, PEM, with its chain; empty "
        "for that of gRPC",
    )
    openadr_tls_key_file: FilePath | None = Field(
        default=None, description="its key, PEM, mode 0600"
    )
    openadr_public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+$",
        description="the origin that OpenADR clients know it by; empty for its address",
    )
    openadr_client_tokens_per_minute: int = Field(
        default=30,
        ge=1,
        le=6_000,
        description="tokens that an OpenADR client gets in a minute; one holds for an hour",
    )
    openadr_address_tokens_per_minute: int = Field(
        default=120,
        ge=1,
        le=60_000,
        description="token requests that may come from an address in a minute, right or wrong",
    )
    openadr_webhook_hosts: str = Field(
        default="",
        description="hosts that subscribers may have called, as HOST or HOST:PORT joined by "
        "commas; empty for none",
    )

    @model_validator(mode="after")
    def _openadr_is_safe(self) -> Self:
        if self.openadr_address is None:
            return self
        if self.openadr_clients_file is None:
            raise ValueError("TIANFU_OPENADR_ADDRESS needs TIANFU_OPENADR_CLIENTS_FILE")
        if (self.openadr_tls_certificate_file is None) != (self.openadr_tls_key_file is None):
            raise ValueError(
                "TIANFU_OPENADR_TLS_CERTIFICATE_FILE and TIANFU_OPENADR_TLS_KEY_FILE go together"
            )
        if self.openadr_tls is None and not is_local(self.openadr_address):
            raise ValueError(
                "TIANFU_OPENADR_ADDRESS is one that others reach: set "
                "TIANFU_OPENADR_TLS_CERTIFICATE_FILE and TIANFU_OPENADR_TLS_KEY_FILE"
            )
        return self

    @property
    def openadr_tls(self) -> tuple[Path, Path] | None:
        """Certificate and key of the OpenADR port, None for plain HTTP."""
        if self.openadr_tls_certificate_file is not None and self.openadr_tls_key_file is not None:
            return self.openadr_tls_certificate_file, self.openadr_tls_key_file
        if self.tls_certificate_file is not None and self.tls_key_file is not None:
            return self.tls_certificate_file, self.tls_key_file
        return None

    @property
    def openadr_url(self) -> str:
        """The origin that OpenADR clients know it by."""
        scheme = "http" if self.openadr_tls is None else "https"
        return self.openadr_public_url or f"{scheme}://{self.openadr_address}"
