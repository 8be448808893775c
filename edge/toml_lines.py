"""Find the line of every key of a TOML text, which tomllib does not tell.

The text is one that tomllib has accepted, so the scan is lenient: it never judges, it only places.
"""

from __future__ import annotations

from typing import Final

Path = tuple[str | int, ...]

_BLANK: Final = " \t"
_VALUE_ENDS: Final = ",]}\n#"


def key_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) of each key and table of an accepted TOML text, by its path."""
    scanner = _Scanner(text)
    scanner.run()
    return scanner.lines


def nearest_line(lines: dict[Path, int], path: Path) -> int:
    """Return the line of ``path``, or of the nearest thing around it; 1 when there is none."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._elements: dict[Path, int] = {}
        self.lines: dict[Path, int] = {}

    def run(self) -> None:
        prefix: Path = ()
        while True:
            self._skip(newlines=True)
            if self._at >= len(self._text):
                return
            if self._text[self._at] == "[":
                prefix = self._header()
            else:
                self._pair(prefix)

    # -- pieces ------------------------------------------------------------------------------

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _skip(self, *, newlines: bool) -> None:
        blank = _BLANK + ("\r\n" if newlines else "")
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
                if not newlines:
                    return
            elif character in blank:
                self._at += 1
            else:
                return

    def _header(self) -> Path:
        line = self._line()
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        keys = self._keys()
        self._at = self._text.index("]", self._at) + (2 if is_array else 1)
        path: Path = ()
        for position, key in enumerate(keys):
            path = (*path, key)
            if is_array and position == len(keys) - 1:
                self.lines.setdefault(path, line)
                self._elements[path] = self._elements.get(path, 0) + 1
            if path in self._elements:
                path = (*path, self._elements[path] - 1)
        self.lines.setdefault(path, line)
        return path

    def _keys(self) -> list[str]:
        """Read a dotted key; stop behind it."""
        keys: list[str] = []
        while True:
            self._skip(newlines=False)
            if self._text[self._at] in "\"'":
                begin = self._at
                self._string()
                keys.append(self._text[begin + 1 : self._at - 1])
            else:
                begin = self._at
                while self._at < len(self._text) and (
                    self._text[self._at].isalnum() or self._text[self._at] in "-_"
                ):
                    self._at += 1
                keys.append(self._text[begin : self._at])
            self._skip(newlines=False)
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _pair(self, prefix: Path) -> None:
        line = self._line()
        path = prefix
        for key in self._keys():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._at = self._text.index("=", self._at) + 1
        self._skip(newlines=False)
        self._value(path)

    def _value(self, path: Path) -> None:
        self.lines.setdefault(path, self._line())
        character = self._text[self._at]
        if character in "\"'":
            self._string()
        elif character == "[":
            self._array(path)
        elif character == "{":
            self._inline_table(path)
        else:
            while self._at < len(self._text) and self._text[self._at] not in _VALUE_ENDS:
                self._at += 1

    def _array(self, path: Path) -> None:
        self._at += 1
        position = 0
        while True:
            self._skip(newlines=True)
            if self._text[self._at] == "]":
                self._at += 1
                return
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._value((*path, position))
            position += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while True:
            self._skip(newlines=True)
            if self._text[self._at] == "}":
                self._at += 1
                return
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._pair(path)

    def _string(self) -> None:
        quote = self._text[self._at]
        triple = self._text.startswith(quote * 3, self._at)
        fence = quote * 3 if triple else quote
        self._at += len(fence)
        while not self._text.startswith(fence, self._at):
            escaped = quote == '"' and self._text[self._at] == "\\"
            self._at += 2 if escaped else 1
        self._at += len(fence)
        # Up to two more quotes may close a triple-quoted string's content.
        while triple and self._text.startswith(quote, self._at):
            self._at += 1
