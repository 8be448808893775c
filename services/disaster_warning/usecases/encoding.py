"""Warnings between values and the contract's messages; stored bodies are such messages too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from services.disaster_warning.model.warning import (
    Area,
    Certainty,
    Channel,
    Circle,
    Colour,
    Content,
    CountyShaking,
    CountyTarget,
    CountyText,
    Earthquake,
    HazardWarning,
    NoticeType,
    Point,
    Route,
    Source,
    State,
    Step,
    Text,
)
from tianfu.disaster_warning.v1 import earthquake_pb2, events_pb2, notice_pb2, warning_pb2

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

CHANNEL_NUMBERS: Final = {
    Channel.LIVE: warning_pb2.WARNING_CHANNEL_LIVE,
    Channel.DRILL: warning_pb2.WARNING_CHANNEL_DRILL,
}
CHANNELS: Final = {int(number): channel for channel, number in CHANNEL_NUMBERS.items()}


def microseconds(time: datetime | None) -> int:
    """Return Unix microseconds, 0 for None."""
    return 0 if time is None else (time - EPOCH) // MICROSECOND


class Timestamp(Protocol):
    """A protobuf Timestamp."""

    seconds: int
    nanos: int


def put_time(timestamp: Timestamp, time: datetime) -> None:
    """Set a timestamp, as FromDatetime does in five times as long: each county has several."""
    timestamp.seconds, left = divmod((time - EPOCH) // MICROSECOND, 1_000_000)
    timestamp.nanos = left * 1000


def from_microseconds(count: int) -> datetime:
    """Return the time of Unix microseconds; raise OverflowError for one outside the calendar."""
    return EPOCH + timedelta(microseconds=count)


# -- from the contract ----------------------------------------------------------------------------


def area_from(message: warning_pb2.Area) -> Area:
    """Return an area."""
    return Area(
        description=message.description,
        polygons=tuple(
            tuple(Point(each.latitude, each.longitude) for each in polygon.points)
            for polygon in message.polygons
        ),
        circles=tuple(
            Circle(Point(each.centre.latitude, each.centre.longitude), each.radius_km)
            for each in message.circles
        ),
        place_codes=tuple(message.place_codes),
    )


def content_from(message: warning_pb2.Warning) -> Content:
    """Return what a drafter has written."""
    return Content(
        colour=Colour(message.colour),
        area=area_from(message.area),
        expire_time=_utc(message.expire_time.ToDatetime(UTC)),
        texts=tuple(
            Text(each.language, each.headline, each.description, each.instruction)
            for each in message.texts
        ),
        effective_time=_time(message, "effective_time"),
        onset_time=_time(message, "onset_time"),
        certainty=Certainty(message.certainty),
    )


def warning_from(
    message: warning_pb2.Warning, *, holds_until: datetime | None = None
) -> HazardWarning:
    """Return a warning from its stored body, of which ``holds_until`` is not part."""
    return HazardWarning(
        holds_until=holds_until,
        warning_id=message.name.removeprefix("warnings/"),
        channel=CHANNELS[message.channel],
        event_code=message.event_code,
        state=State(message.state),
        content=content_from(message),
        create_time=_utc(message.create_time.ToDatetime(UTC)),
        update_time=_utc(message.update_time.ToDatetime(UTC)),
        counties=tuple(
            CountyTarget(
                each.place_code,
                each.display_name,
                each.share,
                Colour(each.colour),
                each.population,
            )
            for each in message.counties
        ),
        population=message.population,
        version=message.version,
        drafter=message.drafter,
        reviewer=message.reviewer,
        signer=message.signer,
        route=Route(message.route),
        earthquake_id=message.earthquake.removeprefix("earthquakes/"),
        cap_identifier=message.cap_identifier,
        rule_versions=tuple(message.rule_versions),
        state_reason=message.state_reason,
        publish_time=_time(message, "publish_time"),
        revision=int(message.etag.strip('"') or 1),
    )


def _time(message: warning_pb2.Warning, field: str) -> datetime | None:
    if not message.HasField(field):
        return None
    return _utc(getattr(message, field).ToDatetime(UTC))


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


# -- to the contract ------------------------------------------------------------------------------


def warning_to(warning: HazardWarning, steps: Sequence[Step] = ()) -> warning_pb2.Warning:
    """Return a warning as the contract has it."""
    content = warning.content
    message = warning_pb2.Warning(
        name=f"warnings/{warning.warning_id}",
        state=warning_pb2.WarningState.ValueType(warning.state),
        channel=CHANNEL_NUMBERS[warning.channel],
        event_code=warning.event_code,
        colour=warning_pb2.Colour.ValueType(content.colour),
        area=area_to(content.area),
        texts=[
            warning_pb2.WarningText(
                language=each.language,
                headline=each.headline,
                description=each.description,
                instruction=each.instruction,
            )
            for each in content.texts
        ],
        certainty=warning_pb2.Certainty.ValueType(content.certainty),
        counties=counties_to(warning.counties),
        population=warning.population,
        version=warning.version,
        drafter=warning.drafter,
        reviewer=warning.reviewer,
        signer=warning.signer,
        route=warning_pb2.IssueRoute.ValueType(warning.route),
        earthquake=f"earthquakes/{warning.earthquake_id}" if warning.earthquake_id else "",
        cap_identifier=warning.cap_identifier,
        rule_versions=warning.rule_versions,
        state_reason=warning.state_reason,
        etag=warning.etag,
        steps=[step_to(each) for each in steps],
    )
    message.create_time.FromDatetime(warning.create_time)
    message.update_time.FromDatetime(warning.update_time)
    message.expire_time.FromDatetime(content.expire_time)
    if content.effective_time is not None:
        message.effective_time.FromDatetime(content.effective_time)
    if content.onset_time is not None:
        message.onset_time.FromDatetime(content.onset_time)
    if warning.publish_time is not None:
        message.publish_time.FromDatetime(warning.publish_time)
    return message


def area_to(area: Area) -> warning_pb2.Area:
    """Return an area as the contract has it."""
    return warning_pb2.Area(
        description=area.description,
        polygons=[
            warning_pb2.Polygon(points=[_point(each) for each in ring]) for ring in area.polygons
        ],
        circles=[
            warning_pb2.Circle(centre=_point(each.centre), radius_km=each.radius_km)
            for each in area.circles
        ],
        place_codes=area.place_codes,
    )


def counties_to(counties: Iterable[CountyTarget]) -> list[warning_pb2.CountyTarget]:
    """Return counties as the contract has them."""
    return [
        warning_pb2.CountyTarget(
            place_code=each.place_code,
            display_name=each.display_name,
            share=each.share,
            colour=warning_pb2.Colour.ValueType(each.colour),
            population=each.population,
        )
        for each in counties
    ]


def shaking_to(source: Source, counties: Iterable[CountyShaking]) -> events_pb2.EarthquakeFacts:
    """Return what other services learn of an earthquake."""
    message = events_pb2.EarthquakeFacts(
        epicentre=warning_pb2.Point(latitude=source.latitude, longitude=source.longitude),
        depth_km=source.depth_km,
        magnitude=source.magnitude,
    )
    message.origin_time.FromDatetime(source.origin_time)
    for each in counties:
        county = message.counties.add(
            place_code=each.place_code,
            intensity=each.intensity,
            distance_km=each.distance_km,
        )
        put_time(county.s_arrival_time, each.s_arrival_time)
    return message


def step_to(step: Step) -> warning_pb2.WarningStep:
    """Return a step as the contract has it."""
    message = warning_pb2.WarningStep(
        from_state=warning_pb2.WarningState.ValueType(step.from_state),
        to_state=warning_pb2.WarningState.ValueType(step.to_state),
        actor=step.actor,
        comment=step.comment,
        version=step.version,
    )
    message.step_time.FromDatetime(step.step_time)
    return message


def notice_to(
    warning: HazardWarning,
    kind: NoticeType,
    colour: Colour,
    texts: Iterable[CountyText],
    *,
    send_time: datetime,
    expire_time: datetime,
) -> notice_pb2.Notice:
    """Return what one county is told of a warning's version."""
    message = notice_pb2.Notice(
        warning=warning.warning_id,
        version=warning.version,
        notice_type=notice_pb2.NoticeType.ValueType(kind),
        channel=CHANNEL_NUMBERS[warning.channel],
        event_code=warning.event_code,
        colour=warning_pb2.Colour.ValueType(colour),
        send_time_us=microseconds(send_time),
        onset_time_us=microseconds(warning.content.onset_time),
        expire_time_us=microseconds(expire_time),
        cap_identifier=warning.cap_identifier,
    )
    put_texts(message, texts)
    return message


def put_texts(message: notice_pb2.Notice, texts: Iterable[CountyText]) -> None:
    """Add what a county is told to its notice."""
    for each in texts:
        message.texts.add(
            language=each.language,
            headline=each.headline,
            description=each.description,
            instruction=each.instruction,
            voice=each.voice,
            board=each.board,
        )


def earthquake_to(
    earthquake: Earthquake, solutions: Iterable[bytes] = (), *, counties: bool = False
) -> earthquake_pb2.Earthquake:
    """Return an earthquake as the contract has it, with its history when that is given."""
    message = earthquake_pb2.Earthquake(
        name=f"earthquakes/{earthquake.earthquake_id}",
        channel=CHANNEL_NUMBERS[earthquake.channel],
        state=earthquake_pb2.EarthquakeState.ValueType(earthquake.state),
        warning=f"warnings/{earthquake.warning_id}" if earthquake.warning_id else "",
        history=[earthquake_pb2.Solution.FromString(each) for each in solutions],
    )
    message.solution.MergeFromString(earthquake.solution)
    if not counties:
        message.solution.ClearField("counties")
    message.create_time.FromDatetime(earthquake.create_time)
    message.update_time.FromDatetime(earthquake.update_time)
    return message


def _point(point: Point) -> warning_pb2.Point:
    return warning_pb2.Point(latitude=point.latitude, longitude=point.longitude)
