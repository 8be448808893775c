"""The accounts of a Tianfu on NATS, and what one gives another: made from the rights of nodes.

``PLATFORM`` has the services and all streams; ``EDGE`` has the nodes, and stores nothing. What
passes between them is what ``subjects.node_permissions`` lets a node do, with every node and every
county in place of one: what a node publishes is a service that PLATFORM exports (its answer finds
the way back, be it an acknowledgement of a stream), what a node hears is a stream of messages. So
a right that is added there is exported here, and nothing else ever is. ``SYSTEM`` has the server's
own affairs: whoever pushes account tokens, and nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tianfu import subjects
from tianfu.nats_jwt import Account, Export
from tianfu.subjects import NodeId, Permissions

OPERATOR: Final = "TIANFU"
SYSTEM: Final = "SYSTEM"
PLATFORM: Final = "PLATFORM"
EDGE: Final = "EDGE"
ACCOUNTS: Final = (SYSTEM, PLATFORM, EDGE)

ACCOUNT_OF_ROLE: Final[Mapping[str, str]] = {
    "node": EDGE,
    "station": EDGE,
    "service": PLATFORM,
    "drill": PLATFORM,
    "backup": PLATFORM,
    "restore": PLATFORM,
    "system": SYSTEM,
}
"""Where a user belongs, by the role that its inbox is named after."""

CLAIMS_UPDATE: Final = "$SYS.REQ.CLAIMS.UPDATE"
"""Subject that takes an account's new token; the server has it in force when it answers."""


def claims_lookup(public_key: str) -> str:
    """Subject that asks for an account's token as the server has it."""
    return f"$SYS.REQ.ACCOUNT.{public_key}.CLAIMS.LOOKUP"


# Stand-ins that no node and no county can be mistaken for in a template.
_NODE: Final = NodeId("0-any-node-0")
_COUNTY: Final = "999999"
_COUNTY_TOKENS: Final = subjects.county_tokens(_COUNTY)


@dataclass(frozen=True)
class AccountKeys:
    """Public keys of an account: its own, and those that sign for it day by day."""

    public_key: str
    signing_keys: tuple[str, ...] = ()


def node_exports() -> tuple[Export, ...]:
    """Return what PLATFORM gives to EDGE: what a node may do, for every node and county."""
    rights = subjects.node_permissions(_NODE, _COUNTY, is_station=True)
    inbox = f"{subjects.inbox_prefix('node', _NODE)}."
    given = [(_for_all(right), True) for right in rights.publish]
    given += [(_for_all(right), False) for right in rights.subscribe if not right.startswith(inbox)]
    return tuple(
        Export(name=subject, subject=subject, is_service=is_service)
        for subject, is_service in dict.fromkeys(given)
    )


def accounts(
    keys: Mapping[str, AccountKeys],
    revocations: Mapping[str, Mapping[str, int]] | None = None,
) -> dict[str, Account]:
    """Return the three accounts by name; ``keys`` and ``revocations`` are by name too."""
    exports, turned_out = node_exports(), revocations or {}
    platform = keys[PLATFORM].public_key
    own: dict[str, dict[str, object]] = {
        SYSTEM: {},
        PLATFORM: {"exports": exports, "has_streams": True},
        EDGE: {"imports": tuple((platform, export) for export in exports)},
    }
    return {
        name: Account(
            name=name,
            public_key=keys[name].public_key,
            signing_keys=keys[name].signing_keys,
            revocations=turned_out.get(name, {}),
            **own[name],  # type: ignore[arg-type]  # each is one of Account's fields
        )
        for name in ACCOUNTS
    }


def leaf_account(account: Account) -> Account:
    """Return an account as a leaf server has it: without imports.

    What it imports comes by way of the hub, which has the account it is of; a leaf server that
    looked for that account would find nobody to ask while the backhaul is cut.
    """
    return replace(account, imports=())


def pusher_permissions(name: str) -> Permissions:
    """Return what a user of SYSTEM may do that reads and pushes account tokens: that alone."""
    inbox = subjects.inbox_prefix("system", name)
    return Permissions(publish=(CLAIMS_UPDATE, claims_lookup("*")), subscribe=(f"{inbox}.>",))


def _for_all(right: str) -> str:
    """Return a node's right as the right of all nodes."""
    wildcards = ".".join("*" for _ in _COUNTY_TOKENS.split("."))
    tokens = right.replace(_COUNTY_TOKENS, wildcards).split(".")
    return ".".join("*" if token == _NODE else token for token in tokens)
