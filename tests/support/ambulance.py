"""An ambulance: a node's agent as a process whose monitor plays vital signs, and what it kept."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.local import ambulance
from cli.local.fleet import quoted
from tests.support.nats_server import NatsServer
from tests.support.waiting import DEADLINE_S


@dataclass
class AmbulanceNode:
    """``python -m edge run`` with the local platform's ambulance, played faster."""

    folder: Path
    nats: NatsServer
    bundle: Mapping[str, Any]
    port: int
    """Where its link goes: a relay's, so that it alone is cut off."""
    speed: float = 20.0
    oxygen_scale: str = "1"
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """Where its spool and its journal are."""
        return self.folder / "edge"

    def start(self) -> None:
        """Write its recordings and settings, and start it."""
        self.data.mkdir(exist_ok=True)
        recordings = ambulance.write_recordings(self.folder, self.bundle)
        lines = ambulance.agent_lines(*recordings, speed=self.speed)
        place = lines.index("[[early_warning]]") + 1
        lines.insert(place, f"oxygen_scale = {quoted(self.oxygen_scale)}")
        config = self.folder / "edge.toml"
        config.write_text(
            f'[node]\nid = "{ambulance.NODE}"\ndata_dir = "edge"\n'
            f'[nats]\nurl = "nats://127.0.0.1:{self.port}"\n'
            f'credentials_file = "{self.nats.credentials("node", ambulance.NODE)}"\n'
            + "\n".join(lines)
            + "\n"
        )
        with (self.folder / "edge.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edge", "run", "--config", str(config)],
                stdout=log,
                stderr=log,
            )

    def end(self, number: int = signal.SIGKILL) -> None:
        """Send a signal and wait for the end."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(DEADLINE_S)
            self.process = None

    def kept(self) -> Sequence[dict[str, Any]]:
        """Return the whole lines of its journal, the oldest first."""
        file = self.data / "scores.jsonl"
        if not file.exists():
            return []
        text = file.read_text(encoding="utf-8")
        return [json.loads(each) for each in text[: text.rfind("\n") + 1].splitlines()]

    def status(self) -> dict[str, Any]:
        """Return the agent's last word."""
        found: dict[str, Any] = json.loads((self.data / "status.json").read_text(encoding="utf-8"))
        return found
