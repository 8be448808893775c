"""The route that was approved beforehand: earthquakes go out by a rule, and are reviewed after.

A pick belongs to one earthquake, by a key of the database. So whoever comes with a pick that is
known, after a crash or with features played again, finds the earthquake that there is: there is no
second warning of one event. Solutions are numbered, and one that is not later than the last is
ignored, so that versions go out in order.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from services.disaster_warning.model import lifecycle
from services.disaster_warning.model.warning import (
    EARTHQUAKE_EVENT,
    Area,
    AutomaticIssue,
    Certainty,
    Content,
    CountyTarget,
    Earthquake,
    EarthquakeState,
    HazardWarning,
    Issued,
    NoticeType,
    Route,
    State,
    Step,
)
from services.disaster_warning.ports import Desk, Transaction
from services.disaster_warning.usecases import encoding
from services.disaster_warning.usecases.drafting import taken_back
from services.disaster_warning.usecases.release import NoticeOf, Release, release
from tianfu import subjects
from tianfu.disaster_warning.v1 import earthquake_pb2, notice_pb2, warning_pb2

ACTOR: Final = "earthquake-early-warning"
"""Who acts in the steps of automatic warnings; the rules' versions stand in the warning."""


def issue_automatic(tx: Transaction, desk: Desk, issue: AutomaticIssue, *, now: datetime) -> Issued:
    """Record a solution and warn by it: the first version of a warning, or its next one.

    Nothing is published when the issue names no county, when its number is not greater than the
    last, when the earthquake is over or was false, or when the warning has ended.
    """
    known = _known(tx, issue)
    if known is None:
        return _first(tx, desk, issue, now)
    if issue.number <= known.number or known.state is not EarthquakeState.ONGOING:
        return _unchanged(tx, known)
    warning = tx.warning(known.warning_id) if known.warning_id else None
    if warning is None and issue.counties:
        warning = _published(tx, desk, issue, known.earthquake_id, now)
        issue = _made(issue, warning.version)
        _record(tx, _next(known, issue, warning.warning_id, now), issue, now)
        return Issued(warning.warning_id, warning.version, known.earthquake_id, True, issue.number)
    changed = warning is not None and bool(issue.counties) and _holds(warning, now)
    if warning is not None and changed:
        warning = _updated(tx, desk, issue, warning, now)
        issue = _made(issue, warning.version)
    _record(tx, _next(known, issue, known.warning_id, now), issue, now)
    version = 0 if warning is None else warning.version
    return Issued(known.warning_id, version, known.earthquake_id, changed, issue.number)


def update_automatic(
    tx: Transaction, desk: Desk, issue: AutomaticIssue, *, now: datetime
) -> Issued:
    """Do as ``issue_automatic``: which of the two it is, the store knows and not the caller."""
    return issue_automatic(tx, desk, issue, now=now)


def record_solution(tx: Transaction, desk: Desk, issue: AutomaticIssue, *, now: datetime) -> Issued:
    """Record a solution and its picks, and warn nobody by it, whatever counties it names."""
    return issue_automatic(tx, desk, replace(issue, counties=()), now=now)


def cancel_automatic(
    tx: Transaction, desk: Desk, earthquake_id: str, reason: str, *, now: datetime
) -> Issued:
    """Take back what was no earthquake: its warning, if it holds.

    Again, or of one that was never recorded, it changes nothing.
    """
    known = tx.earthquake(earthquake_id)
    if known is None:
        return Issued("", 0, earthquake_id, False)
    if known.state is EarthquakeState.FALSE:
        return _unchanged(tx, known)
    tx.put_earthquake(replace(known, state=EarthquakeState.FALSE, update_time=now))
    before = tx.warning(known.warning_id) if known.warning_id else None
    if before is None or before.state is not State.PUBLISHED:
        return _unchanged(tx, known)
    after, step = lifecycle.cancel_automatically(before, ACTOR, reason, now=now)
    warning = taken_back(tx, desk, before, after, step, now=now)
    return Issued(warning.warning_id, warning.version, earthquake_id, True, known.number)


def finish_earthquake(tx: Transaction, earthquake_id: str, *, now: datetime) -> bool:
    """Let the last solution stand; False when it did, or was false, or there is no such one."""
    known = tx.earthquake(earthquake_id)
    if known is None or known.state is not EarthquakeState.ONGOING:
        return False
    tx.put_earthquake(replace(known, state=EarthquakeState.FINAL, update_time=now))
    return True


def warning_id_of(earthquake_id: str) -> str:
    """Return the id of an earthquake's warning: derived, so that a retry makes the same."""
    return subjects.token(f"{earthquake_id[:61]}-w")


def _known(tx: Transaction, issue: AutomaticIssue) -> Earthquake | None:
    return tx.earthquake_of(issue.channel, issue.picks, issue.earthquake_id)


def _first(tx: Transaction, desk: Desk, issue: AutomaticIssue, now: datetime) -> Issued:
    warning = _published(tx, desk, issue, issue.earthquake_id, now) if issue.counties else None
    warning_id = "" if warning is None else warning.warning_id
    issue = issue if warning is None else _made(issue, warning.version)
    earthquake = Earthquake(
        earthquake_id=issue.earthquake_id,
        channel=issue.channel,
        state=EarthquakeState.ONGOING,
        number=issue.number,
        solution=issue.solution,
        origin_time=issue.source.origin_time,
        magnitude=issue.source.magnitude,
        create_time=now,
        update_time=now,
        warning_id=warning_id,
    )
    _record(tx, earthquake, issue, now)
    version = 0 if warning is None else warning.version
    return Issued(warning_id, version, issue.earthquake_id, warning is not None, issue.number)


def _made(issue: AutomaticIssue, version: int) -> AutomaticIssue:
    """Note in the solution which version of the warning it made: messages merge by being joined."""
    note = earthquake_pb2.Solution(warning_version=version).SerializeToString()
    return replace(issue, solution=issue.solution + note)


def _next(known: Earthquake, issue: AutomaticIssue, warning_id: str, now: datetime) -> Earthquake:
    return replace(
        known,
        number=issue.number,
        solution=issue.solution,
        origin_time=issue.source.origin_time,
        magnitude=issue.source.magnitude,
        update_time=now,
        warning_id=warning_id,
    )


def _record(tx: Transaction, earthquake: Earthquake, issue: AutomaticIssue, now: datetime) -> None:
    tx.put_earthquake(earthquake)
    tx.add_solution(earthquake.earthquake_id, issue.number, issue.solution, now)
    if issue.picks:
        tx.add_picks(issue.channel, issue.picks, earthquake.earthquake_id)


def _unchanged(tx: Transaction, known: Earthquake) -> Issued:
    warning = tx.warning(known.warning_id) if known.warning_id else None
    version = 0 if warning is None else warning.version
    return Issued(known.warning_id, version, known.earthquake_id, False, known.number)


def _holds(warning: HazardWarning, now: datetime) -> bool:
    return (
        warning.state is State.PUBLISHED
        and warning.holds_until is not None
        and warning.holds_until > now
    )


def _published(
    tx: Transaction, desk: Desk, issue: AutomaticIssue, earthquake_id: str, now: datetime
) -> HazardWarning:
    content = _content(desk, issue, now)
    before = HazardWarning(
        warning_id=warning_id_of(earthquake_id),
        channel=issue.channel,
        event_code=EARTHQUAKE_EVENT,
        state=State.DRAFT,
        content=content,
        create_time=now,
        update_time=now,
        revision=0,
        drafter=ACTOR,
        earthquake_id=earthquake_id,
    )
    after = replace(
        before,
        state=State.PUBLISHED,
        route=Route.AUTOMATIC,
        version=1,
        revision=1,
        publish_time=now,
        holds_until=issue.expire_time,
    )
    after = _whom(after, issue)
    step = Step(State.DRAFT, State.PUBLISHED, ACTOR, now, "issued by rule", 1)
    out = Release(
        before,
        after,
        step,
        NoticeType.ALERT,
        issue.expire_time,
        _shaking(desk, issue, NoticeType.ALERT),
        encoding.shaking_to(issue.source, issue.counties),
    )
    return release(tx, desk, out, now=now)


def _updated(
    tx: Transaction, desk: Desk, issue: AutomaticIssue, before: HazardWarning, now: datetime
) -> HazardWarning:
    after, step = lifecycle.update_automatically(before, _content(desk, issue, now), ACTOR, now=now)
    after = _whom(after, issue)
    out = Release(
        before,
        after,
        step,
        NoticeType.UPDATE,
        issue.expire_time,
        _shaking(desk, issue, NoticeType.UPDATE),
        encoding.shaking_to(issue.source, issue.counties),
    )
    return release(tx, desk, out, now=now)


def _content(desk: Desk, issue: AutomaticIssue, now: datetime) -> Content:
    return Content(
        colour=max(each.colour for each in issue.counties),
        area=Area(place_codes=tuple(each.place_code for each in issue.counties)),
        expire_time=issue.expire_time,
        texts=desk.wording.earthquake_texts(issue.channel, issue.source, issue.counties, now),
        onset_time=issue.source.origin_time,
        certainty=Certainty.OBSERVED,
    )


def _whom(warning: HazardWarning, issue: AutomaticIssue) -> HazardWarning:
    return replace(
        warning,
        counties=tuple(
            CountyTarget(each.place_code, each.display_name, 1.0, each.colour, each.population)
            for each in issue.counties
        ),
        population=sum(each.population for each in issue.counties),
        rule_versions=issue.rule_versions,
    )


def _shaking(desk: Desk, issue: AutomaticIssue, kind: NoticeType) -> NoticeOf:
    """Return what makes a county's notice of an earthquake.

    What all counties are told alike is made once, and joined with what each one is told: messages
    merge by being joined. There are hundreds of counties, and each second counts.
    """
    of_county = {each.place_code: each for each in issue.counties}
    alike: list[bytes] = []

    def notice(warning: HazardWarning, county: CountyTarget, now: datetime) -> bytes:
        if not alike:
            alike.append(_alike(issue, warning, kind, now))
        shaking = of_county[county.place_code]
        own = notice_pb2.Notice(
            colour=warning_pb2.Colour.ValueType(shaking.colour),
            earthquake=notice_pb2.EarthquakeNotice(
                intensity=shaking.intensity,
                s_arrival_time_us=encoding.microseconds(shaking.s_arrival_time),
                distance_km=shaking.distance_km,
            ),
        )
        texts = desk.wording.shaking_texts(issue.channel, issue.source, shaking, kind, now)
        encoding.put_texts(own, texts)
        return alike[0] + bytes(own.SerializeToString())

    return notice


def _alike(issue: AutomaticIssue, warning: HazardWarning, kind: NoticeType, now: datetime) -> bytes:
    message = encoding.notice_to(
        warning, kind, warning.content.colour, (), send_time=now, expire_time=issue.expire_time
    )
    source = issue.source
    message.earthquake.CopyFrom(
        notice_pb2.EarthquakeNotice(
            earthquake=warning.earthquake_id,
            origin_time_us=encoding.microseconds(source.origin_time),
            latitude=source.latitude,
            longitude=source.longitude,
            depth_km=source.depth_km,
            magnitude=source.magnitude,
        )
    )
    return bytes(message.SerializeToString())
