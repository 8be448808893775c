"""What can be done with nodes' identities: synchronous, in one transaction each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.fleet import enrolment, stationing, usecases
from services.fleet.enrolment import Enrolment, Policy, State, StoredToken
from services.fleet.model import Node, Plan
from services.fleet.ports import Transaction
from services.fleet.stations import Gateways, StationKey

TOKENS_KEPT: Final = timedelta(days=7)
"""After they ended: a device that repeats its call meanwhile is told the same."""


def issue_token(tx: Transaction, node_id: str, token: str, ttl: timedelta, now: datetime) -> None:
    """Keep the digest of a token for a node; raise NodeNotFound."""
    usecases.get_node(tx, node_id)
    digest = enrolment.digest_of(token)
    tx.enrolments.put_token(StoredToken(digest, node_id, now + ttl))
    tx.enrolments.forget_tokens(now - TOKENS_KEPT)


def enroll(
    tx: Transaction, token: str, public_key: str, policy: Policy, now: datetime
) -> tuple[Node, Enrolment, Plan | None]:
    """Make the device with a key the node that its token names; raise TokenRefused.

    The device before it is turned out.
    """
    node_id = enrolment.token_node(token)
    stored = tx.enrolments.token(enrolment.digest_of(token))
    node = tx.node(node_id)
    if stored is None or stored.node_id != node_id or node is None:
        raise enrolment.refused_token()
    before = tx.enrolments.of(node_id)
    after = enrolment.enrolled(before, stored, public_key, policy, now)
    if before.state is State.ENROLLED and before.public_key != public_key:
        _turn_out(tx, before, now)
    tx.enrolments.put(after)
    tx.enrolments.put_token(replace(stored, public_key=public_key))
    return node, after, tx.plan(node_id)


def renew(
    tx: Transaction,
    node_id: str,
    keys: tuple[str, str],
    policy: Policy,
    now: datetime,
) -> tuple[Node, Enrolment]:
    """Give a node another life of its credentials; ``keys`` are the one it has, and a new one.

    Raise ProofRefused, Revoked or CaughtUpTooLate.
    """
    current, node = tx.enrolments.of(node_id), tx.node(node_id)
    after = enrolment.renewed(current, *keys, policy, now)
    if node is None:
        raise enrolment.ProofRefused("the node is not registered any more", field="name")
    tx.enrolments.put(after)
    return node, after


def renew_station(
    tx: Transaction, node_id: str, keys: tuple[str, str], policy: Policy, now: datetime
) -> tuple[Node, StationKey, Gateways]:
    """Have a key speak for a station that asks by its own; ``keys`` are that, and the one to speak.

    Raise ProofRefused, Revoked, CaughtUpTooLate, NotAStation or KeyTaken.
    """
    public_key, station_key = keys
    enrolment.check_holder(tx.enrolments.of(node_id), public_key, policy, now)
    return stationing.issue(tx, node_id, station_key, policy, now)


def get(tx: Transaction, node_id: str) -> tuple[Enrolment, bool]:
    """Return a node's enrolment, and whether NATS knows whom of it was turned out."""
    usecases.get_node(tx, node_id)
    found = enrolment.as_registered(tx.enrolments.of(node_id))
    return found, tx.enrolments.is_applied(node_id)


def revoke(tx: Transaction, node_id: str, cause: str, now: datetime) -> tuple[Enrolment, bool]:
    """Turn a node out; once more changes nothing."""
    usecases.get_node(tx, node_id)
    before = tx.enrolments.of(node_id)
    after = enrolment.revoked(before, cause, now)
    if after is not before:
        _turn_out(tx, before, now)
        stationing.turn_out(tx, node_id)
        tx.enrolments.put(after)
    return enrolment.as_registered(after), tx.enrolments.is_applied(node_id)


def remove_node(tx: Transaction, node_id: str, etag: str, *, now: datetime) -> None:
    """Remove a node and its plan, and turn its device out.

    A token that was made for it is not one for another node that is registered under its name.
    """
    usecases.delete_node(tx, node_id, etag, now=now)
    tx.enrolments.forget_tokens_of(node_id)
    stationing.turn_out(tx, node_id)
    before = tx.enrolments.of(node_id)
    if before.state is State.ENROLLED:
        _turn_out(tx, before, now)
    after = enrolment.removed(before, now)
    if after != before:
        tx.enrolments.put(after)


def _turn_out(tx: Transaction, before: Enrolment, now: datetime) -> None:
    for key in (before.public_key, before.previous_key):
        if key:
            tx.enrolments.turn_out(before.node_id, key, now)


def turned_out(
    tx: Transaction, policy: Policy, now: datetime
) -> tuple[dict[str, datetime], list[str]]:
    """Return the keys that NATS is to refuse, and those of which it was not told yet.

    A token that was issued before its key was turned out has ended after one life.
    """
    kept = dict(tx.enrolments.turned_out(now - policy.lifetime - timedelta(days=1)))
    return kept, list(tx.enrolments.pending())


def told(tx: Transaction, keys: list[str]) -> None:
    """Note that NATS refuses keys from now on."""
    tx.enrolments.applied(keys)
