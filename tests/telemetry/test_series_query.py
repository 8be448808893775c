from __future__ import annotations

from typing import Any

import pytest

from services.plumbing.refusal import Refusal
from services.telemetry import series_query
from services.telemetry.series_query import Aggregate, SeriesQuery, Source, source_of

DAY = 86_400_000_000
MINUTE = 60_000_000
NOW = 20_000 * DAY


def query(days: float, step_us: int = 0, start_us: int = NOW) -> SeriesQuery:
    return SeriesQuery(
        start_us, start_us + int(days * DAY), Aggregate.MEAN if step_us else None, step_us
    )


@pytest.mark.parametrize(
    ("asked", "kept_from_us", "source"),
    [
        pytest.param(query(1), 0, Source.READINGS, id="as-they-are"),
        pytest.param(query(300), 0, Source.READINGS, id="as-they-are-however-long"),
        pytest.param(query(1, MINUTE), 0, Source.READINGS, id="short-is-quick-enough"),
        pytest.param(query(3, MINUTE), 0, Source.MINUTES, id="long-in-minutes"),
        pytest.param(query(3, 15 * MINUTE), 0, Source.QUARTER_HOURS, id="long-in-quarters"),
        pytest.param(query(3, 45 * MINUTE), 0, Source.QUARTER_HOURS, id="three-quarters"),
        pytest.param(query(3, 10 * MINUTE), 0, Source.MINUTES, id="no-whole-quarters"),
        pytest.param(query(3, MINUTE + 1), 0, Source.READINGS, id="no-whole-minutes"),
        pytest.param(query(1, MINUTE), NOW + 1, Source.MINUTES, id="dropped-already"),
        pytest.param(query(1, 10_000_000), NOW + 1, Source.READINGS, id="dropped-but-too-fine"),
    ],
)
def test_source(asked: SeriesQuery, kept_from_us: int, source: Source) -> None:
    assert source_of(asked, kept_from_us=kept_from_us) is source


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"start_us": 5, "end_us": 5}, "QUERY_INVALID", id="empty-range"),
        pytest.param({"aggregate": Aggregate.MAX}, "QUERY_INVALID", id="aggregate-without-step"),
        pytest.param({"step_us": 1000}, "QUERY_INVALID", id="step-without-aggregate"),
        pytest.param(
            {"aggregate": Aggregate.MAX, "step_us": 1000}, "RESULT_TOO_LARGE", id="too-many-steps"
        ),
    ],
)
def test_a_query_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        SeriesQuery(**{"start_us": 0, "end_us": DAY, **fields})
    assert refused.value.reason == reason
    assert refused.value.message


def test_the_most_steps_are_allowed() -> None:
    steps = series_query.STEPS_MAX
    asked = SeriesQuery(0, steps * 1_000_000, Aggregate.MIN, 1_000_000)
    assert (asked.first_step, asked.last_step) == (0, steps - 1)
