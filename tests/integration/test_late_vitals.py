"""Batches of a monitor that come after newer ones, on PostgreSQL: the scores of their order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from services.healthcare.model.records import AlertKind, StoredScore
from services.healthcare.ports import ScoreFilter
from tests.healthcare.rulebook import NOW
from tests.support.late_vitals import (
    DISORDERED,
    LATE,
    ORDERED,
    Kept,
    batches,
    kept_vitals,
)

pytestmark = pytest.mark.integration

LONG_AGO = NOW - timedelta(days=1)


@pytest.fixture
async def kept(database_url: str) -> AsyncIterator[Kept]:
    async with kept_vitals(database_url) as made:
        yield made


def content(found: list[StoredScore]) -> list[StoredScore]:
    """Return scores without whose they are."""
    return [replace(each, score_id="", patient_id="") for each in found]


async def alerts(kept: Kept, patient_id: str) -> list[tuple[str, str]]:
    """Return (grade, state) of a patient's alerts."""
    found = await kept.look(lambda tx: tx.alerts_of(patient_id, AlertKind.SCORE, LONG_AGO))
    return sorted((each.grade, each.loop.state.name) for each in found)


async def test_late_batches_leave_the_scores_and_alerts_of_their_order(kept: Kept) -> None:
    for each in batches(ORDERED):
        await kept.take(each)
    own = batches(DISORDERED)
    late = own[LATE]
    early = [each for each in own if each not in late]

    await kept.take(*early[:2])
    await kept.take(*early[2:5])
    await kept.take(*early[5:])
    assert await alerts(kept, DISORDERED) == []
    assert max(each.observe_time for each in await kept.scores(DISORDERED)) == max(
        each.observe_time for each in await kept.scores(ORDERED)
    )

    for each in reversed(late):
        await kept.take(each)

    found = content(await kept.scores(DISORDERED))
    assert found == content(await kept.scores(ORDERED))
    assert {"high", "low"} <= {each.band for each in found}
    assert {"RISING", "FALLING", "STEADY"} <= {each.trend for each in found}
    assert await alerts(kept, ORDERED) == [("high", "OPEN")]
    # Of the late ones the last came first, and opened an alert that gave place to the graver one.
    assert await alerts(kept, DISORDERED) == [("high", "OPEN"), ("medium", "WITHDRAWN")]
    states = await kept.look(lambda tx: tx.vital_states([ORDERED, DISORDERED]))
    assert states[DISORDERED] == states[ORDERED]
    assert states[DISORDERED].settled is None


async def test_a_score_made_too_early_is_withdrawn_and_kept_where_nobody_sees_it(
    kept: Kept,
) -> None:
    own = batches(DISORDERED)
    await kept.take(own[0], own[2])
    [early] = [e for e in await kept.scores(DISORDERED) if e.observe_time > NOW + timedelta(0, 2)]

    # The late one says what the newer one said: now the points change a second earlier.
    second = NOW + timedelta(seconds=2)
    at_us = int(second.timestamp()) * 1_000_000
    late = replace(own[1], readings=[(DISORDERED, ("pulse", at_us, 95.0))])
    made = await kept.take(late)

    assert made == (1, 0)
    assert [each.observe_time for each in await kept.scores(DISORDERED)] == [
        NOW + timedelta(seconds=1), second,
    ]  # fmt: skip
    assert await kept.scores(DISORDERED, withdrawn=True) == [replace(early, withdrawn=True)]
    shown = await kept.look(lambda tx: tx.scores(ScoreFilter(DISORDERED), 0, 10))
    assert early.score_id not in {each.score_id for each in shown}
    before = await kept.look(
        lambda tx: tx.score_before(DISORDERED, NOW + timedelta(seconds=9), LONG_AGO)
    )
    assert before.observe_time == second
    entries = await kept.dump("audit")
    actions = "".join(entries["audit"])
    assert actions.count("vitals.withdraw") == 1
    assert f"patients/{DISORDERED}/scores/{early.score_id}" in actions


async def test_a_corrected_score_takes_the_place_of_the_one_of_its_moment(kept: Kept) -> None:
    own = batches(DISORDERED)
    await kept.take(own[0])
    await kept.take(own[5])
    [_, first] = await kept.scores(DISORDERED)
    assert first.observe_time == NOW + timedelta(seconds=6)

    made, _ = await kept.take(own[3])

    corrected = (await kept.scores(DISORDERED))[-1]
    assert made == 2
    assert corrected.score_id == first.score_id
    assert corrected.total > first.total
    assert "".join((await kept.dump("audit"))["audit"]).count("vitals.correct") == 1


async def test_what_was_taken_changes_nothing_when_it_comes_again(kept: Kept) -> None:
    own = batches(DISORDERED)
    await kept.take(*own[:2], *own[4:6])
    await kept.take(own[7])
    await kept.take(own[3])
    tables = "scores", "alerts", "audit", "outbox", "arrivals", "vital_states"
    before = await kept.dump(*tables)

    for each in (own[3], own[7], own[0]):
        assert await kept.take(each) == (0, 0)
    assert await kept.take(*own[:2], *own[4:6]) == (0, 0)

    assert await kept.dump(*tables) == before
    await kept.take(own[2], own[6], *own[8:])
    for each in batches(ORDERED):
        await kept.take(each)
    assert content(await kept.scores(DISORDERED)) == content(await kept.scores(ORDERED))
