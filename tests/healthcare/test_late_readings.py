"""Batches that come after newer ones: in the end the scores are those of batches in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from services.healthcare.bus.other_streams import ACK_WAIT_S
from services.healthcare.bus.vitals import Heard, block_of, nodes_of
from services.healthcare.model import arrivals, vital_state
from services.healthcare.model.arrivals import (
    EPOCHS_MAX,
    GAPS_MAX,
    MISSING_US,
    Arrivals,
    Gap,
)
from services.healthcare.model.vital_state import KEPT_MAX, Seen, VitalState
from services.plumbing.jetstream import BACKOFF_S
from tests.healthcare.rulebook import NOW
from tests.support.late_vitals import always
from tianfu.batch_limits import SEQUENCE_MAX
from tianfu.scores import monitor, shipped
from tianfu.scores.monitor import Watched

SCALE: Final = shipped.scale("news2", date(2026, 11, 20))
NOW_US: Final = int(NOW.timestamp()) * 1_000_000
SECOND_US: Final = 1_000_000
NODE: Final = "amb-1"
PATIENTS: Final = ("p1", "p2")
NODES: Final = nodes_of({NODE: {"bed-1.": always("p1"), "bed-2.": always("p2")}})
EPOCH: Final = 7

Moment = tuple[int, list[tuple[str, str, float]]]
"""Seconds, and (patient, sign, value)."""


@dataclass
class Service:
    """What the service keeps: arrivals, states and scores, as its transactions change them."""

    arrived: Arrivals = field(default_factory=Arrivals)
    states: dict[str, VitalState] = field(default_factory=dict)
    scores: dict[str, dict[int, Watched]] = field(
        default_factory=lambda: {each: {} for each in PATIENTS}
    )

    def take(self, batches: Sequence[Heard], now_us: int = NOW_US) -> None:
        """Take batches together."""
        block = block_of(batches, NODES)
        self.arrived = self.arrived.after(block.numbers[NODE], now_us)
        self.arrived = arrivals.decode(arrivals.encode(self.arrived))
        for patient, seen in block.seen.items():
            change = vital_state.take(
                SCALE,
                self.states.get(patient, VitalState()),
                seen,
                is_missing=self.arrived.is_missing,
            )
            self.states[patient] = vital_state.decode(vital_state.encode(change.state))
            own = self.scores[patient]
            for at in change.gone:
                del own[at]
            for each in change.due:
                assert each.score_us is not None
                own[each.score_us] = each


def batches_of(moments: Iterable[Moment], size: int) -> list[Heard]:
    """Return the batches that a node makes of moments, ``size`` in each."""
    ordered = sorted(moments)
    made = []
    for number, start in enumerate(range(0, len(ordered), size), 1):
        readings = [
            (patient, (name, NOW_US + at * SECOND_US, value))
            for at, of_moment in ordered[start : start + size]
            for patient, name, value in of_moment
        ]
        made.append(Heard(NODE, (EPOCH, number, number), readings))
    return made


def in_order(batches: Iterable[Heard]) -> Service:
    """Return what comes of batches in their order, one by one."""
    service = Service()
    for each in batches:
        service.take([each])
    return service


VALUES = st.floats(min_value=-10, max_value=300, allow_nan=False) | st.sampled_from((16.0, 97.0))
READING = st.tuples(st.sampled_from(PATIENTS), st.sampled_from(sorted(monitor.SIGNS)), VALUES)
MOMENTS = st.dictionaries(st.integers(0, 200), st.lists(READING, max_size=4), max_size=14)


@settings(max_examples=150, deadline=None)
@given(MOMENTS, st.integers(1, 3), st.data())
def test_in_whatever_order_batches_come_the_scores_are_those_of_their_order(
    moments: dict[int, list[tuple[str, str, float]]], size: int, data: st.DataObject
) -> None:
    batches = batches_of(moments.items(), size)
    oracle = in_order(batches)
    repeated = data.draw(st.lists(st.sampled_from(batches), max_size=4)) if batches else []
    arriving = data.draw(st.permutations([*batches, *repeated]))

    service = Service()
    while arriving:
        portion = data.draw(st.integers(1, 4))
        service.take(arriving[:portion])
        arriving = arriving[portion:]

    assert service.scores == oracle.scores
    assert service.arrived == oracle.arrived
    watched = {each: state.watched for each, state in service.states.items()}
    assert watched == {each: state.watched for each, state in oracle.states.items()}


@settings(max_examples=50, deadline=None)
@given(MOMENTS, st.data())
def test_batches_that_were_taken_change_nothing_when_they_come_again(
    moments: dict[int, list[tuple[str, str, float]]], data: st.DataObject
) -> None:
    batches = batches_of(moments.items(), 1)
    service = in_order(batches)
    before = (service.arrived, dict(service.states), str(service.scores))

    for each in data.draw(st.lists(st.sampled_from(batches), max_size=6)) if batches else []:
        service.take([each])

    assert (service.arrived, service.states, str(service.scores)) == before
    assert all(state.settled is None and not state.kept for state in service.states.values())


def pulse(number: int, at: int, value: float) -> Heard:
    """Return a batch with one pulse."""
    return Heard(NODE, (EPOCH, number, number), [("p1", ("pulse", NOW_US + at * SECOND_US, value))])


def moments_scored(service: Service) -> dict[int, int | None]:
    """Return the points of the pulse by the second."""
    place = [item.name for item in SCALE.items].index("pulse")
    return {
        (at - NOW_US) // SECOND_US: each.points[place] for at, each in service.scores["p1"].items()
    }


def test_the_newest_is_scored_at_once_and_what_shows_only_in_the_late_batch_when_it_comes() -> None:
    service = Service()
    service.take([pulse(1, 0, 80.0)])
    service.take([pulse(4, 3, 80.0)])
    service.take([pulse(5, 4, 120.0)])
    assert moments_scored(service) == {0: 0, 4: 2}
    assert [each[2] for each in service.states["p1"].kept] == [80.0, 120.0]

    service.take([pulse(3, 2, 140.0)])
    assert moments_scored(service) == {0: 0, 2: 3, 3: 0, 4: 2}
    service.take([Heard(NODE, (EPOCH, 2, 2), [])])

    assert not service.arrived.is_missing
    service.take([pulse(6, 5, 120.0)])
    assert service.states["p1"].settled is None


def test_a_score_that_the_order_would_not_have_made_goes() -> None:
    service = Service()
    service.take([pulse(1, 0, 80.0), pulse(3, 2, 120.0)])
    assert moments_scored(service) == {0: 0, 2: 2}

    service.take([pulse(2, 1, 121.0)])

    assert moments_scored(service) == {0: 0, 1: 2}


def test_a_batch_is_waited_for_longer_than_the_stream_takes_to_give_it_out_again() -> None:
    assert (ACK_WAIT_S + BACKOFF_S[-1]) * SECOND_US < MISSING_US

    service = Service()
    service.take([pulse(1, 0, 80.0), pulse(3, 2, 80.0)])
    service.take([pulse(4, 3, 80.0)], NOW_US + MISSING_US - 1)
    assert service.states["p1"].settled is not None
    service.take([pulse(5, 4, 80.0)], NOW_US + MISSING_US)
    assert service.states["p1"] == VitalState(service.states["p1"].watched)

    # As ever: what is older than the latest of its sign is none, and what is the only one counts.
    service.take([pulse(2, 1, 140.0)], NOW_US + MISSING_US + 1)
    assert moments_scored(service) == {0: 0}
    late = [("p1", ("temperature", NOW_US + SECOND_US, 41.0))]
    service.take([Heard(NODE, (EPOCH, 2, 2), late)], NOW_US + MISSING_US + 2)
    assert moments_scored(service).keys() == {0, 4}


def test_no_more_is_kept_than_is_bounded() -> None:
    batches = [pulse(number, number, 80.0 + number % 60) for number in range(1, KEPT_MAX + 200)]
    service, oracle = Service(), in_order(batches)
    missing, late = batches[0], batches[-5]
    service.take([each for each in batches if each not in (missing, late)])

    state = service.states["p1"]
    assert len(state.kept) == KEPT_MAX
    assert state.settled is not None
    assert state.settled.time_us == state.kept[0][1] - SECOND_US

    service.take([late])
    assert len(service.states["p1"].kept) == KEPT_MAX
    assert service.states["p1"].watched == oracle.states["p1"].watched
    own, theirs = service.scores["p1"], oracle.scores["p1"]
    assert {at: own[at] for at in own if at > NOW_US + 2 * SECOND_US} == {
        at: theirs[at] for at in theirs if at > NOW_US + 2 * SECOND_US
    }


def test_gaps_are_noticed_filled_and_bounded() -> None:
    known = Arrivals().after([(1, 3, 3)], 10)
    assert known.epochs[0].gaps == (Gap(1, 2, 10),)
    known = known.after([(1, 8, 8)], 20).after([(1, 6, 6)], 30)
    assert known.epochs[0].gaps == (Gap(1, 2, 10), Gap(4, 5, 20), Gap(7, 7, 20))
    tombstone = known.after([(1, 2, 7)], 40)
    assert tombstone.epochs[0].gaps == (Gap(1, 1, 10),)
    assert tombstone.after([(1, 1, 1)], 50).epochs[0] == arrivals.Epoch(1, 8)

    every_other = Arrivals().after([(1, number, number) for number in range(1, 200, 2)], 10)
    assert len(every_other.epochs[0].gaps) == GAPS_MAX
    assert every_other.epochs[0].gaps[-1] == Gap(198, 198, 10)


def test_a_new_epoch_begins_anew_and_the_end_of_the_last_is_waited_for() -> None:
    old = Arrivals().after([(5, 1, 9)], 10)
    assert not old.is_missing

    both = old.after([(6, 1, 1)], 20)
    assert [each.number for each in both.epochs] == [5, 6]
    assert both.epochs[0].gaps == (Gap(10, SEQUENCE_MAX, 20),)
    late = both.after([(5, 10, 10)], 30)
    assert late.epochs[0].gaps == (Gap(11, SEQUENCE_MAX, 20),)
    assert late.epochs[1] == arrivals.Epoch(6, 1)

    alone = late.after([(6, 2, 2)], 20 + MISSING_US)
    assert alone == Arrivals((arrivals.Epoch(6, 2),))
    many = Arrivals().after([(epoch, 1, 1) for epoch in range(1, 9)], 10)
    assert len(many.epochs) == EPOCHS_MAX


def test_a_patient_of_two_nodes_is_kept_for_as_long_as_either_misses_a_batch() -> None:
    nodes = nodes_of(
        {"ward-1": {"bed-1.": always("p1")}, "amb-1": {"": always("p1"), "b.": always("p2")}}
    )

    assert nodes == {"p1": frozenset({"ward-1", "amb-1"}), "p2": frozenset({"amb-1"})}


def test_a_moment_in_two_batches_is_one() -> None:
    """Signs of one moment that came apart, the second of them late."""
    first, second = pulse(1, 0, 80.0), pulse(3, 1, 120.0)
    seen: list[tuple[str, Seen]] = [("p1", ("respiration_rate", NOW_US + SECOND_US, 30.0))]
    late = Heard(NODE, (EPOCH, 2, 2), seen)
    together = Heard(NODE, (EPOCH, 2, 2), [*seen, *second.readings])
    service = Service()
    for each in (first, second, late):
        service.take([each])

    assert service.scores == in_order([first, together]).scores
