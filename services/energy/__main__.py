"""``python -m services.energy``: the energy service, set by the environment.

``python -m services.energy migrate`` makes the database and the service's role and schema, as
an administrator, and brings the schema to the newest version; it may be repeated.
"""

from __future__ import annotations

from services.energy.settings import EnergySettings
from services.plumbing import entry


def main() -> None:
    """Serve until stopped, or migrate."""
    entry.main("services.energy", __doc__, EnergySettings)


if __name__ == "__main__":
    main()
