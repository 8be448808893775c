"""The siren against a simulated relay: what it does, and what it says when it can't."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from edge.warnings.notices import Act, SinkKind
from edge.warnings.ports import SinkFailed
from edge.warnings.sinks import siren as sirens
from edge.warnings.sinks.modbus_relay import ModbusRelay
from edge.warnings.sinks.siren import Pattern, SirenSink
from tests.edge.warnings.sink_actions import CLOCK, DRILL, action
from tests.support.waiting import until
from tests.support.warning_devices import Relay, running

# -- siren -----------------------------------------------------------------------------------------


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    device = Relay()
    async with running(device):
        yield device


@pytest.fixture
async def siren(relay: Relay) -> AsyncIterator[SirenSink]:
    sink = siren_of(relay)
    yield sink
    await sink.close()


def siren_of(
    relay: Relay, pattern: Pattern | None = None, drill: Pattern | None = None
) -> SirenSink:
    return SirenSink(
        ModbusRelay("127.0.0.1", relay.port, 1, 3, 2),
        pattern or Pattern(),
        drill or Pattern(0.1, 0.1, 30),
        clock=CLOCK,
        now_us=CLOCK.wall_us,
    )


async def test_a_siren_sounds_and_is_silenced(relay: Relay, siren: SirenSink) -> None:
    await siren.perform(action(SinkKind.SIREN))
    assert relay.coils == {3: True, 4: True}
    await siren.perform(action(SinkKind.SIREN, Act.CLEAR))
    assert not relay.is_on


async def test_a_siren_is_off_at_expiry_by_itself(relay: Relay, siren: SirenSink) -> None:
    await siren.perform(action(SinkKind.SIREN, seconds=0.3))
    assert relay.is_on
    await until(lambda: not relay.is_on)
    assert relay.sounds == 1


async def test_a_siren_is_off_at_its_limit(relay: Relay) -> None:
    siren = siren_of(relay, Pattern(limit_s=0.3))
    await siren.perform(action(SinkKind.SIREN))
    await until(lambda: not relay.is_on)
    assert not siren.is_sounding
    await siren.close()


async def test_an_update_ends_a_siren_earlier_and_never_later(
    relay: Relay, siren: SirenSink
) -> None:
    await siren.perform(action(SinkKind.SIREN, seconds=60))
    await siren.perform(action(SinkKind.SIREN, Act.REVISE, version=2, seconds=90))
    assert relay.is_on
    await siren.perform(action(SinkKind.SIREN, Act.REVISE, version=3, seconds=0.2))
    await until(lambda: not relay.is_on)
    await siren.perform(action(SinkKind.SIREN, Act.REVISE, version=4, seconds=90))
    assert not relay.is_on
    assert relay.sounds == 1


async def test_two_warnings_sound_until_both_are_over(relay: Relay, siren: SirenSink) -> None:
    await siren.perform(action(SinkKind.SIREN))
    await siren.perform(action(SinkKind.SIREN, warning="w2"))
    await siren.perform(action(SinkKind.SIREN, Act.WITHDRAW))
    assert relay.is_on
    await siren.perform(action(SinkKind.SIREN, Act.WITHDRAW, warning="w2"))
    assert not relay.is_on
    assert relay.sounds == 1


async def test_a_pattern_is_on_and_off_in_turn(relay: Relay) -> None:
    siren = siren_of(relay, Pattern(0.05, 0.05, 30))
    await siren.perform(action(SinkKind.SIREN))
    await until(lambda: relay.sounds >= 3)
    await siren.close()
    assert not relay.is_on


async def test_an_exercise_has_a_pattern_of_its_own_until_it_is_real(relay: Relay) -> None:
    siren = siren_of(relay, Pattern(), Pattern(0.05, 0.05, 30))
    await siren.perform(action(SinkKind.SIREN, channel=DRILL))
    await until(lambda: relay.sounds >= 2)
    await siren.perform(action(SinkKind.SIREN, warning="real"))
    assert relay.is_on
    await siren.perform(action(SinkKind.SIREN, Act.CLEAR, channel=DRILL))
    assert relay.is_on
    await siren.close()


async def test_a_stop_switches_off(relay: Relay) -> None:
    siren = siren_of(relay)
    await siren.perform(action(SinkKind.SIREN))
    await siren.close()
    assert not relay.is_on


async def test_a_relay_left_on_by_a_life_before_is_switched_off(relay: Relay) -> None:
    relay.coils[3] = True
    siren = siren_of(relay)
    siren.open()
    await until(lambda: not relay.is_on)
    assert relay.history == [False]
    await siren.close()


@pytest.mark.parametrize("ago_s", [0.0, 10.0])
async def test_a_siren_taken_up_again_ends_when_it_would_have(relay: Relay, ago_s: float) -> None:
    siren = siren_of(relay, Pattern(limit_s=10.3))
    await siren.perform(action(SinkKind.SIREN, decided_ago_s=10.0))
    await until(lambda: not relay.is_on)
    assert relay.sounds == 1
    await siren.perform(action(SinkKind.SIREN, decided_ago_s=11.0 + ago_s))
    assert relay.sounds == 1
    await siren.close()


async def test_a_relay_that_refuses_is_said_and_left_off(relay: Relay, siren: SirenSink) -> None:
    relay.is_refusing = True
    with pytest.raises(SinkFailed) as caught:
        await siren.perform(action(SinkKind.SIREN))
    assert caught.value.reason == "SIREN_REFUSED"
    relay.is_refusing = False
    await until(lambda: relay.history == [False])
    await siren.perform(action(SinkKind.SIREN))
    assert relay.is_on


async def test_a_siren_goes_off_at_expiry_though_the_relay_was_away(relay: Relay) -> None:
    siren = siren_of(relay)
    await siren.perform(action(SinkKind.SIREN, seconds=0.2))
    await relay.stop()
    await until(lambda: not siren.is_sounding)
    assert relay.is_on  # nobody could tell it
    await relay.start()
    await until(lambda: not relay.is_on)
    await siren.close()


async def test_a_silent_relay_is_a_failure_in_time(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sirens, "WRITE_TIMEOUT_S", 0.1)
    monkeypatch.setattr(sirens, "CLOSE_TIMEOUT_S", 0.1)
    relay.is_silent = True
    siren = siren_of(relay)
    with pytest.raises(SinkFailed) as caught:
        await siren.perform(action(SinkKind.SIREN))
    assert caught.value.reason == "SIREN_NO_ANSWER"
    await siren.close()


async def test_no_relay_is_a_failure(relay: Relay, siren: SirenSink) -> None:
    await relay.stop()
    with pytest.raises(SinkFailed) as caught:
        await siren.perform(action(SinkKind.SIREN))
    assert caught.value.reason == "SIREN_UNREACHABLE"
    await relay.start()


async def test_a_button_is_read(relay: Relay) -> None:
    button = ModbusRelay("127.0.0.1", relay.port, 1, 0, 1)
    assert await button.read_input(5) is False
    relay.inputs[5] = True
    assert await button.read_input(5) is True
    relay.is_refusing = True
    with pytest.raises(SinkFailed, match="input 5"):
        await button.read_input(5)
    button.close()
