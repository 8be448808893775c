from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RecordQuality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECORD_QUALITY_UNSPECIFIED: _ClassVar[RecordQuality]
    RECORD_QUALITY_GOOD: _ClassVar[RecordQuality]
    RECORD_QUALITY_CLIPPED: _ClassVar[RecordQuality]
    RECORD_QUALITY_GAPPED: _ClassVar[RecordQuality]
RECORD_QUALITY_UNSPECIFIED: RecordQuality
RECORD_QUALITY_GOOD: RecordQuality
RECORD_QUALITY_CLIPPED: RecordQuality
RECORD_QUALITY_GAPPED: RecordQuality

class StationFeatures(_message.Message):
    __slots__ = ("station", "pick_id", "latitude", "longitude", "pick_time_us", "elapsed_s", "pd_cm", "tau_c_s", "pga_mps2", "pgv_mps", "intensity", "vertical_intensity", "snr", "dominant_hz", "quality", "clock_offset_us", "send_time_us")
    STATION_FIELD_NUMBER: _ClassVar[int]
    PICK_ID_FIELD_NUMBER: _ClassVar[int]
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    PICK_TIME_US_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_S_FIELD_NUMBER: _ClassVar[int]
    PD_CM_FIELD_NUMBER: _ClassVar[int]
    TAU_C_S_FIELD_NUMBER: _ClassVar[int]
    PGA_MPS2_FIELD_NUMBER: _ClassVar[int]
    PGV_MPS_FIELD_NUMBER: _ClassVar[int]
    INTENSITY_FIELD_NUMBER: _ClassVar[int]
    VERTICAL_INTENSITY_FIELD_NUMBER: _ClassVar[int]
    SNR_FIELD_NUMBER: _ClassVar[int]
    DOMINANT_HZ_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    CLOCK_OFFSET_US_FIELD_NUMBER: _ClassVar[int]
    SEND_TIME_US_FIELD_NUMBER: _ClassVar[int]
    station: str
    pick_id: int
    latitude: float
    longitude: float
    pick_time_us: int
    elapsed_s: float
    pd_cm: float
    tau_c_s: float
    pga_mps2: float
    pgv_mps: float
    intensity: float
    vertical_intensity: float
    snr: float
    dominant_hz: float
    quality: RecordQuality
    clock_offset_us: int
    send_time_us: int
    def __init__(self, station: _Optional[str] = ..., pick_id: _Optional[int] = ..., latitude: _Optional[float] = ..., longitude: _Optional[float] = ..., pick_time_us: _Optional[int] = ..., elapsed_s: _Optional[float] = ..., pd_cm: _Optional[float] = ..., tau_c_s: _Optional[float] = ..., pga_mps2: _Optional[float] = ..., pgv_mps: _Optional[float] = ..., intensity: _Optional[float] = ..., vertical_intensity: _Optional[float] = ..., snr: _Optional[float] = ..., dominant_hz: _Optional[float] = ..., quality: _Optional[_Union[RecordQuality, str]] = ..., clock_offset_us: _Optional[int] = ..., send_time_us: _Optional[int] = ...) -> None: ...
