import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from tianfu.credit_supervision.v1 import draw_pb2 as _draw_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HandheldState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HANDHELD_STATE_UNSPECIFIED: _ClassVar[HandheldState]
    HANDHELD_STATE_ACTIVE: _ClassVar[HandheldState]
    HANDHELD_STATE_RETIRED: _ClassVar[HandheldState]

class FormAnswer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FORM_ANSWER_UNSPECIFIED: _ClassVar[FormAnswer]
    FORM_ANSWER_PASS: _ClassVar[FormAnswer]
    FORM_ANSWER_FAIL: _ClassVar[FormAnswer]
    FORM_ANSWER_NOT_APPLICABLE: _ClassVar[FormAnswer]
HANDHELD_STATE_UNSPECIFIED: HandheldState
HANDHELD_STATE_ACTIVE: HandheldState
HANDHELD_STATE_RETIRED: HandheldState
FORM_ANSWER_UNSPECIFIED: FormAnswer
FORM_ANSWER_PASS: FormAnswer
FORM_ANSWER_FAIL: FormAnswer
FORM_ANSWER_NOT_APPLICABLE: FormAnswer

class Handheld(_message.Message):
    __slots__ = ("name", "department", "badge", "public_key", "state", "create_time", "retire_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    BADGE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    RETIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    department: str
    badge: str
    public_key: str
    state: HandheldState
    create_time: _timestamp_pb2.Timestamp
    retire_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., department: _Optional[str] = ..., badge: _Optional[str] = ..., public_key: _Optional[str] = ..., state: _Optional[_Union[HandheldState, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., retire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class FormItem(_message.Message):
    __slots__ = ("item", "matter", "question")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    item: str
    matter: str
    question: str
    def __init__(self, item: _Optional[str] = ..., matter: _Optional[str] = ..., question: _Optional[str] = ...) -> None: ...

class InspectionForm(_message.Message):
    __slots__ = ("rule_version", "department", "items")
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    rule_version: str
    department: str
    items: _containers.RepeatedCompositeFieldContainer[FormItem]
    def __init__(self, rule_version: _Optional[str] = ..., department: _Optional[str] = ..., items: _Optional[_Iterable[_Union[FormItem, _Mapping]]] = ...) -> None: ...

class HandheldVisit(_message.Message):
    __slots__ = ("inspection", "title", "place_code", "inspectors", "suspended_by", "due_day")
    INSPECTION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PLACE_CODE_FIELD_NUMBER: _ClassVar[int]
    INSPECTORS_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_BY_FIELD_NUMBER: _ClassVar[int]
    DUE_DAY_FIELD_NUMBER: _ClassVar[int]
    inspection: str
    title: str
    place_code: str
    inspectors: _containers.RepeatedScalarFieldContainer[str]
    suspended_by: str
    due_day: str
    def __init__(self, inspection: _Optional[str] = ..., title: _Optional[str] = ..., place_code: _Optional[str] = ..., inspectors: _Optional[_Iterable[str]] = ..., suspended_by: _Optional[str] = ..., due_day: _Optional[str] = ...) -> None: ...

class HandheldSheet(_message.Message):
    __slots__ = ("node", "department", "badge", "public_key", "form", "visits", "has_more_visits")
    NODE_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    BADGE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    VISITS_FIELD_NUMBER: _ClassVar[int]
    HAS_MORE_VISITS_FIELD_NUMBER: _ClassVar[int]
    node: str
    department: str
    badge: str
    public_key: str
    form: InspectionForm
    visits: _containers.RepeatedCompositeFieldContainer[HandheldVisit]
    has_more_visits: bool
    def __init__(self, node: _Optional[str] = ..., department: _Optional[str] = ..., badge: _Optional[str] = ..., public_key: _Optional[str] = ..., form: _Optional[_Union[InspectionForm, _Mapping]] = ..., visits: _Optional[_Iterable[_Union[HandheldVisit, _Mapping]]] = ..., has_more_visits: _Optional[bool] = ...) -> None: ...

class AnsweredItem(_message.Message):
    __slots__ = ("item", "answer", "remark")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    REMARK_FIELD_NUMBER: _ClassVar[int]
    item: str
    answer: FormAnswer
    remark: str
    def __init__(self, item: _Optional[str] = ..., answer: _Optional[_Union[FormAnswer, str]] = ..., remark: _Optional[str] = ...) -> None: ...

class FilledForm(_message.Message):
    __slots__ = ("node", "inspection", "department", "badge", "rule_version", "outcome", "items", "evidence_sha256", "find_time_us")
    NODE_FIELD_NUMBER: _ClassVar[int]
    INSPECTION_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    BADGE_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_SHA256_FIELD_NUMBER: _ClassVar[int]
    FIND_TIME_US_FIELD_NUMBER: _ClassVar[int]
    node: str
    inspection: str
    department: str
    badge: str
    rule_version: str
    outcome: _draw_pb2.Outcome
    items: _containers.RepeatedCompositeFieldContainer[AnsweredItem]
    evidence_sha256: _containers.RepeatedScalarFieldContainer[str]
    find_time_us: int
    def __init__(self, node: _Optional[str] = ..., inspection: _Optional[str] = ..., department: _Optional[str] = ..., badge: _Optional[str] = ..., rule_version: _Optional[str] = ..., outcome: _Optional[_Union[_draw_pb2.Outcome, str]] = ..., items: _Optional[_Iterable[_Union[AnsweredItem, _Mapping]]] = ..., evidence_sha256: _Optional[_Iterable[str]] = ..., find_time_us: _Optional[int] = ...) -> None: ...

class SignedForm(_message.Message):
    __slots__ = ("form", "signature", "public_key")
    FORM_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    form: bytes
    signature: bytes
    public_key: str
    def __init__(self, form: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., public_key: _Optional[str] = ...) -> None: ...

class TakenForm(_message.Message):
    __slots__ = ("signed_form", "take_time")
    SIGNED_FORM_FIELD_NUMBER: _ClassVar[int]
    TAKE_TIME_FIELD_NUMBER: _ClassVar[int]
    signed_form: SignedForm
    take_time: _timestamp_pb2.Timestamp
    def __init__(self, signed_form: _Optional[_Union[SignedForm, _Mapping]] = ..., take_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
