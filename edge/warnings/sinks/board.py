r"""A board of lights (LED 显示屏): the pages it is to show, as one line of JSON over TCP.

The protocol, small enough for any sign controller, with one request a connection::

    board <- {"pages": [{"id": "live/W/2", "mode": "live", "colour": "orange",
                         "text": ["暴雨橙色预警", "RAIN"], "for_s": 3540}, ...]}\n
    board -> {"shown": 1}\n          or  {"error": "a sentence"}\n

Each request is complete and replaces what was shown; without pages the board goes back to its own
content. Pages come in the order of their weight, and the board shows them in turn. It takes a page
away by itself after ``for_s`` seconds, so that nothing outlasts its expiry, link or no link.
``mode`` is "live" or "drill"; ``colour`` is blue, yellow, orange, red, or green of an all-clear.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from edge import connections
from edge.clock import MICROSECONDS
from edge.warnings import wording
from edge.warnings.notices import Act, Action, SinkKind
from edge.warnings.ports import SinkFailed
from tianfu.subjects import Channel

PAGES_MAX: Final = 8
"""More nobody waits to see again."""

ANSWER_BYTES_MAX: Final = 4096


@dataclass(frozen=True, slots=True)
class _Page:
    action: Action
    colour: str
    rank: int


class BoardSink:
    """The board of a node."""

    kind = SinkKind.BOARD
    is_repeatable = True
    stands = True

    def __init__(
        self,
        host: str,
        port: int,
        *,
        languages: tuple[str, ...],
        deadline_s: float,
        now_us: Callable[[], int],
    ) -> None:
        """Take where the board listens and the languages it shows."""
        self._host, self._port = host, port
        self._languages = languages
        self._now_us = now_us
        self._pages: dict[tuple[Channel, str], _Page] = {}
        self.deadline_s = deadline_s

    def open(self) -> None:
        """Nothing: a page that was left ends by itself."""

    async def perform(self, action: Action) -> None:
        """Show what is to be shown from now on."""
        key = (action.channel, action.warning)
        self._pages.pop(key, None)
        if action.act is not Act.WITHDRAW and action.notice is not None:
            is_clear = action.act is Act.CLEAR
            colour = "green" if is_clear else action.notice.colour.name.lower()
            rank = 0 if is_clear else int(action.notice.colour)
            self._pages[key] = _Page(action, colour, rank)
        await self._show()

    async def close(self) -> None:
        """Nothing is held open; pages end by themselves."""

    async def _show(self) -> None:
        request = json.dumps({"pages": self._request()}, ensure_ascii=False) + "\n"
        try:
            answer = await self._asked(request.encode())
        except OSError as error:
            raise self._failed("BOARD_UNREACHABLE", str(error)) from error
        try:
            said: Any = json.loads(answer)
            shown = said.get("shown")
        except (ValueError, AttributeError) as error:
            raise self._failed("BOARD_MALFORMED", "no JSON object came back") from error
        if not isinstance(shown, int):
            raise self._failed("BOARD_REFUSED", str(said.get("error", "no reason given"))[:200])

    async def _asked(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(
            self._host, self._port, limit=ANSWER_BYTES_MAX
        )
        try:
            writer.write(request)
            await writer.drain()
            return await reader.readline()
        except ValueError as error:
            raise self._failed("BOARD_MALFORMED", "an endless answer") from error
        finally:
            await connections.end(writer)

    def _request(self) -> list[dict[str, Any]]:
        now_us = self._now_us()
        self._pages = {
            key: page for key, page in self._pages.items() if page.action.until_us > now_us
        }
        ranked = sorted(
            self._pages.values(),
            key=lambda page: (
                page.action.channel is not Channel.LIVE,
                -page.rank,
                -page.action.decided_us,
            ),
        )
        return [self._rendered(page, now_us) for page in ranked[:PAGES_MAX]]

    def _rendered(self, page: _Page, now_us: int) -> dict[str, Any]:
        action = page.action
        return {
            "id": f"{action.channel.value}/{action.warning}/{action.version}",
            "mode": action.channel.value,
            "colour": page.colour,
            "text": [
                wording.board(action, text) for text in wording.texts(action, self._languages)
            ],
            # Rounded down: a page may end early, and never late.
            "for_s": math.floor((action.until_us - now_us) / (MICROSECONDS / 10)) / 10,
        }

    def _failed(self, reason: str, message: str) -> SinkFailed:
        return SinkFailed(reason, f"{self._host}:{self._port}: {message}")
