"""What can be done with stations' credentials: synchronous, in one transaction each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from services.fleet import enrolment, stations, usecases
from services.fleet.enrolment import Policy
from services.fleet.model import Filter, Node, NodeClass
from services.fleet.ports import Transaction
from services.fleet.stations import Gateways, KeyTaken, Place, StationKey
from tianfu import node_labels

GATEWAYS_READ_MAX: Final = 1_000
"""Of one station: more than a few are a label gone wrong, and 64 are used."""

RETIRED_AT_ONCE: Final = 1_000


def issue(
    tx: Transaction, node_id: str, public_key: str, policy: Policy, now: datetime
) -> tuple[Node, StationKey, Gateways]:
    """Have a key speak for a station; raise NodeNotFound, NotAStation, StationRevoked, KeyTaken."""
    node = usecases.get_node(tx, node_id)
    known = enrolment.as_registered(tx.enrolments.of(node_id))
    stations.check(node.node_class, known.state)
    if tx.enrolments.key_owner(public_key, beside=node_id) is not None:
        raise KeyTaken(
            "the key is another's, or was turned out; make a new one", field="public_key"
        )
    keys = stations.issued(tx.enrolments.station_keys(node_id), node_id, public_key, policy, now)
    tx.enrolments.put_station_keys(keys)
    return node, keys[0], stations.gateways(*_gateways(tx, node))


def _gateways(tx: Transaction, station: Node) -> tuple[list[Place], list[Place]]:
    """Return the gateways of a station's own namespace, and the others, as (id, place)."""
    named = {node_labels.STATION: station.node_id}
    namespace = station.labels.get(node_labels.NAMESPACE, "")
    owned = {**named, node_labels.NAMESPACE: namespace} if namespace else named
    own, every = (
        [
            (one.node_id, one.place_code)
            for one in tx.nodes(
                Filter(node_class=NodeClass.GATEWAY, labels=labels), "", GATEWAYS_READ_MAX
            )
        ]
        for labels in (owned, named)
    )
    kept = set(own)
    return own, [one for one in every if one not in kept]


def are_due(tx: Transaction, now: datetime) -> bool:
    """Say whether there is anything to retire."""
    return bool(tx.enrolments.due_station_keys(now, 1))


def retire(tx: Transaction, now: datetime) -> int:
    """Turn out what new credentials have taken the place of; return of how many keys."""
    due = tx.enrolments.due_station_keys(now, RETIRED_AT_ONCE)
    for key in due:
        tx.enrolments.turn_out(key.node_id, key.public_key, stations.turned_out_until(key))
        if key.is_former:
            tx.enrolments.drop_station_key(key.public_key)
        else:
            tx.enrolments.put_station_keys([replace(key, retire_time=None)])
    return len(due)


def turn_out(tx: Transaction, node_id: str) -> None:
    """Turn out all keys of a station at once."""
    for key in tx.enrolments.station_keys(node_id):
        tx.enrolments.turn_out(node_id, key.public_key, key.issue_time)
        tx.enrolments.drop_station_key(key.public_key)
