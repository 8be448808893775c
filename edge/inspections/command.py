"""``tianfu-edge inspector|visits|form|fill``: what an inspector does at the handheld."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge import spool_file
from edge.clock import SystemClock
from edge.inspections import handheld, paper, requests, signing_key
from edge.inspections.signing_key import KeyRefused
from edge.settings import Settings
from tianfu import inspection_form
from tianfu.credit_supervision.v1 import handheld_pb2 as pb
from tianfu.inspection_form import FormInvalid

DONE: Final = 0
NOTHING: Final = 1
WRONG: Final = 2
REFUSED: Final = 3


def inspector(loaded: Settings, entropy: bytes) -> int:
    """Make the key that this handheld's inspector signs with; print its public half."""
    try:
        pair = signing_key.make(loaded.data_dir, _passphrase("new passphrase: "), entropy)
    except KeyRefused as error:
        return _failed(error.reason, str(error))
    sys.stdout.write(f"{pair.public_key}\n")
    return DONE


def visits(loaded: Settings, *, is_json: bool) -> int:
    """List the visits that are yet to be reported on."""
    sheet = handheld.read_sheet(loaded.data_dir)
    listed = [_visit(each) for each in sheet.visits]
    if is_json:
        sys.stdout.write(json.dumps(listed, indent=1, ensure_ascii=False) + "\n")
        return DONE if listed else NOTHING
    for each in listed:
        rests = f"  rests for {each['suspended_by']}" if each["suspended_by"] else ""
        line = f"{each['inspection']}  by {each['due']}  {each['place']}  {each['title']}{rests}"
        sys.stdout.write(f"{line}\n")
    if sheet.has_more_visits:
        sys.stderr.write("tianfu-edge: there are more, which come as these are reported on\n")
    if not listed:
        sys.stderr.write("tianfu-edge: no visits are to be made [NO_VISITS]\n")
    return DONE if listed else NOTHING


def form(loaded: Settings, inspection: str) -> int:
    """Print a visit's form, to be filled in with an editor."""
    sheet = handheld.read_sheet(loaded.data_dir)
    if all(each.inspection != inspection for each in sheet.visits):
        return _failed("VISIT_UNKNOWN", f"no visit {inspection} is to be made")
    sys.stdout.write(paper.printed(sheet, inspection))
    return DONE


def fill(loaded: Settings, file: Path) -> int:
    """Check, sign and hand over a form that was filled in; it goes when there is a link."""
    sheet, clock = handheld.read_sheet(loaded.data_dir), SystemClock()
    try:
        with file.open(encoding="utf-8") as stream:
            text = stream.read(paper.PAPER_BYTES_MAX)
        filled = paper.filled(sheet, text, clock.wall_us())
        inspection_form.check(sheet.form, filled)
        pair = signing_key.opened(loaded.data_dir, _passphrase("passphrase: "))
        signed = inspection_form.signed(filled, pair)
        inspection_form.opened(signed, sheet.public_key)
    except (OSError, UnicodeDecodeError) as error:
        return _failed("FORM_UNREADABLE", f"{file}: {error}")
    except (FormInvalid, KeyRefused) as error:
        return _failed(error.reason, f"{file}: {error}")
    return _hand_over(loaded, signed, clock.monotonic)


def _hand_over(loaded: Settings, signed: pb.SignedForm, monotonic: Callable[[], float]) -> int:
    path = requests.leave(loaded.data_dir, signed.SerializeToString())
    digest = inspection_form.digest(signed)
    if not spool_file.is_locked(loaded.data_dir):
        sys.stdout.write(f"{digest}\n")
        sys.stderr.write("tianfu-edge: no agent runs; it is taken when one does [AGENT_AWAY]\n")
        return NOTHING
    answer = requests.answered(path, monotonic)
    if answer is None:
        return _failed("AGENT_SILENT", "the agent does not answer; the form waits for it")
    if answer.reason:
        return _failed(answer.reason, answer.message)
    sys.stdout.write(f"{digest}\n")
    return DONE


def _visit(each: pb.HandheldVisit) -> dict[str, object]:
    return {
        "inspection": each.inspection,
        "title": each.title,
        "place": each.place_code,
        "inspectors": list(each.inspectors),
        "due": each.due_day,
        "suspended_by": each.suspended_by,
    }


def _passphrase(prompt: str) -> str:
    """Ask for a passphrase without showing it; from a pipe, its first line."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().rstrip("\n")


def _failed(reason: str, message: str) -> int:
    sys.stderr.write(f"tianfu-edge: {message} [{reason}]\n")
    return WRONG if reason.startswith(("FORM_", "VISIT_")) else REFUSED
