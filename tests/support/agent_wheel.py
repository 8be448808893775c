"""Wheels of the agent as it is in this tree, of any version, and with changes that break it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def agent_wheel(folder: Path, version: str, added: Mapping[str, str] = NOTHING) -> Path:
    """Write a wheel; ``added`` is what is put at the end of modules, by path."""
    info = f"tianfu-{version}.dist-info"
    files = {
        str(path.relative_to(base)): path.read_text(encoding="utf-8")
        for base, package in ((ROOT, "edge"), (ROOT / "proto", "tianfu"), (ROOT / "proto", "buf"))
        for path in (base / package).rglob("*.py")
    }
    for name, text in added.items():
        files[name] += text
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: tianfu\nVersion: {version}\n"
    files[f"{info}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: tianfu\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    rows = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    files[f"{info}/RECORD"] = rows
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    found = folder / f"tianfu-{version}-py3-none-any.whl"
    found.write_bytes(buffer.getvalue())
    return found
