"""PostgreSQL: a synchronous use case in one transaction, with bounds on everything.

``Database.transact`` runs a use case on a worker greenlet, so that it is written without ``await``
and can do nothing but what its connection offers. The transaction is REPEATABLE READ: a use case
sees one state from its first statement to its last, and when somebody else has changed what it
changes, it is run anew on the new state. What the driver says reaches neither callers nor logs:
they see a reason code and, for a fault of ours, the five characters of the SQLSTATE.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Concatenate, Final, Literal, ParamSpec, TypeVar

import sqlalchemy as sa
import structlog
from asyncpg.exceptions import TargetServerAttributeNotMatched
from prometheus_client import REGISTRY, CollectorRegistry, Counter
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from services.plumbing.refusal import InvalidArgument, Unavailable

POOL_SIZE: Final = 8
"""Connections of a process: more than two cores of PostgreSQL keep busy."""

POOL_WAIT_S: Final = 3.0
"""For a free connection; a caller that waits longer is better told to come again."""

CONNECT_S: Final = 5.0
"""For a new connection."""

STATEMENT_S: Final = 5.0
"""One statement, told to the server. Everything here is found by an index."""

LOCK_S: Final = 3.0
"""For a lock that another transaction holds: transactions here take milliseconds."""

IDLE_S: Final = 10.0
"""A transaction without a statement: its process has died or hangs, and its locks must go."""

COMMAND_S: Final = 8.0
"""One statement, kept by the client: for a server that does not even time out any more."""

PING_AFTER_S: Final = 30.0
"""A connection that nobody has used for so long is asked whether it is there: what stands between
may have forgotten it without a word. Of one used since, the kernel has told us if it ended."""

RETURNED: Final = "tianfu-returned"
"""When a connection was given back, among what its record in the pool says of it."""

ATTEMPTS_MAX: Final = 5
"""Runs of a use case that somebody else was faster than."""

ATTEMPT_WAIT_S: Final = 0.01
"""Before the second run; doubled before each further one."""

RETRY_AFTER: Final = timedelta(seconds=1)
"""For callers: a PostgreSQL that was killed answers again after a second or two."""

SERIALIZATION_FAILURE: Final = "40001"
DEADLOCK: Final = "40P01"
UNIQUE_VIOLATION: Final = "23505"
REPEATABLE: Final = frozenset({SERIALIZATION_FAILURE, DEADLOCK, UNIQUE_VIOLATION})
"""Somebody was faster. Two that enter one id at once don't see each other: the second's next run
sees the first, and finds that it is the same again, or another."""

TIMED_OUT: Final = frozenset({"57014", "55P03", "25P03"})
"""Cancelled by a timeout, lock not available, idle in transaction."""

AWAY_CLASSES: Final = frozenset({"08", "53", "57", "58"})
"""SQLSTATE classes of a server that can't serve now: connection, resources, operator, system."""

DATA_CLASS: Final = "22"
"""SQLSTATE class of values that their type does not allow."""

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger(__name__)


class DatabaseUnavailable(Unavailable):
    """The database can't be reached, or is overloaded; nothing, or everything, has happened."""

    reason = "DATABASE_UNAVAILABLE"


class DatabaseTimeout(Unavailable):
    """The database did not finish in time; nothing has happened."""

    reason = "DATABASE_TIMEOUT"


class DatabaseContended(Unavailable):
    """Others were faster again and again; nothing has happened."""

    reason = "DATABASE_CONTENDED"


class ValueUnstorable(InvalidArgument):
    """A value holds what PostgreSQL can't store, such as U+0000 in a text."""

    reason = "VALUE_UNSTORABLE"


class DatabaseFault(RuntimeError):
    """A statement of ours is wrong. Holds the SQLSTATE and nothing that a row contained."""


class Database:
    """A service's schema in PostgreSQL."""

    def __init__(self, engine: AsyncEngine, registry: CollectorRegistry = REGISTRY) -> None:
        self.engine = engine
        self._after_commit: list[Callable[[], None]] = []
        self._transactions = _counter(registry)

    @classmethod
    async def connect(
        cls,
        url: str,
        schema: str,
        *,
        registry: CollectorRegistry = REGISTRY,
        pool_size: int = POOL_SIZE,
        statement_s: float = STATEMENT_S,
        pool_wait_s: float = POOL_WAIT_S,
    ) -> Database:
        """Return a database after one answer of it; raise DatabaseUnavailable without."""
        engine = make_engine(
            url, schema, pool_size=pool_size, statement_s=statement_s, pool_wait_s=pool_wait_s
        )
        database = cls(engine, registry)
        try:
            await database.ping()
        except BaseException:
            await engine.dispose()
            raise
        return database

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have ``call`` called after each committed transaction, such as to wake a relay."""
        self._after_commit.append(call)

    async def transact(
        self, usecase: Callable[Concatenate[sa.Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a use case in one transaction and return its result once that is committed.

        The use case may run several times, each time on a transaction that sees nothing of the
        former ones. A Refusal it raises rolls back and comes out as it is.
        """

        def run(connection: sa.Connection) -> R:
            return usecase(connection, *args, **kwargs)

        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                await asyncio.sleep(ATTEMPT_WAIT_S * 2 ** (attempt - 1))
            try:
                async with self.engine.begin() as connection:
                    result = await connection.run_sync(run)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                state = sqlstate(error)
                # A statement that clashes with itself, run after run, is a fault of ours.
                is_fault = state == UNIQUE_VIOLATION and attempt == ATTEMPTS_MAX - 1
                if state in REPEATABLE and not is_fault:
                    self._transactions.labels("repeated").inc()
                    continue
                self._transactions.labels("failed").inc()
                raise translate(error) from None
            self._transactions.labels("committed").inc()
            for call in self._after_commit:
                call()
            return result
        self._transactions.labels("contended").inc()
        raise DatabaseContended(
            f"others changed the same rows {ATTEMPTS_MAX} times; try again",
            retry_after=RETRY_AFTER,
        )

    async def ping(self) -> None:
        """Ask the database for an answer; raise DatabaseUnavailable without one."""
        try:
            async with self.engine.connect() as connection:
                await connection.execute(sa.text("SELECT 1"))
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise translate(error) from None

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def make_engine(
    url: str | URL,
    schema: str,
    *,
    pool_size: int = POOL_SIZE,
    statement_s: float = STATEMENT_S,
    pool_wait_s: float = POOL_WAIT_S,
    isolation: Literal["REPEATABLE READ", "READ COMMITTED"] = "REPEATABLE READ",
) -> AsyncEngine:
    """Return an engine whose connections look in ``schema`` only and bound every statement."""
    engine = create_async_engine(
        make_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_wait_s,
        # The connection used last has its statements prepared, and its types looked up.
        pool_use_lifo=True,
        isolation_level=isolation,
        # Values never get into an error's text, whoever logs it.
        hide_parameters=True,
        connect_args={
            "timeout": CONNECT_S,
            "command_timeout": max(COMMAND_S, statement_s + LOCK_S),
            "server_settings": {
                "application_name": f"tianfu-{schema}",
                "search_path": schema,
                "timezone": "UTC",
                "statement_timeout": _ms(statement_s),
                "lock_timeout": _ms(LOCK_S),
                "idle_in_transaction_session_timeout": _ms(IDLE_S),
            },
        },
    )
    sa.event.listen(engine.sync_engine, "checkout", _look)
    sa.event.listen(engine.sync_engine, "checkin", _note)
    return engine


def _look(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Have a connection that died with the server replaced before it is used.

    SQLAlchemy's ``pool_pre_ping`` asks each time, which takes three messages and their answers:
    a transaction, an empty statement and its end.
    """
    if connection.driver_connection.is_closed():
        raise sa.exc.InvalidatePoolError
    returned = record.info.get(RETURNED)
    if returned is None or time.monotonic() - returned < PING_AFTER_S:
        return
    try:
        connection.ping()
    except Exception as error:
        # Whatever is wrong with it, a new one is what the caller needs.
        raise sa.exc.InvalidatePoolError from error


def _note(_connection: Any, record: ConnectionPoolEntry) -> None:
    """Note when a connection was given back."""
    record.info[RETURNED] = time.monotonic()


def hold(connection: sa.Connection, lock: int) -> None:
    """Wait for an advisory lock and keep it until the transaction ends."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock_key(lock), type_=sa.Text)))


def lock_key(lock: int) -> sa.BindParameter[int]:
    """Return an advisory lock's number as PostgreSQL wants it: 64 bits."""
    return sa.bindparam("lock_key", lock, sa.BigInteger)


def sqlstate(error: BaseException) -> str:
    """Return the five characters that PostgreSQL gave, or an empty text."""
    found: Any = getattr(error, "orig", None)
    return str(getattr(found, "sqlstate", None) or "")


def translate(error: BaseException) -> Exception:
    """Return what a driver's error means, without a word of the driver."""
    state = sqlstate(error)
    if state in TIMED_OUT:
        return DatabaseTimeout(
            "the database did not finish in time; try again", retry_after=RETRY_AFTER
        )
    if state[:2] == DATA_CLASS:
        return ValueUnstorable("a value can't be stored; U+0000 in a text, for instance")
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    # No SQLSTATE: the error is of the connection, not of a statement.
    away = state[:2] in AWAY_CLASSES or (not state and _of_connection(error))
    if lost or away:
        log.warning("database unavailable", sqlstate=state, kind=type(error).__name__)
        return DatabaseUnavailable(
            "the database can't be reached; try again", retry_after=RETRY_AFTER
        )
    return DatabaseFault(f"SQLSTATE {state or 'unknown'} ({type(error).__name__})")


def _of_connection(error: BaseException) -> bool:
    # Of several servers none takes writes just now: one is being promoted.
    found: Any = getattr(error, "orig", None)
    if isinstance(getattr(found, "__cause__", None), TargetServerAttributeNotMatched):
        return True
    if isinstance(error, OSError | TimeoutError | PoolTimeoutError):
        return True
    # asyncpg raises InterfaceError for a connection that is closed or closing.
    return isinstance(error, DBAPIError) and type(error).__name__ in {
        "InterfaceError",
        "OperationalError",
    }


def _ms(seconds: float) -> str:
    return str(int(seconds * 1000))


def _counter(registry: CollectorRegistry) -> Counter:
    name = "tianfu_database_transactions"
    # One process may have several databases; the counter is theirs together.
    found = registry._names_to_collectors.get(f"{name}_total")  # noqa: SLF001 - no public look-up
    if isinstance(found, Counter):
        return found
    return Counter(f"{name}_total", "Transactions, by outcome", ["outcome"], registry=registry)
