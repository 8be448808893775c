"""The parts of the agent that decide: readings, sampling, rules, delays, offsets, batches."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from random import Random

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from edge import rules, sampling
from edge.backoff import Backoff
from edge.batcher import Batcher, Measured
from edge.counters import REASONS_MAX, Counters
from edge.heartbeat import Heartbeat, clock_offset_us
from edge.plan_message import PlanRefused, parse
from edge.reading import Priority, Quality, RawValue, Reading, Refused, Scaling, read
from edge.rules import Plan, Rule
from edge.sampling import Due, Sampling, Sent
from edge.spool_worker import SpoolWorker
from edge.tracing import Tracer
from tests.edge.doubles import KEY, NOON_US, FakeClock, open_spool
from tianfu import subjects
from tianfu.fleet.v1 import node_pb2
from tianfu.fleet.v1.heartbeat_pb2 import HeartbeatReply
from tianfu.reading.v1 import reading_batch_pb2

NODE = subjects.node_id("gw-1")

# -- readings ----------------------------------------------------------------------------------


def test_codes_are_those_of_the_contract() -> None:
    qualities = {q.name: q.value for q in Quality}
    contract = dict(reading_batch_pb2.Quality.items())
    assert {f"QUALITY_{name}".replace("GOOD", "GOOD_UNSPECIFIED"): v for name, v in
            qualities.items()} == contract  # fmt: skip
    priorities = {f"PRIORITY_{p.name}": p.value for p in Priority}
    assert priorities | {"PRIORITY_UNSPECIFIED": 0} == dict(reading_batch_pb2.Priority.items())


@pytest.mark.parametrize(
    ("raw", "scaling", "expected"),
    [
        pytest.param(RawValue("s", 2.0), Scaling(), (2.0, Quality.GOOD), id="as-it-is"),
        pytest.param(
            RawValue("s", 2300), Scaling(0.1, -5), (225.0, Quality.GOOD), id="scaled-then-offset"
        ),
        pytest.param(
            RawValue("s", 99.0), Scaling(high=98), (99.0, Quality.OUT_OF_RANGE), id="above"
        ),
        pytest.param(RawValue("s", -1), Scaling(low=0), (-1.0, Quality.OUT_OF_RANGE), id="below"),
        pytest.param(RawValue("s", 0), Scaling(low=0, high=0.5), (0.0, Quality.GOOD), id="bound"),
        pytest.param(
            RawValue("s", 9, Quality.BAD), Scaling(high=1), (9.0, Quality.BAD), id="bad-stays-bad"
        ),
        pytest.param(
            RawValue("s", 9, Quality.UNCERTAIN),
            Scaling(high=1),
            (9.0, Quality.OUT_OF_RANGE),
            id="uncertain-and-out-of-range",
        ),
        pytest.param(RawValue("s", math.nan), Scaling(), Refused.NOT_FINITE, id="nan"),
        pytest.param(RawValue("s", -math.inf), Scaling(), Refused.NOT_FINITE, id="infinite"),
        pytest.param(RawValue("s", 1e308), Scaling(10), Refused.NOT_FINITE, id="overflow"),
        pytest.param(
            RawValue("s", 1, time_us=2**63), Scaling(), Refused.ABSURD_TIME, id="absurd-time"
        ),
    ],
)
def test_a_raw_value_becomes_a_reading_or_a_reason(
    raw: RawValue, scaling: Scaling, expected: object
) -> None:
    found = read(raw, scaling, now_us=7)
    if isinstance(found, Reading):
        assert (found.value, found.quality, found.time_us) == (*expected, 7)  # type: ignore[misc]  # a pair
    else:
        assert found is expected


def test_a_source_with_a_clock_keeps_its_time() -> None:
    found = read(RawValue("s", 1, time_us=3), Scaling(), now_us=7)
    assert isinstance(found, Reading)
    assert found.time_us == 3


# -- sampling ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(100.0, Due(101.0, 0), id="in-time"),
        pytest.param(100.9, Due(101.0, 0), id="late-but-on-the-grid"),
        pytest.param(101.0, Due(102.0, 1), id="one-missed"),
        pytest.param(110.5, Due(111.0, 10), id="many-missed-none-caught-up"),
    ],
)
def test_due_times_stay_on_their_grid(now: float, expected: Due) -> None:
    assert sampling.next_due(Due(100.0), 1.0, now) == expected


@given(
    interval=st.sampled_from([0.01, 0.25, 1.0, 7.3, 900.0]),
    delays=st.lists(st.floats(0, 30), max_size=30),
)
def test_due_times_never_drift_and_always_lie_ahead(interval: float, delays: list[float]) -> None:
    due, now = sampling.first_due(50.0), 50.0
    for taken, delay in enumerate(delays, 1):
        now = max(now, due.at) + delay
        due = sampling.next_due(due, interval, now)
        steps = taken + due.missed
        assert due.at == pytest.approx(50.0 + steps * interval, abs=1e-6)
        assert due.at > now - 1e-6
        assert due.at <= now + interval + 1e-6


def test_a_shorter_interval_counts_at_once() -> None:
    assert sampling.replanned(Due(900.0, 2), 5.0, now=100.0) == Due(105.0, 2)
    assert sampling.replanned(Due(101.0), 5.0, now=100.0) == Due(101.0)


BAND = Sampling(interval_s=1, deadband=0.5, longest_silence_s=60)


@pytest.mark.parametrize(
    ("settings", "sent", "value", "quality", "now", "expected"),
    [
        pytest.param(BAND, None, 1.0, 0, 0, True, id="the-first"),
        pytest.param(BAND, Sent(1.0, 0, 0), 1.4, 0, 5, False, id="near"),
        pytest.param(BAND, Sent(1.0, 0, 0), 1.5, 0, 5, True, id="far-enough"),
        pytest.param(BAND, Sent(1.0, 0, 0), 0.5, 0, 5, True, id="far-enough-below"),
        pytest.param(BAND, Sent(1.0, 0, 0), 1.0, 2, 5, True, id="other-quality"),
        pytest.param(BAND, Sent(1.0, 0, 0), 1.0, 0, 59.9, False, id="silent"),
        pytest.param(BAND, Sent(1.0, 0, 0), 1.0, 0, 60, True, id="silent-too-long"),
        pytest.param(Sampling(1), Sent(1.0, 0, 0), 1.0, 0, 1, True, id="no-deadband-sends-all"),
    ],
)
def test_the_deadband_passes(
    settings: Sampling, sent: Sent | None, value: float, quality: int, now: float, *, expected: bool
) -> None:
    assert sampling.passes(settings, sent, value, quality, now) is expected


# -- rules and plans ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "series", "expected"),
    [
        ("a.b", "a.b", True),
        ("a.b", "axb", False),
        ("*.energy", "meter-1.energy", True),
        ("*.energy", "meter-1.energy.total", False),
        ("meter-*.p*", "meter-12.power", True),
        ("*", "anything", True),
        ("a*", "b", False),
    ],
)
def test_patterns(pattern: str, series: str, *, expected: bool) -> None:
    assert rules.matches(pattern, series) is expected


def test_the_first_rule_that_matches_counts() -> None:
    own = Sampling(1.0, 0.2, 30)
    plan = [Rule("*.power", 5.0, 0.1, None, Priority.IMPORTANT), Rule("*", 60.0)]
    sampled, priority = rules.in_force(plan, "m.power", own, Priority.BULK)
    assert (sampled, priority) == (Sampling(5.0, 0.1, 30), Priority.IMPORTANT)
    sampled, priority = rules.in_force(plan, "m.other", own, Priority.BULK)
    assert (sampled, priority) == (Sampling(60.0, 0.0, 30), Priority.BULK)
    assert rules.in_force([], "m.other", own, Priority.BULK) == (own, Priority.BULK)


def plan_of(**changes: object) -> node_pb2.NodePlan:
    plan = node_pb2.NodePlan(name="nodes/gw-1/plan", generation=4)
    rule = plan.sampling_rules.add(series_pattern="*", deadband=0.5)
    rule.interval.FromMilliseconds(250)
    for name, value in changes.items():
        setattr(rule if hasattr(rule, name) else plan, name, value)
    return plan


def test_a_plan_is_read() -> None:
    plan = plan_of()
    plan.heartbeat_interval.FromSeconds(5)
    assert parse(plan.SerializeToString(), NODE) == Plan(4, (Rule("*", 0.25, 0.5),), 5.0)


@pytest.mark.parametrize(
    ("payload", "reason", "generation"),
    [
        pytest.param(b"\xff", "PLAN_MALFORMED", 0, id="garbage"),
        pytest.param(
            plan_of(name="nodes/gw-2/plan").SerializeToString(),
            "PLAN_OF_ANOTHER_NODE",
            4,
            id="other",
        ),
        pytest.param(
            plan_of(series_pattern="A").SerializeToString(), "PLAN_INVALID", 4, id="pattern"
        ),
        pytest.param(
            plan_of(deadband=math.nan).SerializeToString(), "PLAN_INVALID", 4, id="deadband"
        ),
        pytest.param(plan_of(priority=77).SerializeToString(), "PLAN_INVALID", 4, id="priority"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_followed_is_refused(
    payload: bytes, reason: str, generation: int
) -> None:
    with pytest.raises(PlanRefused) as caught:
        parse(payload, NODE)
    assert (caught.value.reason, caught.value.generation) == (reason, generation)


def test_a_plan_with_an_absurd_interval_is_refused_and_says_where() -> None:
    plan = plan_of()
    plan.sampling_rules[0].interval.CopyFrom(Duration(nanos=1))
    with pytest.raises(PlanRefused, match=r"sampling_rules\[0\].interval: 1e-09 s"):
        parse(plan.SerializeToString(), NODE)


@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_reading_of_a_plan(payload: bytes) -> None:
    with contextlib.suppress(PlanRefused):
        parse(payload, NODE)


# -- delays, counts, offsets -------------------------------------------------------------------


def test_delays_grow_to_a_bound_and_jitter_shortens_them() -> None:
    backoff = Backoff(0.5, 4.0)
    assert [backoff.next_s(0.0) for _ in range(5)] == [0.5, 1.0, 2.0, 4.0, 4.0]
    assert backoff.next_s(1.0) == 2.0
    backoff.reset()
    assert backoff.next_s(0.0) == 0.5


def test_counters_are_bounded() -> None:
    counters = Counters()
    for number in range(2 * REASONS_MAX):
        counters.add(f"R{number}")
    counters.add("R1", 4)
    assert (len(counters.counts), counters.of("R1"), counters.of("no")) == (REASONS_MAX, 5, 0)


@pytest.mark.parametrize(
    ("sent", "received", "reply", "back", "expected"),
    [
        pytest.param(1000, 1500, 1500, 2000, 0, id="same-clock"),
        pytest.param(1000, 6500, 6600, 2100, 5000, id="platform-ahead"),
        pytest.param(9000, 1500, 1500, 10_000, -8000, id="platform-behind"),
        pytest.param(0, 5, 5, 3_000_000, None, id="too-slow-to-tell"),
        pytest.param(1000, 5, 900, 1001, None, id="impossible"),
    ],
)
def test_the_clock_offset(
    sent: int, received: int, reply: int, back: int, expected: int | None
) -> None:
    assert clock_offset_us(sent, received, reply, back) == expected


@given(
    offset=st.integers(-(10**12), 10**12),
    there=st.integers(0, 10**6),
    here=st.integers(0, 10**6),
)
def test_the_clock_offset_is_known_to_half_the_round_trip(
    offset: int, there: int, here: int
) -> None:
    received = 10**15 + there + offset
    found = clock_offset_us(10**15, received, received + 50, 10**15 + there + 50 + here)
    assert found is not None
    assert abs(found - offset) <= (there + here) / 2 + 1


# -- batches -----------------------------------------------------------------------------------


def measured(priority: Priority = Priority.ROUTINE, time_us: int = NOON_US) -> Measured:
    return Measured(KEY, priority, Reading("t", time_us, 1.0, Quality.GOOD))


def batcher(readings_max: int = 3) -> Batcher:
    return Batcher(readings_max, 1.0, Tracer(None, 0.5, Random(1).getrandbits))


def test_a_batch_closes_when_it_is_full() -> None:
    batches = batcher()
    closed = batches.add([measured() for _ in range(7)], 10.0, NOON_US)
    assert [len(one.builder) for one in closed] == [3, 3]
    assert len(batches) == 1


def test_a_batch_closes_a_second_after_its_first_reading() -> None:
    batches = batcher()
    batches.add([measured()], 10.0, NOON_US)
    batches.add([measured()], 10.9, NOON_US)
    assert batches.deadline == 11.0
    assert batches.due(10.99) == []
    assert [len(one.builder) for one in batches.due(11.0)] == [2]
    assert batches.deadline is None


def test_an_urgent_reading_closes_only_its_own_batch_and_at_once() -> None:
    batches = batcher()
    closed = batches.add(
        [measured(), measured(Priority.URGENT), measured(Priority.URGENT)], 10.0, NOON_US
    )
    assert [(one.priority, len(one.builder)) for one in closed] == [(Priority.URGENT, 2)]
    assert len(batches) == 1


@pytest.mark.parametrize("jump_s", [-7200, 7200], ids=["back", "ahead"])
def test_a_wall_clock_that_jumps_begins_a_new_batch(jump_s: int) -> None:
    batches = batcher()
    times = [NOON_US, NOON_US + jump_s * 1_000_000]
    closed = batches.add([measured(time_us=time_us) for time_us in times], 10.0, NOON_US)
    assert [one.builder.base_time_us for one in [*closed, *batches.close_all()]] == times


def test_each_batch_has_a_trace_of_its_own() -> None:
    batches = batcher(1)
    closed = batches.add([measured() for _ in range(400)], 10.0, NOON_US)
    assert len({one.context.trace_id for one in closed}) == 400
    assert 140 < sum(one.context.is_sampled for one in closed) < 260


# -- the clock of the platform -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jump_us", "data", "reason"),
    [
        pytest.param(0, b"", "CLOCK_MALFORMED", id="no-times"),
        pytest.param(0, b"\xff", "CLOCK_MALFORMED", id="garbage"),
        pytest.param(-3_600_000_000, b"", "CLOCK_JUMPED", id="wall-jumped-back"),
        pytest.param(3_600_000_000, b"", "CLOCK_JUMPED", id="wall-jumped-ahead"),
    ],
)
def test_a_measurement_that_says_nothing_is_counted_and_not_used(
    tmp_path: Path, jump_us: int, data: bytes, reason: str
) -> None:
    clock, counters = FakeClock(), Counters()
    spool = open_spool(tmp_path, clock)
    beats = Heartbeat(
        NODE, SpoolWorker(spool), 10.0, instance=1, version="1", clock=clock, counters=counters,
        plan_generation=lambda: 0,
    )  # fmt: skip
    sent_us = clock.wall_us()
    beats._measure(data, sent_us, sent_us + 40_000 + jump_us, elapsed_us=40_000)
    assert counters.counts == {reason: 1}
    assert beats.offset_us == -(2**63)
    spool.close()


def test_a_clock_that_is_set_takes_the_offset_with_it(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = open_spool(tmp_path, clock)
    beats = Heartbeat(
        NODE, SpoolWorker(spool), 10.0, instance=1, version="1", clock=clock, counters=Counters(),
        plan_generation=lambda: 0,
    )  # fmt: skip
    slow_us = 600 * 1_000_000
    now = _stamp(clock.wall_us() + slow_us)
    reply = HeartbeatReply(receive_time=now, reply_time=now)
    beats._measure(reply.SerializeToString(), clock.wall_us(), clock.wall_us(), elapsed_us=0)
    assert beats.offset_us == slow_us
    clock.advance(30)
    clock.wall += 5_000  # slewed, not set
    assert beats.offset_us == slow_us
    platform_us = clock.wall_us() + beats.offset_us
    clock.wall += slow_us  # NTP has come
    assert clock.wall_us() + beats.offset_us == pytest.approx(platform_us, abs=20_000)
    clock.wall -= 3 * slow_us  # and somebody sets it by hand
    clock.advance(60)
    held_us = clock.wall_us() + beats.offset_us
    assert held_us == pytest.approx(platform_us + 60_000_000, abs=20_000)
    spool.close()


def _stamp(time_us: int) -> Timestamp:
    found = Timestamp()
    found.FromMicroseconds(time_us)
    return found
