"""MLLP: a message between 0x0B and 0x1C 0x0D, over a connection that may break anywhere."""

from __future__ import annotations

from typing import Final

START: Final = b"\x0b"
END: Final = b"\x1c\r"

MESSAGE_BYTES_MAX: Final = 512 << 10
"""A message of a thousand results has some 100 KB. Images do not come this way."""


class FrameTooLong(ValueError):
    """A message that does not end; the connection is of no use any more."""

    reason = "HL7_FRAME_TOO_LONG"


class Framer:
    """Cuts messages out of what a connection delivers, however it is chopped.

    ``noise`` counts the bytes outside frames, which are passed over.
    """

    def __init__(self, bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._open: bytearray | None = None
        self.noise = 0

    @property
    def is_open(self) -> bool:
        """Return whether a message has begun and not ended."""
        return self._open is not None

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that end in ``data``; raise FrameTooLong."""
        found = []
        while data:
            if self._open is None:
                before, start, data = data.partition(START)
                self.noise += len(before)
                if not start:
                    break
                self._open = bytearray()
            # The end may be cut in two: look again at the last byte there was.
            looked = max(0, len(self._open) - 1)
            self._open += data
            end = self._open.find(END, looked)
            if end < 0:
                if len(self._open) > self._bytes_max:
                    raise FrameTooLong(f"no end of a message within {self._bytes_max} bytes")
                break
            if end > self._bytes_max:
                raise FrameTooLong(f"a message of more than {self._bytes_max} bytes")
            found.append(bytes(self._open[:end]))
            data = bytes(self._open[end + len(END) :])
            self._open = None
        return found


def frame(message: bytes) -> bytes:
    """Return a message as it goes over a connection."""
    return START + message + END
