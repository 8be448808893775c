"""``tianfu-edge enroll``: one command and one token make a device a node."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge import settings
from edge.enrolment import enrolling, identity
from edge.enrolment.enrolling import Enrolled
from edge.enrolment.unary_call import CallFailed, CallRefused
from tianfu.join_code import PREFIX, JoinCode, JoinCodeInvalid, decode

DONE: Final = 0
FAILED: Final = 1
WRONG: Final = 2

REMEDIES: Final = {
    "ENROLMENT_TOKEN_REFUSED": "ask for a new token: `tianfu nodes enrol NODE` prints one",
    "SERVER_UNTRUSTED": "say who signs the platform's certificate: --ca FILE, or a join code",
    "SERVER_UNREACHABLE": "check the network, and that the enrolment port is open from here",
    "UPDATE_ROOT_MISMATCH": "the platform's root changed since the code was made, or somebody else "
    "handed one over: compare `tianfu keys updates`' root.json, and ask for a new code",
    "ROOT_UNNAMED": "ask for a new code: this one is of a platform before roots had digests",
    "ENROLMENT_UNSET": "the platform has no keys to enrol with; its operator has to set them",
}

NEW_SETTINGS: Final = """\
# Made by `tianfu-edge enroll`. See tianfu-edge.toml(5), or examples/edge.
[node]
id = {node}
data_dir = {data_dir}
"""


RENEWED: Final = """
# Whom the agent believes about its releases was handed over as it enrolled (DATA/update/root.json).
[update]
"""

LIBRARY: Final = "tuf"
"""What the extra `update` brings: without it the agent can't judge a release."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command was told: a code or token, and for a token where to take it."""

    text: str
    server: str = ""
    ca: Path | None = None
    needs_root_digest: bool = False


class RootUnnamed(JoinCodeInvalid):
    """The code has no digest of the root of signed releases, and one was asked for."""

    reason = "ROOT_UNNAMED"


def run(
    wanted: Wanted,
    file: Path,
    data_dir: Path | None,
    random_bits: Callable[[int], int],
) -> int:
    """Enrol; return the exit status."""
    try:
        code = _code(wanted)
        chosen = data_dir or _data_dir(file)
    except (JoinCodeInvalid, settings.InvalidSettings) as error:
        reason = getattr(error, "reason", "SETTINGS_INVALID")
        _refused(str(error), reason)
        return WRONG
    try:
        done = asyncio.run(enrolling.enroll(code, chosen, random_bits))
    except (CallRefused, CallFailed) as error:
        _refused(str(error), error.reason)
        if error.reason == "ENROLMENT_REVOKED":
            (identity.folder_of(chosen) / identity.NEXT_SEED).unlink(missing_ok=True)
        return FAILED
    except OSError as error:
        sys.stderr.write(f"tianfu-edge: {error.filename}: {error.strerror} [DATA_DIR_UNUSABLE]\n")
        return FAILED
    return _told(done, file, chosen)


def _refused(text: str, reason: str) -> None:
    sys.stderr.write(f"tianfu-edge: {text} [{reason}]\n")
    if reason in REMEDIES:
        sys.stderr.write(f"  fix: {REMEDIES[reason]}\n")


def _told(done: Enrolled, file: Path, data_dir: Path) -> int:
    node = done.identity.facts.node
    if not file.exists():
        quoted = {"node": json.dumps(node), "data_dir": json.dumps(str(data_dir.resolve()))}
        file.parent.mkdir(parents=True, exist_ok=True)
        renewed = RENEWED if done.has_root and importlib.util.find_spec(LIBRARY) else ""
        file.write_text(NEW_SETTINGS.format(**quoted) + renewed, encoding="utf-8")
        sys.stdout.write(f"settings written: {file}\n")
    sys.stdout.write(f"enrolled as {node}; start it: tianfu-edge start --config {file}\n")
    return DONE


def _code(wanted: Wanted) -> JoinCode:
    """Return what to enrol with: a join code says all, a bare token needs the server."""
    given = _given(wanted.text)
    if given.startswith(PREFIX):
        code = decode(given)
    elif not wanted.server:
        raise JoinCodeInvalid("a bare token needs --server https://HOST:PORT")
    else:
        ca_pem = "" if wanted.ca is None else wanted.ca.read_text(encoding="ascii")
        code = JoinCode(given, wanted.server, ca_pem)
    if wanted.needs_root_digest and not code.root_sha256:
        raise RootUnnamed("the code does not name the root of signed releases")
    return code


def _given(text: str) -> str:
    """Return a code that is given as it is, as ``-`` on stdin, or as ``@FILE``."""
    if text == "-":
        return sys.stdin.readline().strip()
    if text.startswith("@"):
        try:
            return Path(text[1:]).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise JoinCodeInvalid(f"{text[1:]} can't be read") from None
    return text.strip()


def _data_dir(file: Path) -> Path:
    """Return the data folder of the settings, or the usual one beside them."""
    if file.exists():
        return settings.load(file, {}).data_dir
    return file.resolve().parent / "data"
