"""Ambulances on their way: when they are believed, and the places that they hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.healthcare.model import ambulances
from services.healthcare.model.ambulances import ArrivalOver, EtaImplausible, State
from services.healthcare.model.triage import Tag

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("ahead", [-ambulances.PAST_MAX, timedelta(0), ambulances.AHEAD_MAX])
def test_an_eta_at_the_bounds_is_taken(ahead: timedelta) -> None:
    assert ambulances.checked(NOW + ahead, NOW) == NOW + ahead


@pytest.mark.parametrize("ahead", [-ambulances.PAST_MAX - SECOND, ambulances.AHEAD_MAX + SECOND])
def test_an_eta_beyond_them_is_a_mistake(ahead: timedelta) -> None:
    with pytest.raises(EtaImplausible):
        ambulances.checked(NOW + ahead, NOW)


def test_what_has_arrived_is_not_on_its_way_again() -> None:
    assert ambulances.advanced(State.ANNOUNCED, State.ARRIVED)
    assert not ambulances.advanced(State.ARRIVED, State.ARRIVED)
    for wanted in (State.ANNOUNCED, State.DIVERTED):
        with pytest.raises(ArrivalOver):
            ambulances.advanced(State.ARRIVED, wanted)


def test_places_held_are_not_free_and_never_fewer_than_none() -> None:
    free = {Tag.RED: 2, Tag.YELLOW: 0, Tag.GREEN: 5}
    held = [Tag.RED, Tag.YELLOW, Tag.YELLOW]
    assert ambulances.left(free, held) == {Tag.RED: 1, Tag.YELLOW: 0, Tag.GREEN: 5}
