"""Settings of a service process: from the environment, checked all at once, secrets never shown."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, NoReturn, Self, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    FilePath,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.plumbing.startup import EXIT_SETTINGS

PREFIX: Final = "TIANFU_"
NEAR_MISS: Final = 0.8
"""Likeness from which an unknown name counts as a misspelling: one or two letters of ten."""

PORT_MAX: Final = 65_535
TRACE_RATIO_DEFAULT: Final = 0.05
"""One request in twenty is traced unless its caller decided: enough to see, cheap to keep."""

_ADDRESS: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
_Settings = TypeVar("_Settings", bound=BaseSettings)


def _host_port(text: str) -> str:
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > PORT_MAX:
        raise ValueError("need HOST:PORT, such as 127.0.0.1:7101 or [::1]:7101")
    return text


HostPort = Annotated[str, AfterValidator(_host_port)]
"""``host:port``; port 0 lets the system choose."""


def split_address(address: str) -> tuple[str, int]:
    """Return host (without brackets) and port of a checked address."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


class ServiceSettings(BaseSettings):
    """What every service needs. A service adds its own fields in a subclass."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,  # TIANFU_X= means: as if it were not set
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    grpc_address: HostPort = Field(
        default="127.0.0.1:7101", description="where to listen for gRPC, as HOST:PORT"
    )
    grpc_peer_address: HostPort | None = Field(
        default=None,
        description="where other services call by their certificates, as HOST:PORT; needs TLS",
    )
    health_address: HostPort | None = Field(
        default=None,
        description="where the health names alone are served, without TLS, as HOST:PORT: a "
        "kubelet's gRPC probes speak no TLS; empty for nowhere",
    )
    tls_certificate_file: FilePath | None = Field(
        default=None, description="the server's certificate with what signed it, PEM"
    )
    tls_key_file: FilePath | None = Field(default=None, description="its key, PEM, mode 0600")
    tls_client_ca_file: FilePath | None = Field(
        default=None, description="the authority whose certificates other services show, PEM"
    )
    turn_file: Path | None = Field(
        default=None,
        description="a file whose lock says who serves, where two processes of the service run on "
        "one machine; empty for one alone",
    )
    metrics_address: HostPort | None = Field(
        default=None, description="where Prometheus may read, as HOST:PORT; empty for nowhere"
    )
    nats_url: str = Field(
        default="nats://127.0.0.1:4222",
        description="the NATS server, as nats://HOST:PORT; those of a cluster joined by commas",
        pattern=r"^(nats|tls|ws|wss)://[^\s,]+(,(nats|tls|ws|wss)://[^\s,]+)*$",
    )
    nats_credentials_file: FilePath = Field(
        description="the service's NATS credentials (.creds), mode 0600"
    )
    token_discovery: bool = Field(
        default=False,
        description="true to fetch the keys from the issuer, by OpenID Connect discovery",
    )
    token_keys_file: Path = Field(
        description="a JWK set with the public keys that bearer tokens are verified with"
    )
    token_roles_claim: str = Field(
        default="roles",
        pattern=r"^[A-Za-z0-9_:/-]+(\.[A-Za-z0-9_:/-]+)*$",
        description="the claim with the caller's roles, such as roles or realm_access.roles",
    )
    token_issuer: str = Field(
        default="https://tianfu.localhost", min_length=1, description="who issues bearer tokens"
    )
    token_audience: str = Field(
        default="tianfu", min_length=1, description="for whom bearer tokens are issued"
    )
    trace_file: Path | None = Field(
        default=None, description="where spans are written as JSON lines; empty for nowhere"
    )
    trace_ratio: float = Field(
        default=TRACE_RATIO_DEFAULT,
        ge=0,
        le=1,
        description="the share of requests to trace whose callers did not decide, 0 to 1",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error"
    )

    @field_validator("token_keys_file")
    @classmethod
    def _keys_are_there(cls, path: Path, info: ValidationInfo) -> Path:
        # With discovery the file is made.
        if not path.is_file() and not info.data.get("token_discovery"):
            raise PydanticCustomError("path_not_file", "there is no such file")
        return path

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("TIANFU_TLS_CERTIFICATE_FILE and TIANFU_TLS_KEY_FILE go together")
        peers = self.grpc_peer_address is not None
        if peers and (self.tls_certificate_file is None or self.tls_client_ca_file is None):
            raise ValueError(
                "TIANFU_GRPC_PEER_ADDRESS needs TIANFU_TLS_CERTIFICATE_FILE, TIANFU_TLS_KEY_FILE "
                "and TIANFU_TLS_CLIENT_CA_FILE"
            )
        return self


def load(cls: type[_Settings], environment: Mapping[str, str] | None = None) -> _Settings:
    """Return the settings; with wrong ones, print every error to stderr and exit with status 2.

    ``environment`` is only looked at for names that resemble a setting (default: the process's).
    """
    names = os.environ if environment is None else environment
    doubts = near_misses(cls, names)
    try:
        settings = cls()
    except ValidationError as error:
        _give_up(explain(cls, error), doubts)
    for doubt in doubts:
        _say(doubt)
    return settings


def explain(cls: type[BaseSettings], error: ValidationError) -> list[str]:
    """Return one line for each wrong setting: its name, what is wrong, what to do."""
    return sorted({_line(cls, one) for one in error.errors(include_url=False, include_input=False)})


def near_misses(cls: type[BaseSettings], names: Iterable[str]) -> list[str]:
    """Return a line for each name that is no setting of ``cls`` and looks like one misspelt."""
    known = {_variable(cls, field).upper(): field for field in cls.model_fields}
    lines = []
    for name in sorted(names):
        if not name.upper().startswith(PREFIX) or name.upper() in known:
            continue
        bare = {variable.removeprefix(PREFIX): variable for variable in known}
        close = difflib.get_close_matches(
            name.upper().removeprefix(PREFIX), bare, n=1, cutoff=NEAR_MISS
        )
        if close:
            lines.append(
                f"{name} is no setting here and is ignored; did you mean {bare[close[0]]}?"
            )
    return lines


def _variable(cls: type[BaseSettings], field: str) -> str:
    return f"{cls.model_config.get('env_prefix', PREFIX)}{field}".upper()


def _line(cls: type[BaseSettings], one: ErrorDetails) -> str:
    if not one["loc"]:
        return f"{PREFIX}*: {_wrong(one)}"
    name = str(one["loc"][0])
    field = cls.model_fields.get(name)
    purpose = field.description if field is not None and field.description else name
    variable = _variable(cls, name)
    return f"{variable} ({name}): {_wrong(one)}; set {variable} to {purpose}"


def _wrong(one: ErrorDetails) -> str:
    """Say what is wrong without any value: a value may be a secret."""
    if one["type"] == "missing":
        return "is not set"
    if one["type"] == "path_not_file":
        return "there is no such file"
    return one["msg"].removeprefix("Value error, ")


def _give_up(lines: list[str], doubts: list[str]) -> NoReturn:
    count = f"{len(lines)} setting is" if len(lines) == 1 else f"{len(lines)} settings are"
    _say(f"SETTINGS_INVALID: cannot start, {count} wrong:")
    for line in (*lines, *doubts):
        _say(f"  {line}")
    raise SystemExit(EXIT_SETTINGS)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
