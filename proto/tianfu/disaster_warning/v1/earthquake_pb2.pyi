import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.disaster_warning.v1 import warning_pb2 as _warning_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EarthquakeState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EARTHQUAKE_STATE_UNSPECIFIED: _ClassVar[EarthquakeState]
    EARTHQUAKE_STATE_ONGOING: _ClassVar[EarthquakeState]
    EARTHQUAKE_STATE_FINAL: _ClassVar[EarthquakeState]
    EARTHQUAKE_STATE_FALSE: _ClassVar[EarthquakeState]
EARTHQUAKE_STATE_UNSPECIFIED: EarthquakeState
EARTHQUAKE_STATE_ONGOING: EarthquakeState
EARTHQUAKE_STATE_FINAL: EarthquakeState
EARTHQUAKE_STATE_FALSE: EarthquakeState

class Earthquake(_message.Message):
    __slots__ = ("name", "channel", "state", "solution", "history", "warning", "create_time", "update_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SOLUTION_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    channel: _warning_pb2.WarningChannel
    state: EarthquakeState
    solution: Solution
    history: _containers.RepeatedCompositeFieldContainer[Solution]
    warning: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., channel: _Optional[_Union[_warning_pb2.WarningChannel, str]] = ..., state: _Optional[_Union[EarthquakeState, str]] = ..., solution: _Optional[_Union[Solution, _Mapping]] = ..., history: _Optional[_Iterable[_Union[Solution, _Mapping]]] = ..., warning: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Solution(_message.Message):
    __slots__ = ("number", "solve_time", "origin_time", "epicentre", "depth_km", "epicentre_sigma_km", "magnitude", "magnitude_sigma", "stations", "excluded_stations", "counties", "max_intensity", "rule_version", "processing_ms", "trigger_time", "warning_version", "magnitude_estimate", "magnitude_reason")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SOLVE_TIME_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    EPICENTRE_FIELD_NUMBER: _ClassVar[int]
    DEPTH_KM_FIELD_NUMBER: _ClassVar[int]
    EPICENTRE_SIGMA_KM_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_SIGMA_FIELD_NUMBER: _ClassVar[int]
    STATIONS_FIELD_NUMBER: _ClassVar[int]
    EXCLUDED_STATIONS_FIELD_NUMBER: _ClassVar[int]
    COUNTIES_FIELD_NUMBER: _ClassVar[int]
    MAX_INTENSITY_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROCESSING_MS_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_TIME_FIELD_NUMBER: _ClassVar[int]
    WARNING_VERSION_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_ESTIMATE_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_REASON_FIELD_NUMBER: _ClassVar[int]
    number: int
    solve_time: _timestamp_pb2.Timestamp
    origin_time: _timestamp_pb2.Timestamp
    epicentre: _warning_pb2.Point
    depth_km: float
    epicentre_sigma_km: float
    magnitude: float
    magnitude_sigma: float
    stations: _containers.RepeatedScalarFieldContainer[str]
    excluded_stations: _containers.RepeatedCompositeFieldContainer[ExcludedStation]
    counties: _containers.RepeatedCompositeFieldContainer[CountyShaking]
    max_intensity: float
    rule_version: str
    processing_ms: float
    trigger_time: _timestamp_pb2.Timestamp
    warning_version: int
    magnitude_estimate: float
    magnitude_reason: str
    def __init__(self, number: _Optional[int] = ..., solve_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., origin_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., epicentre: _Optional[_Union[_warning_pb2.Point, _Mapping]] = ..., depth_km: _Optional[float] = ..., epicentre_sigma_km: _Optional[float] = ..., magnitude: _Optional[float] = ..., magnitude_sigma: _Optional[float] = ..., stations: _Optional[_Iterable[str]] = ..., excluded_stations: _Optional[_Iterable[_Union[ExcludedStation, _Mapping]]] = ..., counties: _Optional[_Iterable[_Union[CountyShaking, _Mapping]]] = ..., max_intensity: _Optional[float] = ..., rule_version: _Optional[str] = ..., processing_ms: _Optional[float] = ..., trigger_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., warning_version: _Optional[int] = ..., magnitude_estimate: _Optional[float] = ..., magnitude_reason: _Optional[str] = ...) -> None: ...

class ExcludedStation(_message.Message):
    __slots__ = ("station", "reason")
    STATION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    station: str
    reason: str
    def __init__(self, station: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CountyShaking(_message.Message):
    __slots__ = ("place_code", "display_name", "distance_km", "source_intensity", "observed_intensity", "intensity", "s_arrival_time", "colour")
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_KM_FIELD_NUMBER: _ClassVar[int]
    SOURCE_INTENSITY_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_INTENSITY_FIELD_NUMBER: _ClassVar[int]
    INTENSITY_FIELD_NUMBER: _ClassVar[int]
    S_ARRIVAL_TIME_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    place_code: str
    display_name: str
    distance_km: float
    source_intensity: float
    observed_intensity: float
    intensity: float
    s_arrival_time: _timestamp_pb2.Timestamp
    colour: _warning_pb2.Colour
    def __init__(self, place_code: _Optional[str] = ..., display_name: _Optional[str] = ..., distance_km: _Optional[float] = ..., source_intensity: _Optional[float] = ..., observed_intensity: _Optional[float] = ..., intensity: _Optional[float] = ..., s_arrival_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., colour: _Optional[_Union[_warning_pb2.Colour, str]] = ...) -> None: ...
