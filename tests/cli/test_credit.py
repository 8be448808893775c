"""``tianfu credit verify`` as a stranger meets it: the published example, and a forged one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.credit import verify
from cli.failures import Exit, Failure
from cli.output import Format

EXAMPLE = Path(__file__).parents[2] / "examples" / "credit" / "draw-proof.json"


def test_the_example_is_verified(capsys: pytest.CaptureFixture[str]) -> None:
    commitment = json.loads(EXAMPLE.read_bytes())["commitment"]

    verify(EXAMPLE, commitment, Format.TABLE)

    shown = capsys.readouterr()
    assert [line.split()[1] for line in shown.out.splitlines() if line.startswith("ok")] == [
        "declaration", "commitment", "beacon", "seed", "visits",
    ]  # fmt: skip
    assert shown.err == ""


def test_as_json_it_is_the_draw(capsys: pytest.CaptureFixture[str]) -> None:
    verify(EXAMPLE, "", Format.JSON)

    found = json.loads(capsys.readouterr().out)
    assert found["visits"] == json.loads(EXAMPLE.read_bytes())["visits"]


def test_a_forged_bundle_ends_with_the_first_discrepancy(tmp_path: Path) -> None:
    forged = tmp_path / "forged.json"
    bundle = json.loads(EXAMPLE.read_bytes())
    bundle["visits"][0]["inspectors"]["fire"] = ["f-9"]
    forged.write_text(json.dumps(bundle))

    with pytest.raises(Failure, match=r"visits\[0\]") as failed:
        verify(forged, "", Format.TABLE)

    assert (failed.value.reason, failed.value.status) == ("PROOF_REFUSED", Exit.CONFLICT)


def test_a_bundle_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"none\.json") as failed:
        verify(tmp_path / "none.json", "", Format.TABLE)

    assert failed.value.status is Exit.NOT_FOUND
