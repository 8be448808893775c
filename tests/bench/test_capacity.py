"""The simulation of a region: nothing is lost in it, and it agrees with what can be reckoned."""

from __future__ import annotations

import pytest

from bench.capacity import DAY_S, Region

GATEWAYS = 100
LOAD_S = 10


def test_a_day_without_telemetry_waits_in_the_stream() -> None:
    region = Region(GATEWAYS, hub_s=60, telemetry_s=40)
    caught_up = region.away(hub=True, telemetry=False)
    assert region.stream_most == pytest.approx(LOAD_S * DAY_S, rel=0.001)
    assert caught_up == pytest.approx(LOAD_S * DAY_S / (40 - LOAD_S), rel=0.001)
    assert region.store == region.made


def test_a_day_without_the_hub_waits_in_spools() -> None:
    region = Region(GATEWAYS, hub_s=60, telemetry_s=40)
    region.away(hub=False, telemetry=True)
    assert region.spools_most == pytest.approx(LOAD_S * DAY_S, rel=0.001)
    # Then the hub takes more than telemetry does, and the rest waits there.
    assert region.stream_most > 0
    assert region.store == region.made


def test_a_region_that_never_catches_up_says_so() -> None:
    with pytest.raises(RuntimeError, match="too small"):
        Region(GATEWAYS, hub_s=60, telemetry_s=12).away(hub=True, telemetry=False)
