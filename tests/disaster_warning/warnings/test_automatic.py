"""The automatic route on PostgreSQL: one warning an earthquake, versions in order, undone."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.disaster_warning.geography.targeting import targeting
from services.disaster_warning.model.filters import EarthquakeFilter
from services.disaster_warning.model.warning import (
    Channel,
    EarthquakeState,
    HazardWarning,
    Issued,
    PickKey,
    Route,
    State,
    Verdict,
)
from services.disaster_warning.store import tables
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import (
    automatic,
    drafting,
    encoding,
    reading,
    rehearsal,
    timing,
)
from services.plumbing.postgres import Database
from services.plumbing.refusal import Refusal
from tests.support.drafted_warnings import DRAFTER, NOW, desk, emitted, encoded, issue, shaken
from tianfu.disaster_warning.v1 import events_pb2, notice_pb2

pytestmark = pytest.mark.integration

SECOND = timedelta(seconds=1)


async def tell(transactor: Transactor, said: Any, *, now: Any = NOW) -> Issued:
    found: Issued = await transactor.write(automatic.issue_automatic, desk(), said, now=now)
    return found


async def count(database: Database, table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    found: int = await database.transact(lambda c: c.execute(query).scalar_one())
    return found


async def notices(database: Database) -> dict[str, notice_pb2.Notice]:
    query = sa.select(tables.county_notices)
    rows = await database.transact(lambda c: list(c.execute(query).all()))
    return {row.county: notice_pb2.Notice.FromString(row.notice) for row in rows}


async def get(transactor: Transactor, warning_id: str = "eq-1-w") -> HazardWarning:
    found: HazardWarning = await transactor.read(drafting.get_warning, warning_id)
    return found


async def test_an_earthquake_is_told_at_once_and_by_whom(
    transactor: Transactor, database: Database
) -> None:
    issued = await tell(transactor, issue())
    assert issued == Issued("eq-1-w", 1, "eq-1", True, 1)
    warning = await get(transactor)
    assert (warning.state, warning.route) == (State.PUBLISHED, Route.AUTOMATIC)
    assert warning.earthquake_id == "eq-1"
    assert "earthquake-thresholds/CN-51/2023-05-01" in warning.rule_versions
    notice = (await notices(database))["510104"]
    assert notice.earthquake.earthquake == "eq-1"
    assert notice.earthquake.intensity == pytest.approx(6.0)
    assert notice.earthquake.magnitude == pytest.approx(6.5)
    assert notice.expire_time_us == int((NOW + timedelta(minutes=3)).timestamp() * 1e6)
    ((kind, payload, _),) = await emitted(database)
    assert kind == "warning-issued"
    shaking = events_pb2.WarningIssued.FromString(payload).facts.shaking
    assert shaking.magnitude == issue().source.magnitude
    assert [(each.place_code, each.intensity) for each in shaking.counties] == [
        (each.place_code, each.intensity) for each in issue().counties
    ]
    assert await count(database, tables.calls) == 0  # nobody can be called in time
    version = await transactor.read(reading.export_cap, "eq-1-w", 1)
    assert b"<incidents>eq-1</incidents>" in version.cap_xml


async def test_who_publishes_is_woken_by_what_tells_counties_of_a_channel(
    transactor: Transactor,
) -> None:
    woken: list[Channel] = []
    transactor.after_telling(woken.append)
    await tell(transactor, issue())
    assert woken == [Channel.LIVE]
    await tell(transactor, issue())
    await tell(transactor, issue(2, counties=()))
    assert woken == [Channel.LIVE]


async def test_the_same_solution_again_changes_nothing(
    transactor: Transactor, database: Database
) -> None:
    await tell(transactor, issue())
    again = await tell(transactor, issue())
    assert again == Issued("eq-1-w", 1, "eq-1", False, 1)
    assert await count(database, tables.versions) == 1
    assert len(await emitted(database)) == 1


async def test_a_known_pick_finds_the_earthquake_that_there_is(
    transactor: Transactor, database: Database
) -> None:
    await tell(transactor, issue())
    other = issue(2, earthquake_id="eq-other", picks=(PickKey("bs-2", 2**63 + 2), PickKey("x", 1)))
    issued = await tell(transactor, other, now=NOW + SECOND)
    assert issued == Issued("eq-1-w", 2, "eq-1", True, 2)
    assert await count(database, tables.earthquakes) == 1
    assert await count(database, tables.warnings) == 1
    # A replay of what was before, under yet another name, is late.
    late = await tell(transactor, issue(1, earthquake_id="eq-third"))
    assert late == Issued("eq-1-w", 2, "eq-1", False, 2)


async def test_updates_are_taken_in_order(transactor: Transactor, database: Database) -> None:
    for number in (1, 3, 2, 3, 4):
        await tell(transactor, issue(number), now=NOW + number * SECOND)
    _, solutions = await transactor.read(reading.get_earthquake, "eq-1")
    assert len(solutions) == 3
    assert (await get(transactor)).version == 3
    assert {each.version for each in (await notices(database)).values()} == {3}


async def test_an_earthquake_is_shown_with_its_history(transactor: Transactor) -> None:
    await tell(transactor, issue(1))
    await tell(transactor, issue(2), now=NOW + SECOND)
    found = await transactor.read(reading.get_earthquake, "eq-1")
    shown = encoding.earthquake_to(*found, counties=True)
    assert (shown.name, shown.warning) == ("earthquakes/eq-1", "warnings/eq-1-w")
    assert [each.number for each in shown.history] == [1, 2]
    assert shown.solution.number == 2
    assert shown.update_time.ToDatetime(NOW.tzinfo) == NOW + SECOND


async def test_two_services_draw_no_identifier_twice(database: Database) -> None:
    # Two processes: each queues its own writes only.
    one, other = Transactor(database), Transactor(database)
    said = [
        issue(
            1, earthquake_id=f"eq-{n}", picks=(PickKey(f"bs-{n}", 1),), counties=shaken(("510104",))
        )
        for n in range(6)
    ]
    await asyncio.gather(*(tell((one, other)[n % 2], each) for n, each in enumerate(said)))
    query = sa.select(tables.versions.c.cap_identifier)
    found = await database.transact(lambda c: list(c.execute(query).scalars()))
    assert len(set(found)) == len(found) == 6


async def test_a_county_that_is_no_longer_in_is_told_so(
    transactor: Transactor, database: Database
) -> None:
    await tell(transactor, issue())
    await tell(transactor, issue(2, counties=shaken(("510104",))), now=NOW + SECOND)
    told = await notices(database)
    assert told["510104"].notice_type == notice_pb2.NOTICE_TYPE_UPDATE
    for code in ("510105", "510182"):
        assert told[code].notice_type == notice_pb2.NOTICE_TYPE_CANCEL
        assert told[code].version == 2


async def test_an_exercise_with_the_same_picks_is_another_earthquake(
    transactor: Transactor, database: Database
) -> None:
    await tell(transactor, issue())
    drill = issue(1, earthquake_id="eq-drill", channel=Channel.DRILL)
    assert (await tell(transactor, drill)).earthquake_id == "eq-drill"
    query = sa.select(tables.bulletins.c.channel).distinct()
    channels = await database.transact(lambda c: set(c.execute(query).scalars()))
    assert channels == {"live", "drill"}


async def test_what_is_too_weak_is_recorded_and_told_when_it_has_grown(
    transactor: Transactor, database: Database
) -> None:
    weak = issue(1, counties=())
    assert await tell(transactor, weak) == Issued("", 0, "eq-1", False, 1)
    assert await emitted(database) == []
    grown = await tell(transactor, issue(2), now=NOW + SECOND)
    assert grown == Issued("eq-1-w", 1, "eq-1", True, 2)


async def test_a_false_event_is_taken_back_once_and_never_told_again(
    transactor: Transactor, database: Database
) -> None:
    await tell(transactor, issue())
    cancel = automatic.cancel_automatic
    now = NOW + 10 * SECOND
    first = await transactor.write(cancel, desk(), "eq-1", "STATIONS_SILENT", now=now)
    assert (first.changed, first.version) == (True, 2)
    again = await transactor.write(cancel, desk(), "eq-1", "STATIONS_SILENT", now=now)
    assert not again.changed
    told = await notices(database)
    assert {each.notice_type for each in told.values()} == {notice_pb2.NOTICE_TYPE_CANCEL}
    late = await tell(transactor, issue(5), now=now)
    assert not late.changed
    kinds = [kind for kind, _, _ in await emitted(database)]
    assert kinds == ["warning-issued", "warning-cancelled"]
    unknown = await transactor.write(cancel, desk(), "eq-none", "x", now=now)
    assert not unknown.changed


async def test_an_earthquake_that_is_over_stands(transactor: Transactor) -> None:
    await tell(transactor, issue())
    finish = automatic.finish_earthquake
    assert await transactor.write(finish, "eq-1", now=NOW)
    assert not await transactor.write(finish, "eq-1", now=NOW)
    assert not (await tell(transactor, issue(2))).changed
    ((found, more),) = [
        await transactor.read(
            reading.list_earthquakes, EarthquakeFilter(min_magnitude=6.0), None, 10
        )
    ]
    assert [each.state for each in found] == [EarthquakeState.FINAL]
    assert not more


async def test_people_confirm_or_reject_what_a_rule_let_out(
    transactor: Transactor, database: Database
) -> None:
    await tell(transactor, issue())
    confirm = drafting.confirm
    found, steps = await transactor.write(
        confirm, desk(), "eq-1-w", Verdict.APPROVE, DRAFTER, "", now=NOW
    )
    assert (found.state, found.reviewer) == (State.PUBLISHED, DRAFTER.subject)
    assert steps[-1].comment == "confirmed"
    found, _ = await transactor.write(
        confirm, desk(), "eq-1-w", Verdict.REJECT, DRAFTER, "a blast", now=NOW + SECOND
    )
    assert found.state is State.CANCELLED
    told = await notices(database)
    assert {each.notice_type for each in told.values()} == {notice_pb2.NOTICE_TYPE_CANCEL}
    assert not (await tell(transactor, issue(2), now=NOW + 2 * SECOND)).changed


async def test_what_is_over_is_never_told_again(transactor: Transactor, database: Database) -> None:
    await tell(transactor, issue())
    after = NOW + timedelta(minutes=3)
    # Before the timer, and after it.
    assert not (await tell(transactor, issue(2), now=after)).changed
    await transactor.write(timing.expire_due, now=after)
    assert not (await tell(transactor, issue(3), now=after)).changed
    assert await notices(database) == {}


async def test_an_automatic_warning_is_not_changed_by_hand(transactor: Transactor) -> None:
    await tell(transactor, issue())
    with pytest.raises(Refusal) as caught:
        await transactor.write(
            drafting.update,
            desk(),
            "eq-1-w",
            "",
            lambda content: content,
            DRAFTER,
            drafting.Request(),
            encoded,
            now=NOW,
        )
    assert caught.value.reason == "ROUTE_AUTOMATIC"


async def test_all_counties_are_told_fast(
    transactor: Transactor, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = targeting().counties.codes
    counties = shaken(codes)
    await tell(transactor, issue(1, counties=counties))
    taken = []
    for number in range(2, 22):
        said = issue(number, counties=counties)
        began = time.perf_counter()
        await tell(transactor, said, now=NOW + number * SECOND)
        taken.append((time.perf_counter() - began) * 1e3)
    taken.sort()
    with capsys.disabled():
        print(f"\n{len(codes)} counties: median {taken[10]:.1f} ms, slowest {taken[-1]:.1f} ms")
    assert len(await notices(database)) == len(codes)


async def test_a_rehearsal_leaves_nothing_behind(
    transactor: Transactor, database: Database
) -> None:
    counties = [(each.code, each.name_zh) for each in targeting().counties]
    woken: list[int] = []
    transactor.after_write(lambda: woken.append(1))
    await transactor.rehearse(rehearsal.rehearse, desk(), counties, now=NOW)

    everything = [tables.warnings, tables.versions, tables.bulletins, tables.county_notices]
    everything += [tables.earthquakes, tables.solutions, tables.changes, tables.calls]
    assert [await count(database, table) for table in everything] == [0] * len(everything)
    assert await emitted(database) == []
    assert woken == []
