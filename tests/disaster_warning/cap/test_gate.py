"""What is refused at the gate, each for its reason, and without a look at anything outside."""

from __future__ import annotations

import http.server
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.disaster_warning.cap import gate
from services.disaster_warning.cap.document import Version
from services.disaster_warning.cap.gate import MalformedCap, admit
from services.disaster_warning.cap.parse import parse, read
from services.disaster_warning.cap.validate import validate
from tests.disaster_warning.cap.examples import SMALL, small

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def with_doctype(declarations: str, *changes: tuple[str, str]) -> bytes:
    return small((HEAD, f"{HEAD}<!DOCTYPE alert [{declarations}]>"), *changes)


LAUGHS = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
REFUSED = {
    "entity of a file": (
        with_doctype('<!ENTITY x SYSTEM "file:///etc/passwd">', ("暴雨<", "&x;<")),
        "CAP_DTD_REFUSED",
    ),
    "entity of an address": (
        with_doctype('<!ENTITY x SYSTEM "http://127.0.0.1:9/x">', ("暴雨<", "&x;<")),
        "CAP_DTD_REFUSED",
    ),
    "parameter entity": (
        with_doctype('<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;'),
        "CAP_DTD_REFUSED",
    ),
    "billion laughs": (with_doctype(LAUGHS, ("暴雨<", "&i;<")), "CAP_DTD_REFUSED"),
    "laughs in an attribute": (
        with_doctype(LAUGHS, ("<info>", '<info x="&i;">')),
        "CAP_DTD_REFUSED",
    ),
    "outside document type": (
        small((HEAD, f'{HEAD}<!DOCTYPE alert SYSTEM "http://127.0.0.1:9/cap.dtd">')),
        "CAP_DTD_REFUSED",
    ),
    "empty document type": (small((HEAD, f"{HEAD}<!DOCTYPE alert>")), "CAP_DTD_REFUSED"),
    "document type in UTF-16": (
        f"<!DOCTYPE alert [{LAUGHS}]>{SMALL.partition('?>')[2]}".encode("utf-16"),
        "CAP_DTD_REFUSED",
    ),
    "entity that nobody declared": (small(("暴雨<", "&nbsp;<")), "CAP_NOT_WELL_FORMED"),
    "instruction inside": (small(("<info>", "<info><?run x?>")), "CAP_INSTRUCTION_REFUSED"),
    "instructions without end": (small((HEAD, HEAD + "<?a b?>" * 9)), "CAP_TOO_LARGE"),
    "inclusion": (
        small(
            (
                "暴雨<",
                '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/passwd"/><',
            )
        ),
        "CAP_EXTERNAL_REFERENCE",
    ),
    "deep nesting": (small(("暴雨", "<a>" * 40 + "</a>" * 40)), "CAP_TOO_LARGE"),
    "nesting that never ends": (b"<a>" * 600_000, "CAP_TOO_LARGE"),
    "elements without end": (small(("<info>", "<code>x</code>" * 50_001)), "CAP_TOO_LARGE"),
    "attributes without end": (
        small(("<info>", "<info" + "".join(f" a{n}='1'" for n in range(17)) + ">")),
        "CAP_TOO_LARGE",
    ),
    "attribute without end": (small(("<info>", f'<info a="{"x" * 5_000}">')), "CAP_TOO_LARGE"),
    "name without end": (small(("<info>", f"<{'n' * 300}/><info>")), "CAP_TOO_LARGE"),
    "text without end": (small(("暴雨<", "x" * 1_048_577 + "<")), "CAP_TOO_LARGE"),
    "document without end": (b" " * (gate.DOCUMENT_BYTES_MAX + 1), "CAP_TOO_LARGE"),
    "text that grows in UTF-8": (
        b'<?xml version="1.0" encoding="iso-8859-1"?><a>' + b"\xe9" * 1_500_000 + b"</a>",
        "CAP_TOO_LARGE",
    ),
    "nothing": (b"", "CAP_NOT_WELL_FORMED"),
    "no XML": (b"hello", "CAP_NOT_WELL_FORMED"),
    "cut short": (small()[:-20], "CAP_NOT_WELL_FORMED"),
    "two roots": (small() + b"<alert/>", "CAP_NOT_WELL_FORMED"),
    "prefix that nobody declared": (small(("暴雨", "<x:y/>")), "CAP_NOT_WELL_FORMED"),
    "NUL": (small(("暴雨<", "\0<")), "CAP_NOT_WELL_FORMED"),
    "XML 1.1": (small(('version="1.0"', 'version="1.1"')), "CAP_NOT_WELL_FORMED"),
    "declaration of nonsense": (small(('version="1.0"', "wersion='1'")), "CAP_NOT_WELL_FORMED"),
    "Latin-1 said to be UTF-8": (
        SMALL.replace("暴雨", "é").encode("gb18030"),
        "CAP_WRONG_ENCODING",
    ),
    "encoding that is not read": (small(("UTF-8", "UTF-7")), "CAP_WRONG_ENCODING"),
    "encoding that decompresses": (small(("UTF-8", "zlib_codec")), "CAP_WRONG_ENCODING"),
    "UTF-16 without a mark": (SMALL.encode("utf-16-le"), "CAP_WRONG_ENCODING"),
    "UTF-16 that is not": (small(("UTF-8", "UTF-16")), "CAP_WRONG_ENCODING"),
    "UTF-32": (SMALL.encode("utf-32"), "CAP_WRONG_ENCODING"),
    "a mark against the declaration": (
        b"\xef\xbb\xbf" + small(("UTF-8", "ISO-8859-1")),
        "CAP_WRONG_ENCODING",
    ),
    "another root": (b"<html/>", "CAP_NOT_AN_ALERT"),
    "alert of nobody": (b"<alert/>", "CAP_NOT_AN_ALERT"),
    "CAP 1.0": (b'<alert xmlns="http://www.incident.com/cap/1.0"/>', "CAP_VERSION_REFUSED"),
    "CAP 2.0": (small(("cap:1.2", "cap:2.0")), "CAP_VERSION_REFUSED"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_harmful_or_foreign_bytes_are_refused_with_their_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedCap) as refused:
        parse(data)
    assert refused.value.reason == reason


def test_cap_1_0_is_refused_by_name() -> None:
    with pytest.raises(MalformedCap) as refused:
        read(REFUSED["CAP 1.0"][0])
    assert refused.value.metadata == {"version": "1.0"}


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("GB18030", "gb18030"),
        ("GBK", "gbk"),
        ("gb2312", "gb2312"),
        ("Big5", "big5"),
    ],
)
def test_an_encoding_is_honoured(declared: str, codec: str) -> None:
    text = SMALL.replace("UTF-8", declared)
    if codec == "big5":
        text = (
            text.replace("攀枝花市东区", "東區").replace("暴雨橙色预警", "暴雨").replace("预", "豫")
        )
    source = read(text.encode(codec))
    assert source.encoding == declared
    assert parse(text.encode(codec)).infos[0].event == "暴雨"


def test_a_comment_hides_nothing() -> None:
    alert = parse(small(("510402", "51<!-- not -->0402"), ("A-1", "<![CDATA[A-1]]>")))
    assert alert.infos[0].areas[0].geocodes[0].value == "510402"
    assert alert.identifier == "A-1"


def test_character_references_are_read() -> None:
    assert parse(small(("暴雨<", "&#26292;&#x96E8;&amp;<"))).infos[0].event == "暴雨&"


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a web server, and what it has been asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_nothing_that_a_document_points_at_is_opened(
    outside: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = outside
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    for target in (f"{address}/x", secret.as_uri(), str(secret)):
        for declaration in (
            f'<!ENTITY x SYSTEM "{target}">',
            f'<!ENTITY % x SYSTEM "{target}"> %x;',
        ):
            with pytest.raises(MalformedCap) as refused:
                parse(with_doctype(declaration, ("暴雨<", "&x;<")))
            assert "secret" not in refused.value.message
    assert asked == []


def test_schemas_that_a_document_points_at_are_not_opened(
    outside: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = outside
    broken = tmp_path / "broken.xsd"
    broken.write_text("<this is no schema")
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    for target in (f"{address}/x.xsd", broken.as_uri(), str(broken)):
        pointing = (
            f'<info {xsi} xsi:schemaLocation="urn:evil {target}"'
            f' xsi:noNamespaceSchemaLocation="{target}">'
        )
        source = read(small(("<info>", pointing)))
        assert validate(source) == ()
        assert len(source.root[6].attrib) == 2  # the document itself is left as it came
    assert asked == []


def test_refusing_costs_bounded_memory() -> None:
    bomb = with_doctype(LAUGHS, ("暴雨<", "&i;<"))
    wide = REFUSED["elements without end"][0]
    tracemalloc.start()
    try:
        for data in (bomb, wide, b"<a>" * 600_000):
            with pytest.raises(MalformedCap):
                admit(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * gate.DOCUMENT_BYTES_MAX


def test_cap_1_1_times_may_be_looser() -> None:
    old = small(("cap:1.2", "cap:1.1"), ("08:30:00+08:00</sent>", "00:30:00.25Z</sent>"))
    source = read(old)
    assert source.version is Version.CAP_1_1
    assert parse(old).sent == parse(small()).sent
    assert validate(source) == ()
    assert "time-form" in {
        each.rule for each in validate(read(old.replace(b"cap:1.1", b"cap:1.2")))
    }
    without = old.replace(b".25Z", b"")
    assert "time-form" in {each.rule for each in validate(read(without))}
