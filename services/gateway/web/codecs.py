"""How messages cross the gateway: protobuf as the bytes it is, JSON by the message's type.

A message in protobuf is not decoded on its way: the service does so anyway, and refuses what is
wrong under its own reason codes. JSON is turned into protobuf, and answers back.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from connectrpc.codec import Codec
from google.protobuf import json_format
from google.protobuf.message import Message
from typing_extensions import override

from services.gateway.web.failures import refused
from services.plumbing.refusal import InvalidArgument

TEXT_MAX: Final = 300


class JsonMalformed(InvalidArgument):
    """The JSON is none, or is no message of the RPC's type."""

    reason = "JSON_MALFORMED"


class Answer(NamedTuple):
    """A service's answer: its bytes, and the type that they are of."""

    data: bytes
    kind: type[Message]


class Bytes(Codec[Any, Any]):
    """Protobuf, passed on as it is."""

    @override
    def name(self) -> str:
        return "proto"

    @override
    def encode(self, message: Answer) -> bytes:
        return message.data

    @override
    def decode(self, data: bytes | bytearray, message_class: type[Any]) -> bytes:
        return bytes(data)


class Json(Codec[Any, Any]):
    """The JSON mapping of protobuf (ProtoJSON), as Connect and AIP-127 have it."""

    @override
    def name(self) -> str:
        return "json"

    @override
    def encode(self, message: Answer) -> bytes:
        decoded = message.kind.FromString(message.data)
        text: str = json_format.MessageToJson(decoded, indent=None, ensure_ascii=False)
        return text.encode()

    @override
    def decode(self, data: bytes | bytearray, message_class: type[Any]) -> bytes:
        try:
            parsed = json_format.Parse(bytes(data) or b"{}", message_class())
        except (json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
            # The parser's text names fields, and quotes values of the caller's own.
            raise refused(
                JsonMalformed(f"no {message_class.DESCRIPTOR.full_name}: {error!s:.{TEXT_MAX}}")
            ) from error
        serialised: bytes = parsed.SerializeToString()
        return serialised


CODECS: Final = (Bytes(), Json())
