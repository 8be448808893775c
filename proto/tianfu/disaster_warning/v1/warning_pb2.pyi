import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WarningState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WARNING_STATE_UNSPECIFIED: _ClassVar[WarningState]
    WARNING_STATE_DRAFT: _ClassVar[WarningState]
    WARNING_STATE_REVIEWED: _ClassVar[WarningState]
    WARNING_STATE_SIGNED_OFF: _ClassVar[WarningState]
    WARNING_STATE_PUBLISHED: _ClassVar[WarningState]
    WARNING_STATE_CANCELLED: _ClassVar[WarningState]
    WARNING_STATE_EXPIRED: _ClassVar[WarningState]

class WarningChannel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WARNING_CHANNEL_UNSPECIFIED: _ClassVar[WarningChannel]
    WARNING_CHANNEL_LIVE: _ClassVar[WarningChannel]
    WARNING_CHANNEL_DRILL: _ClassVar[WarningChannel]

class Colour(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COLOUR_UNSPECIFIED: _ClassVar[Colour]
    COLOUR_BLUE: _ClassVar[Colour]
    COLOUR_YELLOW: _ClassVar[Colour]
    COLOUR_ORANGE: _ClassVar[Colour]
    COLOUR_RED: _ClassVar[Colour]

class Certainty(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CERTAINTY_UNSPECIFIED: _ClassVar[Certainty]
    CERTAINTY_OBSERVED: _ClassVar[Certainty]
    CERTAINTY_LIKELY: _ClassVar[Certainty]
    CERTAINTY_POSSIBLE: _ClassVar[Certainty]

class IssueRoute(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ISSUE_ROUTE_UNSPECIFIED: _ClassVar[IssueRoute]
    ISSUE_ROUTE_FOUR_EYES: _ClassVar[IssueRoute]
    ISSUE_ROUTE_AUTOMATIC: _ClassVar[IssueRoute]

class EscalationLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ESCALATION_LEVEL_UNSPECIFIED: _ClassVar[EscalationLevel]
    ESCALATION_LEVEL_VILLAGE: _ClassVar[EscalationLevel]
    ESCALATION_LEVEL_TOWNSHIP: _ClassVar[EscalationLevel]
    ESCALATION_LEVEL_COUNTY: _ClassVar[EscalationLevel]
WARNING_STATE_UNSPECIFIED: WarningState
WARNING_STATE_DRAFT: WarningState
WARNING_STATE_REVIEWED: WarningState
WARNING_STATE_SIGNED_OFF: WarningState
WARNING_STATE_PUBLISHED: WarningState
WARNING_STATE_CANCELLED: WarningState
WARNING_STATE_EXPIRED: WarningState
WARNING_CHANNEL_UNSPECIFIED: WarningChannel
WARNING_CHANNEL_LIVE: WarningChannel
WARNING_CHANNEL_DRILL: WarningChannel
COLOUR_UNSPECIFIED: Colour
COLOUR_BLUE: Colour
COLOUR_YELLOW: Colour
COLOUR_ORANGE: Colour
COLOUR_RED: Colour
CERTAINTY_UNSPECIFIED: Certainty
CERTAINTY_OBSERVED: Certainty
CERTAINTY_LIKELY: Certainty
CERTAINTY_POSSIBLE: Certainty
ISSUE_ROUTE_UNSPECIFIED: IssueRoute
ISSUE_ROUTE_FOUR_EYES: IssueRoute
ISSUE_ROUTE_AUTOMATIC: IssueRoute
ESCALATION_LEVEL_UNSPECIFIED: EscalationLevel
ESCALATION_LEVEL_VILLAGE: EscalationLevel
ESCALATION_LEVEL_TOWNSHIP: EscalationLevel
ESCALATION_LEVEL_COUNTY: EscalationLevel

class Warning(_message.Message):
    __slots__ = ("name", "state", "channel", "event_code", "colour", "area", "texts", "effective_time", "onset_time", "expire_time", "certainty", "counties", "population", "version", "drafter", "reviewer", "signer", "route", "earthquake", "cap_identifier", "rule_versions", "state_reason", "create_time", "update_time", "publish_time", "etag", "steps")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    EVENT_CODE_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    ONSET_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    CERTAINTY_FIELD_NUMBER: _ClassVar[int]
    COUNTIES_FIELD_NUMBER: _ClassVar[int]
    POPULATION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DRAFTER_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    EARTHQUAKE_FIELD_NUMBER: _ClassVar[int]
    CAP_IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    STATE_REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: WarningState
    channel: WarningChannel
    event_code: str
    colour: Colour
    area: Area
    texts: _containers.RepeatedCompositeFieldContainer[WarningText]
    effective_time: _timestamp_pb2.Timestamp
    onset_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    certainty: Certainty
    counties: _containers.RepeatedCompositeFieldContainer[CountyTarget]
    population: int
    version: int
    drafter: str
    reviewer: str
    signer: str
    route: IssueRoute
    earthquake: str
    cap_identifier: str
    rule_versions: _containers.RepeatedScalarFieldContainer[str]
    state_reason: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    publish_time: _timestamp_pb2.Timestamp
    etag: str
    steps: _containers.RepeatedCompositeFieldContainer[WarningStep]
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[WarningState, str]] = ..., channel: _Optional[_Union[WarningChannel, str]] = ..., event_code: _Optional[str] = ..., colour: _Optional[_Union[Colour, str]] = ..., area: _Optional[_Union[Area, _Mapping]] = ..., texts: _Optional[_Iterable[_Union[WarningText, _Mapping]]] = ..., effective_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., onset_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., certainty: _Optional[_Union[Certainty, str]] = ..., counties: _Optional[_Iterable[_Union[CountyTarget, _Mapping]]] = ..., population: _Optional[int] = ..., version: _Optional[int] = ..., drafter: _Optional[str] = ..., reviewer: _Optional[str] = ..., signer: _Optional[str] = ..., route: _Optional[_Union[IssueRoute, str]] = ..., earthquake: _Optional[str] = ..., cap_identifier: _Optional[str] = ..., rule_versions: _Optional[_Iterable[str]] = ..., state_reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., publish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., steps: _Optional[_Iterable[_Union[WarningStep, _Mapping]]] = ...) -> None: ...

class Point(_message.Message):
    __slots__ = ("latitude", "longitude")
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    latitude: float
    longitude: float
    def __init__(self, latitude: _Optional[float] = ..., longitude: _Optional[float] = ...) -> None: ...

class Polygon(_message.Message):
    __slots__ = ("points",)
    POINTS_FIELD_NUMBER: _ClassVar[int]
    points: _containers.RepeatedCompositeFieldContainer[Point]
    def __init__(self, points: _Optional[_Iterable[_Union[Point, _Mapping]]] = ...) -> None: ...

class Circle(_message.Message):
    __slots__ = ("centre", "radius_km")
    CENTRE_FIELD_NUMBER: _ClassVar[int]
    RADIUS_KM_FIELD_NUMBER: _ClassVar[int]
    centre: Point
    radius_km: float
    def __init__(self, centre: _Optional[_Union[Point, _Mapping]] = ..., radius_km: _Optional[float] = ...) -> None: ...

class Area(_message.Message):
    __slots__ = ("description", "polygons", "circles", "place_codes")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    POLYGONS_FIELD_NUMBER: _ClassVar[int]
    CIRCLES_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODES_FIELD_NUMBER: _ClassVar[int]
    description: str
    polygons: _containers.RepeatedCompositeFieldContainer[Polygon]
    circles: _containers.RepeatedCompositeFieldContainer[Circle]
    place_codes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, description: _Optional[str] = ..., polygons: _Optional[_Iterable[_Union[Polygon, _Mapping]]] = ..., circles: _Optional[_Iterable[_Union[Circle, _Mapping]]] = ..., place_codes: _Optional[_Iterable[str]] = ...) -> None: ...

class WarningText(_message.Message):
    __slots__ = ("language", "headline", "description", "instruction")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    HEADLINE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    language: str
    headline: str
    description: str
    instruction: str
    def __init__(self, language: _Optional[str] = ..., headline: _Optional[str] = ..., description: _Optional[str] = ..., instruction: _Optional[str] = ...) -> None: ...

class CountyTarget(_message.Message):
    __slots__ = ("place_code", "display_name", "share", "colour", "population")
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    POPULATION_FIELD_NUMBER: _ClassVar[int]
    place_code: str
    display_name: str
    share: float
    colour: Colour
    population: int
    def __init__(self, place_code: _Optional[str] = ..., display_name: _Optional[str] = ..., share: _Optional[float] = ..., colour: _Optional[_Union[Colour, str]] = ..., population: _Optional[int] = ...) -> None: ...

class WarningStep(_message.Message):
    __slots__ = ("from_state", "to_state", "actor", "step_time", "comment", "version")
    FROM_STATE_FIELD_NUMBER: _ClassVar[int]
    TO_STATE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    STEP_TIME_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    from_state: WarningState
    to_state: WarningState
    actor: str
    step_time: _timestamp_pb2.Timestamp
    comment: str
    version: int
    def __init__(self, from_state: _Optional[_Union[WarningState, str]] = ..., to_state: _Optional[_Union[WarningState, str]] = ..., actor: _Optional[str] = ..., step_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., comment: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class ReceiptSummary(_message.Message):
    __slots__ = ("name", "display_name", "version", "node_count", "delivered_count", "acknowledged_count", "failed_count", "expired_count", "escalation_level", "first_delivery_time", "last_delivery_time", "apart_count")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NODE_COUNT_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    FAILED_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXPIRED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ESCALATION_LEVEL_FIELD_NUMBER: _ClassVar[int]
    FIRST_DELIVERY_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_DELIVERY_TIME_FIELD_NUMBER: _ClassVar[int]
    APART_COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    version: int
    node_count: int
    delivered_count: int
    acknowledged_count: int
    failed_count: int
    expired_count: int
    escalation_level: EscalationLevel
    first_delivery_time: _timestamp_pb2.Timestamp
    last_delivery_time: _timestamp_pb2.Timestamp
    apart_count: int
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., version: _Optional[int] = ..., node_count: _Optional[int] = ..., delivered_count: _Optional[int] = ..., acknowledged_count: _Optional[int] = ..., failed_count: _Optional[int] = ..., expired_count: _Optional[int] = ..., escalation_level: _Optional[_Union[EscalationLevel, str]] = ..., first_delivery_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_delivery_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., apart_count: _Optional[int] = ...) -> None: ...
