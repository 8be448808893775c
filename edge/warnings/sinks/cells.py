"""Cell broadcast (小区广播): a warning as a Write-Replace-Warning request to the base station.

Pages and numbers are made by ``edge.warnings.cell_broadcast``; here is which number a warning has.
Phones show a message once for each pair of identifier and serial number. So a warning keeps one
message code for all its versions, no other warning gets it before 1,024 more have come, and each
version that is broadcast has the next update number. The codes are written down before they are
used, so that neither a restart nor a repeated action makes a second message of the same.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from edge.clock import MICROSECONDS
from edge.warnings import wording
from edge.warnings.cell_broadcast import (
    CellBroadcastError,
    DrillIdentifier,
    DrillMessage,
    LiveIdentifier,
    LiveMessage,
    Scope,
    SerialNumber,
    broadcasts_before,
    coding_for,
)
from edge.warnings.notices import Act, Action, Colour, Notice, SinkKind
from edge.warnings.ports import SinkFailed
from tianfu.subjects import Channel

NAME: Final = "cell-broadcast.json"

CODES: Final = 1024
"""A message code has ten bits."""

UPDATES: Final = 16

KEPT_MAX: Final = 256
"""Warnings whose codes are kept: far more than are ever in force at once."""

EARTHQUAKE_CODE: Final = "11C02"
"""GB/T 35561, as the China profile uses it."""

_LIVE: Final = {
    Colour.RED: (LiveIdentifier.ALERT_LEVEL_1, LiveIdentifier.ADDITIONAL_ALERT_LEVEL_1),
    Colour.ORANGE: (
        LiveIdentifier.EXTREME_IMMEDIATE_LIKELY,
        LiveIdentifier.ADDITIONAL_EXTREME_IMMEDIATE_LIKELY,
    ),
    Colour.YELLOW: (
        LiveIdentifier.SEVERE_IMMEDIATE_LIKELY,
        LiveIdentifier.ADDITIONAL_SEVERE_IMMEDIATE_LIKELY,
    ),
    Colour.BLUE: (
        LiveIdentifier.SEVERE_EXPECTED_LIKELY,
        LiveIdentifier.ADDITIONAL_SEVERE_EXPECTED_LIKELY,
    ),
}
_DRILL: Final = (DrillIdentifier.EXERCISE, DrillIdentifier.ADDITIONAL_EXERCISE)

Message = LiveMessage | DrillMessage


@dataclass(frozen=True, slots=True)
class StopRequest:
    """Ends the broadcast of one message."""

    identifier: int
    serial: int


class CellBroadcastGateway(Protocol):
    """The base station's end: what a cell broadcast centre asks an AMF or eNodeB for."""

    async def write_replace(self, message: Message) -> None:
        """Broadcast a message, or the same again; raise SinkFailed when it is not taken."""
        ...

    async def stop(self, request: StopRequest) -> None:
        """End a broadcast; one that is not on is no failure."""
        ...


class CellBroadcastSink:
    """The cells of a base station."""

    kind = SinkKind.CELL_BROADCAST
    is_repeatable = True
    stands = False

    def __init__(
        self,
        gateway: CellBroadcastGateway,
        folder: Path,
        *,
        languages: tuple[str, ...],
        period_s: int,
        deadline_s: float,
        now_us: Callable[[], int],
    ) -> None:
        """Take the gateway, where codes are kept, and how often a message is broadcast."""
        self._gateway = gateway
        self._file = folder / NAME
        self._languages = languages
        self._period_s = period_s
        self._now_us = now_us
        self._codes: _Codes | None = None
        self.deadline_s = deadline_s

    def open(self) -> None:
        """Nothing to get ready: a broadcast ends by its own number of repetitions."""

    async def perform(self, action: Action) -> None:
        """Broadcast, or end what is broadcast."""
        if self._codes is None:
            self._codes = await asyncio.to_thread(_Codes.load, self._file)
        key = f"{action.channel.value}/{action.warning}"
        if action.act is not Act.WARN or action.notice is None:
            await self._stop(self._codes.sent(key))
            return
        before = self._codes.sent(key)
        serial = self._codes.serial(key, action.version)
        try:
            messages = self._messages(action, action.notice, serial)
        except CellBroadcastError as error:
            raise SinkFailed(f"CELL_{error.reason}", str(error)) from error
        numbers = [StopRequest(int(one.identifier), int(one.serial)) for one in messages]
        self._codes.note(key, action.version, serial, numbers)
        await asyncio.to_thread(self._codes.save)
        # What one identifier and code replace by themselves, a graver identifier does not.
        kept = {(one.identifier, one.serial >> 4) for one in numbers}
        await self._stop([old for old in before if (old.identifier, old.serial >> 4) not in kept])
        for message in messages:
            await self._gateway.write_replace(message)

    async def close(self) -> None:
        """Nothing is held open."""

    async def _stop(self, requests: list[StopRequest]) -> None:
        for request in requests:
            await self._gateway.stop(request)

    def _messages(self, action: Action, notice: Notice, serial: SerialNumber) -> list[Message]:
        """Return a message a language: the second and further ones under ADDITIONAL identifiers."""
        remaining_s = (action.until_us - self._now_us()) / MICROSECONDS
        broadcasts = broadcasts_before(remaining_s, self._period_s)
        found = []
        for position, text in enumerate(wording.texts(action, self._languages)):
            choices = wording.broadcasts(action, text)
            for words in choices:
                try:
                    message = self._message(
                        notice, position > 0, serial, words, text.language, broadcasts
                    )
                except CellBroadcastError as error:
                    if error.reason != "TEXT_TOO_LONG" or words is choices[-1]:
                        raise
                    continue
                found.append(message)
                break
        if not found:
            raise CellBroadcastError("EMPTY_TEXT", "no text in a language of this site")
        return found

    def _message(
        self,
        notice: Notice,
        is_additional: bool,
        serial: SerialNumber,
        words: str,
        language: str,
        broadcasts: int,
    ) -> Message:
        short = language[:2]
        coding = coding_for(words, short)
        rest: dict[str, Any] = {
            "serial": serial,
            "text": words,
            "coding": coding,
            "language": short if coding.has_language else None,
            "period_s": self._period_s,
            "broadcasts": broadcasts,
        }
        if notice.channel is Channel.DRILL:
            return DrillMessage(identifier=_DRILL[is_additional], **rest)
        return LiveMessage(identifier=_identifier(notice, is_additional=is_additional), **rest)


def _identifier(notice: Notice, *, is_additional: bool) -> LiveIdentifier:
    if notice.event_code == EARTHQUAKE_CODE and not is_additional:
        return LiveIdentifier.ETWS_EARTHQUAKE
    # A colour that is not stated is broadcast as the gravest: silence would be the graver slip.
    return _LIVE.get(notice.colour, _LIVE[Colour.RED])[is_additional]


class _Codes:
    """Which message code each warning has, and what was sent under it."""

    def __init__(self, file: Path, content: dict[str, Any]) -> None:
        self._file = file
        self._next: int = content["next"]
        self._entries: dict[str, dict[str, Any]] = content["warnings"]

    @classmethod
    def load(cls, file: Path) -> _Codes:
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            return cls(file, {"next": int(content["next"]), "warnings": dict(content["warnings"])})
        except (OSError, ValueError, KeyError, TypeError):
            # None yet, or damaged: any code will do to begin with.
            return cls(file, {"next": 0, "warnings": {}})

    def sent(self, key: str) -> list[StopRequest]:
        entry = self._entries.get(key)
        return [] if entry is None else [StopRequest(*pair) for pair in entry["sent"]]

    def serial(self, key: str, version: int) -> SerialNumber:
        entry = self._entries.get(key)
        if entry is None:
            return SerialNumber(Scope.AREA, self._next % CODES)
        same = SerialNumber(Scope.AREA, entry["code"], entry["update"])
        return same if entry["version"] == version else same.next()

    def note(self, key: str, version: int, serial: SerialNumber, sent: list[StopRequest]) -> None:
        if key not in self._entries:
            self._next = (self._next + 1) % CODES
        self._entries.pop(key, None)
        self._entries[key] = {
            "version": version,
            "code": serial.code,
            "update": serial.update,
            "sent": [[one.identifier, one.serial] for one in sent],
        }
        while len(self._entries) > KEPT_MAX:
            del self._entries[next(iter(self._entries))]

    def save(self) -> None:
        fresh = self._file.with_name(f"{self._file.name}.new")
        try:
            with fresh.open("w", encoding="utf-8") as stream:
                json.dump({"next": self._next, "warnings": self._entries}, stream)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(self._file)
        except OSError:
            # A full disk must not keep a warning from the phones; a code may be used again.
            fresh.unlink(missing_ok=True)
