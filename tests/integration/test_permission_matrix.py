"""Each role against each subject there is: a real server allows what is declared, nothing else.

The subjects are made of what any role may do, with nodes and counties of its own and of others, of
JetStream's whole API over every stream, bucket and consumer, and of what nobody may touch. What is
added to ``subjects`` is in it by that.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from typing import Final

import nats
import pytest

from services.plumbing.nats_link import close
from tests.support.nats_server import NatsServer
from tests.support.waiting import until
from tianfu import keeping_rights, nats_accounts, service_rights, subjects
from tianfu.subjects import NodeId, Permissions

pytestmark = pytest.mark.integration

A, B = NodeId("node-a"), NodeId("node-b")
COUNTY, OTHER_COUNTY = "510104", "513221"
STREAM_VERBS: Final = (
    *("CREATE", "UPDATE", "INFO", "DELETE", "PURGE", "MSG.GET", "MSG.DELETE", "SNAPSHOT"),
    *("RESTORE", "PEER.REMOVE", "LEADER.STEPDOWN"),
)
CONSUMER_VERBS: Final = (
    "CREATE",
    "DURABLE.CREATE",
    "INFO",
    "DELETE",
    "MSG.NEXT",
    "PAUSE",
    "UNPIN",
    "RESET",
)
NOBODYS: Final = (
    *("anything", "$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST"),
    *("$JS.API.ACCOUNT.PURGE.X", "$JS.API.META.LEADER.STEPDOWN", "$JS.API.STREAM.CREATE.OTHER"),
    *("$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.CLAIMS.LIST"),
    *("$SYS.REQ.CLAIMS.DELETE", "$SYS.ACCOUNT.X.CONNECT", "$SYS.REQ.USER.AUTH", "$NRG.AE.x.y"),
    *("_R_.x.y", "_INBOX.x", "$KV.OTHER.key", "$O.OTHER.C.x", "$SRV.PING"),
)

ROLES: Final[Mapping[str, tuple[str, str, Permissions]]] = {
    **{
        name: ("service", name, service_rights.service_permissions(name))
        for name in service_rights.SERVICES
    },
    "node": ("node", A, subjects.node_permissions(A, COUNTY)),
    "node without a county": ("node", B, subjects.node_permissions(B)),
    "drill": ("drill", "player", subjects.drill_permissions("player")),
    "backup": ("backup", "keeper", keeping_rights.backup_permissions("keeper")),
    "restore": ("restore", "keeper", keeping_rights.restore_permissions("keeper")),
    "pusher": ("system", "fleet", nats_accounts.pusher_permissions("fleet")),
}


def concrete(right: str) -> list[str]:
    """Return subjects that a right covers, and the ones beside it."""
    ends = [right.removesuffix(".>") + ".x.y"] if right.endswith(".>") else [right]
    filled = [end.replace("*", token) for end in ends for token in ("x", A)]
    others = [each.replace(A, B) for each in filled] + [each.replace(B, A) for each in filled]
    tokens = subjects.county_tokens
    moved = [each.replace(tokens(COUNTY), tokens(OTHER_COUNTY)) for each in filled]
    return [*filled, *others, *moved]


def universe() -> list[str]:
    """Return every subject that is tried."""
    rights = {right for _, _, p in ROLES.values() for right in (*p.publish, *p.subscribe)}
    streams = sorted(
        {m[1] for right in rights if (m := re.match(r"\$JS\.API\.STREAM\.CREATE\.(\w+)", right))}
    )
    consumers = sorted(
        {
            (m[1], m[2])
            for right in rights
            if (m := re.match(r"\$JS\.API\.CONSUMER\.INFO\.(\w+)\.([\w-]+)", right))
        }
    )
    assert len(streams) > 5
    assert len(consumers) > 3
    tried = [subject for right in rights for subject in concrete(right)]
    tried += [f"$JS.API.STREAM.{verb}.{stream}" for verb in STREAM_VERBS for stream in streams]
    tried += [f"$JS.API.DIRECT.GET.{stream}" for stream in streams]
    tried += [f"$JS.API.DIRECT.GET.{stream}.x" for stream in streams]
    tried += [f"$JS.API.CONSUMER.CREATE.{stream}" for stream in streams]
    for verb in CONSUMER_VERBS:
        tried += [f"$JS.API.CONSUMER.{verb}.{stream}.{durable}" for stream, durable in consumers]
        tried += [f"$JS.API.CONSUMER.{verb}.{stream}.other" for stream in streams]
    tried += [f"$JS.ACK.{stream}.{durable}.1.1.1.1.0" for stream, durable in consumers]
    tried += [f"$JS.ACK.{stream}.other.1.1.1.1.0" for stream in streams]
    buckets = [stream.removeprefix("KV_") for stream in streams if stream.startswith("KV_")]
    tried += [f"$KV.{bucket}.{key}" for bucket in buckets for key in (A, B, "51.01.04")]
    return sorted({*tried, *NOBODYS})


def covers(patterns: Iterable[str], subject: str) -> bool:
    """Return whether NATS's own rules have one of the patterns take in the subject."""
    given = subject.split(".")
    for pattern in patterns:
        wanted = pattern.split(".")
        if wanted[-1] == ">" and len(given) >= len(wanted):
            wanted, head = wanted[:-1], given[: len(wanted) - 1]
        else:
            head = given
        if len(wanted) == len(head) and all(
            w in {"*", h} for w, h in zip(wanted, head, strict=True)
        ):
            return True
    return False


@pytest.mark.parametrize("role", ROLES)
async def test_what_is_declared_is_what_the_server_allows(nats_: NatsServer, role: str) -> None:
    kind, name, rights = ROLES[role]
    user = nats_.add_user(kind, name, rights)
    denied: dict[str, set[str]] = {"publish": set(), "subscription": set()}

    async def note(error: Exception) -> None:
        found = re.search(r'(?i)violation for (publish|subscription) to "([^"]+)"', str(error))
        assert found is not None, error
        denied[found[1].lower()].add(found[2].lower())

    link = await nats.connect(
        nats_.url, user_credentials=str(user.credentials), error_cb=note, allow_reconnect=False
    )
    tried = universe()
    patterns = sorted({right for _, _, p in ROLES.values() for right in p.subscribe} | {">", "*"})
    # nats-py 2.16 hands errors on in lower case.
    want = {
        "publish": {s.lower() for s in tried if not covers(rights.publish, s)},
        "subscription": {s.lower() for s in (*tried, *patterns) if not covers(rights.subscribe, s)},
    }
    assert len(want["publish"]) < len(tried)
    try:
        for subject in tried:
            await link.publish(subject, b"")
        for subject in (*tried, *patterns):
            await link.subscribe(subject)
        await link.flush(30)
        with contextlib.suppress(TimeoutError):
            await until(lambda: denied == want)
        for kind, expected in want.items():
            assert sorted(denied[kind] - expected) == [], f"{kind} denied though declared"
            assert sorted(expected - denied[kind]) == [], f"{kind} allowed though not declared"
    finally:
        await close(link)


@pytest.fixture
def nats_(nats: NatsServer) -> NatsServer:
    """The server, under a name that leaves the module's alone."""
    return nats
