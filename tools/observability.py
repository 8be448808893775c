"""Make Prometheus' rules and the runbooks of what is promised: ``charts/tianfu/objectives.toml``.

``python tools/observability.py`` writes ``charts/tianfu/files/rules.yaml`` and
``docs/runbooks.md``; ``--check`` says whether they would change. Burn alerts are those of Google's
SRE Workbook, chapter 5, table 5-8: a long window that says it matters, a short one that says it
still goes on.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

ROOT: Final = Path(__file__).parents[1]
OBJECTIVES: Final = ROOT / "charts" / "tianfu" / "objectives.toml"
RULES: Final = ROOT / "charts" / "tianfu" / "files" / "rules.yaml"
RUNBOOKS: Final = ROOT / "docs" / "runbooks.md"


class Burn(NamedTuple):
    """An alert on how fast the budget of errors goes."""

    long: str
    short: str
    factor: float
    severity: str
    keep: str


BURNS: Final = (
    Burn("1h", "5m", 14.4, "page", "2m"),
    Burn("6h", "30m", 6, "page", "15m"),
    Burn("1d", "2h", 3, "ticket", "1h"),
    Burn("3d", "6h", 1, "ticket", "3h"),
)
WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


def camel(name: str) -> str:
    """Return ``a-b`` as ``AB``, words capitalised."""
    return "".join(part.capitalize() for part in name.split("-"))


def series(name: str, window: str) -> str:
    """Return the recorded series of an objective: the share of bad events."""
    return f"tianfu:{name.replace('-', '_')}:bad_ratio_{window}"


def recording(objective: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rules that record the share of bad events over each window."""
    return [
        {
            "record": series(objective["name"], window),
            # No event is no bad one; a ratio of nothing would be no number.
            "expr": f"({objective['bad'].replace('$window', window)})"
            f" / ({objective['total'].replace('$window', window)} > 0)",
        }
        for window in WINDOWS
    ]


def burning(objective: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the alerts of an objective."""
    allowed = 1 - objective["target"]
    name = objective["name"]
    alert = f"Tianfu{camel(name)}Burns"
    return [
        {
            "alert": alert,
            "expr": f"{series(name, burn.long)} > {burn.factor * allowed:.6g}"
            f" and {series(name, burn.short)} > {burn.factor * allowed:.6g}",
            "for": burn.keep,
            "labels": {"severity": burn.severity, "window": burn.long},
            "annotations": {
                "summary": f"{{{{ $labels.service }}}}: {objective['says']} At this rate the budget"
                f" of {allowed:.2%} in 30 days is gone in {30 / burn.factor:.3g} days.",
                "runbook": f"docs/runbooks.md#{alert.lower()}",
            },
        }
        for burn in BURNS
    ]


def plain(alert: dict[str, Any]) -> dict[str, Any]:
    """Return an alert that stands for itself."""
    name = f"Tianfu{alert['name']}"
    return {
        "alert": name,
        "expr": alert["expr"],
        "for": alert["for"],
        "labels": {"severity": alert["severity"]},
        "annotations": {"summary": alert["says"], "runbook": f"docs/runbooks.md#{name.lower()}"},
    }


def rules(stated: dict[str, Any]) -> str:
    """Return the file of rules."""
    groups = [
        {
            "name": f"tianfu-{objective['name']}",
            "interval": "30s",
            "rules": [*recording(objective), *burning(objective)],
        }
        for objective in stated["objective"]
    ]
    groups.append({"name": "tianfu-alerts", "rules": [plain(one) for one in stated["alert"]]})
    head = "# Made by tools/observability.py of objectives.toml.\n"
    return head + str(yaml.safe_dump({"groups": groups}, sort_keys=False, width=1000))


def runbooks(stated: dict[str, Any]) -> str:
    """Return the page of runbooks."""
    lines = [
        "# Runbooks",
        "",
        "What each alert means, and what to do. `page` wakes somebody, `ticket` waits for the",
        "morning. Alerts that end in Burns speak of an objective: with `window` 1h or 6h the",
        "budget goes fast, with 1d or 3d slowly and surely.",
    ]
    for one in stated["objective"]:
        lines += ["", f"## Tianfu{camel(one['name'])}Burns", ""]
        lines += [f"Objective: {one['says']} {one['target']:.1%} over 30 days.", "", one["remedy"]]
    for one in stated["alert"]:
        says = one["says"].replace("{{ $labels.", "(").replace(" }}", ")")
        lines += ["", f"## Tianfu{one['name']}", "", f"{says} Severity: {one['severity']}."]
        lines += ["", one["remedy"]]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both, or compare them."""
    stated = tomllib.loads(OBJECTIVES.read_text(encoding="utf-8"))
    made = {RULES: rules(stated), RUNBOOKS: runbooks(stated)}
    for path, text in made.items():
        if "--check" not in sys.argv[1:]:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            sys.exit(f"error: {path} is behind objectives.toml: run tools/observability.py")


if __name__ == "__main__":
    main()
