import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.disaster_warning.v1 import warning_pb2 as _warning_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WarningFacts(_message.Message):
    __slots__ = ("warning", "version", "channel", "event_code", "colour", "counties", "send_time", "expire_time", "earthquake", "cap_identifier", "shaking")
    WARNING_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    EVENT_CODE_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    COUNTIES_FIELD_NUMBER: _ClassVar[int]
    SEND_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    EARTHQUAKE_FIELD_NUMBER: _ClassVar[int]
    CAP_IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    SHAKING_FIELD_NUMBER: _ClassVar[int]
    warning: str
    version: int
    channel: _warning_pb2.WarningChannel
    event_code: str
    colour: _warning_pb2.Colour
    counties: _containers.RepeatedCompositeFieldContainer[_warning_pb2.CountyTarget]
    send_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    earthquake: str
    cap_identifier: str
    shaking: EarthquakeFacts
    def __init__(self, warning: _Optional[str] = ..., version: _Optional[int] = ..., channel: _Optional[_Union[_warning_pb2.WarningChannel, str]] = ..., event_code: _Optional[str] = ..., colour: _Optional[_Union[_warning_pb2.Colour, str]] = ..., counties: _Optional[_Iterable[_Union[_warning_pb2.CountyTarget, _Mapping]]] = ..., send_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., earthquake: _Optional[str] = ..., cap_identifier: _Optional[str] = ..., shaking: _Optional[_Union[EarthquakeFacts, _Mapping]] = ...) -> None: ...

class EarthquakeFacts(_message.Message):
    __slots__ = ("origin_time", "epicentre", "depth_km", "magnitude", "counties")
    ORIGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    EPICENTRE_FIELD_NUMBER: _ClassVar[int]
    DEPTH_KM_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_FIELD_NUMBER: _ClassVar[int]
    COUNTIES_FIELD_NUMBER: _ClassVar[int]
    origin_time: _timestamp_pb2.Timestamp
    epicentre: _warning_pb2.Point
    depth_km: float
    magnitude: float
    counties: _containers.RepeatedCompositeFieldContainer[CountyIntensity]
    def __init__(self, origin_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., epicentre: _Optional[_Union[_warning_pb2.Point, _Mapping]] = ..., depth_km: _Optional[float] = ..., magnitude: _Optional[float] = ..., counties: _Optional[_Iterable[_Union[CountyIntensity, _Mapping]]] = ...) -> None: ...

class CountyIntensity(_message.Message):
    __slots__ = ("place_code", "intensity", "s_arrival_time", "distance_km")
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    INTENSITY_FIELD_NUMBER: _ClassVar[int]
    S_ARRIVAL_TIME_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_KM_FIELD_NUMBER: _ClassVar[int]
    place_code: str
    intensity: float
    s_arrival_time: _timestamp_pb2.Timestamp
    distance_km: float
    def __init__(self, place_code: _Optional[str] = ..., intensity: _Optional[float] = ..., s_arrival_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., distance_km: _Optional[float] = ...) -> None: ...

class WarningIssued(_message.Message):
    __slots__ = ("facts", "event_time")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    facts: WarningFacts
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, facts: _Optional[_Union[WarningFacts, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class WarningUpdated(_message.Message):
    __slots__ = ("facts", "event_time")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    facts: WarningFacts
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, facts: _Optional[_Union[WarningFacts, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class WarningCancelled(_message.Message):
    __slots__ = ("facts", "reason", "event_time")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    facts: WarningFacts
    reason: str
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, facts: _Optional[_Union[WarningFacts, _Mapping]] = ..., reason: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class WarningExpired(_message.Message):
    __slots__ = ("facts", "event_time")
    FACTS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    facts: WarningFacts
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, facts: _Optional[_Union[WarningFacts, _Mapping]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReceiptEscalated(_message.Message):
    __slots__ = ("warning", "version", "place_code", "level", "channel", "event_time", "voice_call")
    WARNING_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    VOICE_CALL_FIELD_NUMBER: _ClassVar[int]
    warning: str
    version: int
    place_code: str
    level: _warning_pb2.EscalationLevel
    channel: _warning_pb2.WarningChannel
    event_time: _timestamp_pb2.Timestamp
    voice_call: bool
    def __init__(self, warning: _Optional[str] = ..., version: _Optional[int] = ..., place_code: _Optional[str] = ..., level: _Optional[_Union[_warning_pb2.EscalationLevel, str]] = ..., channel: _Optional[_Union[_warning_pb2.WarningChannel, str]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., voice_call: _Optional[bool] = ...) -> None: ...
