"""What the use cases of warnings need of their surroundings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from google.protobuf.message import Message

from services.disaster_warning.cap.document import Alert
from services.disaster_warning.model.escalation import Level
from services.disaster_warning.model.filters import EarthquakeFilter, WarningFilter
from services.disaster_warning.model.gauge_judge import Shown
from services.disaster_warning.model.level_changes import Hazard
from services.disaster_warning.model.receipts import (
    Answer,
    CountyBoard,
    NodePlace,
    Receipt,
    ReportKey,
    SinkKey,
    Summary,
)
from services.disaster_warning.model.warning import (
    Area,
    Channel,
    Colour,
    CountyShaking,
    CountyTarget,
    CountyText,
    Earthquake,
    HazardWarning,
    NoticeType,
    PickKey,
    Source,
    Step,
    Text,
    Version,
)
from services.plumbing.rules import RuleBook


class Warnings(Protocol):
    """Warnings, their steps and versions."""

    def warning(self, warning_id: str) -> HazardWarning | None:
        """Return a warning; if this transaction writes, hold it until the end."""
        ...

    def warnings_of(self, warning_ids: Sequence[str]) -> Mapping[str, HazardWarning]:
        """Return those of the warnings that there are."""
        ...

    def warnings(
        self, meant: WarningFilter, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[HazardWarning]:
        """Return warnings, the latest drafted first, after a position (create time, id)."""
        ...

    def open_warnings(
        self, meant: WarningFilter, after: str, limit: int
    ) -> Sequence[HazardWarning]:
        """Return warnings that have not ended, after an id, in order of id."""
        ...

    def due_warnings(self, now: datetime, limit: int) -> Sequence[HazardWarning]:
        """Return warnings whose end has come, and hold them."""
        ...

    def add_warning(self, warning: HazardWarning) -> bool:
        """Add a warning; False when its id is taken."""
        ...

    def replace_warning(self, warning: HazardWarning) -> None:
        """Store a warning's new state."""
        ...

    def add_step(self, warning: HazardWarning, step: Step) -> None:
        """Append a step of a warning, which has its revision."""
        ...

    def steps(self, warning_id: str) -> Sequence[Step]:
        """Return a warning's steps, oldest first."""
        ...

    def add_version(self, version: Version) -> None:
        """Append a version."""
        ...

    def version(self, warning_id: str, version: int) -> Version | None:
        """Return a version of a warning; 0 means the latest."""
        ...

    def references(self, warning_id: str) -> Sequence[tuple[str, datetime]]:
        """Return identifier and time of a warning's first CAP message and of its last."""
        ...

    def cap_identifiers(self, candidates: Sequence[str]) -> frozenset[str]:
        """Return those of the identifiers that CAP messages have already."""
        ...


class Bulletins(Protocol):
    """What holds in each county."""

    def told(
        self, channel: Channel, warning_id: str, besides: Collection[str] = ()
    ) -> Mapping[str, bytes]:
        """Return the notices of a warning that counties' bulletins have, besides some counties."""
        ...

    def put_notices(
        self,
        channel: Channel,
        warning_id: str,
        version: int,
        expire_time: datetime,
        notices: Mapping[str, bytes],
        now: datetime,
    ) -> None:
        """Put a warning's notices into the counties' bulletins, which become due."""
        ...

    def is_due(self, now: datetime) -> bool:
        """Say whether a warning, a notice or a call is due."""
        ...

    def drop_notices(self, now: datetime, limit: int) -> int:
        """Take out what is over; the counties' bulletins become due. Return how many."""
        ...


class Calls(Protocol):
    """Who is to be called next, county by county."""

    def put_calls(
        self,
        warning_id: str,
        channel: Channel,
        version: int,
        counties: Sequence[str],
        level: Level,
        due_time: datetime | None,
    ) -> None:
        """Set how far counties' calls have gone, and when the next one is due."""
        ...

    def due_calls(self, now: datetime, limit: int) -> Sequence[Call]:
        """Return calls whose time has come, and hold them."""
        ...

    def end_calls(
        self, warning_id: str, counties: Sequence[str] | None = None, *, up_to: int | None = None
    ) -> None:
        """Call nobody any more in these counties, or in any; only of versions ``up_to`` one."""
        ...


class Receipts(Protocol):
    """What nodes say of the warnings they were given."""

    def first_reports(self, keys: Sequence[ReportKey]) -> frozenset[ReportKey]:
        """Enter reports and return those that were not taken before."""
        ...

    def published(
        self, pairs: Sequence[tuple[str, int]]
    ) -> Mapping[tuple[str, int], tuple[Channel, datetime]]:
        """Return channel and time of sending of those (warning, version) that were published."""
        ...

    def put_receipts(self, receipts: Mapping[SinkKey, Receipt], now: datetime) -> None:
        """Store receipts where they move a sink's state forwards."""
        ...

    def heard_nodes(self, names: Collection[str], now: datetime) -> None:
        """Remember that nodes report."""
        ...

    def places_of(self, names: Collection[str]) -> Mapping[str, NodePlace]:
        """Return where the fleet has those of the nodes that it has told of."""
        ...

    def put_places(self, stand: Mapping[str, NodePlace]) -> None:
        """Store where nodes stand."""
        ...

    def drop_places(self, names: Collection[str]) -> None:
        """Forget where nodes stand that are no more."""
        ...

    def settle_apart(self, names: Collection[str]) -> Sequence[Answer]:
        """Judge again what nodes said before it was known where they stand.

        Return what they have acknowledged among what counts now.
        """
        ...

    def summaries(
        self, warning_id: str, version: int, *, is_last: bool = True
    ) -> Sequence[Summary]:
        """Return who has received a version, by county, in order of code."""
        ...

    def board(self) -> Sequence[CountyBoard]:
        """Return what became of the warnings to the public that hold, by county."""
        ...


class Earthquakes(Protocol):
    """Earthquakes, their picks and solutions."""

    def earthquake(self, earthquake_id: str) -> Earthquake | None:
        """Return an earthquake; if this transaction writes, hold it until the end."""
        ...

    def earthquake_of(
        self, channel: Channel, picks: Sequence[PickKey], otherwise: str
    ) -> Earthquake | None:
        """Return the earthquake that the first known one of the picks belongs to, and hold it.

        When none of them is known, return the one with the id ``otherwise``, if it is there.
        """
        ...

    def earthquakes(
        self, meant: EarthquakeFilter, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Earthquake]:
        """Return earthquakes, the latest first, after a position (origin time, id)."""
        ...

    def earthquakes_changed(
        self, channel: Channel, since: datetime, after: datetime | None
    ) -> Sequence[Earthquake]:
        """Return those that began since then and have changed at ``after`` or later, if given."""
        ...

    def put_earthquake(self, earthquake: Earthquake) -> None:
        """Add or replace an earthquake."""
        ...

    def add_solution(self, earthquake_id: str, number: int, body: bytes, now: datetime) -> None:
        """Append a solution."""
        ...

    def solutions(self, earthquake_id: str) -> Sequence[bytes]:
        """Return an earthquake's solutions, oldest first."""
        ...

    def add_picks(self, channel: Channel, picks: Sequence[PickKey], earthquake_id: str) -> None:
        """Say which earthquake picks belong to; one that belongs to another stays there."""
        ...


class Standings(Protocol):
    """What the watch over gauges has proposed and what stands since: one a hazard and county."""

    def standing(self, hazard: Hazard, county: str) -> Standing | None:
        """Return what stands there; if this transaction writes, hold it until the end."""
        ...

    def standings(self) -> Sequence[Standing]:
        """Return all that stands."""
        ...

    def due_standings(self, now: datetime) -> Sequence[Standing]:
        """Return those whose warning is to be renewed by now, and hold them."""
        ...

    def put_standing(self, standing: Standing) -> None:
        """Add or replace what stands for a hazard in a county."""
        ...

    def put_gauge_state(self, part: str, body: bytes, now: datetime) -> None:
        """Keep a part of the watch's state, with what this transaction makes of it."""
        ...


class Log(Protocol):
    """The log of changes, remembered requests, imported messages and the outbox."""

    def change(self, warning_ids: Sequence[str], when: datetime) -> int:
        """Enter changes; return the first one's number, the others follow on it."""
        ...

    def last_change(self) -> int:
        """Return the number of the last change."""
        ...

    def first_change(self) -> int:
        """Return the number of the oldest change that is still in the log, 0 for none."""
        ...

    def changes(self, after: int, limit: int) -> Sequence[tuple[int, str]]:
        """Return (number, warning id) of changes after a number, in order."""
        ...

    def answer(self, request_id: str) -> tuple[bytes, bytes] | None:
        """Return (digest of the request, serialised answer) of a request made before."""
        ...

    def remember(self, request_id: str, digest: bytes, answer: bytes, when: datetime) -> None:
        """Keep the answer of a request."""
        ...

    def forget_requests(self, before: datetime) -> int:
        """Forget the answers of requests made before then; return how many."""
        ...

    def prune_inbox(self, now: datetime) -> int:
        """Forget reports taken long ago; return how many."""
        ...

    def imported(self, sender: str, identifier: str, sent: datetime) -> str | None:
        """Return the warning that was drafted from a foreign message, None without one."""
        ...

    def add_import(self, imported: Imported) -> None:
        """Remember a foreign message."""
        ...

    def emit(self, subject: str, message: Message | bytes, message_id: str) -> None:
        """Put a message into the outbox: it is published if this transaction commits."""
        ...


class Retention(Protocol):
    """Letting go of what is no longer kept."""

    def forget_receipts(
        self, channel: Channel, before: datetime, limit: int, now: datetime
    ) -> int | None:
        """Delete receipts of the warning that ended first; None when none ended before then."""
        ...

    def receipts_forget_time(self, warning_id: str) -> datetime | None:
        """Return when a warning's receipts were deleted, None while they are kept."""
        ...

    def forget_warnings(self, channel: Channel, before: datetime, limit: int) -> int:
        """Delete warnings that ended before then, with all of theirs; return how many."""
        ...

    def forget_nodes(self, before: datetime, limit: int) -> int:
        """Forget nodes that have reported nothing since then; return how many."""
        ...


class Transaction(
    Warnings, Bulletins, Calls, Receipts, Earthquakes, Standings, Retention, Log, Protocol
):
    """One transaction over all of it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A county where nobody has acknowledged a warning, and how far its calls have gone."""

    warning_id: str
    county: str
    channel: Channel
    version: int
    level: Level


@dataclass(frozen=True, slots=True)
class Standing:
    """A colour that gauges call for in a county, and the warning that it was last told by.

    ``renew_time``: when that warning needs a successor if the colour still holds; None when none
    does (colour NONE), or when people have ended it.
    """

    hazard: Hazard
    county: str
    colour: Colour
    warning_id: str
    renew_time: datetime | None


@dataclass(frozen=True, slots=True)
class Imported:
    """A foreign CAP message, by the three that make it unique, and the draft made from it."""

    sender: str
    identifier: str
    sent: datetime
    warning_id: str
    import_time: datetime
    content: bytes


@dataclass(frozen=True, slots=True)
class Targeted:
    """Whom an area takes in."""

    counties: tuple[CountyTarget, ...]
    population: int
    rule_versions: tuple[str, ...] = ()


class Targeting(Protocol):
    """From an area to counties."""

    def target(self, area: Area, colour: Colour, *, now: datetime) -> Targeted:
        """Return the counties that an area takes in, by share; none for one that has none."""
        ...


class Wording(Protocol):
    """What people are told."""

    def texts(self, warning: HazardWarning) -> tuple[Text, ...]:
        """Return a warning's texts by its event's template, a language each."""
        ...

    def county_texts(
        self, warning: HazardWarning, county: CountyTarget, kind: NoticeType
    ) -> tuple[CountyText, ...]:
        """Return what one county is told of a warning."""
        ...

    def earthquake_texts(
        self, channel: Channel, source: Source, counties: Sequence[CountyShaking], now: datetime
    ) -> tuple[Text, ...]:
        """Return the texts of a whole earthquake warning."""
        ...

    def shaking_texts(
        self,
        channel: Channel,
        source: Source,
        county: CountyShaking,
        kind: NoticeType,
        now: datetime,
    ) -> tuple[CountyText, ...]:
        """Return what one county is told of an earthquake."""
        ...


class Press(Protocol):
    """Makes CAP messages that may go out, with the keys of one channel."""

    def print(self, alert: Alert, *, now: datetime) -> bytes:
        """Return the signed document; raise a Refusal when the rules forbid it."""
        ...


class LiveGauges(Protocol):
    """What gauges tell."""

    async def shown(self, county: str) -> Sequence[Shown]:
        """Return what the gauges of a county say now, gauge by gauge."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """Who speaks: the sender of CAP messages and its name, and its codes in their identifiers.

    ``area`` is of GB/T 2260 (6 digits), ``agency`` of GB/T 4657 (3), ``unit`` its own (3).
    """

    sender: str = "warning.sichuan.tianfu.dev"
    names: Mapping[str, str] = field(
        default_factory=lambda: {
            "zh-CN": "四川省预警信息发布中心",
            "en-US": "Sichuan Warning Release Centre",
        }
    )
    area: str = "510000"
    agency: str = "416"
    unit: str = "000"
    jurisdiction: str = "CN-51"


@dataclass(frozen=True, slots=True)
class Desk:
    """What it takes to publish: rules, places, words, and a press for each channel."""

    rules: RuleBook
    targeting: Targeting
    wording: Wording
    presses: Mapping[Channel, Press]
    office: Office
