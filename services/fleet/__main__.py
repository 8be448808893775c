"""``python -m services.fleet``: the fleet service, set by the environment.

``python -m services.fleet migrate`` makes the database and the service's role and schema, as an
administrator, and brings the schema to the newest version; it may be repeated.
"""

from __future__ import annotations

from services.fleet.settings import FleetSettings
from services.plumbing import entry


def main() -> None:
    """Serve until stopped, or migrate."""
    entry.main("services.fleet", __doc__, FleetSettings)


if __name__ == "__main__":
    main()
