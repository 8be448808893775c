"""A real systemd as process 1 of namespaces of its own, with the packaged unit and our source.

Nothing of it is seen outside: mounts, processes and names are its own, and it ends with the block.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.waiting import until_blocking

ROOT: Final = Path(__file__).parents[2]
SYSTEMD: Final = Path("/usr/lib/systemd/systemd")
UNIT: Final = ROOT / "packaging" / "systemd" / "tianfu-edge.service"
CALL_S: Final = 120.0
OTHERS: Final = stat.S_IROTH | stat.S_IXOTH
APART: Final = (
    *("--mount", "--pid", "--fork", "--kill-child=SIGKILL"),
    *("--cgroup", "--uts", "--ipc"),
)

BOOT: Final = """\
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /srv
mkdir -p /srv/python /srv/agent
mount --bind "$BASE" /srv/python
# Where the source lies nobody but its owner may be allowed to go.
mkdir -p /srv/source /srv/site
mount --bind "$ROOT" /srv/source
mount --bind "$SITE" /srv/site
for place in /run /tmp /etc/systemd/system; do mount -t tmpfs tmpfs $place; done
for place in /etc/tianfu /var/lib/private; do mkdir -p $place; mount -t tmpfs tmpfs $place; done
mkdir -p /run/lock /run/systemd /etc/systemd/system/tianfu-edge.service.d
PLACE=/srv/agent/lib/$PYTHON/site-packages
mkdir -p /srv/agent/bin $PLACE
ln -s /srv/python/bin/$PYTHON /srv/agent/bin/python
printf 'home = /srv/python/bin\\n' > /srv/agent/pyvenv.cfg
printf '%s\\n' /srv/source /srv/source/proto /srv/site > $PLACE/agent.pth
printf '[Unit]\\nDescription=Nothing but itself\\n' > /etc/systemd/system/default.target
cp /srv/source/packaging/systemd/tianfu-edge.service /etc/systemd/system/
cat > /etc/systemd/system/tianfu-edge.service.d/here.conf <<END
[Service]
ExecStart=
ExecStart=/srv/agent/bin/python -m edge start --config /etc/tianfu/edge.toml
Environment=LD_LIBRARY_PATH=/srv/python/lib
StandardOutput=append:/run/unit.log
StandardError=append:/run/unit.log
END
printf '%s' "$SETTINGS" > /etc/tianfu/edge.toml
chmod 644 /etc/tianfu/edge.toml
exec $SYSTEMD --system --unit=default.target --log-target=null --show-status=no
"""


@dataclass(frozen=True)
class Systemd:
    """One that runs, by the id of its first process as it is seen here."""

    pid: int

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside it."""
        entered = ("nsenter", "-t", str(self.pid), "-m", "-p", "-u", "-i", "-C")
        return subprocess.run(
            [*entered, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CALL_S,
            check=False,
        )

    def properties(self, unit: str) -> dict[str, str]:
        """Return what it says of a unit."""
        shown = self.run("systemctl", "show", unit).stdout
        return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)


def lacking() -> str:
    """Return why none can run here, empty when one can."""
    if os.geteuid() != 0:
        return "needs root, for namespaces"
    for program in (str(SYSTEMD), "unshare", "nsenter", "systemctl"):
        if shutil.which(program) is None:
            return f"{program} is not here"
    own = (ROOT, ROOT / "edge", Path(sysconfig.get_path("purelib")), Path(sys.base_prefix))
    closed = [each for each in own if each.stat().st_mode & OTHERS != OTHERS]
    if closed:
        return f"the unit's own user may not read {closed[0]}: chmod o+rx"
    made = subprocess.run(["unshare", *APART, "true"], capture_output=True, check=False)
    return "" if made.returncode == 0 else "no namespaces can be made here"


@contextlib.contextmanager
def systemd(settings: str) -> Iterator[Systemd]:
    """Run one, with settings of the agent in their place."""
    environment = {
        "PATH": os.environ["PATH"],
        "BASE": sys.base_prefix,
        "PYTHON": f"python{sysconfig.get_python_version()}",
        "SITE": sysconfig.get_path("purelib"),
        "ROOT": str(ROOT),
        "SYSTEMD": str(SYSTEMD),
        "SETTINGS": settings,
        "container": "test",
    }
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["unshare", *APART, "bash", "-c", BOOT],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            yield _booted(process, output.fileno())
        finally:
            process.kill()
            process.wait()


def _booted(process: subprocess.Popen[bytes], output: int) -> Systemd:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")

    def is_up() -> bool:
        if process.poll() is not None:
            raise AssertionError(os.pread(output, 4_096, 0).decode(errors="replace"))
        found = children.read_text(encoding="ascii").split()
        if not found:
            return False
        return Systemd(int(found[0])).run("systemctl", "is-system-running").stdout in (
            "running\n",
            "degraded\n",
        )

    until_blocking(is_up, CALL_S)
    return Systemd(int(children.read_text(encoding="ascii").split()[0]))
