"""What the watch over gauges does in the database: proposals with the state they come of.

A judgement's proposals are stored some at a time, so that an earthquake never waits for a typhoon's
hundred counties. The state goes with the last of them. Whatever dies between, the next life judges
the same again, and finds what stands already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.debris_flow import EARTHQUAKE, EarthquakeFactor
from services.disaster_warning.model.gauge_judge import Grounds
from services.disaster_warning.model.level_changes import CHANGES, Change, Hazard, Proposal, Route
from services.disaster_warning.model.warning import Channel, Earthquake, EarthquakeState
from services.disaster_warning.ports import Desk, Standing, Transaction
from services.disaster_warning.usecases.proposals import Told, propose
from services.plumbing.rules import RuleNotFound
from tianfu.disaster_warning.v1 import earthquake_pb2

STATE: Final = "changes"
"""The part of the state that is kept together with the drafts made of it."""

YEAR: Final = timedelta(days=365.25)


@dataclass(frozen=True, slots=True)
class Felt:
    """An earthquake as counties felt it; none of them when it was none after all."""

    earthquake_id: str
    time_s: float
    intensity: Mapping[str, float]
    is_strong: bool
    update_time: datetime


def stand(
    tx: Transaction, desk: Desk, grounds: Sequence[Grounds], state: bytes | None, *, now: datetime
) -> list[Told]:
    """Have some proposals stand, and keep the state that they came of, if it is given."""
    told = [propose(tx, desk, each, now=now) for each in grounds]
    if state is not None:
        tx.put_gauge_state(STATE, state, now)
    return told


def unwatched(
    tx: Transaction, desk: Desk, proposed: Mapping[tuple[Hazard, str], Colour], *, now: datetime
) -> list[Grounds]:
    """Return the ends of what stands although nothing that is watched calls for it any more.

    A gauge that was taken off the list would otherwise have its warning renewed for ever.
    """
    rule = desk.rules.in_force(CHANGES, desk.office.jurisdiction, now)
    minute = int(now.timestamp() // 60)
    return [
        Grounds(
            _ended(standing, minute, rule.version),
            "no gauge that is watched calls for it",
            (rule.version,),
        )
        for standing in tx.standings()
        if standing.colour is not Colour.NONE
        and proposed.get((standing.hazard, standing.county), Colour.NONE) is Colour.NONE
    ]


def felt(tx: Transaction, desk: Desk, after: datetime | None, *, now: datetime) -> list[Felt]:
    """Return the public earthquakes that have changed since ``after``, None for all that count.

    One counts for as long as thresholds take to recover. A false one is felt nowhere.
    """
    try:
        rule = desk.rules.in_force(EARTHQUAKE, desk.office.jurisdiction, now)
    except RuleNotFound:
        return []
    factor = EarthquakeFactor.parse(rule)
    since = now - factor.recovery_years * YEAR
    return [_felt(each, factor) for each in tx.earthquakes_changed(Channel.LIVE, since, after)]


def _felt(earthquake: Earthquake, factor: EarthquakeFactor) -> Felt:
    at = earthquake.origin_time.astimezone(UTC).timestamp()
    intensity: dict[str, float] = {}
    if earthquake.state is not EarthquakeState.FALSE:
        solution = earthquake_pb2.Solution.FromString(earthquake.solution)
        intensity = {each.place_code: each.intensity for each in solution.counties}
    strong = max(intensity.values(), default=0.0) >= factor.intensity_min
    return Felt(earthquake.earthquake_id, at, intensity, strong, earthquake.update_time)


def _ended(standing: Standing, minute: int, rule_version: str) -> Proposal:
    return Proposal(
        proposal_id=f"{standing.hazard.value}/{standing.county}/unwatched/{minute}",
        hazard=standing.hazard,
        county=standing.county,
        change=Change.ENDED,
        colour=Colour.NONE,
        previous=standing.colour,
        route=Route.REVIEW,
        episode=minute,
        minute=minute,
        gauges=(),
        gauge_count=0,
        rule_version=rule_version,
    )
