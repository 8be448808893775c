"""FHIR R4 at the door: what the definitions refuse is refused by element, never with a value."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import carebundle
import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.healthcare.model import fhir_r4
from services.healthcare.model.fhir_r4 import FhirInvalid

BUNDLE = json.loads(carebundle.to_json(carebundle.generate_bundle(seed=1)))
MARKER = "MARKERXYZ"


def first(sort: str) -> dict[str, Any]:
    found = (each["resource"] for each in BUNDLE["entry"])
    resource: dict[str, Any] = next(each for each in found if each["resourceType"] == sort)
    return copy.deepcopy(resource)


def test_a_bundle_of_another_library_is_taken_and_the_rest_is_passed_over() -> None:
    taken = fhir_r4.check(BUNDLE)

    assert len(taken) == 41
    assert {each["resourceType"] for _, each in taken} == {
        "Patient", "Encounter", "Observation", "DiagnosticReport",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "element"),
    [
        pytest.param({"status": MARKER}, "status", id="no-such-status"),
        pytest.param({"status": None}, "status", id="status-null"),
        pytest.param({"valueQuantity": {"value": 4.1}}, "valueQuantity.system", id="no-unit"),
        pytest.param(
            {"valueQuantity": {"value": 4.1, "system": fhir_r4.UCUM, "code": MARKER}},
            "valueQuantity.code",
            id="no-ucum-unit",
        ),
        pytest.param(
            {"valueQuantity": {"system": fhir_r4.UCUM, "code": "%"}},
            "valueQuantity.value",
            id="no-value",
        ),
        pytest.param({"valueString": MARKER}, "resource", id="two-values"),
        pytest.param({"dataAbsentReason": {"text": "x"}}, "dataAbsentReason", id="obs-6"),
        pytest.param({MARKER: MARKER}, "resource", id="unknown-element"),
        pytest.param({"effectiveDateTime": "2026-13-01"}, "effectiveDateTime", id="month-13"),
        pytest.param({"code": [MARKER]}, "code", id="list-for-object"),
        pytest.param({"category": []}, "category", id="empty-list"),
        pytest.param({"subject": {"reference": 7}}, "subject.reference", id="number-for-text"),
        pytest.param({"id": "a\n"}, "id", id="newline-behind"),
    ],
)
def test_what_is_wrong_is_named_by_element_and_never_quoted(
    change: dict[str, Any], element: str
) -> None:
    resource = {**first("Observation"), **change}

    with pytest.raises(FhirInvalid) as refused:
        fhir_r4.check(resource)

    assert refused.value.field is not None
    assert refused.value.field.endswith(element)
    assert MARKER not in str(refused.value)


@pytest.mark.parametrize("missing", ["status", "code", "subject"])
def test_an_observation_needs_its_status_code_and_subject(missing: str) -> None:
    resource = first("Observation")
    del resource[missing]

    with pytest.raises(FhirInvalid) as refused:
        fhir_r4.check(resource)

    assert refused.value.field == f"resource.{missing}"


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield (*path, name)
            yield from paths(each, (*path, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield (*path, number)
            yield from paths(each, (*path, number))


RESOURCES = [first(sort) for sort in ("Observation", "Patient", "DiagnosticReport", "Encounter")]
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8), st.builds(list), st.builds(dict),
    st.builds(lambda: [None]), st.builds(lambda: {"a": 1}),
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """Return a resource of which one to three elements were replaced, dropped or doubled."""
    resource = copy.deepcopy(draw(st.sampled_from(RESOURCES)))
    for _ in range(draw(st.integers(1, 3))):
        found = list(paths(resource))
        path = draw(st.sampled_from(found))
        owner: Any = resource
        for part in path[:-1]:
            owner = owner[part]
        how = draw(st.sampled_from(("replace", "drop", "add")))
        if how == "drop":
            del owner[path[-1]]
        elif how == "add" and isinstance(owner, dict):
            owner[draw(st.text(min_size=1, max_size=8))] = draw(JUNK)
        else:
            owner[path[-1]] = draw(JUNK)
    made: dict[str, Any] = resource
    return made


@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(damaged())
def test_what_the_door_takes_a_library_of_r4b_takes_too(resource: dict[str, Any]) -> None:
    """The door may be stricter than fhir.resources; where it is looser is stated here."""
    try:
        taken = fhir_r4.check(resource)
    except FhirInvalid:
        return
    for _, each in taken:
        plain = without_what_r4b_has_otherwise(each)
        get_fhir_model_class(each["resourceType"]).model_validate(plain)


def without_what_r4b_has_otherwise(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the narrative: the library parses its XHTML, which nobody here renders."""
    return {name: copy.deepcopy(each) for name, each in resource.items() if name != "text"}


@settings(max_examples=300, deadline=None)
@given(st.recursive(JUNK, lambda inner: st.dictionaries(st.text(max_size=6), inner, max_size=4)))
def test_no_json_gets_anything_but_a_refusal_by_element(value: Any) -> None:
    for resource in (value, {"resourceType": "Observation", "code": value}):
        with pytest.raises(FhirInvalid):
            fhir_r4.check(resource)


def test_nesting_has_an_end() -> None:
    inner: dict[str, Any] = {"url": "urn:x", "valueString": "x"}
    for _ in range(60):
        inner = {"url": "urn:x", "extension": [inner]}

    with pytest.raises(FhirInvalid, match="within one another"):
        fhir_r4.check({**first("Observation"), "extension": [inner]})
