"""Repair and clues: each step where it is open, each refusal with its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credit_supervision.model import clues, records, repair
from services.credit_supervision.model.calendar import WorkingDays
from services.credit_supervision.model.clues import Clue, ClueRefused, Source
from services.credit_supervision.model.records import Kind, Lineage, Record, Severity, Standing
from services.credit_supervision.model.repair import Repair, RepairRefused
from tests.support.credit import BOOK

DAY = date(2026, 5, 4)
PENALTY = Record(
    "r-1",
    "91510400204360956E",
    Kind.PENALTY,
    DAY,
    "unlicensed trade",
    Lineage("market", "2026-17"),
    severities=(Severity.GENERAL,),
)
EVIDENCE = dict.fromkeys(("act-corrected", "duties-fulfilled", "public-promise"), "a" * 64)
NOW = datetime(2026, 8, 5, 2, tzinfo=UTC)


def applied(
    record: Record = PENALTY,
    evidence: dict[str, str] = EVIDENCE,
    now: datetime = NOW,
    standing: Standing | None = None,
) -> Repair:
    today = now.date()
    decision = records.decide(BOOK, record, standing or Standing(), today)
    period = records.period_of(BOOK, PENALTY, today)
    return repair.apply(BOOK, record, decision, period, "p-1", evidence, "company", now)


def test_a_repair_runs_until_every_receiver_has_let_go() -> None:
    asked = applied()
    assert asked.decide_by == date(2026, 8, 19)  # ten working days
    granted = repair.grant(BOOK, asked, "officer-1", ["tax", "bank"], None, NOW)
    half = repair.acknowledge(granted, "tax", NOW + timedelta(hours=1))
    again = repair.acknowledge(half, "tax", NOW + timedelta(hours=2))
    whole = repair.acknowledge(half, "bank", NOW + timedelta(hours=3))

    assert again == half
    assert half.state is repair.State.GRANTED
    assert repair.late(half, NOW + timedelta(hours=23)) == ()
    assert repair.late(half, NOW + timedelta(hours=24)) == ("bank",)
    assert whole.state is repair.State.COMPLETE
    assert repair.late(whole, NOW + timedelta(days=9)) == ()


def test_a_repair_that_nobody_has_to_hear_of_is_complete_at_once() -> None:
    assert repair.grant(BOOK, applied(), "o", [], None, NOW).state is repair.State.COMPLETE


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        pytest.param(
            lambda: applied(now=datetime(2026, 8, 3, tzinfo=UTC)), "REPAIR_TOO_EARLY", id="early"
        ),
        pytest.param(
            lambda: applied(evidence={"act-corrected": "a"}), "REPAIR_EVIDENCE_MISSING", id="proof"
        ),
        pytest.param(
            lambda: applied(replace(PENALTY, kind=Kind.HONOUR, severities=())),
            "REPAIR_NOT_APPLICABLE",
            id="honour",
        ),
        pytest.param(
            lambda: applied(standing=Standing(revoked=NOW)), "RECORD_ENDED", id="gone-already"
        ),
        pytest.param(
            lambda: repair.reject(applied(), "o", " ", NOW), "REASON_MISSING", id="no-reason"
        ),
        pytest.param(
            lambda: repair.withdraw(repair.reject(applied(), "o", "no", NOW), "company", NOW),
            "REPAIR_DECIDED",
            id="decided",
        ),
        pytest.param(
            lambda: repair.grant(BOOK, applied(), "company", [], None, NOW),
            "OTHER_PERSON_REQUIRED",
            id="own-grant",
        ),
        pytest.param(
            lambda: repair.reject(applied(), "company", "no", NOW),
            "OTHER_PERSON_REQUIRED",
            id="own-rejection",
        ),
        pytest.param(
            lambda: repair.withdraw(applied(), "stranger", NOW), "APPLICANT_REQUIRED", id="theirs"
        ),
        pytest.param(
            lambda: repair.acknowledge(
                repair.grant(BOOK, applied(), "o", ["tax"], None, NOW), "water", NOW
            ),
            "RECEIPT_UNEXPECTED",
            id="stranger",
        ),
    ],
)
def test_a_repair_step_that_is_not_open_is_refused(call: Callable[[], object], reason: str) -> None:
    with pytest.raises(RepairRefused) as refused:
        call()

    assert refused.value.reason == reason


WORK = WorkingDays.read(BOOK)
RULE = BOOK.in_force(clues.TERMS, "CN-51", NOW)


def clue(source: Source = Source.SENSOR) -> Clue:
    return clues.open_clue(
        RULE, WORK, "c-1", source, PENALTY.code, "energy-use", "510402", ["a" * 64], NOW
    )


def at(state: clues.State, source: Source = Source.SENSOR) -> Clue:
    made = clue(source)
    way = {
        clues.State.NEW: [],
        clues.State.REFUSED: [clues.State.REFUSED],
    }.get(state, list(clues.State)[1:1])
    if state not in {clues.State.NEW, clues.State.REFUSED}:
        order = [
            clues.State.ACCEPTED, clues.State.INVESTIGATING, clues.State.RESULT, clues.State.CLOSED,
        ]  # fmt: skip
        way = order[: order.index(state) + 1]
    for each in way:
        made = clues.step(
            RULE, WORK, made, each, "officer-1", NOW, reason="seen on the spot", outcome=found(each)
        )
    return made


def found(to: clues.State) -> clues.Outcome | None:
    return clues.Outcome.FOUNDED if to is clues.State.RESULT else None


@pytest.mark.parametrize("source", Source)
@pytest.mark.parametrize("state", clues.State)
@pytest.mark.parametrize("to", clues.State)
def test_every_pair_of_states_is_a_step_or_a_refusal(
    state: clues.State, to: clues.State, source: Source
) -> None:
    if to in clues.NEXT[state]:
        moved = clues.step(
            RULE, WORK, at(state, source), to, "officer-1", NOW, reason="why", outcome=found(to)
        )
        assert (moved.state, moved.steps[-1].actor) == (to, "officer-1")
    else:
        with pytest.raises(ClueRefused, match=state.name) as refused:
            clues.step(RULE, WORK, at(state, source), to, "officer-1", NOW, reason="why")
        assert refused.value.reason == "CLUE_STATE_WRONG"


def test_a_sensors_clue_has_no_result_without_a_person() -> None:
    seen = at(clues.State.INVESTIGATING)

    with pytest.raises(ClueRefused) as refused:
        clues.step(RULE, WORK, seen, clues.State.RESULT, "model", NOW, reason="x", is_person=False)

    assert refused.value.reason == "HUMAN_REQUIRED"


@pytest.mark.parametrize("to", [clues.State.REFUSED, clues.State.RESULT])
def test_who_refuses_or_finds_says_why(to: clues.State) -> None:
    before = clue() if to is clues.State.REFUSED else at(clues.State.INVESTIGATING)

    with pytest.raises(ClueRefused, match="says why"):
        clues.step(RULE, WORK, before, to, "officer-1", NOW, reason=" ")


@pytest.mark.parametrize("to", [clues.State.RESULT, clues.State.CLOSED])
def test_a_result_says_what_was_found_and_nothing_else_does(to: clues.State) -> None:
    said = clues.Outcome.UNFOUNDED if to is clues.State.CLOSED else None
    before = at(clues.State(to - 1))

    with pytest.raises(ClueRefused) as refused:
        clues.step(RULE, WORK, before, to, "officer-1", NOW, reason="x", outcome=said)

    assert refused.value.reason == "OUTCOME_INVALID"


def test_only_what_was_founded_counts_and_never_of_who_looked() -> None:
    assert clues.counts(at(clues.State.CLOSED))
    assert not clues.counts(at(clues.State.INVESTIGATING))
    assert not clues.counts(at(clues.State.CLOSED, Source.ACCESS_LOG))
    assert not clues.counts(replace(at(clues.State.RESULT), outcome=clues.Outcome.UNFOUNDED))


def test_the_same_lead_within_the_window_is_one_clue() -> None:
    first, week = clue(), timedelta(days=7)

    assert clues.is_same(RULE, first, first.code, first.matter, NOW + week)
    assert not clues.is_same(RULE, first, first.code, first.matter, NOW + week * 1.1)
    assert not clues.is_same(RULE, first, first.code, "noise", NOW)
    assert not clues.is_same(RULE, at(clues.State.CLOSED), first.code, first.matter, NOW)
    more = clues.joined(first, ["a" * 64, "b" * 64])
    assert (more.reports, more.evidence, more.due) == (2, ("a" * 64, "b" * 64), first.due)


def test_deadlines_run_and_a_disaster_puts_them_off() -> None:
    first = clue()

    assert first.due == date(2026, 8, 6)
    assert clues.is_overdue(first, datetime(2026, 8, 6, 16, tzinfo=UTC))  # the 7th in China
    assert not clues.is_overdue(first, datetime(2026, 8, 6, 15, tzinfo=UTC))
    assert clues.days_off(RULE, first, ["price-gouging"]) == 15
    assert clues.days_off(RULE, first, [first.matter]) == 0
    closed = at(clues.State.CLOSED)
    assert clues.days_off(RULE, closed, []) == 0
    assert not clues.is_overdue(closed, NOW + timedelta(days=999))


def test_a_result_is_recognised_once_by_each() -> None:
    found = clues.recognise(at(clues.State.RESULT), "ecology", NOW)

    assert clues.recognise(found, "ecology", NOW + timedelta(days=1)) == found
    with pytest.raises(ClueRefused, match="no result yet"):
        clues.recognise(clue(), "ecology", NOW)


@given(st.lists(st.text(max_size=70), min_size=1, max_size=40))
def test_evidence_that_is_no_hash_is_refused(evidence: list[str]) -> None:
    with pytest.raises(ClueRefused, match="SHA-256"):
        clues.open_clue(
            RULE, WORK, "c", Source.COMPLAINT, PENALTY.code, "m", "510402", ["z", *evidence], NOW
        )
