"""The console's files: read once, compressed once, with the caching that their names allow.

The build puts a hash of its content into the name of every file below ``assets``: those never
change under their name. Everything else is asked for anew, by ETag.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

IMMUTABLE: Final = "public, max-age=31536000, immutable"
REVALIDATE: Final = "no-cache"
COMPRESS_FROM: Final = 1_024
TEXTS: Final = ("text/", "application/json", "application/javascript", "image/svg+xml")
INDEX: Final = "/index.html"
TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True)
class File:
    """One file as it is sent."""

    content: bytes
    compressed: bytes | None
    etag: str
    kind: str
    caching: str


class StaticFiles:
    """Files of one folder by their path at the origin."""

    def __init__(self, folder: Path) -> None:
        self._files = (
            {
                f"/{path.relative_to(folder).as_posix()}": _read(path, folder)
                for path in _all(folder)
            }
            if folder.is_dir()
            else {}
        )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._files)

    def find(self, path: str) -> File | None:
        """Return the file of a path; the console's page for any path that names no file."""
        found = self._files.get(path)
        if found is None and "." not in path.rsplit("/", 1)[-1]:
            # The console reads the path: a link into the middle of it is a page too.
            return self._files.get(INDEX)
        return found


def _all(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _read(path: Path, folder: Path) -> File:
    content = path.read_bytes()
    kind = (
        TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    )
    packed = None
    if len(content) >= COMPRESS_FROM and kind.startswith(TEXTS):
        packed = gzip.compress(content, mtime=0)
    hashed = path.relative_to(folder).parts[0] == "assets"
    return File(
        content=content,
        compressed=packed,
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        kind=kind,
        caching=IMMUTABLE if hashed else REVALIDATE,
    )
