"""The status file: what the agent says of itself, written whole or not at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edge import spool_file
from edge.clock import MICROSECONDS
from tianfu import batch_limits

if TYPE_CHECKING:
    from edge.spool_worker import SpoolWorker

NAME: Final = "status.json"


def write(data_dir: Path, status: dict[str, Any]) -> None:
    """Replace the status file; raises OSError when the disk takes no more."""
    file = data_dir / NAME
    fresh = data_dir / f"{NAME}.new"
    try:
        fresh.write_text(json.dumps(status, indent=1) + "\n", encoding="utf-8")
        fresh.replace(file)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def read(data_dir: Path) -> dict[str, Any] | None:
    """Return the last status and whether its agent still runs, None when there never was one."""
    try:
        status = json.loads((data_dir / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(status, dict):
        return None
    status["running"] = spool_file.is_locked(data_dir)
    return status


def rendered(status: dict[str, Any]) -> str:
    """Return a status as a page for a person."""
    link, spool, plan = status["connection"], status["spool"], status["plan"]
    uplink = status["uplink"]
    state = "running" if status["running"] else "NOT RUNNING; this is its last word"
    where = "connected" if link["connected"] else f"NOT CONNECTED ({_why(link)})"
    offset_us = status["clock_offset_us"]
    clock = "not measured" if offset_us is None else f"{offset_us / 1000:+.1f} ms to the platform"
    waiting = f"{spool['waiting_readings']} readings in {spool['waiting_batches']} batches wait"
    used = f"{spool['used_bytes'] / 1e6:.1f} of {spool['bytes_max'] / 1e6:.1f} MB"
    account = (
        f"produced {spool['produced']}, acknowledged {spool['acknowledged']},"
        f" dropped {spool['dropped']} (epoch {spool['epoch']}, sequence {spool['sequence']})"
    )
    lines = [
        f"node        {status['node']}, {state} (process {status['pid']})",
        f"written     {_time(status['written_us'])}",
        f"link        {link['url']}: {where}",
        f"clock       {clock}",
        f"spool       {waiting}, {used}",
        f"account     {account}",
        f"last ack    {_time(uplink['last_ack_us'])}{_because(uplink)}",
        f"plan        generation {plan['generation']}{_because({'reason': plan['refusal']})}",
    ]
    if status.get("settings"):
        lines.append(_settings(status["settings"]))
    for app in status.get("apps", ()):
        revisions = f"revision {app['revision']} of {app['desired_revision']}"
        lines.append(f"app         {app['name']}: {app['state']}, {revisions}{_because(app)}")
    for driver in status["drivers"]:
        counts = f"{driver['sent']} sent, {driver['failures']} failures, {driver['missed']} missed"
        lines.append(f"driver      {driver['name']}: {counts}{_because(driver)}")
    lines += [_score(each) for each in status.get("scores") or ()]
    lines += [_anomaly(each) for each in status.get("anomalies") or ()]
    if status.get("rules"):
        lines += _rules(status["rules"])
    if status.get("updates"):
        lines += _updates(status["updates"])
    if status.get("station"):
        lines.append(_station(status["station"]))
    if status.get("warnings"):
        lines += _warnings(status["warnings"])
    lines += [f"count       {reason} {number}" for reason, number in status["counts"].items()]
    return "\n".join(lines)


def _settings(settings: dict[str, Any]) -> str:
    """Return the line about the settings: when they were read, and what of them does not hold."""
    waiting = settings["waiting"]
    waits = f"; at the next start: {', '.join(waiting)}" if waiting else ""
    return f"settings    read {_time(settings['read_us'])}{waits}{_because(settings)}"


def _score(monitor: dict[str, Any]) -> str:
    """Return the line about a monitor's last score: with its bounds and what is missing."""
    head = f"score       {monitor['name']}: "
    figures = monitor["figures"]
    if figures is None:
        return f"{head}none since the start"
    total = f"{figures['total']}"
    if not figures["complete"]:
        unknown = ", ".join([*figures["missing"], *figures["implausible"]])
        total += f" to {figures['high']} (without {unknown})"
    parts = ", ".join(
        f"{item['item']} {item['value'] or '?'}: {item.get('points', '?')}"
        for item in figures["items"]
    )
    return (
        f"{head}NEWS2 {total}, {figures['band']}, SpO2 scale {monitor['oxygen_scale']}, "
        f"at {_time(monitor['time_us'])} by {figures['rule_version']} ({parts})"
    )


def _anomaly(watched: dict[str, Any]) -> str:
    """Return the line about a series that is watched for odd hours."""
    said = watched["sentence"] or ("as usual" if watched["known"] else "what is usual is learnt")
    return f"anomaly     {watched['series']}: {said}"


def _station(station: dict[str, Any]) -> str:
    """Return the line about a base station's leaf server."""
    state = "runs" if station["running"] else "does not run"
    counts = f"{station['starts']} starts, {station['turned_out']} keys turned out"
    return f"station     leaf server at {station['listens']} {state}: {counts}{_because(station)}"


def _updates(updates: dict[str, Any]) -> list[str]:
    """Return the lines about releases: which agent runs, and what became of others."""
    wanted = updates["wanted_version"]
    is_other = wanted and wanted != updates["version"]
    head = f"agent       {updates['version']} of channel {updates['channel']}: {updates['state']}"
    head += f" ({wanted} is wanted)" if is_other else ""
    head += f" since {_time(updates['since_us'])}{_because(updates)}"
    gone = [f"not again   {v}: {why}" for v, why in updates["not_tried_again"].items()]
    return [head, *gone]


def _rules(rules: dict[str, Any]) -> list[str]:
    """Return the lines about rules: which are followed, what they say, where outputs are."""
    lines = [
        f"rule set    {each['name']} version {each['version']}: {each['state']}{_because(each)}"
        for each in rules["sets"]
    ]
    lines += [
        f"rule        {each['name']}: {each['state']}{_because(each)}" for each in rules["rules"]
    ]
    lines += [f"output      {each['name']}: {each['position']}" for each in rules["outputs"]]
    return lines


def _warnings(warnings: dict[str, Any]) -> list[str]:
    """Return the lines about warnings: what holds, what became of the rest, and the sinks."""
    receipts = warnings["receipts"]
    refused = sum(warnings["refused"].values())
    where = f"county {warnings['place_code']}, {' and '.join(warnings['channels'])}"
    heard = f"{warnings['received']} bulletins, {refused} refused"
    lines = [
        f"warnings    {where}: {heard}, {warnings['acted']} acted on",
        f"receipts    {receipts['sent']} sent, {receipts['waiting']} wait{_because(receipts)}",
    ]
    lines += [
        f"in force    {one['channel']} {one['warning']} version {one['version']}"
        for one in warnings["in_force"]
    ]
    for sink in warnings["sinks"]:
        counts = f"{sink['done']} done, {sink['failed']} failed, {sink['waiting']} wait"
        lines.append(f"sink        {sink['name']}: {counts}{_because(sink)}")
    return lines


def spool(spool: SpoolWorker, open_readings: int, bytes_max: int) -> dict[str, Any]:
    """Return what there is to say of the spool."""
    account = spool.account()
    return {
        "epoch": f"{account.epoch:x}",
        "sequence": account.sequence,
        "produced": account.produced,
        "acknowledged": account.produced - account.dropped - account.waiting_readings,
        "waiting_readings": account.waiting_readings,
        "waiting_batches": account.waiting_batches,
        "open_readings": open_readings,
        "used_bytes": account.used_bytes,
        "bytes_max": bytes_max,
        "dropped": account.dropped,
        "drops": [
            {"priority": priority, "reason": reason, "readings": readings}
            for (priority, reason), readings in sorted(account.drops.items())
        ],
        "disk_failures": spool.disk_failures,
        "damaged_files": spool.damaged_count,
    }


def offset_or_none(offset_us: int) -> int | None:
    """Return a clock offset as JSON has it."""
    return None if offset_us == batch_limits.UNMEASURED_US else offset_us


def _why(part: dict[str, Any]) -> str:
    return ": ".join(word for word in (part["reason"], part.get("message")) if word)


def _because(part: dict[str, Any]) -> str:
    return f"; {_why(part)}" if part["reason"] else ""


def _time(time_us: int) -> str:
    if not time_us:
        return "never"
    return datetime.fromtimestamp(time_us / MICROSECONDS, UTC).isoformat(timespec="seconds")
