"""Records under the rules of their day: tables from the orders, and what may never be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credit_supervision.model import clues, due_process, records, repair
from services.credit_supervision.model.calendar import HOLIDAYS, WorkingDays, add_months
from services.credit_supervision.model.records import (
    InvalidRecord,
    Kind,
    Lineage,
    Record,
    Severity,
    Standing,
    Use,
)
from services.credit_supervision.usecases import draws
from services.plumbing.rules import InvalidRule, RuleBook
from tests.support.credit import BOOK

DAY = date(2025, 12, 1)
PENALTY = Record(
    "r-1",
    "91510400204360956E",
    Kind.PENALTY,
    DAY,
    "unlicensed trade",
    Lineage("market", "2025-17"),
    severities=(Severity.GENERAL,),
)
NOTHING = Standing()


@pytest.mark.parametrize(
    ("severities", "fields", "decided", "on", "repair_from", "end"),
    [
        pytest.param(
            (2,), (), DAY, date(2026, 3, 31), date(2026, 3, 1), date(2028, 12, 1), id="order-58"
        ),
        pytest.param(
            (2,), (), DAY, date(2026, 4, 1), date(2026, 3, 1), date(2026, 12, 1), id="transition"
        ),
        pytest.param(
            (2,), (), date(2026, 4, 1), date(2026, 4, 1), date(2026, 7, 1), date(2027, 4, 1),
            id="order-36",
        ),
        pytest.param(
            (2, 3), (), DAY, DAY, date(2026, 12, 1), date(2028, 12, 1), id="longest-of-several"
        ),
        pytest.param(
            (2,), ("fire",), DAY, DAY, date(2026, 12, 1), date(2028, 12, 1), id="fire-a-year"
        ),
        pytest.param(
            (2,), ("fire",), DAY, date(2026, 4, 1), date(2026, 3, 1), date(2026, 12, 1),
            id="fire-milder-now",
        ),
        pytest.param(
            (3,), (), date(2020, 1, 31), date(2020, 2, 1), date(2020, 7, 31), date(2023, 1, 31),
            id="notice-of-2019",
        ),
    ],
)  # fmt: skip
def test_periods_are_those_of_the_orders(
    severities: tuple[int, ...],
    fields: tuple[str, ...],
    decided: date,
    on: date,
    repair_from: date,
    end: date,
) -> None:
    record = replace(
        PENALTY, day=decided, fields=fields, severities=tuple(map(Severity, severities))
    )

    period = records.period_of(BOOK, record, on)

    assert (period.repair_from, period.end) == (repair_from, end)


def test_a_transition_names_all_rules_it_stands_on() -> None:
    period = records.period_of(BOOK, PENALTY, date(2026, 6, 1))

    assert period.versions == (
        "publication-periods/CN/2023-05-01",
        "publication-periods/CN/2026-04-01",
        "publication-transition/CN/2023-05-01",
    )


@pytest.mark.parametrize(
    ("standing", "on", "use", "reason"),
    [
        pytest.param(NOTHING, DAY, Use.PUBLISHED, "IN_PERIOD", id="first-day"),
        pytest.param(NOTHING, date(2026, 11, 30), Use.PUBLISHED, "IN_PERIOD", id="last-day"),
        pytest.param(NOTHING, date(2026, 12, 1), Use.ENDED, "PERIOD_OVER", id="over"),
        pytest.param(Standing(objections_open=1), DAY, Use.FROZEN, "OBJECTION_OPEN", id="frozen"),
        pytest.param(
            Standing(objections_open=1), date(2027, 1, 1), Use.ENDED, "PERIOD_OVER",
            id="no-objection-keeps-it-alive",
        ),
        pytest.param(
            Standing(repaired=datetime(2026, 3, 2, tzinfo=UTC)), date(2026, 3, 2), Use.ENDED,
            "REPAIRED", id="repaired",
        ),
        pytest.param(
            Standing(revoked=datetime(2026, 1, 2, tzinfo=UTC)), date(2026, 1, 2), Use.ENDED,
            "REVOKED", id="revoked",
        ),
        pytest.param(
            Standing(suspended_until=date(2026, 2, 1)), date(2026, 2, 1), Use.SUSPENDED,
            "COURT_RULING", id="court",
        ),
        pytest.param(
            Standing(suspended_until=date(2026, 2, 1)), date(2026, 2, 2), Use.PUBLISHED,
            "IN_PERIOD", id="court-no-longer",
        ),
    ],
)  # fmt: skip
def test_what_may_be_done_with_a_record(
    standing: Standing, on: date, use: Use, reason: str
) -> None:
    decision = records.decide(BOOK, PENALTY, standing, on)

    assert (decision.use, decision.reason) == (use, reason)


def test_a_slight_penalty_is_not_published() -> None:
    decision = records.decide(BOOK, replace(PENALTY, severities=(Severity.SLIGHT,)), NOTHING, DAY)

    assert decision.use is Use.SHARED


def test_a_licence_is_good_on_its_last_day() -> None:
    licence = replace(PENALTY, kind=Kind.LICENCE, severities=(), valid_to=date(2026, 5, 31))

    assert records.decide(BOOK, licence, NOTHING, date(2026, 5, 31)).use is Use.PUBLISHED
    assert records.decide(BOOK, licence, NOTHING, date(2026, 6, 1)).use is Use.ENDED


DAYS = st.dates(date(2019, 7, 1), date(2032, 12, 31))
SEVERITIES = st.lists(st.sampled_from(Severity), min_size=1, max_size=3).map(tuple)
FIELDS = st.lists(st.sampled_from(["fire", "work-safety", "trade"]), max_size=2).map(tuple)


@given(decided=DAYS, severities=SEVERITIES, fields=FIELDS, after=st.integers(0, 5000))
def test_nothing_is_shown_for_longer_than_three_years(
    decided: date, severities: tuple[Severity, ...], fields: tuple[str, ...], after: int
) -> None:
    record = replace(PENALTY, day=decided, severities=severities, fields=fields)
    on = decided + timedelta(days=after)

    use = records.decide(BOOK, record, NOTHING, on).use

    assert (use is Use.ENDED) or on < add_months(decided, 36)


@given(decided=DAYS, severities=SEVERITIES, fields=FIELDS, after=st.integers(0, 3000))
def test_what_has_ended_never_comes_back(
    decided: date, severities: tuple[Severity, ...], fields: tuple[str, ...], after: int
) -> None:
    record = replace(PENALTY, day=decided, severities=severities, fields=fields)
    on = decided + timedelta(days=after)
    if records.decide(BOOK, record, NOTHING, on).use is Use.ENDED:
        later = on + timedelta(days=30)
        assert records.decide(BOOK, record, NOTHING, later).use is Use.ENDED


def test_a_tombstone_proves_a_record_and_tells_nothing_of_it() -> None:
    ended = records.decide(BOOK, PENALTY, NOTHING, date(2027, 1, 1))
    stone = records.tombstone(PENALTY, ended, date(2027, 1, 1))

    assert stone.sha256 == records.digest(PENALTY)
    assert PENALTY.code not in repr(stone)
    with pytest.raises(InvalidRecord, match="PUBLISHED"):
        records.tombstone(PENALTY, records.decide(BOOK, PENALTY, NOTHING, DAY), DAY)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"severities": ()}, id="penalty-without-class"),
        pytest.param({"kind": Kind.HONOUR}, id="honour-with-class"),
        pytest.param({"valid_to": date(2025, 11, 30)}, id="ends-before"),
    ],
)
def test_a_record_that_does_not_fit_together_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord):
        replace(PENALTY, **change)  # type: ignore[arg-type]


def test_months_and_working_days_are_counted_as_law_does() -> None:
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2024, 12, 31), 2) == date(2025, 2, 28)
    friday = date(2026, 9, 25)
    assert WorkingDays().after(friday, 1) == date(2026, 9, 28)
    assert WorkingDays(worked=frozenset({date(2026, 9, 26)})).after(friday, 1) == date(2026, 9, 26)
    assert WorkingDays(off=frozenset({date(2026, 9, 28)})).after(friday, 2) == date(2026, 9, 30)


@pytest.mark.parametrize(
    ("since", "count", "expected"),
    [
        pytest.param("2026-09-30", 1, "2026-10-08", id="national-day"),
        pytest.param("2026-09-30", 3, "2026-10-10", id="a-saturday-worked-in-turn"),
        pytest.param("2026-02-13", 2, "2026-02-24", id="spring-festival"),
        pytest.param("2025-12-31", 1, "2026-01-04", id="over-the-year"),
        pytest.param("2026-12-31", 1, "2027-01-04", id="before-the-notice"),
        pytest.param("2031-09-30", 2, "2031-10-02", id="no-notice"),
    ],
)
def test_holidays_are_no_working_days(since: str, count: int, expected: str) -> None:
    days = WorkingDays.read(BOOK)

    assert days.after(date.fromisoformat(since), count) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("off", "worked"),
    [(["2026-10-03"], []), ([], ["2026-10-09"]), (["2025-10-01"], []), (["2026-13-01"], [])],
)
def test_a_day_that_is_none_or_of_no_effect_is_refused(off: list[str], worked: list[str]) -> None:
    (rule,) = (r for r in BOOK.list() if r.version == "working-days/CN/2026-01-01")
    wrong = replace(rule, parameters={"off": tuple(off), "worked": tuple(worked)})
    book = RuleBook({HOLIDAYS: {"CN": (wrong,)}})

    with pytest.raises(InvalidRule):
        WorkingDays.read(book)


def test_every_term_in_working_days_goes_by_the_holidays() -> None:
    """Each of the rules with such a term, over the National Day of 2026."""
    eve = datetime(2026, 9, 30, 2, tzinfo=UTC)
    work, law = WorkingDays.read(BOOK), "CN"
    terms = BOOK.in_force(due_process.OBJECTION_TERMS, law, eve)
    process = BOOK.in_force(due_process.DUE_PROCESS, law, eve)
    penalty = replace(PENALTY, day=date(2026, 1, 4))
    decision = records.decide(BOOK, penalty, Standing(), date(2026, 9, 30))
    period = records.period_of(BOOK, penalty, date(2026, 9, 30))
    given = dict.fromkeys(("act-corrected", "duties-fulfilled", "public-promise"), "b" * 64)
    clue = clues.open_clue(
        BOOK.in_force(clues.TERMS, "CN-51", eve), work, "c", clues.Source.COMPLAINT,
        penalty.code, "noise", "510402", (), eve,
    )  # fmt: skip
    objection = due_process.raise_objection(
        terms, work, "o", "p-1", decision.use, "wrong", (), "company", eve
    )
    notice = due_process.give_notice(
        process, work, "a", "p-1", decision.use, "no-bids", "c" * 64, "officer", eve
    )
    repaired = repair.apply(BOOK, penalty, decision, period, "r", given, "company", eve)

    assert clue.due == date(2026, 10, 8)
    assert objection.decide_by == date(2026, 10, 15)
    assert notice.decide_from == date(2026, 10, 14)
    assert repaired.decide_by == date(2026, 10, 20)
    assert draws.due_day(BOOK, eve, "510402", [], now=eve) == "2026-11-03"
