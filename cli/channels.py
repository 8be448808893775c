"""gRPC channels to the services: by TLS, trusting the platform's own authority."""

from __future__ import annotations

from pathlib import Path

import grpc

AUTHORITY = "ca.pem"


def authority_of(keys: Path) -> Path:
    """Return where the authority's certificate lies below a folder of keys."""
    return keys / "tls" / AUTHORITY


def blocking(address: str, keys: Path) -> grpc.Channel:
    """Return a channel for calls that wait."""
    return grpc.secure_channel(address, _credentials(keys))


def asynchronous(address: str, keys: Path) -> grpc.aio.Channel:
    """Return a channel for calls that are awaited."""
    return grpc.aio.secure_channel(address, _credentials(keys))


def _credentials(keys: Path) -> grpc.ChannelCredentials:
    path = authority_of(keys)
    # Without one, those of the system: a platform that was never started answers nobody anyway.
    return grpc.ssl_channel_credentials(path.read_bytes() if path.exists() else None)
