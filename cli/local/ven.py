"""A virtual end node at work, and the utility that calls it: ``python -m cli.local.ven FOLDER``.

Both speak OpenADR 3 with the energy service as anybody would: tokens, objects, reports. The utility
enrols the node, makes a program and calls an event of a minute with a randomised start; the node
draws its start, sheds a third of its load, and reports what it used. Its site is made up. What
was said and the settlement are lines of the log.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cli import channels, openadr_clients
from cli.connection import platform
from cli.failures import Failure
from cli.local.folder import Folder, read_json, write_json, write_private
from tianfu.energy.v1 import demand_response_pb2
from tianfu.energy.v1 import energy_service_pb2 as pb

UNIT: Final = "storage-1"
CLIENTS: Final = (("utility-demo", "bl", ""), ("ven-demo", "ven", f"units/{UNIT}"))
"""Id, kind and unit of each client of the local platform."""

SETTINGS: Final = "ven.json"
PROGRAM: Final = "Peak shaving (made up)"
TARGET: Final = "group-demo"
ROLE: Final = "ENERGY_MANAGER"
STEP_S: Final = 20
STEPS: Final = 3
RANDOMIZE_S: Final = 10
NOTICE_S: Final = 10
GRID_S: Final = 10
"""Of the local platform's intervals of account: what is reported must be whole ones."""

LOAD_KWH_PER_S: Final = 0.02
SHED: Final = 1 / 3
DAYS_BEFORE: Final = 21
HOURS_BEFORE: Final = 2
CHUNK_S: Final = 900
CALL_S: Final = 10.0
RETRY_S: Final = 1.0
TRIES: Final = 60
CONFLICT: Final = 409


@dataclass
class Peer:
    """A client with its token; the server's answers as they are."""

    url: str
    client_id: str
    secret: str
    authority: Path
    token: str = ""

    def sign_in(self) -> None:
        """Get a token; raise OSError."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.secret,
        }
        data = urllib.parse.urlencode(form).encode()
        self.token = self._send("POST", "/auth/token", data, {})["access_token"]

    def get(self, path: str) -> Any:
        """Return what is there; raise OSError."""
        return self._send("GET", path, None, {})

    def post(self, path: str, content: Mapping[str, Any], key: str) -> Any:
        """Make an object, once by its key; raise OSError."""
        data = json.dumps(content).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return self._send("POST", path, data, headers)

    def _send(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the platform's own address
            self.url + path, data, dict(headers), method=method
        )
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        trust = ssl.create_default_context(cafile=str(self.authority))
        with urllib.request.urlopen(  # noqa: S310 - as above
            request, timeout=CALL_S, context=trust
        ) as answer:
            return json.loads(answer.read())


def prepare(folder: Folder, address: str) -> Path:
    """Write the node's settings, and return the file of clients that the service reads."""
    known = (read_json(folder.settings / SETTINGS) or {}).get("secrets", {})
    drawn = {each[0]: known.get(each[0]) or openadr_clients.drawn() for each in CLIENTS}
    write_json(folder.settings / SETTINGS, {"url": f"https://{address}", "secrets": drawn})
    tables = [openadr_clients.table(*each, drawn[each[0]]) for each in CLIENTS]
    path = folder.settings / "openadr-clients.toml"
    write_private(path, "\n".join(tables))
    return path


def say(text: str) -> None:
    """Write a line of the log."""
    sys.stdout.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}\n")
    sys.stdout.flush()


def named(peer: Peer, path: str, field: str, name: str, content: Mapping[str, Any]) -> str:
    """Return the id of an object of a name, made unless it is there."""
    key = hashlib.sha256(f"{path}|{name}".encode()).hexdigest()
    try:
        return str(peer.post(path, {**content, field: name}, key)["id"])
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != CONFLICT:
            raise
    return next(str(each["id"]) for each in peer.get(path) if each[field] == name)


def next_grid(now_s: float) -> int:
    """Return the begin of the next interval of account that leaves time for the notice."""
    return int((now_s + NOTICE_S) // GRID_S + 1) * GRID_S


def call_event(utility: Peer, now_s: float) -> dict[str, Any]:
    """Enrol the node, make the program, and call the event."""
    ven = {"objectType": "BL_VEN_REQUEST", "clientID": "ven-demo", "targets": [TARGET]}
    named(utility, "/vens", "venName", "ven-demo", ven)
    kwh = SHED * LOAD_KWH_PER_S * STEP_S * STEPS
    program = {
        "targets": [TARGET],
        "attributes": [{"type": "TIANFU_COMMITTED_KWH", "values": [round(kwh, 3)]}],
    }
    program_id = named(utility, "/programs", "programName", PROGRAM, program)
    start = datetime.fromtimestamp(next_grid(now_s), UTC)
    event = {
        "programID": program_id,
        "eventName": f"peak of {start:%H:%M:%S}",
        "targets": [TARGET],
        "intervalPeriod": {
            "start": start.isoformat(),
            "duration": f"PT{STEP_S}S",
            "randomizeStart": f"PT{RANDOMIZE_S}S",
        },
        "intervals": [
            {"id": n, "payloads": [{"type": "SIMPLE", "values": [2]}]} for n in range(STEPS)
        ],
    }
    return dict(utility.post("/events", event, f"event-{start.isoformat()}"))


def offset_s(event_id: str) -> int:
    """Return by how much the node begins later: drawn of its name and the event's, once."""
    digest = hashlib.sha256(f"ven-demo|{event_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") * RANDOMIZE_S >> 64


def used_kwh(start_s: int, end_s: int, shed: tuple[int, int]) -> float:
    """Return what the site uses; within ``shed`` a third less."""
    within = max(0, min(end_s, shed[1]) - max(start_s, shed[0]))
    return LOAD_KWH_PER_S * (end_s - start_s - SHED * within)


def usage(spans: Sequence[tuple[int, int]], shed: tuple[int, int]) -> list[dict[str, Any]]:
    """Return a report's intervals: begin, length and kWh of each."""
    return [
        {
            "id": number,
            "intervalPeriod": {
                "start": datetime.fromtimestamp(start, UTC).isoformat(),
                "duration": f"PT{end - start}S",
            },
            "payloads": [{"type": "USAGE", "values": [round(used_kwh(start, end, shed), 6)]}],
        }
        for number, (start, end) in enumerate(spans)
    ]


def spans_before(start_s: int) -> list[tuple[int, int]]:
    """Return earlier days' hours before the event and its own time, and today's hours before it."""
    found = []
    length = STEP_S * STEPS + RANDOMIZE_S
    for day in range(DAYS_BEFORE, -1, -1):
        at = start_s - int(timedelta(days=day).total_seconds())
        first = at - HOURS_BEFORE * 3600 - CHUNK_S
        found += [(each, each + CHUNK_S) for each in range(first, at, CHUNK_S)]
        if day:
            found.append((at, at + -(-length // GRID_S) * GRID_S))
    return found


def report(ven: Peer, event: Mapping[str, Any], spans: Sequence[tuple[int, int]], name: str,
           shed: tuple[int, int]) -> None:  # fmt: skip
    """Report what the site used in some spans."""
    content = {
        "eventID": event["id"],
        "clientName": "ven-demo",
        "reportName": name,
        "payloadDescriptors": [{"payloadType": "USAGE", "units": "KWH"}],
        "resources": [{"resourceName": "site", "intervals": usage(spans, shed)}],
    }
    ven.post("/reports", content, f"{name}-{event['id']}")
    say(f"ven-demo reports {name}: {len(spans)} intervals")


def settled(folder: Path, event_id: str) -> demand_response_pb2.Settlement:
    """Return the settlement of the event; raise Failure."""
    name = f"demandResponseEvents/{event_id}"
    request = pb.GetSettlementRequest(name=name, unit=f"units/{UNIT}")
    with platform(folder, ROLE) as services:
        found: demand_response_pb2.Settlement = services.call(
            services.energy.GetSettlement, request
        )
    return found


async def work(folder: Path, utility: Peer, ven: Peer) -> None:
    """Call one event, take part in it, and have it settled."""
    for attempt in range(TRIES):
        try:
            utility.sign_in()
            ven.sign_in()
            break
        except OSError:
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(RETRY_S)
    called = call_event(utility, time.time())
    say(f"utility-demo calls {called['eventName']}, event {called['id']}")
    query = urllib.parse.urlencode({"targets": TARGET, "active": "true"})
    event = next(each for each in ven.get(f"/events?{query}") if each["id"] == called["id"])
    start_s = int(datetime.fromisoformat(event["intervalPeriod"]["start"]).timestamp())
    begin = start_s + offset_s(event["id"])
    end = begin + STEP_S * STEPS
    say(f"ven-demo sees it, and begins {begin - start_s} s after its start")
    report(ven, event, spans_before(start_s), "history", (begin, end))
    last = -(-end // GRID_S) * GRID_S
    await asyncio.sleep(max(0.0, last + 1 - time.time()))
    during = [(each, each + GRID_S) for each in range(start_s, last, GRID_S)]
    report(ven, event, during, "event", (begin, end))
    try:
        found = await asyncio.to_thread(settled, folder, event["id"])
    except Failure as failure:
        say(f"not settled: {failure.reason}")
        return
    say(
        f"settled: {sum(found.shed_kwh):.3f} kWh shed of {sum(found.baseline_kwh):.3f} kWh, "
        f"{found.delivered_share:.0%} of what was agreed, {found.amount_cny:.2f} yuan"
    )


async def main(folder: Path) -> None:
    """Take part in one event, then rest until SIGTERM."""
    place = Folder.at(folder)
    said = read_json(place.settings / SETTINGS) or {}
    authority = channels.authority_of(place.keys)
    peers = [Peer(said["url"], each[0], said["secrets"][each[0]], authority) for each in CLIENTS]
    await work(folder, *peers)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
