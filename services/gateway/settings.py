"""Settings of the gateway, from the environment, with the prefix TIANFU_."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.plumbing.settings import PREFIX, TRACE_RATIO_DEFAULT, HostPort
from services.plumbing.tokens import ROLES_CLAIM
from services.plumbing.transport import is_local

STATIC: Final = Path(__file__).parent / "static"
_BACKEND: Final = re.compile(r"([a-z][a-z0-9-]*)=([A-Za-z0-9._\[\]:-]+:[0-9]{1,5})")


def _backends(text: str) -> str:
    for part in text.split(","):
        if not _BACKEND.fullmatch(part.strip()):
            raise ValueError("need NAME=HOST:PORT,…, such as fleet=127.0.0.1:7101")
    return text


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"}:
        raise ValueError("need an origin, such as https://tianfu.example")
    return f"{parts.scheme}://{parts.netloc}"


class GatewaySettings(BaseSettings):
    """What the gateway needs to know."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    gateway_address: HostPort = Field(
        default="127.0.0.1:7180", description="where to listen for HTTP, as HOST:PORT"
    )
    public_url: Annotated[str, AfterValidator(_origin)] = Field(
        description="the origin that browsers know it by, such as https://tianfu.example"
    )
    backends: Annotated[str, AfterValidator(_backends)] = Field(
        description="the services behind it, as NAME=HOST:PORT joined by commas"
    )
    backend_ca_file: FilePath | None = Field(
        default=None,
        description="the authority of the services' certificates, PEM; without it services on "
        "this machine are called without TLS, others by the system's authorities",
    )
    tls_certificate_file: FilePath | None = Field(
        default=None, description="the gateway's certificate with what signed it, PEM"
    )
    tls_key_file: FilePath | None = Field(default=None, description="its key, PEM, mode 0600")
    behind_proxy: bool = Field(
        default=False,
        description="true when a proxy of yours ends TLS in front of it and sets X-Forwarded-For",
    )
    database_url: SecretStr = Field(
        description="PostgreSQL as the gateway's own role, as "
        "postgresql+asyncpg://gateway:PASSWORD@HOST:5432/tianfu"
    )
    token_keys_file: Path = Field(
        description="a JWK set with the public keys that tokens are verified with; with discovery "
        "it is made"
    )
    token_issuer: str = Field(
        default="https://tianfu.localhost", min_length=1, description="who issues tokens"
    )
    token_audience: str = Field(
        default="tianfu", min_length=1, description="for whom access tokens are issued"
    )
    token_roles_claim: str = Field(
        default=ROLES_CLAIM, description="the claim with the caller's roles"
    )
    oidc_discovery_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="where the issuer's discovery document is, when not below its name",
    )
    oidc_client_id: str = Field(
        default="tianfu-console", min_length=1, description="the name the issuer knows us by"
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="the secret it gave us; empty for a public client"
    )
    oidc_scopes: str = Field(
        default="openid profile", description="what is asked of the issuer; add offline_access"
    )
    static_dir: Path = Field(default=STATIC, description="the console's files")
    requests_per_second: float = Field(
        default=50, gt=0, description="calls of one caller, on the long run"
    )
    requests_burst: float = Field(default=200, ge=1, description="calls of one caller at once")
    turn_file: Path | None = Field(
        default=None,
        description="a file whose lock says who serves, where two gateways share an address of one "
        "machine; empty where each has its own",
    )
    metrics_address: HostPort | None = Field(
        default=None, description="where Prometheus may read, as HOST:PORT; empty for nowhere"
    )
    trace_file: Path | None = Field(
        default=None, description="where spans are written as JSON lines; empty for nowhere"
    )
    trace_ratio: float = Field(
        default=TRACE_RATIO_DEFAULT, ge=0, le=1, description="the share of calls to trace"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error"
    )

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("TIANFU_TLS_CERTIFICATE_FILE and TIANFU_TLS_KEY_FILE go together")
        plain = self.tls_certificate_file is None and not self.behind_proxy
        if plain and not is_local(self.gateway_address):
            raise ValueError(
                "TIANFU_GATEWAY_ADDRESS is one that others reach: set TIANFU_TLS_CERTIFICATE_FILE "
                "and TIANFU_TLS_KEY_FILE, or TIANFU_BEHIND_PROXY=true"
            )
        host = urlsplit(self.public_url).hostname or ""
        if not self.is_secure and not is_local(f"{host}:0"):
            raise ValueError("TIANFU_PUBLIC_URL must be https unless it is this machine's")
        return self

    @property
    def is_secure(self) -> bool:
        """Whether browsers come by TLS."""
        return self.public_url.startswith("https://")

    @property
    def discovery_url(self) -> str:
        """Where the issuer says what it can."""
        return self.oidc_discovery_url or (
            f"{self.token_issuer.rstrip('/')}/.well-known/openid-configuration"
        )

    def addresses(self) -> dict[str, str]:
        """Return where the services are, by name."""
        pairs = (part.strip().partition("=") for part in self.backends.split(","))
        return {name: address for name, _, address in pairs}
