"""gRPC channels to the services: by TLS, trusting the platform's own authority."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import grpc

AUTHORITY = "ca.pem"
# A service that is back is tried soon: people wait.
OPTIONS: Final = (
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)


def authority_of(keys: Path) -> Path:
    """Return where the authority's certificate lies below a folder of keys."""
    return keys / "tls" / AUTHORITY


def blocking(address: str, keys: Path) -> grpc.Channel:
    """Return a channel for calls that wait."""
    return grpc.secure_channel(address, _credentials(keys), OPTIONS)


def asynchronous(address: str, keys: Path) -> grpc.aio.Channel:
    """Return a channel for calls that are awaited."""
    return grpc.aio.secure_channel(address, _credentials(keys), OPTIONS)


def _credentials(keys: Path) -> grpc.ChannelCredentials:
    path = authority_of(keys)
    # Without one, those of the system: a platform that was never started answers nobody anyway.
    return grpc.ssl_channel_credentials(path.read_bytes() if path.exists() else None)
