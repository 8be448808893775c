"""The rehearsed earthquake walks the whole way of a real one."""

from __future__ import annotations

from services.disaster_warning.model.earthquake.decisions import Kind
from services.disaster_warning.model.earthquake.rehearsal import EPICENTRE, rehearse
from tests.disaster_warning.earthquake.simulator import SETTING


def test_it_is_located_weighed_and_warned_of() -> None:
    decided = rehearse(SETTING)
    assert decided[0].kind is Kind.ISSUE
    assert {each.kind for each in decided[1:]} == {Kind.UPDATE}
    assert all(each.is_warning for each in decided)
    location = decided[-1].solution.location
    assert abs(location.latitude - EPICENTRE[0]) < 0.1
    assert abs(location.longitude - EPICENTRE[1]) < 0.1
