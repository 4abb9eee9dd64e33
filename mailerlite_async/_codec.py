"""The shapes an answer can have, and how its bytes become values.

The fast path decodes straight into drafts of the attrs classes (`_draft`). If an answer is not exactly of the
documented types it is tried once more with the tolerant rules of `_tolerant`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

import msgspec

from mailerlite_async._call import NO_CONTEXT, Call, Context, Page
from mailerlite_async._draft import draft_of
from mailerlite_async._fork import undividedly
from mailerlite_async.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mailerlite_async.models import ImportJob

    Finish = Callable[[Iterable[Any]], None]

T = TypeVar("T")

Pagination = Literal["cursor", "page"]

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What is raised for text that is not JSON, not UTF-8, nested too deeply, of another type, or with impossible dates."""


class _DataEnvelope(msgspec.Struct, Generic[T]):
    data: T


class _ListEnvelope(msgspec.Struct, Generic[T]):
    data: tuple[T, ...]
    links: Any = None
    meta: Any = None


class _TotalEnvelope(msgspec.Struct):
    total: int


class _ImportEnvelope(msgspec.Struct):
    import_progress_url: str


class Data(msgspec.Struct, Generic[T], frozen=True):
    """`{"data": {...}}`."""

    model: type[T]

    def decode(self, body: bytes, call: Call[Any], context: Context = NO_CONTEXT) -> T:
        """The object under `data`."""
        if _is_silent(body, call):
            return cast("T", None)
        try:
            # A class is hashable, whatever mypy thinks of `type[T]`.
            decoder, finish = _object_decoder(self.model)  # type: ignore[arg-type]
            value = decoder.decode(body).data
            finish((value,))
        except UNREADABLE:
            return cast("T", _tolerantly(body, self.model))
        return cast("T", value)


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """`{"data": [...], "links": {...}, "meta": {...}}` in one of the API's two styles of pagination."""

    model: type[T]
    pagination: Pagination
    # Page size the API takes when the call names none; needed where the answer carries no `meta`.
    default_limit: int = 100

    def decode(self, body: bytes, call: Call[Page[T]], context: Context = NO_CONTEXT) -> Page[T]:
        """The page, with the call for the next one."""
        try:
            decoder, finish = _list_decoder(self.model)  # type: ignore[arg-type]
            envelope = decoder.decode(body)
            items, links, meta = envelope.data, envelope.links, envelope.meta
            finish(items)
        except UNREADABLE:
            items = _tolerantly(body, tuple[self.model, ...])  # type: ignore[name-defined]
            outer = msgspec.json.decode(body)
            links, meta = outer.get("links"), outer.get("meta")
        links = links if isinstance(links, dict) else {}
        meta = meta if isinstance(meta, dict) else {}
        following = _cursor_page if self.pagination == "cursor" else self._numbered_page
        try:
            return Page(items=items, next=following(call, items, meta), links=links, meta=meta)
        except DecodeError as error:
            error.body = body
            raise

    def _numbered_page(self, call: Call[Page[T]], items: Sequence[T], meta: Mapping[str, Any]) -> Call[Page[T]] | None:
        asked = call.paging("page", 1)
        current, last = _page_number(meta, "current_page"), _page_number(meta, "last_page")
        if current is None or last is None:
            # The activity log may come without `meta`: a page that is not full is the last one.
            limit = call.paging("limit", self.default_limit)
            return call.with_page(asked + 1) if limit and len(items) >= limit else None
        if current != asked:
            raise DecodeError(f"page {asked} was asked for, page {current} came", json_path="$.meta.current_page")
        return call.with_page(current + 1) if current < last else None


def _page_number(meta: Mapping[str, Any], key: str) -> int | None:
    """A number of `meta`, which may come as text; None if it is not there."""
    value = meta.get(key)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise DecodeError("a number was expected", json_path=f"$.meta.{key}")


def _cursor_page(call: Call[Page[T]], items: Sequence[T], meta: Mapping[str, Any]) -> Call[Page[T]] | None:
    cursor = meta.get("next_cursor")
    # The last page of segment members carries a cursor too; the page it leads to is empty.
    if not isinstance(cursor, str) or not cursor or not items:
        return None
    if cursor == dict(call.params).get("cursor"):
        raise DecodeError("the cursor of this page came again as that of the next", json_path="$.meta.next_cursor")
    return call.with_params(cursor=cursor)


class Nothing(msgspec.Struct, frozen=True):
    """An empty body, or one nobody needs."""

    def decode(self, body: bytes, call: Call[Any], context: Context = NO_CONTEXT) -> None:
        """Nothing."""


class Raw(msgspec.Struct, frozen=True):
    """The body as it came, for whoever reads it later.

    Attributes:
        nothing: whether the call it belongs to returns nothing.
    """

    nothing: bool = False

    def decode(self, body: bytes, call: Call[Any], context: Context = NO_CONTEXT) -> bytes:
        """The body, without the key."""
        return context.hide_in(body)


def returns_nothing(call: Call[Any]) -> bool:
    """Whether a successful call has no value, so that there is nothing to miss in an answer without a body."""
    return isinstance(call.returns, Nothing) or (isinstance(call.returns, Raw) and call.returns.nothing)


class Total(msgspec.Struct, frozen=True):
    """`{"total": 1004}`."""

    def decode(self, body: bytes, call: Call[Any], context: Context = NO_CONTEXT) -> int:
        """The number."""
        try:
            return cast("int", decoder_of(_TotalEnvelope).decode(body).total)
        except UNREADABLE:
            return cast("int", _tolerantly(body, int, "total"))


class ImportLink(msgspec.Struct, frozen=True):
    """`{"import_progress_url": "..."}`, whose last segment is the id of the job."""

    def decode(self, body: bytes, call: Call[Any], context: Context = NO_CONTEXT) -> ImportJob:
        """The job."""
        if _is_silent(body, call):
            return cast("ImportJob", None)
        try:
            url = decoder_of(_ImportEnvelope).decode(body).import_progress_url
        except UNREADABLE:
            url = cast("str", _tolerantly(body, str, "import_progress_url"))
        job_id = url.partition("?")[0].rstrip("/").rpartition("/")[2]
        if not (job_id.isascii() and job_id.isdigit()):
            raise DecodeError("the URL does not end in an id", json_path="$.import_progress_url", body=body)
        from mailerlite_async.models import ImportJob  # few programs import

        return ImportJob(id=job_id, url=url)


def _is_silent(body: bytes, call: Call[Any]) -> bool:
    """Whether a change was accepted without a word.

    A guide of the API has assigning to a group answered with 204, and 202 says that work goes on: such a call succeeded
    all the same, and its value is None whatever it is otherwise.
    """
    return not body and call.method != "GET"


def parse_error(body: bytes) -> tuple[str, dict[str, list[str]], str | None]:
    """Message, errors by field and the named subscriber of an error answer, whatever its form.

    A 422 may be an object, an object with more keys, or a bare JSON string; a proxy answers with HTML, an unknown
    route perhaps with nothing.
    """
    try:
        content = msgspec.json.decode(body)
    except UNREADABLE:
        return "", {}, None
    if isinstance(content, str):
        return content, {}, None
    if not isinstance(content, dict):
        return "", {}, None
    message, errors, subscriber = content.get("message"), content.get("errors"), content.get("subscriber")
    return (
        message if isinstance(message, str) else "",
        {key: _texts(texts) for key, texts in errors.items()} if isinstance(errors, dict) else {},
        str(subscriber) if isinstance(subscriber, str | int) else None,
    )


def _texts(value: Any) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else [str(value)]


def _tolerantly(body: bytes, model: Any, key: str = "data") -> Any:
    from mailerlite_async._tolerant import structure  # cattrs costs a third of the import time, and is rarely needed

    return structure(body, model, key)


# msgspec notes what it knows of a class in the class, and begins to before it is done: a thread that needs a decoder of
# the same class meanwhile takes what is there, and the process crashes. So decoders are made one at a time.


@functools.cache
@undividedly
def _object_decoder(model: Any) -> tuple[msgspec.json.Decoder[_DataEnvelope[Any]], Finish]:
    return _drafting(_DataEnvelope, model)


@functools.cache
@undividedly
def _list_decoder(model: Any) -> tuple[msgspec.json.Decoder[_ListEnvelope[Any]], Finish]:
    return _drafting(_ListEnvelope, model)


def _drafting(envelope: Any, model: Any) -> tuple[msgspec.json.Decoder[Any], Finish]:
    draft = draft_of(model)
    return msgspec.json.Decoder(envelope[draft.type]), draft.finish


@functools.cache
@undividedly
def decoder_of(kind: Any) -> msgspec.json.Decoder[Any]:
    """The decoder for a type."""
    return msgspec.json.Decoder(kind)


def convert(value: Any, kind: type[T]) -> T:
    """As `msgspec.convert`, from any thread."""
    decoder_of(cast("Any", kind))  # now msgspec knows the class
    return msgspec.convert(value, kind)
