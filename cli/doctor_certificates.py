"""What the doctor says of certificates: which end soon, and which have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from cli.finding import Finding

SOON: Final = timedelta(days=30)
"""Time to make another one without haste."""

BEGIN: Final = b"-----BEGIN CERTIFICATE-----"


def of_certificates(keys: Path, now: datetime | None = None) -> Finding:
    """Check every certificate below a folder of keys."""
    moment = now or datetime.now(UTC)
    found = dict(ends(keys))
    ended = sorted(name for name, end in found.items() if end <= moment)
    ending = sorted(name for name, end in found.items() if moment < end <= moment + SOON)
    if ended or ending:
        said = [f"{name} has ended" for name in ended]
        said += [f"{name} ends on {found[name]:%Y-%m-%d}" for name in ending]
    else:
        said = (
            [f"{len(found)}, the first to end on {min(found.values()):%Y-%m-%d}"] if found else []
        )
    return Finding(
        "certificates",
        ok=not ended and not ending,
        found="; ".join(said) or "none yet",
        fix="make others: `tianfu keys certificate`, or remove them and start the platform anew",
    )


def ends(keys: Path) -> Iterator[tuple[str, datetime]]:
    """Yield each certificate's file and when it ends; of a chain the first to end."""
    for path in sorted(keys.rglob("*")) if keys.exists() else ():
        if not path.is_file() or BEGIN not in (text := path.read_bytes()):
            continue
        chain = x509.load_pem_x509_certificates(text)
        yield str(path.relative_to(keys)), min(one.not_valid_after_utc for one in chain)
