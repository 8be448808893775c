"""Timestamps and durations that nobody can reckon with are found, wherever they stand."""

from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from services.plumbing.well_known import unsound
from tianfu.fleet.v1 import fleet_service_pb2, node_pb2
from tianfu.telemetry.v1 import telemetry_service_pb2 as service_pb

INT64 = st.integers(-(2**63), 2**63 - 1)
INT32 = st.integers(-(2**31), 2**31 - 1)


@pytest.mark.parametrize(
    ("seconds", "nanos", "sound"),
    [
        pytest.param(0, 0, True, id="epoch"),
        pytest.param(-62_135_596_800, 0, True, id="first"),
        pytest.param(253_402_300_799, 999_999_999, True, id="last"),
        pytest.param(253_402_300_800, 0, False, id="after-the-last"),
        pytest.param(-62_135_596_801, 0, False, id="before-the-first"),
        pytest.param(0, -1, False, id="negative-nanos"),
        pytest.param(0, 1_000_000_000, False, id="a-second-of-nanos"),
        pytest.param(10**12, 0, False, id="year-33658"),
    ],
)
def test_timestamps(seconds: int, nanos: int, sound: bool) -> None:
    request = service_pb.QuerySeriesRequest(end_time=Timestamp(seconds=seconds, nanos=nanos))
    assert [path for path, _ in unsound(request)] == ([] if sound else ["end_time"])


@pytest.mark.parametrize(
    ("seconds", "nanos", "sound"),
    [
        pytest.param(5, 5, True, id="both-positive"),
        pytest.param(-5, -5, True, id="both-negative"),
        pytest.param(5, -5, False, id="signs-differ"),
        pytest.param(0, -5, True, id="below-a-second"),
        pytest.param(0, 2**31 - 1, False, id="too-many-nanos"),
        pytest.param(315_576_000_001, 0, False, id="ten-thousand-years"),
    ],
)
def test_durations(seconds: int, nanos: int, sound: bool) -> None:
    request = service_pb.QuerySeriesRequest(step=Duration(seconds=seconds, nanos=nanos))
    assert [path for path, _ in unsound(request)] == ([] if sound else ["step"])


def test_the_path_leads_through_messages_and_lists() -> None:
    rule = node_pb2.SamplingRule(interval=Duration(nanos=2**31 - 1))
    plan = node_pb2.NodePlan(sampling_rules=[node_pb2.SamplingRule(), rule])
    request = fleet_service_pb2.UpdateNodePlanRequest(plan=plan)
    assert [path for path, _ in unsound(request)] == ["plan.sampling_rules[1].interval"]


@given(INT64, INT32)
def test_what_is_found_sound_can_be_reckoned_with(seconds: int, nanos: int) -> None:
    request = service_pb.QuerySeriesRequest(start_time=Timestamp(seconds=seconds, nanos=nanos))
    if not list(unsound(request)):
        request.start_time.ToMicroseconds()
        request.start_time.ToDatetime()
