import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.energy.v1 import setpoint_pb2 as _setpoint_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LoadClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOAD_CLASS_UNSPECIFIED: _ClassVar[LoadClass]
    LOAD_CLASS_HOSPITAL: _ClassVar[LoadClass]
    LOAD_CLASS_WATER: _ClassVar[LoadClass]
    LOAD_CLASS_BASE_STATION: _ClassVar[LoadClass]
    LOAD_CLASS_OTHER: _ClassVar[LoadClass]

class DispatchMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISPATCH_MODE_UNSPECIFIED: _ClassVar[DispatchMode]
    DISPATCH_MODE_CHEAPEST: _ClassVar[DispatchMode]
    DISPATCH_MODE_EMERGENCY: _ClassVar[DispatchMode]
    DISPATCH_MODE_ISLAND: _ClassVar[DispatchMode]

class DispatchState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISPATCH_STATE_UNSPECIFIED: _ClassVar[DispatchState]
    DISPATCH_STATE_PLANNED: _ClassVar[DispatchState]
    DISPATCH_STATE_RELEASED: _ClassVar[DispatchState]

class Equipment(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EQUIPMENT_UNSPECIFIED: _ClassVar[Equipment]
    EQUIPMENT_GAS_VALVE: _ClassVar[Equipment]
    EQUIPMENT_CHARGER: _ClassVar[Equipment]
    EQUIPMENT_BATTERY: _ClassVar[Equipment]
    EQUIPMENT_MICROGRID: _ClassVar[Equipment]

class OrderState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_STATE_UNSPECIFIED: _ClassVar[OrderState]
    ORDER_STATE_GIVEN: _ClassVar[OrderState]
    ORDER_STATE_DONE: _ClassVar[OrderState]
    ORDER_STATE_WOULD_DO: _ClassVar[OrderState]
    ORDER_STATE_REFUSED: _ClassVar[OrderState]
    ORDER_STATE_FAILED: _ClassVar[OrderState]
LOAD_CLASS_UNSPECIFIED: LoadClass
LOAD_CLASS_HOSPITAL: LoadClass
LOAD_CLASS_WATER: LoadClass
LOAD_CLASS_BASE_STATION: LoadClass
LOAD_CLASS_OTHER: LoadClass
DISPATCH_MODE_UNSPECIFIED: DispatchMode
DISPATCH_MODE_CHEAPEST: DispatchMode
DISPATCH_MODE_EMERGENCY: DispatchMode
DISPATCH_MODE_ISLAND: DispatchMode
DISPATCH_STATE_UNSPECIFIED: DispatchState
DISPATCH_STATE_PLANNED: DispatchState
DISPATCH_STATE_RELEASED: DispatchState
EQUIPMENT_UNSPECIFIED: Equipment
EQUIPMENT_GAS_VALVE: Equipment
EQUIPMENT_CHARGER: Equipment
EQUIPMENT_BATTERY: Equipment
EQUIPMENT_MICROGRID: Equipment
ORDER_STATE_UNSPECIFIED: OrderState
ORDER_STATE_GIVEN: OrderState
ORDER_STATE_DONE: OrderState
ORDER_STATE_WOULD_DO: OrderState
ORDER_STATE_REFUSED: OrderState
ORDER_STATE_FAILED: OrderState

class Load(_message.Message):
    __slots__ = ("load_class", "kw")
    LOAD_CLASS_FIELD_NUMBER: _ClassVar[int]
    KW_FIELD_NUMBER: _ClassVar[int]
    load_class: LoadClass
    kw: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, load_class: _Optional[_Union[LoadClass, str]] = ..., kw: _Optional[_Iterable[float]] = ...) -> None: ...

class Chp(_message.Message):
    __slots__ = ("plant", "gas_max_kw", "electric", "heat", "gas_min_kw", "start_cost", "up_steps_min", "was_on")
    PLANT_FIELD_NUMBER: _ClassVar[int]
    GAS_MAX_KW_FIELD_NUMBER: _ClassVar[int]
    ELECTRIC_FIELD_NUMBER: _ClassVar[int]
    HEAT_FIELD_NUMBER: _ClassVar[int]
    GAS_MIN_KW_FIELD_NUMBER: _ClassVar[int]
    START_COST_FIELD_NUMBER: _ClassVar[int]
    UP_STEPS_MIN_FIELD_NUMBER: _ClassVar[int]
    WAS_ON_FIELD_NUMBER: _ClassVar[int]
    plant: str
    gas_max_kw: float
    electric: float
    heat: float
    gas_min_kw: float
    start_cost: float
    up_steps_min: int
    was_on: bool
    def __init__(self, plant: _Optional[str] = ..., gas_max_kw: _Optional[float] = ..., electric: _Optional[float] = ..., heat: _Optional[float] = ..., gas_min_kw: _Optional[float] = ..., start_cost: _Optional[float] = ..., up_steps_min: _Optional[int] = ..., was_on: _Optional[bool] = ...) -> None: ...

class Boiler(_message.Message):
    __slots__ = ("plant", "gas_max_kw", "heat")
    PLANT_FIELD_NUMBER: _ClassVar[int]
    GAS_MAX_KW_FIELD_NUMBER: _ClassVar[int]
    HEAT_FIELD_NUMBER: _ClassVar[int]
    plant: str
    gas_max_kw: float
    heat: float
    def __init__(self, plant: _Optional[str] = ..., gas_max_kw: _Optional[float] = ..., heat: _Optional[float] = ...) -> None: ...

class HeatPump(_message.Message):
    __slots__ = ("plant", "electric_max_kw", "cop")
    PLANT_FIELD_NUMBER: _ClassVar[int]
    ELECTRIC_MAX_KW_FIELD_NUMBER: _ClassVar[int]
    COP_FIELD_NUMBER: _ClassVar[int]
    plant: str
    electric_max_kw: float
    cop: float
    def __init__(self, plant: _Optional[str] = ..., electric_max_kw: _Optional[float] = ..., cop: _Optional[float] = ...) -> None: ...

class Battery(_message.Message):
    __slots__ = ("plant", "power_kw", "capacity_kwh", "charge_efficiency", "discharge_efficiency", "start_kwh", "reserve_kwh", "end_kwh_min", "wear_cost")
    PLANT_FIELD_NUMBER: _ClassVar[int]
    POWER_KW_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_KWH_FIELD_NUMBER: _ClassVar[int]
    CHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    DISCHARGE_EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    START_KWH_FIELD_NUMBER: _ClassVar[int]
    RESERVE_KWH_FIELD_NUMBER: _ClassVar[int]
    END_KWH_MIN_FIELD_NUMBER: _ClassVar[int]
    WEAR_COST_FIELD_NUMBER: _ClassVar[int]
    plant: str
    power_kw: float
    capacity_kwh: float
    charge_efficiency: float
    discharge_efficiency: float
    start_kwh: float
    reserve_kwh: float
    end_kwh_min: float
    wear_cost: float
    def __init__(self, plant: _Optional[str] = ..., power_kw: _Optional[float] = ..., capacity_kwh: _Optional[float] = ..., charge_efficiency: _Optional[float] = ..., discharge_efficiency: _Optional[float] = ..., start_kwh: _Optional[float] = ..., reserve_kwh: _Optional[float] = ..., end_kwh_min: _Optional[float] = ..., wear_cost: _Optional[float] = ...) -> None: ...

class Site(_message.Message):
    __slots__ = ("step_hours", "grid_price", "grid_max_kw", "gas_price", "loads", "heat_kw", "pv_kw", "export_price", "export_max_kw", "chps", "boilers", "heat_pumps", "batteries")
    STEP_HOURS_FIELD_NUMBER: _ClassVar[int]
    GRID_PRICE_FIELD_NUMBER: _ClassVar[int]
    GRID_MAX_KW_FIELD_NUMBER: _ClassVar[int]
    GAS_PRICE_FIELD_NUMBER: _ClassVar[int]
    LOADS_FIELD_NUMBER: _ClassVar[int]
    HEAT_KW_FIELD_NUMBER: _ClassVar[int]
    PV_KW_FIELD_NUMBER: _ClassVar[int]
    EXPORT_PRICE_FIELD_NUMBER: _ClassVar[int]
    EXPORT_MAX_KW_FIELD_NUMBER: _ClassVar[int]
    CHPS_FIELD_NUMBER: _ClassVar[int]
    BOILERS_FIELD_NUMBER: _ClassVar[int]
    HEAT_PUMPS_FIELD_NUMBER: _ClassVar[int]
    BATTERIES_FIELD_NUMBER: _ClassVar[int]
    step_hours: float
    grid_price: _containers.RepeatedScalarFieldContainer[float]
    grid_max_kw: _containers.RepeatedScalarFieldContainer[float]
    gas_price: float
    loads: _containers.RepeatedCompositeFieldContainer[Load]
    heat_kw: _containers.RepeatedScalarFieldContainer[float]
    pv_kw: _containers.RepeatedScalarFieldContainer[float]
    export_price: _containers.RepeatedScalarFieldContainer[float]
    export_max_kw: float
    chps: _containers.RepeatedCompositeFieldContainer[Chp]
    boilers: _containers.RepeatedCompositeFieldContainer[Boiler]
    heat_pumps: _containers.RepeatedCompositeFieldContainer[HeatPump]
    batteries: _containers.RepeatedCompositeFieldContainer[Battery]
    def __init__(self, step_hours: _Optional[float] = ..., grid_price: _Optional[_Iterable[float]] = ..., grid_max_kw: _Optional[_Iterable[float]] = ..., gas_price: _Optional[float] = ..., loads: _Optional[_Iterable[_Union[Load, _Mapping]]] = ..., heat_kw: _Optional[_Iterable[float]] = ..., pv_kw: _Optional[_Iterable[float]] = ..., export_price: _Optional[_Iterable[float]] = ..., export_max_kw: _Optional[float] = ..., chps: _Optional[_Iterable[_Union[Chp, _Mapping]]] = ..., boilers: _Optional[_Iterable[_Union[Boiler, _Mapping]]] = ..., heat_pumps: _Optional[_Iterable[_Union[HeatPump, _Mapping]]] = ..., batteries: _Optional[_Iterable[_Union[Battery, _Mapping]]] = ...) -> None: ...

class PlantSchedule(_message.Message):
    __slots__ = ("plant", "kw", "stored_kwh")
    PLANT_FIELD_NUMBER: _ClassVar[int]
    KW_FIELD_NUMBER: _ClassVar[int]
    STORED_KWH_FIELD_NUMBER: _ClassVar[int]
    plant: str
    kw: _containers.RepeatedScalarFieldContainer[float]
    stored_kwh: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, plant: _Optional[str] = ..., kw: _Optional[_Iterable[float]] = ..., stored_kwh: _Optional[_Iterable[float]] = ...) -> None: ...

class BindingLimit(_message.Message):
    __slots__ = ("plant", "step", "limit", "saving")
    PLANT_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SAVING_FIELD_NUMBER: _ClassVar[int]
    plant: str
    step: int
    limit: float
    saving: float
    def __init__(self, plant: _Optional[str] = ..., step: _Optional[int] = ..., limit: _Optional[float] = ..., saving: _Optional[float] = ...) -> None: ...

class Unserved(_message.Message):
    __slots__ = ("load", "kwh", "kw")
    LOAD_FIELD_NUMBER: _ClassVar[int]
    KWH_FIELD_NUMBER: _ClassVar[int]
    KW_FIELD_NUMBER: _ClassVar[int]
    load: str
    kwh: float
    kw: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, load: _Optional[str] = ..., kwh: _Optional[float] = ..., kw: _Optional[_Iterable[float]] = ...) -> None: ...

class DispatchPlan(_message.Message):
    __slots__ = ("name", "site", "mode", "start_time", "state", "cost", "schedules", "marginal_price", "heat_price", "limits", "unserved", "orders", "window_steps", "kept_steps", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    SCHEDULES_FIELD_NUMBER: _ClassVar[int]
    MARGINAL_PRICE_FIELD_NUMBER: _ClassVar[int]
    HEAT_PRICE_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    UNSERVED_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    WINDOW_STEPS_FIELD_NUMBER: _ClassVar[int]
    KEPT_STEPS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    site: Site
    mode: DispatchMode
    start_time: _timestamp_pb2.Timestamp
    state: DispatchState
    cost: float
    schedules: _containers.RepeatedCompositeFieldContainer[PlantSchedule]
    marginal_price: _containers.RepeatedScalarFieldContainer[float]
    heat_price: _containers.RepeatedScalarFieldContainer[float]
    limits: _containers.RepeatedCompositeFieldContainer[BindingLimit]
    unserved: _containers.RepeatedCompositeFieldContainer[Unserved]
    orders: _containers.RepeatedScalarFieldContainer[str]
    window_steps: int
    kept_steps: int
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., site: _Optional[_Union[Site, _Mapping]] = ..., mode: _Optional[_Union[DispatchMode, str]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[DispatchState, str]] = ..., cost: _Optional[float] = ..., schedules: _Optional[_Iterable[_Union[PlantSchedule, _Mapping]]] = ..., marginal_price: _Optional[_Iterable[float]] = ..., heat_price: _Optional[_Iterable[float]] = ..., limits: _Optional[_Iterable[_Union[BindingLimit, _Mapping]]] = ..., unserved: _Optional[_Iterable[_Union[Unserved, _Mapping]]] = ..., orders: _Optional[_Iterable[str]] = ..., window_steps: _Optional[int] = ..., kept_steps: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Asset(_message.Message):
    __slots__ = ("name", "node", "place_code", "equipment", "unit", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    EQUIPMENT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    node: str
    place_code: str
    equipment: Equipment
    unit: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., node: _Optional[str] = ..., place_code: _Optional[str] = ..., equipment: _Optional[_Union[Equipment, str]] = ..., unit: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("name", "asset", "node", "action", "value_kw", "cause", "generation", "exercise", "reason", "rule_version", "issue_time", "start_time", "expire_time", "state", "refusal", "report_time", "cause_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    VALUE_KW_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    EXERCISE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    ISSUE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    REPORT_TIME_FIELD_NUMBER: _ClassVar[int]
    CAUSE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    asset: str
    node: str
    action: _setpoint_pb2.SetpointAction
    value_kw: float
    cause: str
    generation: int
    exercise: bool
    reason: str
    rule_version: str
    issue_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    state: OrderState
    refusal: str
    report_time: _timestamp_pb2.Timestamp
    cause_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., asset: _Optional[str] = ..., node: _Optional[str] = ..., action: _Optional[_Union[_setpoint_pb2.SetpointAction, str]] = ..., value_kw: _Optional[float] = ..., cause: _Optional[str] = ..., generation: _Optional[int] = ..., exercise: _Optional[bool] = ..., reason: _Optional[str] = ..., rule_version: _Optional[str] = ..., issue_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[OrderState, str]] = ..., refusal: _Optional[str] = ..., report_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cause_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
