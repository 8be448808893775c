import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClinicalEvent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLINICAL_EVENT_UNSPECIFIED: _ClassVar[ClinicalEvent]
    CLINICAL_EVENT_RESULTS: _ClassVar[ClinicalEvent]
    CLINICAL_EVENT_ADMITTED: _ClassVar[ClinicalEvent]
    CLINICAL_EVENT_TRANSFERRED: _ClassVar[ClinicalEvent]
    CLINICAL_EVENT_DISCHARGED: _ClassVar[ClinicalEvent]
    CLINICAL_EVENT_UPDATED: _ClassVar[ClinicalEvent]

class ResultStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESULT_STATUS_UNSPECIFIED: _ClassVar[ResultStatus]
    RESULT_STATUS_PRELIMINARY: _ClassVar[ResultStatus]
    RESULT_STATUS_FINAL: _ClassVar[ResultStatus]
    RESULT_STATUS_CORRECTED: _ClassVar[ResultStatus]
    RESULT_STATUS_CANCELLED: _ClassVar[ResultStatus]
CLINICAL_EVENT_UNSPECIFIED: ClinicalEvent
CLINICAL_EVENT_RESULTS: ClinicalEvent
CLINICAL_EVENT_ADMITTED: ClinicalEvent
CLINICAL_EVENT_TRANSFERRED: ClinicalEvent
CLINICAL_EVENT_DISCHARGED: ClinicalEvent
CLINICAL_EVENT_UPDATED: ClinicalEvent
RESULT_STATUS_UNSPECIFIED: ResultStatus
RESULT_STATUS_PRELIMINARY: ResultStatus
RESULT_STATUS_FINAL: ResultStatus
RESULT_STATUS_CORRECTED: ResultStatus
RESULT_STATUS_CANCELLED: ResultStatus

class ClinicalMessage(_message.Message):
    __slots__ = ("node", "sending_application", "sending_facility", "control_id", "event", "message_time", "receive_time_us", "patient", "visit", "groups")
    NODE_FIELD_NUMBER: _ClassVar[int]
    SENDING_APPLICATION_FIELD_NUMBER: _ClassVar[int]
    SENDING_FACILITY_FIELD_NUMBER: _ClassVar[int]
    CONTROL_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    PATIENT_FIELD_NUMBER: _ClassVar[int]
    VISIT_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    node: str
    sending_application: str
    sending_facility: str
    control_id: str
    event: ClinicalEvent
    message_time: _timestamp_pb2.Timestamp
    receive_time_us: int
    patient: PatientFacts
    visit: VisitFacts
    groups: _containers.RepeatedCompositeFieldContainer[ResultGroup]
    def __init__(self, node: _Optional[str] = ..., sending_application: _Optional[str] = ..., sending_facility: _Optional[str] = ..., control_id: _Optional[str] = ..., event: _Optional[_Union[ClinicalEvent, str]] = ..., message_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., receive_time_us: _Optional[int] = ..., patient: _Optional[_Union[PatientFacts, _Mapping]] = ..., visit: _Optional[_Union[VisitFacts, _Mapping]] = ..., groups: _Optional[_Iterable[_Union[ResultGroup, _Mapping]]] = ...) -> None: ...

class Code(_message.Message):
    __slots__ = ("system", "code", "display")
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_FIELD_NUMBER: _ClassVar[int]
    system: str
    code: str
    display: str
    def __init__(self, system: _Optional[str] = ..., code: _Optional[str] = ..., display: _Optional[str] = ...) -> None: ...

class PatientFacts(_message.Message):
    __slots__ = ("identifier", "assigner", "family_name", "given_name", "birth_date", "sex")
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    ASSIGNER_FIELD_NUMBER: _ClassVar[int]
    FAMILY_NAME_FIELD_NUMBER: _ClassVar[int]
    GIVEN_NAME_FIELD_NUMBER: _ClassVar[int]
    BIRTH_DATE_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    identifier: str
    assigner: str
    family_name: str
    given_name: str
    birth_date: str
    sex: str
    def __init__(self, identifier: _Optional[str] = ..., assigner: _Optional[str] = ..., family_name: _Optional[str] = ..., given_name: _Optional[str] = ..., birth_date: _Optional[str] = ..., sex: _Optional[str] = ...) -> None: ...

class VisitFacts(_message.Message):
    __slots__ = ("number", "patient_class", "ward", "room", "bed", "facility")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    PATIENT_CLASS_FIELD_NUMBER: _ClassVar[int]
    WARD_FIELD_NUMBER: _ClassVar[int]
    ROOM_FIELD_NUMBER: _ClassVar[int]
    BED_FIELD_NUMBER: _ClassVar[int]
    FACILITY_FIELD_NUMBER: _ClassVar[int]
    number: str
    patient_class: str
    ward: str
    room: str
    bed: str
    facility: str
    def __init__(self, number: _Optional[str] = ..., patient_class: _Optional[str] = ..., ward: _Optional[str] = ..., room: _Optional[str] = ..., bed: _Optional[str] = ..., facility: _Optional[str] = ...) -> None: ...

class ResultGroup(_message.Message):
    __slots__ = ("order", "code", "collect_time", "status", "results")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    COLLECT_TIME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    order: str
    code: Code
    collect_time: _timestamp_pb2.Timestamp
    status: ResultStatus
    results: _containers.RepeatedCompositeFieldContainer[Result]
    def __init__(self, order: _Optional[str] = ..., code: _Optional[_Union[Code, _Mapping]] = ..., collect_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., status: _Optional[_Union[ResultStatus, str]] = ..., results: _Optional[_Iterable[_Union[Result, _Mapping]]] = ...) -> None: ...

class Result(_message.Message):
    __slots__ = ("set_id", "code", "number", "text", "coded", "unit", "reference_range", "flag", "status", "observe_time", "sub_id")
    SET_ID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CODED_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_RANGE_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    OBSERVE_TIME_FIELD_NUMBER: _ClassVar[int]
    SUB_ID_FIELD_NUMBER: _ClassVar[int]
    set_id: int
    code: Code
    number: float
    text: str
    coded: Code
    unit: str
    reference_range: str
    flag: str
    status: ResultStatus
    observe_time: _timestamp_pb2.Timestamp
    sub_id: str
    def __init__(self, set_id: _Optional[int] = ..., code: _Optional[_Union[Code, _Mapping]] = ..., number: _Optional[float] = ..., text: _Optional[str] = ..., coded: _Optional[_Union[Code, _Mapping]] = ..., unit: _Optional[str] = ..., reference_range: _Optional[str] = ..., flag: _Optional[str] = ..., status: _Optional[_Union[ResultStatus, str]] = ..., observe_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sub_id: _Optional[str] = ...) -> None: ...
