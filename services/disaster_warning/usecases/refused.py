"""What the use cases refuse, besides what the lifecycle does."""

from __future__ import annotations

from services.plumbing.refusal import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    OutOfRange,
    ResourceExhausted,
)


class WarningUnknown(NotFound):
    """There is no such warning."""

    reason = "WARNING_UNKNOWN"


class WarningExists(AlreadyExists):
    """There is a warning of this id."""

    reason = "WARNING_EXISTS"


class VersionUnknown(NotFound):
    """The warning has no such version; a draft has none at all."""

    reason = "WARNING_VERSION_UNKNOWN"


class ReceiptsForgotten(FailedPrecondition):
    """The receipts of the warning are no longer kept."""

    reason = "RECEIPTS_FORGOTTEN"


class EarthquakeUnknown(NotFound):
    """There is no such earthquake."""

    reason = "EARTHQUAKE_UNKNOWN"


class TextUnwritable(InvalidArgument):
    """A text has a character that no CAP message can hold."""

    reason = "TEXT_UNWRITABLE"


class EventCodeUnknown(InvalidArgument):
    """The event code is not of the rule in force."""

    reason = "EVENT_CODE_UNKNOWN"


class RequestIdReused(InvalidArgument):
    """The request_id was used for another request."""

    reason = "REQUEST_ID_REUSED"


class ResumeTokenExpired(OutOfRange):
    """The changes since then are no longer all in the log."""

    reason = "RESUME_TOKEN_EXPIRED"


class IdentifiersExhausted(ResourceExhausted):
    """More messages in these seconds than there are identifiers for."""

    reason = "CAP_IDENTIFIERS_EXHAUSTED"
