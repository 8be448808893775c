"""A network of its own in Linux namespaces: places, what lies between them, and wires that are bad.

Whoever uses it runs in namespaces that nobody else sees (``apart``), so that it needs no rights on
the machine beyond making them, and leaves nothing behind. A wire is two TUN devices with a thread
between: a packet that it loses is lost, and TCP sends it again. (netem would do; not every kernel
has it, decision 76.)
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final, Self

from tests.support.relay import CLEAR, Condition

INSIDE: Final = "TIANFU_NETWORK_APART"
TUN: Final = "/dev/net/tun"
TUNSETIFF: Final = 0x400454CA
IFF_TUN_WITHOUT_HEAD: Final = 0x1001
PACKET_BYTES: Final = 1 << 16


def apart() -> None:
    """Go on in network and mount namespaces of our own: the program begins anew there, once."""
    if INSIDE in os.environ:
        _run("mount", "-t", "tmpfs", "tmpfs", "/run")  # where `ip netns` keeps names
        _run("ip", "link", "set", "lo", "up")
        return
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("ip", path=_path()) is None:
        raise SystemExit("this needs unshare and ip: apt-get install util-linux iproute2")
    os.environ |= {INSIDE: "1", "PATH": _path()}
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = [unshare, "--net", "--mount", *as_root, sys.executable, *_arguments()]
    os.execv(unshare, command)  # noqa: S606 - its arguments are ours


def _arguments() -> list[str]:
    """Return the interpreter's own command line, ``-m module`` included."""
    return sys.orig_argv[1:]


def _path() -> str:
    return os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


@dataclass(frozen=True)
class Place:
    """A namespace; the one that the program itself runs in has no name."""

    name: str = ""

    @property
    def within(self) -> list[str]:
        """What stands before a command that is to run here."""
        return ["ip", "netns", "exec", self.name] if self.name else []

    def ip(self, *words: str) -> None:
        """Run ``ip`` here."""
        _run(*self.within, "ip", *words)

    def forward(self) -> None:
        """Pass on what is meant for others, as a router does."""
        _run(*self.within, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")


@contextmanager
def places(names: Sequence[str]) -> Iterator[list[Place]]:
    """Make namespaces, their loopback up; take them away at the end."""
    made = []
    try:
        for name in names:
            _run("ip", "netns", "add", name)
            made.append(Place(name))
            made[-1].ip("link", "set", "lo", "up")
        yield made
    finally:
        for one in made:
            _run("ip", "netns", "del", one.name)


def cable(one: Place, address: str, device: str, other: Place, bridge: str) -> None:
    """Lay a good cable from a place to another's bridge; ``address`` with its length."""
    there = f"{bridge}-{device}"
    other.ip("link", "add", there, "type", "veth", "peer", "name", device, "netns", one.name)
    other.ip("link", "set", there, "master", bridge, "up")
    one.ip("address", "add", address, "dev", device)
    one.ip("link", "set", device, "up")


class Wire:
    """A line between two places that can be told to be bad. "Up" is from ``low`` to ``high``."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self._random = Random(seed)
        self._condition = CLEAR
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"wire {name}", daemon=True)
        self._ends = (_tun(f"{name}-h"), _tun(f"{name}-l"))

    def lead(self, high: Place, high_address: str, low: Place, low_address: str) -> None:
        """Put the ends where they belong."""
        ends = ((high, high_address, low_address, "h"), (low, low_address, high_address, "l"))
        for place, address, peer, end in ends:
            device = f"{self.name}-{end}"
            if place.name:
                _run("ip", "link", "set", device, "netns", place.name)
            place.ip("address", "add", address, "peer", peer, "dev", device)
            place.ip("link", "set", device, "up")

    def be(self, condition: Condition) -> None:
        """Behave so from now on: a cut wire loses all that is sent, and nobody is told."""
        self._condition = condition

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for end in self._ends:
            os.close(end)

    def _run(self) -> None:
        high, low = self._ends
        self._loop.add_reader(high, self._pass, high, low, False)
        self._loop.add_reader(low, self._pass, low, high, True)
        self._loop.run_forever()

    def _pass(self, source: int, target: int, is_up: bool) -> None:
        with contextlib.suppress(BlockingIOError):
            packet = os.read(source, PACKET_BYTES)
            now = self._condition
            is_blocked = now.is_up_blocked if is_up else now.is_down_blocked
            if now.is_cut or is_blocked or self._random.random() < now.loss:
                return
            self._loop.call_later(now.delay_s, self._deliver, target, packet)

    def _deliver(self, target: int, packet: bytes) -> None:
        # A device that is full, or down, loses a packet too.
        with contextlib.suppress(OSError):
            os.write(target, packet)


def _tun(name: str) -> int:
    descriptor = os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN_WITHOUT_HEAD))
    return descriptor
