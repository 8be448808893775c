from buf.validate import validate_pb2 as _validate_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from tianfu.authz.v1 import authz_pb2 as _authz_pb2
from tianfu.healthcare.v1 import arrival_pb2 as _arrival_pb2
from tianfu.healthcare.v1 import casualty_pb2 as _casualty_pb2
from tianfu.healthcare.v1 import consultation_pb2 as _consultation_pb2
from tianfu.healthcare.v1 import decisions_pb2 as _decisions_pb2
from tianfu.healthcare.v1 import exchange_pb2 as _exchange_pb2
from tianfu.healthcare.v1 import patient_pb2 as _patient_pb2
from tianfu.healthcare.v1 import recognition_pb2 as _recognition_pb2
from tianfu.healthcare.v1 import region_pb2 as _region_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetPatientRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _patient_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ...) -> None: ...

class ListPatientsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "purpose", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    purpose: _patient_pb2.Purpose
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ..., filter: _Optional[str] = ...) -> None: ...

class ListPatientsResponse(_message.Message):
    __slots__ = ("patients", "next_page_token")
    PATIENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    patients: _containers.RepeatedCompositeFieldContainer[_patient_pb2.Patient]
    next_page_token: str
    def __init__(self, patients: _Optional[_Iterable[_Union[_patient_pb2.Patient, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListObservationsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "purpose", "parent", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    purpose: _patient_pb2.Purpose
    parent: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ..., parent: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListObservationsResponse(_message.Message):
    __slots__ = ("observations", "next_page_token")
    OBSERVATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    observations: _containers.RepeatedCompositeFieldContainer[_patient_pb2.Observation]
    next_page_token: str
    def __init__(self, observations: _Optional[_Iterable[_Union[_patient_pb2.Observation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListScoresRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "purpose", "parent", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    purpose: _patient_pb2.Purpose
    parent: str
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ..., parent: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListScoresResponse(_message.Message):
    __slots__ = ("scores", "next_page_token")
    SCORES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    scores: _containers.RepeatedCompositeFieldContainer[_patient_pb2.Score]
    next_page_token: str
    def __init__(self, scores: _Optional[_Iterable[_Union[_patient_pb2.Score, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateOxygenScaleOrderRequest(_message.Message):
    __slots__ = ("parent", "oxygen_scale_order", "oxygen_scale_order_id", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    OXYGEN_SCALE_ORDER_FIELD_NUMBER: _ClassVar[int]
    OXYGEN_SCALE_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    oxygen_scale_order: _patient_pb2.OxygenScaleOrder
    oxygen_scale_order_id: str
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., oxygen_scale_order: _Optional[_Union[_patient_pb2.OxygenScaleOrder, _Mapping]] = ..., oxygen_scale_order_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ListOxygenScaleOrdersRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "purpose", "parent")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    purpose: _patient_pb2.Purpose
    parent: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ..., parent: _Optional[str] = ...) -> None: ...

class ListOxygenScaleOrdersResponse(_message.Message):
    __slots__ = ("oxygen_scale_orders", "next_page_token")
    OXYGEN_SCALE_ORDERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    oxygen_scale_orders: _containers.RepeatedCompositeFieldContainer[_patient_pb2.OxygenScaleOrder]
    next_page_token: str
    def __init__(self, oxygen_scale_orders: _Optional[_Iterable[_Union[_patient_pb2.OxygenScaleOrder, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListAlertsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "purpose", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    purpose: _patient_pb2.Purpose
    filter: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ..., filter: _Optional[str] = ...) -> None: ...

class ListAlertsResponse(_message.Message):
    __slots__ = ("alerts", "next_page_token")
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    alerts: _containers.RepeatedCompositeFieldContainer[_patient_pb2.Alert]
    next_page_token: str
    def __init__(self, alerts: _Optional[_Iterable[_Union[_patient_pb2.Alert, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetAlertRequest(_message.Message):
    __slots__ = ("name", "purpose")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    purpose: _patient_pb2.Purpose
    def __init__(self, name: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ...) -> None: ...

class WatchAlertsRequest(_message.Message):
    __slots__ = ("filter", "resume_token", "purpose")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    filter: str
    resume_token: str
    purpose: _patient_pb2.Purpose
    def __init__(self, filter: _Optional[str] = ..., resume_token: _Optional[str] = ..., purpose: _Optional[_Union[_patient_pb2.Purpose, str]] = ...) -> None: ...

class WatchAlertsResponse(_message.Message):
    __slots__ = ("alert", "resume_token")
    ALERT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    alert: _patient_pb2.Alert
    resume_token: str
    def __init__(self, alert: _Optional[_Union[_patient_pb2.Alert, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class AcknowledgeAlertRequest(_message.Message):
    __slots__ = ("name", "note")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    name: str
    note: str
    def __init__(self, name: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...
