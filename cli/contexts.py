"""Platforms by name: which there are, and which one commands speak to.

A context is a data folder. That of a platform on this machine is the one `tianfu up` made; for a
platform elsewhere `tianfu context set` makes a folder that holds its addresses and whom to believe,
and says in which file a token is. No secret is copied.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli.failures import Exit, Failure

NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
FILE: Final = "contexts.json"
FOLDER_VARIABLE: Final = "TIANFU_CONFIG"
CONTEXT_VARIABLE: Final = "TIANFU_CONTEXT"
SERVICES: Final = (
    "telemetry",
    "fleet",
    "disaster-warning",
    "healthcare",
    "credit-supervision",
    "energy",
)
PRIVATE_FOLDER: Final = 0o700


@dataclass(frozen=True)
class Contexts:
    """The contexts that were set, and which one is current; "" when none is."""

    folder: Path
    current: str
    known: Mapping[str, Path]

    def named(self, name: str) -> Path:
        """Return the data folder of a context; raise Failure."""
        if name not in self.known:
            there = ", ".join(sorted(self.known)) or "none"
            raise Failure(
                "CONTEXT_UNKNOWN",
                f"there is no context {name!r}; there are: {there}",
                "`tianfu context set NAME --data DIR` makes one",
                status=Exit.NOT_FOUND,
            )
        return self.known[name]


def home(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder in which contexts are kept."""
    stated = environment.get(FOLDER_VARIABLE)
    if stated:
        return Path(stated)
    base = environment.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "tianfu"


def load(folder: Path) -> Contexts:
    """Return the contexts of a folder; none when there is no file; raise Failure for a bad one."""
    path = folder / FILE
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        known = {str(name): Path(data) for name, data in stored["contexts"].items()}
        return Contexts(folder, str(stored.get("current", "")), known)
    except FileNotFoundError:
        return Contexts(folder, "", {})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Failure(
            "CONTEXTS_DAMAGED",
            f"{path} is not what `tianfu context set` writes",
            "mend it, or remove it and set the contexts again",
            status=Exit.USAGE,
        ) from None


def chosen(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the data folder of the context in force, None without one; raise Failure."""
    found = load(home(environment))
    name = environment.get(CONTEXT_VARIABLE) or found.current
    return found.named(name) if name else None


def use(contexts: Contexts, name: str) -> Contexts:
    """Make a context the current one; raise Failure when there is none of that name."""
    contexts.named(name)
    return _store(Contexts(contexts.folder, name, contexts.known))


def set_local(contexts: Contexts, name: str, data: Path) -> Contexts:
    """Name a data folder of this machine; the first context becomes the current one."""
    return _add(contexts, name, data.expanduser().resolve())


def set_remote(
    contexts: Contexts,
    name: str,
    services: Mapping[str, str],
    authority: Path | None,
    token_file: Path,
) -> Contexts:
    """Name a platform elsewhere by addresses of its services; raise Failure.

    Without an authority its certificates are believed as the system believes others.
    """
    unknown = sorted(services.keys() - set(SERVICES))
    if unknown or not services:
        raise Failure(
            "SERVICE_UNKNOWN",
            f"no service {unknown[0]!r}" if unknown else "no service is named",
            f"--service NAME=HOST:PORT, where NAME is one of {', '.join(SERVICES)}",
            status=Exit.USAGE,
        )
    _check(name)
    folder = contexts.folder / "contexts" / name
    (folder / "keys" / "tls").mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    if authority is not None:
        shutil.copyfile(authority, folder / "keys" / "tls" / "ca.pem")
    # What commands want of every platform stands there, where nothing listens if it is not named.
    stated: dict[str, Any] = dict.fromkeys(("telemetry", "fleet"), "127.0.0.1:1")
    stated |= dict(services)
    stated |= {"nats": "", "elsewhere": True, "token_file": str(token_file.expanduser().resolve())}
    text = json.dumps(stated, indent=2) + "\n"
    (folder / "context.json").write_text(text, encoding="utf-8")
    return _add(contexts, name, folder)


def forget(contexts: Contexts, name: str) -> Contexts:
    """Forget a context, and the folder that was made for it; no platform is touched."""
    folder = contexts.named(name)
    if folder == contexts.folder / "contexts" / name:
        shutil.rmtree(folder)
    known = {each: data for each, data in contexts.known.items() if each != name}
    current = "" if contexts.current == name else contexts.current
    return _store(Contexts(contexts.folder, current, known))


def _add(contexts: Contexts, name: str, data: Path) -> Contexts:
    _check(name)
    current = contexts.current or name
    return _store(Contexts(contexts.folder, current, {**contexts.known, name: data}))


def _check(name: str) -> None:
    if NAME.fullmatch(name) is None:
        raise Failure(
            "CONTEXT_NAME_INVALID",
            f"{name!r} is no name of a context",
            "a-z, 0-9 and inner '-'",
            status=Exit.USAGE,
        )


def _store(contexts: Contexts) -> Contexts:
    contexts.folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    known = {name: str(data) for name, data in sorted(contexts.known.items())}
    text = json.dumps({"current": contexts.current, "contexts": known}, indent=2) + "\n"
    # Beside it first: whoever reads meanwhile has the old or the new one, and never half of it.
    unfinished = contexts.folder / f"{FILE}.unfinished"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(contexts.folder / FILE)
    return contexts
