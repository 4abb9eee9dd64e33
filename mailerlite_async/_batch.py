"""Many calls in one request, and how each item of the answer becomes what its own call would have given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import attrs
import msgspec

from mailerlite_async._call import NO_CONTEXT, Call, Context
from mailerlite_async._codec import UNREADABLE, decoder_of, returns_nothing
from mailerlite_async._failures import api_error
from mailerlite_async._unset import UNSET
from mailerlite_async.errors import DecodeError, MailerLiteError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MOST_CALLS = 50
"""Calls the API takes in one batch."""

_ROUTE = "/batch"


@attrs.frozen
class BatchItem(Generic[T_co]):
    """What became of one call of a batch.

    Attributes:
        status: the HTTP status of the call; None if the API did not say.
        value: what the single call returns; None if it failed, returns nothing, or if the API did not say.
        error: what the single call would have raised; None if it succeeded, or if the API did not say.
        raw: the JSON of the item, as plain Python values.

    API: https://developers.mailerlite.com/docs/batching.html
    """

    status: int | None
    value: T_co | None
    error: MailerLiteError | None
    raw: Any


@attrs.frozen
class BatchResult(Generic[T_co]):
    """What became of a batch.

    Attributes:
        items: in the order of the calls.
        raw: the JSON of the answer, as plain Python values; None if it is not JSON.

    API: https://developers.mailerlite.com/docs/batching.html
    """

    items: tuple[BatchItem[T_co], ...]
    raw: Any = attrs.field(repr=False)

    @property
    def failed(self) -> tuple[BatchItem[T_co], ...]:
        """The items with an error."""
        return tuple(item for item in self.items if item.error is not None)


def batch(calls: Sequence[Call[T]]) -> Call[BatchResult[T]]:
    """The call that makes all of these calls at once; see `AsyncMailerLite.batch`.

    Args:
        calls: 1 to 50 calls of any resource but webhooks.

    Returns:
        The call.

    Raises:
        ValueError: if there is none or are more than 50, or one cannot be part of a batch; it names the item.
        TypeError: if an item is not a call; it names the item.

    API: https://developers.mailerlite.com/docs/batching.html
    """
    if isinstance(calls, Call):
        raise TypeError("calls must be a sequence of calls, not one call")
    calls = tuple(calls)
    if not calls:
        raise ValueError("calls is empty: the API refuses a batch of nothing")
    if len(calls) > MOST_CALLS:
        raise ValueError(f"calls has {len(calls)} items: the API takes at most {MOST_CALLS} in one batch")
    requests = [_request(call, index) for index, call in enumerate(calls)]
    return Call(
        "POST",
        _ROUTE,
        BatchAnswer(calls),
        json={"requests": requests},
        repeatable=all(call.repeatable for call in calls),
    )


class BatchAnswer(msgspec.Struct, Generic[T], frozen=True):
    """`{"total": 2, "successful": 1, "failed": 1, "responses": [{"code": 200, "body": {...}}, ...]}`."""

    calls: tuple[Call[T], ...]

    def decode(self, body: bytes, call: Call[Any], context: Context = NO_CONTEXT) -> BatchResult[T]:
        """The result, each item decoded as its own call."""
        body = context.hide_in(body)
        raw = _plain(body)
        answers = answers_in(body, len(self.calls), lenient=call.uses_import_lane)
        if answers is None:
            return BatchResult(tuple(BatchItem(None, None, None, raw) for _ in self.calls), raw)
        items = [
            item_of(inner, code, content, context, lenient=call.uses_import_lane, index=index)
            for index, (inner, (code, content)) in enumerate(zip(self.calls, answers, strict=True))
        ]
        return BatchResult(tuple(items), raw)


def answers_in(body: bytes, expected: int, *, lenient: bool) -> list[tuple[int, bytes]] | None:
    """Status and body of each item of an answer to a batch.

    Args:
        body: of the answer.
        expected: how many items it must have.
        lenient: whether the batch was one of nothing but upserts, which the API takes as an import; its answer is not
            documented.

    Returns:
        One pair for each item; None if the answer to a lenient one says nothing of its items.

    Raises:
        DecodeError: if it is of another shape.
    """
    try:
        responses = decoder_of(_Responses).decode(body).responses
    except UNREADABLE as error:
        if lenient:
            return None
        raise DecodeError("the answer to a batch was expected", body=body) from error
    if len(responses) != expected:
        if lenient:
            return None
        reason = f"{expected} items were expected, {len(responses)} came"
        raise DecodeError(reason, json_path="$.responses", body=body)
    return [(response.code, bytes(response.body)) for response in responses]


class _Response(msgspec.Struct):
    code: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Responses(msgspec.Struct):
    responses: list[_Response]


def _request(call: Call[Any], index: int) -> dict[str, Any]:
    if not isinstance(call, Call):
        raise TypeError(f"calls[{index}] must be a Call, not {type(call).__name__}")
    if call.route == _ROUTE:
        raise ValueError(f"calls[{index}] is a batch itself")
    if call.route.split("/")[1] == "webhooks":
        raise ValueError(f"calls[{index}] is a webhook call, which the API does not support in a batch")
    # The body of a GET is its query. That the path of an item may have one is not documented, and if it were left out,
    # another object might be changed.
    if call.method != "GET" and call.params:
        options = " and ".join(name for name, _ in call.params)
        raise ValueError(f"calls[{index}] needs {options} in its URL, which is not known to work in a batch")
    request: dict[str, Any] = {"method": call.method, "path": f"api{call.path}"}
    if call.json is not UNSET:
        request["body"] = call.json
    elif call.method == "GET" and call.params:
        request["body"] = _nested(call.params)
    return request


def _nested(params: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Query parameters as the body of an item: `filter[status]` becomes `{"filter": {"status": ...}}`."""
    body: dict[str, Any] = {}
    for name, value in params:
        outer, _, inner = name.partition("[")
        if inner:
            body.setdefault(outer, {})[inner.removesuffix("]")] = value
        else:
            body[name] = value
    return body


def item_of(
    call: Call[T], code: int, body: bytes, context: Context, *, lenient: bool = False, index: int = 0
) -> BatchItem[T]:
    """What became of one call of a batch.

    Args:
        call: the call.
        code: its status.
        body: its body.
        context: how the batch went.
        lenient: see `answers_in`.
        index: its place in the batch.
    """
    raw = _plain(body)
    gone = context.in_doubt and code == 404 and call.method == "DELETE" and returns_nothing(call)
    if not (gone or 200 <= code < 300):
        return BatchItem(code, None, api_error(call, status=code, body=body, context=context), raw)
    # Which of these stands for an answer without a body is not established.
    content = b"" if call.method != "GET" and raw in (None, "", []) else body
    try:
        return BatchItem(code, call.returns.decode(content, call, context), None, raw)
    except DecodeError as error:
        if lenient:
            return BatchItem(code, None, None, raw)
        error.method, error.route = call.method, call.route
        error.json_path = f"$.responses[{index}].body{error.json_path.removeprefix('$')}"
        return BatchItem(code, None, error, raw)


def _plain(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except UNREADABLE:
        return None
