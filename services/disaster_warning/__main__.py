"""``python -m services.disaster_warning``: the service of warnings, set by the environment.

``python -m services.disaster_warning migrate`` makes the database and the service's role and
schema, as an administrator, and brings the schema to the newest version; it may be repeated.
"""

from __future__ import annotations

from services.disaster_warning.settings import DisasterWarningSettings
from services.plumbing import entry


def main() -> None:
    """Serve until stopped, or migrate."""
    entry.main("services.disaster_warning", __doc__, DisasterWarningSettings)


if __name__ == "__main__":
    main()
