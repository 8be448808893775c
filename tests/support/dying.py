"""A client of the API server whose process dies at a write."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from operators.kube.client import Client


class Killed(BaseException):
    """The process died here."""


class Dying(Client):
    """A client whose process dies at the n-th write: before it is sent, or after."""

    def __init__(self, *arguments: Any, at: int, is_after: bool) -> None:
        super().__init__(*arguments)
        self._left, self._is_after, self._is_dead = at, is_after, False

    @override
    async def request(self, method: str, *arguments: Any, **more: Any) -> Any:
        if method == "GET":
            return await super().request(method, *arguments, **more)
        self._left -= 1
        dies = self._left == 0
        if self._is_dead or (dies and not self._is_after):
            self._is_dead = True
            raise Killed
        answer = await super().request(method, *arguments, **more)
        if dies:
            self._is_dead = True
        if self._is_dead:
            raise Killed
        return answer
