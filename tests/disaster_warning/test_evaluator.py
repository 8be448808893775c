"""Every gauge judged at once: as each by itself, by the rules of the day, and with reasons."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.evaluator import (
    EARTHQUAKES_MAX,
    RainEvaluator,
    RainSite,
    dry_run,
    propose,
)
from services.disaster_warning.model.level_changes import (
    CHANGES,
    ChangeRule,
    Hazard,
    LevelChanges,
)
from services.plumbing.rules import RuleBook, RuleNotFound
from tests.disaster_warning.made_rules import NOW, rule, shipped

BOOK = shipped()
NOW_S = NOW.timestamp()
LOWEST, HIGHEST = (5.94, 0.70), (21.4, 0.58)
YEAR_S = 365.25 * 86_400


def sites(*counties: str, span: int = 60) -> list[RainSite]:
    return [RainSite(f"g{n}", county, span) for n, county in enumerate(counties)]


def hourly(evaluator: RainEvaluator, gauge: int, mm: list[float]) -> None:
    """Tell hourly rain, the last hour first."""
    for back, each in enumerate(mm):
        evaluator.add(gauge, NOW_S - 3600 * back, each)


def expected(mm: list[float], curve: tuple[float, float]) -> tuple[float, int]:
    """Return (ratio, hours) of the duration that decides, one after the other."""
    alpha, beta = curve
    padded = mm + [0.0] * (72 - len(mm))
    ratios = [sum(padded[:d]) / d / (alpha * d**-beta) for d in range(1, 73)]
    best = max(ratios)
    return best, ratios.index(best) + 1


def test_nothing_told_has_no_level_and_says_so() -> None:
    evaluator = RainEvaluator.start(sites("510104"), BOOK, NOW)
    evaluation = evaluator.evaluate(NOW)

    assert evaluation.level.tolist() == [Colour.NONE]
    text = evaluator.explain(evaluation, Hazard.DEBRIS_FLOW, 0).text
    assert text == "g0 in 510104: no rain is known, so no level"


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 4000).map(lambda n: n / 100), min_size=1, max_size=72))
def test_the_duration_that_decides_is_that_of_a_plain_loop(mm: list[float]) -> None:
    evaluator = RainEvaluator.start(sites("513221", "510181"), BOOK, NOW)
    hourly(evaluator, 0, mm)
    hourly(evaluator, 1, mm)

    found = evaluator.evaluate(NOW).hazards[Hazard.DEBRIS_FLOW]

    for gauge, curve in enumerate((LOWEST, HIGHEST)):
        ratio, hours = expected(mm, curve)
        assert float(found.ratio[gauge]) == pytest.approx(ratio, rel=1e-5)
        if ratio > 0:
            at = int(found.hours[gauge])
            total = sum(mm[:at]) / at / (curve[0] * at ** -curve[1])
            assert at == hours or total == pytest.approx(ratio, rel=1e-5)


@pytest.mark.parametrize(
    ("part", "colour"),
    [
        (0.5, Colour.NONE),
        (0.72, Colour.BLUE),
        (0.9, Colour.YELLOW),
        (1.05, Colour.ORANGE),
        (1.3, Colour.RED),
    ],
)
def test_six_hours_of_even_rain_in_the_lowest_region(part: float, colour: Colour) -> None:
    evaluator = RainEvaluator.start(sites("513221"), BOOK, NOW)
    hourly(evaluator, 0, [1.69 * part] * 6)

    found = evaluator.evaluate(NOW).hazards[Hazard.DEBRIS_FLOW]

    assert (found.level[0], found.hours[0]) == (colour, 6)


@pytest.mark.parametrize("mm", [50.0, 100.0])
def test_an_amount_that_is_just_reached_is_reached(mm: float) -> None:
    evaluator = RainEvaluator.start(sites("510104"), BOOK, NOW)
    hourly(evaluator, 0, [mm])

    level = evaluator.evaluate(NOW).hazards[Hazard.RAINSTORM].level[0]

    assert level == (Colour.ORANGE if mm == 50 else Colour.RED)


@pytest.mark.parametrize(
    ("intensity", "years", "factor"),
    [(8.0, 0.0, 0.5), (7.0, 5.0, 0.75), (6.9, 0.0, 1.0), (9.0, 11.0, 1.0)],
)
def test_an_earthquake_lowers_thresholds_in_the_next_step(
    intensity: float, years: float, factor: float
) -> None:
    evaluator = RainEvaluator.start(sites("513221", "513221"), BOOK, NOW)
    for gauge in (0, 1):
        hourly(evaluator, gauge, [3.0])
    before = evaluator.evaluate(NOW).hazards[Hazard.DEBRIS_FLOW]

    evaluator.shake("quake", NOW_S - years * YEAR_S, [intensity, 5.0])
    after = evaluator.evaluate(NOW).hazards[Hazard.DEBRIS_FLOW]

    assert after.ratio[0] == pytest.approx(before.ratio[0] / factor, rel=1e-3)
    assert after.threshold_mm[0] == pytest.approx(before.threshold_mm[0] * factor, rel=1e-3)
    assert after.ratio[1] == before.ratio[1]
    assert after.hours[0] == before.hours[0]


def test_two_earthquakes_do_not_add_up_and_a_new_solution_replaces() -> None:
    evaluator = RainEvaluator.start(sites("513221"), BOOK, NOW)
    evaluator.shake("a", NOW_S, 8.0)
    evaluator.shake("b", NOW_S - 5 * YEAR_S, 8.0)

    assert evaluator.evaluate(NOW).earthquake_factor[0] == 0.5
    evaluator.shake("a", NOW_S, 6.0)
    assert evaluator.evaluate(NOW).earthquake_factor[0] == pytest.approx(0.75, abs=1e-6)


def test_earthquakes_are_bounded_and_the_oldest_goes() -> None:
    evaluator = RainEvaluator.start(sites("513221"), BOOK, NOW)
    evaluator.shake("oldest", NOW_S - YEAR_S, 9.0)
    for number in range(EARTHQUAKES_MAX):
        evaluator.shake(str(number), NOW_S - number, 5.0)

    assert evaluator.evaluate(NOW).earthquake_factor[0] == 1.0


def test_an_explanation_stands_by_itself() -> None:
    evaluator = RainEvaluator.start(sites("510181"), BOOK, NOW)
    hourly(evaluator, 0, [20.0, 30.0, 10.0])
    evaluator.shake("quake", NOW_S, 8.0)
    evaluation = evaluator.evaluate(NOW)

    found = evaluator.explain(evaluation, Hazard.DEBRIS_FLOW, 0)

    assert found.colour is Colour.RED
    assert found.region == "dujiangyan"
    assert found.observed_mm / found.threshold_mm == pytest.approx(found.ratio, rel=1e-4)
    assert found.coverage == 1.0
    assert found.earthquake_factor == 0.5
    assert found.event is not None
    assert found.event.mm == pytest.approx(60.0)
    assert not found.verified
    assert [each.split("/")[0] for each in found.rule_versions] == [
        "debris-flow-thresholds",
        "debris-flow-levels",
        "antecedent-rain",
        "earthquake-rain-factor",
    ]
    assert "lowered to 50% after an earthquake" in found.text
    assert "red by debris-flow-thresholds/CN-51/2020-11-27" in found.text


def test_rainstorm_is_explained_by_its_own_rule() -> None:
    evaluator = RainEvaluator.start(sites("510104"), BOOK, NOW)
    hourly(evaluator, 0, [40.0, 40.0, 30.0])
    evaluation = evaluator.evaluate(NOW)

    found = evaluator.explain(evaluation, Hazard.RAINSTORM, 0)

    assert (found.colour, found.hours, found.threshold_mm) == (Colour.RED, 3, 100.0)
    assert found.observed_mm == pytest.approx(110.0)
    assert found.rule_versions == ("rainstorm-colours/CN/2020-11-27",)
    assert found.verified
    assert evaluation.level[0] == Colour.RED
    assert evaluation.deciding[0] in set(Hazard)


def test_an_hour_outside_the_fit_is_said_to_be() -> None:
    evaluator = RainEvaluator.start(sites("510181"), BOOK, NOW)
    hourly(evaluator, 0, [30.0])
    evaluation = evaluator.evaluate(NOW)

    found = evaluator.explain(evaluation, Hazard.DEBRIS_FLOW, 0)

    assert found.hours == 1
    assert found.extrapolated
    assert "continued beyond the hours of its fit" in found.text


def test_a_forecast_is_taken_for_rainstorm() -> None:
    evaluator = RainEvaluator.start(sites("510104", "510104"), BOOK, NOW)
    hourly(evaluator, 0, [30.0])

    found = evaluator.evaluate(NOW, np.array([[70.0, 10.0]]))

    assert found.hazards[Hazard.RAINSTORM].level.tolist() == [Colour.RED, Colour.NONE]


def test_what_is_not_known_is_not_certain() -> None:
    evaluator = RainEvaluator.start(sites("510104", "510104", span=1), BOOK, NOW)
    minutes = np.arange(60)
    evaluator.add(np.zeros(60, int), NOW_S - 60.0 * minutes, np.full(60, 0.5))
    evaluator.add(np.ones(30, int), NOW_S - 60.0 * minutes[:30], np.full(30, 0.5))

    evaluation = evaluator.evaluate(NOW)

    assert evaluation.certain(Hazard.DEBRIS_FLOW, 0.8).tolist() == [True, False]
    assert evaluation.level.tolist()[1] > Colour.NONE
    text = evaluator.explain(evaluation, Hazard.DEBRIS_FLOW, 1).text
    assert "50% of the time known" in text


def test_rain_makes_a_draft_for_the_county() -> None:
    evaluator = RainEvaluator.start(sites("510181", "510181", "510104"), BOOK, NOW)
    changes = LevelChanges(Hazard.RAINSTORM, [site.county for site in evaluator.sites])
    change_rule = ChangeRule.parse(rule(CHANGES))
    hourly(evaluator, 0, [50.0, 30.0, 30.0])
    hourly(evaluator, 1, [50.0])

    drafts = propose(evaluator.evaluate(NOW), changes, change_rule)

    assert [(each.county, each.colour, each.gauges) for each in drafts] == [
        ("510181", Colour.RED, (0, 1))
    ]
    later = evaluator.evaluate(NOW + timedelta(minutes=1))
    assert propose(later, changes, change_rule) == []


def rulebook(folder: Path, day: str) -> RuleBook:
    """Return the shipped rules, with another threshold for rainstorm from ``day`` on."""
    source = Path(str(BOOK_FOLDER))
    for file in source.glob("*.toml"):
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    text = (folder / "rainstorm-colours.toml").read_text(encoding="utf-8")
    version = text[text.index("[[version]]") :]
    first = version.replace("valid_from = 2020-11-27", f"valid_from = 2020-11-27\nvalid_to = {day}")
    second = version.replace("2020-11-27", day).replace("red = { mm = 100", "red = { mm = 60")
    local = second.replace('"CN"', '"CN-51-0104"').replace("mm = 60", "mm = 70")
    content = f"{first}\n{second}\n{local}"
    (folder / "rainstorm-colours.toml").write_text(content, encoding="utf-8")
    return RuleBook.read(folder)


BOOK_FOLDER = Path(__file__).parents[2] / "services" / "disaster_warning" / "rules"


@pytest.mark.parametrize(
    ("mm", "before", "after"),
    [(65.0, [3, 3], [4, 3]), (75.0, [3, 3], [4, 4]), (55.0, [3, 3], [3, 3])],
)
def test_the_rules_of_the_day_and_the_place_hold(
    tmp_path: Path, mm: float, before: list[int], after: list[int]
) -> None:
    midnight = datetime.fromisoformat("2026-07-02T00:00:00+08:00")
    evaluator = RainEvaluator.start(
        sites("510181", "510104", span=1), rulebook(tmp_path, "2026-07-02"), midnight
    )
    for gauge in (0, 1):
        evaluator.add(
            np.full(20, gauge), midnight.timestamp() - 60.0 * np.arange(20, 40), [mm / 20] * 20
        )

    eve = evaluator.evaluate(midnight - timedelta(seconds=1))
    day = evaluator.evaluate(midnight)

    assert eve.hazards[Hazard.RAINSTORM].level.tolist() == before
    assert day.hazards[Hazard.RAINSTORM].level.tolist() == after
    assert evaluator.explain(day, Hazard.RAINSTORM, 1).rule_versions == (
        "rainstorm-colours/CN-51-0104/2026-07-02",
    )


def test_a_day_without_rules_is_refused() -> None:
    long_ago = NOW - timedelta(days=4000)

    with pytest.raises(RuleNotFound):
        RainEvaluator.start(sites("510104"), BOOK, long_ago).evaluate(long_ago)


def test_a_gauge_where_no_rule_holds_is_refused() -> None:
    evaluator = RainEvaluator.start(sites("530102", "513221"), BOOK, NOW)

    with pytest.raises(RuleNotFound, match="antecedent-rain"):
        evaluator.evaluate(NOW)


def test_a_restart_changes_nothing() -> None:
    where = sites("513221", "510181")
    evaluator = RainEvaluator.start(where, BOOK, NOW)
    hourly(evaluator, 0, [3.0, 0.0, 7.0])
    evaluator.shake("quake", NOW_S, [8.0, 6.0])

    again = RainEvaluator.from_bytes(evaluator.to_bytes(), where, BOOK)
    later = NOW + timedelta(minutes=7)

    one: Any = evaluator.evaluate(later)
    other: Any = again.evaluate(later)
    for hazard in one.hazards:
        for a, b in zip(one.hazards[hazard], other.hazards[hazard], strict=True):
            assert a.tolist() == b.tolist()
    assert one.earthquake_factor.tolist() == other.earthquake_factor.tolist()


def test_gauges_come_and_go_over_a_restart() -> None:
    evaluator = RainEvaluator.start(sites("513221", "510181", "510104"), BOOK, NOW)
    hourly(evaluator, 0, [3.0, 0.0, 7.0])
    hourly(evaluator, 2, [9.0])
    evaluator.shake("quake", NOW_S, [8.0, 6.0, 9.0])
    state = evaluator.to_bytes()
    before = evaluator.evaluate(NOW)

    where = [evaluator.sites[2], RainSite("new", "510104", 5), evaluator.sites[0]]
    after = RainEvaluator.from_bytes(state, where, BOOK).evaluate(NOW)

    for hazard, found in after.hazards.items():
        assert found.ratio[[0, 2]].tolist() == before.hazards[hazard].ratio[[2, 0]].tolist()
        assert found.ratio[1] == 0
    assert after.earthquake_factor.tolist() == [0.5, 1.0, 0.5]


def test_without_gauges_there_is_nothing_to_judge() -> None:
    evaluator = RainEvaluator.start([], BOOK, NOW)
    evaluator.shake("quake", NOW_S, 9.0)

    assert evaluator.evaluate(NOW).level.tolist() == []
    first = RainEvaluator.from_bytes(evaluator.to_bytes(), sites("513221"), BOOK)
    assert first.evaluate(NOW).earthquake_factor.tolist() == [1.0]


def test_a_gauge_that_reports_more_often_keeps_what_it_told() -> None:
    evaluator = RainEvaluator.start(sites("513221"), BOOK, NOW)
    hourly(evaluator, 0, [6.0])

    again = RainEvaluator.from_bytes(evaluator.to_bytes(), sites("513221", span=5), BOOK)

    assert again.gauges.span_minutes.tolist() == [5]
    assert again.gauges.sums[0, 0] == 600


def test_a_dry_run_says_what_readings_would_come_to() -> None:
    readings = [(NOW_S - 60.0 * n, 0.6) for n in range(180)]

    storm, flow = dry_run(BOOK, "510104", readings, NOW)
    _, shaken = dry_run(BOOK, "510104", readings, NOW, earthquakes=[(NOW_S, 8.0)])

    assert (storm.hazard, storm.colour) == (Hazard.RAINSTORM, Colour.RED)
    assert flow.hazard is Hazard.DEBRIS_FLOW
    assert shaken.ratio == pytest.approx(2 * flow.ratio, rel=1e-4)
    assert dry_run(BOOK, "510104", [], NOW)[0].colour is Colour.NONE
