"""Resources as text: what is typed, written, read, compared, selected and printed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from cli.failures import Exit, Failure
from cli.resources import documents, select, show
from cli.resources.catalogue import Kind, Step, kind_named, kinds
from cli.resources.documents import TYPE
from cli.resources.requests import assign_all, made, must_be_known, must_be_whole, request_for
from cli.resources.show import Format
from tests.support.filled import filled
from tianfu.fleet.v1 import node_pb2

NOW = datetime(2026, 1, 12, 8, tzinfo=UTC)
NODE = kind_named("node")
every_kind = pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.full_word)


def node(*settings: str, name: str = "nodes/gw-1") -> Any:
    found = node_pb2.Node(name=name)
    assign_all(found, settings, NOW)
    return found


def typed(*settings: str) -> documents.Document:
    return documents.from_settings(NODE, "nodes/gw-1", settings, NOW)


def whole(kind: Kind) -> Any:
    """Return a resource with every field set, and a name of its own."""
    message = filled(kind.message)
    message.name = re.sub(r"\{[a-z_]+\}", "x-1", kind.pattern)
    return message


# -- what is typed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "document"),
    [
        ("display_name=塔 1", {"display_name": "塔 1"}),
        ("displayName=x=y", {"display_name": "x=y"}),
        ("node-class=base-station", {"node_class": "NODE_CLASS_BASE_STATION"}),
        ("node_class=NODE_CLASS_GATEWAY", {"node_class": "NODE_CLASS_GATEWAY"}),
        ("labels.example.org/site=roof", {"labels": {"example.org/site": "roof"}}),
        ("clock_offset=90s", {"clock_offset": "90s"}),
        ("create_time=2026-01-12T07:00:00Z", {"create_time": "2026-01-12T07:00:00Z"}),
        ("create_time=1h", {"create_time": "2026-01-12T07:00:00Z"}),
    ],
)
def test_a_field_is_set_by_a_text(setting: str, document: dict[str, Any]) -> None:
    found = documents.document_of(node(setting))

    assert found == {TYPE: "tianfu.fleet.v1.Node", "name": "nodes/gw-1", **document}


@pytest.mark.parametrize(
    ("setting", "reason", "hint"),
    [
        ("display_name", "SETTING_INVALID", "FIELD=VALUE"),
        ("colour=red", "FIELD_UNKNOWN", "presence"),
        ("node_class=ship", "VALUE_INVALID", "base-station, gateway"),
        ("labels=roof", "SETTING_INVALID", "labels.KEY=VALUE"),
        ("display_name.x=1", "FIELD_UNKNOWN", "into a file"),
        ("clock_offset=soon", "DURATION_INVALID", ""),
        ("create_time=soon", "TIME_INVALID", "now"),
    ],
)
def test_what_can_not_be_set_is_refused_with_what_can(setting: str, reason: str, hint: str) -> None:
    with pytest.raises(Failure) as caught:
        node(setting)

    assert (caught.value.reason, caught.value.status) == (reason, Exit.USAGE)
    assert hint in caught.value.fix


def test_numbers_truths_and_lists() -> None:
    method = kind_named("deliveries.credit-supervision").steps[Step.LIST]
    request = request_for(
        method,
        ["include_acknowledged=yes", "purpose.purpose=audit-work", "page_size=5"],
        NOW,
        parent="receivers/r",
    )
    assert request.include_acknowledged
    assert request.purpose.purpose == "audit-work"
    assert (request.page_size, request.parent) == (5, "receivers/r")
    with pytest.raises(Failure, match="page_size can't be 'few'"):
        request_for(method, ["page_size=few"], NOW)


@pytest.mark.parametrize(
    ("word", "settings", "reason", "fix"),
    [
        ("meters", [], "PARENT_MISSING", "--parent units/{unit}"),
        ("patients", [], "PARAMETER_MISSING", "-p purpose="),
        ("clues", [], "PARAMETER_MISSING", "-p purpose.purpose=VALUE -p purpose.legal_basis=VALUE"),
        ("entities", ["purpose.purpose=x"], "PARAMETER_MISSING", "-p place_code=VALUE"),
    ],
)
def test_what_a_list_lacks_is_said(word: str, settings: list[str], reason: str, fix: str) -> None:
    method = kind_named(word).steps[Step.LIST]
    with pytest.raises(Failure) as caught:
        must_be_whole(request_for(method, settings, NOW), method)

    assert caught.value.reason == reason
    assert fix in caught.value.fix


def test_a_parameter_is_for_the_methods_that_have_it() -> None:
    kind = kind_named("records")
    settings = ["purpose.purpose=audit-work"]
    must_be_known(kind, settings)

    assert request_for(kind.steps[Step.GET], settings, NOW).purpose.purpose == "audit-work"
    assert request_for(kind.steps[Step.CREATE], settings, NOW) == made(
        kind.steps[Step.CREATE].input_type
    )
    with pytest.raises(Failure, match="no request for records has a field 'colour'") as caught:
        must_be_known(kind, ["colour=red"])
    assert "purpose" in caught.value.fix


# -- documents -------------------------------------------------------------------------------------


@every_kind
def test_every_kind_is_written_and_read_again(kind: Kind) -> None:
    message = whole(kind)
    for text in (
        show.text(kind, [message], Format.YAML),
        show.text(kind, [message], Format.JSON),
        documents.as_json(documents.document_of(message)),
    ):
        (found,) = documents.read(text, "file")
        assert found.kind is kind
        assert found.message == documents.writable(message)
        assert found.name == message.name
        assert documents.changed_fields(message, found) == []
        assert documents.difference(message, found) == ""


@every_kind
def test_every_kind_is_printed_in_every_form(kind: Kind) -> None:
    message = whole(kind)
    table, wide, name = (
        show.text(kind, [message], form) for form in (Format.TABLE, Format.WIDE, Format.NAME)
    )

    assert name == f"{message.name}\n"
    assert kind.id_of(message.name) in table
    assert len(table.splitlines()) == len(wide.splitlines()) == 2
    assert len(wide) >= len(table)
    assert len(show.columns(kind, [message], wide=False)) <= show.COLUMNS_MAX
    assert show.text(kind, [], Format.TABLE).startswith("NAME")
    described = show.described(kind, message)
    for field, _ in message.ListFields():
        assert field.name.replace("_", " ") in described


def test_a_table_tells_what_tells_most_and_nothing_that_is_empty() -> None:
    found = [
        node("display_name=屋顶", "node_class=gateway", "place_code=510104", "presence=online")
    ]

    assert show.text(NODE, found, Format.TABLE).splitlines() == [
        "NAME  DISPLAY NAME  NODE CLASS  PLACE CODE  PRESENCE",
        "gw-1  屋顶          gateway         510104  online",
    ]


def test_a_text_can_not_steer_the_terminal() -> None:
    evil = node("display_name=a\x1b[2Jb\nc", "labels.x=\x07")

    for shown in (show.text(NODE, [evil], Format.WIDE), show.described(NODE, evil)):
        assert "a\\x1b[2Jb\\nc" in shown
        assert not {"\x1b", "\x07"} & set(shown)
    assert "\x1b" not in show.text(NODE, [evil], Format.YAML)
    assert "\x1b" not in show.text(NODE, [evil], Format.JSON)


def test_a_description_says_where_to_go_on() -> None:
    shown = show.described(NODE, node("labels.site=roof"))

    assert "  site=roof" in shown
    assert "tianfu get nodes/gw-1/plan" in shown
    assert "tianfu get series --parent nodes/gw-1" in shown
    assert "IssueEnrolmentToken" in shown


def test_a_file_may_hold_several_documents_or_a_list() -> None:
    listed = [documents.document_of(node(name=f"nodes/gw-{n}")) for n in (1, 2)]

    for text in (documents.as_yaml(listed), documents.as_json(listed)):
        assert [each.name for each in documents.read(text, "f")] == ["nodes/gw-1", "nodes/gw-2"]


def test_times_in_a_file_need_no_quotes_and_output_is_left_out() -> None:
    text = '"@type": tianfu.fleet.v1.Node\nname: nodes/a\ncreate_time: 2026-01-12T08:00:00Z\n'
    (found,) = documents.read(text, "f")

    assert found.given == ()
    assert not found.message.HasField("create_time")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "0 documents"),
        ("a: [", "neither YAML nor JSON"),
        ("- 7", "@type"),
        ("name: nodes/a", "@type"),
        ('"@type": tianfu.fleet.v1.Ship\nname: x', "no resource of the API"),
        ('"@type": tianfu.fleet.v1.Node\ncolour: red', "colour"),
        ('"@type": tianfu.fleet.v1.Node\nplace_code: 510104', "place_code"),
        ("!!python/object/apply:os.getcwd []", "neither YAML nor JSON"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(Failure, match=r"f.yaml") as caught:
        documents.read(text, "f.yaml")

    assert (caught.value.reason, caught.value.status) == ("FILE_INVALID", Exit.USAGE)
    assert said in caught.value.message


def test_a_document_without_a_name_or_with_a_wrong_one_is_refused() -> None:
    head = '"@type": tianfu.fleet.v1.Node\n'
    with pytest.raises(Failure, match="has no name"):
        _ = documents.read(head, "f")[0].name
    with pytest.raises(Failure, match="names no node"):
        _ = documents.read(head + "name: units/x/y", "f")[0].name


def test_only_what_is_given_and_differs_is_changed() -> None:
    current = node("display_name=a", "place_code=510104", "labels.x=1", "presence=online")
    current.etag = "e"
    wanted = typed("display_name=b", "place_code=510104")

    assert wanted.given == ("display_name", "place_code")
    assert documents.changed_fields(current, wanted) == ["display_name"]
    expected = node("display_name=b", "place_code=510104", "labels.x=1", "presence=online")
    expected.etag = "e"
    assert documents.merged(current, wanted) == expected
    shown = documents.difference(current, wanted).splitlines()
    assert [line for line in shown if re.match(r"[-+][a-z]", line)] == [
        "-display_name: a",
        "+display_name: b",
    ]


def test_what_a_service_filled_in_again_is_no_change() -> None:
    stands = node_pb2.NodePlan(etag="1", generation=3)
    stands.heartbeat_interval.seconds = 30
    stands.apps.add(name="watch")
    taken = node_pb2.NodePlan()
    taken.CopyFrom(stands)
    taken.etag, taken.generation = "2", 4
    assert not documents.differs(stands, taken, ["heartbeat_interval", "apps"])

    taken.heartbeat_interval.seconds = 60
    assert documents.differs(stands, taken, ["heartbeat_interval", "apps"])
    assert not documents.differs(stands, taken, ["apps"])


def test_a_given_field_that_is_empty_clears() -> None:
    text = '"@type": tianfu.fleet.v1.Node\nname: nodes/gw-1\ndisplay_name: ""\nlabels: {}\n'
    (wanted,) = documents.read(text, "f")
    current = node("display_name=a", "labels.x=1")

    assert documents.changed_fields(current, wanted) == ["display_name", "labels"]
    assert documents.merged(current, wanted) == node()


def test_what_is_typed_leaves_the_rest_of_a_field_and_a_file_states_it_whole() -> None:
    current = node("display_name=a", "labels.x=1", "labels.y=2", "presence=online")
    onto = documents.onto(current, typed("labels.x=3"), NOW)
    assert onto.given == ("labels",)
    assert documents.merged(current, onto).labels == {"x": "3", "y": "2"}

    text = '"@type": tianfu.fleet.v1.Node\nname: nodes/gw-1\nlabels: {x: "3"}\n'
    (written,) = documents.read(text, "f")
    assert documents.onto(current, written, NOW) is written
    assert documents.merged(current, written).labels == {"x": "3"}


def test_what_the_service_sets_can_not_be_typed() -> None:
    with pytest.raises(Failure) as caught:
        typed("display_name=a", "presence=online")
    assert (caught.value.reason, caught.value.status) == ("FIELD_OF_SERVICE", Exit.USAGE)


def test_what_is_not_there_differs_as_a_whole() -> None:
    shown = documents.difference(None, typed("display_name=a"))

    assert "+display_name: a" in shown
    assert "-" not in {line[:1] for line in shown.splitlines()[2:]}


def test_documents_keep_the_order_of_the_proto_and_han_characters() -> None:
    text = documents.as_yaml(
        [documents.document_of(node("place_code=510104", "display_name=屋顶"))]
    )

    assert "屋顶" in text
    assert list(yaml.safe_load(text)) == [TYPE, "name", "display_name", "place_code"]
    assert json.loads(documents.as_json([{"a": "屋"}])) == [{"a": "屋"}]


# -- selecting -------------------------------------------------------------------------------------

ROOF = node("node_class=gateway", "place_code=510104", "labels.site=roof", "presence=never-seen")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", True),
        ("node_class=gateway", True),
        ("node_class=NODE_CLASS_GATEWAY", True),
        ("nodeClass = gateway", True),
        ("node_class!=gateway", False),
        ('presence="never seen"', True),
        ("presence=never-seen AND place_code=510104", True),
        ("presence=never-seen AND place_code=510105", False),
        ("labels.site=roof", True),
        ("labels.site=cellar", False),
        ("labels.floor!=3", True),
        ("clock_offset=5 s", False),
    ],
)
def test_a_filter_where_the_service_has_none(text: str, meant: bool) -> None:
    assert select.condition_of(NODE, text)(ROOF) is meant


def test_a_filter_looks_into_lists_of_messages() -> None:
    plan = made(kind_named("node-plan").message)
    for name in ("a", "b"):
        plan.apps.add(name=name)
    kind = kind_named("node-plan")

    assert select.condition_of(kind, "apps.name=b")(plan)
    assert not select.condition_of(kind, "apps.name=c")(plan)
    assert not select.condition_of(kind, "apps.name=b")(made(kind.message))


@pytest.mark.parametrize(
    ("text", "reason"), [("presence", "FILTER_INVALID"), ("colour=red", "FIELD_UNKNOWN")]
)
def test_what_is_no_filter_is_refused_before_anything_is_asked(text: str, reason: str) -> None:
    with pytest.raises(Failure) as caught:
        select.condition_of(NODE, text)
    assert caught.value.reason == reason


def test_labels_become_terms_of_the_filter() -> None:
    assert select.labels_filter(NODE, "site=roof, floor=3") == (
        "labels.site=roof AND labels.floor=3"
    )
    assert select.labels_filter(NODE, "") == ""
    assert select.joined("a=b", "", "c=d") == "a=b AND c=d"
    with pytest.raises(Failure, match="have no labels"):
        select.labels_filter(kind_named("draws"), "a=b")


@pytest.mark.parametrize(
    ("until", "message", "over"),
    [
        ("created", None, False),
        ("created", ROOF, True),
        ("deleted", ROOF, False),
        ("deleted", None, True),
        ("presence=online", None, False),
        ("presence=online", ROOF, False),
        ("presence=never-seen", ROOF, True),
    ],
)
def test_when_a_wait_is_over(until: str, message: Any, over: bool) -> None:
    assert select.awaited(NODE, until)(message) is over
