"""One table of proofs, sound and tampered with, for all that verify them.

The console's verifier is tested by the same file: console/src/domain/verify_draw.test.ts.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support import draw_proof_vectors
from tests.support.draw_proof_vectors import FILE, Vector
from tianfu import inspection_proof

VERIFIER = FILE.with_name("verify_draw.py")
VECTORS = [Vector(**each) for each in json.loads(FILE.read_bytes())]
IDS = [f"{at}-{vector.name}" for at, vector in enumerate(VECTORS)]


def loaded(file: Path) -> Any:
    """Return the standard library's verifier: what it does alone is tested beside this."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


THEIRS = loaded(VERIFIER)


def data_of(vector: Vector) -> bytes:
    return vector.text.encode()


def test_the_table_is_what_makes_it() -> None:
    assert FILE.read_text(encoding="ascii") == draw_proof_vectors.encoded()


def test_the_table_has_every_step() -> None:
    steps = Counter(vector.step for vector in VECTORS)

    assert set(steps) == {
        "", "bundle", "declaration", "commitment", "beacon", "randomness", "seed", "visits",
    }  # fmt: skip
    assert min(steps.values()) >= 2


@pytest.mark.parametrize("vector", VECTORS, ids=IDS)
def test_tianfu_credit_verify_finds_it_out(vector: Vector) -> None:
    try:
        inspection_proof.verify(data_of(vector))
        step = ""
    except inspection_proof.ProofRefused as refused:
        step = refused.step.partition("[")[0]

    assert step == vector.step


@pytest.mark.parametrize("vector", VECTORS, ids=IDS)
def test_the_standard_library_alone_finds_it_out(vector: Vector) -> None:
    try:
        THEIRS.verify(data_of(vector))
        step = ""
    except THEIRS.Discrepancy as refused:
        step = str(refused).partition(":")[0].partition("[")[0]

    assert step == vector.step


@pytest.mark.parametrize("data", [b"\xff{}", b"\0" * 9, '{"a":1}'.encode("utf-16")])
def test_bytes_that_are_no_text_prove_nothing(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(inspection_proof.ProofRefused, match="bundle"):
        inspection_proof.verify(data)
    file = tmp_path / "bundle.json"
    file.write_bytes(data)
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_commitment_may_be_written_in_capitals() -> None:
    sound = next(vector for vector in VECTORS if vector.name == "by-departments")
    commitment = json.loads(sound.text)["commitment"]

    for published in (commitment, commitment.upper()):
        assert inspection_proof.verify(data_of(sound), published)
        assert THEIRS.verify(data_of(sound), published)
    with pytest.raises(THEIRS.Discrepancy, match="commitment"):
        THEIRS.verify(data_of(sound), "0" * 64)
