from tianfu.disaster_warning.v1 import warning_pb2 as _warning_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NoticeType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOTICE_TYPE_UNSPECIFIED: _ClassVar[NoticeType]
    NOTICE_TYPE_ALERT: _ClassVar[NoticeType]
    NOTICE_TYPE_UPDATE: _ClassVar[NoticeType]
    NOTICE_TYPE_CANCEL: _ClassVar[NoticeType]

class Sink(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SINK_UNSPECIFIED: _ClassVar[Sink]
    SINK_NODE: _ClassVar[Sink]
    SINK_SIREN: _ClassVar[Sink]
    SINK_BOARD: _ClassVar[Sink]
    SINK_CELL_BROADCAST: _ClassVar[Sink]
    SINK_VOICE: _ClassVar[Sink]

class ReceiptState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECEIPT_STATE_UNSPECIFIED: _ClassVar[ReceiptState]
    RECEIPT_STATE_SENT: _ClassVar[ReceiptState]
    RECEIPT_STATE_DELIVERED: _ClassVar[ReceiptState]
    RECEIPT_STATE_ACKED: _ClassVar[ReceiptState]
    RECEIPT_STATE_FAILED: _ClassVar[ReceiptState]
    RECEIPT_STATE_REFUSED: _ClassVar[ReceiptState]
NOTICE_TYPE_UNSPECIFIED: NoticeType
NOTICE_TYPE_ALERT: NoticeType
NOTICE_TYPE_UPDATE: NoticeType
NOTICE_TYPE_CANCEL: NoticeType
SINK_UNSPECIFIED: Sink
SINK_NODE: Sink
SINK_SIREN: Sink
SINK_BOARD: Sink
SINK_CELL_BROADCAST: Sink
SINK_VOICE: Sink
RECEIPT_STATE_UNSPECIFIED: ReceiptState
RECEIPT_STATE_SENT: ReceiptState
RECEIPT_STATE_DELIVERED: ReceiptState
RECEIPT_STATE_ACKED: ReceiptState
RECEIPT_STATE_FAILED: ReceiptState
RECEIPT_STATE_REFUSED: ReceiptState

class SignedBulletin(_message.Message):
    __slots__ = ("bulletin", "signature", "public_key")
    BULLETIN_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    bulletin: bytes
    signature: bytes
    public_key: str
    def __init__(self, bulletin: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., public_key: _Optional[str] = ...) -> None: ...

class CountyBulletin(_message.Message):
    __slots__ = ("place_code", "channel", "revision", "make_time_us", "notices")
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    MAKE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    place_code: str
    channel: _warning_pb2.WarningChannel
    revision: int
    make_time_us: int
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    def __init__(self, place_code: _Optional[str] = ..., channel: _Optional[_Union[_warning_pb2.WarningChannel, str]] = ..., revision: _Optional[int] = ..., make_time_us: _Optional[int] = ..., notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ...) -> None: ...

class Notice(_message.Message):
    __slots__ = ("warning", "version", "notice_type", "channel", "event_code", "colour", "send_time_us", "onset_time_us", "expire_time_us", "texts", "earthquake", "cap_identifier")
    WARNING_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NOTICE_TYPE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    EVENT_CODE_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    SEND_TIME_US_FIELD_NUMBER: _ClassVar[int]
    ONSET_TIME_US_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    EARTHQUAKE_FIELD_NUMBER: _ClassVar[int]
    CAP_IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    warning: str
    version: int
    notice_type: NoticeType
    channel: _warning_pb2.WarningChannel
    event_code: str
    colour: _warning_pb2.Colour
    send_time_us: int
    onset_time_us: int
    expire_time_us: int
    texts: _containers.RepeatedCompositeFieldContainer[NoticeText]
    earthquake: EarthquakeNotice
    cap_identifier: str
    def __init__(self, warning: _Optional[str] = ..., version: _Optional[int] = ..., notice_type: _Optional[_Union[NoticeType, str]] = ..., channel: _Optional[_Union[_warning_pb2.WarningChannel, str]] = ..., event_code: _Optional[str] = ..., colour: _Optional[_Union[_warning_pb2.Colour, str]] = ..., send_time_us: _Optional[int] = ..., onset_time_us: _Optional[int] = ..., expire_time_us: _Optional[int] = ..., texts: _Optional[_Iterable[_Union[NoticeText, _Mapping]]] = ..., earthquake: _Optional[_Union[EarthquakeNotice, _Mapping]] = ..., cap_identifier: _Optional[str] = ...) -> None: ...

class NoticeText(_message.Message):
    __slots__ = ("language", "headline", "description", "instruction", "voice", "board")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    HEADLINE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    BOARD_FIELD_NUMBER: _ClassVar[int]
    language: str
    headline: str
    description: str
    instruction: str
    voice: str
    board: str
    def __init__(self, language: _Optional[str] = ..., headline: _Optional[str] = ..., description: _Optional[str] = ..., instruction: _Optional[str] = ..., voice: _Optional[str] = ..., board: _Optional[str] = ...) -> None: ...

class EarthquakeNotice(_message.Message):
    __slots__ = ("earthquake", "origin_time_us", "latitude", "longitude", "depth_km", "magnitude", "intensity", "s_arrival_time_us", "distance_km")
    EARTHQUAKE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_TIME_US_FIELD_NUMBER: _ClassVar[int]
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    DEPTH_KM_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_FIELD_NUMBER: _ClassVar[int]
    INTENSITY_FIELD_NUMBER: _ClassVar[int]
    S_ARRIVAL_TIME_US_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_KM_FIELD_NUMBER: _ClassVar[int]
    earthquake: str
    origin_time_us: int
    latitude: float
    longitude: float
    depth_km: float
    magnitude: float
    intensity: float
    s_arrival_time_us: int
    distance_km: float
    def __init__(self, earthquake: _Optional[str] = ..., origin_time_us: _Optional[int] = ..., latitude: _Optional[float] = ..., longitude: _Optional[float] = ..., depth_km: _Optional[float] = ..., magnitude: _Optional[float] = ..., intensity: _Optional[float] = ..., s_arrival_time_us: _Optional[int] = ..., distance_km: _Optional[float] = ...) -> None: ...

class ReceiptReport(_message.Message):
    __slots__ = ("node", "sequence", "epoch", "receipts", "place_code")
    NODE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    node: str
    sequence: int
    epoch: int
    receipts: _containers.RepeatedCompositeFieldContainer[Receipt]
    place_code: str
    def __init__(self, node: _Optional[str] = ..., sequence: _Optional[int] = ..., epoch: _Optional[int] = ..., receipts: _Optional[_Iterable[_Union[Receipt, _Mapping]]] = ..., place_code: _Optional[str] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("warning", "version", "channel", "sink", "state", "event_time_us", "reason", "clock_offset_us")
    WARNING_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SINK_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_US_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CLOCK_OFFSET_US_FIELD_NUMBER: _ClassVar[int]
    warning: str
    version: int
    channel: _warning_pb2.WarningChannel
    sink: Sink
    state: ReceiptState
    event_time_us: int
    reason: str
    clock_offset_us: int
    def __init__(self, warning: _Optional[str] = ..., version: _Optional[int] = ..., channel: _Optional[_Union[_warning_pb2.WarningChannel, str]] = ..., sink: _Optional[_Union[Sink, str]] = ..., state: _Optional[_Union[ReceiptState, str]] = ..., event_time_us: _Optional[int] = ..., reason: _Optional[str] = ..., clock_offset_us: _Optional[int] = ...) -> None: ...
