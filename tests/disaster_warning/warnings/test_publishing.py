"""From draft to bulletins on a real PostgreSQL: what is stored, told, refused, and only once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.disaster_warning.cap.parse import parse
from services.disaster_warning.cap.signature import verify
from services.disaster_warning.cap.trust import TrustStore
from services.disaster_warning.model.warning import (
    Area,
    Channel,
    Circle,
    Colour,
    HazardWarning,
    Person,
    Point,
    Role,
    State,
    Text,
    Verdict,
)
from services.disaster_warning.store import tables
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import drafting, reading, timing
from services.plumbing.postgres import Database
from services.plumbing.refusal import Refusal
from tests.support.drafted_warnings import (
    AUTHORITY,
    DRAFTER,
    NOW,
    REVIEWER,
    SIGNER,
    cap_credentials,
    content,
    create,
    desk,
    draft,
    emitted,
    encoded,
    published,
    signed_off,
)
from tianfu.disaster_warning.v1 import events_pb2, notice_pb2

pytestmark = pytest.mark.integration

LATER = NOW + timedelta(minutes=5)
REQUEST = "11111111-1111-4111-8111-111111111111"


async def rows(database: Database, table: sa.Table) -> list[Any]:
    query = sa.select(table).order_by(*table.primary_key)
    found: list[Any] = await database.transact(lambda c: list(c.execute(query).all()))
    return found


async def notices(database: Database) -> dict[str, notice_pb2.Notice]:
    found = await rows(database, tables.county_notices)
    return {row.county: notice_pb2.Notice.FromString(row.notice) for row in found}


async def get(transactor: Transactor, warning_id: str = "w-1") -> HazardWarning:
    found: HazardWarning = await transactor.read(drafting.get_warning, warning_id)
    return found


async def refused(call: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await call
    return caught.value


async def test_a_draft_has_counties_people_texts_and_the_rules_that_decided(
    transactor: Transactor,
) -> None:
    await create(transactor, draft())
    warning = await get(transactor)
    assert warning.state is State.DRAFT
    assert warning.drafter == DRAFTER.subject
    assert [each.place_code for each in warning.counties] == ["510104", "510105"]
    assert warning.population == sum(each.population for each in warning.counties) > 0
    assert [each.language for each in warning.content.texts] == ["zh-CN", "en-US"]
    assert all(each.instruction for each in warning.content.texts)
    assert {version.partition("/")[0] for version in warning.rule_versions} == {
        "event-codes",
        "warning-validity",
    }


async def test_a_circle_takes_in_counties_by_their_share(transactor: Transactor) -> None:
    area = Area(circles=(Circle(Point(30.65, 104.08), 8.0),))
    await create(transactor, draft(area=area))
    warning = await get(transactor)
    assert len(warning.counties) > 3
    assert all(0 < each.share <= 1 for each in warning.counties)
    assert any(version.startswith("targeting/") for version in warning.rule_versions)


async def test_what_people_wrote_stays_and_the_rest_is_worded(transactor: Transactor) -> None:
    await create(transactor, draft(texts=(Text("zh-CN", "锦江区暴雨"),)))
    chinese, english = (await get(transactor)).content.texts
    assert chinese.headline == "锦江区暴雨"
    assert chinese.instruction
    assert english.headline


async def test_publishing_stores_a_version_and_tells_each_county_once(
    transactor: Transactor, database: Database
) -> None:
    warning = await published(transactor, draft())
    assert warning.state is State.PUBLISHED
    assert warning.version == 1
    (version,) = await rows(database, tables.versions)
    assert version.cap_identifier == warning.cap_identifier == "51000041600000_20260512142800_0"
    told = await notices(database)
    assert sorted(told) == ["510104", "510105"]
    for notice in told.values():
        assert notice.notice_type == notice_pb2.NOTICE_TYPE_ALERT
        assert notice.version == 1
        assert notice.cap_identifier == warning.cap_identifier
        assert [each.language for each in notice.texts] == ["zh-CN", "en-US"]
        assert all(each.voice and each.board for each in notice.texts)
    due = await rows(database, tables.bulletins)
    assert [(row.channel, row.county) for row in due] == [("live", "510104"), ("live", "510105")]
    assert all(row.revision > row.published_revision for row in due)
    ((kind, payload, message_id),) = await emitted(database)
    assert (kind, message_id) == ("warning-issued", "w-1-1-warning-issued")
    facts = events_pb2.WarningIssued.FromString(payload).facts
    assert (facts.warning, facts.version) == ("w-1", 1)
    assert len(facts.counties) == 2


async def test_the_cap_message_is_signed_and_says_what_the_warning_says(
    transactor: Transactor,
) -> None:
    warning = await published(transactor, draft())
    version = await transactor.read(reading.export_cap, "w-1", 0)
    trust = TrustStore.of([cap_credentials(Channel.LIVE).trusted])
    alert = verify(version.cap_xml, trust, at=NOW).alert
    assert alert.status.value == "Actual"
    assert alert.identifier == warning.cap_identifier
    assert {info.language for info in alert.infos} == {"zh-CN", "en-US"}
    assert alert.expires == warning.content.expire_time


async def test_publishing_again_changes_nothing(transactor: Transactor, database: Database) -> None:
    first = await published(transactor, draft())
    before = await rows(database, tables.bulletins)
    again, steps = await transactor.write(
        drafting.publish, desk(), "w-1", "an etag of before", SIGNER, now=LATER
    )
    assert again == first
    assert len(steps) == 4
    assert await rows(database, tables.bulletins) == before
    assert len(await rows(database, tables.versions)) == 1


async def test_an_update_goes_through_all_hands_while_the_first_version_holds(
    transactor: Transactor, database: Database
) -> None:
    await published(transactor, draft())
    area = Area(place_codes=("510105", "510106"))
    await transactor.write(
        drafting.update,
        desk(),
        "w-1",
        "",
        lambda c: replace(c, area=area),
        DRAFTER,
        drafting.Request(),
        encoded,
        now=LATER,
    )
    assert (await get(transactor)).state is State.DRAFT
    assert {each.version for each in (await notices(database)).values()} == {1}
    await signed_off(transactor, "w-1", now=LATER)
    out, _ = await transactor.write(drafting.publish, desk(), "w-1", "", SIGNER, now=LATER)
    assert out.version == 2
    told = await notices(database)
    assert {code: (n.version, n.notice_type) for code, n in told.items()} == {
        "510104": (2, notice_pb2.NOTICE_TYPE_CANCEL),  # no longer in the area: told so
        "510105": (2, notice_pb2.NOTICE_TYPE_UPDATE),
        "510106": (2, notice_pb2.NOTICE_TYPE_UPDATE),
    }
    second = await transactor.read(reading.export_cap, "w-1", 2)
    first = await transactor.read(reading.export_cap, "w-1", 1)
    references = parse(second.cap_xml).references
    assert [each.identifier for each in references] == [first.cap_identifier]
    kinds = [kind for kind, _, _ in await emitted(database)]
    assert kinds == ["warning-issued", "warning-updated"]


async def test_a_cancellation_is_told_to_everybody_who_was_warned(
    transactor: Transactor, database: Database
) -> None:
    await published(transactor, draft())
    warning, steps = await transactor.write(
        drafting.cancel, desk(), "w-1", "", SIGNER, "雨停了", now=LATER
    )
    assert warning.state is State.CANCELLED
    assert warning.state_reason == steps[-1].comment == "雨停了"
    told = await notices(database)
    assert {each.notice_type for each in told.values()} == {notice_pb2.NOTICE_TYPE_CANCEL}
    # Told until the warning would have ended, so that who was away hears it.
    assert {row.expire_time for row in await rows(database, tables.county_notices)} == {
        NOW + timedelta(hours=6)
    }
    kind, payload, _ = (await emitted(database))[-1]
    assert kind == "warning-cancelled"
    assert events_pb2.WarningCancelled.FromString(payload).reason == "雨停了"
    assert parse((await transactor.read(reading.export_cap, "w-1", 2)).cap_xml).note == "雨停了"


async def test_a_draft_that_is_dropped_tells_nobody(
    transactor: Transactor, database: Database
) -> None:
    await create(transactor, draft())
    warning, _ = await transactor.write(
        drafting.cancel, desk(), "w-1", "", SIGNER, "twice", now=LATER
    )
    assert warning.state is State.CANCELLED
    assert warning.version == 0
    assert await emitted(database) == []


async def test_a_cancellation_while_the_next_version_is_drafted_takes_the_first_back(
    transactor: Transactor, database: Database
) -> None:
    await published(transactor, draft())
    area = Area(place_codes=("510106",))
    await transactor.write(
        drafting.update,
        desk(),
        "w-1",
        "",
        lambda c: replace(c, area=area),
        DRAFTER,
        drafting.Request(),
        encoded,
        now=LATER,
    )
    await transactor.write(drafting.cancel, desk(), "w-1", "", SIGNER, "over", now=LATER)
    told = await notices(database)
    assert {told[code].notice_type for code in ("510104", "510105")} == {
        notice_pb2.NOTICE_TYPE_CANCEL
    }


async def test_the_end_comes_by_itself(transactor: Transactor, database: Database) -> None:
    await published(transactor, draft())
    before = {row.county: row.revision for row in await rows(database, tables.bulletins)}
    early = await transactor.write(timing.expire_due, now=NOW + timedelta(hours=5))
    assert early == timing.Ended(0, 0)
    end = NOW + timedelta(hours=6)
    assert await transactor.read(timing.is_due, now=end)
    assert await transactor.write(timing.expire_due, now=end) == timing.Ended(1, 2)
    assert not await transactor.read(timing.is_due, now=end)
    assert (await get(transactor)).state is State.EXPIRED
    assert await notices(database) == {}
    after = {row.county: row.revision for row in await rows(database, tables.bulletins)}
    assert all(after[county] > before[county] for county in before)
    kind, payload, _ = (await emitted(database))[-1]
    assert kind == "warning-expired"
    assert events_pb2.WarningExpired.FromString(payload).facts.warning == "w-1"


async def test_a_draft_whose_end_has_come_ends_in_silence(
    transactor: Transactor, database: Database
) -> None:
    await create(transactor, draft())
    await transactor.write(timing.expire_due, now=NOW + timedelta(hours=7))
    assert (await get(transactor)).state is State.EXPIRED
    assert await emitted(database) == []


async def test_red_goes_out_only_with_the_authority(transactor: Transactor) -> None:
    await create(transactor, draft(colour=Colour.RED))
    await transactor.write(drafting.review, "w-1", "", Verdict.APPROVE, REVIEWER, "", now=NOW)
    sign = drafting.sign
    error = await refused(transactor.write(sign, "w-1", "", Verdict.APPROVE, SIGNER, "", now=NOW))
    assert error.reason == "AUTHORITY_REQUIRED"
    found, _ = await transactor.write(sign, "w-1", "", Verdict.APPROVE, AUTHORITY, "", now=NOW)
    assert found.state is State.SIGNED_OFF


async def test_a_rejection_goes_back_to_the_drafter_with_its_reason(
    transactor: Transactor,
) -> None:
    await create(transactor, draft())
    found, steps = await transactor.write(
        drafting.review, "w-1", "", Verdict.REJECT, REVIEWER, "wrong county", now=NOW
    )
    assert (found.state, found.state_reason) == (State.DRAFT, "wrong county")
    assert steps[-1].comment == "wrong county"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"area": Area()}, "AREA_EMPTY", id="no-area"),
        pytest.param(
            {"area": Area(circles=(Circle(Point(0.0, 0.0), 5.0),))}, "AREA_EMPTY", id="elsewhere"
        ),
        pytest.param(
            {
                "area": Area(
                    polygons=(
                        (
                            Point(30, 104),
                            Point(31, 105),
                            Point(31, 104),
                            Point(30, 105),
                            Point(30, 104),
                        ),
                    )
                )
            },
            "INVALID_AREA",
            id="crosses-itself",
        ),
        pytest.param({"area": Area(place_codes=("110101",))}, "UNKNOWN_PLACE", id="Beijing"),
        pytest.param({"expire_time": NOW}, "EXPIRY_INVALID", id="over-at-once"),
        pytest.param(
            {"effective_time": NOW + timedelta(hours=7)}, "EXPIRY_INVALID", id="begins-after-end"
        ),
        pytest.param(
            {"onset_time": NOW + timedelta(hours=7)}, "EXPIRY_INVALID", id="onset-after-end"
        ),
        pytest.param(
            {"expire_time": NOW + timedelta(hours=24, seconds=1)}, "EXPIRY_TOO_LATE", id="too-long"
        ),
        pytest.param({"event_code": "11Z99"}, "EVENT_CODE_UNKNOWN", id="no-event"),
    ],
)
async def test_a_draft_that_can_not_be_is_refused(
    transactor: Transactor, database: Database, fields: dict[str, Any], reason: str
) -> None:
    assert (await refused(create(transactor, draft(**fields)))).reason == reason
    assert await rows(database, tables.warnings) == []


async def test_an_id_is_given_once(transactor: Transactor) -> None:
    await create(transactor, draft())
    assert (await refused(create(transactor, draft()))).reason == "WARNING_EXISTS"


async def test_a_repeated_request_gets_the_first_answer(transactor: Transactor) -> None:
    request = drafting.Request(REQUEST, b"digest")
    first = await create(transactor, draft(), request)
    assert await create(transactor, draft(), request) == first
    other = drafting.Request(REQUEST, b"another")
    error = await refused(create(transactor, draft("w-2"), other))
    assert error.reason == "REQUEST_ID_REUSED"


async def test_an_etag_of_before_is_refused(transactor: Transactor) -> None:
    await create(transactor, draft())
    etag = (await get(transactor)).etag
    await transactor.write(drafting.review, "w-1", etag, Verdict.APPROVE, REVIEWER, "", now=NOW)
    for call in (
        transactor.write(drafting.sign, "w-1", etag, Verdict.APPROVE, SIGNER, "", now=NOW),
        transactor.write(drafting.cancel, desk(), "w-1", etag, SIGNER, "no", now=NOW),
        transactor.write(drafting.publish, desk(), "w-1", etag, SIGNER, now=NOW),
    ):
        assert (await refused(call)).reason == "ETAG_MISMATCH"


async def test_exercises_are_told_on_their_own_channel_under_their_own_key(
    transactor: Transactor, database: Database
) -> None:
    await published(transactor, draft(channel=Channel.DRILL))
    assert {row.channel for row in await rows(database, tables.bulletins)} == {"drill"}
    version = await transactor.read(reading.export_cap, "w-1", 1)
    drill = TrustStore.of([cap_credentials(Channel.DRILL).trusted])
    alert = verify(version.cap_xml, drill, at=NOW).alert
    assert alert.status.value == "Exercise"
    assert all((info.headline or "").startswith(("演练", "EXERCISE")) for info in alert.infos)
    with pytest.raises(Refusal):
        verify(version.cap_xml, TrustStore.of([cap_credentials(Channel.LIVE).trusted]), at=NOW)


async def test_messages_of_one_second_have_identifiers_of_their_own(
    transactor: Transactor, database: Database
) -> None:
    for number in range(12):
        await published(transactor, draft(f"w-{number}"))
    found = [row.cap_identifier for row in await rows(database, tables.versions)]
    assert len(set(found)) == 12


async def test_a_message_that_breaks_the_rules_does_not_go_out(
    transactor: Transactor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is refused at the door would be refused at the press, too.
    monkeypatch.setattr(drafting, "check_characters", lambda _: None)
    control = "\x01"
    await create(transactor, draft(texts=(Text("en-US", f"Rain{control}"),)))
    await signed_off(transactor, "w-1")
    error = await refused(transactor.write(drafting.publish, desk(), "w-1", "", SIGNER, now=NOW))
    assert error.reason == "CAP_UNWRITABLE"
    assert (await get(transactor)).state is State.SIGNED_OFF
    assert await rows(database, tables.versions) == []


async def test_who_is_not_let_in_is_told_so(transactor: Transactor) -> None:
    nobody = Person("user:viewer", frozenset({4}))
    await create(transactor, draft())
    error = await refused(
        transactor.write(drafting.review, "w-1", "", Verdict.APPROVE, nobody, "", now=NOW)
    )
    assert error.reason == "ROLE_MISSING"
    assert Role.WARNING_SIGNER not in nobody.roles


def moved(by: timedelta) -> datetime:
    return NOW + by


async def test_an_update_may_not_outlast_the_rule(transactor: Transactor) -> None:
    await published(transactor, draft())
    late = content(expire_time=moved(timedelta(hours=30)))
    error = await refused(
        transactor.write(
            drafting.update,
            desk(),
            "w-1",
            "",
            lambda _: late,
            DRAFTER,
            drafting.Request(),
            encoded,
            now=LATER,
        )
    )
    assert error.reason == "EXPIRY_TOO_LATE"
