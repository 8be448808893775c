"""An ambulance whose link is cut: it scores on, and the service's scores are the same bytes."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import json_format

from cli.local import ambulance, hospitals
from tests.support.ambulance import AmbulanceNode
from tests.support.postgres import PostgresServer
from tests.support.region_world import Region, region_world
from tests.support.relay import CLEAR, Condition, Relay
from tests.support.waiting import DEADLINE_S, until_blocking
from tianfu import subjects
from tianfu.healthcare.v1 import healthcare_service_pb2 as pb
from tianfu.healthcare.v1 import patient_pb2

pytestmark = pytest.mark.integration

LONGEST_S = 120.0
CUT = Condition(is_cut=True)
APART = 6
"""Scores that the node makes while it is alone."""


@pytest.fixture(scope="module")
def place(postgres: PostgresServer) -> Iterator[Region]:
    with region_world(postgres) as made:
        rights = subjects.node_permissions(ambulance.NODE)
        made.nats.add_user("node", ambulance.NODE, rights)
        yield made


def scored(place: Region, patient: str, meant: str = "") -> dict[int, bytes]:
    """Return the figures of the service's scores by moment, Unix microseconds."""
    found: dict[int, bytes] = {}
    asked = pb.ListScoresRequest(
        parent=patient, purpose=patient_pb2.PURPOSE_TREATMENT, page_size=1000, filter=meant
    )
    for score in place.call("ListScores", asked).scores:
        at_us = score.observe_time.ToMicroseconds()
        assert at_us not in found
        found[at_us] = score.figures.SerializeToString(deterministic=True)
    return found


def on_node(node: AmbulanceNode) -> dict[int, bytes]:
    """Return the same of the node's own journal."""
    return {
        each["time_us"]: json_format.ParseDict(
            each["figures"], patient_pb2.ScoreFigures()
        ).SerializeToString(deterministic=True)
        for each in node.kept()
    }


def has(place: Region, patient: str, own: dict[int, bytes]) -> bool:
    """Return whether the service has scored those moments; one that reconnects answers later."""
    try:
        return scored(place, patient).keys() >= own.keys()
    except grpc.RpcError:
        return False


@pytest.mark.parametrize("scale", ["1", "2"])
def test_scores_are_equal_bit_for_bit_through_a_cut_link(
    place: Region, tmp_path: Path, scale: str
) -> None:
    bundle = hospitals.bundle(ambulance.SEED)
    patient = place.patient()
    place.call("UpdateMonitor", hospitals.monitor(patient))
    if scale == "2":
        order = pb.CreateOxygenScaleOrderRequest(
            parent=patient,
            oxygen_scale_order_id="copd",
            oxygen_scale_order=patient_pb2.OxygenScaleOrder(
                scale=patient_pb2.OXYGEN_SCALE_TWO, reason="COPD, target 88-92 %"
            ),
        )
        place.call("CreateOxygenScaleOrder", order)
    with Relay(place.nats.port, seed=4) as relay:
        node = AmbulanceNode(tmp_path, place.nats, bundle, relay.port, oxygen_scale=scale)
        node.start()
        try:
            cut_and_compare(place, node, relay, patient, scale)
        finally:
            node.end()
            place.call("UpdateMonitor", hospitals.monitor(""))


def cut_and_compare(
    place: Region, node: AmbulanceNode, relay: Relay, patient: str, scale: str
) -> None:
    """Cut the node off, let it score, join it again, and compare every moment."""
    until_blocking(lambda: len(node.kept()) >= 2, DEADLINE_S)
    relay.be(CUT)
    before = len(node.kept())
    until_blocking(lambda: len(node.kept()) >= before + APART, DEADLINE_S)
    relay.be(CLEAR)
    rejoined = len(node.kept())
    until_blocking(lambda: len(node.kept()) > rejoined, DEADLINE_S)
    own = on_node(node)
    try:
        until_blocking(lambda: has(place, patient, own), LONGEST_S)
    except TimeoutError:
        missing = sorted(own.keys() - scored(place, patient).keys())
        said = json.dumps(node.status())[:3000]
        raise TimeoutError(f"of {sorted(own)} not scored: {missing}; {said}") from None
    found = scored(place, patient)
    every = on_node(node)
    assert {at: found[at] for at in own} == own
    assert {at: every[at] for at in found} == found
    assert len(own) >= APART + 3
    kept = [each for each in node.kept() if each["time_us"] in own]
    assert all(each["figures"]["contexts"][0]["value"] == scale for each in kept)
    high = {each["time_us"] for each in kept if each["figures"]["band"] == "high"}
    assert scored(place, patient, "band=high").keys() & own.keys() == high
    assert scored(place, patient, "trend=RISING").keys() < scored(place, patient).keys()
    node.end(signal.SIGTERM)
    [shown] = node.status()["scores"]
    assert shown["figures"] == node.kept()[-1]["figures"]
    assert node.status()["spool"]["dropped"] == 0
