"""Who is heard from, by the operators' one watch of the fleet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from operators.fleet.client import Fleet
from operators.fleet.model import FleetNode, Presence

HEARD: Final = frozenset({Presence.ONLINE, Presence.SILENT})


class FleetPresences:
    """Nodes as the fleet service says of them."""

    def __init__(self, fleet: Fleet) -> None:
        """Take the operators' client, which is followed by whoever runs it."""
        self._fleet = fleet

    def heard(self, node_id: str) -> tuple[bool, datetime | None]:
        """Return whether a node can be told now, and since when it can not."""
        node = self._fleet.get(node_id)
        if node is None:
            return False, None
        is_heard = node.presence in HEARD
        return is_heard, None if is_heard else node.presence_change_time

    def subscribe(self, listener: Callable[[str], None]) -> None:
        """Tell somebody of each node that comes or goes."""

        def changed(before: FleetNode | None, after: FleetNode | None) -> None:
            one = after or before
            was = None if before is None else before.presence
            if one is not None and was is not (None if after is None else after.presence):
                listener(one.registration.node_id)

        self._fleet.subscribe(changed)
