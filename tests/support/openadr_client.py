"""A real OpenADR 3 client of each kind, and a subscriber that writes down what it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from openadr3.api import OpenADRClient
from typing_extensions import override

from services.energy.openadr.app import BASE
from tests.support.energy_process import EnergyProcess, openadr_secret


def openadr_client(service: EnergyProcess, client_id: str) -> OpenADRClient:
    """Return a client that has fetched its token by discovery of the token endpoint."""
    client = OpenADRClient(f"http://127.0.0.1:{service.openadr_port}{BASE}")
    # It makes itself a new connection with the token, and leaves the first one open.
    first = client._http
    client.fetch_token(client_id, openadr_secret(client_id))
    first.close()
    return client


class Subscriber:
    """What a subscriber was told, in order; ``answer`` is the status it gives."""

    def __init__(self) -> None:
        self.told: list[tuple[int, dict[str, Any], str]] = []
        self.answer = 200

    def take(self, number: int, body: bytes, authorization: str) -> int:
        """Take a notification unless it is to be refused; return the status."""
        if self.answer == 200:
            self.told.append((number, json.loads(body), authorization))
        return self.answer


@contextmanager
def subscriber(port: int) -> Iterator[Subscriber]:
    """Listen for notifications."""
    taking = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take a notification."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            number = int(self.headers["webhook-id"])
            status = taking.take(number, body, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield taking
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
