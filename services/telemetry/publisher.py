"""The way into the stream of readings for batches that come by gRPC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import nats.errors
import nats.js.errors
from nats.aio.client import Client

from services.plumbing import tracing
from services.plumbing.jetstream import jetstream
from services.plumbing.refusal import Unavailable
from tianfu import subjects

PUBLISH_S: Final = 5.0
"""For the stream's word that it has the message."""

RETRY_AFTER: Final = timedelta(seconds=1)


class StreamUnavailable(Unavailable):
    """The stream did not say that it has the batch: send it again, under the same identity."""

    reason = "STREAM_UNAVAILABLE"


class StreamPublisher:
    """Publishes to the stream of readings."""

    def __init__(self, link: Client) -> None:
        self._js = jetstream(link)

    async def publish(
        self, subject: str, payload: bytes, msg_id: str, headers: Mapping[str, str]
    ) -> None:
        """Return when the stream has the message."""
        all_headers = {**headers, "Nats-Msg-Id": msg_id}
        tracing.inject(all_headers)
        try:
            await self._js.publish(
                subject, payload, timeout=PUBLISH_S, stream=subjects.READINGS, headers=all_headers
            )
        except (nats.errors.Error, nats.js.errors.Error, OSError) as error:
            raise StreamUnavailable(
                "the stream of readings does not take the batch now; send it again",
                retry_after=RETRY_AFTER,
            ) from error
