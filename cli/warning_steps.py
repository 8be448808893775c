"""``tianfu warnings``: the steps of a warning, each by a person: draft, review, sign, publish."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from google.protobuf import json_format

from cli import output
from cli.connection import platform
from cli.failures import Exit, Failure
from cli.names import duration_of, resource_name, words
from cli.output import Format
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as messages
from tianfu.disaster_warning.v1 import warning_pb2

DRAFTER: Final = "duty-officer"
SIGNER: Final = "warning-signer"
COLOURS: Final = ("blue", "yellow", "orange", "red")
CHANNELS: Final = ("live", "drill")
LANGUAGES: Final = ("zh-CN", "en-US")

NameArgument = Annotated[str, typer.Argument(help="The warning's name.")]
CommentOption = Annotated[str, typer.Option("--comment", help="What was said.")]
EtagOption = Annotated[str, typer.Option(help="Refuse when the warning has changed since.")]
VerdictOption = Annotated[
    bool | None, typer.Option("--approve/--reject", help="What was found.", show_default=False)
]


def create(
    channel: Annotated[str, typer.Option(help="live or drill; it never changes.")] = "",
    event: Annotated[str, typer.Option(help="Event code of GB/T 35561, such as 11B03.")] = "",
    colour: Annotated[str, typer.Option(help="blue, yellow, orange or red.")] = "",
    place: Annotated[
        list[str] | None, typer.Option(help="GB/T 2260 code of 2, 4 or 6 digits; repeatable.")
    ] = None,
    circle: Annotated[
        list[str] | None, typer.Option(help="LATITUDE,LONGITUDE,KM; repeatable.")
    ] = None,
    polygon: Annotated[
        list[str] | None, typer.Option(help='"LAT,LON LAT,LON …", closed; repeatable.')
    ] = None,
    area: Annotated[str, typer.Option(help="The area in words.")] = "",
    expires: Annotated[str, typer.Option(help="How long from now it holds: 90m, 6h.")] = "",
    headline: Annotated[
        list[str] | None,
        typer.Option(help="zh-CN=TEXT or en-US=TEXT; left out, the event's template speaks."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--from", help="A Warning as JSON; options add to it.")
    ] = None,
    warning_id: Annotated[str, typer.Option("--id", help="Its name; one is made otherwise.")] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = DRAFTER,
    person: output.PersonOption = "",
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Draft a warning. It goes out only when two other people have reviewed and signed it."""
    draft = warning_pb2.Warning() if file is None else draft_of(file)
    if channel:
        draft.channel = chosen(warning_pb2.WarningChannel, "WARNING_CHANNEL_", channel, CHANNELS)
    if colour:
        draft.colour = chosen(warning_pb2.Colour, "COLOUR_", colour, COLOURS)
    draft.event_code = event or draft.event_code
    draft.area.description = area or draft.area.description
    draft.area.place_codes.extend(place or ())
    draft.area.circles.extend(circle_of(text) for text in circle or ())
    draft.area.polygons.extend(polygon_of(text) for text in polygon or ())
    draft.texts.extend(text_of(text) for text in headline or ())
    if expires:
        draft.expire_time.FromDatetime(datetime.now(UTC) + duration_of(expires))
    request = messages.CreateWarningRequest(
        warning=draft, warning_id=warning_id, request_id=str(uuid.uuid4())
    )
    with platform(data, role, person) as services:
        made = services.call(services.warnings.CreateWarning, request)
    show(made, output_format)


def update(
    name: NameArgument,
    colour: Annotated[str, typer.Option(help="blue, yellow, orange or red.")] = "",
    place: Annotated[
        list[str] | None, typer.Option(help="GB/T 2260 code; those given replace the area.")
    ] = None,
    circle: Annotated[
        list[str] | None, typer.Option(help="LATITUDE,LONGITUDE,KM; replaces the area.")
    ] = None,
    polygon: Annotated[
        list[str] | None, typer.Option(help='"LAT,LON LAT,LON …"; replaces the area.')
    ] = None,
    area: Annotated[str, typer.Option(help="The area in words; replaces the area.")] = "",
    expires: Annotated[str, typer.Option(help="How long from now it holds: 90m, 6h.")] = "",
    headline: Annotated[
        list[str] | None,
        typer.Option(help="zh-CN=TEXT or en-US=TEXT; those given replace all texts."),
    ] = None,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = DRAFTER,
    person: output.PersonOption = "",
    etag: EtagOption = "",
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Change a draft, or draft the next version of what is out: it is reviewed and signed anew.

    What is not given stays as it is.
    """
    changed = warning_pb2.Warning()
    paths = []
    if colour:
        changed.colour = chosen(warning_pb2.Colour, "COLOUR_", colour, COLOURS)
        paths.append("colour")
    if area or place or circle or polygon:
        changed.area.description = area
        changed.area.place_codes.extend(place or ())
        changed.area.circles.extend(circle_of(text) for text in circle or ())
        changed.area.polygons.extend(polygon_of(text) for text in polygon or ())
        paths.append("area")
    if headline:
        changed.texts.extend(text_of(text) for text in headline)
        paths.append("texts")
    if expires:
        changed.expire_time.FromDatetime(datetime.now(UTC) + duration_of(expires))
        paths.append("expire_time")
    if not paths:
        raise Failure(
            "USAGE",
            "nothing to change",
            "say --colour, --place, --circle, --polygon, --area, --headline or --expires",
            status=Exit.USAGE,
        )
    with platform(data, role, person) as services:
        asked = messages.GetWarningRequest(name=resource_name("warnings", name))
        # The whole warning is sent, as the contract checks it, and the mask says what counts.
        whole = services.call(services.warnings.GetWarning, asked)
        for path in paths:
            whole.ClearField(path)
        whole.MergeFrom(changed)
        whole.etag = etag or whole.etag
        request = messages.UpdateWarningRequest(warning=whole, request_id=str(uuid.uuid4()))
        request.update_mask.paths.extend(paths)
        show(services.call(services.warnings.UpdateWarning, request), output_format)


def review(
    name: NameArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = DRAFTER,
    person: output.PersonOption = "",
    comment: CommentOption = "",
    etag: EtagOption = "",
    output_format: output.FormatOption = Format.TABLE,
    *,
    approve: VerdictOption = None,
) -> None:
    """Find a draft right, or send it back. The reviewer is not the drafter."""
    request = messages.ReviewWarningRequest(
        name=resource_name("warnings", name),
        verdict=verdict(approve),
        comment=comment,
        etag=etag,
    )
    with platform(data, role, person) as services:
        show(services.call(services.warnings.ReviewWarning, request), output_format)


def sign(
    name: NameArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = SIGNER,
    person: output.PersonOption = "",
    comment: CommentOption = "",
    etag: EtagOption = "",
    output_format: output.FormatOption = Format.TABLE,
    *,
    approve: VerdictOption = None,
) -> None:
    """Sign a reviewed warning off, or send it back. Level II and above: --role warning-authority.

    The signer is neither the drafter nor the reviewer.
    """
    request = messages.SignWarningRequest(
        name=resource_name("warnings", name),
        verdict=verdict(approve),
        comment=comment,
        etag=etag,
    )
    with platform(data, role, person) as services:
        show(services.call(services.warnings.SignWarning, request), output_format)


def publish(
    name: NameArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = SIGNER,
    person: output.PersonOption = "",
    etag: EtagOption = "",
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Let a signed warning out: to the counties' nodes, as CAP, and as an event."""
    request = messages.PublishWarningRequest(name=resource_name("warnings", name), etag=etag)
    with platform(data, role, person) as services:
        show(services.call(services.warnings.PublishWarning, request), output_format)


def cancel(
    name: NameArgument,
    reason: Annotated[str, typer.Option(help="Why; people are told.")],
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = SIGNER,
    person: output.PersonOption = "",
    etag: EtagOption = "",
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Take a published warning back, or drop one that is not out."""
    request = messages.CancelWarningRequest(
        name=resource_name("warnings", name), reason=reason, etag=etag
    )
    with platform(data, role, person) as services:
        show(services.call(services.warnings.CancelWarning, request), output_format)


def confirm(
    name: NameArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = DRAFTER,
    person: output.PersonOption = "",
    comment: CommentOption = "",
    output_format: output.FormatOption = Format.TABLE,
    *,
    approve: VerdictOption = None,
) -> None:
    """Record what people found when they reviewed a warning that a rule let out."""
    request = messages.ConfirmAutomaticWarningRequest(
        name=resource_name("warnings", name), verdict=verdict(approve), comment=comment
    )
    with platform(data, role, person) as services:
        show(services.call(services.warnings.ConfirmAutomaticWarning, request), output_format)


def add_to(app: typer.Typer) -> None:
    """Add the steps to the group of commands."""
    for step in (create, update, review, sign, publish, cancel, confirm):
        app.command(step.__name__)(step)


def show(warning: warning_pb2.Warning, output_format: Format) -> None:
    """Print where a warning stands after a step."""
    record = {
        "warning": warning.name.removeprefix("warnings/"),
        "state": words(warning_pb2.WarningState, warning.state, "WARNING_STATE_"),
        "channel": words(warning_pb2.WarningChannel, warning.channel, "WARNING_CHANNEL_"),
        "colour": words(warning_pb2.Colour, warning.colour, "COLOUR_"),
        "version": warning.version,
        "counties": len(warning.counties),
        "population": warning.population,
        "etag": warning.etag,
    }
    output.one(record, output_format)


# -- what people write ----------------------------------------------------------------------------


def draft_of(file: Path) -> warning_pb2.Warning:
    """Return the warning that a JSON file holds."""
    try:
        text = file.read_text(encoding="utf-8")
        draft: warning_pb2.Warning = json_format.Parse(text, warning_pb2.Warning())
    except OSError as error:
        raise Failure("FILE_UNREADABLE", f"{file}: {error.strerror}", status=Exit.USAGE) from error
    except json_format.ParseError as error:
        raise Failure(
            "DRAFT_INVALID", f"{file} is no warning: {error}", status=Exit.USAGE
        ) from error
    return draft


def chosen(enumeration: Any, prefix: str, word: str, known: tuple[str, ...]) -> Any:
    """Return the value of an enumeration that a word names."""
    if word.lower() not in known:
        raise Failure("USAGE", f"{word!r} is none of {', '.join(known)}", status=Exit.USAGE)
    return enumeration.Value(f"{prefix}{word.upper()}")


def circle_of(text: str) -> warning_pb2.Circle:
    """Return the circle that LATITUDE,LONGITUDE,KM states."""
    try:
        latitude, longitude, radius_km = map(float, text.split(","))
    except ValueError:
        raise _shape(text, "31.0,103.4,50") from None
    centre = warning_pb2.Point(latitude=latitude, longitude=longitude)
    return warning_pb2.Circle(centre=centre, radius_km=radius_km)


def polygon_of(text: str) -> warning_pb2.Polygon:
    """Return the polygon that "LAT,LON LAT,LON …" states; it is closed if it is not."""
    try:
        pairs = [tuple(map(float, pair.split(","))) for pair in text.split()]
        points = [warning_pb2.Point(latitude=pair[0], longitude=pair[1]) for pair in pairs]
    except (ValueError, IndexError):
        raise _shape(text, '"30.5,103.9 30.9,103.9 30.7,104.3"') from None
    if points and points[0] != points[-1]:
        points.append(points[0])
    return warning_pb2.Polygon(points=points)


def text_of(text: str) -> warning_pb2.WarningText:
    """Return the headline that LANGUAGE=TEXT states."""
    language, _, said = text.partition("=")
    if language not in LANGUAGES or not said:
        raise Failure(
            "USAGE",
            f"headline {text!r} states no language",
            'write --headline "zh-CN=暴雨橙色预警"',
            status=Exit.USAGE,
        )
    return warning_pb2.WarningText(language=language, headline=said)


def verdict(approve: bool | None) -> messages.Verdict:
    """Return the verdict that an option states; there is none by default."""
    if approve is None:
        raise Failure("USAGE", "say --approve or --reject", status=Exit.USAGE)
    return messages.VERDICT_APPROVE if approve else messages.VERDICT_REJECT


def _shape(text: str, example: str) -> Failure:
    return Failure(
        "AREA_INVALID", f"{text!r} is no area", f"write it so: {example}", status=Exit.USAGE
    )
