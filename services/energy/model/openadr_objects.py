"""OpenADR 3.1.1 objects as they are asked for, checked: names as in the specification's JSON.

What the server says (id, times, objectType) is passed over in requests, and so is what the
specification does not know (Definition, "POST and PUT" and "Required and optional properties").
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError, field_validator

from services.energy.model import openadr_time
from services.energy.model.openadr_access import Kind
from services.plumbing.refusal import InvalidArgument

LIST_MAX: Final = 1_000
INTERVALS_MAX: Final = 96
"""Of an event, as of the contract's."""

REPORT_INTERVALS_MAX: Final = 2_976
"""Of a resource in a report: a month of quarter hours."""

RESOURCES_MAX: Final = 100
SIMPLE_MAX: Final = 3
OFFSET_MAX: Final = 10
OBJECT_TYPES: Final[Mapping[Kind, str]] = {kind: kind.name for kind in Kind}

NUMERIC: Final = frozenset(
    {
        "SIMPLE",
        "PRICE",
        "GHG",
        "DISPATCH_SETPOINT",
        "DISPATCH_SETPOINT_RELATIVE",
        "IMPORT_CAPACITY_LIMIT",
        "EXPORT_CAPACITY_LIMIT",
        "CHARGE_STATE_SETPOINT",
        "CONTROL_LEVEL_OFFSET",
        "READING",
        "USAGE",
        "DEMAND",
        "BASELINE",
        "DELTA_USAGE",
        "UP_REGULATION_AVAILABLE",
        "DOWN_REGULATION_AVAILABLE",
    }
)
"""Payload types whose values are numbers. Others are texts, or private to a program."""


class InvalidObject(InvalidArgument):
    """A body that is no such object."""

    reason = "OPENADR_OBJECT_INVALID"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join("ID" if part == "id" else part.title() for part in rest)


class Said(BaseModel):
    """Whatever a client says: what is not known is passed over."""

    model_config = ConfigDict(alias_generator=_camel, extra="ignore", frozen=True)


Name = Annotated[str, Field(min_length=1, max_length=128)]
ObjectId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
Targets = Annotated[list[Name], Field(max_length=LIST_MAX)]
Value = int | float | StrictBool | Annotated[str, Field(max_length=4096)] | dict[str, float] | None


class IntervalPeriod(Said):
    """When intervals are."""

    start: Annotated[str, Field(max_length=40)] | None = None
    duration: Annotated[str, Field(max_length=40)] | None = None
    randomize_start: Annotated[str, Field(max_length=40)] | None = None

    @field_validator("duration", "randomize_start")
    @classmethod
    def _is_duration(cls, text: str | None) -> str | None:
        if text is not None:
            _checked(openadr_time.duration, text)
        return text

    @field_validator("start")
    @classmethod
    def _is_time(cls, text: str | None) -> str | None:
        if text is not None:
            _checked(openadr_time.moment, text, openadr_time.FAR)
        return text


def _checked(parse: Any, *arguments: Any) -> None:
    try:
        parse(*arguments)
    except openadr_time.InvalidTime as error:
        raise ValueError(error.message) from None


class ValuesMap(Said):
    """Values of a type."""

    type: Name
    values: Annotated[list[Value], Field(max_length=LIST_MAX)]

    @field_validator("values")
    @classmethod
    def _are_numbers(cls, values: list[Any], info: Any) -> list[Any]:
        kind = info.data.get("type")
        if kind not in NUMERIC:
            return values
        if not values or not all(_is_number(each) for each in values):
            raise ValueError(f"{kind} has numbers")
        if kind == "SIMPLE" and any(each not in range(SIMPLE_MAX + 1) for each in values):
            raise ValueError(f"SIMPLE is a level of 0 to {SIMPLE_MAX}")
        if kind == "CONTROL_LEVEL_OFFSET" and any(abs(each) > OFFSET_MAX for each in values):
            raise ValueError(f"CONTROL_LEVEL_OFFSET is -{OFFSET_MAX} to {OFFSET_MAX}")
        return values


def _is_number(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)  # type: ignore[arg-type]


Attributes = Annotated[list[ValuesMap], Field(max_length=LIST_MAX)]


class Interval(Said):
    """A stretch of time and what is said of it."""

    id: Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
    interval_period: IntervalPeriod | None = None
    payloads: Annotated[list[ValuesMap], Field(max_length=LIST_MAX)]


class PayloadDescriptor(Said):
    """What the values of a payload type are: units, currency, and how they were read."""

    object_type: Literal["EVENT_PAYLOAD_DESCRIPTOR", "REPORT_PAYLOAD_DESCRIPTOR"] | None = None
    payload_type: Name
    units: Name | None = None
    currency: Name | None = None
    reading_type: Name | None = None
    accuracy: float | None = None
    confidence: Annotated[int, Field(ge=0, le=100)] | None = None


class ReportDescriptor(Said):
    """Which report an event asks for."""

    payload_type: Name
    reading_type: Name | None = None
    units: Name | None = None
    targets: Targets | None = None
    aggregate: bool | None = None
    start_interval: int | None = None
    num_intervals: int | None = None
    historical: bool | None = None
    frequency: int | None = None
    repeat: int | None = None
    report_intervals: Name | None = None


class Description(Said):
    """Where a program is described."""

    URL: Annotated[str, Field(max_length=2048, alias="URL")]


Descriptors = Annotated[list[PayloadDescriptor], Field(max_length=LIST_MAX)]


class Program(Said):
    """A program (需求响应项目)."""

    program_name: Name
    interval_period: IntervalPeriod | None = None
    program_descriptions: Annotated[list[Description], Field(max_length=LIST_MAX)] | None = None
    payload_descriptors: Descriptors | None = None
    attributes: Attributes | None = None
    targets: Targets | None = None


class Event(Said):
    """A demand response event."""

    program_id: ObjectId
    event_name: Name | None = None
    duration: Annotated[str, Field(max_length=40)] | None = None
    priority: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    targets: Targets | None = None
    report_descriptors: Annotated[list[ReportDescriptor], Field(max_length=LIST_MAX)] | None = None
    payload_descriptors: Descriptors | None = None
    interval_period: IntervalPeriod | None = None
    intervals: Annotated[list[Interval], Field(max_length=INTERVALS_MAX)] | None = None


class ReportResource(Said):
    """What is reported of one resource."""

    resource_name: Name
    interval_period: IntervalPeriod | None = None
    intervals: Annotated[list[Interval], Field(max_length=REPORT_INTERVALS_MAX)]


class Report(Said):
    """What a VEN reports."""

    event_id: ObjectId
    client_name: Name
    report_name: Name | None = None
    payload_descriptors: Descriptors | None = None
    resources: Annotated[list[ReportResource], Field(max_length=RESOURCES_MAX)]


class ObjectOperation(Said):
    """Which operations on which objects are told of, and where."""

    objects: Annotated[
        list[Literal["PROGRAM", "EVENT", "REPORT", "SUBSCRIPTION", "VEN", "RESOURCE"]],
        Field(min_length=1, max_length=6),
    ]
    operations: Annotated[
        list[Literal["CREATE", "READ", "UPDATE", "DELETE"]], Field(min_length=1, max_length=4)
    ]
    callback_url: Annotated[str, Field(min_length=1, max_length=2048)]
    bearer_token: Annotated[str, Field(max_length=4096, pattern=r"^[\x21-\x7e]*$")] | None = None


class Subscription(Said):
    """What a client wants to be told of."""

    client_name: Name
    program_id: ObjectId | None = None
    object_operations: Annotated[list[ObjectOperation], Field(min_length=1, max_length=20)]
    targets: Targets | None = None


class Ven(Said):
    """A virtual end node; ``client_id`` and ``targets`` are business logic's to say."""

    ven_name: Name
    client_id: Name | None = None
    attributes: Attributes | None = None
    targets: Targets | None = None


class Resource(Said):
    """What a VEN controls."""

    resource_name: Name
    ven_id: ObjectId | None = None
    client_id: Name | None = None
    attributes: Attributes | None = None
    targets: Targets | None = None


MODELS: Final[Mapping[Kind, type[Said]]] = {
    Kind.PROGRAM: Program,
    Kind.EVENT: Event,
    Kind.REPORT: Report,
    Kind.SUBSCRIPTION: Subscription,
    Kind.VEN: Ven,
    Kind.RESOURCE: Resource,
}


def checked(kind: Kind, body: object) -> dict[str, Any]:
    """Return what a body says, by the specification's names; raise InvalidObject."""
    try:
        found = MODELS[kind].model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        said = first["msg"].removeprefix("Value error, ")
        raise InvalidObject(f"{field}: {said}", field=field) from None
    return found.model_dump(by_alias=True, exclude_none=True)


def name_within(kind: Kind, content: Mapping[str, Any]) -> str | None:
    """Return what no two objects of a kind may both have; None where names may repeat."""
    match kind:
        case Kind.PROGRAM:
            return str(content["programName"])
        case Kind.VEN:
            return str(content["venName"])
        case Kind.RESOURCE:
            return f"{content['venID']}|{content['resourceName']}"
        case Kind.EVENT | Kind.REPORT | Kind.SUBSCRIPTION:
            return None
