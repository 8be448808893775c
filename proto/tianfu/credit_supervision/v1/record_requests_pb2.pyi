from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from tianfu.credit_supervision.v1 import purpose_pb2 as _purpose_pb2
from tianfu.credit_supervision.v1 import record_pb2 as _record_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateRecordRequest(_message.Message):
    __slots__ = ("record", "record_id", "request_id")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    record: _record_pb2.Record
    record_id: str
    request_id: str
    def __init__(self, record: _Optional[_Union[_record_pb2.Record, _Mapping]] = ..., record_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetRecordRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListRecordsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent", "purpose")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListRecordsResponse(_message.Message):
    __slots__ = ("records", "next_page_token")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[_record_pb2.Record]
    next_page_token: str
    def __init__(self, records: _Optional[_Iterable[_Union[_record_pb2.Record, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CorrectRecordRequest(_message.Message):
    __slots__ = ("name", "record", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    record: _record_pb2.Record
    reason: str
    def __init__(self, name: _Optional[str] = ..., record: _Optional[_Union[_record_pb2.Record, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class RevokeRecordRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ListRecordDecisionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent", "purpose")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListRecordDecisionsResponse(_message.Message):
    __slots__ = ("record_decisions", "next_page_token")
    RECORD_DECISIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    record_decisions: _containers.RepeatedCompositeFieldContainer[_record_pb2.RecordDecision]
    next_page_token: str
    def __init__(self, record_decisions: _Optional[_Iterable[_Union[_record_pb2.RecordDecision, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReplayRecordDecisionRequest(_message.Message):
    __slots__ = ("name", "record", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    record: _record_pb2.Record
    purpose: _purpose_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., record: _Optional[_Union[_record_pb2.Record, _Mapping]] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ReplayRecordDecisionResponse(_message.Message):
    __slots__ = ("stored", "replayed", "is_same")
    STORED_FIELD_NUMBER: _ClassVar[int]
    REPLAYED_FIELD_NUMBER: _ClassVar[int]
    IS_SAME_FIELD_NUMBER: _ClassVar[int]
    stored: _record_pb2.RecordDecision
    replayed: _record_pb2.RecordDecision
    is_same: bool
    def __init__(self, stored: _Optional[_Union[_record_pb2.RecordDecision, _Mapping]] = ..., replayed: _Optional[_Union[_record_pb2.RecordDecision, _Mapping]] = ..., is_same: _Optional[bool] = ...) -> None: ...

class CreateObjectionRequest(_message.Message):
    __slots__ = ("objection", "objection_id", "request_id")
    OBJECTION_FIELD_NUMBER: _ClassVar[int]
    OBJECTION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    objection: _record_pb2.Objection
    objection_id: str
    request_id: str
    def __init__(self, objection: _Optional[_Union[_record_pb2.Objection, _Mapping]] = ..., objection_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetObjectionRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListObjectionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "state", "purpose")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    state: _record_pb2.ObjectionState
    purpose: _purpose_pb2.Purpose
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., state: _Optional[_Union[_record_pb2.ObjectionState, str]] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListObjectionsResponse(_message.Message):
    __slots__ = ("objections", "next_page_token")
    OBJECTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    objections: _containers.RepeatedCompositeFieldContainer[_record_pb2.Objection]
    next_page_token: str
    def __init__(self, objections: _Optional[_Iterable[_Union[_record_pb2.Objection, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DecideObjectionRequest(_message.Message):
    __slots__ = ("name", "state", "reason", "correction")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CORRECTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: _record_pb2.ObjectionState
    reason: str
    correction: _record_pb2.Record
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[_record_pb2.ObjectionState, str]] = ..., reason: _Optional[str] = ..., correction: _Optional[_Union[_record_pb2.Record, _Mapping]] = ...) -> None: ...

class WithdrawObjectionRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateRepairRequest(_message.Message):
    __slots__ = ("repair", "repair_id", "request_id")
    REPAIR_FIELD_NUMBER: _ClassVar[int]
    REPAIR_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    repair: _record_pb2.Repair
    repair_id: str
    request_id: str
    def __init__(self, repair: _Optional[_Union[_record_pb2.Repair, _Mapping]] = ..., repair_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetRepairRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListRepairsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "state", "purpose")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    state: _record_pb2.RepairState
    purpose: _purpose_pb2.Purpose
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., state: _Optional[_Union[_record_pb2.RepairState, str]] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListRepairsResponse(_message.Message):
    __slots__ = ("repairs", "next_page_token")
    REPAIRS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    repairs: _containers.RepeatedCompositeFieldContainer[_record_pb2.Repair]
    next_page_token: str
    def __init__(self, repairs: _Optional[_Iterable[_Union[_record_pb2.Repair, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DecideRepairRequest(_message.Message):
    __slots__ = ("name", "state", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: _record_pb2.RepairState
    reason: str
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[_record_pb2.RepairState, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class WithdrawRepairRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateRulingRequest(_message.Message):
    __slots__ = ("ruling", "ruling_id", "request_id")
    RULING_FIELD_NUMBER: _ClassVar[int]
    RULING_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ruling: _record_pb2.Ruling
    ruling_id: str
    request_id: str
    def __init__(self, ruling: _Optional[_Union[_record_pb2.Ruling, _Mapping]] = ..., ruling_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetRulingRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class CreateAdverseUseRequest(_message.Message):
    __slots__ = ("adverse_use", "adverse_use_id", "request_id")
    ADVERSE_USE_FIELD_NUMBER: _ClassVar[int]
    ADVERSE_USE_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    adverse_use: _record_pb2.AdverseUse
    adverse_use_id: str
    request_id: str
    def __init__(self, adverse_use: _Optional[_Union[_record_pb2.AdverseUse, _Mapping]] = ..., adverse_use_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetAdverseUseRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _purpose_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListAdverseUsesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "state", "purpose")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    state: _record_pb2.AdverseUseState
    purpose: _purpose_pb2.Purpose
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., state: _Optional[_Union[_record_pb2.AdverseUseState, str]] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListAdverseUsesResponse(_message.Message):
    __slots__ = ("adverse_uses", "next_page_token")
    ADVERSE_USES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    adverse_uses: _containers.RepeatedCompositeFieldContainer[_record_pb2.AdverseUse]
    next_page_token: str
    def __init__(self, adverse_uses: _Optional[_Iterable[_Union[_record_pb2.AdverseUse, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DecideAdverseUseRequest(_message.Message):
    __slots__ = ("name", "state", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: _record_pb2.AdverseUseState
    reason: str
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[_record_pb2.AdverseUseState, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class CreateReceiverRequest(_message.Message):
    __slots__ = ("receiver", "receiver_id", "request_id")
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    receiver: _record_pb2.Receiver
    receiver_id: str
    request_id: str
    def __init__(self, receiver: _Optional[_Union[_record_pb2.Receiver, _Mapping]] = ..., receiver_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ListReceiversRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListReceiversResponse(_message.Message):
    __slots__ = ("receivers", "next_page_token")
    RECEIVERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    receivers: _containers.RepeatedCompositeFieldContainer[_record_pb2.Receiver]
    next_page_token: str
    def __init__(self, receivers: _Optional[_Iterable[_Union[_record_pb2.Receiver, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListDeliveriesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "parent", "include_acknowledged", "purpose")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    parent: str
    include_acknowledged: bool
    purpose: _purpose_pb2.Purpose
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., parent: _Optional[str] = ..., include_acknowledged: _Optional[bool] = ..., purpose: _Optional[_Union[_purpose_pb2.Purpose, _Mapping]] = ...) -> None: ...

class ListDeliveriesResponse(_message.Message):
    __slots__ = ("deliveries", "next_page_token")
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    deliveries: _containers.RepeatedCompositeFieldContainer[_record_pb2.Delivery]
    next_page_token: str
    def __init__(self, deliveries: _Optional[_Iterable[_Union[_record_pb2.Delivery, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AcknowledgeDeliveryRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...
