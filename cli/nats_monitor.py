"""What nats-server shows of its streams by HTTP (``/jsz``)."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cli.failures import Exit, Failure

HTTP_S: Final = 2.0


def jsz(monitor: str, *more: str) -> dict[str, Any]:
    """Return what the monitor at HOST:PORT shows of streams, and of what ``more`` names."""
    asked = "".join(f"&{each}=1" for each in more)
    url = f"http://{monitor}/jsz?streams=1{asked}"
    try:
        with urllib.request.urlopen(url, timeout=HTTP_S) as answer:
            found: dict[str, Any] = json.load(answer)
    except (OSError, ValueError) as error:
        raise Failure(
            "NATS_MONITOR_SILENT",
            f"NATS' monitor at {monitor} does not say what its streams hold: {error}",
            "`tianfu status` shows whether nats runs",
            status=Exit.UNAVAILABLE,
        ) from error
    return found


def streams(shown: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each stream of each account in an answer of ``jsz``."""
    for account in shown.get("account_details") or []:
        yield from account.get("stream_detail") or []
