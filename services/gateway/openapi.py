"""The API's description, OpenAPI 3.1, made from the descriptors of the public services.

Connect takes an RPC as ``POST /package.Service/Method`` with the request as JSON. What a proto says
of a field (required, output only, patterns and bounds, formats of well-known types) is said here.
Streams are listed with the media type of Connect's envelopes, which OpenAPI can't describe further.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from buf.validate import validate_pb2
from services.gateway.web.proxy import Method
from tianfu.authz.v1 import authz_pb2

VERSION: Final = "3.1.0"
TITLE: Final = "Tianfu"
ABOUT: Final = (
    "Every public RPC of Tianfu over HTTP: Connect, gRPC-Web and JSON. Send a bearer token, or the "
    "cookie of a session with the header x-tianfu-csrf. A failure is JSON with code, message and "
    "details; google.rpc.ErrorInfo among them has a reason that never changes. "
    "Connect-Timeout-Ms states a deadline; without it calls end after 30 seconds."
)
F: Final = FieldDescriptor
INT32: Final = (F.TYPE_INT32, F.TYPE_SINT32, F.TYPE_SFIXED32)
UINT32: Final = (F.TYPE_UINT32, F.TYPE_FIXED32)
INT64: Final = (
    *(F.TYPE_INT64, F.TYPE_SINT64, F.TYPE_SFIXED64),
    *(F.TYPE_UINT64, F.TYPE_FIXED64),
)
SCALARS: Final[Mapping[int, dict[str, Any]]] = {
    F.TYPE_DOUBLE: {"type": ["number", "string"], "format": "double"},
    F.TYPE_FLOAT: {"type": ["number", "string"], "format": "float"},
    F.TYPE_BOOL: {"type": "boolean"},
    F.TYPE_STRING: {"type": "string"},
    F.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    **{kind: {"type": "integer", "format": "int32"} for kind in INT32},
    **{kind: {"type": "integer", "format": "int64", "minimum": 0} for kind in UINT32},
    # ProtoJSON has 64-bit integers as strings: JavaScript's numbers end at 2^53.
    **{kind: {"type": ["string", "integer"], "format": "int64"} for kind in INT64},
}
WELL_KNOWN: Final[Mapping[str, dict[str, Any]]] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string", "description": "Paths joined by commas."},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Value": {},
    "google.protobuf.Empty": {"type": "object", "maxProperties": 0},
}
ERROR: Final = {
    "type": "object",
    "required": ["code"],
    "properties": {
        "code": {"type": "string", "examples": ["not_found"]},
        "message": {"type": "string"},
        "details": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "type": {"type": "string", "examples": ["google.rpc.ErrorInfo"]},
                    "value": {"type": "string", "contentEncoding": "base64"},
                },
            },
        },
    },
}


def document(methods: Iterable[Method], version: str, server: str) -> bytes:
    """Return the description as JSON, the same for the same contract."""
    made = _Document()
    paths = {method.path: {"post": made.operation(method)} for method in methods}
    content = {
        "openapi": VERSION,
        "info": {"title": TITLE, "version": version, "description": ABOUT},
        "servers": [{"url": server}],
        "security": [{"bearer": []}, {"session": [], "csrf": []}],
        "paths": paths,
        "components": {
            "schemas": {**made.schemas, "Error": ERROR},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-tianfu"},
                "csrf": {"type": "apiKey", "in": "header", "name": "x-tianfu-csrf"},
            },
        },
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True).encode()


class _Document:
    """Gathers the schemas that operations refer to."""

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}

    def operation(self, method: Method) -> dict[str, Any]:
        descriptor = method.descriptor
        service = descriptor.containing_service
        streams = descriptor.client_streaming or descriptor.server_streaming
        media = "application/connect+json" if streams else "application/json"
        rule = descriptor.GetOptions().Extensions[authz_pb2.rule]
        roles = [authz_pb2.Role.Name(each).removeprefix("ROLE_") for each in rule.roles]
        made: dict[str, Any] = {
            "tags": [service.full_name],
            "operationId": f"{method.backend}.{service.name}.{descriptor.name}",
            "requestBody": {
                "required": True,
                "content": {media: {"schema": self.message(descriptor.input_type)}},
            },
            "responses": {
                "200": {
                    "description": "The answer"
                    if not descriptor.server_streaming
                    else "Answers, each in an envelope; the last says how it ended",
                    "content": {media: {"schema": self.message(descriptor.output_type)}},
                },
                "default": {
                    "description": "A failure",
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}
                    },
                },
            },
            "x-tianfu-audience": authz_pb2.Audience.Name(rule.audience).removeprefix("AUDIENCE_"),
            "x-tianfu-roles": roles,
        }
        if rule.audience == authz_pb2.AUDIENCE_ANYONE:
            made["security"] = []
        return made

    def message(self, descriptor: Descriptor) -> dict[str, Any]:
        known = WELL_KNOWN.get(descriptor.full_name)
        if known is not None:
            return known
        name = descriptor.full_name
        if name not in self.schemas:
            self.schemas[name] = {}  # a message may hold itself
            self.schemas[name] = self._fields(descriptor)
        return {"$ref": f"#/components/schemas/{name}"}

    def _fields(self, descriptor: Descriptor) -> dict[str, Any]:
        made: dict[str, Any] = {
            "type": "object",
            "properties": {each.json_name: self._field(each) for each in descriptor.fields},
            "additionalProperties": False,
        }
        required = [
            each.json_name
            for each in descriptor.fields
            if field_behavior_pb2.REQUIRED in _behaviours(each)
        ]
        return {**made, "required": required} if required else made

    def _field(self, field: FieldDescriptor) -> dict[str, Any]:
        rules = field.GetOptions().Extensions[validate_pb2.field]
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            values = self._single(field.message_type.fields_by_name["value"])
            made: dict[str, Any] = {"type": "object", "additionalProperties": values}
        elif field.is_repeated:
            made = {"type": "array", "items": self._single(field)}
            made |= _bounds(rules.repeated, {"min_items": "minItems", "max_items": "maxItems"})
        else:
            made = {**self._single(field), **_rules(rules)}
        behaviours = _behaviours(field)
        if field_behavior_pb2.OUTPUT_ONLY in behaviours:
            made["readOnly"] = True
        return made

    def _single(self, field: FieldDescriptor) -> dict[str, Any]:
        if field.message_type is not None:
            return dict(self.message(field.message_type))
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        return dict(SCALARS[field.type])

    def _enum(self, descriptor: EnumDescriptor) -> dict[str, Any]:
        names = [value.name for value in descriptor.values]
        self.schemas.setdefault(descriptor.full_name, {"type": "string", "enum": names})
        return {"$ref": f"#/components/schemas/{descriptor.full_name}"}


def _behaviours(field: FieldDescriptor) -> set[int]:
    return set(field.GetOptions().Extensions[field_behavior_pb2.field_behavior])


def _rules(rules: Any) -> dict[str, Any]:
    """Return what protovalidate's rules say of a value, as far as JSON Schema has it too."""
    kind = rules.WhichOneof("type")
    if kind == "string":
        made = _bounds(
            rules.string, {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern"}
        )
        return {**made, "format": "uuid"} if rules.string.uuid else made
    if kind in {"int32", "int64", "uint32", "double", "float"}:
        names = {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum"}
        return _bounds(getattr(rules, kind), {**names, "lt": "exclusiveMaximum"})
    return {}


def _bounds(rules: Any, names: Mapping[str, str]) -> dict[str, Any]:
    return {shown: getattr(rules, name) for name, shown in names.items() if rules.HasField(name)}
