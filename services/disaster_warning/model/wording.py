"""What people are told (预警信息文本): headline, description, instruction, voice, board.

The words stand in a dated rule, ``rules/wording.toml``, and are checked when it is read: a template
that names an unknown thing, or that would not fit where it is shown, never gets into use. What an
exercise says always begins with 演练 or EXERCISE, by code and not by template.
"""

from __future__ import annotations

import enum
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product, repeat
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from services.disaster_warning.model import spoken
from services.disaster_warning.model.colours import COLOURS, Colour
from services.plumbing.rules import Rule

RULE: Final = "wording"
CHINESE: Final = "zh-CN"
ENGLISH: Final = "en-US"
LANGUAGES: Final = (CHINESE, ENGLISH)

EXERCISE: Final = MappingProxyType({CHINESE: "演练", ENGLISH: "EXERCISE"})
"""How what an exercise says begins, in every field."""

BOARD_MAX: Final = 20
"""Characters of an LED board at a village (村村响 screens show ten a line, two lines)."""
HEADLINE_MAX: Final = MappingProxyType({CHINESE: 80, ENGLISH: 180})
"""Two cell-broadcast pages with a language prefix: 40 in UCS-2 or 90 in GSM-7 each (TS 23.041)."""
BROADCAST_MAX: Final = MappingProxyType({CHINESE: 600, ENGLISH: 1_350})
"""Headline and instruction together: fifteen such pages, all that a cell broadcast has."""
VOICE_MAX: Final = MappingProxyType({CHINESE: 100, ENGLISH: 260})
"""Half a minute: about 200 characters or 500 letters a minute, said slowly."""
DESCRIPTION_MAX: Final = 600
CUT: Final = "…"
"""Ends what was cut: a name was longer than any that the templates were checked with."""


class Phase(enum.StrEnum):
    """What a text does: the first, a change, the end before its time."""

    ISSUE = "issue"
    UPDATE = "update"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Name:
    """A name in both languages."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """Return it in a language of LANGUAGES."""
        return self.zh if language == CHINESE else self.en


@dataclass(frozen=True, slots=True)
class Facts:
    """What texts speak of. The last four are an earthquake's; None is left unsaid.

    ``event`` names what has no template of its own. ``magnitude`` and ``intensity`` (GB/T 17742)
    have one decimal; ``countdown_s`` are the seconds until the S wave comes, none or less: now.
    """

    place: Name
    event: Name = Name("灾害", "Hazard")
    epicentre: Name | None = None
    magnitude: float | None = None
    intensity: float | None = None
    countdown_s: float | None = None


@dataclass(frozen=True, slots=True)
class Texts:
    """What is told in one language. ``voice`` has numbers in words, ``board`` fits an LED board."""

    language: str
    headline: str
    description: str
    instruction: str
    voice: str
    board: str

    @property
    def broadcast(self) -> str:
        """What phones show: headline and instruction."""
        return f"{self.headline}{' ' if self.language == ENGLISH else ''}{self.instruction}"


_FIELDS: Final = ("headline", "description", "instruction", "voice", "board")
_PLACEHOLDERS: Final = frozenset(
    [
        "place",
        "event",
        "colour",
        "epicentre",
        "magnitude",
        "intensity",
        "arrival",
        "seconds",
        "left",
    ]
)
_SAID: Final = frozenset(["seconds", "arrival", "magnitude", "intensity"])
"""Placeholders that are read out in words."""

_LEFT: Final = frozenset(["place", "seconds", "arrival", "left", "said_seconds", "said_arrival"])
"""Placeholders that differ from county to county."""

_BETWEEN: Final = "\x00"
"""Stands between fields while they are filled in: in no text that can be stored."""

_NOTHING: Final = Name("", "")
"""No event."""

_COLOUR_WORDS: Final = {each: each.name.lower() for each in COLOURS}
_LONGEST: Final = Facts(
    place=Name("阿坝藏族羌族自治州", "Aba Tibetan and Qiang Autonomous Prefecture"),
    event=Name("地质灾害气象风险", "Weather risk of geological disaster"),
    epicentre=Name("阿坝藏族羌族自治州九寨沟县", "Ebian Yi Autonomous County, Aba Prefecture"),
    magnitude=8.8,
    intensity=8.0,
    countdown_s=177.0,
)
"""Longer than any real names and numbers: what fits these, fits all."""


class _Kind(NamedTuple):
    """What texts differ in besides place and time; ``degree`` is a whole intensity, if known."""

    hazard: str
    phase: Phase
    colour: Colour
    degree: int | None
    exercise: bool


class Wording:
    """The templates of one rule. They stay as they are; what was filled in last is kept."""

    def __init__(self, rule: Rule) -> None:
        """Check all templates; raise InvalidRule for one that cannot be used."""
        self.rule = rule
        self._hazard_of = {
            code: hazard for hazard, codes in rule.table("event_codes").items() for code in codes
        }
        self._phrases = {each: rule.table("phrases", each) for each in LANGUAGES}
        self._hazards = frozenset(rule.table("templates"))
        # What all counties of a solution are told alike is filled in once: they are hundreds.
        self._alike: tuple[Name, Name | None, float | None] = (_NOTHING, None, None)
        self._filled: dict[_Kind, tuple[str, ...]] = {}
        self._chosen: dict[tuple[str, str, Phase, Colour, bool], str] = {}
        self._left = lru_cache(spoken.SAID_MAX)(self._words_of_time)
        every = list(product(rule.table("templates"), LANGUAGES, Phase, COLOURS))
        for each in every:
            self._check_words(*each)
        for each in every:
            self._check_lengths(*each)

    def hazard_of(self, event_code: str) -> str:
        """Return whose templates an event (GB/T 35561 code) is told with: "other" if none's."""
        return self._hazard_of.get(event_code, "other")

    def texts(
        self, hazard: str, phase: Phase, colour: Colour, facts: Facts, *, exercise: bool
    ) -> tuple[Texts, ...]:
        """Return the texts, one a language of LANGUAGES.

        A colour outside blue to red, or a hazard without templates, is a ValueError: whoever
        asks has decided already. Names longer than any real one are cut where they must fit.
        """
        if colour not in COLOURS:
            raise ValueError(f"{colour!r} is no colour of a warning")
        if hazard not in self._hazards:
            raise ValueError(f"there are no texts for {hazard!r}")
        alike = (facts.event, facts.epicentre, facts.magnitude)
        if alike != self._alike:
            self._alike, self._filled = alike, {}
        degree = None if facts.intensity is None else spoken.whole(facts.intensity)
        kind = _Kind(hazard, phase, colour, degree, exercise)
        filled = self._filled.get(kind)
        if filled is None:
            filled = self._filled[kind] = tuple(
                self._fill_in(language, kind, facts) for language in LANGUAGES
            )
        left = self._left(None if facts.countdown_s is None else _seconds(facts.countdown_s))
        return tuple(map(_texts, LANGUAGES, filled, left, repeat(facts.place)))

    def _fill_in(self, language: str, kind: _Kind, facts: Facts) -> str:
        """Return the templates of all fields as one, but for the place and the time that is left.

        What is filled in at once is taken apart again afterwards.
        """
        key = (kind.hazard, language, kind.phase, kind.colour, kind.exercise)
        template = self._chosen.get(key)
        if template is None:
            template = self._chosen[key] = self._choose(*key)
        words = self._words(language, kind, facts)
        return template.format_map({name: _plain(word) for name, word in words.items()})

    def _choose(
        self, hazard: str, language: str, phase: Phase, colour: Colour, exercise: bool
    ) -> str:
        """Return the templates of all fields as one, to be filled in twice."""
        templates, chosen = self.rule.table("templates", hazard, language), []
        for field in _FIELDS:
            template = _template(templates, field, phase, colour) or ""
            text = _twice(_aloud(template) if field == "voice" else template)
            chosen.append(_marked(field, language, text) if exercise else text)
        return _BETWEEN.join(chosen)

    def _words(self, language: str, kind: _Kind, facts: Facts) -> dict[str, str]:
        """Return what placeholders stand for in writing, and those of ``_aloud`` read out.

        Read out, numbers are in words.
        """
        phrases = self._phrases[language]
        is_chinese = language == CHINESE
        intensity = said_intensity = phrases["unknown"]
        if kind.degree is not None:
            number = spoken.chinese if is_chinese else spoken.english
            intensity = str(kind.degree) if is_chinese else spoken.roman(kind.degree)
            said_intensity = number(kind.degree)
        magnitude = said_magnitude = phrases["unknown"]
        if facts.magnitude is not None:
            decimal = spoken.chinese_decimal if is_chinese else spoken.english_decimal
            magnitude, said_magnitude = f"{facts.magnitude:.1f}", decimal(facts.magnitude)
        epicentre = facts.epicentre
        return {
            "said_magnitude": said_magnitude,
            "said_intensity": said_intensity,
            "event": facts.event.in_language(language).replace(_BETWEEN, ""),
            "colour": phrases["colours"][_COLOUR_WORDS[kind.colour]],
            "epicentre": epicentre.in_language(language) if epicentre else phrases["unknown_place"],
            "magnitude": magnitude,
            "intensity": intensity,
        }

    def _words_of_time(self, left_s: int | None) -> tuple[Mapping[str, str], ...]:
        """Return what the placeholders of the time that is left stand for, a language each."""
        seconds, words = left_s or 0, []
        for language in LANGUAGES:
            phrases = self._phrases[language]
            said = spoken.chinese(seconds) if language == CHINESE else spoken.english(seconds)
            words.append(
                {
                    "said_seconds": said,
                    "said_arrival": _arrival(phrases, left_s, said),
                    "seconds": str(seconds),
                    "arrival": _arrival(phrases, left_s, str(seconds)),
                    "left": f"{seconds}s" if seconds else "NOW",
                }
            )
        return tuple(words)

    def _check_words(self, hazard: str, language: str, phase: Phase, colour: Colour) -> None:
        """Raise InvalidRule for a template that is missing, or names what is unknown."""
        templates = self.rule.table("templates", hazard, language)
        for field in _FIELDS:
            where = f"templates.{hazard}.{language}.{field}"
            template = _template(templates, field, phase, colour)
            if template is None:
                raise self.rule.invalid(where, f"has no text for {phase}")
            names = {name for _, name, _, _ in string.Formatter().parse(template) if name}
            if unknown := sorted(names - _PLACEHOLDERS):
                raise self.rule.invalid(where, f"names {unknown[0]!r}, unknown")

    def _check_lengths(self, hazard: str, language: str, phase: Phase, colour: Colour) -> None:
        """Raise InvalidRule for a text that does not fit with the longest names."""
        where = f"templates.{hazard}.{language}"
        told = self.texts(hazard, phase, colour, _LONGEST, exercise=True)
        text = next(each for each in told if each.language == language)
        for field in ("headline", "description", "board"):
            if getattr(text, field).endswith(CUT):
                raise self.rule.invalid(f"{where}.{field}", "does not fit with long names")
        for field, limit in (
            ("instruction", BROADCAST_MAX[language] - HEADLINE_MAX[language] - 1),
            ("voice", VOICE_MAX[language]),
        ):
            if len(getattr(text, field)) > limit:
                raise self.rule.invalid(f"{where}.{field}", f"takes more than {limit} characters")


def _template(templates: Mapping[str, Any], field: str, phase: Phase, colour: Colour) -> str | None:
    """Return the text for a colour, for a phase, or for all, whichever there is first."""
    given = templates.get(field)
    if isinstance(given, Mapping):
        given = given.get(phase, given.get("otherwise"))
    if isinstance(given, Mapping):
        given = given.get(colour.name.lower(), given.get("otherwise"))
    return given if isinstance(given, str) else None


def _aloud(template: str) -> str:
    """Return a template whose numbers are those that are read out."""
    parts = []
    for literal, name, _, _ in string.Formatter().parse(template):
        parts.append(_plain(literal))
        if name is not None:
            parts.append(f"{{said_{name}}}" if name in _SAID else f"{{{name}}}")
    return "".join(parts)


def _twice(template: str) -> str:
    """Return a template whose place and time are left when the rest has been filled in."""
    parts = []
    for literal, name, _, _ in string.Formatter().parse(template):
        parts.append(_plain(_plain(literal)))
        if name is not None:
            parts.append(f"{{{{{name}}}}}" if name in _LEFT else f"{{{name}}}")
    return "".join(parts)


def _plain(text: str) -> str:
    """Return text as it stands in a template."""
    return text.replace("{", "{{").replace("}", "}}")


def _texts(language: str, filled: str, left: Mapping[str, str], place: Name) -> Texts:
    """Return what a place is told in one language."""
    named = place.in_language(language).replace(_BETWEEN, "")
    text = filled.format(place=named, **left).split(_BETWEEN)
    headline, description, instruction, voice, board = text
    return Texts(
        language=language,
        headline=_cut(headline, HEADLINE_MAX[language]),
        description=_cut(description, DESCRIPTION_MAX),
        instruction=instruction,
        voice=voice,
        board=_cut(board, BOARD_MAX),
    )


def _seconds(countdown_s: float) -> int:
    """Return whole seconds left, downwards: nobody is promised time that there is not."""
    return min(max(int(countdown_s), 0), spoken.SPOKEN_MAX)


def _arrival(phrases: Mapping[str, str], left_s: int | None, seconds: str) -> str:
    if left_s is None:
        return phrases["arrival_unknown"]
    if left_s == 0:
        return phrases["arrived"]
    return phrases["arrival_one" if left_s == 1 else "arrival"].format(seconds=seconds)


def _marked(field: str, language: str, text: str) -> str:
    """Return what an exercise says in place of ``text``."""
    if language == CHINESE:
        return f"{EXERCISE[language]}：{text}"  # noqa: RUF001 - Chinese punctuation
    # On a board each character counts.
    return f"{EXERCISE[language]}{' ' if field == 'board' else ': '}{text}"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + CUT
