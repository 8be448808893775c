"""One door to ClickHouse, whether it runs in this process or behind a URL.

The SQL above this module is the same for both. Calls block: ``AsyncEngine`` runs them in threads
of their own (the embedded engine lets go of the GIL), one for writes, a few for reads, so that a
long query delays no insert.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa

from services.plumbing.refusal import Unavailable
from services.telemetry.store import native

QUERY_SECONDS: Final = 30
"""Longest a query may run; the store ends it, and the caller gets QUERY_TOO_LONG."""

READERS: Final = 4
"""Queries that run side by side."""

Params = Mapping[str, int | str]


class StoreUnavailable(Unavailable):
    """The store could not do what it was asked to; it may later."""

    reason = "STORE_UNAVAILABLE"


class Engine(Protocol):
    """What the telemetry store needs of ClickHouse. All calls block."""

    def execute(self, sql: str, params: Params | None = None) -> None:
        """Run a statement; raise StoreUnavailable when it fails."""
        ...

    def query(self, sql: str, params: Params | None = None) -> pa.Table:
        """Return a query's rows; raise StoreUnavailable when it fails."""
        ...

    def read(self, sql: str, output_format: str, params: Params | None = None) -> bytes:
        """Return a query's rows as bytes of a ClickHouse output format."""
        ...

    def insert(self, table: str, block: native.Parts) -> None:
        """Insert one Native block; raise StoreUnavailable when it may not have been."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


class EmbeddedEngine:
    """ClickHouse in this process through ``chdb``, over a folder that one process may hold."""

    @staticmethod
    def load() -> Any:
        """Load the library, which takes longer than to open a folder; return its module."""
        import chdb  # noqa: PLC0415 - half a gigabyte of library: only who uses it loads it

        return chdb

    def __init__(self, folder: Path) -> None:
        """Open the folder, making it when it is not there."""
        chdb = self.load()
        self._folder = folder
        self._incoming = folder.parent / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        for left in self._incoming.iterdir():  # what a killed process was about to insert
            left.unlink()
        self._connect = partial(chdb.connect, str(folder))
        self._local = threading.local()
        self._connections: list[Any] = []
        self._lock = threading.Lock()

    def _connection(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            with self._lock:
                self._connections.append(connection)
        return connection

    def _run(self, sql: str, output_format: str, params: Params | None) -> Any:
        try:
            return self._connection().query(sql, output_format, params=_escaped(params))
        except RuntimeError as error:  # ChdbError is one
            raise StoreUnavailable(_code(error)) from error

    def execute(self, sql: str, params: Params | None = None) -> None:
        """Run a statement."""
        self._run(sql, "CSV", params)

    def query(self, sql: str, params: Params | None = None) -> pa.Table:
        """Return a query's rows."""
        return _table(self.read(sql, "ArrowStream", params))

    def read(self, sql: str, output_format: str, params: Params | None = None) -> bytes:
        """Return a query's rows as bytes."""
        return bytes(self._run(sql, output_format, params).bytes())

    def insert(self, table: str, block: native.Parts) -> None:
        """Insert one Native block by way of a file: the embedded engine takes no bytes."""
        path = self._incoming / f"{os.getpid()}-{threading.get_ident()}.native"
        try:
            with path.open("wb") as file:
                file.writelines(block)
            self.execute(f"INSERT INTO {table} SELECT * FROM file('{path}', Native)")  # noqa: S608 - both are ours
        finally:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()


class ServerEngine:
    """ClickHouse behind an HTTP URL, such as ``http://user:password@host:8123``."""

    def __init__(self, url: str) -> None:
        """Connect; raise StoreUnavailable when the server does not answer."""
        import clickhouse_connect  # noqa: PLC0415 - only who has a server loads it
        from clickhouse_connect.driver import exceptions  # noqa: PLC0415 - as above

        self._errors = (exceptions.ClickHouseError, OSError)
        self._local = threading.local()
        self._clients: list[Any] = []
        self._lock = threading.Lock()
        self._open = partial(
            clickhouse_connect.get_client, dsn=url, send_receive_timeout=QUERY_SECONDS + 5
        )
        self._client()

    def _client(self) -> Any:
        client = getattr(self._local, "client", None)
        if client is None:
            try:
                client = self._local.client = self._open()
            except self._errors as error:
                raise StoreUnavailable("the store's server does not answer") from error
            with self._lock:
                self._clients.append(client)
        return client

    def execute(self, sql: str, params: Params | None = None) -> None:
        """Run a statement."""
        client = self._client()
        try:
            client.command(sql, parameters=_given(params), use_database=False)
        except self._errors as error:
            raise StoreUnavailable(_code(error)) from error

    def query(self, sql: str, params: Params | None = None) -> pa.Table:
        """Return a query's rows."""
        return _table(self.read(sql, "ArrowStream", params))

    def read(self, sql: str, output_format: str, params: Params | None = None) -> bytes:
        """Return a query's rows as bytes."""
        client = self._client()
        try:
            return bytes(
                client.raw_query(
                    sql, fmt=output_format, parameters=_given(params), use_database=False
                )
            )
        except self._errors as error:
            raise StoreUnavailable(_code(error)) from error

    def insert(self, table: str, block: native.Parts) -> None:
        """Insert one Native block."""
        client = self._client()
        try:
            client.raw_insert(table, insert_block=b"".join(block), fmt="Native")
        except self._errors as error:
            raise StoreUnavailable(_code(error)) from error

    def close(self) -> None:
        """Close every thread's connections."""
        with self._lock:
            for client in self._clients:
                client.close()
            self._clients.clear()


class AsyncEngine:
    """The engine's calls as coroutines: a thread for writes, commits, upkeep; a few for reads."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine over; ``close`` closes it."""
        self.engine = engine
        self._writer = ThreadPoolExecutor(1, "store-write")
        self._committer = ThreadPoolExecutor(1, "store-commit")
        self._readers = ThreadPoolExecutor(READERS, "store-read")
        self._upkeep = ThreadPoolExecutor(1, "store-upkeep")

    async def execute(self, sql: str, params: Params | None = None) -> None:
        """Run a statement in the writer's thread."""
        await self._in(self._writer, self.engine.execute, sql, params)

    async def query(self, sql: str, params: Params | None = None) -> pa.Table:
        """Return a query's rows, from a reader's thread."""
        return await self._in(self._readers, self.engine.query, _limited(sql), params)

    async def read(self, sql: str, output_format: str, params: Params | None = None) -> bytes:
        """Return a query's rows as bytes, from a reader's thread."""
        data: bytes = await self._in(
            self._readers, self.engine.read, _limited(sql), output_format, params
        )
        return data

    async def write(self, call: Any, *args: Any) -> Any:
        """Run ``call(engine, *args)`` in the writer's thread."""
        return await self._in(self._writer, call, self.engine, *args)

    async def commit(self, call: Any, *args: Any) -> Any:
        """Run ``call(engine, *args)`` beside the writer: the next block's readings go in."""
        return await self._in(self._committer, call, self.engine, *args)

    async def maintain(self, call: Any, *args: Any) -> Any:
        """Run ``call(engine, *args)`` in a thread beside the writer's: it delays no block."""
        return await self._in(self._upkeep, call, self.engine, *args)

    async def close(self) -> None:
        """Wait for what runs, then close the engine."""
        for pool in (self._readers, self._upkeep, self._writer, self._committer):
            await asyncio.to_thread(pool.shutdown)
        await asyncio.to_thread(self.engine.close)

    @staticmethod
    async def _in(pool: Executor, call: Any, *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(pool, partial(call, *args))


def _limited(sql: str) -> str:
    return f"{sql} SETTINGS max_execution_time = {QUERY_SECONDS}"


def _escaped(params: Params | None) -> dict[str, int | str] | None:
    """Return parameters in ClickHouse's own escaping, which chdb leaves to its caller."""
    if params is None:
        return None
    return {k: _escape(v) if isinstance(v, str) else v for k, v in params.items()}


def _given(params: Params | None) -> dict[str, int | str] | None:
    """Return parameters as they are: clickhouse-connect does the escaping itself."""
    return None if params is None else dict(params)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _table(data: bytes) -> pa.Table:
    """Return an Arrow stream as a table; ClickHouse sends nothing at all for no rows."""
    if not data:
        return pa.table({})
    with pa.ipc.open_stream(data) as stream:
        return stream.read_all()


def _code(error: Exception) -> str:
    """Return what may be said of a driver's error: its number, never its text."""
    text = str(error)
    start = text.find("Code: ")
    code = text[start + 6 : start + 10].split(".", maxsplit=1)[0] if start >= 0 else ""
    return f"the store answered with error {code}" if code.isdigit() else "the store failed"
