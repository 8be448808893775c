"""Wheels of one module, made the same to the byte each time."""

from __future__ import annotations

import base64
import io
import zipfile
from hashlib import sha256

DATE = (2026, 1, 1, 0, 0, 0)


def wheel(package: str, version: str, source: str, *, requires: str = "") -> bytes:
    """Return a pure wheel whose one module, of the package's name, has this source."""
    module = package.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
    files = {
        f"{module}.py": source,
        f"{info}/METADATA": metadata + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tianfu\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "".join(f"{name},{_sum(text)},{len(text.encode())}\n" for name, text in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), text)
    return buffer.getvalue()


def digest(data: bytes) -> str:
    """Return the sum by which an artifact goes."""
    return sha256(data).hexdigest()


def _sum(text: str) -> str:
    raw = base64.urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=")
    return f"sha256={raw.decode()}"
