"""ClickHouse's HTTP interface over chdb: as much of it as clickhouse-connect speaks.

Debian's clickhouse-server is 18.16, too old for DateTime64, and no newer server comes from a
registry that tests may use; chdb is the same engine, at a current version, without its front door.
So this door stands in for the server's. It runs in a process of its own, since chdb holds one data
folder a process, which also lets a test kill it as it would a server.

Takes: the statement in ``query`` or the body, an insert's block in the body, ``param_NAME`` values,
``FORMAT`` in the statement, gzip, zstd or deflate bodies. Answers errors with status 500, the text
in the body and the number in ``X-ClickHouse-Exception-Code``. Settings in the URL are passed over.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import re
import subprocess
import sys
import threading
import urllib.request
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import zstandard
from typing_extensions import override

START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 30.0

DEFAULT_FORMAT = "TabSeparated"
INSERT = re.compile(
    rb"\s*INSERT\s+INTO\s+(\S+)\s*(\([^)]*\))?\s*FORMAT\s+Native[ \t]*\r?\n?", re.IGNORECASE
)
CODE = re.compile(r"Code: (\d+)")


class Store:
    """chdb behind a lock: a connection serves one statement at a time."""

    def __init__(self, folder: Path) -> None:
        import chdb

        self._connection = chdb.connect(str(folder / "chdb"))
        self._incoming = folder / "incoming.native"
        self._lock = threading.Lock()

    def run(self, sql: str, output_format: str, params: dict[str, str]) -> bytes:
        """Return a statement's rows."""
        with self._lock:
            return self._run(sql, output_format, params)

    def _run(self, sql: str, output_format: str, params: dict[str, str]) -> bytes:
        return bytes(self._connection.query(sql, output_format, params=params).bytes())

    def insert(self, table: str, columns: str, block: bytes) -> None:
        """Insert a Native block by way of a file, which chdb can read and a body it can't."""
        statement = f"INSERT INTO {table} {columns} SELECT * FROM file('{self._incoming}', Native)"  # noqa: S608 - a test's own
        with self._lock:
            self._incoming.write_bytes(block)
            self._run(statement, "CSV", {})


class Door(BaseHTTPRequestHandler):
    """One connection's requests."""

    protocol_version = "HTTP/1.1"
    store: Store

    def do_GET(self) -> None:
        """Answer a ping, or a statement in the URL."""
        if urlsplit(self.path).path == "/ping":
            self._answer(200, b"Ok.\n", {})
        else:
            self.do_POST()

    def do_POST(self) -> None:
        """Run a statement."""
        body = self._body()
        asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        params = {k.removeprefix("param_"): v for k, v in asked.items() if k.startswith("param_")}
        # A statement in the URL comes before what is in the body.
        text = asked["query"].encode() + b"\n" + body if "query" in asked else body
        output_format = asked.get("default_format") or self.headers.get("X-ClickHouse-Format", "")
        try:
            insert = INSERT.match(text)
            if insert:
                columns = (insert[2] or b"").decode()
                self.store.insert(insert[1].decode(), columns, text[insert.end() :])
                data = b""
            else:
                statement = text.decode().strip().rstrip(";")
                data = self.store.run(statement, output_format or DEFAULT_FORMAT, params)
        except RuntimeError as error:
            code = CODE.search(str(error))
            headers = {"X-ClickHouse-Exception-Code": code[1] if code else "1002"}
            self._answer(500, str(error).encode(), headers)
        else:
            self._answer(200, data, {"X-ClickHouse-Timezone": "UTC", "X-ClickHouse-Summary": "{}"})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            data = b"".join(self._chunks())
        else:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match self.headers.get("Content-Encoding", ""):
            case "gzip":
                return gzip.decompress(data)
            case "zstd":
                return zstandard.ZstdDecompressor().decompressobj().decompress(data)
            case "deflate":
                return zlib.decompress(data)
            case _:
                return data

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    @override
    def log_message(self, *_: Any) -> None:
        """Say nothing of each request."""


def serve(folder: Path) -> None:
    """Serve until killed; print the port when ready."""
    Door.store = Store(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    server.serve_forever()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run the server over a folder in a process of its own; yield its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, __file__, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        with urllib.request.urlopen(f"{url}/ping", timeout=START_DEADLINE_S):  # noqa: S310 - our own URL
            yield url
    finally:
        process.kill()
        process.wait(STOP_DEADLINE_S)
        if process.stdout is not None:
            process.stdout.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="ClickHouse's HTTP interface over chdb")
    parser.add_argument("folder", type=Path)
    serve(parser.parse_args().folder)
