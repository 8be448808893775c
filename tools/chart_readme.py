"""Write the READMEs of charts from the comments of their values.

``python tools/chart_readme.py`` writes ``charts/NAME/README.md``; ``--check`` says whether one
would change.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

CHARTS: Final = Path(__file__).parents[1] / "charts"
LINE: Final = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z][A-Za-z0-9-]*):")
INDENT: Final = 2

HEADS: Final = {
    "tianfu": """# tianfu

The services of Tianfu. Profiles are in `profiles/`: `minimal` (one machine, everything bundled),
`ha` (three machines, databases of your own), `province` (a region of a province).

```sh
helm install tianfu-crds charts/tianfu-crds
helm install tianfu charts/tianfu --namespace tianfu --create-namespace \\
  --values charts/tianfu/profiles/minimal.yaml --set oidc.issuer=https://login.example.org
```

What it prints says how the Secrets are made (`tianfu keys kubernetes`), and what comes next.

## What people's tokens say

Roles stand in the claim that `oidc.rolesClaim` names. Four more claims, each a list of words that
your issuer adds, say in whose name somebody acts; who has none of them acts in nobody's:

| claim | whose | what it is for |
|---|---|---|
| `hospitals` | clinicians | the hospitals (ids) whose consultations they begin and advance |
| `departments` | supervisors | the departments that they commit, reveal and publish draws for |
| `tenants` | app owners | the tenants whose rollouts and shares they see and steer |
| `badges` | inspectors | the badges, as DEPARTMENT/BADGE, that they report findings under |

Else a call is refused: `HOSPITAL_NOT_AFFILIATED`, `DEPARTMENT_NOT_AFFILIATED`, `BADGE_OTHER`;
what is another tenant's is not there (`ROLLOUT_UNKNOWN`, `POOL_UNKNOWN`).

## Demand response by OpenADR 3

`openadr.state=enabled` gives the energy service a port for systems of the grid and nodes of units.
Who may speak it is a file, made with digests of secrets that are shown once, and put into a Secret:

```sh
tianfu keys openadr-client utility --kind bl --clients clients.toml
tianfu keys openadr-client ven-plant-1 --kind ven --unit units/plant-1 --clients clients.toml
tianfu keys kubernetes --keys keys --out secrets.json --openadr-clients clients.toml
kubectl apply -f secrets.json
kubectl rollout restart deployment/tianfu-energy    # the file is read at the start
```

Clients outside of the cluster want a certificate that they trust: `openadr.tlsSecret`.
""",
    "tianfu-operators": """# tianfu-operators

The operators that make EdgeNode, EdgeApp, CapacityPool and CapacityClaim true. What they may do is
in `templates/rights.yaml`, and nothing else.

```sh
helm install tianfu-crds charts/tianfu-crds
helm install tianfu-operators charts/tianfu-operators --namespace tianfu
```
""",
    "tianfu-edge": """# tianfu-edge

The agent and the leaf server of one base station, for who keeps manifests in Git and runs no
operators. Every spec is the one that the operators make of an EdgeNode of runtime Kubernetes; use
one or the other for a node, not both: operators leave alone what Helm has made.

```sh
helm install bs-1 charts/tianfu-edge --namespace tianfu-edge --create-namespace \\
  --set node=bs-1 --set kubernetesNode=host-1 --set-file leaf.config=leaf.conf
```

What it prints says how the node joins. `tianfu keys user station` makes the leaf server's
credentials, with the gateways that it speaks for; nobody renews them but you.
""",
}
TABLE: Final = """
## Values

| value | default | what it is |
|---|---|---|
"""


def rows(text: str) -> Iterator[tuple[str, str]]:
    """Yield each key's path and the comment above it."""
    path: list[str] = []
    comment: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("#"):
            comment.append(stripped.removeprefix("#").strip())
            continue
        found = LINE.match(line)
        if found is not None:
            depth = len(found["indent"]) // INDENT
            path[depth:] = [found["key"]]
            yield ".".join(path), " ".join(comment)
        comment = []


def value_at(values: Any, path: str) -> Any:
    """Return the value of a dotted path."""
    for key in path.split("."):
        values = values[key]
    return values


def render(chart: str) -> str:
    """Return the text of a chart's README."""
    text = (CHARTS / chart / "values.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    # The first comment is about the file.
    _, _, body = text.partition("\n\n")
    lines = []
    for path, comment in rows(body):
        value = value_at(values, path)
        group = isinstance(value, dict) and value and not path.endswith(("requests", "limits"))
        if comment or not group:
            shown = "" if group else f"`{json.dumps(value)}`"
            lines.append(f"| `{path}` | {shown} | {comment} |")
    return HEADS[chart] + TABLE + "\n".join(lines) + "\n"


def main() -> None:
    """Write the READMEs, or compare them."""
    for chart in HEADS:
        path, text = CHARTS / chart / "README.md", render(chart)
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            sys.exit(f"error: {path} is not what values.yaml says: run tools/chart_readme.py")


if __name__ == "__main__":
    main()
