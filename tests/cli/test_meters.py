"""The meters: profiles, registers, and what a real Modbus client reads."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusTcpClient

from cli.local import meters, ports, profiles
from cli.local.profiles import STEP_S, WEEK_S, Meter, Profile, Shown

ROOT = Path(__file__).parents[2]
FLAT = Profile.of("flat", (1000.0,) * 672)


def test_the_profiles_are_those_that_the_library_publishes() -> None:
    made = subprocess.run(
        [sys.executable, "tools/load_profiles.py", "--print"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )

    assert profiles.PATH.read_text(encoding="utf-8") == made.stdout


def test_a_week_has_672_steps_and_about_a_year_of_them_a_gigawatt_hour() -> None:
    for profile in profiles.load().values():
        assert len(profile.kw) == 672
        # A week of January is above the mean of the year, by a third at most.
        assert 0.9 < profile.kwh[-1] * 52 / profiles.PROFILE_KWH_PER_YEAR < 1.34


def test_power_is_the_step_mean_and_energy_its_integral() -> None:
    profile = Profile.of("steps", (4.0, 8.0) + (0.0,) * 670)

    assert [profile.power_kw(t) for t in (0, 899, 900, WEEK_S)] == [4.0, 4.0, 8.0, 4.0]
    assert profile.energy_kwh(0) == 0
    assert profile.energy_kwh(STEP_S) == pytest.approx(1.0)
    assert profile.energy_kwh(STEP_S * 1.5) == pytest.approx(2.0)
    assert profile.energy_kwh(WEEK_S + STEP_S) == pytest.approx(4.0)


def test_energy_never_falls_whatever_the_customer() -> None:
    known = profiles.load()
    for position in range(12):
        each = meters.settings_of(position, "m", 1)
        meter = Meter("m", known[each.profile], each.annual_kwh, each.power_factor, each.shift_s)
        shown = [meter.shown(t).energy_kwh for t in range(0, WEEK_S + 7200, 1777)]

        assert shown == sorted(shown)


def test_what_a_meter_shows_agrees_with_itself() -> None:
    shown = Meter("m", FLAT, 100_000.0, 0.9, 0).shown(3600.0)

    assert shown.power_kw == pytest.approx(100.0)
    assert 207 < shown.volt < 253
    assert 3 * shown.volt * shown.ampere * 0.9 == pytest.approx(100_000.0)


def test_registers_hold_scales_and_word_orders() -> None:
    shown = Shown(power_kw=1.5, energy_kwh=655.37, volt=229.96, ampere=-1.0)

    assert meters.registers(shown) == [0x3FC0, 0, 1, 1, 2300, 0xFFFF, 0xFC18]


def test_energy_begins_again_after_the_greatest_number() -> None:
    shown = Shown(power_kw=0, energy_kwh=2**32 / 100 + 0.01, volt=0, ampere=0)

    assert meters.registers(shown)[2:4] == [1, 0]


@pytest.fixture
async def client() -> AsyncIterator[AsyncModbusTcpClient]:
    port = ports.choose(["meter"], {}, Path("/tests"))["meter"]
    settings = meters.Settings(0.0, 900.0, (meters.settings_of(0, "meter-1", port),))
    stop = asyncio.Event()
    server = asyncio.create_task(meters.serve(settings, stop, lambda: 4.0))
    reader = AsyncModbusTcpClient(ports.HOST, port=port, timeout=5)
    async with asyncio.timeout(20):
        while not await reader.connect():
            pass
    yield reader
    reader.close()
    stop.set()
    await server


async def test_a_client_reads_the_profile_at_accelerated_time(
    client: AsyncModbusTcpClient,
) -> None:
    answer = await client.read_holding_registers(0, count=meters.REGISTERS, device_id=1)

    # 4 s of ours are an hour of the profile: its fifth step, for 60 flats.
    expected = profiles.load()["h25"].kw[4] * 0.21
    power = client.convert_from_registers(answer.registers[:2], client.DATATYPE.FLOAT32)
    energy = client.convert_from_registers(
        answer.registers[2:4], client.DATATYPE.UINT32, word_order="little"
    )
    assert power == pytest.approx(expected, rel=1e-5)
    assert isinstance(energy, int)
    # The week that the customer's shift may reach back into, and the first hour.
    week, hour = profiles.load()["h25"].kwh[-1], profiles.load()["h25"].kwh[4]
    assert energy / 100 == pytest.approx((week + hour) * 0.21, abs=0.01)


async def test_registers_can_not_be_written(client: AsyncModbusTcpClient) -> None:
    answer = await client.write_register(0, 1, device_id=1)

    assert answer.isError()


async def test_registers_that_are_not_there_are_refused(client: AsyncModbusTcpClient) -> None:
    answer = await client.read_holding_registers(5, count=20, device_id=1)

    assert answer.isError()
