"""What gauges call for, on a real PostgreSQL: one open warning a hazard and county, and by whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.disaster_warning.model import lifecycle
from services.disaster_warning.model.filters import WarningFilter
from services.disaster_warning.model.gauge_judge import Grounds
from services.disaster_warning.model.level_changes import Change, Hazard, Proposal
from services.disaster_warning.model.level_changes import Route as Way
from services.disaster_warning.model.warning import (
    Colour,
    HazardWarning,
    Route,
    State,
    Text,
    Verdict,
)
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import drafting, proposals, timing
from services.disaster_warning.usecases.proposals import Outcome, Told
from services.plumbing.postgres import Database
from tests.support.drafted_warnings import AUTHORITY, DRAFTER, NOW, REVIEWER, SIGNER, desk, emitted

pytestmark = pytest.mark.integration

HOUR = timedelta(hours=1)
ACTOR = "rainstorm-watch"


def grounds(colour: Colour, **fields: Any) -> Grounds:
    values: dict[str, Any] = {
        "proposal_id": "rainstorm/513221/1/1",
        "hazard": Hazard.RAINSTORM,
        "county": "513221",
        "change": Change.BEGUN if colour else Change.ENDED,
        "colour": colour,
        "previous": Colour.NONE,
        "route": Way.REVIEW,
        "episode": 1,
        "minute": 1,
        "gauges": (0,),
        "gauge_count": 1,
        "rule_version": "level-changes/CN/2020-11-27",
        **fields,
    }
    text = f"gw-rain/rain in 513221: so much rain is {colour.name.lower()}"
    versions = ("rainstorm-colours/CN/2020-11-27", "level-changes/CN/2020-11-27")
    return Grounds(Proposal(**values), text, versions)


class World:
    """Use cases on a database, at a time that passes."""

    def __init__(self, transactor: Transactor) -> None:
        self.transactor = transactor
        self.now: datetime = NOW

    async def propose(self, colour: Colour, **fields: Any) -> Told:
        asked = grounds(colour, **fields)
        told: Told = await self.transactor.write(proposals.propose, desk(), asked, now=self.now)
        return told

    async def renew(self) -> list[Outcome]:
        told = await self.transactor.write(proposals.renew_due, desk(), now=self.now)
        return [each.outcome for each in told]

    async def warning(self, warning_id: str) -> HazardWarning:
        found: HazardWarning = await self.transactor.read(drafting.get_warning, warning_id)
        return found

    async def steps(self, warning_id: str) -> list[tuple[str, str]]:
        _, steps = await self.transactor.read(drafting.get_with_steps, warning_id)
        return [(each.actor, each.comment) for each in steps]

    async def all(self) -> list[HazardWarning]:
        found = await self.transactor.read(lambda tx: tx.warnings(WarningFilter(), None, 100))
        return list(found)

    async def signed(self, warning_id: str) -> None:
        for use, person in ((drafting.review, REVIEWER), (drafting.sign, AUTHORITY)):
            await self.transactor.write(
                use, warning_id, "", Verdict.APPROVE, person, "", now=self.now
            )

    async def publish(self, warning_id: str) -> None:
        await self.signed(warning_id)
        await self.transactor.write(drafting.publish, desk(), warning_id, "", SIGNER, now=self.now)


@pytest.fixture
def world(transactor: Transactor) -> World:
    return World(transactor)


async def test_it_begins_as_a_draft_with_its_reason_and_rules(
    world: World, database: Database
) -> None:
    told = await world.propose(Colour.ORANGE)

    warning = await world.warning(told.warning_id)
    assert told.outcome is Outcome.DRAFTED
    assert (warning.state, warning.content.colour) == (State.DRAFT, Colour.ORANGE)
    assert [county.place_code for county in warning.counties] == ["513221"]
    assert (warning.drafter, warning.event_code) == (ACTOR, "11B03")
    assert warning.state_reason.startswith("begun: gw-rain/rain in 513221")
    assert {"rainstorm-colours/CN/2020-11-27", "proposal-validity/CN/2020-11-27"} <= set(
        warning.rule_versions
    )
    assert warning.content.expire_time == NOW + 12 * HOUR
    assert [text.language for text in warning.content.texts] == ["zh-CN", "en-US"]
    assert (await world.steps(told.warning_id))[0] == (ACTOR, warning.state_reason)
    assert await emitted(database) == [], "nothing is out"


async def test_a_repetition_changes_nothing(world: World) -> None:
    first = await world.propose(Colour.YELLOW)
    world.now += HOUR
    again = await world.propose(Colour.YELLOW)

    assert again == Told(Outcome.UNCHANGED, first.warning_id)
    assert len(await world.all()) == 1
    assert (await world.propose(Colour.NONE, hazard=Hazard.FLOOD)).outcome is Outcome.UNCHANGED


async def test_a_draft_is_raised_and_goes_back_to_review(world: World) -> None:
    first = await world.propose(Colour.YELLOW)
    await world.signed(first.warning_id)
    world.now += HOUR

    told = await world.propose(Colour.RED, change=Change.RAISED)

    warning = await world.warning(first.warning_id)
    assert told == Told(Outcome.REVISED, first.warning_id)
    assert (warning.state, warning.content.colour) == (State.DRAFT, Colour.RED)
    assert (warning.reviewer, warning.signer) == ("", "")
    assert "红色" in warning.content.texts[0].headline
    assert (await world.steps(first.warning_id))[-1][1].startswith("raised from YELLOW to RED; ")


async def test_what_is_out_holds_while_its_next_version_is_reviewed(
    world: World, database: Database
) -> None:
    first = await world.propose(Colour.YELLOW)
    await world.publish(first.warning_id)
    world.now += HOUR

    await world.propose(Colour.BLUE, change=Change.LOWERED)

    warning = await world.warning(first.warning_id)
    assert (warning.state, warning.version) == (State.DRAFT, 1)
    assert warning.holds_until == NOW + 12 * HOUR
    assert [name for name, _, _ in await emitted(database)] == ["warning-issued"]


async def test_an_all_clear_drops_what_is_not_out(world: World) -> None:
    first = await world.propose(Colour.YELLOW)
    told = await world.propose(Colour.NONE)

    warning = await world.warning(first.warning_id)
    assert told == Told(Outcome.DROPPED, first.warning_id)
    assert (warning.state, warning.version) == (State.CANCELLED, 0)
    assert warning.state_reason.startswith("all clear: ")


async def test_an_all_clear_leaves_to_people_what_they_let_out(world: World) -> None:
    first = await world.propose(Colour.YELLOW)
    await world.publish(first.warning_id)

    told = await world.propose(Colour.NONE)

    warning = await world.warning(first.warning_id)
    assert told == Told(Outcome.NOTED, first.warning_id)
    assert (warning.state, warning.version) == (State.PUBLISHED, 1)
    assert warning.state_reason.startswith("all clear: ")
    world.now += 11 * HOUR
    assert await world.renew() == []


async def test_weather_that_begins_anew_goes_on_with_what_is_still_out(world: World) -> None:
    first = await world.propose(Colour.YELLOW)
    await world.publish(first.warning_id)
    await world.propose(Colour.NONE)

    again = await world.propose(Colour.ORANGE)

    assert again == Told(Outcome.REVISED, first.warning_id)
    assert len(await world.all()) == 1


async def test_weather_that_begins_after_the_end_is_another_warning(world: World) -> None:
    first = await world.propose(Colour.YELLOW)
    await world.propose(Colour.NONE)
    world.now += HOUR

    again = await world.propose(Colour.YELLOW)

    assert again.outcome is Outcome.DRAFTED
    assert again.warning_id != first.warning_id


async def test_what_a_person_wrote_stays_theirs(world: World) -> None:
    first = await world.propose(Colour.YELLOW)
    mine = Text("zh-CN", "请注意")
    before = await world.warning(first.warning_id)
    await world.transactor.write(
        drafting.revised,
        desk(),
        before,
        replace(before.content, texts=(mine,)),
        DRAFTER,
        now=NOW,
    )

    await world.propose(Colour.ORANGE, change=Change.RAISED)

    warning = await world.warning(first.warning_id)
    assert warning.content.texts[0].headline == "请注意"
    assert warning.drafter == DRAFTER.subject
    with pytest.raises(lifecycle.SamePerson):
        await world.transactor.write(
            drafting.review, first.warning_id, "", Verdict.APPROVE, DRAFTER, "", now=NOW
        )
    assert (await world.propose(Colour.NONE)).outcome is Outcome.NOTED


async def test_what_a_person_dropped_stays_dropped_until_it_grows(world: World) -> None:
    first = await world.propose(Colour.YELLOW)
    await world.transactor.write(
        drafting.cancel, desk(), first.warning_id, "", SIGNER, "the gauge is broken", now=NOW
    )
    assert (await world.propose(Colour.YELLOW)).outcome is Outcome.UNCHANGED
    world.now += 12 * HOUR
    assert await world.renew() == [Outcome.UNCHANGED]
    assert await world.renew() == []

    again = await world.propose(Colour.ORANGE, change=Change.RAISED)

    assert again.outcome is Outcome.DRAFTED


async def test_a_warning_that_ends_in_the_rain_gets_a_successor(world: World) -> None:
    first = await world.propose(Colour.YELLOW)
    world.now += 11 * HOUR - timedelta(seconds=1)
    assert await world.renew() == []
    world.now += timedelta(seconds=1)
    assert await world.renew() == [Outcome.REVISED]
    assert (await world.warning(first.warning_id)).content.expire_time == world.now + 12 * HOUR
    assert await world.renew() == []

    await world.publish(first.warning_id)
    world.now += 11 * HOUR
    assert await world.renew() == [Outcome.REVISED], "a version to review, while the first holds"
    assert await world.renew() == []
    world.now += HOUR
    await world.transactor.write(timing.expire_due, now=world.now)
    assert (await world.warning(first.warning_id)).state is State.EXPIRED
    assert await world.renew() == [Outcome.DRAFTED]
    assert len(await world.all()) == 2


async def test_what_the_rule_allows_goes_out_at_once_and_ends_by_the_rule(
    world: World, database: Database
) -> None:
    told = await world.propose(Colour.RED, route=Way.AUTOMATIC)
    warning = await world.warning(told.warning_id)
    assert told.outcome is Outcome.ISSUED
    assert (warning.state, warning.route, warning.version) == (
        State.PUBLISHED,
        Route.AUTOMATIC,
        1,
    )
    world.now += HOUR
    assert (await world.propose(Colour.ORANGE, change=Change.LOWERED)).outcome is Outcome.ISSUED
    world.now += HOUR
    assert (await world.propose(Colour.NONE)).outcome is Outcome.CANCELLED

    assert [name for name, _, _ in await emitted(database)] == [
        "warning-issued",
        "warning-updated",
        "warning-cancelled",
    ]
    assert (await world.warning(told.warning_id)).state is State.CANCELLED


@pytest.mark.parametrize("out", [False, True], ids=["a-draft", "published"])
async def test_a_draft_that_grows_to_what_the_rule_allows_goes_out(world: World, out: bool) -> None:
    first = await world.propose(Colour.YELLOW)
    if out:
        await world.publish(first.warning_id)

    told = await world.propose(Colour.RED, change=Change.RAISED, route=Way.AUTOMATIC)

    warning = await world.warning(first.warning_id)
    assert told == Told(Outcome.ISSUED, first.warning_id)
    assert (warning.state, warning.version) == (State.PUBLISHED, 2 if out else 1)
    assert warning.route is Route.AUTOMATIC
    world.now += 11 * HOUR
    assert await world.renew() == [Outcome.ISSUED]


@pytest.mark.parametrize("hazard", Hazard)
async def test_every_hazard_has_an_event_and_words(world: World, hazard: Hazard) -> None:
    told = await world.propose(Colour.YELLOW, hazard=hazard)
    await world.publish(told.warning_id)
    assert (await world.warning(told.warning_id)).state is State.PUBLISHED


async def test_hazards_and_counties_stand_side_by_side(world: World) -> None:
    await world.propose(Colour.YELLOW)
    await world.propose(Colour.YELLOW, county="510104")
    await world.propose(Colour.YELLOW, hazard=Hazard.DEBRIS_FLOW)
    assert len(await world.all()) == 3
