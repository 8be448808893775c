"""ACK: what the sender hears. AA only when the message is on the disk.

AA: taken, or taken before. AE: this message is wrong, sending it again won't help. AR: not our
kind of message; or, with code 207, not now: send it again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from edge.hl7v2.fields import Refused
from edge.hl7v2.message import Header

ERROR_TEXTS: Final = {
    100: "Segment sequence error",
    101: "Required field missing",
    102: "Data type error",
    103: "Table value not found",
    200: "Unsupported message type",
    201: "Unsupported event code",
    202: "Unsupported processing id",
    203: "Unsupported version id",
    207: "Application internal error",
}
"""HL7 table 0357."""


def acknowledge(header: Header, refused: Refused | None, number: int, now: datetime) -> bytes:
    """Return the answer to a message. ``number`` makes the answer's own id, ``now`` is in UTC."""
    bar, component, _, escape, _ = tuple(header.separators.ljust(5)[:5])

    def escaped(text: str) -> str:
        for place, character in enumerate((escape, bar, component, *header.separators[2:5:2])):
            text = text.replace(character, f"{escape}{'EFSRT'[place]}{escape}")
        return text.replace("\r", " ").replace("\n", " ")

    kind = "AA" if refused is None else "AR" if refused.rejects else "AE"
    event = f"{component}{escaped(header.event)}" if header.event else ""
    msh = bar.join(
        (
            "MSH" + header.separators[0] + header.separators[1:],
            escaped(header.receiving_application),
            escaped(header.receiving_facility),
            escaped(header.application),
            escaped(header.facility),
            now.strftime("%Y%m%d%H%M%S+0000"),
            "",
            f"ACK{event}{component}ACK" if event else "ACK",
            f"TF{number}",
            escaped(header.processing),
            escaped(header.version),
        )
    )
    lines = [msh, bar.join(("MSA", kind, escaped(header.control_id)))]
    if refused is not None:
        code = component.join((str(refused.code), ERROR_TEXTS[refused.code], "HL70357"))
        location = refused.location.replace("^", component)
        lines.append(
            bar.join(("ERR", "", location, code, "E", "", "", "", escaped(refused.problem)))
        )
    return ("\r".join(lines) + "\r").encode()
