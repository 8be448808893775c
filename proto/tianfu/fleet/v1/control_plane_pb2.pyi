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

class RolloutProgress(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLLOUT_PROGRESS_UNSPECIFIED: _ClassVar[RolloutProgress]
    ROLLOUT_PROGRESS_RUNNING: _ClassVar[RolloutProgress]
    ROLLOUT_PROGRESS_PAUSED: _ClassVar[RolloutProgress]

class RolloutAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLLOUT_ACTION_UNSPECIFIED: _ClassVar[RolloutAction]
    ROLLOUT_ACTION_PAUSE: _ClassVar[RolloutAction]
    ROLLOUT_ACTION_RESUME: _ClassVar[RolloutAction]
    ROLLOUT_ACTION_ROLL_BACK: _ClassVar[RolloutAction]

class SteeringState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STEERING_STATE_UNSPECIFIED: _ClassVar[SteeringState]
    STEERING_STATE_PENDING: _ClassVar[SteeringState]
    STEERING_STATE_DONE: _ClassVar[SteeringState]
    STEERING_STATE_REFUSED: _ClassVar[SteeringState]
ROLLOUT_PROGRESS_UNSPECIFIED: RolloutProgress
ROLLOUT_PROGRESS_RUNNING: RolloutProgress
ROLLOUT_PROGRESS_PAUSED: RolloutProgress
ROLLOUT_ACTION_UNSPECIFIED: RolloutAction
ROLLOUT_ACTION_PAUSE: RolloutAction
ROLLOUT_ACTION_RESUME: RolloutAction
ROLLOUT_ACTION_ROLL_BACK: RolloutAction
STEERING_STATE_UNSPECIFIED: SteeringState
STEERING_STATE_PENDING: SteeringState
STEERING_STATE_DONE: SteeringState
STEERING_STATE_REFUSED: SteeringState

class ObjectCondition(_message.Message):
    __slots__ = ("type", "status", "reason", "message", "transition_time")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TRANSITION_TIME_FIELD_NUMBER: _ClassVar[int]
    type: str
    status: str
    reason: str
    message: str
    transition_time: _timestamp_pb2.Timestamp
    def __init__(self, type: _Optional[str] = ..., status: _Optional[str] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., transition_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RolloutRevision(_message.Message):
    __slots__ = ("revision", "number")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    revision: str
    number: int
    def __init__(self, revision: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class Steering(_message.Message):
    __slots__ = ("number", "action", "revision", "requester", "request_time", "state", "reason")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    REQUEST_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    number: int
    action: RolloutAction
    revision: str
    requester: str
    request_time: _timestamp_pb2.Timestamp
    state: SteeringState
    reason: str
    def __init__(self, number: _Optional[int] = ..., action: _Optional[_Union[RolloutAction, str]] = ..., revision: _Optional[str] = ..., requester: _Optional[str] = ..., request_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[SteeringState, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class Rollout(_message.Message):
    __slots__ = ("name", "artifact", "tenant", "progress", "revision", "stable_revision", "failed_revision", "failed_reason", "wanted_revision", "steps", "step", "desired", "updated", "ready", "offline", "failed", "conditions", "history", "steering", "update_time", "heard_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STABLE_REVISION_FIELD_NUMBER: _ClassVar[int]
    FAILED_REVISION_FIELD_NUMBER: _ClassVar[int]
    FAILED_REASON_FIELD_NUMBER: _ClassVar[int]
    WANTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    DESIRED_FIELD_NUMBER: _ClassVar[int]
    UPDATED_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    OFFLINE_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    STEERING_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    HEARD_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    artifact: str
    tenant: str
    progress: RolloutProgress
    revision: str
    stable_revision: str
    failed_revision: str
    failed_reason: str
    wanted_revision: str
    steps: _containers.RepeatedScalarFieldContainer[int]
    step: int
    desired: int
    updated: int
    ready: int
    offline: int
    failed: int
    conditions: _containers.RepeatedCompositeFieldContainer[ObjectCondition]
    history: _containers.RepeatedCompositeFieldContainer[RolloutRevision]
    steering: Steering
    update_time: _timestamp_pb2.Timestamp
    heard_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., artifact: _Optional[str] = ..., tenant: _Optional[str] = ..., progress: _Optional[_Union[RolloutProgress, str]] = ..., revision: _Optional[str] = ..., stable_revision: _Optional[str] = ..., failed_revision: _Optional[str] = ..., failed_reason: _Optional[str] = ..., wanted_revision: _Optional[str] = ..., steps: _Optional[_Iterable[int]] = ..., step: _Optional[int] = ..., desired: _Optional[int] = ..., updated: _Optional[int] = ..., ready: _Optional[int] = ..., offline: _Optional[int] = ..., failed: _Optional[int] = ..., conditions: _Optional[_Iterable[_Union[ObjectCondition, _Mapping]]] = ..., history: _Optional[_Iterable[_Union[RolloutRevision, _Mapping]]] = ..., steering: _Optional[_Union[Steering, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., heard_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PoolTenant(_message.Message):
    __slots__ = ("tenant", "nominal", "borrowing_limit", "lending_limit", "used", "borrowed", "lent")
    class NominalEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class BorrowingLimitEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LendingLimitEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class UsedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class BorrowedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    TENANT_FIELD_NUMBER: _ClassVar[int]
    NOMINAL_FIELD_NUMBER: _ClassVar[int]
    BORROWING_LIMIT_FIELD_NUMBER: _ClassVar[int]
    LENDING_LIMIT_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    BORROWED_FIELD_NUMBER: _ClassVar[int]
    LENT_FIELD_NUMBER: _ClassVar[int]
    tenant: str
    nominal: _containers.ScalarMap[str, str]
    borrowing_limit: _containers.ScalarMap[str, str]
    lending_limit: _containers.ScalarMap[str, str]
    used: _containers.ScalarMap[str, str]
    borrowed: _containers.ScalarMap[str, str]
    lent: _containers.ScalarMap[str, str]
    def __init__(self, tenant: _Optional[str] = ..., nominal: _Optional[_Mapping[str, str]] = ..., borrowing_limit: _Optional[_Mapping[str, str]] = ..., lending_limit: _Optional[_Mapping[str, str]] = ..., used: _Optional[_Mapping[str, str]] = ..., borrowed: _Optional[_Mapping[str, str]] = ..., lent: _Optional[_Mapping[str, str]] = ...) -> None: ...

class PoolClaim(_message.Message):
    __slots__ = ("claim", "tenant", "node", "priority_class", "priority", "asked", "granted", "share_id", "lease_end_time", "conditions")
    class AskedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class GrantedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_CLASS_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    GRANTED_FIELD_NUMBER: _ClassVar[int]
    SHARE_ID_FIELD_NUMBER: _ClassVar[int]
    LEASE_END_TIME_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    claim: str
    tenant: str
    node: str
    priority_class: str
    priority: int
    asked: _containers.ScalarMap[str, str]
    granted: _containers.ScalarMap[str, str]
    share_id: str
    lease_end_time: _timestamp_pb2.Timestamp
    conditions: _containers.RepeatedCompositeFieldContainer[ObjectCondition]
    def __init__(self, claim: _Optional[str] = ..., tenant: _Optional[str] = ..., node: _Optional[str] = ..., priority_class: _Optional[str] = ..., priority: _Optional[int] = ..., asked: _Optional[_Mapping[str, str]] = ..., granted: _Optional[_Mapping[str, str]] = ..., share_id: _Optional[str] = ..., lease_end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., conditions: _Optional[_Iterable[_Union[ObjectCondition, _Mapping]]] = ...) -> None: ...

class Pool(_message.Message):
    __slots__ = ("name", "resources", "emergency_classes", "tenants", "granted", "pending", "claims", "claims_left_out", "conditions", "update_time", "heard_time")
    class ResourcesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    EMERGENCY_CLASSES_FIELD_NUMBER: _ClassVar[int]
    TENANTS_FIELD_NUMBER: _ClassVar[int]
    GRANTED_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    CLAIMS_FIELD_NUMBER: _ClassVar[int]
    CLAIMS_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    HEARD_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    resources: _containers.ScalarMap[str, str]
    emergency_classes: _containers.RepeatedScalarFieldContainer[str]
    tenants: _containers.RepeatedCompositeFieldContainer[PoolTenant]
    granted: int
    pending: int
    claims: _containers.RepeatedCompositeFieldContainer[PoolClaim]
    claims_left_out: int
    conditions: _containers.RepeatedCompositeFieldContainer[ObjectCondition]
    update_time: _timestamp_pb2.Timestamp
    heard_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., resources: _Optional[_Mapping[str, str]] = ..., emergency_classes: _Optional[_Iterable[str]] = ..., tenants: _Optional[_Iterable[_Union[PoolTenant, _Mapping]]] = ..., granted: _Optional[int] = ..., pending: _Optional[int] = ..., claims: _Optional[_Iterable[_Union[PoolClaim, _Mapping]]] = ..., claims_left_out: _Optional[int] = ..., conditions: _Optional[_Iterable[_Union[ObjectCondition, _Mapping]]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., heard_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
