"""From the previous release's wheel to this one's, under load: ``python -m bench.upgrade``.

Both wheels are built and unpacked. ``tianfu up --profile ha`` of the previous one starts the
platform: its keys, schemas, settings and processes. Under the load of `bench.ha` (writes to the
fleet, reads of every part, 1,600 readings/s) it is left alone for ``--calm`` seconds: that is the
baseline. Then comes the order of docs/upgrading.md: rights, schemas, and one process after the
other, each told to end by SIGTERM and started anew from this release's wheel in its place, with the
settings of before: who stands by, then who leads; the operators, the keeper of PostgreSQL, agents
last. A service's next process is told to end once both have come as far as their turn.

Asked is what `bench.ha` asks. nats-server and PostgreSQL are no part of the wheel and stay; so does
the supervisor, which is what a kubelet is elsewhere. ``--previous`` names a commit that stands in
for the previous release: until there is one, the first that has the profile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench import ha
from cli.local import programs, stores
from cli.local.folder import Folder
from cli.local.stack import SERVICES
from cli.local.state import remembered
from cli.local.supervisor import Program
from tests.support.ha_platform import Outages, Platform, platform
from tests.support.releases import Releases

CALM_S: Final = 30.0
PREVIOUS: Final = "3668f8c"
MIGRATE_S: Final = 120.0
MIGRATES: Final = (
    programs.fleet_migrate,
    programs.disaster_warning_migrate,
    programs.healthcare_migrate,
    programs.credit_supervision_migrate,
    programs.gateway_migrate,
    programs.energy_migrate,
)


def renew_rights(running: Platform) -> None:
    """Write everybody's credentials as this release has them, and have the servers read theirs."""
    for server in stores.nats(running.folder, remembered(running.folder)):
        os.kill(running.listed()[server.name], signal.SIGHUP)


def migrate(folder: Folder, python: Path) -> None:
    """Bring every schema to this release; raise RuntimeError with what a program said."""
    state = remembered(folder)
    for made in MIGRATES:
        program = by(python, made(folder, state))
        done = subprocess.run(
            program.arguments,
            env=dict(program.environment),
            cwd=program.folder,
            capture_output=True,
            text=True,
            timeout=MIGRATE_S,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program.name} ended with {done.returncode}: {done.stderr}")


def by(python: Path, program: Program) -> Program:
    """Return a program of ours with another interpreter."""
    return replace(program, arguments=(str(python), *program.arguments[1:]))


def in_order(running: Platform) -> list[str]:
    """Return what is replaced: of each pair who stands by first, agents last."""
    names: list[str] = []
    for part in (*SERVICES, "gateway", "operators"):
        pair = sorted((part, f"{part}-2"), key=lambda each: running.leader(each) is not None)
        names += pair
    agents = sorted(name for name in running.listed() if name.startswith("edge-"))
    return [*names, "postgres-keeper", *agents]


async def upgraded(running: Platform, releases: Releases) -> list[float]:
    """Go from the previous release to this one; return the seconds that leaders took to move."""
    await asyncio.to_thread(renew_rights, running)
    releases.become("this")
    await asyncio.to_thread(migrate, running.folder, releases.python)
    before, moved = running.listed(), []
    names = in_order(running)
    for name in names:
        await running.whole()
        took_s = await running.replace(name)
        if took_s is not None:
            moved.append(took_s)
        print(f"replaced {name}: {'no leader' if took_s is None else f'{took_s:.2f} s'}")
    await running.whole()
    left = [name for name in names if running.listed()[name] == before[name]]
    if left:
        raise RuntimeError(f"still of the previous release: {', '.join(left)}")
    return moved


async def run(calm_s: float, previous: str, folder: Path) -> list[dict[str, Any]]:
    """Return the figures."""
    releases = Releases(folder)
    releases.make()
    for name, commit in (("previous", previous), ("this", None)):
        releases.add(name, commit)
    releases.become("previous")
    async with platform(folder, releases.python) as running:
        print("the previous release is ready", flush=True)
        async with running.loaded():
            await asyncio.sleep(calm_s)
            calm: dict[str, Outages] = dict(running.reads)
            running.reads = {}
            calm_writes = len(running.acknowledged)
        async with running.loaded():
            moved = await upgraded(running, releases)
            # This release alone, for as long.
            await asyncio.sleep(calm_s)
        lost = await running.lost()
        storm = running.reads
        account = await asyncio.to_thread(running.ended)
    writes = (calm_writes, len(running.acknowledged))
    return ha.figures(calm, storm, moved, lost, account, writes)


def main() -> int:
    """Print the figures; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calm", type=float, default=CALM_S, help="seconds of the baseline")
    parser.add_argument("--previous", default=PREVIOUS, help="commit of the previous release")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(given.calm, given.previous, Path(folder)))
    print(json.dumps(found))
    return 0 if all(one["met"] for one in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
