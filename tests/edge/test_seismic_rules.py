"""A station's features as inputs of the node's rules: an earthquake is seen, a drill is not."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli import node_rule_file
from edge import seismic_inputs
from edge.batcher import Measured
from edge.counters import Counters
from edge.node_rules.node_rules import NodeRules
from edge.node_rules.settings import RulesSettings
from edge.reading import Quality, Reading
from edge.rules import Plan
from edge.seismic_settings import Place, RecordSource, SeismicSettings, StreamSource
from edge.seismic_station import PRESENT_EVERY_S, SeismicStation
from edge.tracing import Tracer
from edge.waveform import features, files
from edge.waveform.station import Site
from tests.edge.doubles import FakeClock
from tests.edge.node_rules.made import SIGNER, rule, rule_set, signed
from tests.edge.test_seismic import FEATURES, NODE, block, digitiser
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "edge" / "rules" / "gas-valve.toml"
RECORD = ROOT / "cli" / "drill" / "records" / "CICLC.v1.xz"
SPAN_S = 190.0, 250.0
"""Of the record: the coda of a shock before it, the P wave of the M7.1, its strongest shaking."""
BLOCK = 100
LIVE = StreamSource("127.0.0.1", 1, 100.0, 1000.0, Place(31.0, 103.0), None)
COUNTS_PER_MPS2 = 1e6
"""Fine enough for ground at rest: one that says the same count for seconds is broken."""


class Node:
    """A node's rules beside its seismic station."""

    def __init__(self, folder: Path, source: Any) -> None:
        self.clock = FakeClock()
        self.sent: list[Measured] = []
        self.shown: list[Reading] = []
        self.rules = NodeRules(
            RulesSettings(SIGNER.public_key, ()),
            folder,
            clock=self.clock,
            counters=Counters(),
            offset_us=lambda: None,
            put=self._put,
            taken_series=lambda: seismic_inputs.SERIES,
            changed=lambda: None,
        )
        self.station = SeismicStation(
            SeismicSettings("station", source),
            NODE,
            clock=self.clock,
            counters=Counters(),
            tracer=Tracer(None, 0.0, random.Random(1).getrandbits),
            random_bits=random.Random(2).getrandbits,
            jitter=lambda: 1.0,
            offset_us=lambda: None,
            seen=self._see,
        )

    def _see(self, reading: Reading) -> None:
        self.shown.append(reading)
        self.rules.see(reading)

    async def _put(self, measured: list[Measured]) -> None:
        self.sent += measured

    async def follow(self) -> None:
        """Follow the rules of the example."""
        made = node_rule_file.read(EXAMPLE)
        self.rules.apply(Plan(rule_sets=(signed(made),)))
        await self.rules._take_plan()


def blocks_of_record(clock: FakeClock) -> list[bytes]:
    """Return a minute of the Ridgecrest record as a digitiser sends it, from now on."""
    record = files.read_record(RECORD)
    counts = (record.samples * COUNTS_PER_MPS2).round().astype(int)
    first, last = (round(each * record.rate_hz) for each in SPAN_S)
    return [
        block(clock.wall + (at - first) * 10_000, counts[:, at : at + BLOCK].tolist())
        for at in range(first, last, BLOCK)
    ]


async def play(node: Node) -> None:
    """Let the station take all that its digitiser says."""
    running = asyncio.create_task(node.station.run())
    await until(lambda: node.station.state.reason == "SEISMIC_CLOSED" or running.done())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_recorded_earthquake_makes_the_rule_hold(tmp_path: Path) -> None:
    said = blocks_of_record(FakeClock())
    async with digitiser(*said) as source:
        node = Node(tmp_path, replace(source, counts_per_mps2=COUNTS_PER_MPS2))
        await node.follow()
        await play(node)
    await node.rules.look(everything=True)
    intensities = [each.value for each in node.shown if each.series == seismic_inputs.INTENSITY]
    assert intensities[0] == 1.0, "still before the P wave"
    assert max(intensities) > 8.0
    assert [(one.key.series, one.reading.value) for one in node.sent] == [("alarm.shaken", 1.0)]


def test_an_exercise_shows_rules_nothing(tmp_path: Path) -> None:
    drill = RecordSource(RECORD, 0.0, Place(35.8, -117.6), Place(31.0, 103.4), None, 20.0)
    node = Node(tmp_path, drill)
    node.station._send(FEATURES)
    assert node.station.state.features == 1
    assert node.shown == []


def test_still_ground_is_seen_and_ends_what_shaking_began(tmp_path: Path) -> None:
    node = Node(tmp_path, LIVE)
    site = Site(NODE, 31.0, 103.0)
    node.station._send(FEATURES)
    node.station._say_present(site)
    assert [each.value for each in node.shown if each.series == seismic_inputs.INTENSITY] == [5.1]
    node.clock.advance(PRESENT_EVERY_S)
    node.station._say_present(site)
    assert node.shown[-4:] == seismic_inputs.still(node.clock.wall)


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        (features.Quality.GOOD, Quality.GOOD),
        (features.Quality.CLIPPED, Quality.UNCERTAIN),
        (features.Quality.GAPPED, Quality.UNCERTAIN),
    ],
)
def test_features_are_shown_in_their_units(said: features.Quality, seen: Quality) -> None:
    found = seismic_inputs.of(replace(FEATURES, quality=said))
    assert {each.series: each.value for each in found} == {
        "seismic.intensity": 5.1,
        "seismic.pga": 0.3,
        "seismic.pgv": 0.02,
        "seismic.pd": 0.1,
        "seismic.tau-c": 1.2,
    }
    assert {each.quality for each in found} == {seen}
    assert {each.time_us for each in found} == {round(FEATURES.data_time_s * 1e6)}


async def test_a_rule_may_not_pretend_to_be_the_station(tmp_path: Path) -> None:
    node = Node(tmp_path, LIVE)
    action = [{"series": seismic_inputs.INTENSITY, "value": 9.0}]
    node.rules.apply(Plan(rule_sets=(signed(rule_set(rule(action=action))),)))
    await node.rules._take_plan()
    [report] = node.rules.reports()
    assert report.reason == "RULE_SET_SERIES_TAKEN"
