"""The steps on a running platform: one resource, all of them, a change, what changes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor

from cli import channels, output
from cli.connection import (
    DEADLINE_S,
    LISTED_MAX,
    NOWHERE,
    WATCH_DEADLINE_S,
    Metadata,
    context_of,
    failure_of,
    metadata_of,
)
from cli.failures import Exit, Failure
from cli.local.folder import read_json
from cli.resources.catalogue import Kind, Step, resource_field
from cli.resources.documents import Document
from cli.resources.requests import (
    kind_parameter,
    made,
    must_be_known,
    must_be_whole,
    parent_for,
    request_for,
)
from cli.resources.select import condition_of

PAGE: Final = 1_000
SERVED_BY: Final = {"operations": "telemetry"}
"""Areas that no service of that name has: all dead letters lie in one stream."""

AGAIN_S: Final = 1.0
"""Between attempts to take up a watch where it ended."""

CAUGHT_UP: Final = "CHANGE_CAUGHT_UP"
DELETED: Final = "CHANGE_DELETED"


@dataclass(frozen=True)
class Asked:
    """What a person said beside kind and names."""

    parent: str = ""
    filter: str = ""
    parameters: Sequence[str] = ()
    """FIELD=VALUE of the request, such as purpose=treatment."""


@dataclass(frozen=True)
class Change:
    """What a watch tells of a resource."""

    message: Any
    gone: bool = False


@dataclass
class Reach:
    """The services of a platform, connected to when they are first called."""

    addresses: dict[str, Any]
    keys: Path
    metadata: Metadata
    now: datetime
    _channels: dict[str, grpc.Channel] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    # -- steps ----------------------------------------------------------------------------------

    def get(self, kind: Kind, name: str, asked: Asked) -> Any:
        """Return one resource; raise Failure, NOT_FOUND when there is none."""
        method = kind.steps.get(Step.GET)
        if method is not None:
            request = self._request(kind, method, asked, name=name)
            must_be_whole(request, method)
            return self.unary(method, request)
        parent = name.rsplit("/", 1 if kind.is_singleton else 2)[0] if "/" in name else ""
        # Its service has no method for one: looked for among all.
        among = Asked(parent if kind.variables > 1 else asked.parent, "", asked.parameters)
        for each in self.every(kind, among):
            if each.name == name:
                return each
        raise Failure(
            "RESOURCE_UNKNOWN",
            f"there is no {kind.singular} {kind.id_of(name)}",
            f"`tianfu get {kind.typed}` shows those there are",
            status=Exit.NOT_FOUND,
        )

    def find(self, kind: Kind, name: str, asked: Asked) -> Any | None:
        """Return one resource, None when there is none."""
        try:
            return self.get(kind, name, asked)
        except Failure as failure:
            if failure.status is Exit.NOT_FOUND:
                return None
            raise

    def every(self, kind: Kind, asked: Asked) -> Iterator[Any]:
        """Yield all resources of a kind that are asked for, page by page, LISTED_MAX at most."""
        method = self._listing(kind)
        takes = "filter" in method.input_type.fields_by_name
        is_meant = condition_of(kind, "" if takes else asked.filter)
        request = self._request(
            kind,
            method,
            asked,
            parent=parent_for(kind, method, asked.parent),
            filter=asked.filter,
            page_size=PAGE,
        )
        must_be_whole(request, method)
        listed, seen = resource_field(method.output_type, kind, repeated=True), 0
        while True:
            answer = self.unary(method, request)
            for each in getattr(answer, listed):
                seen += 1
                if is_meant(each):
                    yield each
            if not answer.next_page_token:
                return
            if seen >= LISTED_MAX:
                output.note(f"the first {seen}; there are more: ask for less")
                return
            request.page_token = answer.next_page_token

    def create(self, wanted: Document, asked: Asked) -> Any:
        """Make a resource that is not there; raise Failure."""
        method = wanted.kind.steps[Step.CREATE]
        parent, _, own = wanted.name.rpartition("/")
        parent = parent.rpartition("/")[0]
        into = resource_field(method.input_type, wanted.kind)
        request = self._request(
            wanted.kind,
            method,
            asked,
            parent=parent,
            request_id=str(uuid.uuid4()),
            **{f"{into}_id": own},
        )
        sent = getattr(request, into)
        sent.CopyFrom(wanted.message)
        sent.ClearField("name")
        return self.unary(method, request)

    def update(self, wanted: Document, fields: Sequence[str], etag: str, asked: Asked) -> Any:
        """Change fields of a resource; raise Failure, a conflict when the etag is not its own."""
        method = wanted.kind.steps[Step.UPDATE]
        request = self._request(wanted.kind, method, asked, request_id=str(uuid.uuid4()))
        sent = getattr(request, resource_field(method.input_type, wanted.kind))
        sent.CopyFrom(wanted.message)
        if etag:
            sent.etag = etag
        request.update_mask.paths.extend(fields)
        return self.unary(method, request)

    def delete(self, kind: Kind, name: str, etag: str, asked: Asked) -> None:
        """Delete a resource; raise Failure."""
        method = kind.steps[Step.DELETE]
        self.unary(method, self._request(kind, method, asked, name=name, etag=etag))

    def changes(self, kind: Kind, asked: Asked) -> Iterator[Change | None]:
        """Yield each change from the method that watches; None when all that there was is told.

        A connection that ends, at its deadline or with its service, is taken up where it was.
        """
        method = kind.steps[Step.WATCH]
        fields = method.input_type.fields_by_name
        is_meant = condition_of(kind, "" if "filter" in fields else asked.filter)
        parent = parent_for(kind, method, asked.parent)
        request = self._request(kind, method, asked, parent=parent, filter=asked.filter)
        for name, value in kind_parameter(kind, method).items():
            setattr(request, name, value)
        must_be_whole(request, method)
        heard = lost = False
        while True:
            try:
                for answer in self._stream(method, request):
                    heard, lost = True, False
                    request.resume_token = answer.resume_token or request.resume_token
                    yield from _told(kind, answer, is_meant)
            except grpc.RpcError as error:
                # A platform that never answered is down; one that did comes back.
                if error.code() is grpc.StatusCode.UNAVAILABLE and heard:
                    if not lost:
                        output.note("-- the connection is lost; it is taken up again")
                    lost = True
                elif error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED:
                    raise
            time.sleep(AGAIN_S)

    # -- calls ----------------------------------------------------------------------------------

    def unary(self, method: MethodDescriptor, request: Any) -> Any:
        """Call a method; raise Failure."""
        try:
            call = self._channel(method).unary_unary(*_path_and_codec(method))
            return call(request, timeout=DEADLINE_S, metadata=self.metadata)
        except grpc.RpcError as error:
            raise failure_of(error) from error

    def close(self) -> None:
        """Close the connections."""
        self._open.close()

    def _request(self, kind: Kind, method: MethodDescriptor, asked: Asked, **own: Any) -> Any:
        must_be_known(kind, asked.parameters)
        return request_for(method, asked.parameters, self.now, **own)

    def _stream(self, method: MethodDescriptor, request: Any) -> Any:
        call = self._channel(method).unary_stream(*_path_and_codec(method))
        return call(request, timeout=WATCH_DEADLINE_S, metadata=self.metadata)

    def _channel(self, method: MethodDescriptor) -> grpc.Channel:
        area = method.containing_service.file.package.split(".")[1].replace("_", "-")
        service = SERVED_BY.get(area, area)
        if service not in self._channels:
            address = self.addresses.get(service, NOWHERE)
            opened = channels.blocking(address, self.keys)
            self._channels[service] = self._open.enter_context(opened)
        return self._channels[service]

    def _listing(self, kind: Kind) -> MethodDescriptor:
        method = kind.steps.get(Step.LIST)
        if method is not None:
            return method
        raise Failure(
            "LIST_UNSUPPORTED",
            f"no method of {kind.area} lists {kind.word}",
            f"name one: `tianfu get {kind.typed} {kind.pattern}`",
            status=Exit.USAGE,
        )


@contextmanager
def reach(
    data: Path, now: datetime, role: str, person: str, hospital: str = "", department: str = ""
) -> Iterator[Reach]:
    """Reach the platform of a data folder as somebody; errors of its streams become Failures."""
    folder = context_of(data).folder
    metadata = metadata_of(folder, role, person, hospital, department)
    found = Reach(read_json(folder.context) or {}, folder.keys, metadata, now)
    try:
        yield found
    except grpc.RpcError as error:
        raise failure_of(error) from error
    finally:
        found.close()


def _told(kind: Kind, answer: Any, is_meant: Any) -> Iterator[Change | None]:
    """Yield what one answer of a watch tells."""
    happened = ""
    field = answer.DESCRIPTOR.fields_by_name.get("change")
    if field is not None and field.enum_type is not None:
        happened = field.enum_type.values_by_number[answer.change].name
    name = resource_field(answer.DESCRIPTOR, kind)
    if happened == CAUGHT_UP:
        yield None
    elif answer.HasField(name):
        message = getattr(answer, name)
        if happened == DELETED or is_meant(message):
            yield Change(message, happened == DELETED)


def _path_and_codec(method: MethodDescriptor) -> tuple[str, Any, Any]:
    answer = message_factory.GetMessageClass(method.output_type)
    sent = type(made(method.input_type))
    path = f"/{method.containing_service.full_name}/{method.name}"
    return path, sent.SerializeToString, answer.FromString
