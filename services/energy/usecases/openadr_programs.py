"""What OpenADR 3 programs, events and reports are to demand response: called, ordered, accounted.

An event that is posted is called in the same transaction: its orders are given, once, and it can be
settled. Of an endless interval, equipment is told the first week.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from services.energy.model import openadr_time, slots
from services.energy.model.openadr_access import Client, ClientKind, Kind, shown
from services.energy.model.openadr_time import Occurrence
from services.energy.model.records import OpenAdrObject
from services.energy.ports import Desk, Transaction
from services.energy.usecases import consumption, demand_response, keeping
from services.energy.usecases.openadr_reading import content_of, targets_of
from services.plumbing.refusal import InvalidArgument
from tianfu.energy.v1 import demand_response_pb2 as pb

COMMITTED: Final = "TIANFU_COMMITTED_KWH"
"""Attribute of a program: kWh that each unit has agreed to shed in an event, one value."""

SPAN_MAX: Final = timedelta(days=7)
"""Longest interval that equipment is told of: the contract's."""

RANDOMIZE_MAX_S: Final = 86_400
TYPES: Final = {
    name.removeprefix("PAYLOAD_TYPE_"): number for name, number in pb.PayloadType.items() if number
}
REPORT_TYPES: Final = frozenset(
    {
        "READING",
        "USAGE",
        "DEMAND",
        "BASELINE",
        "DELTA_USAGE",
        "OPERATING_STATE",
        "UP_REGULATION_AVAILABLE",
        "DOWN_REGULATION_AVAILABLE",
    }
)
DOCUMENTS_MAX: Final = 1_000
"""Of one report: a hundred resources, and eight types of each."""

USAGE: Final = "USAGE"
KWH_MAX: Final = 1e9
"""Of an interval: more than the province uses in a day."""

CLOCK_AHEAD: Final = timedelta(minutes=5)
"""What a reporter's clock may be ahead."""

KWH: Final = {"KWH": 1.0, "WH": 0.001, "MWH": 1000.0}


class UnitsUnknown(InvalidArgument):
    """Usage is reported in units that are none of energy."""

    reason = "USAGE_UNITS_UNKNOWN"


class UsageImpossible(InvalidArgument):
    """Energy that nobody uses: less than nothing, or more than a province."""

    reason = "USAGE_IMPOSSIBLE"


class UsageOfTheFuture(InvalidArgument):
    """Usage is reported of a time that has not been yet."""

    reason = "USAGE_OF_THE_FUTURE"


def program_name(program_id: str) -> str:
    """Return the resource name of a program."""
    return f"demandResponsePrograms/{program_id}"


def event_name(event_id: str) -> str:
    """Return the resource name of an event."""
    return f"demandResponseEvents/{event_id}"


def program_made(tx: Transaction, made: OpenAdrObject, actor: str, *, now: datetime) -> None:
    """Store a new program as one of demand response."""
    program = pb.DemandResponseProgram(
        name=program_name(made.object_id), display_name=content_of(made)["programName"]
    )
    demand_response.create_program(tx, program, made.digest, actor, now=now)


def event_put(
    tx: Transaction,
    desk: Desk,
    made: OpenAdrObject,
    units: Mapping[str, str],
    actor: str,
    *,
    now: datetime,
) -> None:
    """Call an event, or put it in the place of what it was. ``units`` are those of VENs by client.

    An event that says nothing of a known type gives no orders and has nothing to settle.
    """
    content = content_of(made)
    known = tx.document(demand_response.EVENT, event_name(made.object_id))
    said = list(_said(content, made.create_time))
    if not said and known is None:
        return
    program = tx.openadr_object(content["programID"])
    event = pb.DemandResponseEvent(
        name=event_name(made.object_id),
        program=program_name(content["programID"]),
        display_name=content.get("eventName", ""),
        priority=content.get("priority", 0),
        randomize_start_s=min(openadr_time.randomize_s(content), RANDOMIZE_MAX_S),
        committed_kwh=_committed(program),
        intervals=said,
        units=_called(tx, content, program, units),
    )
    if said:
        event.start_time.CopyFrom(
            min((e.start_time for e in said), key=lambda t: t.ToNanoseconds())
        )
    _join(tx, event)
    if known is None:
        demand_response.create_event(tx, desk, event, made.digest, actor, now=now)
    else:
        demand_response.change_event(tx, desk, event, actor, now=now)


def event_gone(tx: Transaction, desk: Desk, event_id: str, actor: str, *, now: datetime) -> None:
    """Call an event off: its equipment is let go."""
    name = event_name(event_id)
    if tx.document(demand_response.EVENT, name) is not None:
        off = pb.DemandResponseEvent(name=name)
        demand_response.change_event(tx, desk, off, actor, now=now)


def _said(content: Mapping[str, Any], received: datetime) -> Iterator[pb.EventInterval]:
    for each in openadr_time.occurrences(content, received):
        length = min(each.end - each.start, SPAN_MAX)
        for kind, values in each.payloads:
            if kind not in TYPES:
                continue
            interval = pb.EventInterval(
                interval=each.number,
                duration_s=max(1, round(length.total_seconds())),
                payload_type=TYPES[kind],
                values=[float(v) for v in values if isinstance(v, int | float)],
            )
            interval.start_time.FromDatetime(each.start)
            yield interval


def _committed(program: OpenAdrObject | None) -> float:
    attributes = [] if program is None else content_of(program).get("attributes") or []
    for each in attributes:
        if each["type"] == COMMITTED and each["values"]:
            value = each["values"][0]
            if isinstance(value, int | float) and value >= 0:
                return float(value)
            raise InvalidArgument(f"the program's {COMMITTED} is no number from 0 up")
    return 0.0


def _called(
    tx: Transaction,
    content: Mapping[str, Any],
    program: OpenAdrObject | None,
    units: Mapping[str, str],
) -> list[str]:
    """Return the units whose VENs may see both the event and its program."""
    found = set()
    for ven in tx.openadr_objects(Kind.VEN):
        unit = units.get(ven.client_id)
        if not unit:
            continue
        client = Client(ven.client_id, ClientKind.VEN, frozenset())
        granted = targets_of(tx, ven.client_id)
        sees_event = shown(Kind.EVENT, content, client, None, granted)
        sees_program = program is not None and shown(
            Kind.PROGRAM, content_of(program), client, None, granted
        )
        if sees_event and sees_program:
            found.add(unit)
    return sorted(found)


def _join(tx: Transaction, event: pb.DemandResponseEvent) -> None:
    """Have the units of an event take part in its program."""
    program = keeping.parsed(
        pb.DemandResponseProgram, keeping.body(tx, demand_response.PROGRAM, event.program)
    )
    fresh = sorted(set(event.units) - set(program.units))
    if fresh:
        for unit in fresh:
            keeping.body(tx, "unit", unit)
        program.units.extend(fresh)
        body = program.SerializeToString(deterministic=True)
        tx.replace_document(demand_response.PROGRAM, program.name, body)


# -- reports --------------------------------------------------------------------------------------


def report_put(
    tx: Transaction, desk: Desk, made: OpenAdrObject, unit: str, actor: str, *, now: datetime
) -> None:
    """Keep what a VEN reports, a report for each resource and type, and account for its usage."""
    event = event_name(content_of(made)["eventID"])
    tx.forget_reported_usage(made.object_id)
    _account_again(tx, desk, made, unit)
    usages = _usages(desk, made, now)
    if unit:
        _account(tx, made, unit, usages)
    if tx.document(demand_response.EVENT, event) is not None:
        _keep_reports(tx, event, made, actor, now)


def report_gone(tx: Transaction, desk: Desk, gone: OpenAdrObject, unit: str) -> None:
    """Take back what a report said: what was said before it holds again."""
    tx.forget_reported_usage(gone.object_id)
    _account_again(tx, desk, gone, unit)


def _account_again(tx: Transaction, desk: Desk, gone: OpenAdrObject, unit: str) -> None:
    """Account for what other reports of the client on the event say, in the order they came."""
    if not unit:
        return
    for each in tx.openadr_objects(Kind.REPORT, client_id=gone.client_id, parent_id=gone.parent_id):
        if each.object_id != gone.object_id:
            _account(tx, each, unit, _usages(desk, each, None))


def _account(
    tx: Transaction, made: OpenAdrObject, unit: str, usages: Mapping[str, Mapping[int, float]]
) -> None:
    for resource, kwh in usages.items():
        name = f"{made.client_id}/{resource}"
        tx.put_reported_usage(unit.removeprefix("units/"), name, made.object_id, kwh)


def _usages(desk: Desk, made: OpenAdrObject, now: datetime | None) -> dict[str, dict[int, float]]:
    """Return kWh by slot of each resource of a report.

    Raise UsageImpossible, or UsageOfTheFuture unless ``now`` is None, as for what is stored.
    """
    content = content_of(made)
    scale = _scale(content)
    found: dict[str, dict[int, float]] = {}
    for resource in content["resources"]:
        for each in openadr_time.occurrences(resource, made.create_time):
            for kind, values in each.payloads:
                if kind != USAGE or len(values) != 1:
                    continue
                kwh = float(values[0]) * scale
                if not 0 <= kwh <= KWH_MAX:
                    raise UsageImpossible(
                        f"USAGE of interval {each.number} is 0 to {KWH_MAX:.0f} kWh",
                        field="resources",
                    )
                if now is not None and each.end > now + CLOCK_AHEAD:
                    raise UsageOfTheFuture(
                        f"interval {each.number} is not over yet", field="resources"
                    )
                found.setdefault(resource["resourceName"], {}).update(_spread(desk, each, kwh))
    return found


def _keep_reports(
    tx: Transaction, event: str, made: OpenAdrObject, actor: str, now: datetime
) -> None:
    """Keep a report for each resource and type, in the place of what it was."""
    kept = set()
    for position, resource in enumerate(content_of(made)["resources"]):
        series: dict[str, list[float]] = {}
        for each in openadr_time.occurrences(resource, made.create_time):
            for kind, values in each.payloads:
                if kind in REPORT_TYPES:
                    numbers = [float(v) for v in values if isinstance(v, int | float)]
                    series.setdefault(kind, []).extend(numbers)
        for kind, reported in sorted(series.items()):
            suffix = f"{position}-{kind.lower().replace('_', '-')}"
            kept.add(_keep_report(tx, event, made, resource, (kind, reported), suffix, actor, now))
    prefix = report_prefix(event, made.object_id)
    before = tx.documents(demand_response.REPORT, event, prefix, DOCUMENTS_MAX)
    stale = [each.name for each in before if each.name.startswith(prefix) and each.name not in kept]
    tx.delete_documents(demand_response.REPORT, stale)


def report_prefix(event: str, object_id: str) -> str:
    """Return what the names of the reports begin with that an OpenADR report is kept as."""
    return f"{event}/reports/{object_id[:32]}-"


def _scale(content: Mapping[str, Any]) -> float:
    """Return kWh for one of the units in which usage is reported, kWh when none are said."""
    for each in content.get("payloadDescriptors") or ():
        if each["payloadType"] == USAGE and each.get("units"):
            if each["units"] not in KWH:
                raise UnitsUnknown(
                    f"USAGE is reported in {each['units'][:40]!r}; need {', '.join(KWH)}",
                    field="payloadDescriptors",
                )
            return KWH[each["units"]]
    return 1.0


def _spread(desk: Desk, each: Occurrence, kwh: float) -> dict[int, float]:
    """Return energy by slot; that of an interval which is no whole slots is not accounted for."""
    width = desk.interval_s * 1_000_000
    low = consumption.microseconds(each.start) + slots.CST_US
    high = consumption.microseconds(each.end) + slots.CST_US
    count = (high - low) // width
    if low % width or high % width or not 0 < count <= slots.SLOTS:
        return {}
    return {low // width + n: kwh / count for n in range(count)}


def _keep_report(
    tx: Transaction,
    event: str,
    made: OpenAdrObject,
    resource: Mapping[str, Any],
    series: tuple[str, list[float]],
    suffix: str,
    actor: str,
    now: datetime,
) -> str:
    report = pb.DemandResponseReport(
        name=f"{report_prefix(event, made.object_id)}{suffix}",
        client_name=content_of(made)["clientName"],
        resource_name=resource["resourceName"],
        payload_type=series[0],
        values=series[1],
    )
    known = tx.document(demand_response.REPORT, report.name)
    if known is None:
        demand_response.create_report(tx, report, made.digest, actor, now=now)
        return report.name
    report.create_time.FromDatetime(now)
    body = report.SerializeToString(deterministic=True)
    tx.replace_document(demand_response.REPORT, report.name, body, now)
    return report.name
