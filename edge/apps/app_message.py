"""Read apps and shares off a plan, refusing what could not be obeyed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from edge.apps.model import App, Health, HttpProbe, Image, Share, TouchProbe, Wheel, Work
from edge.clock import MICROSECONDS
from tianfu.fleet.v1 import app_pb2, capacity_pb2
from tianfu.fleet.v1 import node_pb2 as pb

APPS_MAX: Final = 64
SHARES_MAX: Final = 256
SETTINGS_MAX: Final = 64
RESOURCES_MAX: Final = 16
VALUE_MAX: Final = 1024
PORT_MAX: Final = 65_535
FAILURES_MAX: Final = 100

_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_CLAIM: Final = re.compile(r"[!-~]{1,130}")
_PACKAGE: Final = re.compile(r"[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?")
_VERSION: Final = re.compile(r"[0-9][A-Za-z0-9.+!-]{0,63}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MODULE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}(\.[A-Za-z_][A-Za-z0-9_]{0,63}){0,7}")
_IMAGE: Final = re.compile(r"[a-z0-9][A-Za-z0-9._:/-]{0,400}@sha256:[0-9a-f]{64}")
_SETTING: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_RESOURCE: Final = re.compile(r"[a-z][a-z-]{0,31}")
_PATH: Final = re.compile(r"/[A-Za-z0-9._~/-]{0,127}")
OWN_SETTINGS: Final = "TIANFU_"
"""Beginning of the variables that the agent sets itself."""


def read(plan: pb.NodePlan) -> Work:
    """Return what a plan says of programs; raise ValueError that says where it is wrong."""
    if len(plan.apps) > APPS_MAX:
        raise ValueError(f"apps: {len(plan.apps)}; at most {APPS_MAX}")
    if len(plan.shares) > SHARES_MAX:
        raise ValueError(f"shares: {len(plan.shares)}; at most {SHARES_MAX}")
    apps = tuple(_at(f"apps[{n}]", app, message) for n, message in enumerate(plan.apps))
    shares = tuple(_at(f"shares[{n}]", _share, message) for n, message in enumerate(plan.shares))
    for what, names in (
        ("apps", [app.name for app in apps]),
        ("shares", [share.share_id for share in shares]),
    ):
        if len(set(names)) < len(names):
            raise ValueError(f"{what}: two of one name")
    return Work(
        apps=apps,
        shares=shares,
        needs_shares=plan.capacity_mode == capacity_pb2.CAPACITY_MODE_SHARES,
        update_us=plan.update_time.seconds * MICROSECONDS + plan.update_time.nanos // 1000,
    )


def app(message: app_pb2.NodeApp) -> App:
    """Return an app; raise ValueError that says where it is wrong."""
    payload = message.SerializeToString(deterministic=True)
    if message.revision < 1:
        raise ValueError(f"revision: {message.revision} is not 1 or more")
    return App(
        name=_text("name", message.name, _NAME),
        revision=message.revision,
        artifact=_artifact(message),
        tenant=_text("tenant", message.tenant, _NAME),
        fingerprint=sha256(payload).hexdigest(),
        payload=payload,
        settings=_settings(message.settings),
        limits=_amounts("resources_milli", message.resources_milli),
        health=_health(message.health_check),
    )


def _at(where: str, parse: Any, message: Any) -> Any:
    try:
        return parse(message)
    except ValueError as error:
        raise ValueError(f"{where}.{error}") from error


def _text(where: str, value: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"{where}: {value[:64]!r} is not of the form {pattern.pattern}")
    return value


def _artifact(message: app_pb2.NodeApp) -> Wheel | Image:
    match message.WhichOneof("artifact"):
        case "wheel":
            wheel = message.wheel
            return Wheel(
                _text("wheel.package", wheel.package, _PACKAGE),
                _text("wheel.version", wheel.version, _VERSION),
                _text("wheel.sha256", wheel.sha256, _SHA256),
                _text("wheel.module", wheel.module, _MODULE),
            )
        case "image":
            return Image(_text("image.reference", message.image.reference, _IMAGE))
        case _:
            raise ValueError("artifact: there is none that this agent knows")


def _settings(settings: Mapping[str, str]) -> dict[str, str]:
    if len(settings) > SETTINGS_MAX:
        raise ValueError(f"settings: {len(settings)}; at most {SETTINGS_MAX}")
    for name, value in settings.items():
        _text("settings", name, _SETTING)
        if name.startswith(OWN_SETTINGS):
            raise ValueError(f"settings: {name!r} is the platform's own")
        if len(value) > VALUE_MAX or "\0" in value:
            raise ValueError(f"settings: the value of {name!r} is too long, or holds a zero byte")
    return dict(settings)


def _amounts(where: str, amounts: Mapping[str, int]) -> dict[str, int]:
    if len(amounts) > RESOURCES_MAX:
        raise ValueError(f"{where}: {len(amounts)}; at most {RESOURCES_MAX}")
    for name, value in amounts.items():
        _text(where, name, _RESOURCE)
        if value < 0:
            raise ValueError(f"{where}: {name} {value} is below 0")
    return dict(amounts)


def _health(message: app_pb2.AppHealthCheck) -> Health:
    probe: HttpProbe | TouchProbe | None = None
    if message.HasField("http"):
        port = message.http.port
        if not 1 <= port <= PORT_MAX:
            raise ValueError(f"health_check.http.port: {port} is outside 1..{PORT_MAX}")
        probe = HttpProbe(port, _text("health_check.http.path", message.http.path or "/", _PATH))
    elif message.HasField("touch"):
        probe = TouchProbe(_seconds(message.touch, "age_max", 60, 0.5, 3600))
    failures_max = message.failures_max
    if not 0 <= failures_max <= FAILURES_MAX:
        raise ValueError(f"health_check.failures_max: {failures_max} is above {FAILURES_MAX}")
    usual = Health()
    return Health(
        probe=probe,
        interval_s=_seconds(message, "interval", usual.interval_s, 0.1, 300),
        timeout_s=_seconds(message, "timeout", usual.timeout_s, 0.1, 60),
        failures_max=failures_max or usual.failures_max,
        start_within_s=_seconds(message, "start_within", usual.start_within_s, 1, 1800),
    )


def _seconds(message: Any, name: str, usual: float, low: float, high: float) -> float:
    if not message.HasField(name):
        return usual
    duration = getattr(message, name)
    seconds = float(duration.seconds + duration.nanos / 1e9)
    if not low <= seconds <= high:
        raise ValueError(f"health_check.{name}: {seconds:g} s is outside {low:g}..{high:g} s")
    return seconds


def _share(message: capacity_pb2.CapacityShare) -> Share:
    if message.epoch < 1:
        raise ValueError(f"epoch: {message.epoch} is not 1 or more")
    end = message.lease_end_time
    return Share(
        share_id=_text("share_id", message.share_id, _NAME),
        epoch=message.epoch,
        tenant=_text("tenant", message.tenant, _NAME),
        claim=_text("claim", message.claim, _CLAIM),
        amounts=_amounts("amounts_milli", message.amounts_milli),
        lease_end_us=end.seconds * MICROSECONDS + end.nanos // 1000,
        is_revoked=message.use == capacity_pb2.SHARE_USE_REVOKED,
    )
