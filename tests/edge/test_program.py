"""A driver that is a program: the template, and programs that crash, hang, flood and lie."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bus_settings import ProgramSource
from edge.driver_settings import SeriesSettings
from edge.drivers import program
from edge.drivers.driver import DriverFailed
from edge.drivers.program import BadLine, ProgramDriver, parse
from edge.reading import Priority, Quality, RawValue, Scaling
from edge.sampling import Sampling
from tests.edge.doubles import FakeClock
from tests.support.waiting import until

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "edge"
KNOWN = frozenset({"t"})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(b'{"series":"t","value":21.5}', RawValue("t", 21.5), id="shortest"),
        pytest.param(
            b'{"series":"t","value":2,"time_us":7,"quality":"bad","more":1}',
            RawValue("t", 2.0, Quality.BAD, 7),
            id="all-there-is",
        ),
        pytest.param(
            b'{"series":"t","value":1' + b"0" * 400 + b"}", RawValue("t", float("inf")), id="huge"
        ),
    ],
)
def test_what_a_line_says(line: bytes, expected: RawValue) -> None:
    assert parse(line, KNOWN) == expected


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"hello", "no JSON"),
        (b"[1]", "no JSON object"),
        (b"[" * 50_000, "no JSON"),
        (b'{"value":1}', "series"),
        (b'{"series":"u","value":1}', "'u' is not in the settings"),
        (b'{"series":["t"],"value":1}', "series"),
        (b'{"series":"t"}', "value"),
        (b'{"series":"t","value":true}', "value"),
        (b'{"series":"t","value":"1"}', "value"),
        (b'{"series":"t","value":1,"time_us":1.5}', "time_us"),
        (b'{"series":"t","value":1,"quality":"fine"}', "quality"),
        (b'{"series":"t","value":1,"quality":["good"]}', "quality"),
    ],
)
def test_a_line_without_sense_says_why(line: bytes, why: str) -> None:
    with pytest.raises(BadLine, match=why):
        parse(line, KNOWN)


@given(st.binary(max_size=200))
def test_no_line_breaks_the_reader(line: bytes) -> None:
    try:
        assert isinstance(parse(line, KNOWN).value, float)
    except BadLine:
        return


# -- processes -------------------------------------------------------------------------------------


def driver(*command: str, folder: Path = EXAMPLES, series: str = "t") -> ProgramDriver:
    one = SeriesSettings(series, "1", 0, Priority.ROUTINE, Sampling(1.0), Scaling())
    return ProgramDriver(ProgramSource(command, folder, 30.0), [one], FakeClock())


def script(code: str) -> ProgramDriver:
    return driver(sys.executable, "-u", "-c", code)


async def values(reader: ProgramDriver, number: int) -> AsyncIterator[float]:
    found: list[float] = []

    async def came() -> bool:
        found.extend(one.value for one in await reader.read(["t"]))
        return len(found) >= number

    await until(came)
    for value in found:
        yield value


async def failure(reader: ProgramDriver) -> DriverFailed:
    """Return what the driver complains of next, values passed over."""
    failed: list[DriverFailed] = []

    async def fails() -> bool:
        try:
            await reader.read(["t"])
        except DriverFailed as error:
            failed.append(error)
        return bool(failed)

    await until(fails)
    return failed[0]


async def test_the_template_is_a_driver_and_ends_when_it_is_closed() -> None:
    reader = driver(sys.executable, "driver_template.py", series="machine.uptime")
    await reader.connect()
    (first, *_) = [value async for value in values(reader, 1)]
    assert first > 0
    process = reader._process
    assert process is not None
    await reader.close()
    assert process.returncode is not None


def test_the_template_ends_when_nobody_listens() -> None:
    ended = subprocess.run(
        [sys.executable, "driver_template.py"],
        cwd=EXAMPLES,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert parse(ended.stdout.splitlines()[0], frozenset({"machine.uptime"})).value > 0


async def test_a_program_that_crashes_is_told_with_its_last_words_and_started_anew() -> None:
    reader = script('import sys; print(\'{"series":"t","value":1}\'); sys.exit(\'no sensor\')')
    for _ in range(2):
        await reader.connect()
        assert [value async for value in values(reader, 1)] == [1.0]
        failed = await failure(reader)
        assert failed.reason == "PROGRAM_ENDED"
        assert "ended with 1; no sensor" in str(failed)
    await reader.close()


async def test_a_program_that_hangs_is_told_and_ended_with_all_it_started() -> None:
    code = (
        "import os,signal,subprocess,sys,time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        'print(\'{"series":"t","value":%d}\' % child.pid)\n'
        "time.sleep(600)\n"
    )
    reader = script(code)
    await reader.connect()
    (child, *_) = [int(value) async for value in values(reader, 1)]
    assert isinstance(reader._clock, FakeClock)
    reader._clock.advance(31)
    assert (await failure(reader)).reason == "PROGRAM_SILENT"
    await reader.close()

    def is_gone() -> bool:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return True
        # Nobody of ours waits for it: a container without init leaves it a zombie.
        return ") Z " in Path(f"/proc/{child}/stat").read_text()

    await until(is_gone)


async def test_nonsense_is_told_line_by_line_and_values_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(program, "LINE_BYTES_MAX", 4096)
    code = (
        "import time\n"
        "print('x' * 10_000)\n"
        "print('hello')\n"
        'print(\'{"series":"t","value":5}\')\n'
        "time.sleep(600)\n"
    )
    reader = script(code)
    await reader.connect()
    found: list[float] = []
    failed: list[DriverFailed] = []

    async def came() -> bool:
        # A value that was said comes before what was refused, one not yet said after it.
        try:
            found.extend(one.value for one in await reader.read(["t"]))
        except DriverFailed as error:
            failed.append(error)
        return len(found) + len(failed) == 3

    await until(came)
    assert found == [5.0]
    assert {one.reason for one in failed} == {"PROGRAM_SYNTAX"}
    assert "more than 4096 bytes" in str(failed[0])
    await reader.close()


async def test_a_program_that_floods_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "WAITING_MAX", 50)
    code = 'for n in range(20_000): print(\'{"series":"t","value":%d}\' % n)'
    reader = script(code)
    await reader.connect()
    most, found = 0, 0

    async def came() -> bool:
        nonlocal most, found
        taken = await reader.read(["t"])
        most, found = max(most, len(taken)), found + len(taken)
        return found == 20_000

    await until(came)
    assert most <= 50
    await reader.close()


async def test_a_program_sees_nothing_of_the_agents_surroundings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIANFU_EDGE_NATS_CREDENTIALS_FILE", "/secret")
    code = "import os,sys; sys.exit(' '.join(sorted(os.environ)))"
    reader = script(code)
    await reader.connect()
    failed = await failure(reader)
    assert "PATH" in str(failed)
    assert "TIANFU" not in str(failed)
    await reader.close()


async def test_a_program_that_is_not_there() -> None:
    reader = driver("/nowhere/at-all")
    with pytest.raises(DriverFailed) as failed:
        await reader.connect()
    assert failed.value.reason == "PROGRAM_UNSTARTED"


async def test_closing_leaves_no_task() -> None:
    reader = script("import time; time.sleep(600)")
    await reader.connect()
    await reader.close()
    await reader.close()
    assert len(asyncio.all_tasks()) == 1
