"""Write what operators may do into their chart: ``charts/tianfu-operators/templates/rights.yaml``.

``python tools/chart_rights.py`` writes it, ``--check`` says whether it would change. The source is
``operators/rights.py``, which tests hold against a real API server.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import yaml

from operators import rights

FILE: Final = Path(__file__).parents[1] / "charts/tianfu-operators/templates/rights.yaml"
NAMESPACE: Final = "{{ .Release.Namespace }}"
POLICIES: Final = frozenset({"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"})
POLICY_API: Final = "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy"
CONDITION: Final = f'{{{{- if .Capabilities.APIVersions.Has "{POLICY_API}" }}}}'


def text() -> str:
    """Return the template."""
    made = rights.manifests(NAMESPACE)
    always = [one for one in made if one["kind"] not in POLICIES]
    policies = [one for one in made if one["kind"] in POLICIES]
    return (
        "# Made by tools/chart_rights.py of operators/rights.py.\n"
        + _documents(always)
        + "# Where the server has none, operators put their finalizers on themselves.\n"
        + f"{CONDITION}\n{_documents(policies)}{{{{- end }}}}\n"
    )


def _documents(items: list[dict[str, Any]]) -> str:
    return "".join("---\n" + str(yaml.safe_dump(one, sort_keys=False, width=120)) for one in items)


def main() -> None:
    """Write it, or compare it."""
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text(), encoding="utf-8")
    elif FILE.read_text(encoding="utf-8") != text():
        sys.exit(f"error: {FILE} is behind operators/rights.py: run tools/chart_rights.py")


if __name__ == "__main__":
    main()
