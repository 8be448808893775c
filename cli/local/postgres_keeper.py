"""``python -m cli.local.postgres_keeper SETTINGS``: keeps a primary of PostgreSQL and its standby.

It promotes a standby that the record makes the primary; has the primary wait for the standby with
each commit as long as there is one, and go on alone when there is none; has a standby that can't
follow begin anew. It may be killed at any moment: all it knows is in the record and in the servers.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import asyncpg

from cli.local.postgres_member import COPY_OF
from cli.local.postgres_pair import ADMINISTRATOR, HOST, Pair, Record, Settings, other_of

LOOK_S: Final = 0.3
"""Between looks: a dead primary is noticed so soon."""

ASK_S: Final = 3.0
"""One question. A server that is there answers in milliseconds."""

AWAY_S: Final = 2.0
"""A standby that is away for so long is not waited for any more: writers have waited as long."""

APPLIED_S: Final = 1.0
"""From a change of settings until all processes of the primary go by it: they look at once, between
two statements; only what is acknowledged after it counts."""

LOST_S: Final = 30.0
"""A standby that runs and does not follow for so long has missed what is no longer kept: it begins
anew with a copy. Ten times as long as it takes to connect again."""

Failed = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)

STANDBY: Final = """
    SELECT r.state, r.sync_state, r.flush_lsn >= $2::pg_lsn AS has_it,
           current_setting('synchronous_standby_names') <> '' AS waits,
           pg_current_wal_insert_lsn() AS position
    FROM (SELECT 1) AS one LEFT JOIN pg_stat_replication AS r ON r.application_name = $1
"""


def say(text: str) -> None:
    """Write a line into our log."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@dataclass
class Sight:
    """What was seen of the present standby, and when (seconds, monotonic)."""

    record: Record
    # Since when commits wait for it, as far as we know.
    waits_since_s: float | None = None
    # What it must have before it counts as in sync, a position in the primary's log.
    must_have: int | None = None
    # When it was last seen following.
    followed_s: float = 0.0


class Keeper:
    """Looks again and again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pair = Pair(settings.folder)
        self._connections: dict[str, asyncpg.Connection[Any]] = {}
        self._sight = Sight(self._pair.read(), followed_s=time.monotonic())
        self._complaint = ""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Look once, and do what is to be done."""
        record = self._pair.read()
        if replace(record, in_sync=False) != replace(self._sight.record, in_sync=False):
            self._sight = Sight(record, followed_s=time.monotonic())
        self._sight.record = record
        try:
            async with asyncio.timeout(ASK_S):
                await self._see_to(await self._connection(record.primary), record)
        except Failed as error:
            await self._forget(record.primary)
            self._complain(f"{record.primary} does not answer ({type(error).__name__})")
            self._complain(f"{record.primary} does not answer ({type(error).__name__})")
            after = self._pair.hand_over_from_the_dead(record)
            if after.primary != record.primary:
                say(f"{record.primary} is dead: {after.primary} takes over")
        else:
            self._complaint = ""

    def _complain(self, text: str) -> None:
        """Say it once, until it is another or has ended."""
        if text != self._complaint:
            say(text)
        self._complaint = text

    async def _see_to(self, primary: asyncpg.Connection[Any], record: Record) -> None:
        if await primary.fetchval("SELECT pg_is_in_recovery()"):
            say(f"{record.primary} is promoted")
            await primary.fetchval("SELECT pg_promote(false)")
            return
        sight, now_s = self._sight, time.monotonic()
        standby = other_of(record.primary)
        seen = await primary.fetchrow(STANDBY, standby, sight.must_have or 0)
        if seen["state"] != "streaming":
            await self._alone(primary, record, now_s, waits=seen["waits"])
            return
        sight.followed_s = now_s
        if not seen["waits"]:
            say(f"{standby} follows: commits wait for it")
            await self._have_wait(primary, f'"{standby}"')
            sight.waits_since_s = now_s
        elif not record.in_sync and seen["sync_state"] == "sync":
            self._count(record, seen, now_s)

    def _count(self, record: Record, seen: Any, now_s: float) -> None:
        """Count the standby as in sync once it has what was acknowledged without it."""
        sight = self._sight
        if sight.waits_since_s is None:
            sight.waits_since_s = now_s  # another keeper had it wait: perhaps just now
        if now_s - sight.waits_since_s < APPLIED_S:
            return
        if sight.must_have is None:
            sight.must_have = seen["position"]
        elif seen["has_it"]:
            with self._pair.locked():
                # Unless it was started anew since we looked.
                if self._pair.read() == record:
                    self._pair.write(replace(record, in_sync=True))
                    say(f"{other_of(record.primary)} has all that is acknowledged: in sync")

    async def _alone(
        self, primary: asyncpg.Connection[Any], record: Record, now_s: float, *, waits: bool
    ) -> None:
        """Have the primary go on without its standby, when that has been away for long enough."""
        sight, standby = self._sight, other_of(record.primary)
        sight.must_have = sight.waits_since_s = None
        away_s = now_s - sight.followed_s
        if waits and away_s > AWAY_S:
            with self._pair.locked():
                # First of all: from here on it may lack something.
                self._pair.write(replace(self._pair.read(), in_sync=False))
            say(f"{standby} is away: {record.primary} goes on alone")
            await self._have_wait(primary, "''")
        if away_s > LOST_S and self._pair.is_alive(standby):
            self._begin_anew(standby)
            sight.followed_s = now_s

    def _begin_anew(self, standby: str) -> None:
        data = self._settings.data(standby)
        if not (data / COPY_OF).exists():
            return  # it is being copied
        say(f"{standby} does not follow: it begins anew with a copy")
        (data / COPY_OF).unlink()
        with contextlib.suppress(OSError, ValueError, IndexError):
            line = (data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0]
            os.kill(int(line), signal.SIGINT)

    async def _have_wait(self, primary: asyncpg.Connection[Any], names: str) -> None:
        await primary.execute(f"ALTER SYSTEM SET synchronous_standby_names = {_quoted(names)}")
        await primary.execute("SELECT pg_reload_conf()")

    async def _connection(self, name: str) -> asyncpg.Connection[Any]:
        found = self._connections.get(name)
        if found is None or found.is_closed():
            found = self._connections[name] = await asyncpg.connect(
                host=HOST,
                port=self._settings.ports[name],
                user=ADMINISTRATOR,
                password=self._settings.password(),
                database="postgres",
                timeout=ASK_S,
                # A question must not wait for a standby: it writes nothing.
                server_settings={"application_name": "keeper", "synchronous_commit": "local"},
            )
        return found

    async def _forget(self, name: str) -> None:
        found = self._connections.pop(name, None)
        if found is not None:
            found.terminate()


def _quoted(names: str) -> str:
    return names if names == "''" else f"'{names}'"


def main(arguments: list[str]) -> None:
    """Keep the pair until told to stop."""

    async def until_signal() -> None:
        keeping = asyncio.ensure_future(Keeper(Settings.read(Path(arguments[0]))).run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, keeping.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await keeping

    asyncio.run(until_signal())


if __name__ == "__main__":
    main(sys.argv[1:])
