"""A form as a person fills it in: TOML, printed with its questions, read back with its answers."""

from __future__ import annotations

import tomllib
from typing import Any, Final

from tianfu.credit_supervision.v1 import draw_pb2
from tianfu.credit_supervision.v1 import handheld_pb2 as pb
from tianfu.inspection_form import FormInvalid

OUTCOMES: Final = {
    name.removeprefix("OUTCOME_").lower().replace("_", "-"): number
    for name, number in draw_pb2.Outcome.items()
    if number
}
ANSWERS: Final = {
    "pass": pb.FORM_ANSWER_PASS,
    "fail": pb.FORM_ANSWER_FAIL,
    "n/a": pb.FORM_ANSWER_NOT_APPLICABLE,
}
PAPER_BYTES_MAX: Final = 64 << 10


def printed(sheet: pb.HandheldSheet, inspection: str) -> str:
    """Return a visit's form, to be filled in."""
    lines = [
        f'inspection = "{inspection}"',
        f'rule_version = "{sheet.form.rule_version}"',
        f"# {', '.join(OUTCOMES)}",
        'outcome = ""',
        "evidence_sha256 = []",
        "",
        "[answers]",
        f"# {', '.join(ANSWERS)}",
    ]
    for each in sheet.form.items:
        lines += [f"# {each.question}", f'{each.item} = ""']
    lines += ["", "[remarks]", '# an-item = "what was seen"', ""]
    return "\n".join(lines)


def filled(sheet: pb.HandheldSheet, text: str, now_us: int) -> pb.FilledForm:
    """Return a form that was filled in; raise FormInvalid, with the key at fault."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormInvalid("FORM_SYNTAX", f"no TOML: {error}") from error
    answers, remarks = _table(data, "answers"), _table(data, "remarks")
    form = pb.FilledForm(
        node=sheet.node,
        inspection=_text(data, "inspection"),
        department=sheet.department,
        badge=sheet.badge,
        rule_version=_text(data, "rule_version"),
        outcome=_choice(data, "outcome", OUTCOMES),
        find_time_us=now_us,
    )
    for item in sorted(answers):
        if answers[item] == "":
            continue
        answer = _choice(answers, item, ANSWERS)
        form.items.add(item=item, answer=answer, remark=str(remarks.get(item, "")))
    evidence = data.get("evidence_sha256", [])
    if not isinstance(evidence, list) or not all(isinstance(each, str) for each in evidence):
        raise FormInvalid("FORM_EVIDENCE", "evidence_sha256: need a list of texts")
    form.evidence_sha256.extend(evidence)
    return form


def _table(data: dict[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key, {})
    if not isinstance(found, dict):
        raise FormInvalid("FORM_SYNTAX", f"{key}: need a table")
    return found


def _text(data: dict[str, Any], key: str) -> str:
    found = data.get(key)
    if not isinstance(found, str):
        raise FormInvalid("FORM_SYNTAX", f"{key}: need a text")
    return found


def _choice(data: dict[str, Any], key: str, known: dict[str, Any]) -> Any:
    found = data.get(key)
    if not isinstance(found, str) or found not in known:
        raise FormInvalid("FORM_ANSWER", f"{key}: need one of {', '.join(known)}")
    return known[found]
