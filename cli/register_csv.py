"""A register's CSV, line by line: each is a row or a fault, and no fault costs another line.

A row is one line: no field of a register has a line break in it, so a quotation mark that is not
closed is its own line's fault, and swallows none of those after it. Lines end with a line feed, a
carriage return, or both. What can be said before anything is sent is said at the door: columns
that are missing, unknown or there twice, and a file that is in another encoding as a whole.
"""

from __future__ import annotations

import codecs
import csv
import enum
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from buf.validate import validate_pb2
from cli.failures import Exit, Failure
from tianfu.credit_supervision.v1 import entity_pb2

COLUMNS: Final = ("code", "title", "place_code", "risk_class")
OPTIONAL: Final = ("successor", "registration_number")

FILE_BYTES_MAX: Final = 2 << 30
"""Of a register: some thirty million rows. The codes of all rows taken are kept meanwhile."""

LINE_BYTES_MAX: Final = 64 << 10
"""Of a line; the longest row that the contract takes has five kilobytes."""

REPLACED: Final = "\ufffd"
"""Stands for bytes that are no text."""

TELLING_LINES: Final = 3
"""Of Chinese, that are no accident: the two characters of GBK's 联通 alone are UTF-8 as well."""

READ_BYTES: Final = 1 << 20
LOOKED_AT_BYTES: Final = 1 << 20
"""Of the file's beginning, to tell its encoding."""

LENGTHS: Final = {
    name: entity_pb2.EntityRow.DESCRIPTOR.fields_by_name[name]
    .GetOptions()
    .Extensions[validate_pb2.field]
    .string.max_len
    for name in (*COLUMNS, *OPTIONAL)
}
"""Characters that the contract takes of a field: one longer would have the whole call refused."""

Item = entity_pb2.EntityRow | entity_pb2.RowFault


class Encoding(enum.StrEnum):
    """What a register may be written in."""

    UTF_8 = "utf-8"
    GB18030 = "gb18030"


def items_of(file: Path, encoding: Encoding = Encoding.UTF_8) -> Iterator[Item]:
    """Yield each line of a register but the first and empty ones, as a row or as a fault.

    Raise Failure, before the first, for a file that can't be a register.
    """
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            _refuse(file, "REGISTER_TOO_LARGE", "is larger than 2 GiB", "split it")
        with file.open("rb") as data:
            _check_encoding(file, data.read(LOOKED_AT_BYTES), encoding)
            data.seek(0)
            lines = _lines(data)
            names = _header(file, next(lines, b"").removeprefix(codecs.BOM_UTF8), encoding)
            for number, line in enumerate(lines, 2):
                if line:
                    yield _item(number, line, names, encoding)
    except OSError as error:
        raise Failure(
            "REGISTER_UNREADABLE", f"{file}: {error.strerror}", status=Exit.USAGE
        ) from error


def fault(line: int, field: str, reason: str, message: str) -> entity_pb2.RowFault:
    """Return why a line is not taken."""
    return entity_pb2.RowFault(line=line, field=field, reason=reason, message=message)


def _lines(data: BinaryIO) -> Iterator[bytes]:
    """Yield lines without their ends, each at most LINE_BYTES_MAX and one byte."""
    rest = b""
    while block := data.read(READ_BYTES):
        *whole, rest = (rest + block).splitlines(keepends=True) or [b""]
        # A line's end may stand between two blocks, and "\r\n" too: the last is kept for the next.
        yield from (line.rstrip(b"\r\n")[: LINE_BYTES_MAX + 1] for line in whole)
        if len(rest) > LINE_BYTES_MAX and rest[-1:] not in (b"\r", b"\n"):
            rest = rest[: LINE_BYTES_MAX + 1]
    if rest:
        yield rest.rstrip(b"\r\n")[: LINE_BYTES_MAX + 1]


def _check_encoding(file: Path, start: bytes, encoding: Encoding) -> None:
    """Raise Failure for a file that is in another encoding as a whole."""
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
    if start.startswith(marks) or b"\0" in start.split(b"\n", 1)[0]:
        _refuse(
            file,
            "ENCODING_OTHER",
            "is in UTF-16 or UTF-32",
            "write it anew in UTF-8: iconv -f UTF-16 -t UTF-8",
        )
    whole = start.splitlines()
    if len(start) == LOOKED_AT_BYTES:
        whole.pop()  # it may be cut
    lines = [each for each in whole if not each.isascii()]
    if encoding is not Encoding.UTF_8:
        if len(lines) > TELLING_LINES and all(_is(each, "utf-8") for each in lines):
            _refuse(file, "ENCODING_OTHER", "reads as UTF-8", "leave --encoding out")
        return
    if lines and not any(_is(each, "utf-8") for each in lines):
        if all(_is(each, "gb18030") for each in lines):
            _refuse(
                file,
                "ENCODING_OTHER",
                "is not in UTF-8; it reads as GBK (GB 18030)",
                "say --encoding gb18030, or write it anew: iconv -f GB18030 -t UTF-8",
            )
        _refuse(file, "ENCODING_OTHER", "is not in UTF-8", "write it anew in UTF-8")


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _header(file: Path, line: bytes, encoding: Encoding) -> list[str]:
    """Return the columns' names; raise Failure unless each is known and stands once."""
    try:
        (names,) = csv.reader(io.StringIO(line.decode(encoding), newline=""), strict=True)
    except (UnicodeDecodeError, csv.Error, ValueError):
        names = []
    fix = f"the first line names the columns: {','.join((*COLUMNS, *OPTIONAL))}"
    missing = [each for each in COLUMNS if each not in names]
    if missing:
        _refuse(file, "COLUMN_MISSING", f"no column {missing[0]!r}", fix)
    twice = [each for each in names if names.count(each) > 1]
    if twice:
        _refuse(file, "COLUMN_TWICE", f"column {twice[0][:40]!r} stands twice", fix)
    unknown = [each for each in names if each not in COLUMNS + OPTIONAL]
    if unknown:
        # Left out silently, a misspelt "successor" would bring merged entities back.
        _refuse(file, "COLUMN_UNKNOWN", f"unknown column {unknown[0][:40]!r}", fix)
    return names


def _item(number: int, line: bytes, names: list[str], encoding: Encoding) -> Item:
    """Return a line's row, or what is wrong with it."""
    if len(line) > LINE_BYTES_MAX:
        return fault(number, "", "LINE_TOO_LONG", f"more than {LINE_BYTES_MAX} bytes in a line")
    try:
        text, is_text = line.decode(encoding), True
    except UnicodeDecodeError:
        text, is_text = line.decode(encoding, "replace"), False
    try:
        (values,) = csv.reader((text,), strict=True)
    except csv.Error:
        return fault(
            number, "", "QUOTE_OPEN", 'a quotation mark is not closed in its line; write "" for one'
        )
    if not is_text:
        return _undecodable(number, line, values, names)
    if len(values) != len(names):
        told = f"{len(values)} values; the first line names {len(names)} columns"
        return fault(number, "", "COLUMNS_COUNT", told)
    return _row(number, dict(zip(names, values, strict=True)))


def _row(number: int, row: dict[str, str]) -> Item:
    """Return a row whose values are texts that the contract takes."""
    for name, value in row.items():
        if len(value) > LENGTHS[name]:
            told = f"{len(value)} characters; at most {LENGTHS[name]}"
            return fault(number, name, "FIELD_TOO_LONG", told)
        if "\0" in value:
            return fault(number, name, "NUL_BYTE", "a zero byte is no character of a name or code")
    return entity_pb2.EntityRow(line=number, **row)


def _undecodable(
    number: int, line: bytes, values: list[str], names: list[str]
) -> entity_pb2.RowFault:
    """Return the fault of a line with bytes that are no text, naming the first such field."""
    odd = next((at for at, value in enumerate(values) if REPLACED in value), len(names))
    told = "not in the encoding of the file"
    if _is(line, "gb18030"):
        told = "not in UTF-8; it reads as GBK (GB 18030): write this line anew in UTF-8"
    return fault(number, names[odd] if odd < len(names) else "", "ENCODING_OTHER", told)


def _refuse(file: Path, reason: str, problem: str, fix: str) -> NoReturn:
    raise Failure(reason, f"{file}: {problem}", fix, status=Exit.USAGE)
