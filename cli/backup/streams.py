"""Streams of JetStream as files: the server's own snapshots, whole with their durables."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import nats
import nats.errors
from nats.aio.client import Client

from cli.failures import Exit, Failure
from tianfu import subjects

CONNECT_S: Final = 5
REQUEST_S: Final = 30.0
CHUNK_S: Final = 60.0
"""Between two chunks: a server reads a large stream's checksums before the first."""

LED_S: Final = 120.0
"""Until a restored durable has a leader: elections of a loaded cluster of three take some 10 s."""

LED_ASK_S: Final = 2.0
LED_PAUSE_S: Final = 0.2
CHUNK_BYTES: Final = 256 * 1024
WINDOW_BYTES: Final = 8 * 1024 * 1024
INTEREST: Final = "interest"
"""Retention of streams that keep a message until every durable is done with it."""


@dataclass(frozen=True)
class Place:
    """Where NATS is, and who asks."""

    url: str
    credentials: Path
    # "backup" or "restore", and its name: the inboxes it may listen on.
    role: str
    name: str
    ca: Path | None = None


@dataclass(frozen=True)
class Stream:
    """A stream as the server describes it."""

    name: str
    config: Mapping[str, Any]
    state: Mapping[str, Any]

    @property
    def is_taken(self) -> bool:
        """Whether it keeps a message until it is taken."""
        return self.config.get("retention") == INTEREST


@asynccontextmanager
async def connected(place: Place) -> AsyncIterator[Client]:
    """Connect, for as long as the block lasts."""
    try:
        client = await nats.connect(
            place.url.split(","),
            user_credentials=str(place.credentials),
            inbox_prefix=subjects.inbox_prefix(place.role, place.name),
            connect_timeout=CONNECT_S,
            allow_reconnect=False,
            max_reconnect_attempts=0,
            error_cb=_heard,
        )
    except (nats.errors.Error, OSError) as error:
        raise Failure(
            "NATS_UNREACHABLE",
            f"{place.url}: no connection as {place.role} {place.name}: {error}",
            "is it running, and are the credentials of this platform?",
            status=Exit.UNAVAILABLE,
        ) from error
    try:
        yield client
    finally:
        await client.close()


async def _heard(_: Exception) -> None:
    """Errors are answers to requests, which are waited for."""


async def listed(client: Client) -> list[Stream]:
    """Return all streams, by name."""
    found: list[Stream] = []
    while True:
        page = await _ask(client, "$JS.API.STREAM.LIST", {"offset": len(found)}, "streams")
        streams = page.get("streams") or []
        found += [Stream(one["config"]["name"], one["config"], one["state"]) for one in streams]
        if not streams or len(found) >= page["total"]:
            return sorted(found, key=lambda one: one.name)


async def floors(client: Client, stream: str) -> dict[str, int]:
    """Return up to which number each durable of a stream is done, without a gap."""
    found: dict[str, int] = {}
    seen = 0
    while True:
        page = await _ask(client, f"$JS.API.CONSUMER.LIST.{stream}", {"offset": seen}, stream)
        consumers = page.get("consumers") or []
        seen += len(consumers)
        for one in consumers:
            if one["config"].get("durable_name"):
                found[one["name"]] = one["ack_floor"]["stream_seq"]
        if not consumers or seen >= page["total"]:
            return found


async def snapshot(client: Client, stream: str, file: BinaryIO) -> Stream:
    """Write a stream with its durables to a file; return what it was."""
    inbox = client.new_inbox()
    chunks = await client.subscribe(inbox, pending_bytes_limit=4 * WINDOW_BYTES)
    try:
        asked = {
            "deliver_subject": inbox,
            "chunk_size": CHUNK_BYTES,
            "window_size": WINDOW_BYTES,
            "jsck": True,
        }
        about = await _ask(client, f"$JS.API.STREAM.SNAPSHOT.{stream}", asked, stream)
        while True:
            message = await chunks.next_msg(CHUNK_S)
            if not message.data:
                _complete(stream, message.headers or {})
                break
            await asyncio.to_thread(file.write, message.data)
            if message.reply:
                await client.publish(message.reply, b"")
    except (nats.errors.Error, OSError) as error:
        raise _failed(stream, "the snapshot broke off", error) from error
    finally:
        await chunks.unsubscribe()
    return Stream(stream, about["config"], about["state"])


async def restore(client: Client, stream: Stream, file: BinaryIO) -> None:
    """Make a stream and its durables of a file."""
    asked = {"config": stream.config, "state": stream.state}
    answer = await _ask(client, f"$JS.API.STREAM.RESTORE.{stream.name}", asked, stream.name)
    subject = answer["deliver_subject"]
    try:
        while data := await asyncio.to_thread(file.read, CHUNK_BYTES):
            said = await client.request(subject, data, timeout=CHUNK_S)
            if said.data:
                _answer(stream.name, said.data)  # an answer amid the chunks is an error
        done = await client.request(subject, b"", timeout=CHUNK_S)
    except (nats.errors.Error, OSError) as error:
        raise _failed(stream.name, "the restore broke off", error) from error
    made = _answer(stream.name, done.data)["state"]
    # Of a stream that is written to meanwhile, the file has no less than was told of it.
    if made["last_seq"] < stream.state["last_seq"]:
        told = stream.state["last_seq"]
        raise _failed(stream.name, f"ends at message {made['last_seq']}, not at {told}")


async def set_back(client: Client, stream: str, durables: Mapping[str, int]) -> None:
    """Have durables go on behind the numbers given; what they had done since comes again."""
    for durable, floor in durables.items():
        subject = f"$JS.API.CONSUMER.RESET.{stream}.{durable}"
        await _ask_leader(client, subject, {"seq": floor + 1}, f"{stream}, durable {durable}")


async def remove(client: Client, names: Sequence[str]) -> None:
    """Remove streams, whatever is in them."""
    for name in names:
        await _ask(client, f"$JS.API.STREAM.DELETE.{name}", {}, name)


def config_here(config: Mapping[str, Any], *, is_cluster: bool) -> dict[str, Any]:
    """Return a stream's configuration for where it is put: one server keeps one copy."""
    placed = {key: value for key, value in config.items() if key != "placement"}
    return placed if is_cluster else placed | {"num_replicas": 1}


def is_cluster(client: Client) -> bool:
    """Say whether the server is one of several."""
    return bool(client._server_info.get("cluster"))  # noqa: SLF001 - nats-py has no other way


async def _ask(client: Client, subject: str, asked: Mapping[str, Any], what: str) -> dict[str, Any]:
    try:
        answer = await client.request(subject, json.dumps(asked).encode(), timeout=REQUEST_S)
    except (nats.errors.Error, OSError) as error:
        raise _failed(what, f"no answer to {subject}", error) from error
    return _answer(what, answer.data)


async def _ask_leader(client: Client, subject: str, asked: Mapping[str, Any], what: str) -> None:
    """Ask what a durable's leader alone hears, again and again until there is one.

    A cluster elects it once the durable is restored; what comes before is answered by nobody. To be
    asked twice changes nothing more.
    """
    payload, deadline = json.dumps(asked).encode(), time.monotonic() + LED_S
    while True:
        try:
            answer = await client.request(subject, payload, timeout=LED_ASK_S)
        except (nats.errors.TimeoutError, nats.errors.NoRespondersError) as error:
            if time.monotonic() > deadline:
                raise _failed(what, f"no leader answers {subject}", error) from error
            await asyncio.sleep(LED_PAUSE_S)
        except (nats.errors.Error, OSError) as error:
            raise _failed(what, f"no answer to {subject}", error) from error
        else:
            _answer(what, answer.data)
            return


def _answer(what: str, data: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(data)
    if "error" in answer:
        said = answer["error"]
        raise _failed(what, f"{said.get('err_code')}: {said.get('description')}")
    return answer


def _complete(stream: str, headers: Mapping[str, str]) -> None:
    """Raise for a snapshot that ends before its end: the server says why in the last message."""
    status = headers.get("Status") or headers.get("status") or ""
    if status and not status.startswith("204"):
        raise _failed(stream, f"the server broke the snapshot off: {dict(headers)}")


def _failed(what: str, why: str, error: Exception | None = None) -> Failure:
    detail = f" ({error or type(error).__name__})" if error is not None else ""
    return Failure(
        "STREAM_COPY_FAILED",
        f"{what}: {why}{detail}",
        "is NATS up, and do the credentials have the role backup or restore?",
        status=Exit.UNAVAILABLE,
    )
