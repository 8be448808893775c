"""Refusals of the use cases about records: each with its stable reason."""

from __future__ import annotations

from services.plumbing.refusal import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)


class RecordNotFound(NotFound):
    """There is no such record, and there was none."""

    reason = "RECORD_UNKNOWN"


class RecordExists(AlreadyExists):
    """There is a record of this id that says something else."""

    reason = "RECORD_EXISTS"


class RecordRefused(InvalidArgument):
    """What the record says does not fit together."""

    reason = "RECORD_INVALID"


class RecordOver(FailedPrecondition):
    """The record has ended."""

    reason = "RECORD_ENDED"


class RecordNeeded(FailedPrecondition):
    """Only the hash of the content is kept: the content has to be brought."""

    reason = "RECORD_NEEDED"


class RecordDifferent(InvalidArgument):
    """What was brought is not what was decided about."""

    reason = "RECORD_DIFFERENT"


class ProcessNotFound(NotFound):
    """There is no such objection, application, ruling or adverse use."""

    reason = "PROCESS_UNKNOWN"


class ProcessExists(AlreadyExists):
    """There is one of this id that says something else."""

    reason = "PROCESS_EXISTS"


class EmergencyReserved(InvalidArgument):
    """The id is one that a warning's emergency has."""

    reason = "EMERGENCY_RESERVED"


class StepRefused(FailedPrecondition):
    """The step is not open; metadata ``why`` has the stable code."""

    reason = "PROCESS_STEP_REFUSED"


class ReceiverNotFound(NotFound):
    """There is no such receiver."""

    reason = "RECEIVER_UNKNOWN"


class ReceiverExists(AlreadyExists):
    """There is a receiver of this id that is entered otherwise."""

    reason = "RECEIVER_EXISTS"


class NotYourDeliveries(PermissionDenied):
    """A receiver sees and acknowledges its own deliveries alone."""

    reason = "RECEIVER_OTHER"


class ReaderByToken(PermissionDenied):
    """A receiver that knows entities by tokens reads its deliveries alone."""

    reason = "READER_BY_TOKEN"


class DepartmentNotAffiliated(PermissionDenied):
    """The caller does not work for the department in whose name they act."""

    reason = "DEPARTMENT_NOT_AFFILIATED"


class BadgeOther(PermissionDenied):
    """An inspector reports for their own badge alone."""

    reason = "BADGE_OTHER"


class SamePerson(PermissionDenied):
    """Another person has to: each step is one person's."""

    reason = "SAME_PERSON"


class DeliveryNotFound(NotFound):
    """The receiver was sent no such delivery."""

    reason = "DELIVERY_UNKNOWN"


class ScorecardNotFound(NotFound):
    """No such scorecard is in force."""

    reason = "SCORECARD_UNKNOWN"


class SuccessionInvalid(InvalidArgument):
    """A step that makes no history of entities."""

    reason = "SUCCESSION_INVALID"


class InspectionsSuspended(FailedPrecondition):
    """A disaster is declared where the entity is: inspections rest there."""

    reason = "INSPECTIONS_SUSPENDED"


class WatchTooOld(FailedPrecondition):
    """The changes since then are not kept any more."""

    reason = "RESUME_TOKEN_EXPIRED"


class SignalValueInvalid(InvalidArgument):
    """A value to be scored is no finite number."""

    reason = "SIGNAL_VALUE_INVALID"
