"""``python -m services.gateway``: the gateway, set by the environment.

``python -m services.gateway migrate`` makes the database and the service's role and schema, as an
administrator, and brings the schema to the newest version; it may be repeated.
"""

from __future__ import annotations

from services.gateway.settings import GatewaySettings
from services.plumbing import entry


def main() -> None:
    """Serve until stopped, or migrate."""
    entry.main("services.gateway", __doc__, GatewaySettings)


if __name__ == "__main__":
    main()
