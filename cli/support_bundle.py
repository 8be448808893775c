"""``tianfu support-bundle``: what who helps needs to see, without secrets and personal data."""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform as machine
import tarfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Annotated, Any, Final

import psutil
import typer

from cli import doctor, nats_monitor, output, redaction
from cli.failures import Exit, Failure
from cli.local import ports
from cli.local.folder import PRIVATE_FILE, Folder, holder, read_json
from cli.local.stack import SERVICES
from cli.status import processes

LOG_BYTES: Final = 256 * 1024
"""Of each log, from its end: some thousand lines."""

SETTING_BYTES: Final = 64 * 1024
HTTP_S: Final = 2.0

app = typer.Typer(rich_markup_mode=None)


@app.command("support-bundle")
def support_bundle(
    out: Annotated[
        Path | None, typer.Option(help="File to write; by default named after the time, here.")
    ] = None,
    data: output.DataOption = output.DATA_DEFAULT,
) -> None:
    """Write what who helps needs to see into one file: look into it before you give it away.

    In it are versions, what the doctor finds, processes, the end of each log, settings, metrics and
    what NATS shows of its streams. Not in it are keys, passwords, tokens, readings and databases;
    what looks like one is taken out, and so are numbers of residents and telephones.
    """
    folder = Folder.at(data)
    now = datetime.now(UTC)
    path = out or Path(f"tianfu-support-{now:%Y%m%dT%H%M%SZ}.tar.gz")
    secrets = redaction.secrets_in(read_json(folder.state))
    if folder.keys.exists():
        secrets |= redaction.secrets_below(folder.keys)
    members = {name: redaction.redact(text, secrets) for name, text in gathered(data, folder, now)}
    if any(secret in text for text in members.values() for secret in secrets):
        raise Failure(
            "BUNDLE_HOLDS_SECRETS",
            "a secret of the platform stands in what was gathered, and could not be taken out",
            "report this; nothing was written",
        )
    _write(path, members, now)
    output.note(f"{path}: {len(members)} files, {path.stat().st_size // 1024} kB")


def gathered(data: Path, folder: Folder, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of each file of a bundle. What can't be had says why."""
    running = holder(folder) is not None
    yield "about.json", _json(about(now, running=running))
    found = doctor.on_machine(folder)
    found += doctor.of_running(data, folder) if running else doctor.of_stopped(folder)
    yield "doctor.json", _json([asdict(each) for each in found])
    yield "processes.json", _json(processes(folder))
    yield "folder.json", _json(sizes(folder.root))
    if folder.settings.exists():
        for path in sorted(p for p in folder.settings.rglob("*") if p.is_file()):
            yield (
                f"settings/{path.relative_to(folder.settings)}",
                _tried(partial(_end, path, SETTING_BYTES)),
            )
    if folder.logs.exists():
        for path in sorted(p for p in folder.logs.rglob("*") if p.is_file()):
            yield f"logs/{path.relative_to(folder.logs)}", _tried(partial(_end, path, LOG_BYTES))
    if running:
        yield from asked(folder)


def about(now: datetime, *, running: bool) -> dict[str, Any]:
    """Return versions and the machine, which is not named."""
    memory = psutil.virtual_memory()
    return {
        "time": now.isoformat(),
        "tianfu": version("tianfu"),
        "running": running,
        "python": machine.python_version(),
        "system": f"{machine.system()} {machine.release()} {machine.machine()}",
        "cores": os.cpu_count(),
        "memory_mb": memory.total // doctor.MB,
        "memory_free_mb": memory.available // doctor.MB,
        "packages": {each.name: each.version for each in sorted(distributions(), key=_name)},
    }


def _name(distribution: Any) -> str:
    return str(distribution.name).lower()


def sizes(root: Path) -> dict[str, int]:
    """Return how many bytes each part of the data folder has."""
    if not root.exists():
        return {}
    found = {}
    for part in sorted(root.iterdir()):
        with contextlib.suppress(FileNotFoundError):
            found[part.name] = _size(part)
    return found


def _size(part: Path) -> int:
    """Return the bytes of a file, or of all files below a folder but those that go meanwhile."""
    if part.is_file():
        return part.lstat().st_size
    total = 0
    # Stores make and remove files all the time: what walks over a folder that has gone goes on.
    for base, _, names in os.walk(part):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += (Path(base) / name).lstat().st_size
    return total


def asked(folder: Folder) -> Iterator[tuple[str, str]]:
    """Yield what a running platform says of itself: metrics, and NATS of its streams."""
    context = read_json(folder.context) or {}
    monitor = context.get("nats monitor", "")
    yield "nats/jsz.json", _tried(lambda: _json(nats_monitor.jsz(monitor, "consumers", "config")))
    for page in ("varz", "connz"):
        yield f"nats/{page}.json", _tried(partial(_page, f"http://{monitor}/{page}"))
    remembered = (read_json(folder.state) or {}).get("ports", {})
    for name in SERVICES:
        url = f"http://{ports.HOST}:{remembered.get(f'{name} metrics', 0)}/metrics"
        yield f"metrics/{name}.txt", _tried(partial(_page, url))


def _tried(read: Callable[[], str]) -> str:
    try:
        return read()
    except Failure as failure:
        return f"{failure.message} [{failure.reason}]"
    except OSError as error:
        return f"could not be read: {error}"


def _page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=HTTP_S) as answer:  # noqa: S310 - http, to ourselves
        return bytes(answer.read()).decode("utf-8", "replace")


def _end(path: Path, most: int) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - most))
        return file.read(most).decode("utf-8", "replace")


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n"


def _write(path: Path, members: dict[str, str], now: datetime) -> None:
    """Write the members as one archive that only its owner may read."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    except OSError as error:
        raise Failure(
            "BUNDLE_UNWRITABLE",
            f"{path}: {error.strerror}",
            "name another file with --out",
            status=Exit.USAGE,
        ) from error
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, text in members.items():
            content = text.encode()
            member = tarfile.TarInfo(f"{path.name.removesuffix('.tar.gz')}/{name}")
            member.size, member.mtime, member.mode = len(content), int(now.timestamp()), 0o600
            archive.addfile(member, io.BytesIO(content))
