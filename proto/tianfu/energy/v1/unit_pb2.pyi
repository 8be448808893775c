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

class ElectricityBasis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ELECTRICITY_BASIS_UNSPECIFIED: _ClassVar[ElectricityBasis]
    ELECTRICITY_BASIS_EQUIVALENT: _ClassVar[ElectricityBasis]
    ELECTRICITY_BASIS_SUPPLY_COAL: _ClassVar[ElectricityBasis]

class MeteringLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    METERING_LEVEL_UNSPECIFIED: _ClassVar[MeteringLevel]
    METERING_LEVEL_UNIT: _ClassVar[MeteringLevel]
    METERING_LEVEL_SUB_UNIT: _ClassVar[MeteringLevel]
    METERING_LEVEL_EQUIPMENT: _ClassVar[MeteringLevel]

class KeyUnitState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEY_UNIT_STATE_UNSPECIFIED: _ClassVar[KeyUnitState]
    KEY_UNIT_STATE_NO: _ClassVar[KeyUnitState]
    KEY_UNIT_STATE_MAY_BE_DESIGNATED: _ClassVar[KeyUnitState]
    KEY_UNIT_STATE_YES: _ClassVar[KeyUnitState]

class IntervalQuality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTERVAL_QUALITY_UNSPECIFIED: _ClassVar[IntervalQuality]
    INTERVAL_QUALITY_MEASURED: _ClassVar[IntervalQuality]
    INTERVAL_QUALITY_ESTIMATED: _ClassVar[IntervalQuality]
    INTERVAL_QUALITY_ROLLBACK: _ClassVar[IntervalQuality]
    INTERVAL_QUALITY_IMPOSSIBLE: _ClassVar[IntervalQuality]
    INTERVAL_QUALITY_BEYOND_REGISTER: _ClassVar[IntervalQuality]

class QuotaStage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUOTA_STAGE_UNSPECIFIED: _ClassVar[QuotaStage]
    QUOTA_STAGE_WITHIN: _ClassVar[QuotaStage]
    QUOTA_STAGE_NOTICE: _ClassVar[QuotaStage]
    QUOTA_STAGE_WARNING: _ClassVar[QuotaStage]
    QUOTA_STAGE_EXCEEDED: _ClassVar[QuotaStage]
ELECTRICITY_BASIS_UNSPECIFIED: ElectricityBasis
ELECTRICITY_BASIS_EQUIVALENT: ElectricityBasis
ELECTRICITY_BASIS_SUPPLY_COAL: ElectricityBasis
METERING_LEVEL_UNSPECIFIED: MeteringLevel
METERING_LEVEL_UNIT: MeteringLevel
METERING_LEVEL_SUB_UNIT: MeteringLevel
METERING_LEVEL_EQUIPMENT: MeteringLevel
KEY_UNIT_STATE_UNSPECIFIED: KeyUnitState
KEY_UNIT_STATE_NO: KeyUnitState
KEY_UNIT_STATE_MAY_BE_DESIGNATED: KeyUnitState
KEY_UNIT_STATE_YES: KeyUnitState
INTERVAL_QUALITY_UNSPECIFIED: IntervalQuality
INTERVAL_QUALITY_MEASURED: IntervalQuality
INTERVAL_QUALITY_ESTIMATED: IntervalQuality
INTERVAL_QUALITY_ROLLBACK: IntervalQuality
INTERVAL_QUALITY_IMPOSSIBLE: IntervalQuality
INTERVAL_QUALITY_BEYOND_REGISTER: IntervalQuality
QUOTA_STAGE_UNSPECIFIED: QuotaStage
QUOTA_STAGE_WITHIN: QuotaStage
QUOTA_STAGE_NOTICE: QuotaStage
QUOTA_STAGE_WARNING: QuotaStage
QUOTA_STAGE_EXCEEDED: QuotaStage

class MeteringPlace(_message.Message):
    __slots__ = ("place", "energy", "level", "rating")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    RATING_FIELD_NUMBER: _ClassVar[int]
    place: str
    energy: str
    level: MeteringLevel
    rating: float
    def __init__(self, place: _Optional[str] = ..., energy: _Optional[str] = ..., level: _Optional[_Union[MeteringLevel, str]] = ..., rating: _Optional[float] = ...) -> None: ...

class Unit(_message.Message):
    __slots__ = ("name", "display_name", "credit_code", "place_code", "designated", "output_unit", "shut_time", "places", "etag", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    CREDIT_CODE_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    DESIGNATED_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_UNIT_FIELD_NUMBER: _ClassVar[int]
    SHUT_TIME_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    credit_code: str
    place_code: str
    designated: bool
    output_unit: str
    shut_time: _timestamp_pb2.Timestamp
    places: _containers.RepeatedCompositeFieldContainer[MeteringPlace]
    etag: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., credit_code: _Optional[str] = ..., place_code: _Optional[str] = ..., designated: _Optional[bool] = ..., output_unit: _Optional[str] = ..., shut_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., places: _Optional[_Iterable[_Union[MeteringPlace, _Mapping]]] = ..., etag: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class VirtualTerm(_message.Message):
    __slots__ = ("meter", "factor")
    METER_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    meter: str
    factor: float
    def __init__(self, meter: _Optional[str] = ..., factor: _Optional[float] = ...) -> None: ...

class Meter(_message.Message):
    __slots__ = ("name", "display_name", "series", "energy", "level", "place", "upstream", "register_max", "capacity_kva", "multiplier", "terms", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    UPSTREAM_FIELD_NUMBER: _ClassVar[int]
    REGISTER_MAX_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_KVA_FIELD_NUMBER: _ClassVar[int]
    MULTIPLIER_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    series: str
    energy: str
    level: MeteringLevel
    place: str
    upstream: str
    register_max: float
    capacity_kva: float
    multiplier: float
    terms: _containers.RepeatedCompositeFieldContainer[VirtualTerm]
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., series: _Optional[str] = ..., energy: _Optional[str] = ..., level: _Optional[_Union[MeteringLevel, str]] = ..., place: _Optional[str] = ..., upstream: _Optional[str] = ..., register_max: _Optional[float] = ..., capacity_kva: _Optional[float] = ..., multiplier: _Optional[float] = ..., terms: _Optional[_Iterable[_Union[VirtualTerm, _Mapping]]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Interval(_message.Message):
    __slots__ = ("start_time", "amount", "quality", "restatements")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    RESTATEMENTS_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    amount: float
    quality: IntervalQuality
    restatements: int
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., amount: _Optional[float] = ..., quality: _Optional[_Union[IntervalQuality, str]] = ..., restatements: _Optional[int] = ...) -> None: ...

class Restatement(_message.Message):
    __slots__ = ("number", "meter", "start_time", "version", "amount_before", "quality_before", "amount_after", "quality_after", "cause", "restate_time")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    METER_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_BEFORE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_BEFORE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_AFTER_FIELD_NUMBER: _ClassVar[int]
    QUALITY_AFTER_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    RESTATE_TIME_FIELD_NUMBER: _ClassVar[int]
    number: int
    meter: str
    start_time: _timestamp_pb2.Timestamp
    version: int
    amount_before: float
    quality_before: IntervalQuality
    amount_after: float
    quality_after: IntervalQuality
    cause: str
    restate_time: _timestamp_pb2.Timestamp
    def __init__(self, number: _Optional[int] = ..., meter: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., version: _Optional[int] = ..., amount_before: _Optional[float] = ..., quality_before: _Optional[_Union[IntervalQuality, str]] = ..., amount_after: _Optional[float] = ..., quality_after: _Optional[_Union[IntervalQuality, str]] = ..., cause: _Optional[str] = ..., restate_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TotalRestatement(_message.Message):
    __slots__ = ("number", "unit", "energy", "day_time", "version", "amount_before", "amount_after", "restate_time")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    DAY_TIME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_BEFORE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_AFTER_FIELD_NUMBER: _ClassVar[int]
    RESTATE_TIME_FIELD_NUMBER: _ClassVar[int]
    number: int
    unit: str
    energy: str
    day_time: _timestamp_pb2.Timestamp
    version: int
    amount_before: float
    amount_after: float
    restate_time: _timestamp_pb2.Timestamp
    def __init__(self, number: _Optional[int] = ..., unit: _Optional[str] = ..., energy: _Optional[str] = ..., day_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., version: _Optional[int] = ..., amount_before: _Optional[float] = ..., amount_after: _Optional[float] = ..., restate_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EnergyRecord(_message.Message):
    __slots__ = ("name", "energy", "amount", "unit", "sold", "ncv_kj", "month", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    SOLD_FIELD_NUMBER: _ClassVar[int]
    NCV_KJ_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    energy: str
    amount: float
    unit: str
    sold: bool
    ncv_kj: float
    month: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., energy: _Optional[str] = ..., amount: _Optional[float] = ..., unit: _Optional[str] = ..., sold: _Optional[bool] = ..., ncv_kj: _Optional[float] = ..., month: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EnergyShare(_message.Message):
    __slots__ = ("energy", "amount", "unit", "tce")
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    TCE_FIELD_NUMBER: _ClassVar[int]
    energy: str
    amount: float
    unit: str
    tce: float
    def __init__(self, energy: _Optional[str] = ..., amount: _Optional[float] = ..., unit: _Optional[str] = ..., tce: _Optional[float] = ...) -> None: ...

class Consumption(_message.Message):
    __slots__ = ("unit", "start_time", "end_time", "basis", "tce", "energies", "rule_versions", "unknown_intervals", "estimated_intervals", "unconverted_energies")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    TCE_FIELD_NUMBER: _ClassVar[int]
    ENERGIES_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_INTERVALS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_INTERVALS_FIELD_NUMBER: _ClassVar[int]
    UNCONVERTED_ENERGIES_FIELD_NUMBER: _ClassVar[int]
    unit: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    basis: ElectricityBasis
    tce: float
    energies: _containers.RepeatedCompositeFieldContainer[EnergyShare]
    rule_versions: _containers.RepeatedScalarFieldContainer[str]
    unknown_intervals: int
    estimated_intervals: int
    unconverted_energies: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, unit: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., basis: _Optional[_Union[ElectricityBasis, str]] = ..., tce: _Optional[float] = ..., energies: _Optional[_Iterable[_Union[EnergyShare, _Mapping]]] = ..., rule_versions: _Optional[_Iterable[str]] = ..., unknown_intervals: _Optional[int] = ..., estimated_intervals: _Optional[int] = ..., unconverted_energies: _Optional[_Iterable[str]] = ...) -> None: ...

class Intensity(_message.Message):
    __slots__ = ("unit", "consumption", "output", "output_unit", "tce_per_output")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    CONSUMPTION_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_UNIT_FIELD_NUMBER: _ClassVar[int]
    TCE_PER_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    unit: str
    consumption: Consumption
    output: float
    output_unit: str
    tce_per_output: float
    def __init__(self, unit: _Optional[str] = ..., consumption: _Optional[_Union[Consumption, _Mapping]] = ..., output: _Optional[float] = ..., output_unit: _Optional[str] = ..., tce_per_output: _Optional[float] = ...) -> None: ...

class Quota(_message.Message):
    __slots__ = ("name", "quota_tce", "used_tce", "share", "stage", "told_stage", "rule_version", "key_unit", "create_time", "unconverted_energies")
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUOTA_TCE_FIELD_NUMBER: _ClassVar[int]
    USED_TCE_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    TOLD_STAGE_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    KEY_UNIT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UNCONVERTED_ENERGIES_FIELD_NUMBER: _ClassVar[int]
    name: str
    quota_tce: float
    used_tce: float
    share: float
    stage: QuotaStage
    told_stage: QuotaStage
    rule_version: str
    key_unit: KeyUnitState
    create_time: _timestamp_pb2.Timestamp
    unconverted_energies: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., quota_tce: _Optional[float] = ..., used_tce: _Optional[float] = ..., share: _Optional[float] = ..., stage: _Optional[_Union[QuotaStage, str]] = ..., told_stage: _Optional[_Union[QuotaStage, str]] = ..., rule_version: _Optional[str] = ..., key_unit: _Optional[_Union[KeyUnitState, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., unconverted_energies: _Optional[_Iterable[str]] = ...) -> None: ...

class EquipRate(_message.Message):
    __slots__ = ("energy", "level", "needed", "fitted", "required_percent", "met", "missing_places")
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    NEEDED_FIELD_NUMBER: _ClassVar[int]
    FITTED_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_PERCENT_FIELD_NUMBER: _ClassVar[int]
    MET_FIELD_NUMBER: _ClassVar[int]
    MISSING_PLACES_FIELD_NUMBER: _ClassVar[int]
    energy: str
    level: MeteringLevel
    needed: int
    fitted: int
    required_percent: float
    met: bool
    missing_places: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, energy: _Optional[str] = ..., level: _Optional[_Union[MeteringLevel, str]] = ..., needed: _Optional[int] = ..., fitted: _Optional[int] = ..., required_percent: _Optional[float] = ..., met: _Optional[bool] = ..., missing_places: _Optional[_Iterable[str]] = ...) -> None: ...

class MeterBalance(_message.Message):
    __slots__ = ("meter", "state", "difference", "share", "missing_meters")
    METER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    MISSING_METERS_FIELD_NUMBER: _ClassVar[int]
    meter: str
    state: str
    difference: float
    share: float
    missing_meters: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, meter: _Optional[str] = ..., state: _Optional[str] = ..., difference: _Optional[float] = ..., share: _Optional[float] = ..., missing_meters: _Optional[_Iterable[str]] = ...) -> None: ...

class MeteringAudit(_message.Message):
    __slots__ = ("unit", "rates", "unknown_places", "rule_version", "rule_verified", "balances", "met")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    RATES_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_PLACES_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    RULE_VERIFIED_FIELD_NUMBER: _ClassVar[int]
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    MET_FIELD_NUMBER: _ClassVar[int]
    unit: str
    rates: _containers.RepeatedCompositeFieldContainer[EquipRate]
    unknown_places: _containers.RepeatedScalarFieldContainer[str]
    rule_version: str
    rule_verified: bool
    balances: _containers.RepeatedCompositeFieldContainer[MeterBalance]
    met: bool
    def __init__(self, unit: _Optional[str] = ..., rates: _Optional[_Iterable[_Union[EquipRate, _Mapping]]] = ..., unknown_places: _Optional[_Iterable[str]] = ..., rule_version: _Optional[str] = ..., rule_verified: _Optional[bool] = ..., balances: _Optional[_Iterable[_Union[MeterBalance, _Mapping]]] = ..., met: _Optional[bool] = ...) -> None: ...

class Anomaly(_message.Message):
    __slots__ = ("name", "unit", "meter", "kind", "explanation", "start_time", "end_time", "create_time", "rule_version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    METER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    unit: str
    meter: str
    kind: str
    explanation: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    rule_version: str
    def __init__(self, name: _Optional[str] = ..., unit: _Optional[str] = ..., meter: _Optional[str] = ..., kind: _Optional[str] = ..., explanation: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rule_version: _Optional[str] = ...) -> None: ...

class RegionTotal(_message.Message):
    __slots__ = ("place_code", "energy", "amount", "unit_count")
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    UNIT_COUNT_FIELD_NUMBER: _ClassVar[int]
    place_code: str
    energy: str
    amount: float
    unit_count: int
    def __init__(self, place_code: _Optional[str] = ..., energy: _Optional[str] = ..., amount: _Optional[float] = ..., unit_count: _Optional[int] = ...) -> None: ...

class CarbonFootprint(_message.Message):
    __slots__ = ("unit", "year", "location_t", "market_t", "market_known", "fuel_t", "grid_kwh", "green_kwh", "products", "rule_versions")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    YEAR_FIELD_NUMBER: _ClassVar[int]
    LOCATION_T_FIELD_NUMBER: _ClassVar[int]
    MARKET_T_FIELD_NUMBER: _ClassVar[int]
    MARKET_KNOWN_FIELD_NUMBER: _ClassVar[int]
    FUEL_T_FIELD_NUMBER: _ClassVar[int]
    GRID_KWH_FIELD_NUMBER: _ClassVar[int]
    GREEN_KWH_FIELD_NUMBER: _ClassVar[int]
    PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    unit: str
    year: int
    location_t: float
    market_t: float
    market_known: bool
    fuel_t: float
    grid_kwh: float
    green_kwh: float
    products: _containers.RepeatedCompositeFieldContainer[ProductCarbon]
    rule_versions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, unit: _Optional[str] = ..., year: _Optional[int] = ..., location_t: _Optional[float] = ..., market_t: _Optional[float] = ..., market_known: _Optional[bool] = ..., fuel_t: _Optional[float] = ..., grid_kwh: _Optional[float] = ..., green_kwh: _Optional[float] = ..., products: _Optional[_Iterable[_Union[ProductCarbon, _Mapping]]] = ..., rule_versions: _Optional[_Iterable[str]] = ...) -> None: ...

class ProductCarbon(_message.Message):
    __slots__ = ("product", "share", "carbon_t")
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    CARBON_T_FIELD_NUMBER: _ClassVar[int]
    product: str
    share: float
    carbon_t: float
    def __init__(self, product: _Optional[str] = ..., share: _Optional[float] = ..., carbon_t: _Optional[float] = ...) -> None: ...
