"""What time does: warnings end, notices are taken out, and who did not answer is called."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.disaster_warning.model import lifecycle
from services.disaster_warning.model.escalation import RULE_ID as ESCALATION
from services.disaster_warning.model.escalation import Calls, Level
from services.disaster_warning.model.warning import HazardWarning
from services.disaster_warning.ports import Call, Desk, Transaction
from services.disaster_warning.usecases import encoding
from services.disaster_warning.usecases.drafting import REQUESTS_KEPT
from services.disaster_warning.usecases.release import AREA
from tianfu import subjects
from tianfu.disaster_warning.v1 import events_pb2, warning_pb2

AT_ONCE: Final = 400
"""Notices or calls of one transaction of the timer; what is more comes with the next. An earthquake
that breaks out meanwhile waits for one such transaction, not for all: some 50 ms."""

WARNINGS_AT_ONCE: Final = 25
"""The same of warnings that end, which cost more each."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How many warnings ended, and how many notices were taken out."""

    warnings: int
    notices: int


def is_due(tx: Transaction, *, now: datetime) -> bool:
    """Say whether there is anything for ``expire_due`` or ``escalate_due`` to do."""
    return tx.is_due(now)


def expire_due(tx: Transaction, *, now: datetime) -> Ended:
    """End the warnings whose time has come, and take what is over out of the bulletins."""
    due = tx.due_warnings(now, WARNINGS_AT_ONCE)
    for warning in due:
        after, step = lifecycle.expire(warning, now=now)
        tx.replace_warning(after)
        tx.add_step(after, step)
        tx.end_calls(after.warning_id)
    if due:
        tx.change([each.warning_id for each in due], now)
    dropped = tx.drop_notices(now, AT_ONCE)
    for warning in due:
        if warning.version:
            _tell_expired(tx, warning, now)
    return Ended(len(due), dropped)


def escalate_due(tx: Transaction, desk: Desk, *, now: datetime) -> int:
    """Have called who is next where nobody has acknowledged; return how many calls there were."""
    due = tx.due_calls(now, AT_ONCE)
    if not due:
        return 0
    calls = Calls.of(desk.rules.in_force(ESCALATION, desk.office.jurisdiction, now))
    warnings = tx.warnings_of(sorted({each.warning_id for each in due}))
    next_ones: dict[tuple[str, Level], list[Call]] = defaultdict(list)
    told = 0
    for call in due:
        warning = warnings.get(call.warning_id)
        level = None if warning is None else _level(calls, warning, call.level)
        if warning is None or level is None or warning.holds_until is None:
            tx.end_calls(call.warning_id, [call.county])
            continue
        voice = calls.by_voice(warning.event_code, warning.content.colour, now)
        _tell_escalated(tx, call, level, voice, now)
        next_ones[call.warning_id, level].append(call)
        told += 1
    for (warning_id, level), group in next_ones.items():
        warning = warnings[warning_id]
        following = calls.next_call(warning.event_code, warning.content.colour, level)
        tx.put_calls(
            warning_id,
            warning.channel,
            group[0].version,
            [each.county for each in group],
            level,
            None if following is None else now + following[1],
        )
    return told


def forget_requests(tx: Transaction, *, now: datetime) -> int:
    """Forget requests and reports that nobody repeats any more; return how many."""
    return tx.forget_requests(now - REQUESTS_KEPT) + tx.prune_inbox(now)


def _level(calls: Calls, warning: HazardWarning, called: Level) -> Level | None:
    following = calls.next_call(warning.event_code, warning.content.colour, called)
    return None if following is None else following[0]


def _tell_expired(tx: Transaction, warning: HazardWarning, now: datetime) -> None:
    version = tx.version(warning.warning_id, 0)
    if version is None:
        return
    event = events_pb2.WarningExpired(facts=events_pb2.WarningFacts.FromString(version.facts))
    event.event_time.FromDatetime(now)
    subject = subjects.event(AREA, "warning-expired")
    tx.emit(subject, event, f"{warning.warning_id}-{version.version}-warning-expired")


def _tell_escalated(tx: Transaction, call: Call, level: Level, voice: bool, now: datetime) -> None:
    event = events_pb2.ReceiptEscalated(
        warning=call.warning_id,
        version=call.version,
        place_code=call.county,
        level=warning_pb2.EscalationLevel.ValueType(level),
        channel=encoding.CHANNEL_NUMBERS[call.channel],
        voice_call=voice,
    )
    event.event_time.FromDatetime(now)
    tx.emit(
        subjects.event(AREA, "receipt-escalated"),
        event,
        f"{call.warning_id}-{call.version}-{call.county}-escalated-{level}",
    )
