"""Subjects: their grammar, and rights that never overlap between nodes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu import service_rights, subjects
from tianfu.subjects import InvalidName, NodeId, Subject

TOKEN = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
GRAMMAR = re.compile(
    rf"tianfu\.v1\.(?:(?:reading|heartbeat|plan)\.{TOKEN}|event\.{TOKEN}\.{TOKEN}"
    rf"|dead\.[A-Z][A-Z_]*\.{TOKEN})"
)
nodes = st.from_regex(TOKEN, fullmatch=True).map(subjects.node_id)
tokens = st.from_regex(TOKEN, fullmatch=True)


def matches(pattern: str, subject: str) -> bool:
    """Return whether a NATS pattern takes in a subject, by NATS's own rules."""
    wanted, given_ = pattern.split("."), subject.split(".")
    for position, token in enumerate(wanted):
        if token == ">":
            return len(given_) > position
        if position >= len(given_) or token not in {"*", given_[position]}:
            return False
    return len(wanted) == len(given_)


def may(patterns: tuple[str, ...], subject: str) -> bool:
    return any(matches(pattern, subject) for pattern in patterns)


@given(nodes, tokens, tokens)
def test_grammar(node: NodeId, area: str, kind: str) -> None:
    made = [
        *(subjects.reading(node), subjects.heartbeat(node), subjects.plan(node)),
        subjects.event(area, kind),
        subjects.dead(subjects.READINGS, subjects.TELEMETRY_INGEST),
    ]
    assert all(GRAMMAR.fullmatch(subject) for subject in made)


@given(nodes)
def test_node_comes_back(node: NodeId) -> None:
    assert subjects.reading_node(subjects.reading(node)) == node
    assert subjects.heartbeat_node(subjects.heartbeat(node)) == node
    key = subjects.bucket_key(subjects.PLANS, node)
    assert subjects.bucket_key_node(subjects.PLANS, key) == node


@pytest.mark.parametrize(
    "name",
    [
        *("", "*", ">", ".", "a.b", "a b", "A", "-a", "a-", "é", "a\n", "a" * 64, "$SYS", "a\0"),
        *("节点", "a*", "a>", " a"),
    ],
)
def test_names_that_are_no_token(name: str) -> None:
    for make in (subjects.node_id, subjects.token):
        with pytest.raises(InvalidName) as caught:
            make(name)
        assert caught.value.reason == "INVALID_NAME"
    with pytest.raises(InvalidName):
        subjects.event("fleet", name)
    with pytest.raises(InvalidName):
        subjects.inbox_prefix("node", name)
    with pytest.raises(InvalidName):
        subjects.reading_node(f"tianfu.v1.reading.{name}")


@given(st.text(max_size=80))
def test_only_reading_subjects_have_a_node(text: str) -> None:
    for subject in (text, f"tianfu.v1.reading.{text}"):
        try:
            node = subjects.reading_node(subject)
        except InvalidName:
            continue
        assert subjects.reading(node) == subject


@pytest.mark.parametrize(
    "subject",
    ["tianfu.v1.heartbeat.n", "tianfu.v2.reading.n", "tianfu.v1.reading", "x.tianfu.v1.reading.n"],
)
def test_other_families_are_not_readings(subject: str) -> None:
    with pytest.raises(InvalidName):
        subjects.reading_node(subject)


# -- places ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("51", "51", id="province"),
        pytest.param("5101", "51.01", id="prefecture"),
        pytest.param("510104", "51.01.04", id="county"),
        *(
            pytest.param(code, None, id=repr(code))
            for code in ("", "5", "510", "05", "51010", "5101041", "51010a", "51 ", "51.01")
        ),
        pytest.param("\uff15\uff11", None, id="full-width-digits"),
        pytest.param("51\n", None, id="newline"),
    ],
)
def test_places(code: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(InvalidName):
            subjects.place_tokens(code)
    else:
        assert subjects.place_tokens(code) == expected


@given(st.from_regex(r"[1-9][0-9]{5}", fullmatch=True))
def test_a_prefecture_is_one_wildcard(code: str) -> None:
    prefecture = subjects.place_tokens(code[:4])
    assert matches(f"x.{prefecture}.*", f"x.{subjects.place_tokens(code)}")
    assert not matches(f"x.{prefecture}.*", f"x.{prefecture}")


# -- rights ----------------------------------------------------------------------------------------


def own_subjects(node: NodeId) -> list[str]:
    """Return what speaks for a node."""
    return [
        subjects.reading(node),
        subjects.heartbeat(node),
        subjects.bucket_key(subjects.PLAN_REPORTS, node),
        subjects.direct_get(subjects.PLANS, node),
    ]


def heard_subjects(node: NodeId) -> list[str]:
    """Return what is meant for a node alone."""
    return [subjects.plan(node), f"{subjects.inbox_prefix('node', node)}.reply"]


@given(nodes, nodes)
def test_no_node_speaks_or_listens_for_another(one: NodeId, other: NodeId) -> None:
    rights = subjects.node_permissions(one)
    assert all(may(rights.publish, subject) for subject in own_subjects(one))
    assert all(may(rights.subscribe, subject) for subject in heard_subjects(one))
    if one == other:
        return
    assert not any(may(rights.publish, subject) for subject in own_subjects(other))
    assert not any(may(rights.subscribe, subject) for subject in heard_subjects(other))
    theirs = subjects.node_permissions(other)
    assert set(rights.publish) & set(theirs.publish) == {
        subjects.ARTIFACT_GETS,
        subjects.UPDATES_GET,
    }
    assert set(rights.subscribe) & set(theirs.subscribe) == {subjects.UPDATES_HEARD}


@given(nodes)
def test_a_node_has_no_wildcard_but_its_inbox_and_artifacts(node: NodeId) -> None:
    rights = subjects.node_permissions(node)
    # Artifacts are asked for by their sum, which who does not know it can't guess.
    wild = [right for right in rights.publish if "*" in right or ">" in right]
    assert wild == [subjects.ARTIFACT_GETS]
    open_ended = [right for right in rights.subscribe if "*" in right or ">" in right]
    assert open_ended == [f"{subjects.inbox_prefix('node', node)}.>"]
    assert not rights.allow_responses


@given(nodes, st.sampled_from(service_rights.SERVICES))
def test_a_node_has_no_right_of_a_services_api(node: NodeId, service: str) -> None:
    rights = subjects.node_permissions(node)
    inbox = f"{subjects.inbox_prefix('service', service)}.x"
    assert not may(rights.subscribe, inbox)
    for forbidden in (
        subjects.bucket_key(subjects.PLANS, node),
        subjects.event("fleet", "node-created"),
        subjects.pull(subjects.READINGS, subjects.TELEMETRY_INGEST),
        *(f"$JS.API.STREAM.{verb}.READINGS" for verb in ("CREATE", "UPDATE", "DELETE", "PURGE")),
        "$SYS.REQ.SERVER.PING",
    ):
        assert not may(rights.publish, forbidden)


@pytest.mark.parametrize("service", service_rights.SERVICES)
def test_services_may_do_only_what_is_theirs(service: str) -> None:
    rights = service_rights.service_permissions(service)
    assert may(rights.subscribe, f"{subjects.inbox_prefix('service', service)}.x")
    others = [other for other in service_rights.SERVICES if other != service]
    for other in others:
        assert not may(rights.subscribe, f"{subjects.inbox_prefix('service', other)}.x")
    for stream in (subjects.READINGS, subjects.EVENTS):
        for verb in ("DELETE", "PURGE"):
            assert not may(rights.publish, f"$JS.API.STREAM.{verb}.{stream}")
    assert ">" not in (*rights.publish, *rights.subscribe)


def test_one_owner_a_stream() -> None:
    for stream in (subjects.READINGS, subjects.EVENTS):
        owners = [
            service
            for service in service_rights.SERVICES
            if may(
                service_rights.service_permissions(service).publish,
                f"$JS.API.STREAM.CREATE.{stream}",
            )
        ]
        assert len(owners) == 1


def test_unknown_service_has_no_rights() -> None:
    with pytest.raises(InvalidName):
        service_rights.service_permissions("nobody")


@given(st.sampled_from([subjects.PLANS, subjects.PLAN_REPORTS]), nodes)
def test_buckets(bucket: subjects.BucketName, node: NodeId) -> None:
    key = subjects.bucket_key(bucket, node)
    assert matches(subjects.bucket_keys(bucket), key)
    wanted = Subject(f"$JS.API.DIRECT.GET.KV_{bucket}.{key}")
    assert subjects.direct_get(bucket, node) == wanted
    assert not matches(subjects.bucket_keys(bucket), f"{key}.deeper")


def test_artifacts_are_named_by_their_sum() -> None:
    digest = "ab" * 32
    node = subjects.node_permissions(subjects.node_id("gw-1"))
    assert subjects.artifact_key(digest, 3) == f"$KV.ARTIFACTS.{digest}.3"
    assert may(node.publish, subjects.artifact_get(digest))
    assert may(node.publish, subjects.artifact_get(digest, 0))
    assert not may(node.publish, subjects.artifact_key(digest))
    for wrong in ("", "ab", "AB" * 32, "ab" * 31 + ".*"):
        with pytest.raises(InvalidName):
            subjects.artifact_key(wrong)


def test_republished_plans_reach_their_node() -> None:
    source, destination = subjects.PLAN_REPUBLISH
    node = subjects.node_id("pump-7")
    assert matches(source, subjects.bucket_key(subjects.PLANS, node))
    assert destination.replace("{{wildcard(1)}}", node) == subjects.plan(node)
