"""Keys of stations' leaf servers: what is signed, what ends when; without clock or database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fleet import stations
from services.fleet.enrolment import Policy, State
from services.fleet.model import NodeClass
from services.fleet.stations import KeyTaken, NotAStation, StationKey, StationRevoked
from tianfu.subjects import GATEWAYS_MAX

NOW = datetime(2026, 11, 30, tzinfo=UTC)
POLICY = Policy(lifetime=timedelta(days=30), overlap=timedelta(minutes=3))
SECOND = timedelta(seconds=1)


def test_the_first_key_takes_no_others_place() -> None:
    (key,) = stations.issued((), "bs-1", "U1", POLICY, NOW)
    assert key.retire_time is None
    assert (key.issue_time, key.expire_time) == (NOW - 60 * SECOND, NOW + POLICY.lifetime)


def test_a_new_key_leaves_the_former_one_the_overlap() -> None:
    first = stations.issued((), "bs-1", "U1", POLICY, NOW)
    later = NOW + timedelta(days=20)
    current, former = stations.issued(first, "bs-1", "U2", POLICY, later)
    assert (current.public_key, current.retire_time) == ("U2", None)
    assert (former.public_key, former.retire_time) == ("U1", later + POLICY.overlap)
    assert stations.turned_out_until(former) >= former.issue_time


def test_a_former_key_can_not_come_back_nor_is_its_end_put_off() -> None:
    keys = stations.issued((), "bs-1", "U1", POLICY, NOW)
    keys = stations.issued(keys, "bs-1", "U2", POLICY, NOW)
    with pytest.raises(KeyTaken):
        stations.issued(keys, "bs-1", "U1", POLICY, NOW + SECOND)
    again = stations.issued(keys, "bs-1", "U3", POLICY, NOW + 100 * SECOND)
    ends = {key.public_key: key.retire_time for key in again}
    assert ends["U1"] == NOW + POLICY.overlap


@given(st.lists(st.floats(0, 3600), min_size=2, max_size=8))
def test_tokens_of_one_key_can_be_told_apart_however_fast_they_come(gaps: list[float]) -> None:
    """What is refused is every older token, and never the newest, in NATS' whole seconds."""
    keys: tuple[StationKey, ...] = ()
    now, issued = NOW, list[int]()
    for gap in gaps:
        now += timedelta(seconds=gap)
        keys = stations.issued(keys, "bs-1", "U1", POLICY, now)
        issued.append(int(keys[0].issue_time.timestamp()))
    until = int(stations.turned_out_until(keys[0]).timestamp())
    assert [at for at in issued if at > until] == [issued[-1]]
    assert keys[0].retire_time == now + POLICY.overlap


def test_a_station_has_so_many_gateways_as_a_token_can_state() -> None:
    found = stations.gateways([(f"gw-{n:03}", "510104") for n in range(GATEWAYS_MAX + 2)][::-1])
    assert len(found.places) == GATEWAYS_MAX
    assert found.places[0] == ("gw-000", "510104")
    assert found.left_out == 2


def test_gateways_of_the_station_s_own_namespace_come_first() -> None:
    strangers = [(f"a-{n:03}", "510104") for n in range(GATEWAYS_MAX)]
    found = stations.gateways([("z-own", "510104")], strangers)
    assert found.places[0] == ("z-own", "510104")
    assert (len(found.places), found.left_out) == (GATEWAYS_MAX, 1)


@pytest.mark.parametrize(
    ("node_class", "state", "refusal"),
    [
        (NodeClass.GATEWAY, State.NONE, NotAStation),
        (NodeClass.BASE_STATION, State.REVOKED, StationRevoked),
        (NodeClass.BASE_STATION, State.NONE, None),
        (NodeClass.BASE_STATION, State.ENROLLED, None),
    ],
)
def test_who_may_have_credentials(
    node_class: NodeClass, state: State, refusal: type[Exception] | None
) -> None:
    if refusal is None:
        stations.check(node_class, state)
        return
    with pytest.raises(refusal):
        stations.check(node_class, state)
