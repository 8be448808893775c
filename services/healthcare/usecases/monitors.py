"""Monitors: whose vital signs the readings of a node are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.healthcare.model import hangings
from services.healthcare.model.documents import Kind, Wanted
from services.healthcare.model.records import derived
from services.healthcare.ports import Transaction
from services.healthcare.usecases import keeping
from services.healthcare.usecases.hospitals import MaskInvalid
from services.healthcare.usecases.looking import PatientNotFound
from tianfu.healthcare.v1 import exchange_pb2

MASKABLE = ("node", "series_prefix", "patient")


def update(
    tx: Transaction,
    wanted: exchange_pb2.Monitor,
    paths: Sequence[str],
    actor: str,
    *,
    missing: bool,
    now: datetime,
) -> exchange_pb2.Monitor:
    """Hang a monitor on a patient, or off; raise ResourceNotFound, EtagMismatch, MaskInvalid."""
    own = wanted.name.partition("/")[2]
    before = tx.document(Kind.MONITOR, own)
    if before is None and not missing:
        raise keeping.ResourceNotFound(
            "there is no such monitor; allow_missing makes it", field="monitor.name"
        )
    after = exchange_pb2.Monitor(name=f"monitors/{own}")
    if before is not None:
        after.ParseFromString(before.body)
        if wanted.etag and wanted.etag != after.etag:
            raise keeping.EtagMismatch("somebody changed it; read it again", field="monitor.etag")
    place = after.node, after.series_prefix
    whose = after.patient.partition("/")[2]
    for path in paths or MASKABLE:
        if path not in MASKABLE:
            raise MaskInvalid(f"{path!r} is none of {', '.join(MASKABLE)}", field="update_mask")
        setattr(after, path, getattr(wanted, path))
    if after.patient and tx.patient(after.patient.partition("/")[2]) is None:
        raise PatientNotFound("there is no such patient", field="monitor.patient")
    after.etag = derived("e", own, str(before.version if before else 0), now.isoformat())
    after.update_time.FromDatetime(now)
    owner = after.patient.partition("/")[2]
    _hang(tx, place, whose, after, now)
    if before is None:
        making = keeping.Making(actor, own, "", now)
        keeping.made(tx, Kind.MONITOR, making, after, parent=owner, label=after.node)
    else:
        keeping.changed(tx, before, after, now, parent=owner, label=after.node)
    keeping.note(tx, actor, "monitors.update", after.name, now, {"patient": after.patient})
    return after


def _hang(
    tx: Transaction, place: tuple[str, str], whose: str, after: exchange_pb2.Monitor, now: datetime
) -> None:
    """Note from when on whose readings they are; ``place`` and ``whose`` are those of before."""
    owner, moved_to = after.patient.partition("/")[2], (after.node, after.series_prefix)
    if moved_to != place:
        if whose:
            tx.add_hangings(*place, hangings.after(tx.hangings(*place), whose, "", now), now)
        whose = ""
    if owner != whose:
        added = hangings.after(tx.hangings(*moved_to), whose, owner, now)
        tx.add_hangings(*moved_to, added, now)


def of_node(tx: Transaction, node: str) -> Sequence[exchange_pb2.Monitor]:
    """Return a node's monitors that hang on somebody."""
    found = tx.documents(Kind.MONITOR, Wanted(label=node), 0, 1_000, by_id=True)
    monitors = [exchange_pb2.Monitor.FromString(each.body) for each in found]
    return [each for each in monitors if each.patient]
