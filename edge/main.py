"""``tianfu-edge``: run the agent, check its settings, show its status.

Exit status: 0 done or stopped, 1 no agent runs or nothing is to be acknowledged, 2 wrong settings
or usage, 3 the spool or the machine does not allow it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any, Final

from edge import logs, settings, spool_file, status
from edge.clock import SystemClock
from edge.driver_settings import DriverSettings, SimulatedSource, Wave
from edge.service_manager import ServiceManager
from edge.settings import InvalidSettings, Settings
from edge.spool import Spool
from edge.spool_file import SpoolRefused

if TYPE_CHECKING:
    from edge.agent import Agent

CONFIG: Final = "/etc/tianfu/edge.toml"
"""Where the service looks."""

DONE: Final = 0
NOT_RUNNING: Final = 1
WRONG_SETTINGS: Final = 2
REFUSED: Final = 3

INSPECTOR_COMMANDS: Final = frozenset({"inspector", "visits", "form", "fill"})

NO_FILES_NEEDED: Final = INSPECTOR_COMMANDS | {"status", "acknowledge", "doctor", "link", "spool"}
"""Commands that do something, or say what is wrong, without the files that the settings name."""

EPILOG: Final = """\
exit status: 0 done or stopped, 1 no agent runs or nothing is there, 2 wrong settings,
3 refused by the machine, or the doctor found something bad

environment: TIANFU_EDGE_NODE_ID, TIANFU_EDGE_DATA_DIR, TIANFU_EDGE_NATS_URL,
TIANFU_EDGE_NATS_CREDENTIALS_FILE, TIANFU_EDGE_TRACE_FILE, TIANFU_EDGE_STATION_CONFIG_FILE and
TIANFU_EDGE_STATION_SHARED_FOLDER override the settings file.
"""


FILE_HELP: Final = f"settings, TOML; {CONFIG} without one"

BOX_COMMANDS: Final = {
    "doctor": "what is wrong with this device, and what to do",
    "link": "try each address of the platform: name, connection, credentials",
    "spool": "what the spool holds, what it dropped and why",
}
"""What a technician at the device asks."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    given = _parser().parse_args(arguments)
    file = Path(given.file)
    if given.command == "enroll":
        return _enroll(given, file)
    if given.command == "start":
        from edge.update import launcher  # noqa: PLC0415 - only for who asks

        return launcher.start(file.absolute(), _version())
    if given.command == "doctor":
        from edge import box_commands  # noqa: PLC0415 - only for who asks

        return box_commands.examine(file, os.environ, is_json=given.json)
    try:
        loaded = _load(given, file)
    except InvalidSettings as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_SETTINGS
    return _do(given, loaded, file)


def _load(given: argparse.Namespace, file: Path) -> Settings:
    """Return the settings that a command goes by; raise InvalidSettings."""
    loaded = settings.load(file, os.environ)
    if getattr(given, "simulate", False):
        drivers = tuple(map(_simulated, loaded.drivers))
        loaded = replace(loaded, drivers=drivers, seismic=None)
    if given.command not in NO_FILES_NEEDED and (
        missing := settings.missing_files(loaded, file=str(file))
    ):
        raise missing
    return loaded


def _do(given: argparse.Namespace, loaded: Settings, file: Path) -> int:
    """Do one of the commands that need settings."""
    if given.command == "station":
        return _station(loaded)
    if given.command in ("link", "spool"):
        from edge import box_commands  # noqa: PLC0415 - only for who asks

        act = box_commands.link if given.command == "link" else box_commands.spool
        return act(loaded, is_json=given.json)
    if given.command in INSPECTOR_COMMANDS:
        return _inspect(given, loaded)
    if given.command in ("status", "acknowledge"):
        asks = given.command == "acknowledge"
        return _acknowledge(loaded, given.warning) if asks else _status(loaded, is_json=given.json)
    if given.command == "check" or given.check_config:
        series = sum(len(driver.series) for driver in loaded.drivers)
        _say(f"{file}: good: node {loaded.node}, {len(loaded.drivers)} drivers, {series} series")
        return DONE
    return asyncio.run(_once(loaded)) if given.once else _run(loaded, lambda: _load(given, file))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tianfu-edge",
        description="Read sensors and meters, keep every reading until the platform has it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run", help="run the agent until SIGTERM; SIGHUP reads the settings again"
    )
    run.add_argument("--config", dest="file", required=True, metavar="FILE", help="settings, TOML")
    started = commands.add_parser(
        "start", help="run the agent's release whose turn it is, or the package's"
    )
    started.add_argument(
        "--config", dest="file", required=True, metavar="FILE", help="settings, TOML"
    )
    run.add_argument("--check-config", action="store_true", help="only check the settings")
    run.add_argument("--once", action="store_true", help="read every driver once and print values")
    run.add_argument(
        "--simulate", action="store_true", help="invent the values instead of reading devices"
    )
    check = commands.add_parser("check", help="check a settings file; all its errors at once")
    check.add_argument("file", metavar="FILE", help="settings, TOML")
    shown = commands.add_parser("status", help="what the agent of these settings last said")
    shown.add_argument(
        "--config", dest="file", required=True, metavar="FILE", help="settings, TOML"
    )
    shown.add_argument("--json", action="store_true", help="all of it, as JSON")
    for name, does in BOX_COMMANDS.items():
        box = commands.add_parser(name, help=does)
        box.add_argument("--config", dest="file", default=CONFIG, metavar="FILE", help=FILE_HELP)
        box.add_argument("--json", action="store_true", help="all of it, as JSON")
    joined = commands.add_parser("enroll", help="become a node: one token, once")
    joined.add_argument("code", metavar="CODE", help="join code or token; - for stdin, or @FILE")
    joined.add_argument(
        "--config", dest="file", default=CONFIG, metavar="FILE", help="settings; made if they lack"
    )
    joined.add_argument("--data-dir", type=Path, help="where the identity goes")
    joined.add_argument("--server", default="", help="https://HOST:PORT, with a bare token")
    joined.add_argument("--ca", type=Path, help="who signs the server's certificate, PEM")
    joined.add_argument(
        "--need-root-digest",
        action="store_true",
        help="refuse a code that does not say which root of signed releases is handed over",
    )
    beside = commands.add_parser(
        "station", help="write what a leaf server in a container beside reads, before it starts"
    )
    beside.add_argument(
        "--config", dest="file", required=True, metavar="FILE", help="settings, TOML"
    )
    heard = commands.add_parser("acknowledge", help="say that a warning has been heard here")
    heard.add_argument(
        "warning", metavar="WARNING", nargs="?", help="its id; without one, all that are in force"
    )
    heard.add_argument(
        "--config", dest="file", required=True, metavar="FILE", help="settings, TOML"
    )
    _add_inspector(commands)
    return parser


def _add_inspector(commands: Any) -> None:
    """Add what an inspector does at a handheld."""
    for name, does in {
        "inspector": "make the key that this handheld's inspector signs with",
        "visits": "visits that are yet to be reported on",
        "form": "print a visit's form, to be filled in",
        "fill": "sign a form that was filled in; it goes when there is a link",
    }.items():
        one = commands.add_parser(name, help=does)
        if name == "form":
            one.add_argument("inspection", metavar="VISIT", help="draws/DRAW/inspections/CODE")
        if name == "fill":
            one.add_argument("form", type=Path, metavar="FORM", help="the form, TOML")
        if name == "visits":
            one.add_argument("--json", action="store_true", help="all of it, as JSON")
        one.add_argument("--config", dest="file", default=CONFIG, metavar="FILE", help=FILE_HELP)


def _inspect(given: argparse.Namespace, loaded: Settings) -> int:
    from edge.inspections import command  # noqa: PLC0415 - only for who inspects

    if loaded.inspections is None:
        sys.stderr.write("tianfu-edge: the settings have no [inspections] [NO_HANDHELD]\n")
        return WRONG_SETTINGS
    if given.command == "inspector":
        return command.inspector(loaded, os.urandom(32))
    if given.command == "visits":
        return command.visits(loaded, is_json=given.json)
    if given.command == "form":
        return command.form(loaded, given.inspection)
    return command.fill(loaded, given.form)


def _station(loaded: Settings) -> int:
    if loaded.station is None or loaded.station.shared is None:
        sys.stderr.write("tianfu-edge: no leaf server runs beside this agent [NO_STATION]\n")
        return WRONG_SETTINGS
    from edge.agent_parts import make_station  # noqa: PLC0415 - only for who asks
    from edge.counters import Counters  # noqa: PLC0415 - as above

    station = make_station(loaded, SystemClock(), Counters(), SystemRandom())
    if station is None:
        raise AssertionError("not reached: there are settings of a station")
    asyncio.run(station.restore())
    if station.reason:
        sys.stderr.write(f"tianfu-edge: {station.message} [{station.reason}]\n")
        return REFUSED
    return DONE


def _enroll(given: argparse.Namespace, file: Path) -> int:
    from edge.enrolment import command  # noqa: PLC0415 - the network's code is for who enrols

    random = SystemRandom()
    wanted = command.Wanted(given.code, given.server, given.ca, given.need_root_digest)
    return command.run(wanted, file, given.data_dir, random.getrandbits)


def _run(loaded: Settings, load: Callable[[], Settings]) -> int:
    logs.set_up(loaded.log_level)
    random, clock = SystemRandom(), SystemClock()
    try:
        spool = Spool(
            loaded.data_dir,
            loaded.node,
            clock=clock,
            random_bits=random.getrandbits,
            bytes_max=loaded.spool.bytes_max,
            age_max_s=loaded.spool.age_max_s,
            zstd_level=loaded.batch.zstd_level,
        )
    except SpoolRefused as error:
        sys.stderr.write(f"tianfu-edge: {error} [{error.reason}]\n")
        return WRONG_SETTINGS if error.reason == "SPOOL_OF_ANOTHER_NODE" else REFUSED
    return asyncio.run(_until_signal(loaded, spool, clock, random, load))


async def _until_signal(
    loaded: Settings,
    spool: Spool,
    clock: SystemClock,
    random: SystemRandom,
    load: Callable[[], Settings],
) -> int:
    from edge.agent import Agent  # noqa: PLC0415 - the network's code is for who runs, not checks
    from edge.enrolment import identity  # noqa: PLC0415 - as below
    from edge.reload import Reloader  # noqa: PLC0415 - as below

    stop, asked = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, asked.set)
    try:
        held = identity.load_for(loaded.node, loaded.data_dir)
        agent = Agent(loaded, spool, clock=clock, random=random, version=_version(), identity=held)
    except (SpoolRefused, identity.IdentityDamaged) as error:
        spool.close()
        sys.stderr.write(f"tianfu-edge: {error} [{error.reason}]\n")
        return REFUSED
    manager = ServiceManager.of(os.environ, os.getpid())
    watching = asyncio.create_task(manager.watch(stop), name="service manager")
    reloader = Reloader(agent, load, manager, clock)
    reloading = asyncio.create_task(reloader.run(asked), name="reload")
    renewing = asyncio.create_task(_stop_to_renew(agent, stop), name="renew")
    try:
        await agent.run(stop)
    finally:
        renewing.cancel()
        reloading.cancel()
        watching.cancel()
    return DONE


async def _stop_to_renew(agent: Agent, stop: asyncio.Event) -> None:
    """Stop the agent when another release is to be started in its place."""
    if agent.updates is not None:
        await agent.updates.restart.wait()
        stop.set()


async def _once(loaded: Settings) -> int:
    """Read every driver once; print what would be sent."""
    from edge.counters import Counters  # noqa: PLC0415 - as above
    from edge.drivers import driver as drivers  # noqa: PLC0415 - as above
    from edge.poller import Poller  # noqa: PLC0415 - as above

    async def nowhere(measured: object, ticket: object = None) -> None:
        del measured, ticket

    logs.set_up("error")  # what fails is printed below, once
    clock, outcome = SystemClock(), DONE
    for one in loaded.drivers:
        driver = drivers.make(one, clock)
        poller = Poller(one, driver, nowhere, clock=clock, counters=Counters(), jitter=lambda: 0.0)
        for measured in await poller.poll():
            reading = measured.reading
            _say(
                f"{one.name} {reading.series} {reading.value:g} {measured.key.unit}"
                f" {reading.quality.name}"
            )
        if poller.state.reason:
            sys.stderr.write(f"{one.name}: {poller.state.message} [{poller.state.reason}]\n")
            outcome = REFUSED
        await driver.close()
    return outcome


def _simulated(driver: DriverSettings) -> DriverSettings:
    """Return the driver with invented values within the ranges of its series."""
    series = []
    for one in driver.series:
        low, high = one.scaling.low, one.scaling.high
        if low is not None and high is not None:
            scale, offset = one.scaling.scale, one.scaling.offset
            base = ((low + high) / 2 - offset) / scale
            wave = Wave(base, abs((high - low) / 4 / scale))
            series.append(replace(one, wave=wave, register=None))
        else:
            series.append(replace(one, register=None))
    return replace(driver, source=SimulatedSource(), series=tuple(series))


def _status(loaded: Settings, *, is_json: bool) -> int:
    found = status.read(loaded.data_dir)
    if found is None:
        sys.stderr.write(
            f"tianfu-edge: no agent ever ran in {loaded.data_dir};"
            " start one with `tianfu-edge run --config FILE` [STATUS_MISSING]\n"
        )
        return NOT_RUNNING
    _say(json.dumps(found, indent=1) if is_json else status.rendered(found))
    return DONE if found["running"] else NOT_RUNNING


def _acknowledge(loaded: Settings, warning: str | None) -> int:
    """Ask the agent to acknowledge a warning; say what it did."""
    from edge.warnings import acknowledgements  # noqa: PLC0415 - only who asks

    if loaded.warnings is None:
        sys.stderr.write("tianfu-edge: the settings have no [warnings] [WARNINGS_NOT_FOLLOWED]\n")
        return WRONG_SETTINGS
    try:
        answer = acknowledgements.ask(loaded.data_dir, warning, os.getpid())
    except OSError as error:
        message = f"{loaded.data_dir}: {error.strerror}; run this as the agent's user"
        sys.stderr.write(f"tianfu-edge: {message} [ACKNOWLEDGEMENT_UNWRITABLE]\n")
        return REFUSED
    if not spool_file.is_locked(loaded.data_dir):
        sys.stderr.write(
            "tianfu-edge: no agent runs; it is acknowledged when one does, if it still holds then"
            " [AGENT_NOT_RUNNING]\n"
        )
        return NOT_RUNNING
    done = acknowledgements.answered(answer, SystemClock().monotonic)
    if done is None:
        sys.stderr.write("tianfu-edge: the agent does not answer [AGENT_SILENT]\n")
        return REFUSED
    for name in done:
        _say(f"acknowledged {name}")
    if not done:
        what = "nothing" if warning is None else warning
        sys.stderr.write(
            f"tianfu-edge: {what} is in force and not acknowledged yet [NOTHING_TO_ACKNOWLEDGE]\n"
        )
        return NOT_RUNNING
    return DONE


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _version() -> str:
    try:
        return metadata.version("tianfu")
    except metadata.PackageNotFoundError:
        return "unknown"
