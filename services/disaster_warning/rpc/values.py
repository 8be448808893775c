"""Between the service's messages and values, where it is more than the warnings themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import protovalidate
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from services.disaster_warning.cap.findings import Finding, Gravity
from services.disaster_warning.cap.foreign import SignatureState
from services.disaster_warning.model.filters import RuleFilter
from services.disaster_warning.model.receipts import Summary, total
from services.disaster_warning.model.warning import Colour, HazardWarning, Person
from services.disaster_warning.usecases.evaluating import Verdict
from services.disaster_warning.usecases.importing import ImportOutcome
from services.plumbing.refusal import InvalidArgument
from services.plumbing.rpc_interceptor import caller
from services.plumbing.rpc_status import InvalidRequest, Violation, violations_of
from services.plumbing.rules import CHINA_STANDARD_TIME, Rule
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as pb
from tianfu.disaster_warning.v1 import rule_pb2, warning_pb2

SEPARATOR: Final = "~"
"""Between a rule's id, jurisdiction and first day in its name."""

CAP_VERSIONS: Final = {"CAP_1_1": "1.1", "CAP_1_2": "1.2"}
SIGNATURES: Final = {
    SignatureState.UNSIGNED: pb.SIGNATURE_STATE_ABSENT,
    SignatureState.VERIFIED: pb.SIGNATURE_STATE_TRUSTED,
    SignatureState.UNKNOWN: pb.SIGNATURE_STATE_UNTRUSTED,
    SignatureState.REFUSED: pb.SIGNATURE_STATE_UNTRUSTED,
}
TIME_MIN: Final = datetime(1, 1, 2, tzinfo=UTC)
TIME_MAX: Final = datetime(9999, 12, 30, tzinfo=UTC)
"""Between them, any offset from UTC keeps a time on the calendar."""

_SOUND: Final = warning_pb2.Warning(
    channel=warning_pb2.WARNING_CHANNEL_DRILL,
    event_code="11C02",
    colour=warning_pb2.COLOUR_BLUE,
    area=warning_pb2.Area(place_codes=["51"]),
    expire_time=Timestamp(),
)
"""Keeps the rules of a warning: what an update leaves alone is looked at as if it were this."""

_POSITION: Final = re.compile(r"(?P<us>-?[0-9]{1,18})/(?P<id>.{1,200})", re.DOTALL)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class TimeInvalid(InvalidArgument):
    """A time that is on no calendar."""

    reason = "TIME_INVALID"


def person() -> Person:
    """Return who calls."""
    principal = caller()
    return Person(principal.subject, frozenset(int(role) for role in principal.roles))


def last_part(name: str) -> str:
    """Return the id at the end of a resource's name; the contract has checked its form."""
    return name.rpartition("/")[2]


def check_time(time_: Timestamp, field: str) -> datetime:
    """Return a time; raise TimeInvalid for one that arithmetic could lead off the calendar."""
    if not TIME_MIN.timestamp() <= time_.seconds <= TIME_MAX.timestamp():
        raise TimeInvalid("need a time between the years 1 and 9999", field=field)
    found: datetime = time_.ToDatetime(UTC)
    return found


def check_times(warning: warning_pb2.Warning) -> None:
    """Raise TimeInvalid for a warning with a time that is on no calendar."""
    for field in ("effective_time", "onset_time", "expire_time"):
        if warning.HasField(field):
            check_time(getattr(warning, field), f"warning.{field}")


def masked(asked: warning_pb2.Warning, paths: set[str]) -> warning_pb2.Warning:
    """Return a warning whose fields are those that a mask names, the others sound ones (AIP-134).

    Raise InvalidRequest when what the mask names breaks the contract's rules.
    """
    looked_at = warning_pb2.Warning(name=asked.name, etag=asked.etag)
    looked_at.MergeFrom(_SOUND)
    for path in paths:
        looked_at.ClearField(path)
    given = warning_pb2.Warning()
    given.CopyFrom(asked)
    for field, _ in asked.ListFields():
        if field.name not in paths:
            given.ClearField(field.name)
    looked_at.MergeFrom(given)
    wrong = [
        Violation(f"warning.{one.field}", one.reason, one.message)
        for one in violations_of(protovalidate.collect_violations(looked_at))
    ]
    if wrong:
        raise InvalidRequest(wrong)
    return looked_at


def position_to(time_: datetime, id_: str) -> str:
    """Return a place in a list by time and id, for a page token."""
    return f"{(time_ - _EPOCH) // timedelta(microseconds=1)}/{id_}"


def position_from(text: str | int | None) -> tuple[datetime, str] | None:
    """Return the place of a checked page token."""
    match = _POSITION.fullmatch(str(text)) if text else None
    if match is None:
        return None
    return _EPOCH + timedelta(microseconds=int(match["us"])), match["id"]


def receipts_to(
    warning: HazardWarning, summaries: Sequence[Summary], names: Mapping[str, str]
) -> pb.GetReceiptsResponse:
    """Return who has received a warning."""
    people = {each.place_code: each.population for each in warning.counties}
    return pb.GetReceiptsResponse(
        counties=[_summary(each, warning, names) for each in summaries],
        total=_summary(total(summaries, warning.version), None, names),
        told_population=sum(people.get(each.county, 0) for each in summaries if each.delivered),
        area_population=warning.population,
        version=warning.version,
    )


def _summary(
    summary: Summary, warning: HazardWarning | None, names: Mapping[str, str]
) -> warning_pb2.ReceiptSummary:
    message = warning_pb2.ReceiptSummary(
        version=summary.version,
        node_count=summary.nodes,
        delivered_count=summary.delivered,
        acknowledged_count=summary.acknowledged,
        failed_count=summary.failed,
        expired_count=summary.expired,
        apart_count=summary.apart,
        escalation_level=warning_pb2.EscalationLevel.ValueType(summary.level),
    )
    if warning is not None:
        message.name = f"warnings/{warning.warning_id}/receipts/{summary.county}"
        message.display_name = names.get(summary.county, "")
    if summary.first_delivery is not None:
        message.first_delivery_time.FromDatetime(summary.first_delivery)
    if summary.last_delivery is not None:
        message.last_delivery_time.FromDatetime(summary.last_delivery)
    return message


def import_to(outcome: ImportOutcome) -> pb.ImportCapResponse:
    """Return what became of a foreign message."""
    read = outcome.read
    return pb.ImportCapResponse(
        warning=f"warnings/{outcome.warning_id}" if outcome.warning_id else "",
        cap_version=CAP_VERSIONS[read.version.name],
        findings=[_finding(each) for each in outcome.findings],
        signature_state=SIGNATURES[read.signature.state],
        identifier="" if read.alert is None else read.alert.identifier,
        repeated_import=outcome.repeated,
    )


def _finding(finding: Finding) -> pb.CapFinding:
    return pb.CapFinding(
        rule=finding.rule,
        path=finding.path,
        message=finding.message,
        fatal=finding.severity is Gravity.ERROR,
    )


def verdict_to(verdict: Verdict) -> pb.EvaluateThresholdsResponse:
    """Return what the rules say of figures."""
    return pb.EvaluateThresholdsResponse(
        colour=warning_pb2.Colour.ValueType(verdict.colour),
        event_code=verdict.event_code if verdict.colour is not Colour.NONE else "",
        comparisons=[
            pb.Comparison(
                quantity=each.quantity,
                value=each.value,
                threshold=each.threshold,
                unit=each.unit,
                ratio=each.ratio,
                explanation=each.explanation,
                colour=warning_pb2.Colour.ValueType(each.colour),
                gauge=each.gauge,
            )
            for each in verdict.comparisons
        ],
        rule_versions=verdict.rule_versions,
    )


def rule_name(rule: Rule) -> str:
    """Return a rule's resource name."""
    return f"rules/{rule.version.replace('/', SEPARATOR)}"


def rule_matches(rule: Rule, meant: RuleFilter) -> bool:
    """Say whether a version of a rule is meant."""
    noon = None
    if meant.on is not None:
        noon = datetime.combine(meant.on, time(12), CHINA_STANDARD_TIME)
    return (
        meant.rule_id in ("", rule.rule_id)
        and meant.jurisdiction in ("", rule.jurisdiction)
        and (noon is None or rule.is_in_force(noon))
    )


def rule_to(rule: Rule) -> rule_pb2.Rule:
    """Return a version of a rule as the contract has it."""
    parameters = Struct()
    parameters.update(_plain(rule.parameters))
    return rule_pb2.Rule(
        name=rule_name(rule),
        version=rule.version,
        rule_id=rule.rule_id,
        jurisdiction=rule.jurisdiction,
        valid_from=rule.valid_from.isoformat(),
        valid_to="" if rule.valid_to is None else rule.valid_to.isoformat(),
        source=rule.source,
        verified=rule.verified,
        parameters=parameters,
        sha256=rule.sha256,
    )


def _plain(value: Any) -> Any:
    """Return a rule's value as JSON has it."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, date | time):
        return value.isoformat()
    return value
