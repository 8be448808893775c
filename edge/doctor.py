"""``tianfu-edge doctor``: what is wrong with this device, and what to do, in the order of causes.

Each check says one thing. A check that can't be made because an earlier one failed is left out.
While an agent runs, its devices and its spool are its own: then the doctor goes by its status.
"""

from __future__ import annotations

import asyncio
import enum
import shutil
import stat
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any, Final

from edge import clock as clocks
from edge import settings, spool_inspection, status
from edge.clock import MICROSECONDS, Clock
from edge.enrolment import identity
from edge.settings import InvalidSettings, Settings
from edge.spool_file import SpoolRefused
from edge.spool_inspection import Inspected
from edge.update.settings import UpdateSettings

STATUS_OLD_S: Final = 30.0
"""An agent writes its status every two seconds; one so old is of an agent that hangs."""

OFFSET_DOUBTFUL_S: Final = 1.0
"""Readings are corrected by the offset; a clock so far off was never set by the network."""

FILLED_DOUBTFUL: Final = 0.8
"""Beyond this share of its bound a spool drops readings soon."""


class Verdict(enum.StrEnum):
    """How grave a finding is; only ``bad`` makes the doctor fail."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What one check found: where, how it stands, in words, and what to do."""

    check: str
    verdict: Verdict
    says: str
    reason: str = ""
    fix: str = ""


def _good(check: str, says: str) -> Finding:
    return Finding(check, Verdict.GOOD, says)


def _bad(check: str, reason: str, says: str, fix: str) -> Finding:
    return Finding(check, Verdict.BAD, says, reason, fix)


def _doubtful(check: str, reason: str, says: str, fix: str) -> Finding:
    return Finding(check, Verdict.DOUBTFUL, says, reason, fix)


async def examine(file: Path, environ: Mapping[str, str], clock: Clock) -> AsyncIterator[Finding]:
    """Yield what each check finds, as it is found."""
    try:
        loaded = settings.load(file, environ)
        if missing := settings.missing_files(loaded, file=str(file)):
            raise missing
    except InvalidSettings as error:
        for one in error.errors:
            yield _bad("settings", "SETTINGS_INVALID", one.render(error.file), f"correct {file}")
        return
    yield _good("settings", f"{file}: node {loaded.node}, {len(loaded.drivers)} drivers")
    async for finding in examine_loaded(loaded, status.read(loaded.data_dir), clock, str(file)):
        yield finding


async def examine_loaded(
    loaded: Settings, said: dict[str, Any] | None, clock: Clock, file: str
) -> AsyncIterator[Finding]:
    """Yield what each check finds by settings that are good, and what the agent said last."""
    is_running = said is not None and bool(said["running"])
    yield agent(said, clock)
    if said is not None and said.get("settings", {}).get("reason"):
        reloaded = said["settings"]
        fix = f"correct {file}, then reload the agent"
        yield _doubtful("settings", reloaded["reason"], reloaded["message"], fix)
    if loaded.update is not None:
        yield updates(loaded.update, said)
    for finding in await asyncio.to_thread(disk, loaded, clock):
        yield finding
    yield clock_of(said, clock)
    who, finding = identity_of(loaded, clock, is_running=is_running)
    yield finding
    if who or loaded.credentials_file is not None:
        async for finding in link(loaded, clock):
            yield finding
    for finding in apps(said if is_running else None):
        yield finding
    async for finding in drivers(loaded, said if is_running else None, clock):
        yield finding


def agent(said: dict[str, Any] | None, clock: Clock) -> Finding:
    """Return whether the agent runs, and says so."""
    start = "start it: `systemctl start tianfu-edge`, or `tianfu-edge run --config FILE`"
    if said is None:
        return _doubtful("agent", "AGENT_NEVER_RAN", "no agent ever ran here", start)
    if not said["running"]:
        return _doubtful("agent", "AGENT_NOT_RUNNING", "no agent runs", start)
    age_s = (clock.wall_us() - said["written_us"]) / MICROSECONDS
    if age_s > STATUS_OLD_S:
        says = f"process {said['pid']} has said nothing for {age_s:.0f} s"
        return _bad("agent", "AGENT_SILENT", says, "restart it, and keep its log for a report")
    return _good("agent", f"process {said['pid']}, version {said['version']}")


def updates(loaded: UpdateSettings, said: dict[str, Any] | None) -> Finding:
    """Return whether the agent has the release that it is to have, and if not, why."""
    if not loaded.root_file.is_file():
        fix = "put there what `tianfu keys updates` printed, or enrol anew where it is handed over"
        return _bad("updates", "UPDATE_ROOT_UNREADABLE", f"{loaded.root_file} is no file", fix)
    found = (said or {}).get("updates")
    if not found:
        fix = "run the agent by `tianfu-edge start`, with the extra `update` installed"
        return _doubtful("updates", "UPDATE_NOT_FOLLOWED", "no agent looked for releases yet", fix)
    if found["reason"]:
        says = f"version {found['version']} runs: {found['message']}"
        fix = "sign a release that is well with a higher version, and publish it"
        return _doubtful("updates", found["reason"], says, fix)
    return _good("updates", f"version {found['version']} of channel {found['channel']}")


def disk(loaded: Settings, clock: Clock) -> list[Finding]:
    """Return how the data folder stands, and the spool in it."""
    folder = loaded.data_dir
    there = next(one for one in (folder, *folder.parents) if one.exists())
    try:
        spool = spool_inspection.inspect(loaded, clock)
    except (SpoolRefused, OSError) as error:
        reason = getattr(error, "reason", "SPOOL_UNREADABLE")
        return [_bad("spool", reason, str(error), "run this as root or as the agent's user")]
    used = 0 if spool is None else spool.used_bytes
    free, bound = shutil.disk_usage(there).free, loaded.spool.bytes_max
    if free + used < bound:
        says = f"the spool may take {bound / 1e6:.0f} MB and {(free + used) / 1e6:.0f} MB are there"
        found = [_doubtful("disk", "DISK_SMALL", says, "free some, or lower spool.bytes_max")]
    else:
        found = [_good("disk", f"{there}: {free / 1e6:.0f} MB free")]
    if spool is None:
        return [*found, _good("spool", "none yet; the agent makes it")]
    return [*found, *_spool(spool)]


def _spool(spool: Inspected) -> list[Finding]:
    found = []
    if spool.damage:
        fix = "start the agent: it moves the file aside and begins a new one; then look at the card"
        found.append(_bad("spool", "SPOOL_DAMAGED", spool.damage, fix))
    if spool.set_aside:
        says = f"{len(spool.set_aside)} damaged files were moved aside: {spool.set_aside[-1]}"
        fix = "look at the card (`dmesg`, its age); remove the files when you need them no more"
        found.append(_doubtful("spool", "SPOOL_WAS_DAMAGED", says, fix))
    if spool.dropped_readings:
        says = f"{spool.dropped_readings} readings of this epoch were dropped"
        fix = "`tianfu-edge spool` shows which and why; for longer outages raise spool.bytes_max"
        found.append(_doubtful("spool", "READINGS_DROPPED", says, fix))
    if spool.bytes_max and spool.used_bytes > FILLED_DOUBTFUL * spool.bytes_max:
        says = f"{spool.used_bytes / spool.bytes_max:.0%} full: it drops the least urgent soon"
        found.append(_doubtful("spool", "SPOOL_NEARLY_FULL", says, "see the link, below"))
    says = f"{spool.waiting_readings} readings wait, {spool.acknowledged} were acknowledged"
    return found or [_good("spool", says)]


def clock_of(said: dict[str, Any] | None, clock: Clock) -> Finding:
    """Return how this device's clock stands."""
    if not clocks.is_set(clock.wall_us()):
        fix = "let the network set it: `timedatectl set-ntp true`"
        return _bad("clock", "CLOCK_UNSET", "the clock was never set", fix)
    offset_us = None if said is None else said["clock_offset_us"]
    if offset_us is None:
        return _good("clock", "set; not compared with the platform's yet")
    if abs(offset_us) > OFFSET_DOUBTFUL_S * MICROSECONDS:
        says = f"{offset_us / MICROSECONDS:+.1f} s to the platform; readings are corrected by it"
        fix = "let the network set it: `timedatectl set-ntp true`"
        return _doubtful("clock", "CLOCK_OFF", says, fix)
    return _good("clock", f"{offset_us / 1000:+.1f} ms to the platform")


def identity_of(
    loaded: Settings, clock: Clock, *, is_running: bool
) -> tuple[identity.Facts | None, Finding]:
    """Return who this device is. The files of a running agent are not touched, only read."""
    enrol = "enrol it: `tianfu-edge enroll CODE`, with a code of `tianfu nodes enrol NODE`"
    if loaded.credentials_file is not None:
        return None, _good("identity", f"credentials of {loaded.node} in {loaded.credentials_file}")
    try:
        if is_running:
            facts = identity.facts_of(loaded.data_dir)
        else:
            held = identity.load_for(loaded.node, loaded.data_dir)
            facts = None if held is None else held.facts
    except identity.IdentityDamaged as error:
        return None, _bad("identity", error.reason, str(error), enrol)
    if facts is None:
        return None, _bad("identity", "NOT_ENROLLED", "this device is not enrolled", enrol)
    seed = identity.folder_of(loaded.data_dir) / identity.SEED
    if stat.S_IMODE(seed.stat().st_mode) & 0o077:
        fix = f"chmod 600 {seed}; if others had access to the device, enrol anew"
        return facts, _bad("identity", "IDENTITY_EXPOSED", f"others may read {seed}", fix)
    left_s = (facts.expire_us - clock.wall_us()) / MICROSECONDS
    if left_s < 0:
        says = f"credentials of {facts.node} ended {-left_s / 86_400:.1f} days ago"
        fix = "nothing, if there is a link: the agent asks for new ones; else see the link, below"
        return facts, _doubtful("identity", "CREDENTIALS_EXPIRED", says, fix)
    return facts, _good("identity", f"{facts.node}, good for {left_s / 86_400:.1f} days")


def apps(said: dict[str, Any] | None) -> list[Finding]:
    """Return how each app does, and which of its limits nothing here holds it to."""
    found = []
    for one in (said or {}).get("apps", ()):
        name = f"app {one['name']}"
        if one["reason"]:
            fix = "its log is log.txt in its folder; the plan or a new revision mends it"
            found.append(_bad(name, one["reason"], one["message"] or one["state"], fix))
        elif one.get("unenforced"):
            says = f"nothing here holds it to its {', '.join(one['unenforced'])}"
            fix = "cpu needs cgroup v2, which the packaged unit gives the agent (Delegate=)"
            found.append(_doubtful(name, "APP_LIMITS_UNENFORCED", says, fix))
        else:
            found.append(_good(name, f"{one['state'].lower()}, revision {one['revision']}"))
    return found


async def link(loaded: Settings, clock: Clock) -> AsyncIterator[Finding]:
    """Yield how each address of the platform answers, from name to credentials."""
    from edge.enrolment.renewal import access_by  # noqa: PLC0415 - the network's code is slow to load
    from edge.link import REFUSED, UNAUTHORIZED, Access, Link  # noqa: PLC0415 - as above

    if loaded.credentials_file is not None:
        access = Access((loaded.nats_url or DEFAULT_URL,), loaded.credentials_file)
    else:
        facts = identity.facts_of(loaded.data_dir)
        if facts is None:
            says = "there is nothing to log in with"
            yield _bad("link", "NOT_ENROLLED", says, "`tianfu-edge enroll CODE`")
            return
        access = access_by(facts, identity.folder_of(loaded.data_dir), loaded.nats_url)
    from edge.counters import Counters  # noqa: PLC0415 - as above

    for url in access.urls:
        began = clock.monotonic()
        one = Access((url,), access.credentials)
        jitter = SystemRandom().random
        probe = Link(loaded.node, one, clock=clock, counters=Counters(), jitter=jitter)
        if await probe.probe():
            took_ms = (clock.monotonic() - began) * 1000
            yield _good("link", f"{url}: logged in within {took_ms:.0f} ms")
        elif probe.reason == UNAUTHORIZED:
            fix = "the agent asks for new ones; turned out? `tianfu nodes enrolment NODE` says"
            yield _bad("link", UNAUTHORIZED, f"{url}: {REFUSED}", fix)
        else:
            fix = "check cable or radio, name service and firewall; readings wait in the spool"
            yield _bad("link", probe.reason, f"{url}: {probe.message}", fix)


DEFAULT_URL: Final = "nats://127.0.0.1:4222"
"""Where a server is when the settings name credentials and no address."""


async def drivers(
    loaded: Settings, said: dict[str, Any] | None, clock: Clock
) -> AsyncIterator[Finding]:
    """Yield how each driver does: as the running agent says, or by reading each once."""
    fix = "check the device, its cable and address; `tianfu-edge run --once` prints what it says"
    if said is not None:
        for one in said["drivers"]:
            name = f"driver {one['name']}"
            if one["reason"]:
                yield _bad(name, one["reason"], one["message"], fix)
            else:
                yield _good(name, f"{one['sent']} readings sent, {one['failures']} failures")
        return
    from edge.counters import Counters  # noqa: PLC0415 - as above
    from edge.drivers import driver as made  # noqa: PLC0415 - as above
    from edge.poller import Poller  # noqa: PLC0415 - as above

    async def nowhere(measured: object, ticket: object = None) -> None:
        del measured, ticket

    for settings_of_one in loaded.drivers:
        driver = made.make(settings_of_one, clock)
        poller = Poller(
            settings_of_one, driver, nowhere, clock=clock, counters=Counters(), jitter=lambda: 0.0
        )
        try:
            values = await poller.poll()
        finally:
            await driver.close()
        name = f"driver {settings_of_one.name}"
        if poller.state.reason:
            yield _bad(name, poller.state.reason, poller.state.message, fix)
        else:
            yield _good(name, f"{len(values)} of {len(settings_of_one.series)} series answered")


def rendered(finding: Finding) -> str:
    """Return a finding as a person reads it."""
    marks = {Verdict.GOOD: "ok  ", Verdict.DOUBTFUL: "?   ", Verdict.BAD: "BAD "}
    code = f" [{finding.reason}]" if finding.reason else ""
    fix = f"\n      fix: {finding.fix}" if finding.fix else ""
    return f"{marks[finding.verdict]}  {finding.check}: {finding.says}{code}{fix}"
