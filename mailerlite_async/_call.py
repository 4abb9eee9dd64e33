"""One call of the API as a value: what to send, what comes back, which limits it takes, whether it may be repeated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Generic, Literal, Protocol, TypeVar
from urllib.parse import urlencode

import attrs
import msgspec

from mailerlite_async._unset import UNSET, Unset

T_co = TypeVar("T_co", covariant=True)

Method = Literal["GET", "POST", "PUT", "DELETE"]

_HIDDEN = "[key]"
# The API's keys have some 900 characters. What is far shorter is no key but a word, for an emulator or by mistake: to
# hide `any` would make "Too M[key] Attempts" of an answer, and keep no secret.
_SHORTEST_KEY = 16
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_IMPORT_ROUTES = frozenset({"/subscribers/import", "/groups/{id}/import-subscribers"})


class Context(msgspec.Struct, frozen=True):
    """How a call went before its answer is read.

    Attributes:
        attempts: how often it was tried.
        in_doubt: whether an attempt before this one may have been carried out.
        secret: the key, hidden wherever the answer repeats it, if it is long enough to be one.
    """

    attempts: int = 1
    in_doubt: bool = False
    secret: str = ""

    def __repr__(self) -> str:
        return f"Context(attempts={self.attempts}, in_doubt={self.in_doubt})"

    def hide(self, text: str) -> str:
        """The text without the key."""
        return text.replace(self.secret, _HIDDEN) if self._hides else text

    def hide_in_values(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Texts by their names, without the key."""
        secret = self.secret  # looked up once: an answer has a dozen headers
        return {name: text.replace(secret, _HIDDEN) for name, text in texts.items()} if self._hides else dict(texts)

    def hide_in(self, body: bytes) -> bytes:
        """The bytes without the key."""
        return body.replace(self.secret.encode(), _HIDDEN.encode()) if self._hides else body

    @property
    def _hides(self) -> bool:
        return len(self.secret) >= _SHORTEST_KEY


NO_CONTEXT = Context()


class Returns(Protocol[T_co]):
    """Turns the body of a successful answer into the value of the call; implemented in `_codec`."""

    def decode(self, body: bytes, call: Call[Any], context: Context = ...) -> T_co:
        """Decode the body.

        Args:
            body: of the answer.
            call: the call it answers.
            context: how the call went.

        Raises:
            DecodeError: if it is not of the expected shape.
        """
        ...


@attrs.frozen(repr=False)
class Call(Generic[T_co]):
    """A call that has not been made. Build it with `mailerlite_async.calls`, run it with `client.execute`.

    Attributes:
        method: the HTTP method.
        route: the path as a template, such as `/subscribers/{id}`; safe to log.
        returns: decodes the answer.
        segments: the values for the template's placeholders, checked and percent-encoded.
        params: the query, in order.
        json: the body, or UNSET for none.
        repeatable: True if the call may be sent again after a fault that leaves open whether it was carried out.
        pages_in_body: whether a list takes `page` and `limit` in its body instead of the query.
    """

    method: Method
    route: str
    returns: Returns[T_co]
    segments: tuple[str, ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    json: Any = UNSET
    repeatable: bool = attrs.field(kw_only=True)
    pages_in_body: bool = attrs.field(default=False, kw_only=True)

    def __repr__(self) -> str:
        return f"<Call {self.method} {self.route}>"

    @property
    def path(self) -> str:
        """The path below the base URL, encoded. It may hold an address."""
        values = iter(self.segments)
        return _PLACEHOLDER.sub(lambda _: next(values), self.route)

    @property
    def target(self) -> str:
        """The path with the query."""
        return f"{self.path}?{urlencode(self.params)}" if self.params else self.path

    @property
    def uses_import_lane(self) -> bool:
        """Whether the call counts as the creation of an import, besides counting as a request.

        A batch that holds nothing but upserts is processed as an import.
        """
        if self.method != "POST":
            return False
        if self.route == "/batch":
            return all(item["method"] == "POST" and item["path"] == "api/subscribers" for item in self.json["requests"])
        return self.route in _IMPORT_ROUTES

    def with_params(self, **changes: str) -> Call[T_co]:
        """The same call with some query parameters set anew."""
        return attrs.evolve(self, params=tuple({**dict(self.params), **changes}.items()))

    def paging(self, name: str, default: int) -> int:
        """The `page` or the `limit` that the call asks for."""
        if self.pages_in_body:
            return int((self.json or {}).get(name, default))
        return int(dict(self.params).get(name, default))

    def with_page(self, page: int) -> Call[T_co]:
        """The same call for another numbered page."""
        if self.pages_in_body:
            return attrs.evolve(self, json={**(self.json or {}), "page": page})
        return self.with_params(page=str(page))


@attrs.frozen(repr=False)
class Page(Generic[T_co]):
    """One page of a list.

    Attributes:
        items: the objects, in the API's order.
        next: the call for the following page, built from the call for this one; None on the last page.
        links: the API's `links`. They drop filter, limit and sort: follow `next` instead.
        meta: the API's `meta`.

    API: https://developers.mailerlite.com/docs/
    """

    items: tuple[T_co, ...]
    next: Call[Page[T_co]] | None = None
    links: Mapping[str, Any] = attrs.field(factory=dict)
    meta: Mapping[str, Any] = attrs.field(factory=dict)

    def __repr__(self) -> str:
        return f"<Page of {len(self.items)}, {'more follow' if self.next else 'the last'}>"

    @property
    def total(self) -> int | None:
        """How many objects the whole list has; None for lists walked by cursor, which do not say."""
        total = self.meta.get("total")
        return total if isinstance(total, int) else None

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the following page, to go on from later; None on the last page and for numbered pages."""
        return dict(self.next.params).get("cursor") if self.next is not None else None


def given(**values: Any) -> dict[str, Any]:
    """The values that are not UNSET."""
    return {name: value for name, value in values.items() if not isinstance(value, Unset)}


def query(*pairs: tuple[str, object]) -> tuple[tuple[str, str], ...]:
    """Query parameters as text, those that are None or UNSET left out.

    Raises:
        TypeError: for what is neither text nor a whole number, or a page that is no whole number, naming the argument.
        ValueError: for a page before the first.
    """
    return tuple(
        (name, _parameter(name, value)) for name, value in pairs if value is not None and not isinstance(value, Unset)
    )


def _parameter(name: str, value: object) -> str:
    if isinstance(value, str) and name != "page":
        return str.__str__(value)
    if isinstance(value, bool) or not isinstance(value, int):
        argument = name.removeprefix("filter[").removesuffix("]")
        raise TypeError(
            f"{argument} must be {'int' if name in ('page', 'limit') else 'str'}, not {type(value).__name__}"
        )
    if name == "page" and value < 1:
        raise ValueError("page must be 1 or more")
    return str(value)
