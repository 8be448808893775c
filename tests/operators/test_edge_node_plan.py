"""What is done about an EdgeNode and what is said of it, as tables."""

from __future__ import annotations

import copy
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operators.edgenode import diagnosis, leaf
from operators.edgenode.api import ESCAPE, FINALIZER, parse
from operators.edgenode.children import Config, children, token_secret
from operators.edgenode.handlers import workload_of
from operators.edgenode.model import (
    IssueLeaf,
    IssueToken,
    LeafSecret,
    Neighbourhood,
    Observed,
    Register,
    Remove,
    TokenSecret,
    Update,
    Wish,
    Workload,
)
from operators.edgenode.plan import conditions, plan
from operators.fleet.model import (
    LABEL_WISH,
    Enrolment,
    EnrolmentState,
    FleetNode,
    Presence,
    labels_of,
)
from operators.kube.actions import Apply, Delete, Emit, WriteFinalizers

NOW = datetime(2026, 5, 12, 14, 28, tzinfo=UTC)
CONFIG = Config({"Stable": "0.1.0"}, leaf_config="server_name: TIANFU-LEAF-NAME")
GATEWAY: dict[str, Any] = {
    "apiVersion": "edge.tianfu.dev/v1alpha1",
    "kind": "EdgeNode",
    "metadata": {
        "name": "gw-1",
        "namespace": "default",
        "uid": "u-1",
        "generation": 3,
        "resourceVersion": "7",
        "labels": {"ward": "cardiology", "Not.Kept/By-The-Fleet": "x"},
        "finalizers": [FINALIZER],
    },
    "spec": {
        "class": "Gateway",
        "place": "510105",
        "gateway": {"model": "Pi"},
        "runtime": {"type": "Standalone", "standalone": {"tokenTimeToLive": "24h"}},
    },
}
STATION: dict[str, Any] = copy.deepcopy(GATEWAY)
STATION["spec"] = {
    "class": "BaseStation",
    "place": "513221",
    "baseStation": {"gnbId": 7},
    "runtime": {"type": "Kubernetes", "kubernetes": {"nodeName": "host-7"}},
}
NONE = Enrolment(EnrolmentState.NONE)


def changed(base: dict[str, Any], **parts: Any) -> dict[str, Any]:
    made = copy.deepcopy(base)
    for path, value in parts.items():
        *parents, last = path.split("__")
        at = made
        for parent in parents:
            at = at.setdefault(parent, {})
        at[last] = value
    return made


def fleet_node(given: dict[str, Any], presence: Presence, **more: Any) -> FleetNode:
    registration = parse(given).registration(CONFIG.channels)
    return FleetNode(registration, presence, NOW - timedelta(hours=1), **more)


def secret(left: timedelta) -> TokenSecret:
    made = token_secret(parse(GATEWAY), "t", "tfj1.x", "2026-05-12T00:00:00Z")
    made["metadata"]["uid"] = "s-1"
    return TokenSecret(made, NOW + left)


def leaf_secret() -> LeafSecret:
    meant = leaf.speaks_for(STATION["spec"]["place"], ())
    return LeafSecret({"metadata": {}}, NOW + timedelta(days=20), meant)


def decided(given: dict[str, Any], observed: Observed) -> Any:
    return plan(parse(given), observed, given, CONFIG, NOW)


def kinds(given: dict[str, Any], observed: Observed) -> list[type]:
    return [type(step) for step in decided(given, observed).steps]


STEPS = [
    pytest.param(GATEWAY, Observed(), [Register], id="unknown"),
    pytest.param(
        changed(GATEWAY, metadata__finalizers=[]), Observed(), [WriteFinalizers], id="unfinalized"
    ),
    pytest.param(
        GATEWAY,
        Observed(fleet_node(GATEWAY, Presence.NEVER_SEEN), NONE),
        [IssueToken],
        id="registered",
    ),
    pytest.param(
        GATEWAY,
        Observed(fleet_node(GATEWAY, Presence.NEVER_SEEN), NONE, secret(timedelta(hours=9))),
        [],
        id="token-is-good",
    ),
    pytest.param(
        GATEWAY,
        Observed(fleet_node(GATEWAY, Presence.NEVER_SEEN), NONE, secret(timedelta(hours=8))),
        [IssueToken],
        id="a-third-is-left",
    ),
    pytest.param(
        GATEWAY,
        Observed(fleet_node(GATEWAY, Presence.ONLINE), None, secret(timedelta(hours=20))),
        [Delete],
        id="token-is-spent",
    ),
    pytest.param(
        GATEWAY,
        Observed(
            fleet_node(GATEWAY, Presence.NEVER_SEEN),
            Enrolment(EnrolmentState.REVOKED, "stolen"),
            None,
        ),
        [],
        id="revoked-gets-no-token",
    ),
    pytest.param(
        changed(GATEWAY, spec__place="510106"),
        Observed(fleet_node(GATEWAY, Presence.ONLINE)),
        [Update],
        id="moved",
    ),
    pytest.param(
        STATION,
        Observed(fleet_node(STATION, Presence.ONLINE)),
        [IssueLeaf, Apply, Apply, Apply, Apply],
        id="station-has-nothing",
    ),
    pytest.param(GATEWAY, Observed(trouble="away"), [], id="fleet-is-away"),
    pytest.param(
        changed(GATEWAY, spec__agent={"channel": "Candidate"}),
        Observed(fleet_node(GATEWAY, Presence.ONLINE)),
        [Wish, Update],
        id="another-channel",
    ),
    pytest.param(
        changed(GATEWAY, spec__agent={"version": "9.9.9"}),
        Observed(),
        [Register],
        id="pinned-and-unknown",
    ),
    pytest.param(
        changed(STATION, spec__agent={"channel": "Candidate"}),
        Observed(fleet_node(STATION, Presence.ONLINE)),
        [Update],
        id="a-pod-has-no-wish",
    ),
]


def test_a_pinned_version_is_in_the_plan_before_the_fleet_s_label_says_so() -> None:
    pinned = changed(GATEWAY, spec__agent={"version": "9.9.9"})
    (register,) = decided(pinned, Observed()).steps
    assert register.registration.label(LABEL_WISH) == ""
    known = FleetNode(register.registration, Presence.ONLINE, NOW)
    wish, update = decided(pinned, Observed(known)).steps
    assert wish == Wish("gw-1", "stable", "9.9.9")
    assert update.registration.label(LABEL_WISH) == "stable_9.9.9"
    assert kinds(pinned, Observed(FleetNode(update.registration, Presence.ONLINE, NOW))) == []


def test_the_newest_stable_release_again_is_written_too() -> None:
    candidate = changed(GATEWAY, spec__agent={"channel": "Candidate"})
    wish, update = decided(GATEWAY, Observed(fleet_node(candidate, Presence.ONLINE))).steps
    assert wish == Wish("gw-1", "stable", "")
    assert update.registration.label(LABEL_WISH) == ""


@pytest.mark.parametrize(("given", "observed", "expected"), STEPS)
def test_steps(given: dict[str, Any], observed: Observed, expected: list[type]) -> None:
    assert kinds(given, observed) == expected


def test_what_is_made_is_not_made_again() -> None:
    made = {
        f"{one['kind']}/{one['metadata']['name']}": one for one in children(parse(STATION), CONFIG)
    }
    observed = Observed(
        fleet_node(STATION, Presence.ONLINE), children=made, leaf_secret=leaf_secret()
    )

    assert decided(STATION, observed).steps == ()
    edited = copy.deepcopy(dict(made))
    edited["Deployment/gw-1-agent"]["spec"]["replicas"] = 2
    assert kinds(STATION, replace(observed, children=edited)) == [Apply]


def said(given: dict[str, Any], observed: Observed) -> dict[str, tuple[str, str]]:
    found = conditions(parse(given), observed, CONFIG)
    return {one.type: (one.status.value, one.reason) for one in found}


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        pytest.param(Observed(trouble="away"), "FleetUnavailable", id="away"),
        pytest.param(
            Observed(fleet_node(GATEWAY, Presence.NEVER_SEEN), NONE, secret(timedelta(hours=9))),
            "AwaitingDevice",
            id="awaiting",
        ),
        pytest.param(
            Observed(fleet_node(GATEWAY, Presence.NEVER_SEEN), Enrolment(EnrolmentState.ENROLLED)),
            "NeverSeen",
            id="enrolled",
        ),
        pytest.param(
            Observed(fleet_node(GATEWAY, Presence.ONLINE, agent_version="0.1.0")), "Ready", id="on"
        ),
        pytest.param(
            Observed(fleet_node(GATEWAY, Presence.SILENT, agent_version="0.1.0")),
            "Ready",
            id="a-heartbeat-is-missing",
        ),
        pytest.param(
            Observed(fleet_node(GATEWAY, Presence.ONLINE, agent_version="0.0.9")),
            "AgentOutdated",
            id="outdated",
        ),
        pytest.param(
            Observed(fleet_node(GATEWAY, Presence.ONLINE, is_duplicated=True)),
            "IdentityDuplicated",
            id="copied",
        ),
        pytest.param(
            Observed(fleet_node(GATEWAY, Presence.ONLINE), trouble="refused"),
            "FleetRefused",
            id="refused",
        ),
    ],
)
def test_ready_says_what_is_missing_first(observed: Observed, expected: str) -> None:
    assert said(GATEWAY, observed)["Ready"][1] == expected


@pytest.mark.parametrize(
    ("scheduling", "expected"),
    [
        ("Open", ("True", "Ready")),
        ("Cordoned", ("True", "Cordoned")),
        ("Draining", ("False", "Draining")),
    ],
)
def test_scheduling_is_said(scheduling: str, expected: tuple[str, str]) -> None:
    given = changed(GATEWAY, spec__scheduling=scheduling)

    assert said(given, Observed(fleet_node(given, Presence.ONLINE)))["Ready"] == expected


LOST = [
    pytest.param(GATEWAY, Neighbourhood(), Workload.ABSENT, "NotHeardFrom", id="alone"),
    pytest.param(GATEWAY, Neighbourhood(online=3), Workload.ABSENT, "DeviceLost", id="one-of-many"),
    pytest.param(GATEWAY, Neighbourhood(lost=1), Workload.ABSENT, "SiteCutOff", id="all"),
    pytest.param(
        GATEWAY, Neighbourhood(3, 1, False), Workload.ABSENT, "SiteCutOff", id="station-gone"
    ),
    pytest.param(
        GATEWAY, Neighbourhood(1, 5, True), Workload.ABSENT, "DeviceLost", id="station-there"
    ),
    pytest.param(STATION, Neighbourhood(), Workload.AVAILABLE, "SiteCutOff", id="pod-runs"),
    pytest.param(STATION, Neighbourhood(9), Workload.FAILING, "AgentCrashed", id="pod-fails"),
    pytest.param(STATION, Neighbourhood(), Workload.ABSENT, "AgentStopped", id="pod-gone"),
]


@pytest.mark.parametrize(("given", "around", "workload", "reason"), LOST)
def test_crash_and_cut_line_are_told_apart(
    given: dict[str, Any], around: Neighbourhood, workload: Workload, reason: str
) -> None:
    observed = Observed(
        fleet_node(given, Presence.OFFLINE), neighbourhood=around, workload=workload
    )
    found = diagnosis.lost(parse(given), observed)

    assert found.reason == reason
    assert len(found.message) > 30


def test_a_revoked_node_is_not_called_lost() -> None:
    revoked = Enrolment(EnrolmentState.REVOKED, "stolen")
    observed = Observed(fleet_node(GATEWAY, Presence.OFFLINE), revoked)

    assert said(GATEWAY, observed)["Connected"] == ("False", "Revoked")
    assert said(GATEWAY, observed)["Enrolled"] == ("False", "Revoked")


def test_losing_and_returning_is_told_once_and_a_first_sight_is_not() -> None:
    current = GATEWAY
    told: list[list[str]] = []
    for presence in (Presence.ONLINE, Presence.OFFLINE, Presence.OFFLINE, Presence.ONLINE):
        result = decided(current, Observed(fleet_node(GATEWAY, presence)))
        told.append([one.reason for one in result.after if isinstance(one, Emit)])
        current = changed(GATEWAY, status=dict(result.status))

    assert told == [[], ["NotHeardFrom"], [], ["Returned"]]


def test_the_same_again_says_the_same() -> None:
    observed = Observed(fleet_node(GATEWAY, Presence.ONLINE))
    first = decided(GATEWAY, observed).status
    again = plan(
        parse(GATEWAY),
        observed,
        changed(GATEWAY, status=first),
        CONFIG,
        NOW + timedelta(days=3),
    ).status

    assert again == first


# -- leaving ----------------------------------------------------------------------------------

GOING = changed(GATEWAY, metadata__deletionTimestamp="2026-05-12T14:00:00Z")


def test_shares_end_first() -> None:
    node = fleet_node(GATEWAY, Presence.ONLINE)
    result = decided(GOING, Observed(node, shares_end=NOW + timedelta(minutes=9)))

    assert result.steps == ()
    assert result.look_again == NOW + timedelta(minutes=9)
    (ready,) = [one for one in result.status["conditions"] if one["type"] == "Ready"]
    assert (ready["reason"], ESCAPE in ready["message"]) == ("Draining", True)


def test_then_it_is_removed_and_let_go() -> None:
    node = fleet_node(GATEWAY, Presence.ONLINE)

    assert kinds(GOING, Observed(node, shares_end=NOW)) == [Remove]
    (last,) = decided(GOING, Observed()).steps
    assert last == WriteFinalizers(last.kind, GOING, ())


def test_a_pod_stops_before_its_credentials_do() -> None:
    going = changed(STATION, metadata__deletionTimestamp="2026-05-12T14:00:00Z")
    made = {
        f"{one['kind']}/{one['metadata']['name']}": changed(dict(one), metadata__uid="c")
        for one in children(parse(STATION), CONFIG)
    }
    observed = Observed(fleet_node(STATION, Presence.ONLINE), children=made)

    assert kinds(going, observed) == [Delete] * 4
    stopping = {
        name: changed(one, metadata__deletionTimestamp="2026-05-12T14:01:00Z")
        for name, one in made.items()
    }
    assert kinds(going, replace(observed, children=stopping)) == []
    del stopping["Deployment/gw-1-agent"]
    assert kinds(going, replace(observed, children=stopping)) == [Remove]


def test_the_escape_goes_through_all_that_holds_it() -> None:
    given = changed(GOING, metadata__annotations={ESCAPE: "flooded"})
    observed = Observed(
        fleet_node(GATEWAY, Presence.OFFLINE),
        shares_end=NOW + timedelta(hours=1),
        trouble="away",
    )

    assert kinds(given, observed) == [Remove, Emit, WriteFinalizers]
    assert decided(given, observed).steps[0].is_best_effort


def test_somebody_elses_name_is_left_alone() -> None:
    theirs = fleet_node(GATEWAY, Presence.ONLINE)
    labels = labels_of({"edge.tianfu.dev/namespace": "elsewhere"})
    theirs = replace(theirs, registration=replace(theirs.registration, labels=labels))

    assert kinds(GATEWAY, Observed(theirs)) == []
    assert said(GATEWAY, Observed(theirs))["Enrolled"] == ("False", "NameTaken")
    assert kinds(GOING, Observed(theirs)) == [WriteFinalizers]


# -- every snapshot there can be ----------------------------------------------------------------

PRESENCES = [None, *Presence]
ENROLMENTS = [None, *(Enrolment(state, "x") for state in EnrolmentState)]
SECRETS = [None, secret(timedelta(hours=20)), secret(timedelta(seconds=-1))]
TROUBLES = ["", "away"]
BASES = [GATEWAY, STATION, GOING, changed(GATEWAY, spec__scheduling="Draining")]
AROUND = [Neighbourhood(), Neighbourhood(2, 0, True), Neighbourhood(0, 2, False)]
ALL = list(
    itertools.product(BASES, PRESENCES, ENROLMENTS, SECRETS, TROUBLES, list(Workload), AROUND)
)


def test_there_are_thousands() -> None:
    assert len(ALL) > 5_000


def test_no_snapshot_is_a_dead_end_and_each_says_the_four_conditions() -> None:
    for given, presence, enrolment, kept, trouble, workload, around in ALL:
        observed = Observed(
            None if presence is None else fleet_node(given, presence),
            enrolment,
            kept,
            workload=workload,
            neighbourhood=around,
            trouble=trouble,
        )
        result = decided(given, observed)
        assert result.steps or result.status is not None, observed
        if result.status is not None and "deletionTimestamp" not in given["metadata"]:
            types = [one["type"] for one in result.status["conditions"]]
            assert types == ["Connected", "Enrolled", "Ready", "Synced"]
        again = decided(given, observed)
        assert again == result, "the same snapshot, the same plan"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(None, Workload.STARTING, id="new"),
        pytest.param({"availableReplicas": 1}, Workload.AVAILABLE, id="up"),
        pytest.param(
            {"conditions": [{"type": "ReplicaFailure", "status": "True"}]},
            Workload.FAILING,
            id="no-pod-can-be-made",
        ),
        pytest.param(
            {"conditions": [{"type": "Progressing", "reason": "NewReplicaSetAvailable"}]},
            Workload.FAILING,
            id="was-up",
        ),
        pytest.param(
            {"conditions": [{"type": "Progressing", "reason": "ReplicaSetUpdated"}]},
            Workload.STARTING,
            id="coming",
        ),
    ],
)
def test_how_a_pod_is(status: Any, expected: Workload) -> None:
    assert workload_of({"status": status} if status else {}) is expected
    assert workload_of(None) is Workload.ABSENT


def test_pods_meet_the_restricted_standard() -> None:
    (deployment,) = [one for one in children(parse(STATION), CONFIG) if one["kind"] == "Deployment"]
    pod = deployment["spec"]["template"]["spec"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert "hostPath" not in str(pod)
    assert "hostPort" not in str(pod)
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    for container in (*pod["initContainers"], *pod["containers"]):
        confined = container["securityContext"]
        assert confined["allowPrivilegeEscalation"] is False
        assert confined["capabilities"] == {"drop": ["ALL"]}
        assert confined["readOnlyRootFilesystem"] is True
        assert "limits" in container["resources"]
    terms = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert "host-7" in str(terms)
