"""An inspector's handheld: hears its visits, keeps them, takes signed forms and sends them on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from google.protobuf.message import DecodeError

from edge import bucket_key, durable_file
from edge.clock import Clock
from edge.counters import Counters
from edge.inspections import requests
from edge.inspections.requests import Answer
from edge.link import Session, Work
from edge.message_store import Incoming, Kept, MessageStore
from edge.tracing import Tracer
from edge.uplink import Route, Uplink
from tianfu import inspection_form, subjects
from tianfu.credit_supervision.v1 import handheld_pb2 as pb
from tianfu.inspection_form import FormInvalid

CONTENT_TYPE: Final = "application/x-protobuf; type=tianfu.credit_supervision.v1.SignedForm"
FILE: Final = "visits.pb"
SHEET_BYTES_MAX: Final = 1 << 20
STORE: Final = "inspection"

log = logging.getLogger(__name__)


class Handheld:
    """The visits and forms of one node."""

    def __init__(
        self,
        node: subjects.NodeId,
        folder: Path,
        store: MessageStore,
        *,
        clock: Clock,
        counters: Counters,
        tracer: Tracer,
        jitter: Callable[[], float],
    ) -> None:
        """Take the store that forms go through."""
        self._node = node
        self._folder = folder
        self._store = store
        self._counters = counters
        route = Route(
            subjects.inspection_form(node), CONTENT_TYPE, "credit-supervision", store.message_id
        )
        self._uplink = Uplink(
            node, store, clock=clock, counters=counters, tracer=tracer, jitter=jitter, route=route
        )
        self._sheet = read_sheet(folder)
        self.works: tuple[Work, ...] = (self.hear, self._uplink.run)

    @property
    def is_sent(self) -> bool:
        """Return whether no form waits to be sent."""
        return bool(self._store.waiting == 0)

    def status(self) -> dict[str, Any]:
        """Return what the status file says."""
        return {
            "visits": len(self._sheet.visits),
            "forms_waiting": self._store.waiting,
            "forms_sent": self._uplink.state.acknowledged,
            "reason": self._uplink.state.reason,
        }

    async def run(self) -> None:
        """Take forms from the command, link or no link, until cancelled."""
        await requests.watch(self._folder, self.take, self._counters)

    async def close(self) -> None:
        """Close the store."""
        await self._store.close()

    # -- visits in --------------------------------------------------------------------------------

    async def hear(self, session: Session) -> None:
        """Hear of sheets until the session breaks."""
        await bucket_key.follow(
            session,
            subjects.visits(self._node),
            subjects.direct_get(subjects.VISITS, self._node),
            self._heard,
            self._counters,
            "VISITS_UNANSWERED",
        )

    async def _heard(self, payload: bytes) -> None:
        self.keep(payload)

    def keep(self, payload: bytes) -> None:
        """Go by a sheet from now on, also after a start without a link."""
        try:
            sheet = pb.HandheldSheet.FromString(payload)
        except DecodeError:
            self._counters.add("VISITS_MALFORMED")
            return
        if sheet.node != self._node:
            self._counters.add("VISITS_OF_ANOTHER_NODE")
            return
        if sheet == self._sheet:
            return
        try:
            _write(self._folder, payload)
        except OSError:
            # It holds until the next start, and comes again with the next fetch then.
            self._counters.add("VISITS_UNWRITTEN")
        self._sheet = sheet

    # -- forms out --------------------------------------------------------------------------------

    async def take(self, payload: bytes) -> Answer:
        """Take a signed form: it is on the disk when the answer says so."""
        try:
            form = self._checked(payload)
        except FormInvalid as error:
            return Answer(error.reason, str(error))
        name = (form.inspection, form.department, "form")
        signed = pb.SignedForm.FromString(payload)
        [kept] = await self._store.keep([Incoming(name, signed.form, payload)])
        match kept:
            case Kept.NEW:
                self._uplink.notify()
                self._counters.add("FORM_KEPT")
            case Kept.OTHER:
                return Answer("FORM_EXISTS", "another form of this visit was signed before")
            case Kept.FULL:
                return Answer("FORM_STORE_FULL", "no room now; it is taken when there is")
            case Kept.KNOWN:
                pass
        return Answer("", "kept")

    def _checked(self, payload: bytes) -> pb.FilledForm:
        try:
            signed = pb.SignedForm.FromString(payload)
        except DecodeError:
            raise FormInvalid("FORM_MALFORMED", "no SignedForm") from None
        sheet = self._sheet
        if not sheet.public_key:
            raise FormInvalid("HANDHELD_UNKNOWN", "this node is no inspector's; have it entered")
        filled = inspection_form.opened(signed, sheet.public_key)
        if (filled.node, filled.badge) != (sheet.node, sheet.badge):
            raise FormInvalid("FORM_OF_ANOTHER", "it names another node or badge")
        inspection_form.check(sheet.form, filled)
        visit = next((v for v in sheet.visits if v.inspection == filled.inspection), None)
        if visit is None:
            raise FormInvalid("VISIT_UNKNOWN", f"no visit {filled.inspection} is to be made")
        if visit.suspended_by:
            raise FormInvalid("VISIT_SUSPENDED", f"inspections rest there for {visit.suspended_by}")
        return filled


def read_sheet(folder: Path) -> pb.HandheldSheet:
    """Return the sheet that is kept in a folder, an empty one when there is none."""
    sheet = pb.HandheldSheet()
    try:
        with (folder / FILE).open("rb") as stream:
            sheet.ParseFromString(stream.read(SHEET_BYTES_MAX))
    except (OSError, DecodeError):
        return pb.HandheldSheet()
    return sheet


def _write(folder: Path, payload: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    durable_file.replace(folder / FILE, payload)
