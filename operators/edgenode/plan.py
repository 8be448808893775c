"""What is to be done about an EdgeNode, and what to say of it: one pure function over a snapshot.

::

    no finalizer ─► register ─► token in a Secret ─► (device enrols) ─► Secret goes
                       └─► on Kubernetes: leaf's credentials, volume, policy, settings, Deployment
    deleted ─► shares end ─► children go ─► removed from the fleet, turned out ─► let go
                  └─ abandoned by annotation: at once, whether the fleet can be reached or not
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from operators.edgenode import diagnosis, leaf, leaving
from operators.edgenode.api import FINALIZER, EdgeNode, Scheduling
from operators.edgenode.children import Config, children, secret_name
from operators.edgenode.model import (
    Decision,
    IssueToken,
    Observed,
    Register,
    Step,
    Update,
    Wish,
    Workload,
)
from operators.edgenode.said import is_taken, status_of
from operators.fleet.model import (
    LABEL_NAMESPACE,
    LABEL_STATION,
    LABEL_WISH,
    EnrolmentState,
    Presence,
)
from operators.kube.actions import (
    Action,
    Apply,
    Delete,
    Emit,
    EventType,
    WriteFinalizers,
    with_finalizer,
)
from operators.kube.conditions import Condition, Status
from operators.kube.difference import covers
from operators.kube.kinds import (
    DEPLOYMENT,
    EDGE_NODE,
    SECRET,
    Object,
    key_of,
    kind_of,
    uid_of,
)
from tianfu.subjects import GATEWAYS_MAX


def plan(
    node: EdgeNode, observed: Observed, current: Object, config: Config, now: datetime
) -> Decision:
    """Return what to do; ``current`` is the EdgeNode as it was read."""
    if node.delete_time is not None:
        return leaving.leave(node, observed, current, now)
    finalizers = with_finalizer(current, FINALIZER)
    if finalizers is not None:
        return Decision((WriteFinalizers(EDGE_NODE, current, finalizers),))
    steps: tuple[Step, ...] = ()
    if not (observed.trouble or observed.obstacle or is_taken(node, observed)):
        steps = (
            *_enrol(node, observed, config, now),
            *leaf.steps(node, observed, config, now),
            *_deploy(node, observed, config),
        )
    if steps:
        return Decision(steps)
    found = conditions(node, observed, config)
    return Decision(
        (),
        status_of(node, observed, current, found, now),
        tuple(_events(current, found, observed)),
        _look_again(node, observed, now),
    )


def awaits_device(observed: Observed) -> bool:
    """Say whether no device has enrolled as the node yet."""
    if observed.node is None or observed.node.presence is not Presence.NEVER_SEEN:
        return False
    return observed.enrolment is not None and observed.enrolment.state is EnrolmentState.NONE


def rotate_at(node: EdgeNode, observed: Observed) -> datetime | None:
    """Return when the enrolment token is to be replaced: when a third of its life is left."""
    if observed.secret is None or observed.secret.expire_time is None:
        return None
    return observed.secret.expire_time - node.token_ttl / 3


def _enrol(node: EdgeNode, observed: Observed, config: Config, now: datetime) -> Iterator[Step]:
    wanted = node.registration(config.channels)
    if observed.node is None:
        # What a plan says is noted by a label once the plan says it, and there is no plan yet.
        yield Register(wanted.without(LABEL_WISH))
        return
    if observed.node.registration != wanted:
        if observed.node.registration.label(LABEL_WISH) != node.wish:
            yield Wish(node.key.name, node.channel.lower(), node.pinned_version)
        yield Update(wanted)
    if awaits_device(observed):
        due = rotate_at(node, observed)
        if due is None or due <= now:
            yield IssueToken(node.key.name)
    elif observed.secret is not None and _is_enrolled(observed):
        # The token is spent, and a Secret that nobody needs is one that somebody can find.
        spent = observed.secret.observed
        yield Delete(SECRET, key_of(spent), uid_of(spent))


def _is_enrolled(observed: Observed) -> bool:
    if observed.node is None:
        return False
    if observed.node.presence is not Presence.NEVER_SEEN:
        return True
    return observed.enrolment is not None and observed.enrolment.state is EnrolmentState.ENROLLED


def _deploy(node: EdgeNode, observed: Observed, config: Config) -> Iterator[Step]:
    for manifest in children(node, config):
        live = observed.children.get(f"{manifest['kind']}/{manifest['metadata']['name']}")
        if live is not None and observed.awaits_turn and replaces_pod(live, manifest):
            continue
        if live is None or not covers(live, manifest):
            yield Apply(manifest)


def replaces_pod(live: Object, manifest: Object) -> bool:
    """Say whether a manifest would stop a pod that there is, and start another."""
    if kind_of(manifest) != DEPLOYMENT:
        return False
    return not covers(live["spec"]["template"], manifest["spec"]["template"])


# -- what is said of it -----------------------------------------------------------------------


def conditions(node: EdgeNode, observed: Observed, config: Config) -> tuple[Condition, ...]:
    """Return the four conditions."""
    found = (
        _enrolled(node, observed),
        _connected(node, observed),
        _synced(node, observed, config),
    )
    return (*found, _ready(node, observed, found))


def _enrolled(node: EdgeNode, observed: Observed) -> Condition:
    if is_taken(node, observed):
        owner = observed.node.registration.label(LABEL_NAMESPACE) if observed.node else ""
        return Condition(
            "Enrolled",
            Status.FALSE,
            "NameTaken",
            f"the node id belongs to the EdgeNode of that name in namespace {owner}: give this"
            " one another name",
        )
    if observed.node is None:
        return Condition("Enrolled", Status.UNKNOWN, "FleetUnavailable", observed.trouble)
    enrolment = observed.enrolment
    if enrolment is not None and enrolment.state is EnrolmentState.REVOKED:
        return Condition(
            "Enrolled",
            Status.FALSE,
            "Revoked",
            f"turned out: {enrolment.cause}; to have it back: `tianfu nodes enrol {node.key.name}`",
        )
    if _is_enrolled(observed):
        return Condition("Enrolled", Status.TRUE, "DeviceEnrolled", "a device has credentials")
    if observed.secret is None:
        return Condition(
            "Enrolled", Status.FALSE, "TokenMissing", observed.trouble or "no token was made yet"
        )
    who = "its pod enrols" if node.is_on_kubernetes else "on the device: `tianfu-edge enroll CODE`"
    return Condition(
        "Enrolled",
        Status.FALSE,
        "AwaitingDevice",
        f"{who}, with key join-code of Secret {secret_name(node)}; it is replaced before it ends",
    )


def _connected(node: EdgeNode, observed: Observed) -> Condition:
    fleet = observed.node
    if fleet is None or is_taken(node, observed):
        return Condition("Connected", Status.UNKNOWN, "NotRegistered", "the fleet has no such node")
    match fleet.presence:
        case Presence.NEVER_SEEN:
            return Condition("Connected", Status.FALSE, "NeverSeen", "it was never heard from")
        # A heartbeat or two that are missing are no news for a person, and turn nothing.
        case Presence.ONLINE | Presence.SILENT:
            return Condition("Connected", Status.TRUE, "HeardFrom", "it is heard from")
        case Presence.OFFLINE:
            return diagnosis.lost(node, observed)


def _synced(node: EdgeNode, observed: Observed, config: Config) -> Condition:
    def no(reason: str, message: str) -> Condition:
        return Condition("Synced", Status.FALSE, reason, message)

    if observed.trouble:
        return no("FleetRefused", observed.trouble)
    if observed.obstacle:
        return no("ChildNameTaken", observed.obstacle)
    if observed.node is None or is_taken(node, observed):
        return no("NotRegistered", "the fleet has no such node")
    wanted = node.version(config.channels)
    missing = _missing_of_pod(node, observed, config) if node.is_on_kubernetes else None
    if missing is not None:
        return no(*missing)
    running = observed.node.agent_version
    if wanted and running and running != wanted:
        return no(
            "AgentOutdated", f"agent {running} runs, {wanted} is wanted (channel {node.channel})"
        )
    return Condition("Synced", Status.TRUE, "Synced", "what is wanted is where it has to be")


def _missing_of_pod(node: EdgeNode, observed: Observed, config: Config) -> tuple[str, str] | None:
    """Return what a node of this cluster lacks, as (reason, message)."""
    if not node.version(config.channels):
        return "ChannelUnknown", (
            f"channel {node.channel} names no version: set spec.agent.version, or the"
            " operators' TIANFU_CHANNELS"
        )
    if leaf.is_wanted(node, config) and len(observed.gateways) > GATEWAYS_MAX:
        return "StationFull", (
            f"{len(observed.gateways)} gateways name it in their label {LABEL_STATION}, and its"
            f" leaf server can speak for {GATEWAYS_MAX}: have the others name another station"
        )
    if observed.awaits_turn:
        return "AwaitingTurn", (
            "its agent is replaced when those of other stations are back: a tenth of them at once"
        )
    if observed.workload is not Workload.AVAILABLE:
        return "PodNotAvailable", (
            f"see `kubectl describe deployment {node.key.name}-agent -n {node.key.namespace}`"
        )
    return None


def _ready(node: EdgeNode, observed: Observed, found: Sequence[Condition]) -> Condition:
    fleet = observed.node
    if fleet is not None and fleet.is_duplicated:
        return Condition(
            "Ready",
            Status.FALSE,
            "IdentityDuplicated",
            "two devices send under its name: find the copied card, then"
            f" `tianfu nodes revoke {node.key.name}` and enrol the right one",
        )
    for one in found:
        if one.status is not Status.TRUE:
            return Condition("Ready", Status.FALSE, one.reason, f"not {one.type.lower()}")
    match node.scheduling:
        case Scheduling.DRAINING:
            return Condition("Ready", Status.FALSE, "Draining", "it gives up what it has")
        case Scheduling.CORDONED:
            return Condition(
                "Ready", Status.TRUE, "Cordoned", "it keeps what it has, takes no more"
            )
        case Scheduling.OPEN:
            return Condition("Ready", Status.TRUE, "Ready", "it does what it is to do")


def _events(current: Object, found: Sequence[Condition], observed: Observed) -> Iterator[Action]:
    """Yield what is told once: that a node was lost, and that it is back."""
    former = {one["type"]: one for one in (current.get("status") or {}).get("conditions") or []}
    before = former.get("Connected", {})
    after = next(one for one in found if one.type == "Connected")
    if observed.node is None or before.get("status") == after.status.value:
        return
    turn = observed.node.presence_change_time.isoformat()
    if after.status is Status.FALSE and before.get("status") == Status.TRUE.value:
        kind, reason = EventType.WARNING, after.reason
    elif after.status is Status.TRUE and before.get("reason") not in {None, "NeverSeen"}:
        kind, reason = EventType.NORMAL, "Returned"
    else:
        return
    yield Emit(EDGE_NODE, current, kind, reason, "Watch", after.message, turn)


def _look_again(node: EdgeNode, observed: Observed, now: datetime) -> datetime | None:
    due = [rotate_at(node, observed) if awaits_device(observed) else None]
    return min(filter(None, [*due, leaf.look_again(observed, now)]), default=None)
