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

class RadioKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RADIO_KIND_UNSPECIFIED: _ClassVar[RadioKind]
    RADIO_KIND_MACRO: _ClassVar[RadioKind]
    RADIO_KIND_REMOTE_RADIO_HEAD: _ClassVar[RadioKind]
    RADIO_KIND_MICRO: _ClassVar[RadioKind]
    RADIO_KIND_PICO: _ClassVar[RadioKind]
    RADIO_KIND_FEMTO: _ClassVar[RadioKind]
RADIO_KIND_UNSPECIFIED: RadioKind
RADIO_KIND_MACRO: RadioKind
RADIO_KIND_REMOTE_RADIO_HEAD: RadioKind
RADIO_KIND_MICRO: RadioKind
RADIO_KIND_PICO: RadioKind
RADIO_KIND_FEMTO: RadioKind

class Station(_message.Message):
    __slots__ = ("name", "operator_name", "place_code", "radio_kind", "radio_count", "critical_kw", "backup_hours", "reserve_kwh", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_NAME_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    RADIO_KIND_FIELD_NUMBER: _ClassVar[int]
    RADIO_COUNT_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_KW_FIELD_NUMBER: _ClassVar[int]
    BACKUP_HOURS_FIELD_NUMBER: _ClassVar[int]
    RESERVE_KWH_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    operator_name: str
    place_code: str
    radio_kind: RadioKind
    radio_count: int
    critical_kw: float
    backup_hours: float
    reserve_kwh: float
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., operator_name: _Optional[str] = ..., place_code: _Optional[str] = ..., radio_kind: _Optional[_Union[RadioKind, str]] = ..., radio_count: _Optional[int] = ..., critical_kw: _Optional[float] = ..., backup_hours: _Optional[float] = ..., reserve_kwh: _Optional[float] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CellScene(_message.Message):
    __slots__ = ("load", "spare", "serves_ambulance")
    LOAD_FIELD_NUMBER: _ClassVar[int]
    SPARE_FIELD_NUMBER: _ClassVar[int]
    SERVES_AMBULANCE_FIELD_NUMBER: _ClassVar[int]
    load: float
    spare: float
    serves_ambulance: bool
    def __init__(self, load: _Optional[float] = ..., spare: _Optional[float] = ..., serves_ambulance: _Optional[bool] = ...) -> None: ...

class SleepStep(_message.Message):
    __slots__ = ("start_time", "asleep", "reason")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    ASLEEP_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    asleep: bool
    reason: str
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., asleep: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class SleepPlan(_message.Message):
    __slots__ = ("name", "start_time", "step_s", "scenes", "steps", "energy_kwh", "always_on_kwh", "rule_version", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    STEP_S_FIELD_NUMBER: _ClassVar[int]
    SCENES_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    ENERGY_KWH_FIELD_NUMBER: _ClassVar[int]
    ALWAYS_ON_KWH_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    start_time: _timestamp_pb2.Timestamp
    step_s: int
    scenes: _containers.RepeatedCompositeFieldContainer[CellScene]
    steps: _containers.RepeatedCompositeFieldContainer[SleepStep]
    energy_kwh: float
    always_on_kwh: float
    rule_version: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., step_s: _Optional[int] = ..., scenes: _Optional[_Iterable[_Union[CellScene, _Mapping]]] = ..., steps: _Optional[_Iterable[_Union[SleepStep, _Mapping]]] = ..., energy_kwh: _Optional[float] = ..., always_on_kwh: _Optional[float] = ..., rule_version: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class BatteryStep(_message.Message):
    __slots__ = ("start_time", "kw", "stored_kwh", "reason")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    KW_FIELD_NUMBER: _ClassVar[int]
    STORED_KWH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    kw: float
    stored_kwh: float
    reason: str
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kw: _Optional[float] = ..., stored_kwh: _Optional[float] = ..., reason: _Optional[str] = ...) -> None: ...

class BatteryPlan(_message.Message):
    __slots__ = ("name", "start_time", "step_s", "load_kw", "price", "power_kw", "capacity_kwh", "charge_efficiency", "discharge_efficiency", "start_kwh", "wear_cost", "steps", "reserve_kwh", "cost_cny", "idle_cost_cny", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    STEP_S_FIELD_NUMBER: _ClassVar[int]
    LOAD_KW_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    POWER_KW_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_KWH_FIELD_NUMBER: _ClassVar[int]
    CHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    START_KWH_FIELD_NUMBER: _ClassVar[int]
    WEAR_COST_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    RESERVE_KWH_FIELD_NUMBER: _ClassVar[int]
    COST_CNY_FIELD_NUMBER: _ClassVar[int]
    IDLE_COST_CNY_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    start_time: _timestamp_pb2.Timestamp
    step_s: int
    load_kw: _containers.RepeatedScalarFieldContainer[float]
    price: _containers.RepeatedScalarFieldContainer[float]
    power_kw: float
    capacity_kwh: float
    charge_efficiency: float
    discharge_efficiency: float
    start_kwh: float
    wear_cost: float
    steps: _containers.RepeatedCompositeFieldContainer[BatteryStep]
    reserve_kwh: float
    cost_cny: float
    idle_cost_cny: float
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., step_s: _Optional[int] = ..., load_kw: _Optional[_Iterable[float]] = ..., price: _Optional[_Iterable[float]] = ..., power_kw: _Optional[float] = ..., capacity_kwh: _Optional[float] = ..., charge_efficiency: _Optional[float] = ..., discharge_efficiency: _Optional[float] = ..., start_kwh: _Optional[float] = ..., wear_cost: _Optional[float] = ..., steps: _Optional[_Iterable[_Union[BatteryStep, _Mapping]]] = ..., reserve_kwh: _Optional[float] = ..., cost_cny: _Optional[float] = ..., idle_cost_cny: _Optional[float] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SubsidyClaim(_message.Message):
    __slots__ = ("name", "operator_name", "meter_number", "month", "energy_kwh", "hours", "mean_load", "other_kw", "metered", "price_paid", "price_grid", "eligible_kwh", "amount_cny", "capped", "expected_kwh_min", "expected_kwh_max", "objections", "rule_version", "rule_verified", "evidence_sha256", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_NAME_FIELD_NUMBER: _ClassVar[int]
    METER_NUMBER_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    ENERGY_KWH_FIELD_NUMBER: _ClassVar[int]
    HOURS_FIELD_NUMBER: _ClassVar[int]
    MEAN_LOAD_FIELD_NUMBER: _ClassVar[int]
    OTHER_KW_FIELD_NUMBER: _ClassVar[int]
    METERED_FIELD_NUMBER: _ClassVar[int]
    PRICE_PAID_FIELD_NUMBER: _ClassVar[int]
    PRICE_GRID_FIELD_NUMBER: _ClassVar[int]
    ELIGIBLE_KWH_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_CNY_FIELD_NUMBER: _ClassVar[int]
    CAPPED_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_KWH_MIN_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_KWH_MAX_FIELD_NUMBER: _ClassVar[int]
    OBJECTIONS_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    RULE_VERIFIED_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_SHA256_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    operator_name: str
    meter_number: str
    month: str
    energy_kwh: float
    hours: float
    mean_load: float
    other_kw: float
    metered: bool
    price_paid: float
    price_grid: float
    eligible_kwh: float
    amount_cny: float
    capped: bool
    expected_kwh_min: float
    expected_kwh_max: float
    objections: _containers.RepeatedScalarFieldContainer[str]
    rule_version: str
    rule_verified: bool
    evidence_sha256: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., operator_name: _Optional[str] = ..., meter_number: _Optional[str] = ..., month: _Optional[str] = ..., energy_kwh: _Optional[float] = ..., hours: _Optional[float] = ..., mean_load: _Optional[float] = ..., other_kw: _Optional[float] = ..., metered: _Optional[bool] = ..., price_paid: _Optional[float] = ..., price_grid: _Optional[float] = ..., eligible_kwh: _Optional[float] = ..., amount_cny: _Optional[float] = ..., capped: _Optional[bool] = ..., expected_kwh_min: _Optional[float] = ..., expected_kwh_max: _Optional[float] = ..., objections: _Optional[_Iterable[str]] = ..., rule_version: _Optional[str] = ..., rule_verified: _Optional[bool] = ..., evidence_sha256: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
