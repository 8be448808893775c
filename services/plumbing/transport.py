"""How gRPC goes over the wire: TLS for everybody, certificates on both sides between services.

A server shows its certificate on ``grpc_address``, where people, nodes and gateways call with
tokens. On ``grpc_peer_address`` it also asks for one: whoever shows a certificate of the site's
authority with ``spiffe://tianfu/service/NAME`` calls as that service, with role SERVICE and no
token. Without a certificate a server listens on this machine alone.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc

from services.plumbing.settings import ServiceSettings, split_address
from services.plumbing.startup import CannotStart
from services.plumbing.tokens import Principal
from tianfu.authz.v1 import authz_pb2
from tianfu.service_identity import service_of

NAMES: Final = "x509_subject_alternative_name"
KIND: Final = "transport_security_type"
SERVICE_ROLES: Final = frozenset({authz_pb2.ROLE_SERVICE})


class TlsRequired(CannotStart):
    """The address is one that others reach, and there is no certificate."""

    reason = "TLS_REQUIRED"


class TlsUnusable(CannotStart):
    """Certificate, key or authority can't be read, or do not belong together."""

    reason = "TLS_UNUSABLE"


@dataclass(frozen=True)
class Listener:
    """An address, and what is shown and asked for there."""

    address: str
    credentials: grpc.ServerCredentials | None


def listeners(settings: ServiceSettings) -> list[Listener]:
    """Return where to listen; raise TlsRequired or TlsUnusable."""
    certificate, key = settings.tls_certificate_file, settings.tls_key_file
    if certificate is None or key is None:
        if not is_local(settings.grpc_address):
            raise TlsRequired(
                f"{settings.grpc_address}: others reach it, so it needs a certificate; set "
                "TIANFU_TLS_CERTIFICATE_FILE and TIANFU_TLS_KEY_FILE (`tianfu keys certificate`)"
            )
        return [Listener(settings.grpc_address, None)]
    pair = (_read(key), _read(certificate))
    found = [Listener(settings.grpc_address, grpc.ssl_server_credentials([pair]))]
    if settings.grpc_peer_address is not None and settings.tls_client_ca_file is not None:
        authority = _read(settings.tls_client_ca_file)
        both = grpc.ssl_server_credentials([pair], authority, require_client_auth=True)
        found.append(Listener(settings.grpc_peer_address, both))
    return found


def add(server: grpc.aio.Server, listener: Listener) -> int:
    """Have a server listen; return its port. Raise RuntimeError when it can't, TlsUnusable."""
    if listener.credentials is None:
        return int(server.add_insecure_port(listener.address))
    return int(server.add_secure_port(listener.address, listener.credentials))


def peer_of(context: Any) -> Principal | None:
    """Return the service that has proven itself by its certificate, None when none has."""
    about: Mapping[str, Any] = context.auth_context()
    # gRPC puts in what it has verified, and nothing when no certificate was asked for.
    if not about or about.get(KIND) != [b"ssl"]:
        return None
    for name in about.get(NAMES, ()):
        service = service_of(name.decode("utf-8", "replace"))
        if service is not None:
            return Principal(f"service:{service}", SERVICE_ROLES)
    return None


def is_local(address: str) -> bool:
    """Say whether an address is reached from this machine alone."""
    host, _ = split_address(address)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TlsUnusable(f"{path} can't be read: {error.strerror}") from error
    if b"-----BEGIN " not in data:
        raise TlsUnusable(f"{path} is no PEM file")
    return data
