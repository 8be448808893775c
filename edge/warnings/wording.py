"""Which words of a notice go where. Pure.

An exercise says so first, in every language and on every sink, whatever its text says.
"""

from __future__ import annotations

from typing import Final

from edge.warnings.notices import Act, Action, Text
from tianfu.subjects import Channel

CHINESE: Final = "zh-CN"
ENGLISH: Final = "en-US"

_DRILL: Final = {CHINESE: "演练", ENGLISH: "EXERCISE"}
"""What exercises begin with; cell broadcast refuses a drill without and a live text with it."""

_PAUSE: Final = {CHINESE: "。", ENGLISH: ". "}

_ALL_CLEAR: Final = {CHINESE: "预警解除", ENGLISH: "ALL CLEAR"}

BOARD_CHARACTERS_MAX: Final = 200
"""What a board can roll by in a minute; the platform's board texts are much shorter."""


def texts(action: Action, languages: tuple[str, ...]) -> list[Text]:
    """Return the notice's texts in the wanted languages, in their order."""
    found = () if action.notice is None else action.notice.texts
    by_language = {text.language: text for text in found}
    return [by_language[name] for name in languages if name in by_language]


def board(action: Action, text: Text) -> str:
    """Return what a board shows."""
    words = text.board or text.headline
    if action.act is Act.CLEAR:
        words = _joined(text.language, _ALL_CLEAR.get(text.language, ""), words)
    return _marked(action, text.language, words)[:BOARD_CHARACTERS_MAX]


def voice(action: Action, text: Text) -> str:
    """Return what a voice says."""
    words = text.voice or text.headline
    if action.act is Act.CLEAR:
        words = _joined(text.language, _ALL_CLEAR.get(text.language, ""), words)
    return _marked(action, text.language, words)


def broadcasts(action: Action, text: Text) -> list[str]:
    """Return what phones show, the fullest first: the first that fits is sent."""
    pause = text.language
    full = _joined(pause, text.headline, text.description, text.instruction)
    short = _joined(pause, text.headline, text.instruction)
    found = [_marked(action, text.language, words) for words in (full, short, text.headline)]
    return [words for words in found if words]


def _marked(action: Action, language: str, words: str) -> str:
    mark = _DRILL.get(language, _DRILL[ENGLISH])
    if not words or action.channel is not Channel.DRILL or words.startswith(mark):
        return words
    return _joined(language, mark, words)


def _joined(language: str, *parts: str) -> str:
    pause = _PAUSE.get(language, _PAUSE[ENGLISH])
    full = [part.strip().rstrip("。.") for part in parts if part.strip()]
    return pause.join(full)
