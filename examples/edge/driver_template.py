"""A driver of your own: a program that prints one JSON object a line. Copy it and change `measure`.

The agent starts it, ends it, and starts it anew when it fails. Nothing but Python is needed; any
other language does as well. docs/writing-a-driver.md says what a line may hold.
"""

import json
import select
import sys
from pathlib import Path

INTERVAL_S = 1.0


def measure() -> dict[str, float]:
    """Return the newest value of each series. Here: how long the machine has been up."""
    said = Path("/proc/uptime").read_text(encoding="ascii")
    return {"machine.uptime": float(said.split()[0])}


def main() -> None:
    """Print values until the agent closes our standard input, which it does when it stops."""
    while True:
        try:
            for series, value in measure().items():
                # The agent stamps the value when it reads it; a device that has a clock of its own
                # adds "time_us", microseconds since 1970 UTC.
                line = {"series": series, "value": value}
                sys.stdout.write(json.dumps(line) + "\n")
        except OSError as error:
            # The last line on stderr is in the agent's status. Ending is fine: it is started anew.
            sys.exit(f"cannot measure: {error}")
        sys.stdout.flush()
        ended, _, _ = select.select([sys.stdin], [], [], INTERVAL_S)
        if ended:
            return


if __name__ == "__main__":
    main()
