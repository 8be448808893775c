"""Writes that answer nothing, gathered: one statement and one answer in place of many.

An earthquake's transaction writes eight tables. Each statement of its own costs a message to
PostgreSQL and one back, while people wait. So they are kept until something is read or the
transaction ends, and then sent together, as the parts (CTE) of one statement.

The parts of one statement see nothing of each other, so they may not write the same rows. A
statement writes tables of its own, and one that is gathered already sends what there is first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

KINDS_MAX: Final = 64
"""Different statements kept ready, of some dozen that there are."""

SHARED_FROM: Final = 16
"""Entries of a list, or bytes, from which it is looked whether the same is sent already."""

_PARAMETER: Final = re.compile(r"(?<!:):([a-z_]+)")


class Gathering:
    """A connection within a transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Take a connection that nobody else uses meanwhile."""
        self._connection = connection
        self._later: dict[str, Mapping[str, Any]] = {}

    def execute(
        self, statement: sa.Executable, values: Mapping[str, Any] | None = None
    ) -> sa.CursorResult[Any]:
        """Send what was gathered, then this, and return its answer."""
        return self.plain.execute(statement, values)

    def later(self, statement: str, values: Mapping[str, Any]) -> None:
        """Gather a statement that writes, whose answer nobody needs. Its tables are its own."""
        if statement in self._later:
            self.flush()
        self._later[statement] = values

    @property
    def plain(self) -> sa.Connection:
        """The connection itself, with nothing gathered any more."""
        if self._later:
            self.flush()
        return self._connection

    def flush(self) -> None:
        """Send what was gathered."""
        gathered, self._later = self._later, {}
        if not gathered:
            return
        values: dict[str, Any] = {}
        names: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        for n, (statement, own) in enumerate(gathered.items()):
            named = {name: _same(value, values) or f"{name}_{n}" for name, value in own.items()}
            values |= {named[name]: value for name, value in own.items()}
            names.append((statement, tuple(named.items())))
        self._connection.execute(_together(tuple(names)), values)


def _same(value: object, values: Mapping[str, object]) -> str | None:
    """Return the parameter that has a value already, if it is a large one: it is sent once.

    Hundreds of counties' notices stand in a warning's version and in what each county is told.
    """
    if not isinstance(value, (list, bytes)) or len(value) < SHARED_FROM:
        return None
    return next((name for name, other in values.items() if other == value), None)


@lru_cache(KINDS_MAX)
def _together(statements: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]) -> sa.TextClause:
    """Return statements as one, their parameters under the names given for each."""
    parts = [
        f"part_{n} AS ({_renamed(statement, dict(names))})"
        for n, (statement, names) in enumerate(statements)
    ]
    return sa.text(f"WITH {', '.join(parts)} SELECT 1")


def _renamed(statement: str, names: Mapping[str, str]) -> str:
    return _PARAMETER.sub(lambda found: f":{names[found[1]]}", statement)
