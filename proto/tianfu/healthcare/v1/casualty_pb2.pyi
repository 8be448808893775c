import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.healthcare.v1 import decisions_pb2 as _decisions_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CasualtyPlanState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CASUALTY_PLAN_STATE_UNSPECIFIED: _ClassVar[CasualtyPlanState]
    CASUALTY_PLAN_STATE_OPEN: _ClassVar[CasualtyPlanState]
    CASUALTY_PLAN_STATE_CLOSED: _ClassVar[CasualtyPlanState]

class CasualtyState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CASUALTY_STATE_UNSPECIFIED: _ClassVar[CasualtyState]
    CASUALTY_STATE_WAITING: _ClassVar[CasualtyState]
    CASUALTY_STATE_DISPATCHED: _ClassVar[CasualtyState]
    CASUALTY_STATE_ARRIVED: _ClassVar[CasualtyState]
CASUALTY_PLAN_STATE_UNSPECIFIED: CasualtyPlanState
CASUALTY_PLAN_STATE_OPEN: CasualtyPlanState
CASUALTY_PLAN_STATE_CLOSED: CasualtyPlanState
CASUALTY_STATE_UNSPECIFIED: CasualtyState
CASUALTY_STATE_WAITING: CasualtyState
CASUALTY_STATE_DISPATCHED: CasualtyState
CASUALTY_STATE_ARRIVED: CasualtyState

class CasualtyPlan(_message.Message):
    __slots__ = ("name", "title", "places", "hospitals", "travel_times", "state", "revision", "solve_time", "rule_versions", "moves", "waits", "stale_hospitals", "create_time", "dirty")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    HOSPITALS_FIELD_NUMBER: _ClassVar[int]
    TRAVEL_TIMES_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SOLVE_TIME_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    MOVES_FIELD_NUMBER: _ClassVar[int]
    WAITS_FIELD_NUMBER: _ClassVar[int]
    STALE_HOSPITALS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DIRTY_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    places: _containers.RepeatedCompositeFieldContainer[CasualtyPlace]
    hospitals: _containers.RepeatedScalarFieldContainer[str]
    travel_times: _containers.RepeatedCompositeFieldContainer[TravelTime]
    state: CasualtyPlanState
    revision: int
    solve_time: _timestamp_pb2.Timestamp
    rule_versions: _containers.RepeatedScalarFieldContainer[str]
    moves: _containers.RepeatedCompositeFieldContainer[_decisions_pb2.CasualtyMove]
    waits: _containers.RepeatedCompositeFieldContainer[_decisions_pb2.CasualtyWait]
    stale_hospitals: _containers.RepeatedScalarFieldContainer[str]
    create_time: _timestamp_pb2.Timestamp
    dirty: bool
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., places: _Optional[_Iterable[_Union[CasualtyPlace, _Mapping]]] = ..., hospitals: _Optional[_Iterable[str]] = ..., travel_times: _Optional[_Iterable[_Union[TravelTime, _Mapping]]] = ..., state: _Optional[_Union[CasualtyPlanState, str]] = ..., revision: _Optional[int] = ..., solve_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rule_versions: _Optional[_Iterable[str]] = ..., moves: _Optional[_Iterable[_Union[_decisions_pb2.CasualtyMove, _Mapping]]] = ..., waits: _Optional[_Iterable[_Union[_decisions_pb2.CasualtyWait, _Mapping]]] = ..., stale_hospitals: _Optional[_Iterable[str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., dirty: _Optional[bool] = ...) -> None: ...

class CasualtyPlace(_message.Message):
    __slots__ = ("place", "latitude", "longitude")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    place: str
    latitude: float
    longitude: float
    def __init__(self, place: _Optional[str] = ..., latitude: _Optional[float] = ..., longitude: _Optional[float] = ...) -> None: ...

class TravelTime(_message.Message):
    __slots__ = ("place", "hospital", "minutes")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    place: str
    hospital: str
    minutes: float
    def __init__(self, place: _Optional[str] = ..., hospital: _Optional[str] = ..., minutes: _Optional[float] = ...) -> None: ...

class Casualty(_message.Message):
    __slots__ = ("name", "place", "protocol", "findings", "tag", "ask", "path", "rule_version", "state", "hospital", "minutes", "explanation", "plan_revision", "create_time", "update_time")
    class FindingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _decisions_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_decisions_pb2.Value, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    ASK_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    PLAN_REVISION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    place: str
    protocol: _decisions_pb2.TriageProtocol
    findings: _containers.MessageMap[str, _decisions_pb2.Value]
    tag: _decisions_pb2.TriageTag
    ask: str
    path: _containers.RepeatedScalarFieldContainer[str]
    rule_version: str
    state: CasualtyState
    hospital: str
    minutes: float
    explanation: str
    plan_revision: int
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., place: _Optional[str] = ..., protocol: _Optional[_Union[_decisions_pb2.TriageProtocol, str]] = ..., findings: _Optional[_Mapping[str, _decisions_pb2.Value]] = ..., tag: _Optional[_Union[_decisions_pb2.TriageTag, str]] = ..., ask: _Optional[str] = ..., path: _Optional[_Iterable[str]] = ..., rule_version: _Optional[str] = ..., state: _Optional[_Union[CasualtyState, str]] = ..., hospital: _Optional[str] = ..., minutes: _Optional[float] = ..., explanation: _Optional[str] = ..., plan_revision: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateCasualtyPlanRequest(_message.Message):
    __slots__ = ("casualty_plan", "casualty_plan_id", "request_id")
    CASUALTY_PLAN_FIELD_NUMBER: _ClassVar[int]
    CASUALTY_PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    casualty_plan: CasualtyPlan
    casualty_plan_id: str
    request_id: str
    def __init__(self, casualty_plan: _Optional[_Union[CasualtyPlan, _Mapping]] = ..., casualty_plan_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetCasualtyPlanRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListCasualtyPlansRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListCasualtyPlansResponse(_message.Message):
    __slots__ = ("casualty_plans", "next_page_token")
    CASUALTY_PLANS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    casualty_plans: _containers.RepeatedCompositeFieldContainer[CasualtyPlan]
    next_page_token: str
    def __init__(self, casualty_plans: _Optional[_Iterable[_Union[CasualtyPlan, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CloseCasualtyPlanRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ReportTravelTimesRequest(_message.Message):
    __slots__ = ("name", "travel_times")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TRAVEL_TIMES_FIELD_NUMBER: _ClassVar[int]
    name: str
    travel_times: _containers.RepeatedCompositeFieldContainer[TravelTime]
    def __init__(self, name: _Optional[str] = ..., travel_times: _Optional[_Iterable[_Union[TravelTime, _Mapping]]] = ...) -> None: ...

class CreateCasualtyRequest(_message.Message):
    __slots__ = ("casualty", "casualty_id", "request_id", "parent")
    CASUALTY_FIELD_NUMBER: _ClassVar[int]
    CASUALTY_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    casualty: Casualty
    casualty_id: str
    request_id: str
    parent: str
    def __init__(self, casualty: _Optional[_Union[Casualty, _Mapping]] = ..., casualty_id: _Optional[str] = ..., request_id: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListCasualtiesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter", "parent")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    parent: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., parent: _Optional[str] = ...) -> None: ...

class ListCasualtiesResponse(_message.Message):
    __slots__ = ("casualties", "next_page_token")
    CASUALTIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    casualties: _containers.RepeatedCompositeFieldContainer[Casualty]
    next_page_token: str
    def __init__(self, casualties: _Optional[_Iterable[_Union[Casualty, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AssessCasualtyRequest(_message.Message):
    __slots__ = ("name", "findings")
    class FindingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _decisions_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_decisions_pb2.Value, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    name: str
    findings: _containers.MessageMap[str, _decisions_pb2.Value]
    def __init__(self, name: _Optional[str] = ..., findings: _Optional[_Mapping[str, _decisions_pb2.Value]] = ...) -> None: ...

class DispatchCasualtyRequest(_message.Message):
    __slots__ = ("name", "hospital", "arrived")
    NAME_FIELD_NUMBER: _ClassVar[int]
    HOSPITAL_FIELD_NUMBER: _ClassVar[int]
    ARRIVED_FIELD_NUMBER: _ClassVar[int]
    name: str
    hospital: str
    arrived: bool
    def __init__(self, name: _Optional[str] = ..., hospital: _Optional[str] = ..., arrived: _Optional[bool] = ...) -> None: ...
