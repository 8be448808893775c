"""Receipts taken, many reports at once, and who has received what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.receipts import (
    Answer,
    CountyBoard,
    NodePlace,
    Receipt,
    ReceiptState,
    Report,
    Summary,
    apart,
    merged,
    placed,
)
from services.disaster_warning.model.retention import RULE_ID as RETENTION
from services.disaster_warning.model.warning import Channel, CountyTarget, HazardWarning
from services.disaster_warning.ports import Transaction
from services.disaster_warning.usecases.drafting import get_warning
from services.disaster_warning.usecases.refused import ReceiptsForgotten, VersionUnknown
from tianfu.disaster_warning.v1 import events_pb2


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of reports: taken, taken before, and receipts of what nobody published.

    ``apart`` has reason and node of each receipt that counts for no county.
    """

    reports: int
    repeated: int
    unknown_receipts: int
    apart: tuple[tuple[str, str], ...] = ()


def record_receipts(tx: Transaction, reports: Sequence[Report], *, now: datetime) -> Taken:
    """Take reports that were not taken before; whatever their number, some statements.

    A receipt of a version that was never published, or on the other channel, is passed over: a
    node may say what it likes, and is believed only of what there is. Where it stands, the fleet
    says: what it says as a node of another county is kept, and counts for none.
    """
    by_key = {report.key: report for report in reports}
    new = tx.first_reports(list(by_key))
    fresh = [report for key, report in by_key.items() if key in new]
    said = [receipt for report in fresh for receipt in report.receipts]
    known = tx.published(sorted({(each.key.warning_id, each.key.version) for each in said}))
    valid = [valid for each in said if (valid := _believed(each, known)) is not None]
    names = sorted({report.key.node for report in fresh})
    places = tx.places_of(names) if valid else {}
    judged = [
        replace(each, apart=apart(each.county, each.event_time, places.get(each.key.node)))
        for each in valid
    ]
    tx.put_receipts(merged(judged), now)
    if names:
        tx.heard_nodes(names, now)
    _end_calls(tx, [_answer(each) for each in judged if _answers(each)])
    odd = tuple((each.apart, each.key.node) for each in judged if each.apart)
    return Taken(len(fresh), len(reports) - len(fresh), len(said) - len(valid), odd)


def record_places(tx: Transaction, told: Mapping[str, NodePlace | None]) -> None:
    """Take where the fleet has nodes now, None of those that are no more; may be repeated.

    What a node said before it was known where it stands is judged again.
    """
    known = tx.places_of(told)
    stand = {
        node: placed(known.get(node), place) for node, place in told.items() if place is not None
    }
    tx.put_places({node: place for node, place in stand.items() if place != known.get(node)})
    tx.drop_places([node for node, place in told.items() if place is None])
    _end_calls(tx, tx.settle_apart(stand))


def get_board(tx: Transaction) -> Sequence[CountyBoard]:
    """Return what became of the warnings to the public that hold, by county."""
    return tx.board()


def get_receipts(
    tx: Transaction, warning_id: str, version: int = 0
) -> tuple[HazardWarning, Sequence[Summary]]:
    """Return a warning as a version of it was (0: the last), and who has received that, by county.

    Raise WarningUnknown, VersionUnknown, or ReceiptsForgotten when they are no longer kept.
    """
    warning = get_warning(tx, warning_id)
    last = warning.version
    if version not in (0, warning.version):
        warning = _as_it_was(tx, warning, version)
    forgotten = tx.receipts_forget_time(warning_id)
    if forgotten is not None:
        raise ReceiptsForgotten(
            f"the receipts of {warning_id!r} were kept until {forgotten:%Y-%m-%d}, as rule "
            f"{RETENTION} says; its versions and steps are still there"
        )
    return warning, tx.summaries(warning_id, warning.version, is_last=version in (0, last))


def _as_it_was(tx: Transaction, warning: HazardWarning, version: int) -> HazardWarning:
    """Return a warning with the version, and the counties, that it had then."""
    found = tx.version(warning.warning_id, version)
    if found is None:
        raise VersionUnknown(
            f"warning {warning.warning_id!r} has {warning.version} published versions",
            field="version",
        )
    facts = events_pb2.WarningFacts.FromString(found.facts)
    counties = tuple(
        CountyTarget(
            each.place_code, each.display_name, each.share, Colour(each.colour), each.population
        )
        for each in facts.counties
    )
    people = sum(each.population for each in counties)
    return replace(warning, version=version, counties=counties, population=people)


def _believed(
    receipt: Receipt, known: Mapping[tuple[str, int], tuple[Channel, datetime]]
) -> Receipt | None:
    """Return a receipt as it can be, None when there is nothing that it could be of.

    Nobody has had a version before it was sent: a clock that says so is wrong.
    """
    found = known.get((receipt.key.warning_id, receipt.key.version))
    if found is None or found[0] is not receipt.channel:
        return None
    return replace(receipt, event_time=max(receipt.event_time, found[1]))


def _answers(receipt: Receipt) -> bool:
    return receipt.state is ReceiptState.ACKED and not receipt.apart


def _answer(receipt: Receipt) -> Answer:
    return Answer(receipt.key.warning_id, receipt.key.version, receipt.county)


def _end_calls(tx: Transaction, answers: Sequence[Answer]) -> None:
    """Call nobody any more where somebody has answered.

    Who has answered for a version, late perhaps, knows nothing of a graver one after it.
    """
    answered: dict[tuple[str, int], set[str]] = defaultdict(set)
    for each in answers:
        answered[each.warning_id, each.version].add(each.county)
    for (warning_id, version), counties in sorted(answered.items()):
        tx.end_calls(warning_id, sorted(counties), up_to=version)
