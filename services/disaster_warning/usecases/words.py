"""What people are told of a warning, by the templates of the rule ``wording``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from services.disaster_warning.cap.event_codes import EVENT_CODES_RULE, EventCodes
from services.disaster_warning.geography.codes import prefecture_of
from services.disaster_warning.geography.counties import Counties
from services.disaster_warning.geography.targeting import Targeting
from services.disaster_warning.model.warning import (
    EARTHQUAKE_EVENT,
    Channel,
    Colour,
    CountyShaking,
    CountyTarget,
    CountyText,
    HazardWarning,
    NoticeType,
    Source,
    Text,
)
from services.disaster_warning.model.wording import (
    Facts,
    Name,
    Phase,
    Texts,
    Wording,
)
from services.plumbing.rules import RuleBook

PHASES: Final = {
    NoticeType.ALERT: Phase.ISSUE,
    NoticeType.UPDATE: Phase.UPDATE,
    NoticeType.CANCEL: Phase.CANCEL,
}
PROVINCE: Final = Name("四川省", "Sichuan")
AT_SEA: Final = Name("境外", "outside the province")


class RuleWords:
    """Implements ``ports.Wording``."""

    def __init__(
        self,
        rules: RuleBook,
        wording: Wording,
        places: Targeting,
        *,
        jurisdiction: str,
        at: datetime,
    ) -> None:
        """Take the words and the events that are in force at ``at``, and keep to them."""
        self._wording = wording
        self._places = places
        self._counties: Counties = places.counties
        self._names = {each.code: Name(each.name_zh, each.name_en) for each in self._counties}
        # The epicentre that was asked for last: all counties of a solution have the same.
        self._last: tuple[tuple[float, float] | None, Name] = (None, AT_SEA)
        self._events = EventCodes.of(rules.in_force(EVENT_CODES_RULE, jurisdiction, at))

    def texts(self, warning: HazardWarning) -> tuple[Text, ...]:
        """Return a warning's texts by its event's template, a language each."""
        place = self._place([each.place_code for each in warning.counties])
        kind = NoticeType.UPDATE if warning.version else NoticeType.ALERT
        return tuple(map(_text, self._rendered(warning, place, warning.content.colour, kind)))

    def county_texts(
        self, warning: HazardWarning, county: CountyTarget, kind: NoticeType
    ) -> tuple[CountyText, ...]:
        """Return what one county is told: what people wrote, spoken and shown by the template."""
        place = self._place([county.place_code])
        written = {each.language: each for each in warning.content.texts}
        ours = self._rendered(warning, place, county.colour, kind)
        if kind is NoticeType.CANCEL:
            return tuple(map(_county_text, ours))
        return tuple(_written(written.get(each.language), each) for each in ours)

    def earthquake_texts(
        self, channel: Channel, source: Source, counties: Sequence[CountyShaking], now: datetime
    ) -> tuple[Text, ...]:
        """Return the texts of a whole earthquake warning: of the county it is gravest in."""
        gravest = max(counties, key=lambda each: each.intensity)
        place = self._place([each.place_code for each in counties])
        facts = replace(self._felt(source, gravest, now, place), countdown_s=None)
        return tuple(map(_text, self._quake(channel, facts, gravest.colour, NoticeType.ALERT)))

    def shaking_texts(
        self,
        channel: Channel,
        source: Source,
        county: CountyShaking,
        kind: NoticeType,
        now: datetime,
    ) -> tuple[CountyText, ...]:
        """Return what one county is told of an earthquake."""
        name = self._names.get(county.place_code)
        place = self._place([county.place_code]) if name is None else name
        facts = self._felt(source, county, now, place)
        return tuple(map(_county_text, self._quake(channel, facts, county.colour, kind)))

    def _rendered(
        self, warning: HazardWarning, place: Name, colour: Colour, kind: NoticeType
    ) -> tuple[Texts, ...]:
        event = self._events.event(warning.event_code)
        return self._wording.texts(
            self._wording.hazard_of(warning.event_code),
            PHASES[kind],
            colour,
            Facts(place=place, event=Name(event.chinese, event.english)),
            exercise=warning.channel is Channel.DRILL,
        )

    def _quake(
        self, channel: Channel, facts: Facts, colour: Colour, kind: NoticeType
    ) -> tuple[Texts, ...]:
        return self._wording.texts(
            self._wording.hazard_of(EARTHQUAKE_EVENT),
            PHASES[kind],
            colour,
            facts,
            exercise=channel is Channel.DRILL,
        )

    def _felt(self, source: Source, county: CountyShaking, now: datetime, place: Name) -> Facts:
        return Facts(
            place=place,
            epicentre=self._epicentre(source.latitude, source.longitude),
            magnitude=source.magnitude,
            intensity=county.intensity,
            countdown_s=(county.s_arrival_time - now).total_seconds(),
        )

    def _epicentre(self, latitude: float, longitude: float) -> Name:
        if self._last[0] != (latitude, longitude):
            code = self._places.place_of(latitude, longitude)
            self._last = (latitude, longitude), AT_SEA if code is None else self._place([code])
        return self._last[1]

    def _place(self, codes: Iterable[str]) -> Name:
        """Return the name of the county, the prefecture or the province that codes are in."""
        known = sorted({code for code in codes if code in self._counties})
        if len(known) == 1:
            return self._names[known[0]]
        prefectures = {prefecture_of(code) for code in known}
        if len(prefectures) == 1:
            found = self._counties.prefectures.get(prefectures.pop())
            if found is not None:
                return Name(found.name_zh, found.name_en)
        return PROVINCE


def _text(texts: Texts) -> Text:
    return Text(texts.language, texts.headline, texts.description, texts.instruction)


def _county_text(texts: Texts) -> CountyText:
    return CountyText(
        texts.language,
        texts.headline,
        texts.description,
        texts.instruction,
        texts.voice,
        texts.board,
    )


def _written(written: Text | None, ours: Texts) -> CountyText:
    if written is None:
        return _county_text(ours)
    return CountyText(
        written.language,
        written.headline,
        written.description,
        written.instruction,
        ours.voice,
        ours.board,
    )
