"""Settings of the disaster_warning service, beside those that every service has."""

from __future__ import annotations

from pydantic import Field, FilePath, SecretStr

from services.plumbing.settings import HostPort, ServiceSettings


class DisasterWarningSettings(ServiceSettings):
    """From the environment, with the prefix TIANFU_."""

    grpc_address: HostPort = Field(
        default="127.0.0.1:7103", description="where to listen for gRPC, as HOST:PORT"
    )
    database_url: SecretStr = Field(
        description="PostgreSQL as the service's own role, as "
        "postgresql+asyncpg://disaster_warning:PASSWORD@HOST:5432/tianfu",
    )
    stream_replicas: int = Field(
        default=1, ge=1, le=5, description="how many servers keep each message of a stream"
    )
    live_signing_seed_file: FilePath = Field(
        description="a file with the nkey seed that signs bulletins to the public, mode 0600"
    )
    drill_signing_seed_file: FilePath = Field(
        description="a file with the nkey seed that signs exercises' bulletins, mode 0600"
    )
    live_cap_key_file: FilePath = Field(
        description="a PEM file with the private key of CAP messages to the public, mode 0600"
    )
    live_cap_certificate_file: FilePath = Field(
        description="a PEM file with the X.509 certificate of that key"
    )
    drill_cap_key_file: FilePath = Field(
        description="a PEM file with the private key of exercises' CAP messages, mode 0600"
    )
    drill_cap_certificate_file: FilePath = Field(
        description="a PEM file with the X.509 certificate of that key"
    )
    foreign_cap_certificates_file: FilePath | None = Field(
        default=None,
        description="a PEM file with certificates of foreign senders whose CAP messages are "
        "trusted; empty for none",
    )
    gauges_file: FilePath | None = Field(
        default=None,
        description="a TOML file with the gauges to watch, see examples/warning/gauges.toml; "
        "empty for none",
    )
    cap_sender: str = Field(
        default="warning.sichuan.tianfu.dev",
        pattern=r"^[^\s,<&]{1,120}$",
        description="the sender of CAP messages, without spaces, commas, < and &",
    )
