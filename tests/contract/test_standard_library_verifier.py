"""The proof of a draw, verified by Python's standard library alone, as a stranger would."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tianfu import inspection_beacon, inspection_draw, inspection_proof

EXAMPLES = Path(__file__).parents[2] / "examples" / "credit"
VERIFIER = EXAMPLES / "verify_draw.py"
BY_DEPARTMENTS = EXAMPLES / "draw-proof-departments.json"


def run(bundle: Path, *arguments: str) -> tuple[int, str]:
    # -I -S: no site-packages and nothing of ours can be imported.
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(bundle), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("file", [VERIFIER, EXAMPLES / "quicknet_signature.py"])
def test_it_imports_the_standard_library_alone(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = {
        alias.name if isinstance(node, ast.Import) else (node.module or "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names <= set(sys.stdlib_module_names)


def test_a_draw_by_departments_is_verified_whole() -> None:
    commitment = json.loads(BY_DEPARTMENTS.read_bytes())["commitment"]

    assert run(BY_DEPARTMENTS, commitment) == (0, "every step holds: 4 visits\n")
    assert run(BY_DEPARTMENTS, "0" * 64)[0] == 1
    assert inspection_proof.verify(BY_DEPARTMENTS.read_bytes(), commitment)


def test_a_draw_by_beacon_is_verified_whole(tmp_path: Path) -> None:
    assert run(EXAMPLES / "draw-proof.json") == (0, "every step holds: 4 visits\n")
    forged = json.loads((EXAMPLES / "draw-proof.json").read_bytes())
    forged["beacon"]["signature"] = "a" + forged["beacon"]["signature"][1:]
    file = tmp_path / "forged.json"
    file.write_text(json.dumps(forged))
    status, said = run(file)
    assert (status, "beacon" in said) == (1, True)


def weighted_bundle() -> dict[str, Any]:
    """Return a draw with weights, conflicts and three departments."""
    nonces = {name: bytes([n]) * 32 for n, name in enumerate(("ecology", "fire", "market"))}
    declaration = inspection_draw.Declaration(
        draw_id="weighted",
        time=datetime(2026, 4, 1, tzinfo=UTC),
        rule="inspection-ratios/CN-51/2022-01-13",
        beacon=inspection_draw.Beacon(
            commitments=tuple(
                (name, inspection_beacon.nonce_commitment("weighted", name, nonce))
                for name, nonce in sorted(nonces.items())
            )
        ),
        strata=(("A", 100), ("B", 300)),
        departments=tuple((name, 2) for name in sorted(nonces)),
        inspectors=tuple((name, f"{name}-{n}") for name in sorted(nonces) for n in range(5)),
        conflicts=frozenset({("fire-1", "e-003"), ("market-2", "e-010")}),
        entities=tuple(
            inspection_draw.Entity(f"e-{n:03d}", "AB"[n % 2], n % 7 + 1) for n in range(90)
        ),
    )
    return inspection_proof.make(
        declaration, {"nonces": {name: nonce.hex() for name, nonce in nonces.items()}}
    )


def forge_visit(bundle: dict[str, Any]) -> None:
    bundle["visits"][2]["inspectors"]["fire"][0] = "fire-0x"


def forge_nonce(bundle: dict[str, Any]) -> None:
    bundle["beacon"]["nonces"]["fire"] = "ff" * 32


def drop_visit(bundle: dict[str, Any]) -> None:
    bundle["visits"].pop()


def forge_seed(bundle: dict[str, Any]) -> None:
    bundle["seed"] = "0" * 64


@pytest.mark.parametrize(
    ("forge", "step"),
    [
        pytest.param(None, "", id="true"),
        pytest.param(forge_visit, "visits[2]", id="inspector"),
        pytest.param(forge_nonce, "beacon", id="nonce"),
        pytest.param(drop_visit, "visits", id="missing"),
        pytest.param(forge_seed, "seed", id="seed"),
    ],
)
def test_it_and_ours_agree(
    forge: Callable[[dict[str, Any]], None] | None, step: str, tmp_path: Path
) -> None:
    bundle = weighted_bundle()
    if forge is not None:
        forge(bundle)
    file = tmp_path / "bundle.json"
    file.write_bytes(inspection_proof.encode(bundle))

    status, said = run(file)

    assert status == (0 if forge is None else 1), said
    assert step in said
    if forge is None:
        assert inspection_proof.verify(file.read_bytes())
    else:
        with pytest.raises(inspection_proof.ProofRefused):
            inspection_proof.verify(file.read_bytes())
