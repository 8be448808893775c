"""HTTP served by uvicorn within a service's own frame: its socket, its settings, its end."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import uvicorn
from typing_extensions import override

from services.plumbing.settings import split_address
from services.plumbing.startup import AddressUnusable, PortInUse

BACKLOG: Final = 1024
KEEP_ALIVE_S: Final = 75
STOP_GRACE_S: Final = 5


class HttpServer(uvicorn.Server):
    """uvicorn without its own signal handlers: the process's frame has them."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(address: str, variable: str) -> socket.socket:
    """Return the socket to serve on at HOST:PORT, as the environment's ``variable`` says.

    Raises PortInUse or AddressUnusable.
    """
    host, port = split_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"{address}: another process listens there; stop it, or set {variable} to "
                "another port"
            ) from error
        raise AddressUnusable(
            f"{address}: can't listen there; set {variable} to an address of this machine"
        ) from error


def server(
    app: Any, certificate: Path | None, key: Path | None, *, connections_max: int | None = None
) -> HttpServer:
    """Return a server of an ASGI application, by TLS where there are a certificate and its key."""
    # A line a request is what metrics and traces are for; addresses are personal data.
    logging.getLogger("uvicorn.access").disabled = True
    is_tls = certificate is not None and key is not None
    return HttpServer(
        uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=STOP_GRACE_S,
            limit_concurrency=connections_max,
            loop="none",
            ssl_certfile=certificate if is_tls else None,
            ssl_keyfile=key if is_tls else None,
        )
    )
