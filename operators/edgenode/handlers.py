"""The one handler of EdgeNode: observe, plan, carry out, say it in one status patch."""

from __future__ import annotations

import asyncio
import math
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from operators.capacity.api import held_share, nodes_of, on_node
from operators.edgenode import leaf
from operators.edgenode.api import EdgeNode, parse
from operators.edgenode.children import (
    EXPIRES,
    NODE_LABEL,
    Config,
    agent_name,
    leaf_secret_name,
    secret_name,
    token_secret,
)
from operators.edgenode.model import (
    Decision,
    IssueLeaf,
    IssueToken,
    LeafSecret,
    Neighbourhood,
    Observed,
    Register,
    Remove,
    Step,
    TokenSecret,
    Update,
    Wish,
    Workload,
)
from operators.edgenode.plan import plan, replaces_pod
from operators.fleet.client import Fleet, station_of
from operators.fleet.model import Enrolment, FleetNode, Presence
from operators.kube import quantity
from operators.kube.actions import Action, Apply, WriteStatus
from operators.kube.conditions import parse_time, timestamp
from operators.kube.failures import ApiError, NotLeading, Taken, Unavailable
from operators.kube.kinds import (
    CAPACITY_CLAIM,
    CONFIG_MAP,
    DEPLOYMENT,
    EDGE_NODE,
    NETWORK_POLICY,
    SECRET,
    VOLUME_CLAIM,
    Key,
    Object,
    key_of,
    name_of,
    uid_of,
)
from operators.kube.operator import MANAGED, Operator
from operators.kube.queue import Queue
from tianfu import nats_jwt, nats_keys
from tianfu.join_code import JoinCode, encode
from tianfu.nats_jwt import TokenMalformed
from tianfu.nats_keys import KeyKind, KeyPair, SeedInvalid

PASSES: Final = 6
"""Plans in one reconcile: registered, token made, children made, said. More would be a loop."""

TROUBLE_AGAIN_S: Final = 10.0
FLEET_AWAY_S: Final = 5.0
SETTLE_S: Final = 1.0
"""Nodes lost together are told of one by one: asked at once, the first would seem alone."""

KEY_TAKEN: Final = "STATION_KEY_TAKEN"
"""The fleet's reason for a leaf server's key that is good for nothing any more."""

GATEWAYS_SETTLE_S: Final = 3.0
"""Each set of gateways is one signature: those that come together are one set."""

CHILDREN: Final = (DEPLOYMENT, CONFIG_MAP, VOLUME_CLAIM, NETWORK_POLICY)


REPLACED_AT_ONCE: Final = 0.1
"""Of all stations' agents, one at least. A version that does not come up stops there."""


class NotItsTurn(Exception):
    """As many agents are being replaced as may be at once."""


class FleetTrouble(Exception):
    """The fleet service did not do what it was asked for; the text is the same while it is so."""


@dataclass(frozen=True)
class Entrance:
    """Where devices enrol: what a join code says beside the token."""

    server: str = ""
    authority_pem: str = ""


class EdgeNodes:
    """The handler, and who wakes it."""

    def __init__(
        self,
        operator: Operator,
        fleet: Fleet,
        config: Config,
        entrance: Entrance,
        *,
        turns_out: bool = True,
    ) -> None:
        """Take what is run; ``turns_out``: a node that is deleted goes from the fleet as well."""
        self._operator, self._fleet = operator, fleet
        self._config, self._entrance = config, entrance
        self._turns_out = turns_out
        self._nodes = operator.cache(EDGE_NODE, name=name_of)
        self._children = {
            kind: operator.cache(kind, MANAGED, owner=_owner) for kind in (*CHILDREN, SECRET)
        }
        operator.cache(DEPLOYMENT, turning=turning)
        self._waiting: set[Key] = set()
        self._turns = asyncio.Lock()
        self._claims = operator.cache(CAPACITY_CLAIM, node=on_node)
        self._queue: Queue = operator.reconciles(EDGE_NODE, self.reconcile, workers=24)
        for kind in self._children:
            operator.wakes(kind, self._queue, _owners)
        operator.wakes(DEPLOYMENT, self._queue, self._next_turns)
        operator.wakes(CAPACITY_CLAIM, self._queue, nodes_of)
        fleet.subscribe(self._fleet_changed)

    async def reconcile(self, key: Key) -> float | None:
        """Make a node so; return when to look again."""
        trouble = obstacle = uid = ""
        awaits_turn = False
        for _ in range(PASSES):
            current = self._nodes.get(key)
            if current is None:
                return None
            node = parse(current)
            if node.uid != uid:  # made anew meanwhile, it has none of its predecessor's troubles
                trouble, obstacle, awaits_turn, uid = "", "", False, node.uid
            if self._must_wait(current, node):
                return FLEET_AWAY_S
            now = self._operator.now()
            observed = replace(
                await self._observe(node),
                trouble=trouble,
                obstacle=obstacle,
                awaits_turn=awaits_turn,
            )
            decided = plan(node, observed, current, self._config, now)
            if not decided.steps:
                held_up = trouble or obstacle or ("turn" if awaits_turn else "")
                return await self._say(current, decided, held_up, now)
            try:
                await self._carry_out(node, decided.steps)
            except FleetTrouble as error:
                trouble = str(error)
            except Taken as error:
                obstacle = str(error)
            except NotItsTurn:
                awaits_turn = True
                self._waiting.add(key)
        return TROUBLE_AGAIN_S

    def _must_wait(self, current: Object, node: EdgeNode) -> bool:
        # Nobody knows now how the nodes are; what was said of them last is the best there is.
        return not self._fleet.synced.is_set() and "status" in current and not node.escape

    async def _say(
        self, current: Object, decided: Decision, trouble: str, now: datetime
    ) -> float | None:
        if decided.status is not None:
            said = WriteStatus(EDGE_NODE, current, decided.status)
            await self._operator.execute([said, *decided.after])
        if trouble:
            return TROUBLE_AGAIN_S
        if decided.look_again is None:
            return None
        return max(1.0, (decided.look_again - now).total_seconds())

    async def _carry_out(self, node: EdgeNode, steps: Iterable[Step]) -> None:
        for step in steps:
            if not self._is_still(node):
                return  # what stands under its name now is planned by its own state
            if not isinstance(step, Register | Update | Wish | IssueToken | IssueLeaf | Remove):
                await self._execute(step)
                continue
            if not self._operator.leads():
                raise NotLeading("another replica holds the lease")
            try:
                await self._ask_fleet(node, step)
            except Unavailable as error:
                if not (isinstance(step, Remove) and step.is_best_effort):
                    text = f"the fleet service can't be reached [{error.reason}]"
                    raise FleetTrouble(text) from error
            except Taken:
                raise
            except ApiError as error:
                if not (isinstance(step, Remove) and step.is_best_effort):
                    raise FleetTrouble(f"{error} [{error.reason}]") from error

    def _is_still(self, node: EdgeNode) -> bool:
        """Say whether an EdgeNode is the one of its name, as far as is known."""
        current = self._nodes.get(node.key)
        return current is None or uid_of(current) == node.uid

    async def _execute(self, step: Action) -> None:
        live = None
        if isinstance(step, Apply) and step.kind == DEPLOYMENT:
            live = self._children[DEPLOYMENT].get(step.key)
        if live is None or not isinstance(step, Apply) or not replaces_pod(live, step.manifest):
            await self._operator.execute([step])
            return
        # One at a time: what is written is counted before the next one is looked at.
        async with self._turns:
            deployments = self._children[DEPLOYMENT]
            others = [one for one in deployments.by("turning", "") if key_of(one) != step.key]
            if len(others) >= max(1, math.ceil(len(deployments) * REPLACED_AT_ONCE)):
                raise NotItsTurn
            await self._operator.execute([step])

    async def _ask_fleet(
        self, node: EdgeNode, step: Register | Update | Wish | IssueToken | IssueLeaf | Remove
    ) -> None:
        match step:
            case Register():
                await self._fleet.register(step.registration)
            case Update():
                await self._fleet.update(step.registration)
            case Wish():
                await self._fleet.wish(step.node_id, step.channel, step.version)
            case Remove():
                await self._fleet.remove(step.node_id)
            case IssueToken():
                await self._check_secret(node, secret_name(node))
                token = await self._fleet.issue_token(step.node_id, node.token_ttl)
                entrance = self._entrance
                joins = (entrance.server, entrance.authority_pem, token.root_sha256)
                code = encode(JoinCode(token.text, *joins))
                made = token_secret(node, token.text, code, timestamp(token.expire_time))
                await self._operator.execute([Apply(made)])
            case IssueLeaf():
                await self._issue_leaf(node, step)

    async def _check_secret(self, node: EdgeNode, name: str) -> None:
        """Raise Taken before the fleet is asked for what could not be kept."""
        if self._child_secret(str(node.key), name) is None:
            await self._operator.executor.check_free(SECRET, Key(node.key.namespace, name))

    async def _issue_leaf(self, node: EdgeNode, step: IssueLeaf) -> None:
        await self._check_secret(node, leaf_secret_name(node))
        kept = self._child_secret(str(node.key), leaf_secret_name(node))
        pair = leaf_key(kept) if step.keeps_key else None
        try:
            pair = pair or nats_keys.generate(KeyKind.USER)
            signed = await self._fleet.issue_station(step.node_id, pair.public_key)
        except ApiError as error:
            if error.reason != KEY_TAKEN:
                raise
            # The key was turned out with the device before, or another took its place.
            pair = nats_keys.generate(KeyKind.USER)
            signed = await self._fleet.issue_station(step.node_id, pair.public_key)
        text = nats_jwt.credentials(signed.token, pair.seed)
        made = leaf.secret(node, signed, text, step.speaks_for, step.enrolled)
        await self._operator.execute([Apply(made)])

    # -- observing ------------------------------------------------------------------------------

    async def _observe(self, node: EdgeNode) -> Observed:
        is_kept = node.delete_time is not None and not self._turns_out
        registered = None if is_kept else self._fleet.get(node.key.name)
        owner = str(node.key)
        made = {
            f"{kind.name}/{one['metadata']['name']}": one
            for kind in CHILDREN
            for one in self._children[kind].by("owner", owner)
        }
        granted, shares_end = self._shares(node)
        return Observed(
            node=registered,
            enrolment=None if node.delete_time else await self._enrolment(node, registered),
            secret=self._secret(node),
            leaf_secret=self._leaf_secret(node),
            gateways=self._gateways(node),
            children=made,
            workload=workload_of(made.get(f"Deployment/{agent_name(node)}")),
            neighbourhood=self._neighbourhood(registered),
            granted=granted,
            shares_end=shares_end,
        )

    async def _enrolment(self, node: EdgeNode, registered: FleetNode | None) -> Enrolment | None:
        if registered is None:
            return None
        is_heard_from = registered.presence in {Presence.ONLINE, Presence.SILENT}
        # Who is heard from is enrolled; of ten thousand that are, none has to be asked for.
        if is_heard_from and not leaf.is_wanted(node, self._config):
            return None
        try:
            return await self._fleet.enrolment(registered.registration.node_id)
        except Unavailable:
            if not is_heard_from:
                raise
            return None  # what else there is to do for a station does not wait for the fleet

    def _child_secret(self, owner: str, name: str) -> Object | None:
        found = self._children[SECRET].by("owner", owner)
        return next((one for one in found if one["metadata"]["name"] == name), None)

    def _secret(self, node: EdgeNode) -> TokenSecret | None:
        one = self._child_secret(str(node.key), secret_name(node))
        if one is None:
            return None
        expires = (one["metadata"].get("annotations") or {}).get(EXPIRES)
        return TokenSecret(one, parse_time(expires) if expires else None)

    def _leaf_secret(self, node: EdgeNode) -> LeafSecret | None:
        one = self._child_secret(str(node.key), leaf_secret_name(node))
        return None if one is None else leaf.observe(one)

    def _gateways(self, node: EdgeNode) -> tuple[tuple[str, str], ...]:
        if not node.is_on_kubernetes:
            return ()
        found = [one.registration for one in self._fleet.gateways_of(node.key.name)]
        return leaf.in_order(found, node.key.namespace)

    def _neighbourhood(self, registered: FleetNode | None) -> Neighbourhood:
        if registered is None or registered.presence is not Presence.OFFLINE:
            return Neighbourhood()
        me = registered.registration
        online = lost = 0
        station: bool | None = None
        for other in self._fleet.in_place(me.place):
            if other.registration.node_id == me.node_id:
                continue
            is_online = other.presence in {Presence.ONLINE, Presence.SILENT}
            online += is_online
            lost += other.presence is Presence.OFFLINE
            if other.registration.is_base_station and other.presence is not Presence.NEVER_SEEN:
                station = bool(station) or is_online
        own = self._fleet.get(station_of(registered))
        if own is not None and own.presence is not Presence.NEVER_SEEN:
            # The one that it talks through, in whatever county, and not another of its own.
            station = own.presence in {Presence.ONLINE, Presence.SILENT}
        return Neighbourhood(online, lost, station)

    def _shares(self, node: EdgeNode) -> tuple[tuple[tuple[str, int], ...], datetime | None]:
        now, total, ends = self._operator.now(), dict[str, int](), list[datetime]()
        for claim in self._claims.by("node", str(node.key)):
            share = held_share(claim)
            if share is None or share.released or share.lease_end <= now:
                continue
            ends.append(share.lease_end)
            for amount in claim["status"]["share"]["amounts"]:
                name = amount["name"]
                total[name] = total.get(name, 0) + quantity.parse(amount["quantity"])
        return tuple(sorted(total.items())), max(ends, default=None)

    # -- being woken ----------------------------------------------------------------------------

    def _next_turns(self, before: Object | None, after: Object | None) -> Iterable[Key]:
        """Return who waits to have its agent replaced, when another's is back."""
        if before is None or not turning(before) or (after is not None and turning(after)):
            return ()
        waiting, self._waiting = self._waiting, set()
        return waiting

    def _fleet_changed(self, before: FleetNode | None, after: FleetNode | None) -> None:
        one = after or before
        if one is None:
            return
        for station in {station_of(before), station_of(after)} - {""}:
            if before is None or after is None or before.registration != after.registration:
                # Whom its leaf server speaks for; gateways come by the dozen.
                self._wake(station, GATEWAYS_SETTLE_S)
        moved = before is not None and after is not None and before.presence is not after.presence
        self._wake(one.registration.node_id, SETTLE_S if moved else 0.0)
        if moved:
            # Why a neighbour is silent may look different now.
            around = self._fleet.in_place(one.registration.place)
            for other in (*around, *self._fleet.gateways_of(one.registration.node_id)):
                if other.presence is Presence.OFFLINE:
                    self._wake(other.registration.node_id, SETTLE_S)

    def _wake(self, node_id: str, after_s: float) -> None:
        for found in self._nodes.by("name", node_id):
            self._queue.wake(key_of(found), after_s)


def workload_of(deployment: Object | None) -> Workload:
    """Return how a Deployment's pod is."""
    if deployment is None:
        return Workload.ABSENT
    status = deployment.get("status") or {}
    if status.get("availableReplicas", 0) >= 1:
        return Workload.AVAILABLE
    found = {one["type"]: one for one in status.get("conditions") or ()}
    if found.get("ReplicaFailure", {}).get("status") == "True":
        return Workload.FAILING
    progress = found.get("Progressing", {})
    # It was up, and is no more; or it never came up in its time.
    is_settled = progress.get("reason") in {"NewReplicaSetAvailable", "ProgressDeadlineExceeded"}
    return Workload.FAILING if is_settled else Workload.STARTING


def leaf_key(secret: Object | None) -> KeyPair | None:
    """Return the key in a Secret with a leaf server's credentials, None when it has none."""
    text = ((secret or {}).get("data") or {}).get(leaf.CREDENTIALS, "")
    try:
        _, seed = nats_jwt.split_credentials(b64decode(text).decode("ascii"))
        return KeyPair(seed, KeyKind.USER)
    except (ValueError, TokenMalformed, SeedInvalid):
        return None


def turning(one: Object) -> Iterable[str]:
    """Index Deployments whose pod was replaced and is not back; a first pod replaces none."""
    generation = int(one["metadata"].get("generation", 1))
    if generation == 1:
        return ()
    status = one.get("status") or {}
    if int(status.get("observedGeneration", 0)) < generation:
        return ("",)
    if int(status.get("updatedReplicas", 0)) < 1:
        return ("",)
    found = {each["type"]: each.get("reason") for each in status.get("conditions") or ()}
    # One that was up with this version and is not now has another trouble: its host's.
    was_up = found.get("Progressing") == "NewReplicaSetAvailable"
    return () if was_up or status.get("availableReplicas", 0) >= 1 else ("",)


def _owner(one: Object) -> Iterable[str]:
    labels = one["metadata"].get("labels") or {}
    name = labels.get(NODE_LABEL)
    return (f"{one['metadata']['namespace']}/{name}",) if name else ()


def _owners(before: Object | None, after: Object | None) -> Iterable[Key]:
    for one in (after, before):
        name = (one["metadata"].get("labels") or {}).get(NODE_LABEL) if one else None
        if one is not None and name:
            return (Key(one["metadata"]["namespace"], name),)
    return ()
