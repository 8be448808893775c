"""Fuzz the door for foreign CAP alerts by atheris: ``python tools/fuzz_cap.py [-runs=N] [CORPUS]``.

The door may refuse whatever it likes, by its own refusal, with a reason. Anything else it raises,
or a hang, ends the run with a status other than 0 and leaves the input in a file.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib import resources
from typing import Final

import atheris

with atheris.instrument_imports(include=["services.disaster_warning.cap"]):
    from services.disaster_warning.cap import atom, foreign
    from services.disaster_warning.cap.build import build
    from services.disaster_warning.cap.event_codes import EVENT_CODES_RULE, EventCodes
    from services.disaster_warning.cap.trust import TrustStore

from services.plumbing.refusal import Refusal
from services.plumbing.rules import RuleBook

NOW: Final = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
EVENTS: Final = EventCodes.of(
    RuleBook.read(resources.files("services.disaster_warning") / "rules").in_force(
        EVENT_CODES_RULE, "CN-51", NOW
    )
)
TRUST: Final = TrustStore.of(())
ALERT: Final = (
    '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>A-1</identifier>'
    "<sender>a@example.org</sender><sent>2026-11-20T16:00:00+08:00</sent><status>Actual</status>"
    "<msgType>Update</msgType><scope>Public</scope><references>a@example.org,A-0,"
    "2026-11-20T15:00:00+08:00</references><info><language>zh-CN</language><category>Met</category>"
    "<event>\u66b4\u96e8</event><urgency>Immediate</urgency><severity>Severe</severity>"
    "<certainty>Likely</certainty><expires>2026-11-20T20:00:00+08:00</expires>"
    "<parameter><valueName>a</valueName><value>b</value></parameter><area><areaDesc>a</areaDesc>"
    "<polygon>26.5,101.6 26.5,101.8 26.7,101.8 26.5,101.6</polygon><circle>26.6,101.7 12.5</circle>"
    "<geocode><valueName>a</valueName><value>510402</value></geocode></area></info></alert>"
).encode()


def cap(data: bytes) -> None:
    """Read bytes as a CAP alert and as a feed, by themselves and spliced into a good alert."""
    provider = atheris.FuzzedDataProvider(data)
    where = provider.ConsumeIntInRange(0, len(ALERT))
    length = provider.ConsumeIntInRange(0, 32)
    junk = provider.ConsumeBytes(200)
    for each in (data, ALERT[:where] + junk + ALERT[where + length :]):
        for read in (_import, atom.parse_feed):
            try:
                read(each)
            except Refusal as refused:
                if not refused.reason or not refused.message:
                    raise RuntimeError("a refusal that does not say why") from refused


def _import(data: bytes) -> None:
    found = foreign.import_alert(data, events=EVENTS, trust=TRUST, at=NOW)
    for each in found.findings:
        if not each.rule or not each.path.startswith("alert"):
            raise RuntimeError("a finding without a rule or a place")
    if found.alert is not None and found.usable:
        build(found.alert)


def main() -> None:
    """Fuzz until stopped, or as often as asked."""
    atheris.Setup([*sys.argv, "-len_control=0", "-max_len=12000"], cap)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
