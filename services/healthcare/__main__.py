"""``python -m services.healthcare``: the healthcare service, set by the environment.

``python -m services.healthcare migrate`` makes the database and the service's role and schema, as
an administrator, and brings the schema to the newest version; it may be repeated.
"""

from __future__ import annotations

from services.healthcare.settings import HealthcareSettings
from services.plumbing import entry


def main() -> None:
    """Serve until stopped, or migrate."""
    entry.main("services.healthcare", __doc__, HealthcareSettings)


if __name__ == "__main__":
    main()
