"""The doctor on kinds of another release."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.doctor_kinds import ANOTHER, KINDS, LATER, REVISION, UPGRADE, compared, of_kinds

REVISIONS = Path(__file__).with_name("kind_revisions.json")
WANTED = yaml.safe_load((KINDS / "edgenodes.yaml").read_text(encoding="utf-8"))


def there() -> dict[str, Any]:
    made: dict[str, Any] = copy.deepcopy(WANTED)
    made["status"] = {
        "conditions": [
            {"type": "NamesAccepted", "status": "True"},
            {"type": "Established", "status": "True"},
        ],
        "storedVersions": ["v1alpha1"],
    }
    return made


def described() -> dict[str, dict[str, str]]:
    """Return of each kind its revision, and a digest of what is said by it."""
    kinds = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in KINDS.glob("*.yaml")]
    return {
        each["metadata"]["name"]: {
            "revision": each["metadata"]["annotations"][REVISION],
            "sha256": hashlib.sha256(json.dumps(each["spec"], sort_keys=True).encode()).hexdigest(),
        }
        for each in sorted(kinds, key=lambda kind: str(kind["metadata"]["name"]))
    }


def spec_of(definition: dict[str, Any]) -> dict[str, Any]:
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    fields: dict[str, Any] = schema["properties"]["spec"]["properties"]
    return fields


def test_the_release_has_its_kinds() -> None:
    assert len(list(KINDS.glob("*.yaml"))) == 4


def test_the_kind_of_this_release_is_well() -> None:
    found = compared(WANTED, there())
    assert (found.ok, found.found) == (True, "v1alpha1, of this release")


def test_what_is_not_there_is_to_be_installed() -> None:
    found = compared(WANTED, None)
    assert (found.ok, found.fix, found.code) == (False, UPGRADE, "KIND_EDGENODES")


def test_an_earlier_kind_is_named_by_what_it_lacks() -> None:
    earlier = there()
    del spec_of(earlier)["place"]
    found = compared(WANTED, earlier)
    assert (found.found, found.fix) == ("an earlier one: spec.place", UPGRADE)


def test_a_later_kind_is_named_by_what_it_has_besides() -> None:
    later = there()
    spec_of(later)["orbit"] = {"type": "string"}
    found = compared(WANTED, later)
    assert (found.found, found.fix) == ("a later one: spec.orbit", LATER)


def test_another_rule_of_the_same_field_counts() -> None:
    other = there()
    spec_of(other)["place"]["maxLength"] = 1
    found = compared(WANTED, other)
    assert (found.found, found.fix) == ("of this release, and changed: spec.place", ANOTHER)


@pytest.mark.parametrize(
    ("revision", "said", "fix"),
    [
        pytest.param(None, "an earlier one: spec.place", UPGRADE, id="of-before-revisions"),
        pytest.param("0", "an earlier one: spec.place", UPGRADE, id="earlier"),
        pytest.param("999", "a later one: spec.place", LATER, id="later"),
    ],
)
def test_where_rules_alone_differ_the_revision_says_which_is_later(
    revision: str | None, said: str, fix: str
) -> None:
    other = there()
    spec_of(other)["place"]["maxLength"] = 1
    del other["metadata"]["annotations"]
    if revision is not None:
        other["metadata"]["annotations"] = {REVISION: revision}
    found = compared(WANTED, other)
    assert (found.found, found.fix) == (said, fix)


def test_a_kind_that_is_changed_has_another_revision() -> None:
    """After a change raise the annotation, and run `python -m tests.cli.test_doctor_kinds`."""
    assert described() == json.loads(REVISIONS.read_text(encoding="utf-8"))


def test_a_later_version_beside_ours_is_later() -> None:
    later = there()
    versions = later["spec"]["versions"]
    versions.append({**versions[0], "name": "v1", "storage": False})
    assert compared(WANTED, later).found == "a later one: v1"


def test_a_version_that_is_served_no_more_is_missing() -> None:
    gone = there()
    gone["spec"]["versions"][0]["served"] = False
    assert compared(WANTED, gone).found == "does not serve v1alpha1"


def test_objects_of_a_version_of_before_are_to_be_written_anew() -> None:
    stale = there()
    stale["status"]["storedVersions"] = ["v1alpha0", "v1alpha1"]
    found = compared(WANTED, stale)
    assert (found.ok, found.found) == (False, "kept as v1alpha0 too")
    assert "kubectl replace" in found.fix
    assert '{"status":{"storedVersions":["v1alpha1"]}}' in found.fix


def test_names_that_another_has_are_said() -> None:
    refused = there()
    refused["status"]["conditions"][0] = {
        "type": "NamesAccepted", "status": "False", "message": '"en" is already in use',
    }  # fmt: skip
    assert '"en" is already in use' in compared(WANTED, refused).found


def test_a_cluster_that_is_not_reached_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    (found,) = of_kinds()
    assert (found.ok, found.code) == (False, "KINDS")
    assert "kubectl can't be run" in found.found


def main() -> None:
    """Write the revisions as they are; refuse a kind that is changed under its old one."""
    known = json.loads(REVISIONS.read_text(encoding="utf-8")) if REVISIONS.exists() else {}
    for name, now in described().items():
        before = known.get(name, now)
        if now != before and int(now["revision"]) <= int(before["revision"]):
            raise SystemExit(f"{name} is changed: raise its annotation {REVISION}")
    REVISIONS.write_text(json.dumps(described(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
