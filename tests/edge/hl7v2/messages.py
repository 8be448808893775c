"""HL7 v2 messages as hospitals send them, to be changed a field at a time."""

from __future__ import annotations

from typing import Final

POTASSIUM: Final = "OBX|1|NM|2823-3^Potassium^LN||6.8|mmol/L|3.5-5.3|HH|||F|||20261120155500"


def msh(kind: str = "ORU^R01^ORU_R01", control_id: str = "MSG00001", version: str = "2.5.1") -> str:
    return (
        f"MSH|^~\\&|LIS|WARD7|TIANFU|NODE|20261120160000+0800||{kind}|{control_id}|P|{version}"
        "||||||UNICODE UTF-8"
    )


PID: Final = "PID|1||51010419900101001^^^HIS^MR||张^伟||19900101|M"
PV1: Final = "PV1|1|I|WARD7^701^2^HX||||||||||||||||V001"
OBR: Final = "OBR|1|P1|F1|24323-8^Chemistry^LN|||20261120155000|||||||||||||||||C|F"


def oru(*observations: str, control_id: str = "MSG00001", pid: str = PID, obr: str = OBR) -> bytes:
    lines = [msh(control_id=control_id), pid, PV1, obr, *(observations or (POTASSIUM,))]
    return ("\r".join(lines) + "\r").encode()


def adt(trigger: str, control_id: str = "ADT1", pv1: str = PV1) -> bytes:
    lines = [msh(f"ADT^{trigger}", control_id), "EVN||20261120160000", PID, pv1]
    return ("\r".join(line for line in lines if line) + "\r").encode()
