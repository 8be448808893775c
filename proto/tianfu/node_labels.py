"""Labels of nodes that the platform itself reads."""

from __future__ import annotations

from typing import Final

STATION: Final = "edge.tianfu.dev/station"
"""On a gateway: the id of the base station whose leaf server it uses. That station's credentials
let it pass on what the gateway says, and nothing of others.
"""

NAMESPACE: Final = "edge.tianfu.dev/namespace"
"""On a node that an operator registered: the Kubernetes namespace of its EdgeNode. Of a station's
places those of its own namespace have the first.
"""
