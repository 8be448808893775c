"""``python -m services.fleet``: the fleet service, set by the environment.

``python -m services.fleet migrate`` makes the database and the service's role and schema, as an
administrator, and brings the schema to the newest version; it may be repeated.
"""

from __future__ import annotations

from services.fleet import build
from services.fleet.settings import FleetSettings
from services.plumbing import entry


def main() -> None:
    """Serve until stopped, or migrate."""
    entry.main(build.NAME, __doc__, FleetSettings, build.run, build.MIGRATIONS)


if __name__ == "__main__":
    main()
