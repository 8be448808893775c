"""``python -m services.credit_supervision``: the service, set by the environment.

``python -m services.credit_supervision migrate`` makes the database and the service's role and
schema, as an administrator, and brings the schema to the newest version; it may be repeated.
"""

from __future__ import annotations

from services.credit_supervision.settings import CreditSettings
from services.plumbing import entry


def main() -> None:
    """Serve until stopped, or migrate."""
    entry.main("services.credit_supervision", __doc__, CreditSettings)


if __name__ == "__main__":
    main()
