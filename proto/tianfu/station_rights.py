"""What the leaf server of a base station may pass on: the rights of those that it speaks for."""

from __future__ import annotations

from collections.abc import Mapping

from tianfu.subjects import GATEWAYS_MAX, InvalidName, NodeId, Permissions, node_permissions


def station_permissions(
    station: NodeId, county: str | None, gateways: Mapping[NodeId, str | None]
) -> Permissions:
    """Return what the leaf server of a base station may pass on: its own node's, its gateways'.

    It speaks for no other node. Raise InvalidName for more than GATEWAYS_MAX gateways.
    """
    if len(gateways) > GATEWAYS_MAX:
        raise InvalidName(f"station {station!r}: {len(gateways)} gateways; at most {GATEWAYS_MAX}")
    nodes = {**gateways, station: county}
    each = [
        node_permissions(node, place, is_station=node == station) for node, place in nodes.items()
    ]
    return Permissions(
        publish=tuple(dict.fromkeys(right for one in each for right in one.publish)),
        subscribe=tuple(dict.fromkeys(right for one in each for right in one.subscribe)),
    )
