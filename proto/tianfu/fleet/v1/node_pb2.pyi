import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.fleet.v1 import app_pb2 as _app_pb2
from tianfu.fleet.v1 import capacity_pb2 as _capacity_pb2
from tianfu.fleet.v1 import rule_set_pb2 as _rule_set_pb2
from tianfu.fleet.v1 import update_pb2 as _update_pb2
from tianfu.reading.v1 import reading_batch_pb2 as _reading_batch_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NodeClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NODE_CLASS_UNSPECIFIED: _ClassVar[NodeClass]
    NODE_CLASS_BASE_STATION: _ClassVar[NodeClass]
    NODE_CLASS_GATEWAY: _ClassVar[NodeClass]

class Presence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRESENCE_UNSPECIFIED: _ClassVar[Presence]
    PRESENCE_NEVER_SEEN: _ClassVar[Presence]
    PRESENCE_ONLINE: _ClassVar[Presence]
    PRESENCE_SILENT: _ClassVar[Presence]
    PRESENCE_OFFLINE: _ClassVar[Presence]

class IdentityState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IDENTITY_STATE_UNSPECIFIED: _ClassVar[IdentityState]
    IDENTITY_STATE_SINGLE: _ClassVar[IdentityState]
    IDENTITY_STATE_DUPLICATED: _ClassVar[IdentityState]

class PlanState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLAN_STATE_UNSPECIFIED: _ClassVar[PlanState]
    PLAN_STATE_APPLIED: _ClassVar[PlanState]
    PLAN_STATE_REFUSED: _ClassVar[PlanState]
NODE_CLASS_UNSPECIFIED: NodeClass
NODE_CLASS_BASE_STATION: NodeClass
NODE_CLASS_GATEWAY: NodeClass
PRESENCE_UNSPECIFIED: Presence
PRESENCE_NEVER_SEEN: Presence
PRESENCE_ONLINE: Presence
PRESENCE_SILENT: Presence
PRESENCE_OFFLINE: Presence
IDENTITY_STATE_UNSPECIFIED: IdentityState
IDENTITY_STATE_SINGLE: IdentityState
IDENTITY_STATE_DUPLICATED: IdentityState
PLAN_STATE_UNSPECIFIED: PlanState
PLAN_STATE_APPLIED: PlanState
PLAN_STATE_REFUSED: PlanState

class Node(_message.Message):
    __slots__ = ("name", "display_name", "node_class", "place_code", "labels", "presence", "presence_change_time", "agent_version", "identity_state", "clock_offset", "create_time", "update_time", "etag")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    NODE_CLASS_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_STATE_FIELD_NUMBER: _ClassVar[int]
    CLOCK_OFFSET_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    node_class: NodeClass
    place_code: str
    labels: _containers.ScalarMap[str, str]
    presence: Presence
    presence_change_time: _timestamp_pb2.Timestamp
    agent_version: str
    identity_state: IdentityState
    clock_offset: _duration_pb2.Duration
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    etag: str
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., node_class: _Optional[_Union[NodeClass, str]] = ..., place_code: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., presence: _Optional[_Union[Presence, str]] = ..., presence_change_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., agent_version: _Optional[str] = ..., identity_state: _Optional[_Union[IdentityState, str]] = ..., clock_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class NodePlan(_message.Message):
    __slots__ = ("name", "generation", "sampling_rules", "heartbeat_interval", "update_time", "etag", "report", "apps", "capacity_mode", "shares", "rule_sets", "agent")
    NAME_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_RULES_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    APPS_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_MODE_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    RULE_SETS_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    generation: int
    sampling_rules: _containers.RepeatedCompositeFieldContainer[SamplingRule]
    heartbeat_interval: _duration_pb2.Duration
    update_time: _timestamp_pb2.Timestamp
    etag: str
    report: PlanReport
    apps: _containers.RepeatedCompositeFieldContainer[_app_pb2.NodeApp]
    capacity_mode: _capacity_pb2.CapacityMode
    shares: _containers.RepeatedCompositeFieldContainer[_capacity_pb2.CapacityShare]
    rule_sets: _containers.RepeatedCompositeFieldContainer[_rule_set_pb2.SignedRuleSet]
    agent: _update_pb2.AgentWish
    def __init__(self, name: _Optional[str] = ..., generation: _Optional[int] = ..., sampling_rules: _Optional[_Iterable[_Union[SamplingRule, _Mapping]]] = ..., heartbeat_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., report: _Optional[_Union[PlanReport, _Mapping]] = ..., apps: _Optional[_Iterable[_Union[_app_pb2.NodeApp, _Mapping]]] = ..., capacity_mode: _Optional[_Union[_capacity_pb2.CapacityMode, str]] = ..., shares: _Optional[_Iterable[_Union[_capacity_pb2.CapacityShare, _Mapping]]] = ..., rule_sets: _Optional[_Iterable[_Union[_rule_set_pb2.SignedRuleSet, _Mapping]]] = ..., agent: _Optional[_Union[_update_pb2.AgentWish, _Mapping]] = ...) -> None: ...

class SamplingRule(_message.Message):
    __slots__ = ("series_pattern", "interval", "deadband", "longest_silence", "priority")
    SERIES_PATTERN_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    DEADBAND_FIELD_NUMBER: _ClassVar[int]
    LONGEST_SILENCE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    series_pattern: str
    interval: _duration_pb2.Duration
    deadband: float
    longest_silence: _duration_pb2.Duration
    priority: _reading_batch_pb2.Priority
    def __init__(self, series_pattern: _Optional[str] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., deadband: _Optional[float] = ..., longest_silence: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., priority: _Optional[_Union[_reading_batch_pb2.Priority, str]] = ...) -> None: ...

class PlanReport(_message.Message):
    __slots__ = ("generation", "state", "reason", "message", "report_time", "node", "apps", "shares", "rule_sets", "agent")
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REPORT_TIME_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    APPS_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    RULE_SETS_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    generation: int
    state: PlanState
    reason: str
    message: str
    report_time: _timestamp_pb2.Timestamp
    node: str
    apps: _containers.RepeatedCompositeFieldContainer[_app_pb2.AppReport]
    shares: _containers.RepeatedCompositeFieldContainer[_capacity_pb2.ShareReport]
    rule_sets: _containers.RepeatedCompositeFieldContainer[_rule_set_pb2.RuleSetReport]
    agent: _update_pb2.AgentReport
    def __init__(self, generation: _Optional[int] = ..., state: _Optional[_Union[PlanState, str]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., report_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., node: _Optional[str] = ..., apps: _Optional[_Iterable[_Union[_app_pb2.AppReport, _Mapping]]] = ..., shares: _Optional[_Iterable[_Union[_capacity_pb2.ShareReport, _Mapping]]] = ..., rule_sets: _Optional[_Iterable[_Union[_rule_set_pb2.RuleSetReport, _Mapping]]] = ..., agent: _Optional[_Union[_update_pb2.AgentReport, _Mapping]] = ...) -> None: ...
