import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.authz.v1 import authz_pb2 as _authz_pb2
from tianfu.disaster_warning.v1 import earthquake_pb2 as _earthquake_pb2
from tianfu.disaster_warning.v1 import rule_pb2 as _rule_pb2
from tianfu.disaster_warning.v1 import warning_pb2 as _warning_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_APPROVE: _ClassVar[Verdict]
    VERDICT_REJECT: _ClassVar[Verdict]

class SignatureState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIGNATURE_STATE_UNSPECIFIED: _ClassVar[SignatureState]
    SIGNATURE_STATE_ABSENT: _ClassVar[SignatureState]
    SIGNATURE_STATE_TRUSTED: _ClassVar[SignatureState]
    SIGNATURE_STATE_UNTRUSTED: _ClassVar[SignatureState]
VERDICT_UNSPECIFIED: Verdict
VERDICT_APPROVE: Verdict
VERDICT_REJECT: Verdict
SIGNATURE_STATE_UNSPECIFIED: SignatureState
SIGNATURE_STATE_ABSENT: SignatureState
SIGNATURE_STATE_TRUSTED: SignatureState
SIGNATURE_STATE_UNTRUSTED: SignatureState

class CreateWarningRequest(_message.Message):
    __slots__ = ("warning", "warning_id", "request_id")
    WARNING_FIELD_NUMBER: _ClassVar[int]
    WARNING_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    warning: _warning_pb2.Warning
    warning_id: str
    request_id: str
    def __init__(self, warning: _Optional[_Union[_warning_pb2.Warning, _Mapping]] = ..., warning_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReviewWarningRequest(_message.Message):
    __slots__ = ("name", "verdict", "comment", "etag")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    verdict: Verdict
    comment: str
    etag: str
    def __init__(self, name: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., comment: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class SignWarningRequest(_message.Message):
    __slots__ = ("name", "verdict", "comment", "etag")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    verdict: Verdict
    comment: str
    etag: str
    def __init__(self, name: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., comment: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class PublishWarningRequest(_message.Message):
    __slots__ = ("name", "etag")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class UpdateWarningRequest(_message.Message):
    __slots__ = ("warning", "update_mask", "request_id")
    WARNING_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    warning: _warning_pb2.Warning
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, warning: _Optional[_Union[_warning_pb2.Warning, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CancelWarningRequest(_message.Message):
    __slots__ = ("name", "reason", "etag")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    etag: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class ConfirmAutomaticWarningRequest(_message.Message):
    __slots__ = ("name", "verdict", "comment")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    verdict: Verdict
    comment: str
    def __init__(self, name: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., comment: _Optional[str] = ...) -> None: ...

class GetWarningRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListWarningsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListWarningsResponse(_message.Message):
    __slots__ = ("warnings", "next_page_token")
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    warnings: _containers.RepeatedCompositeFieldContainer[_warning_pb2.Warning]
    next_page_token: str
    def __init__(self, warnings: _Optional[_Iterable[_Union[_warning_pb2.Warning, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchWarningsRequest(_message.Message):
    __slots__ = ("filter", "resume_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: str
    resume_token: str
    def __init__(self, filter: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchWarningsResponse(_message.Message):
    __slots__ = ("warning", "resume_token")
    WARNING_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    warning: _warning_pb2.Warning
    resume_token: str
    def __init__(self, warning: _Optional[_Union[_warning_pb2.Warning, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class ExportCapRequest(_message.Message):
    __slots__ = ("name", "version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class ExportCapResponse(_message.Message):
    __slots__ = ("content", "identifier", "version")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    identifier: str
    version: int
    def __init__(self, content: _Optional[bytes] = ..., identifier: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class ImportCapRequest(_message.Message):
    __slots__ = ("content", "validate_only")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    validate_only: bool
    def __init__(self, content: _Optional[bytes] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class ImportCapResponse(_message.Message):
    __slots__ = ("warning", "cap_version", "findings", "signature_state", "identifier", "repeated_import")
    WARNING_FIELD_NUMBER: _ClassVar[int]
    CAP_VERSION_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_STATE_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    REPEATED_IMPORT_FIELD_NUMBER: _ClassVar[int]
    warning: str
    cap_version: str
    findings: _containers.RepeatedCompositeFieldContainer[CapFinding]
    signature_state: SignatureState
    identifier: str
    repeated_import: bool
    def __init__(self, warning: _Optional[str] = ..., cap_version: _Optional[str] = ..., findings: _Optional[_Iterable[_Union[CapFinding, _Mapping]]] = ..., signature_state: _Optional[_Union[SignatureState, str]] = ..., identifier: _Optional[str] = ..., repeated_import: _Optional[bool] = ...) -> None: ...

class CapFinding(_message.Message):
    __slots__ = ("rule", "path", "message", "fatal")
    RULE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FATAL_FIELD_NUMBER: _ClassVar[int]
    rule: str
    path: str
    message: str
    fatal: bool
    def __init__(self, rule: _Optional[str] = ..., path: _Optional[str] = ..., message: _Optional[str] = ..., fatal: _Optional[bool] = ...) -> None: ...

class GetReceiptsRequest(_message.Message):
    __slots__ = ("name", "version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class GetReceiptsResponse(_message.Message):
    __slots__ = ("counties", "total", "told_population", "area_population", "version")
    COUNTIES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    TOLD_POPULATION_FIELD_NUMBER: _ClassVar[int]
    AREA_POPULATION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    counties: _containers.RepeatedCompositeFieldContainer[_warning_pb2.ReceiptSummary]
    total: _warning_pb2.ReceiptSummary
    told_population: int
    area_population: int
    version: int
    def __init__(self, counties: _Optional[_Iterable[_Union[_warning_pb2.ReceiptSummary, _Mapping]]] = ..., total: _Optional[_Union[_warning_pb2.ReceiptSummary, _Mapping]] = ..., told_population: _Optional[int] = ..., area_population: _Optional[int] = ..., version: _Optional[int] = ...) -> None: ...

class ListEarthquakesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListEarthquakesResponse(_message.Message):
    __slots__ = ("earthquakes", "next_page_token")
    EARTHQUAKES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    earthquakes: _containers.RepeatedCompositeFieldContainer[_earthquake_pb2.Earthquake]
    next_page_token: str
    def __init__(self, earthquakes: _Optional[_Iterable[_Union[_earthquake_pb2.Earthquake, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetEarthquakeRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class EvaluateThresholdsRequest(_message.Message):
    __slots__ = ("place_code", "evaluate_time", "rain", "flood", "fire", "earthquake", "live")
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    EVALUATE_TIME_FIELD_NUMBER: _ClassVar[int]
    RAIN_FIELD_NUMBER: _ClassVar[int]
    FLOOD_FIELD_NUMBER: _ClassVar[int]
    FIRE_FIELD_NUMBER: _ClassVar[int]
    EARTHQUAKE_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    place_code: str
    evaluate_time: _timestamp_pb2.Timestamp
    rain: RainFigures
    flood: FloodFigures
    fire: FireFigures
    earthquake: EarthquakeFigures
    live: LiveFigures
    def __init__(self, place_code: _Optional[str] = ..., evaluate_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rain: _Optional[_Union[RainFigures, _Mapping]] = ..., flood: _Optional[_Union[FloodFigures, _Mapping]] = ..., fire: _Optional[_Union[FireFigures, _Mapping]] = ..., earthquake: _Optional[_Union[EarthquakeFigures, _Mapping]] = ..., live: _Optional[_Union[LiveFigures, _Mapping]] = ...) -> None: ...

class LiveFigures(_message.Message):
    __slots__ = ("gauge",)
    GAUGE_FIELD_NUMBER: _ClassVar[int]
    gauge: str
    def __init__(self, gauge: _Optional[str] = ...) -> None: ...

class RainFigures(_message.Message):
    __slots__ = ("hourly_mm", "earthquake_intensity", "earthquake_time")
    HOURLY_MM_FIELD_NUMBER: _ClassVar[int]
    EARTHQUAKE_INTENSITY_FIELD_NUMBER: _ClassVar[int]
    EARTHQUAKE_TIME_FIELD_NUMBER: _ClassVar[int]
    hourly_mm: _containers.RepeatedScalarFieldContainer[float]
    earthquake_intensity: float
    earthquake_time: _timestamp_pb2.Timestamp
    def __init__(self, hourly_mm: _Optional[_Iterable[float]] = ..., earthquake_intensity: _Optional[float] = ..., earthquake_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class FloodFigures(_message.Message):
    __slots__ = ("level_m", "warning_level_m", "guarantee_level_m", "highest_level_m")
    LEVEL_M_FIELD_NUMBER: _ClassVar[int]
    WARNING_LEVEL_M_FIELD_NUMBER: _ClassVar[int]
    GUARANTEE_LEVEL_M_FIELD_NUMBER: _ClassVar[int]
    HIGHEST_LEVEL_M_FIELD_NUMBER: _ClassVar[int]
    level_m: float
    warning_level_m: float
    guarantee_level_m: float
    highest_level_m: float
    def __init__(self, level_m: _Optional[float] = ..., warning_level_m: _Optional[float] = ..., guarantee_level_m: _Optional[float] = ..., highest_level_m: _Optional[float] = ...) -> None: ...

class FireFigures(_message.Message):
    __slots__ = ("temperature_c", "humidity_percent", "wind_kmh", "rain_mm", "month", "latitude", "ffmc", "dmc", "dc")
    TEMPERATURE_C_FIELD_NUMBER: _ClassVar[int]
    HUMIDITY_PERCENT_FIELD_NUMBER: _ClassVar[int]
    WIND_KMH_FIELD_NUMBER: _ClassVar[int]
    RAIN_MM_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    FFMC_FIELD_NUMBER: _ClassVar[int]
    DMC_FIELD_NUMBER: _ClassVar[int]
    DC_FIELD_NUMBER: _ClassVar[int]
    temperature_c: float
    humidity_percent: float
    wind_kmh: float
    rain_mm: float
    month: int
    latitude: float
    ffmc: float
    dmc: float
    dc: float
    def __init__(self, temperature_c: _Optional[float] = ..., humidity_percent: _Optional[float] = ..., wind_kmh: _Optional[float] = ..., rain_mm: _Optional[float] = ..., month: _Optional[int] = ..., latitude: _Optional[float] = ..., ffmc: _Optional[float] = ..., dmc: _Optional[float] = ..., dc: _Optional[float] = ...) -> None: ...

class EarthquakeFigures(_message.Message):
    __slots__ = ("epicentre", "depth_km", "magnitude")
    EPICENTRE_FIELD_NUMBER: _ClassVar[int]
    DEPTH_KM_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_FIELD_NUMBER: _ClassVar[int]
    epicentre: _warning_pb2.Point
    depth_km: float
    magnitude: float
    def __init__(self, epicentre: _Optional[_Union[_warning_pb2.Point, _Mapping]] = ..., depth_km: _Optional[float] = ..., magnitude: _Optional[float] = ...) -> None: ...

class EvaluateThresholdsResponse(_message.Message):
    __slots__ = ("colour", "event_code", "comparisons", "rule_versions")
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    EVENT_CODE_FIELD_NUMBER: _ClassVar[int]
    COMPARISONS_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    colour: _warning_pb2.Colour
    event_code: str
    comparisons: _containers.RepeatedCompositeFieldContainer[Comparison]
    rule_versions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, colour: _Optional[_Union[_warning_pb2.Colour, str]] = ..., event_code: _Optional[str] = ..., comparisons: _Optional[_Iterable[_Union[Comparison, _Mapping]]] = ..., rule_versions: _Optional[_Iterable[str]] = ...) -> None: ...

class Comparison(_message.Message):
    __slots__ = ("quantity", "value", "threshold", "unit", "ratio", "explanation", "colour", "gauge")
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    GAUGE_FIELD_NUMBER: _ClassVar[int]
    quantity: str
    value: float
    threshold: float
    unit: str
    ratio: float
    explanation: str
    colour: _warning_pb2.Colour
    gauge: str
    def __init__(self, quantity: _Optional[str] = ..., value: _Optional[float] = ..., threshold: _Optional[float] = ..., unit: _Optional[str] = ..., ratio: _Optional[float] = ..., explanation: _Optional[str] = ..., colour: _Optional[_Union[_warning_pb2.Colour, str]] = ..., gauge: _Optional[str] = ...) -> None: ...

class ListRulesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListRulesResponse(_message.Message):
    __slots__ = ("rules", "next_page_token")
    RULES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[_rule_pb2.Rule]
    next_page_token: str
    def __init__(self, rules: _Optional[_Iterable[_Union[_rule_pb2.Rule, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetRuleRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...
