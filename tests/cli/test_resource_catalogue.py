"""Every resource of every service has its verbs, or a stated reason why not."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api import resource_pb2
from google.protobuf.descriptor import Descriptor, FileDescriptor, MethodDescriptor

from cli.contexts import SERVICES
from cli.failures import Exit, Failure
from cli.resources import catalogue, explaining
from cli.resources.calls import SERVED_BY
from cli.resources.catalogue import Kind, Step, Verb, kind_and_names, kind_named, kinds
from cli.resources.requests import kind_parameter, parent_for, parent_pattern

PROTO = Path(__file__).parents[2] / "proto"
STANDARD = re.compile(r"(Get|List|Create|Update|Delete|Watch)[A-Z]")
NO_RESOURCE = {
    "GetDrawProof": "a file of many pieces",
    "GetReceipts": "sums over counties, of one warning",
    "GetConsumption": "reckoned for a range of time",
    "GetIntensity": "reckoned for a range of time",
    "GetMeteringAudit": "reckoned for a range of time",
    "GetCarbonFootprint": "reckoned for a year",
    "GetSettlement": "reckoned for one unit of an event",
    "GetIngestStatus": "how the service does",
    "ListTakenForms": "forms have no name of their own",
    "ListIntervals": "intervals have no name of their own",
    "ListTotalRestatements": "what became of totals",
    "ListRegionTotals": "sums over places",
    "WatchRestatements": "what became of intervals",
    "WatchSeries": "readings, which are no resources: `tianfu series watch`",
}
"""Methods that are named as a standard one is, and take or return no resource: why not."""


def files() -> Iterator[FileDescriptor]:
    for path in sorted((PROTO / "tianfu").rglob("*.proto")):
        module = ".".join(path.relative_to(PROTO).with_suffix("").parts) + "_pb2"
        yield importlib.import_module(module).DESCRIPTOR


def methods() -> list[MethodDescriptor]:
    return [
        method
        for file in files()
        for service in file.services_by_name.values()
        for method in service.methods
    ]


def resources() -> list[Descriptor]:
    return [
        message
        for file in files()
        for message in file.message_types_by_name.values()
        if message.GetOptions().HasExtension(resource_pb2.resource)
    ]


METHODS = {method.name for method in methods()}
every_kind = pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.full_word)


def test_every_resource_of_the_contract_is_a_kind() -> None:
    assert len(resources()) > 60
    assert {each.full_name for each in resources()} == {kind.message.full_name for kind in kinds()}


@every_kind
@pytest.mark.parametrize("verb", Verb)
def test_every_kind_has_each_verb_or_says_why_not(kind: Kind, verb: Verb) -> None:
    reason = kind.why_not(verb)

    assert kind.can(verb) == (reason == "")
    if reason:
        named = re.findall(r"\b[A-Z][A-Za-z]+\b", reason)
        assert METHODS.issuperset(named)
        assert named or "part of other answers" in reason
        with pytest.raises(Failure, match=re.escape(reason)) as caught:
            kind.must(verb)
        assert caught.value.status is Exit.USAGE


def test_all_but_one_kind_can_be_read_described_watched_and_waited_for() -> None:
    reading = (Verb.GET, Verb.DESCRIBE, Verb.WATCH, Verb.WAIT, Verb.DIFF)
    lacking = {kind.full_word for kind in kinds() for verb in reading if not kind.can(verb)}

    # Receipts of a county are a part of what GetReceipts returns.
    assert lacking == {"receipt-summaries.disaster-warning"}


def test_every_method_that_is_named_as_a_standard_one_is_one_of_a_kind() -> None:
    used = {method.name for kind in kinds() for method in kind.steps.values()}
    named = {method.name for method in methods() if STANDARD.match(method.name)}

    assert named - used == NO_RESOURCE.keys()


@pytest.mark.parametrize(
    ("word", "steps"),
    [
        ("nodes", "get list create update delete watch"),
        ("node-plans", "get update watch"),
        ("units", "get list create update"),
        ("handhelds", "list create"),
        ("arrivals", "get list create watch"),
        ("signals", "get"),
    ],
)
def test_steps(word: str, steps: str) -> None:
    assert list(kind_named(word).steps) == [Step(each) for each in steps.split()]


def test_a_watch_of_its_own_goes_before_one_of_many_kinds() -> None:
    watches = {
        kind.full_word: kind.steps[Step.WATCH].name
        for kind in kinds()
        if (Step.WATCH in kind.steps)
    }

    assert watches["alerts.healthcare"] == "WatchAlerts"
    assert watches["patients.healthcare"] == "WatchResources"


@every_kind
def test_a_watch_of_many_kinds_is_told_which(kind: Kind) -> None:
    method = kind.steps.get(Step.WATCH)
    if method is None or "kind" not in method.input_type.fields_by_name:
        return
    number = kind_parameter(kind, method)["kind"]
    name = method.input_type.fields_by_name["kind"].enum_type.values_by_number[number].name

    assert name.lower().endswith(f"_{catalogue.resource_field(method.output_type, kind)}")


@every_kind
def test_what_is_created_says_its_id_and_its_parent(kind: Kind) -> None:
    method = kind.steps.get(Step.CREATE)
    if method is None:
        return
    fields = method.input_type.fields_by_name

    assert f"{catalogue.resource_field(method.input_type, kind)}_id" in fields
    assert ("parent" in fields) == (kind.variables > 1)


@every_kind
def test_who_lists_by_parent_says_how_parents_are_named(kind: Kind) -> None:
    method = kind.steps.get(Step.LIST)
    if method is None or "parent" not in method.input_type.fields_by_name:
        return

    pattern = parent_pattern(method)
    assert re.fullmatch(r"[a-zA-Z]+/\{[a-z_]+\}", pattern)
    assert parent_for(kind, method, "x") == pattern.replace(pattern[pattern.index("{") :], "x")
    assert parent_for(kind, method, "units/x") == "units/x"


def test_all_parents_are_asked_for_only_where_a_service_takes_that() -> None:
    asked = {
        kind.word: parent_for(kind, kind.steps[Step.LIST], "")
        for kind in kinds()
        if Step.LIST in kind.steps
    }

    assert asked["series"] == "nodes/-"
    assert asked["meters"] == ""


@every_kind
def test_names_and_their_chosen_parts_are_the_same_name(kind: Kind) -> None:
    parts = [f"p{n}" for n in range(kind.variables)]
    name = catalogue.filled(kind.pattern, parts)

    assert kind.holds(name)
    assert kind.id_of(name) == "/".join(parts)
    assert kind.name_of(name) == kind.name_of("/".join(parts)) == name
    with pytest.raises(Failure, match="names no"):
        kind.name_of("/".join([*parts, "x", "y", "z"]))
    with pytest.raises(Failure, match="names no"):
        kind.name_of("")


@pytest.mark.parametrize(
    ("word", "text", "parent", "name"),
    [
        ("meters", "m-1", "units/steel", "units/steel/meters/m-1"),
        ("node-plans", "gw-1", "", "nodes/gw-1/plan"),
        ("reports.energy", "r", "demandResponseEvents/e", "demandResponseEvents/e/reports/r"),
    ],
)
def test_a_name_by_its_parent(word: str, text: str, parent: str, name: str) -> None:
    assert kind_named(word).name_of(text, parent) == name


@every_kind
def test_every_kind_is_found_by_its_words(kind: Kind) -> None:
    assert kind_named(kind.full_word) is kind
    assert kind_named(kind.typed) is kind
    assert kind_named(f"{kind.message.name}.{kind.area}") is kind
    assert kind_named(f"{kind.singular}.{kind.area[:4]}") is kind


def test_a_word_of_two_kinds_is_asked_back() -> None:
    with pytest.raises(Failure, match=r"recognitions\.credit-supervision, recognitions\.health"):
        kind_named("recognitions")
    with pytest.raises(Failure, match="a name of 2 kinds") as caught:
        kind_and_names(["recognitions/x"])
    assert "`recognitions.healthcare recognitions/x`" in caught.value.fix


def test_an_unknown_kind_is_answered_with_the_nearest() -> None:
    with pytest.raises(Failure) as caught:
        kind_named("nods")
    assert "nodes" in caught.value.fix


def test_names_alone_say_their_kind() -> None:
    kind, names = kind_and_names(["nodes/gw-1", "nodes/gw-2"])

    assert (kind.word, names) == ("nodes", ["nodes/gw-1", "nodes/gw-2"])
    assert kind_and_names(["nodes/gw-1/plan"])[0].word == "node-plans"


def test_every_area_has_a_service_whose_address_a_context_has() -> None:
    assert {SERVED_BY.get(kind.area, kind.area) for kind in kinds()} <= set(SERVICES)


@every_kind
def test_every_kind_field_and_method_is_explained(kind: Kind) -> None:
    text = explaining.of_kind(kind, [], deep=True)

    assert explaining.said(kind.message)
    for thing in (*kind.message.fields, *kind.methods()):
        assert explaining.said(thing), f"{thing.full_name}: run tools/protogen.py"
        assert f"  {thing.name}" in text
    for field in kind.message.fields:
        shown = explaining.of_kind(kind, [field.name], deep=False)
        assert f"{kind.word}.{field.name}" in shown


def test_a_field_of_a_field_is_explained() -> None:
    shown = explaining.of_kind(kind_named("node"), ["node_class"], deep=False)
    assert "base-station: A host at a 5G base station." in shown
    assert "required" in shown

    deeper = explaining.of_kind(kind_named("node-plan"), ["apps", "name"], deep=False)
    assert deeper.startswith("node-plans.apps.name  <string>")


def test_a_field_that_there_is_not_is_answered_with_those_there_are() -> None:
    with pytest.raises(Failure) as caught:
        explaining.of_kind(kind_named("node"), ["colour"], deep=False)
    assert "presence" in caught.value.fix
    with pytest.raises(Failure, match="has no field 'x'"):
        explaining.of_kind(kind_named("node"), ["presence", "x"], deep=False)


def test_all_kinds_are_listed_with_their_verbs() -> None:
    listed = explaining.all_kinds()

    assert len(listed) == len(kinds())
    node = next(each for each in listed if each["kind"] == "nodes")
    assert node["verbs"] == [verb.value for verb in Verb]
