"""A small ward that sends HL7 v2: ``python -m cli.local.ward SETTINGS``.

A dozen made-up patients are admitted; every few seconds the monitor of one sends its vital signs,
and now and then the laboratory sends a result. Most are well. One gets worse over some minutes,
and one has a potassium that somebody must hear of. The sender behaves as an interface engine does:
one message at a time, sent again until it hears AA or AE.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cli.local.ports import HOST

PATIENTS: Final = 12
INTERVAL_S: Final = 0.5
"""Between messages: each patient's monitor speaks every six seconds."""

WORSE_AFTER_S: Final = 15.0
WORSE_WITHIN_S: Final = 60.0
"""When the patient who gets worse begins to, and how long it takes."""

LABORATORY_EVERY: Final = 20
"""Of so many messages, one is the laboratory's."""

ANSWER_S: Final = 10.0
RETRY_S: Final = 1.0
START, END = b"\x0b", b"\x1c\r"
CHARSET: Final = "||||||UNICODE UTF-8"

SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙"
GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳"

# LOINC code, text, UCUM unit, well, ill.
VITALS: Final = (
    ("9279-1", "Respiratory rate", "/min", 16.0, 26.0),
    ("59408-5", "Oxygen saturation", "%", 97.0, 90.0),
    ("3151-8", "Inhaled oxygen flow rate", "L/min", 0.0, 4.0),
    ("8480-6", "Systolic blood pressure", "mm[Hg]", 122.0, 88.0),
    ("8867-4", "Heart rate", "/min", 74.0, 128.0),
    ("8310-5", "Body temperature", "Cel", 36.8, 39.4),
)


@dataclass(frozen=True)
class Settings:
    """Where the node listens, and what the names of messages begin with."""

    port: int
    run: str

    def to_json(self) -> dict[str, Any]:
        """Return the object to write down."""
        return asdict(self)


class Ward:
    """Makes messages. The same seed and times give the same ones."""

    def __init__(self, run: str, seed: int = 7) -> None:
        self._run = run
        self._random = random.Random(seed)  # noqa: S311 - made-up patients
        self._number = 0

    def admissions(self, now: datetime) -> Iterator[bytes]:
        """Yield the messages that bring the patients in."""
        for patient in range(PATIENTS):
            yield self._message("ADT^A01^ADT_A01", now, patient, [])

    def next(self, now: datetime, elapsed_s: float) -> bytes:
        """Return the next message, ``elapsed_s`` after the start."""
        if self._number % LABORATORY_EVERY == 0:
            return self._laboratory(now)
        patient = self._number % PATIENTS
        illness = 0.0
        if patient == 0:
            illness = min(1.0, max(0.0, (elapsed_s - WORSE_AFTER_S) / WORSE_WITHIN_S))
        values = []
        for code, text, unit, well, ill in VITALS:
            value = well + (ill - well) * illness
            if value:
                value *= self._random.uniform(0.99, 1.01)
            shown = f"{value:.1f}" if unit in ("Cel", "L/min") else f"{value:.0f}"
            values.append(("NM", f"{code}^{text}^LN", shown, unit, ""))
        values.append(("ST", "67775-7^Level of responsiveness^LN", "A", "", ""))
        return self._message("ORU^R01^ORU_R01", now, patient, values)

    def _laboratory(self, now: datetime) -> bytes:
        patient = (self._number // LABORATORY_EVERY) % PATIENTS
        potassium, flag = (6.7, "HH") if patient == 1 else (self._random.uniform(3.7, 4.9), "N")
        value = ("NM", "2823-3^Potassium^LN", f"{potassium:.1f}", "mmol/L", flag)
        return self._message("ORU^R01^ORU_R01", now, patient, [value])

    def _message(
        self, kind: str, now: datetime, patient: int, values: Sequence[tuple[str, ...]]
    ) -> bytes:
        self._number += 1
        when = now.strftime("%Y%m%d%H%M%S+0000")
        control = f"{self._run}-{self._number}"
        identifier, birth = f"P{patient + 1:04d}", f"{1940 + 4 * patient}0115"
        name = f"{SURNAMES[patient]}^{GIVEN[patient]}"
        lines = [
            f"MSH|^~\\&|MONITOR|WARD7|TIANFU|NODE|{when}||{kind}|{control}|P|2.5.1{CHARSET}",
            f"PID|1||{identifier}^^^HIS^MR||{name}||{birth}|{'FM'[patient % 2]}",
            f"PV1|1|I|WARD7^7{patient // 3 + 1:02d}^{patient % 3 + 1}^HX",
        ]
        if values:
            lines.append(f"OBR|1||{control}|85353-1^Vital signs^LN|||{when}||||||||||||||||||F")
        lines += [
            f"OBX|{number}|{sort}|{code}||{value}|{unit}||{flag}|||F|||{when}"
            for number, (sort, code, value, unit, flag) in enumerate(values, 1)
        ]
        return ("\r".join(lines) + "\r").encode()


async def deliver(port: int, messages: Callable[[], bytes], stop: asyncio.Event) -> None:
    """Send messages one after the other until told to stop; each until it is answered."""
    message: bytes | None = None
    while not stop.is_set():
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                while not stop.is_set():
                    message = message or messages()
                    writer.write(START + message + END)
                    async with asyncio.timeout(ANSWER_S):
                        answer = await reader.readuntil(END)
                    if b"MSA|AR|" not in answer:
                        message = None  # AE would not get better by saying it again
                    await _pause(stop, INTERVAL_S)
            finally:
                writer.close()
        await _pause(stop, RETRY_S)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


async def main(path: Path) -> None:
    """Send until SIGTERM or SIGINT."""
    found = json.loads(await asyncio.to_thread(path.read_text, encoding="utf-8"))
    settings, began = Settings(**found), time.time()
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    ward = Ward(settings.run)
    waiting = list(ward.admissions(datetime.now(UTC)))

    def following() -> bytes:
        return waiting.pop(0) if waiting else ward.next(datetime.now(UTC), time.time() - began)

    await deliver(settings.port, following, stop)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
