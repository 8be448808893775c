"""A small program for a gateway: it says that it is there, and counts."""

from __future__ import annotations

import os
import pathlib
import time


def main() -> None:
    """Touch the health file each second, and keep a count in the app's own folder."""
    folder = pathlib.Path(os.environ["TIANFU_DATA_DIR"])
    health = pathlib.Path(os.environ["TIANFU_HEALTH_FILE"])
    greeting = os.environ.get("GREETING", "here")
    count = 0
    while True:
        count += 1
        (folder / "count.txt").write_text(f"{greeting} {count}\n", encoding="utf-8")
        health.touch()
        time.sleep(float(os.environ.get("INTERVAL_SECONDS", "1")))


if __name__ == "__main__":
    main()
