"""The seven files of google/cap-library behave as their README says."""

from __future__ import annotations

import pytest

from services.disaster_warning.cap.build import build
from services.disaster_warning.cap.document import MessageType, Version
from services.disaster_warning.cap.findings import errors_of
from services.disaster_warning.cap.node import UnreadableAlert
from services.disaster_warning.cap.parse import alert_of, parse, read
from services.disaster_warning.cap.validate import InvalidAlert, check, require_valid, validate
from tests.disaster_warning.cap.examples import DATA

VALID = ["australia", "canada", "earthquake-iso8859-1", "earthquake", "weather"]


def data(name: str) -> bytes:
    return (DATA / f"{name}.cap").read_bytes()


@pytest.mark.parametrize("name", VALID)
def test_valid_files_have_no_errors_and_survive_being_written_anew(name: str) -> None:
    source = read(data(name))
    alert = alert_of(source)
    assert errors_of(validate(source)) == ()
    assert parse(build(alert)) == alert
    assert errors_of(check(alert)) == ()


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("australia", Version.CAP_1_2),
        ("canada", Version.CAP_1_2),
        ("earthquake-iso8859-1", Version.CAP_1_2),
        ("earthquake", Version.CAP_1_1),
        ("weather", Version.CAP_1_1),
    ],
)
def test_the_version_is_told(name: str, version: Version) -> None:
    assert read(data(name)).version is version


def test_latin_1_is_read_as_it_is_declared() -> None:
    source = read(data("earthquake-iso8859-1"))
    assert source.encoding == "ISO-8859-1"
    assert "Usulután" in (alert_of(source).infos[0].headline or "")


def test_canadas_references_are_read() -> None:
    alert = parse(data("canada"))
    assert alert.message_type is MessageType.UPDATE
    assert [each.identifier for each in alert.references] == [
        "2.49.0.1.124.a3f342a4.2012",
        "2.49.0.1.124.60f31a3a.2012",
    ]


def test_an_update_of_nothing_passes_the_schema_and_is_still_an_error() -> None:
    found = errors_of(validate(read(data("canada_errors"))))
    assert [(each.rule, each.path) for each in found] == [
        ("references-required", "alert/references")
    ]


def test_a_missing_scope_is_the_schemas_finding_and_cannot_be_read() -> None:
    source = read(data("invalid"))
    found = errors_of(validate(source))
    assert [each.rule for each in found] == ["xsd"]
    assert "scope" in found[0].message
    with pytest.raises(UnreadableAlert) as refused:
        alert_of(source)
    assert refused.value.field == "alert/scope"


def test_a_stylesheet_is_dropped_and_said() -> None:
    source = read(data("earthquake"))
    assert source.instructions == ("xml-stylesheet",)
    assert "processing-instruction" in {each.rule for each in validate(source)}


def test_require_valid_names_the_rules() -> None:
    with pytest.raises(InvalidAlert) as refused:
        require_valid(validate(read(data("canada_errors"))))
    assert refused.value.reason == "CAP_INVALID"
    assert refused.value.metadata == {"rules": "references-required"}
    require_valid(validate(read(data("weather"))))
