"""How a revision gets to the nodes, and back: one pure plan over what the nodes say.

A node is *exposed* while it is told to run a revision that it has not yet been ready with for the
health window. At most ``max_unavailable`` nodes are exposed at a time, so that a bad revision harms
no more than those. Nodes that are offline are told nothing while a revision is being rolled out;
they are counted apart and hold nobody up. One that falls silent while it is exposed keeps its place
for a while, since the silence may be the revision's doing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from operators.edgeapp.model import (
    Assignment,
    Counts,
    Decision,
    EdgeApp,
    Node,
    Offline,
    OnFailure,
    Progress,
    State,
    Template,
)
from operators.kube.conditions import Condition, Status

HISTORY: Final = 3
"""Revisions whose template is kept: the new one, the stable one, the one that failed."""

DEADLINE: Final = timedelta(minutes=10)
"""With nodes exposed and none becoming ready for so long after the window, the revision fails."""

SILENT_KEEPS: Final = timedelta(minutes=10)
"""So long a node that falls silent while it is exposed keeps its place."""

LOOK: Final = timedelta(seconds=5)
"""While something is waited for; news of nodes come by themselves, the end of a window does not."""

LOOK_MIN: Final = timedelta(seconds=1)

_FAILED: Final = frozenset({State.FAILED, State.ROLLED_BACK})


@dataclass(frozen=True, slots=True)
class _Seen:
    """The nodes, sorted by what they are to the revision that is rolled out."""

    ready: tuple[Node, ...]
    exposed: tuple[Node, ...]
    failed: tuple[Node, ...]
    others: tuple[Node, ...]
    offline: tuple[Node, ...]


def plan(
    app: EdgeApp,
    before: Progress,
    nodes: Sequence[Node],
    strays: Sequence[str],
    now: datetime,
    *,
    highest: int = 0,
) -> Decision:
    """Return what is to be done now. ``nodes`` are selected; ``strays`` have the app and are not.

    ``highest`` is the highest revision that nodes know of an app of this name: one that was deleted
    and made anew is told under numbers that its predecessor did not have.

    The same input gives the same decision; a decision that was carried out is not made again.
    """
    nodes = sorted(nodes, key=lambda node: node.node_id)
    if not before.history:
        before = replace(before, number=max(before.number, highest))
    progress, notes = _target(app, before, now)
    target = _template(progress)
    seen = _see(nodes, target, app, now)
    if progress.revision != progress.stable:
        failure = _failure(app, progress, seen, now)
        if failure:
            progress, more = _fail(app, progress, failure, now)
            notes += more
            target = _template(progress)
            seen = _see(nodes, target, app, now)
    rolling = progress.revision != progress.stable
    assignments = [Assignment(name, None) for name in sorted(strays)]
    halted = progress.failed == progress.revision or app.rollout.is_paused
    if rolling and not halted:
        limit, step = _limit(app, progress, seen)
        progress = replace(progress, step=step)
        assignments += _expose(app, target, seen, limit, now)
    ready = len(seen.ready)
    if ready > progress.ready:
        progress = replace(progress, progress_time=now)
    progress = replace(progress, ready=ready)
    if rolling and not halted and not (seen.exposed or seen.failed or _open(seen)):
        done = not any(a.template for a in assignments)
        # On no node it has proven nothing: those that come later are told a few at a time.
        if done and seen.ready:
            progress = replace(progress, stable=progress.revision, step=0)
            notes.append(("Complete", f"revision {progress.revision} is on {ready} nodes"))
            rolling = False
    if not rolling and not app.rollout.is_paused:
        assignments += _catch_up(app, target, seen)
    counts = Counts(
        desired=len(nodes),
        updated=sum(node.assigned == target.number for node in nodes),
        ready=ready,
        offline=len(seen.offline),
        failed=len(seen.failed),
    )
    progress = replace(progress, history=_kept(progress))
    conditions = _conditions(app, progress, counts, nodes, rolling=rolling)
    is_under_way = rolling and bool(seen.exposed or assignments)
    again = _look_again(seen, target, app, now, is_under_way=is_under_way)
    return Decision(progress, counts, conditions, tuple(assignments), again, tuple(notes))


# -- which revision -------------------------------------------------------------------------------


def _target(
    app: EdgeApp, before: Progress, now: datetime
) -> tuple[Progress, list[tuple[str, str]]]:
    """Return the progress towards what is asked for: a new revision gets the next number."""
    back = before.template(app.back_to) if app.back_to else None
    if back is not None:
        if before.revision == back.revision:
            return before, []
        return _begin(before, back.revision, back.text, now), [
            ("RollBackAsked", f"revision {back.revision} is wanted back")
        ]
    if app.asked_revision in {before.revision, before.failed} and before.history:
        return before, []
    note = ("Rollout", f"revision {app.asked_revision} is rolled out")
    return _begin(before, app.asked_revision, app.asked, now), [note]


def _begin(before: Progress, revision: str, text: str, now: datetime) -> Progress:
    template = Template(revision, before.number + 1, text)
    others = tuple(one for one in before.history if one.revision != revision)
    return replace(
        before,
        revision=revision,
        # Rolled out anew under a new number, it is not the one that nodes are ready with.
        stable="" if before.stable == revision else before.stable,
        failed="",
        failed_reason="",
        number=template.number,
        step=0,
        ready=0,
        progress_time=now,
        history=(template, *others),
    )


def _template(progress: Progress) -> Template:
    found = progress.template(progress.revision)
    if found is None:
        raise AssertionError(f"revision {progress.revision!r} is not in the history")
    return found


def _kept(progress: Progress) -> tuple[Template, ...]:
    wanted = [progress.revision, progress.stable, progress.failed]
    named = [one for one in progress.history if one.revision in wanted]
    rest = [one for one in progress.history if one.revision not in wanted]
    kept = [*named, *sorted(rest, key=lambda one: -one.number)][:HISTORY]
    return tuple(sorted(kept, key=lambda one: -one.number))


# -- what the nodes say ---------------------------------------------------------------------------


def _see(nodes: Sequence[Node], target: Template, app: EdgeApp, now: datetime) -> _Seen:
    ready, exposed, failed, others, offline = [], [], [], [], []
    for node in nodes:
        if not node.is_online:
            offline.append(node)
            if node.assigned == target.number and _is_held(node, now):
                exposed.append(node)
        elif node.assigned != target.number:
            others.append(node)
        elif node.spoken_of != target.number:
            exposed.append(node)  # it has not said anything of it yet
        elif node.state in _FAILED:
            failed.append(node)
        elif node.state is State.READY and _is_proven(node, app, now):
            ready.append(node)
        else:
            exposed.append(node)
    return _Seen(*map(tuple, (ready, exposed, failed, others, offline)))


def _is_proven(node: Node, app: EdgeApp, now: datetime) -> bool:
    return node.since is not None and now - node.since >= app.rollout.health_window


def _look_again(
    seen: _Seen, target: Template, app: EdgeApp, now: datetime, *, is_under_way: bool
) -> timedelta | None:
    """Return when to look again: at the end of a window, of which no node will bring news."""
    window = app.rollout.health_window
    ends = [
        node.since + window - now
        for node in seen.exposed
        if node.is_online
        and node.state is State.READY
        and node.spoken_of == target.number
        and node.since is not None
    ]
    if not ends:
        return LOOK if is_under_way else None
    # What is decided is decided in whole seconds.
    left = timedelta(seconds=math.ceil(min(ends).total_seconds()))
    return min(max(left, LOOK_MIN), LOOK)


def _is_held(node: Node, now: datetime) -> bool:
    """Say whether a silent node was exposed when it fell silent, not long ago."""
    if node.spoken_of == node.assigned and node.state is State.READY:
        return False
    return node.offline_since is not None and now - node.offline_since < SILENT_KEEPS


def _open(seen: _Seen) -> bool:
    return any(node.takes_more for node in seen.others)


def _failure(app: EdgeApp, progress: Progress, seen: _Seen, now: datetime) -> str:
    """Return why the revision that is rolled out has failed, empty while it has not."""
    if progress.failed == progress.revision:
        return ""
    if seen.failed:
        node = seen.failed[0]
        text = f"node {node.node_id}: {node.reason}"
        return f"{text}: {node.message}" if node.message else text
    online = [node for node in seen.exposed if node.is_online and node.state is not State.WAITING]
    since = progress.progress_time
    if online and since is not None and now - since > app.rollout.health_window + DEADLINE:
        node = online[0]
        text = f"node {node.node_id} is not ready with it in time ({node.state.value}"
        return f"{text}, {node.reason})" if node.reason else f"{text})"
    return ""


def _fail(
    app: EdgeApp, progress: Progress, failure: str, now: datetime
) -> tuple[Progress, list[tuple[str, str]]]:
    """Return the progress after a failure: back to the stable revision, if there is one."""
    bad = progress.revision
    progress = replace(progress, failed=bad, failed_reason=failure)
    if app.rollout.on_failure is OnFailure.PAUSE or not progress.stable:
        return progress, [("RevisionFailed", f"revision {bad} is held: {failure}")]
    back = replace(progress, revision=progress.stable, step=0, ready=0, progress_time=now)
    return back, [("RolledBack", f"revision {bad} is rolled back: {failure}")]


# -- who is told ----------------------------------------------------------------------------------


def _limit(app: EdgeApp, progress: Progress, seen: _Seen) -> tuple[int, int]:
    """Return how many nodes may have the revision at the step that it is at, and the step."""
    steps = app.rollout.steps
    reached = len(seen.ready) + len(seen.exposed) + len(seen.failed)
    base = len(seen.ready) + len(seen.others)
    base += sum(node.is_online for node in (*seen.exposed, *seen.failed))
    step = min(progress.step, len(steps) - 1)
    while True:
        limit = math.ceil(steps[step] * base / 100)
        is_done = reached >= limit and not seen.exposed and not seen.failed
        if not is_done or step == len(steps) - 1:
            return limit, step
        step += 1


def _expose(
    app: EdgeApp, target: Template, seen: _Seen, limit: int, now: datetime
) -> list[Assignment]:
    """Return who is told next: within the step, and so that no more are exposed than may be."""
    del now
    reached = len(seen.ready) + len(seen.exposed) + len(seen.failed)
    places = min(
        app.rollout.max_unavailable - len(seen.exposed) - len(seen.failed), limit - reached
    )
    able = [node for node in seen.others if node.takes_more]
    return [Assignment(node.node_id, target) for node in able[: max(0, places)]]


def _catch_up(app: EdgeApp, target: Template, seen: _Seen) -> list[Assignment]:
    """Return who gets the revision in force: whoever has another, or nothing yet.

    After a roll-back these are the nodes that have the bad revision, all of them at once: each is
    either harmed or about to be.
    """
    late = [node for node in seen.others if node.takes_more]
    for node in seen.offline:
        first = node.assigned == 0
        if node.assigned != target.number and (first or app.rollout.offline is Offline.CATCH_UP):
            late.append(node)
    return [Assignment(node.node_id, target) for node in late]


# -- what is said ---------------------------------------------------------------------------------


def _conditions(
    app: EdgeApp, progress: Progress, counts: Counts, nodes: Sequence[Node], *, rolling: bool
) -> tuple[Condition, ...]:
    return (
        _available(app, nodes),
        _progressing(app, progress, counts, rolling=rolling),
        _rolled_back(app, progress),
    )


def _available(app: EdgeApp, nodes: Sequence[Node]) -> Condition:
    online = [node for node in nodes if node.is_online]
    up = [node for node in online if node.state in {State.READY, State.ROLLED_BACK}]
    if not nodes:
        text = "the selector matches no EdgeNode of this namespace: see kubectl get edgenodes"
        return Condition("Available", Status.FALSE, "NoNodes", text)
    if len(online) - len(up) <= app.rollout.max_unavailable and up:
        return Condition("Available", Status.TRUE, "NodesReady", "it runs where it is wanted")
    waiting = [node for node in online if node.state is State.WAITING]
    if waiting:
        node = waiting[0]
        text = f"node {node.node_id}: {node.message}; see its CapacityClaims"
        return Condition("Available", Status.FALSE, "WaitingForCapacity", text)
    text = "too few of the nodes that are online run it"
    return Condition("Available", Status.FALSE, "NodesNotReady", text)


def _progressing(app: EdgeApp, progress: Progress, counts: Counts, *, rolling: bool) -> Condition:
    if app.rollout.is_paused and (rolling or counts.updated + counts.offline < counts.desired):
        text = "spec.rollout.progress is Paused: set it to Running to go on"
        return Condition("Progressing", Status.FALSE, "Paused", text)
    if rolling and progress.failed == progress.revision:
        text = f"{progress.failed_reason}; change the spec, or ask for an earlier revision"
        return Condition("Progressing", Status.FALSE, "RevisionFailed", text)
    if rolling:
        text = f"revision {progress.revision} is at step {progress.step + 1}"
        text += f" of {len(app.rollout.steps)}"
        return Condition("Progressing", Status.TRUE, "RollingOut", text)
    return Condition("Progressing", Status.FALSE, "Complete", "nothing is left to roll out")


def _rolled_back(app: EdgeApp, progress: Progress) -> Condition:
    if app.back_to and app.back_to == progress.revision:
        text = f"revision {app.back_to} was asked for; kubectl tianfu resume ends it"
        return Condition("RolledBack", Status.TRUE, "AskedFor", text)
    if progress.failed and progress.failed != progress.revision:
        text = f"revision {progress.failed}: {progress.failed_reason}; change the spec to try again"
        return Condition("RolledBack", Status.TRUE, "RevisionFailed", text)
    return Condition("RolledBack", Status.FALSE, "NoFailure", "")
