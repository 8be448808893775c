"""Rules with dates: the right version by place and day, and no file that means two things."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.plumbing.refusal import Kind
from services.plumbing.rules import (
    InvalidJurisdiction,
    InvalidRule,
    Rule,
    RuleBook,
    RuleNotFound,
    day_of,
    digest,
    jurisdiction_of,
    widening,
)

BEIJING = timezone(timedelta(hours=8))


def version(
    jurisdiction: str = "CN",
    valid_from: str = "2020-01-01",
    valid_to: str | None = None,
    *,
    parameters: str = "mm = 50",
) -> str:
    until = f"valid_to = {valid_to}\n" if valid_to else ""
    return (
        f'[[version]]\njurisdiction = "{jurisdiction}"\nvalid_from = {valid_from}\n{until}'
        f'source = "made up"\nverified = true\n[version.parameters]\n{parameters}\n'
    )


def book(folder: Path, *versions: str, name: str = "rain") -> RuleBook:
    (folder / f"{name}.toml").write_text("\n".join(versions), encoding="utf-8")
    return RuleBook.read(folder)


def noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+08:00")


def test_a_rule_has_what_its_file_says(tmp_path: Path) -> None:
    rule = book(tmp_path, version("CN-51", "2023-05-01", "2026-04-01")).in_force(
        "rain", "CN-51", noon("2024-01-01")
    )

    assert rule == Rule(
        rule_id="rain",
        version="rain/CN-51/2023-05-01",
        jurisdiction="CN-51",
        valid_from=date(2023, 5, 1),
        valid_to=date(2026, 4, 1),
        source="made up",
        verified=True,
        parameters={"mm": 50},
        sha256=rule.sha256,
    )
    assert len(rule.sha256) == 64


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2019-12-31", None),
        ("2020-01-01", "rain/CN/2020-01-01"),
        ("2022-12-31", "rain/CN/2020-01-01"),
        ("2023-01-01", "rain/CN/2023-01-01"),
        ("2023-12-31", "rain/CN/2023-01-01"),
        ("2024-01-01", None),
        ("2024-06-30", None),
        ("2024-07-01", "rain/CN/2024-07-01"),
        ("2090-01-01", "rain/CN/2024-07-01"),
    ],
)
def test_the_version_of_the_day_holds(tmp_path: Path, day: str, expected: str | None) -> None:
    rules = book(
        tmp_path,
        version("CN", "2024-07-01"),
        version("CN", "2020-01-01", "2023-01-01"),
        version("CN", "2023-01-01", "2024-01-01"),
    )

    if expected is None:
        with pytest.raises(RuleNotFound, match=day):
            rules.in_force("rain", "CN", noon(day))
    else:
        assert rules.in_force("rain", "CN", noon(day)).version == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(datetime(2023, 6, 30, 15, 59, 59, tzinfo=UTC), "2020-01-01", id="utc-before"),
        pytest.param(datetime(2023, 6, 30, 16, 0, tzinfo=UTC), "2023-07-01", id="utc-at-midnight"),
        pytest.param(datetime(2023, 7, 1, 0, 0, tzinfo=BEIJING), "2023-07-01", id="beijing"),
        pytest.param(
            datetime(2023, 6, 30, 23, 59, 59, 999_999, tzinfo=BEIJING), "2020-01-01", id="a-tick"
        ),
    ],
)
def test_a_day_begins_at_midnight_in_china(tmp_path: Path, at: datetime, expected: str) -> None:
    rules = book(tmp_path, version("CN", "2020-01-01", "2023-07-01"), version("CN", "2023-07-01"))

    assert rules.in_force("rain", "CN", at).version == f"rain/CN/{expected}"


def test_a_time_without_zone_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        book(tmp_path, version()).in_force("rain", "CN", datetime(2023, 1, 1))  # noqa: DTZ001 - the point


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("CN-51-0104", "CN-51-0104"),
        ("CN-51-0105", "CN-51-0100"),
        ("CN-51-0100", "CN-51-0100"),
        ("CN-51-3201", "CN-51"),
        ("CN-51", "CN-51"),
        ("CN-50-0101", "CN"),
        ("CN", "CN"),
    ],
)
def test_the_narrowest_place_wins(tmp_path: Path, place: str, expected: str) -> None:
    places = ("CN", "CN-51", "CN-51-0100", "CN-51-0104")
    rules = book(tmp_path, *(version(each) for each in places))

    assert rules.in_force("rain", place, noon("2023-01-01")).jurisdiction == expected


def test_where_the_narrow_rule_has_ended_the_wide_one_holds(tmp_path: Path) -> None:
    rules = book(tmp_path, version("CN-51", "2020-01-01", "2021-01-01"), version("CN"))

    assert rules.in_force("rain", "CN-51", noon("2020-12-31")).jurisdiction == "CN-51"
    assert rules.in_force("rain", "CN-51", noon("2021-01-01")).jurisdiction == "CN"


def test_a_rule_of_one_place_says_nothing_about_another(tmp_path: Path) -> None:
    rules = book(tmp_path, version("CN-51-0104"))

    with pytest.raises(RuleNotFound) as caught:
        rules.in_force("rain", "CN-51-0105", noon("2023-01-01"))

    assert caught.value.kind is Kind.NOT_FOUND
    assert caught.value.reason == "RULE_NOT_FOUND"
    assert caught.value.metadata["jurisdiction"] == "CN-51-0105"


@pytest.mark.parametrize("place", ["", "cn", "CN-", "CN-5", "CN-51-01", "CN-51-010400", "US-06"])
def test_a_place_that_is_none_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(InvalidJurisdiction, match="is no jurisdiction"):
        book(tmp_path, version()).in_force("rain", place, noon("2023-01-01"))


def test_versions_are_found_by_name_for_replay(tmp_path: Path) -> None:
    rules = book(tmp_path, version("CN", "2020-01-01", "2021-01-01"), version("CN", "2021-01-01"))

    assert rules.of_version("rain/CN/2020-01-01").valid_to == date(2021, 1, 1)
    with pytest.raises(RuleNotFound, match="rain/CN/2019"):
        rules.of_version("rain/CN/2019-01-01")


def test_all_versions_are_listed_in_order(tmp_path: Path) -> None:
    book(tmp_path, version("CN-51"), version("CN"), name="flood")
    rules = book(tmp_path, version("CN", "2021-01-01"), version("CN", "2020-01-01", "2021-01-01"))

    assert [rule.version for rule in rules.list()] == [
        "flood/CN/2020-01-01",
        "flood/CN-51/2020-01-01",
        "rain/CN/2020-01-01",
        "rain/CN/2021-01-01",
    ]


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "README.md").write_text("not a rule")

    assert len(book(tmp_path, version()).list()) == 1


GOOD = version()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param("", "version", id="empty"),
        pytest.param("version = 1", "version", id="no-table"),
        pytest.param("[version]\n", "version", id="one-table-not-a-list"),
        pytest.param("[[version]", "file", id="no-toml"),
        pytest.param("extra = 1\n" + GOOD, "file.extra", id="unknown-at-the-top"),
        pytest.param(
            GOOD.replace("verified", "checked = 1\nverified"), "version[0].checked", id="unknown"
        ),
        pytest.param(GOOD.replace('source = "made up"\n', ""), "version[0].source", id="no-source"),
        pytest.param(GOOD.replace("made up", " "), "version[0].source", id="blank-source"),
        pytest.param(GOOD.replace("verified = true\n", ""), "version[0].verified", id="unsaid"),
        pytest.param(
            GOOD.replace("verified = true", 'verified = "yes"'), "version[0].verified", id="word"
        ),
        pytest.param(
            GOOD.replace('"CN"', '"Sichuan"'), "version[0].jurisdiction", id="no-jurisdiction"
        ),
        pytest.param(GOOD.replace('"CN"', "51"), "version[0].jurisdiction", id="number-for-place"),
        pytest.param(
            GOOD.replace("2020-01-01", '"2020-01-01"'), "version[0].valid_from", id="text-for-date"
        ),
        pytest.param(
            GOOD.replace("2020-01-01", "2020-01-01T08:00:00"), "version[0].valid_from", id="time"
        ),
        pytest.param(
            version(valid_from="2020-01-02", valid_to="2020-01-02"),
            "version[0].valid_to",
            id="no-day-at-all",
        ),
        pytest.param(
            GOOD.replace("[version.parameters]\nmm = 50", ""),
            "version[0].parameters",
            id="no-parameters",
        ),
        pytest.param(GOOD.replace("mm = 50", ""), "version[0].parameters", id="empty-parameters"),
        pytest.param(GOOD.replace("50", "nan"), "version[0].parameters", id="nan"),
        pytest.param(
            GOOD + version(valid_to="2020-01-01"), "version[1].valid_to", id="second-version"
        ),
    ],
)
def test_a_wrong_file_is_refused_with_its_field(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(InvalidRule) as caught:
        book(tmp_path, text)

    assert caught.value.field == f"rain.toml: {where}"
    assert caught.value.message.startswith(f"rule file rain.toml: {where}: ")


@pytest.mark.parametrize("name", ["Rain", "rain_fall", "-rain", "rain--fall", "1rain", "雨"])
def test_a_file_name_is_a_rule_id(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRule, match="file name"):
        book(tmp_path, GOOD, name=name)


def test_a_file_that_is_too_large_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rain.toml").write_bytes(b"# \xff\n")
    with pytest.raises(InvalidRule, match="UTF-8"):
        RuleBook.read(tmp_path)
    (tmp_path / "rain.toml").write_bytes(b"#" * (1 << 20) + b"\n")
    with pytest.raises(InvalidRule, match="bytes"):
        RuleBook.read(tmp_path)


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        pytest.param((0, None), (5, None), True, id="two-without-end"),
        pytest.param((0, 5), (5, None), False, id="end-meets-start"),
        pytest.param((0, 6), (5, None), True, id="a-day"),
        pytest.param((5, None), (0, 5), False, id="written-the-other-way"),
        pytest.param((5, None), (0, None), True, id="open-earlier"),
        pytest.param((0, 5), (0, 5), True, id="the-same"),
        pytest.param((0, 9), (2, 3), True, id="inside"),
        pytest.param((0, 2), (7, 9), False, id="gap"),
    ],
)
def test_one_place_has_one_version_a_day(
    tmp_path: Path, first: tuple[int, int | None], second: tuple[int, int | None], overlap: bool
) -> None:
    def written(days: tuple[int, int | None]) -> str:
        start, end = days
        return version(
            "CN-51", f"2020-01-{start + 1:02}", None if end is None else f"2020-01-{end + 1:02}"
        )

    if overlap:
        with pytest.raises(InvalidRule, match="overlaps rain/CN-51/2020"):
            book(tmp_path, written(first), written(second))
    else:
        assert len(book(tmp_path, written(first), written(second)).list()) == 2


def test_parameters_cannot_be_changed(tmp_path: Path) -> None:
    text = version(parameters="a = { b = [1, [2, 3]] }")
    rule = book(tmp_path, text).list()[0]

    assert rule.parameters["a"]["b"] == (1, (2, 3))
    with pytest.raises(TypeError):
        rule.parameters["a"]["b"] = ()


def test_parameters_are_read_by_their_type(tmp_path: Path) -> None:
    rule = book(
        tmp_path, version(parameters='a = { n = 5, many = [1, 2.5] }\nt = "x"\nb = true')
    ).list()[0]

    assert rule.number("a", "n") == 5.0
    assert rule.numbers("a", "many") == (1.0, 2.5)
    assert rule.table("a")["n"] == 5


@pytest.mark.parametrize(
    ("read", "path"),
    [
        ("number", ("t",)),
        ("number", ("b",)),
        ("number", ("missing",)),
        ("number", ("a", "missing")),
        ("number", ("t", "deeper")),
        ("numbers", ("a",)),
        ("numbers", ("words",)),
        ("table", ("t",)),
    ],
)
def test_a_parameter_of_another_type_is_refused(tmp_path: Path, read: str, path: Any) -> None:
    text = version(parameters='t = "x"\nb = true\nwords = ["x"]\n[version.parameters.a]\nn = 1')
    rule = book(tmp_path, text).list()[0]

    with pytest.raises(InvalidRule, match=f"parameters.{'.'.join(path)}"):
        getattr(rule, read)(*path)


def test_the_digest_is_of_the_content_and_not_of_the_layout(tmp_path: Path) -> None:
    plain = book(tmp_path, version(parameters="a = 1\nb = [1, 2]")).list()[0]
    laid_out = book(
        tmp_path, "# a comment\n" + version(parameters="b = [\n 1,\n 2 ]\na = 1")
    ).list()[0]

    assert plain.sha256 == laid_out.sha256


@pytest.mark.parametrize(
    "changed",
    [
        GOOD.replace("50", "51"),
        GOOD.replace("made up", "made up again"),
        GOOD.replace("true", "false"),
        version("CN-51"),
        version(valid_from="2020-01-02"),
        version(valid_to="2030-01-01"),
    ],
)
def test_every_value_is_in_the_digest(tmp_path: Path, changed: str) -> None:
    before = book(tmp_path, GOOD).list()[0]

    assert book(tmp_path, changed).list()[0].sha256 != before.sha256


def test_the_digest_is_reproducible_by_hand() -> None:
    import hashlib

    assert (
        digest({"b": [1, 2.5], "a": date(2020, 1, 1)})
        == hashlib.sha256(b'{"a":"2020-01-01","b":[1,2.5]}').hexdigest()
    )


@pytest.mark.parametrize(
    ("county", "expected"), [("510104", "CN-51-0104"), ("513401", "CN-51-3401")]
)
def test_counties_have_jurisdictions(county: str, expected: str) -> None:
    assert jurisdiction_of(county) == expected


@pytest.mark.parametrize("county", ["51010", "5101040", "51.01.04", "abcdef", ""])
def test_what_is_no_county_has_none(county: str) -> None:
    with pytest.raises(InvalidJurisdiction):
        jurisdiction_of(county)


def test_places_widen_from_county_to_country() -> None:
    assert list(widening("CN-51-0104")) == ["CN-51-0104", "CN-51-0100", "CN-51", "CN"]


@given(st.integers(-500_000, 1_500_000))
def test_the_day_is_that_of_the_clock_on_the_wall(hours: int) -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours / 7)

    assert day_of(at) == (at + timedelta(hours=8)).date()
