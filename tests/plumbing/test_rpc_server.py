"""The guard around every RPC, through a real server and a real client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf import wrappers_pb2

from services.plumbing import refusal as refusals
from services.plumbing import rpc_interceptor
from services.plumbing.authorisation import rules_of
from services.plumbing.refusal import Kind, Refusal
from tests.support.rpc import (
    DEADLINE_S,
    SERVICE,
    Echo,
    Running,
    details,
    service_descriptor,
)

SECRET = "510104-19700101-a-persons-number"


async def failure(call: Any) -> Any:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return details(caught.value)


async def raising(error: BaseException) -> Any:
    raise error


CODES = {
    getattr(refusals, name): getattr(grpc.StatusCode, code)
    for name, code in [
        ("InvalidArgument", "INVALID_ARGUMENT"),
        ("NotFound", "NOT_FOUND"),
        ("AlreadyExists", "ALREADY_EXISTS"),
        ("FailedPrecondition", "FAILED_PRECONDITION"),
        ("Aborted", "ABORTED"),
        ("OutOfRange", "OUT_OF_RANGE"),
        ("PermissionDenied", "PERMISSION_DENIED"),
        ("Unauthenticated", "UNAUTHENTICATED"),
        ("ResourceExhausted", "RESOURCE_EXHAUSTED"),
        ("Unavailable", "UNAVAILABLE"),
        ("DeadlineExceeded", "DEADLINE_EXCEEDED"),
    ]
}


def test_table_of_refusals_is_complete() -> None:
    assert {refusal.kind for refusal in CODES} == set(Kind)


@pytest.mark.parametrize(("kind", "code"), CODES.items(), ids=str)
async def test_refusal_becomes_status(
    kind: type[Refusal], code: grpc.StatusCode, running: Running, echo: Echo
) -> None:
    class Wrong(kind):  # type: ignore[misc, valid-type]
        reason = "SOMETHING_WRONG"

    wrong = Wrong(
        "value 7 is wrong: use 8",
        field="node.place_code",
        metadata={"limit": "8"},
        retry_after=timedelta(seconds=1.5),
    )
    echo.one = lambda *_: raising(wrong)
    found = await failure(running.call("Unary"))
    assert (found.code, found.message) == (code, "value 7 is wrong: use 8")
    assert (found.info.reason, found.info.domain) == ("SOMETHING_WRONG", "tianfu.dev")
    assert dict(found.info.metadata) == {"limit": "8"}
    violation = found.bad_request.field_violations[0]
    assert (violation.field, violation.reason) == ("node.place_code", "SOMETHING_WRONG")
    assert found.retry.retry_delay.ToTimedelta() == timedelta(seconds=1.5)
    labels = {"method": f"{SERVICE}/Unary"}
    assert running.counted("tianfu_rpc_handled_total", **labels, code=code.name) == 1
    assert running.counted("tianfu_rpc_refused_total", **labels, reason="SOMETHING_WRONG") == 1


async def test_plain_refusal_has_only_its_reason(running: Running, echo: Echo) -> None:
    echo.one = lambda *_: raising(refusals.NotFound("there is no such node"))
    found = await failure(running.call("Unary"))
    assert found.info.reason == "NOT_FOUND"
    assert found.bad_request is None
    assert found.retry is None


def test_reason_must_be_a_code() -> None:
    with pytest.raises(TypeError, match="UPPER_SNAKE"):
        type("Wrong", (Refusal,), {"reason": "not a code"})


async def test_unknown_exception_leaks_nothing(
    running: Running, echo: Echo, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    async def broken(*_: Any) -> Any:
        try:
            int(SECRET)
        except ValueError as error:
            raise RuntimeError(SECRET) from error

    echo.one = broken
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await running.call("Unary", SECRET)
    found = details(caught.value)
    assert found.info is not None
    assert (found.code, found.info.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert SECRET not in repr(caught.value)
    assert SECRET not in str(caught.value.trailing_metadata())
    line = next(one for one in log_lines() if one["event"] == "rpc failed")
    assert line["trace_id"] == found.info.metadata["trace_id"]
    assert [one["type"] for one in line["exception"]] == [
        "builtins.RuntimeError",
        "builtins.ValueError",
    ]
    assert SECRET not in str(log_lines())
    assert running.counted("tianfu_rpc_handled_total", method=f"{SERVICE}/Unary", code="INTERNAL")


async def test_unserialisable_answer_is_a_bug(running: Running, echo: Echo) -> None:
    async def wrong(*_: Any) -> Any:
        return None

    echo.one = wrong
    found = await failure(running.call("Unary"))
    assert found.info.reason == "INTERNAL"


# -- deadlines -------------------------------------------------------------------------------------


async def test_deadline_required(running: Running) -> None:
    found = await failure(running.call("Unary", timeout=None))
    assert (found.code, found.info.reason) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "DEADLINE_REQUIRED",
    )


@pytest.mark.parametrize(
    ("name", "timeout_s", "reason"),
    [
        pytest.param(
            "Unary", rpc_interceptor.UNARY_DEADLINE_MAX_S + 60, "DEADLINE_TOO_LONG", id="unary"
        ),
        pytest.param("Unary", rpc_interceptor.UNARY_DEADLINE_MAX_S - 1, None, id="unary-longest"),
        pytest.param(
            "Watch", rpc_interceptor.STREAM_DEADLINE_MAX_S + 60, "DEADLINE_TOO_LONG", id="stream"
        ),
        pytest.param("Watch", rpc_interceptor.STREAM_DEADLINE_MAX_S - 1, None, id="stream-longest"),
    ],
)
async def test_deadline_bound(
    name: str, timeout_s: float, reason: str | None, running: Running
) -> None:
    call = running.method(name)(
        wrappers_pb2.StringValue(value="x"), timeout=timeout_s, metadata=running.bearer()
    )

    async def finish() -> Any:
        return [r async for r in call] if name == "Watch" else await call

    if reason is None:
        assert await finish()
    else:
        assert (await failure(finish())).info.reason == reason


async def test_deadline_cancels_the_servicer(running: Running, echo: Echo) -> None:
    cancelled = asyncio.Event()

    async def waits(*_: Any) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    echo.one = waits
    found = await failure(running.call("Unary", timeout=0.05))
    assert found.code == grpc.StatusCode.DEADLINE_EXCEEDED
    await asyncio.wait_for(cancelled.wait(), DEADLINE_S)


class _LateContext:
    """A context whose deadline was over before the servicer could begin."""

    code = "unset"

    def invocation_metadata(self) -> tuple[()]:
        return ()

    def time_remaining(self) -> float:
        return 0.0

    async def abort(self, code: grpc.StatusCode, message: str, _: Any) -> None:
        self.code = code.name
        raise grpc.aio.AbortError(message)


async def test_deadline_over_on_arrival(running: Running) -> None:
    shared = running.server._shared
    method = service_descriptor("Open").methods_by_name["Open"]
    guard = rpc_interceptor.Guard(
        shared,
        full_name=method.full_name,
        rule=rules_of(method.containing_service)["Open"],
        deadline_max_s=1,
    )
    context = _LateContext()
    never = guard.to_one(lambda *_: raising(AssertionError()), lambda raw: raw, bytes)
    with pytest.raises(grpc.aio.AbortError):
        await never(b"", context)
    assert context.code == "DEADLINE_EXCEEDED"


# -- callers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "metadata", "reason"),
    [
        pytest.param("Unary", (), "TOKEN_MISSING", id="no-token"),
        pytest.param("Unary", (("authorization", "Basic eA=="),), "TOKEN_INVALID", id="basic"),
        pytest.param("Unary", (("authorization", "Bearer x"),), "TOKEN_INVALID", id="garbage"),
        pytest.param("Watch", (), "TOKEN_MISSING", id="stream"),
        pytest.param("Open", (), None, id="anyone"),
    ],
)
async def test_token_needed(
    name: str, metadata: tuple[tuple[str, str], ...], reason: str | None, running: Running
) -> None:
    call = running.method(name)(wrappers_pb2.StringValue(), timeout=DEADLINE_S, metadata=metadata)

    async def finish() -> Any:
        return [r async for r in call] if name == "Watch" else await call

    if reason is None:
        await finish()
        return
    found = await failure(finish())
    assert (found.code, found.info.reason) == (grpc.StatusCode.UNAUTHENTICATED, reason)


@pytest.mark.parametrize(
    ("roles", "admitted"),
    [
        pytest.param(("VIEWER",), True, id="a-listed-role"),
        pytest.param(("SOURCE", "SERVICE"), True, id="one-of-several"),
        pytest.param(("ROLE_VIEWER",), True, id="with-prefix"),
        pytest.param(("SOURCE",), False, id="another-role"),
        pytest.param((), False, id="no-role"),
        pytest.param(("UNSPECIFIED", "accountant"), False, id="no-role-of-ours"),
    ],
)
async def test_role_needed(roles: tuple[str, ...], admitted: bool, running: Running) -> None:
    call = running.call("Viewers", metadata=running.bearer(*roles))
    if admitted:
        assert await call == "hello"
        return
    found = await failure(call)
    assert (found.code, found.info.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")
    assert found.info.metadata["roles"] == "ROLE_SERVICE, ROLE_VIEWER"


async def test_servicer_knows_its_caller(running: Running, echo: Echo) -> None:
    async def who(*_: Any) -> Any:
        principal = rpc_interceptor.caller()
        return wrappers_pb2.StringValue(value=f"{principal.subject} {sorted(principal.roles)}")

    echo.one = who
    metadata = running.bearer("SOURCE", sub="pump-7")
    assert await running.call("Unary", metadata=metadata) == "pump-7 [5]"
    assert await running.call("Open", metadata=()) == " []"


# -- streams ---------------------------------------------------------------------------------------


async def sent(*values: str) -> AsyncIterator[Any]:
    for value in values:
        yield wrappers_pb2.StringValue(value=value)


async def test_streams(running: Running) -> None:
    options: dict[str, Any] = {"timeout": DEADLINE_S, "metadata": running.bearer()}
    watched = running.method("Watch")(wrappers_pb2.StringValue(value="a"), **options)
    assert [one.value async for one in watched] == ["a0", "a1", "a2"]
    assert (await running.method("Collect")(sent("a", "b"), **options)).value == "ab"
    chatted = running.method("Chat")(sent("c", "d"), **options)
    assert [one.value async for one in chatted] == ["c", "d"]
    for name in ("Watch", "Collect", "Chat"):
        labels = {"method": f"{SERVICE}/{name}", "code": "OK"}
        assert running.counted("tianfu_rpc_handled_total", **labels) == 1
        assert running.counted("tianfu_rpc_duration_seconds_count", **labels) == 1


async def test_stream_refused_midway(running: Running, echo: Echo) -> None:
    closed = asyncio.Event()

    async def breaks(*_: Any) -> AsyncIterator[Any]:
        try:
            yield wrappers_pb2.StringValue(value="first")
            raise refusals.Aborted("the view is gone: begin again")
        finally:
            closed.set()

    echo.stream = breaks
    call = running.method("Watch")(
        wrappers_pb2.StringValue(), timeout=DEADLINE_S, metadata=running.bearer()
    )
    got = []

    async def read() -> None:
        async for one in call:
            got.append(one.value)  # noqa: PERF401 - what came before the failure is kept

    found = await failure(read())
    assert (got, found.code, found.info.reason) == (["first"], grpc.StatusCode.ABORTED, "ABORTED")
    assert closed.is_set()


async def test_cancelled_stream_closes_its_generator(running: Running, echo: Echo) -> None:
    closed = asyncio.Event()

    async def endless(*_: Any) -> AsyncIterator[Any]:
        try:
            yield wrappers_pb2.StringValue(value="first")
            await asyncio.Event().wait()
        finally:
            closed.set()

    echo.stream = endless
    call = running.method("Watch")(
        wrappers_pb2.StringValue(), timeout=DEADLINE_S, metadata=running.bearer()
    )
    await call.read()
    call.cancel()
    await asyncio.wait_for(closed.wait(), DEADLINE_S)


# -- sizes and bytes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "code", "reason"),
    [
        pytest.param(b"\x0a\xff", "INVALID_ARGUMENT", "REQUEST_MALFORMED", id="no-message"),
        pytest.param(
            b"\0" * (rpc_interceptor.MESSAGE_BYTES_MAX + 1),
            "RESOURCE_EXHAUSTED",
            "MESSAGE_TOO_LARGE",
            id="too-large",
        ),
    ],
)
async def test_bad_bytes(raw: bytes, code: str, reason: str, running: Running) -> None:
    call = running.channel.unary_unary(f"/{SERVICE}/Unary")
    found = await failure(call(raw, timeout=DEADLINE_S, metadata=running.bearer()))
    assert (found.code.name, found.info.reason) == (code, reason)


async def test_bad_message_in_a_client_stream(running: Running, echo: Echo) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield wrappers_pb2.StringValue(value="good").SerializeToString()
        yield b"\x0a\xff"

    call = running.channel.stream_unary(f"/{SERVICE}/Collect")
    found = await failure(call(chunks(), timeout=DEADLINE_S, metadata=running.bearer()))
    assert found.info.reason == "REQUEST_MALFORMED"
    assert echo.seen == ["good"]
