"""When credentials of a station's leaf server are made, renewed, narrowed and given up."""

from __future__ import annotations

import copy
from base64 import b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from operators.edgenode import leaf
from operators.edgenode.api import LABELS_MAX, parse
from operators.edgenode.children import Config, children
from operators.edgenode.handlers import leaf_key
from operators.edgenode.model import IssueLeaf, LeafSecret, Observed
from operators.edgenode.plan import conditions, plan
from operators.fleet.client import Fleet, FleetAddress, station_of
from operators.fleet.model import (
    LABEL_NAMESPACE,
    LABEL_STATION,
    Enrolment,
    EnrolmentState,
    FleetNode,
    Presence,
    Registration,
    StationCredentials,
    labels_of,
)
from operators.kube.actions import Delete
from tests.operators.test_edge_node_plan import (
    CONFIG,
    GATEWAY,
    GOING,
    NOW,
    STATION,
    changed,
    fleet_node,
)
from tianfu import nats_jwt, nats_keys
from tianfu.nats_keys import KeyKind
from tianfu.subjects import GATEWAYS_MAX

DAY = timedelta(days=1)
PAIR = nats_keys.generate(KeyKind.USER)
TEXT = nats_jwt.credentials("a.b.c", PAIR.seed)
PLACE = STATION["spec"]["place"]
ONE, TWO = ("gw-1", "513221"), ("gw-2", "513221")


def kept(
    *, renew: datetime = NOW + DAY, gateways: tuple[tuple[str, str], ...] = (), enrolled: str = ""
) -> LeafSecret:
    signed = StationCredentials("a.b.c", renew, renew + 10 * DAY)
    meant = leaf.speaks_for(PLACE, gateways)
    made = copy.deepcopy(leaf.secret(parse(STATION), signed, TEXT, meant, enrolled))
    made["metadata"]["uid"] = "leaf-uid"
    return leaf.observe(made)


def steps(observed: Observed, given: dict[str, Any] = STATION, config: Config = CONFIG) -> Any:
    return list(leaf.steps(parse(given), observed, config, NOW))


ONLINE = Observed(fleet_node(STATION, Presence.ONLINE))
REVOKED = replace(ONLINE, enrolment=Enrolment(EnrolmentState.REVOKED, "stolen"))


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        pytest.param(Observed(), None, id="not-registered-yet"),
        pytest.param(ONLINE, False, id="none-yet"),
        pytest.param(replace(ONLINE, leaf_secret=kept()), None, id="good"),
        pytest.param(replace(ONLINE, leaf_secret=kept(renew=NOW)), False, id="two-thirds-gone"),
        pytest.param(
            replace(ONLINE, leaf_secret=kept(), gateways=(ONE,)), True, id="a-gateway-has-come"
        ),
        pytest.param(
            replace(ONLINE, leaf_secret=kept(gateways=(ONE, TWO)), gateways=(ONE,)),
            True,
            id="a-gateway-has-gone",
        ),
        pytest.param(
            replace(ONLINE, leaf_secret=kept(gateways=(ONE,)), gateways=((ONE[0], "513222"),)),
            True,
            id="a-gateway-has-moved",
        ),
        pytest.param(
            replace(ONLINE, leaf_secret=kept(renew=NOW), gateways=(ONE,)), False, id="both"
        ),
        pytest.param(REVOKED, None, id="turned-out"),
    ],
)
def test_when_they_are_signed(observed: Observed, expected: bool | None) -> None:
    made = steps(observed)
    if expected is None:
        assert made == []
        return
    meant = leaf.speaks_for(PLACE, observed.gateways)
    assert made == [IssueLeaf("gw-1", meant, keeps_key=expected)]


FIRST, SECOND = NOW - 9 * DAY, NOW - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("told", "now_enrolled", "expected"),
    [
        pytest.param(FIRST, FIRST, None, id="the-same-device"),
        pytest.param(None, FIRST, True, id="the-first-device"),
        pytest.param(FIRST, SECOND, False, id="turned-out-and-enrolled-again-unseen"),
        pytest.param(FIRST, None, None, id="the-fleet-was-not-reached"),
        pytest.param(None, None, None, id="nobody-yet"),
    ],
)
def test_who_has_come_back_gets_another_key(
    told: datetime | None, now_enrolled: datetime | None, expected: bool | None
) -> None:
    """Turning out a station ends its leaf server's key, which nothing makes good again."""
    enrolment = Enrolment(EnrolmentState.ENROLLED, since=now_enrolled) if now_enrolled else None
    secret = kept(enrolled=told.isoformat() if told else "")
    made = steps(replace(ONLINE, leaf_secret=secret, enrolment=enrolment))
    if expected is None:
        assert made == []
        return
    assert now_enrolled is not None
    enrolled = now_enrolled.isoformat()
    assert made == [IssueLeaf("gw-1", leaf.speaks_for(PLACE, ()), enrolled, keeps_key=expected)]


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param({"data": {}}, id="emptied"),
        pytest.param({"data": {leaf.CREDENTIALS: b64encode(b"mine").decode()}}, id="replaced"),
        pytest.param({"metadata": {"annotations": {}}}, id="notes-taken-off"),
    ],
)
def test_what_somebody_edits_is_made_anew(spoilt: dict[str, Any]) -> None:
    one: dict[str, Any] = copy.deepcopy(dict(kept().observed))
    for part, value in spoilt.items():
        one[part] = {**one[part], **value} if part == "metadata" else value
    found = leaf.observe(one)
    assert found.renew_time is None
    expected = [IssueLeaf("gw-1", leaf.speaks_for(PLACE, ()))]
    assert steps(replace(ONLINE, leaf_secret=found)) == expected


@pytest.mark.parametrize(
    ("observed", "config"),
    [
        pytest.param(replace(REVOKED, leaf_secret=kept()), CONFIG, id="turned-out"),
        pytest.param(
            replace(ONLINE, leaf_secret=kept()), replace(CONFIG, leaf_config=""), id="no-leaf-more"
        ),
    ],
)
def test_what_is_good_for_nothing_goes(observed: Observed, config: Config) -> None:
    (step,) = steps(observed, STATION, config)
    assert isinstance(step, Delete)
    assert step.uid == "leaf-uid"


def test_they_go_with_the_node() -> None:
    observed = Observed(fleet_node(STATION, Presence.ONLINE), leaf_secret=kept())
    going = changed(STATION, metadata__deletionTimestamp=GOING["metadata"]["deletionTimestamp"])
    made = plan(parse(going), observed, going, CONFIG, NOW).steps
    assert "leaf-uid" in [step.uid for step in made if isinstance(step, Delete)]


@pytest.mark.parametrize("renew", [timedelta(seconds=5), DAY])
def test_they_are_looked_at_each_minute_and_when_they_are_to_be_renewed(renew: timedelta) -> None:
    made = {
        f"{one['kind']}/{one['metadata']['name']}": one for one in children(parse(STATION), CONFIG)
    }
    observed = replace(ONLINE, leaf_secret=kept(renew=NOW + renew), children=made)
    decided = plan(parse(STATION), observed, STATION, CONFIG, NOW)
    assert decided.steps == ()
    assert decided.look_again == NOW + min(renew, leaf.LOOK_AGAIN)


def test_a_station_with_too_many_gateways_says_so() -> None:
    many = tuple((f"gw-{n:03}", PLACE) for n in range(65))
    found = conditions(parse(STATION), replace(ONLINE, gateways=many), CONFIG)
    synced = next(one for one in found if one.type == "Synced")
    assert synced.reason == "StationFull"
    assert "have the others name another station" in synced.message
    # The sixty-fifth changes nothing of whom it speaks for: no signature for each that comes.
    assert leaf.speaks_for(PLACE, many) == leaf.speaks_for(PLACE, many[:64])


def test_gateways_of_other_namespaces_take_no_places() -> None:
    def one(node_id: str, namespace: str) -> Registration:
        return Registration(node_id, False, PLACE, "", labels_of({LABEL_NAMESPACE: namespace}))

    strangers = [one(f"a-{n:03}", "elsewhere") for n in range(GATEWAYS_MAX)]
    own = one("z-own", "edge")
    found = leaf.in_order([*strangers, own], "edge")
    assert found[0] == ("z-own", PLACE)
    # More strangers change nothing of whom it speaks for.
    more = leaf.in_order([*strangers, own, one("b", "elsewhere")], "edge")
    assert leaf.speaks_for(PLACE, more) == leaf.speaks_for(PLACE, found)


def test_the_key_is_found_again() -> None:
    found = leaf_key(kept().observed)
    assert found is not None
    assert found.public_key == PAIR.public_key


@pytest.mark.parametrize("data", [None, {}, {leaf.CREDENTIALS: "no base64!"}, {"x": "y"}])
def test_what_is_no_key_is_none(data: Any) -> None:
    assert leaf_key({"data": data}) is None
    assert leaf_key(None) is None


def test_the_label_of_the_station_is_kept_among_too_many() -> None:
    labels = {f"a{n:02}": "x" for n in range(LABELS_MAX + 3)} | {LABEL_STATION: "bs-1"}
    node = parse(changed(GATEWAY, metadata__labels=labels))
    assert len(node.labels) == LABELS_MAX
    assert (LABEL_STATION, "bs-1") in node.labels
    assert node.labels == tuple(sorted(node.labels))


def node_at(name: str, station: str, *, is_station: bool = False) -> FleetNode:
    labels = labels_of({LABEL_STATION: station} if station else {})
    registration = Registration(name, is_station, "510105", "", labels)
    return FleetNode(registration, Presence.ONLINE, NOW)


async def test_gateways_are_known_by_station() -> None:
    fleet = Fleet(FleetAddress("127.0.0.1:1", is_plain=True))
    try:
        named = {"a": "bs-1", "b": "bs-1", "c": "", "d": "x"}
        for name, station in named.items():
            fleet._know(node_at(name, station))
        fleet._know(node_at("bs-2", "bs-1", is_station=True))
        fleet._know(node_at("b", "bs-2"))
        fleet._forget("d")
        found = {
            at: [one.registration.node_id for one in fleet.gateways_of(at)]
            for at in ("bs-1", "bs-2", "x")
        }
        assert found == {"bs-1": ["a"], "bs-2": ["b"], "x": []}
    finally:
        await fleet.close()
    assert station_of(None) == ""
