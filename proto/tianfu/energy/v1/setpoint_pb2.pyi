from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SetpointAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SETPOINT_ACTION_UNSPECIFIED: _ClassVar[SetpointAction]
    SETPOINT_ACTION_CLOSE_GAS_VALVE: _ClassVar[SetpointAction]
    SETPOINT_ACTION_ARM_ISLAND: _ClassVar[SetpointAction]
    SETPOINT_ACTION_HOLD_BATTERY: _ClassVar[SetpointAction]
    SETPOINT_ACTION_STOP_CHARGER: _ClassVar[SetpointAction]
    SETPOINT_ACTION_RELEASE_BATTERY: _ClassVar[SetpointAction]
    SETPOINT_ACTION_RESUME_CHARGER: _ClassVar[SetpointAction]
    SETPOINT_ACTION_DISARM_ISLAND: _ClassVar[SetpointAction]
    SETPOINT_ACTION_SET_POWER: _ClassVar[SetpointAction]

class SetpointOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SETPOINT_OUTCOME_UNSPECIFIED: _ClassVar[SetpointOutcome]
    SETPOINT_OUTCOME_DONE: _ClassVar[SetpointOutcome]
    SETPOINT_OUTCOME_WOULD_DO: _ClassVar[SetpointOutcome]
    SETPOINT_OUTCOME_REFUSED: _ClassVar[SetpointOutcome]
    SETPOINT_OUTCOME_FAILED: _ClassVar[SetpointOutcome]
SETPOINT_ACTION_UNSPECIFIED: SetpointAction
SETPOINT_ACTION_CLOSE_GAS_VALVE: SetpointAction
SETPOINT_ACTION_ARM_ISLAND: SetpointAction
SETPOINT_ACTION_HOLD_BATTERY: SetpointAction
SETPOINT_ACTION_STOP_CHARGER: SetpointAction
SETPOINT_ACTION_RELEASE_BATTERY: SetpointAction
SETPOINT_ACTION_RESUME_CHARGER: SetpointAction
SETPOINT_ACTION_DISARM_ISLAND: SetpointAction
SETPOINT_ACTION_SET_POWER: SetpointAction
SETPOINT_OUTCOME_UNSPECIFIED: SetpointOutcome
SETPOINT_OUTCOME_DONE: SetpointOutcome
SETPOINT_OUTCOME_WOULD_DO: SetpointOutcome
SETPOINT_OUTCOME_REFUSED: SetpointOutcome
SETPOINT_OUTCOME_FAILED: SetpointOutcome

class Setpoint(_message.Message):
    __slots__ = ("order", "asset", "action", "value_kw", "cause", "generation", "issue_time_us", "start_time_us", "expire_time_us", "exercise")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    VALUE_KW_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    ISSUE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    START_TIME_US_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    EXERCISE_FIELD_NUMBER: _ClassVar[int]
    order: str
    asset: str
    action: SetpointAction
    value_kw: float
    cause: str
    generation: int
    issue_time_us: int
    start_time_us: int
    expire_time_us: int
    exercise: bool
    def __init__(self, order: _Optional[str] = ..., asset: _Optional[str] = ..., action: _Optional[_Union[SetpointAction, str]] = ..., value_kw: _Optional[float] = ..., cause: _Optional[str] = ..., generation: _Optional[int] = ..., issue_time_us: _Optional[int] = ..., start_time_us: _Optional[int] = ..., expire_time_us: _Optional[int] = ..., exercise: _Optional[bool] = ...) -> None: ...

class SetpointSheet(_message.Message):
    __slots__ = ("node", "revision", "make_time_us", "setpoints")
    NODE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    MAKE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    SETPOINTS_FIELD_NUMBER: _ClassVar[int]
    node: str
    revision: int
    make_time_us: int
    setpoints: _containers.RepeatedCompositeFieldContainer[Setpoint]
    def __init__(self, node: _Optional[str] = ..., revision: _Optional[int] = ..., make_time_us: _Optional[int] = ..., setpoints: _Optional[_Iterable[_Union[Setpoint, _Mapping]]] = ...) -> None: ...

class SignedSetpointSheet(_message.Message):
    __slots__ = ("sheet", "signature", "public_key")
    SHEET_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    sheet: bytes
    signature: bytes
    public_key: str
    def __init__(self, sheet: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., public_key: _Optional[str] = ...) -> None: ...

class SetpointReport(_message.Message):
    __slots__ = ("node", "order", "asset", "outcome", "reason", "report_time_us", "receive_time_us")
    NODE_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REPORT_TIME_US_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    node: str
    order: str
    asset: str
    outcome: SetpointOutcome
    reason: str
    report_time_us: int
    receive_time_us: int
    def __init__(self, node: _Optional[str] = ..., order: _Optional[str] = ..., asset: _Optional[str] = ..., outcome: _Optional[_Union[SetpointOutcome, str]] = ..., reason: _Optional[str] = ..., report_time_us: _Optional[int] = ..., receive_time_us: _Optional[int] = ...) -> None: ...
