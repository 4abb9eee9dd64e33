"""The route table: which handler answers a method on a path, and what a path without one gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ._moment import Moment
from ._state import Account
from ._wire import BASE_SEGMENT, EmulatedResponse, RejectionError, json_response

Lane = Literal["global", "import"]


class InnerCall(NamedTuple):
    """One call of a batch that ran; `route` is the template of its path, None for an unknown one."""

    method: str
    route: str | None
    status: int


@dataclass(slots=True)
class Invocation:
    """One call of a handler.

    Attributes:
        account: the account of the key.
        arguments: the segments of the path that the template leaves open, decoded.
        params: the query, nested: `filter[status]=active` is `{"filter": {"status": "active"}}`.
        body: the JSON of the body, None without one.
        url: scheme, host and path as the client used them, for links.
        now: the moment of the request.
        router: the table this handler is in.
        inner: the calls that this one has made of the same table, so far.
    """

    account: Account
    arguments: tuple[str, ...]
    params: Mapping[str, object]
    body: object
    url: str
    now: Moment
    router: Router
    inner: list[InnerCall] = field(default_factory=list)

    @property
    def input(self) -> Mapping[str, object]:
        """The body as an object; empty for any other body, as Laravel takes it."""
        return self.body if isinstance(self.body, dict) else {}

    @property
    def origin(self) -> str:
        """Scheme and host as the client used them."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    def address_of(self, path: str) -> str:
        """The address of another path of the API on the host that the client used."""
        return f"{self.origin}/{BASE_SEGMENT}{path}"


Handler = Callable[[Invocation], EmulatedResponse]


def _in_global_lane(_: Invocation) -> Lane:
    return "global"


def in_import_lane(_: Invocation) -> Lane:
    """The lane of calls that create an import."""
    return "import"


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the route table.

    Attributes:
        method: the HTTP method.
        template: the path below the base, with `{name}` for open segments.
        handler: what answers.
        lane: says in which lane a call counts; every call counts in the global one.
    """

    method: str
    template: str
    handler: Handler
    lane: Callable[[Invocation], Lane] = _in_global_lane


@dataclass(frozen=True, slots=True)
class Match:
    """What the table says about a method and a path.

    Attributes:
        path: the path without leading slash, as messages show it.
        template: the template of the path; None if there is none.
        route: the route; None if the path has no such method.
        arguments: the open segments of the path.
        methods: the methods the path has.
    """

    path: str
    template: str | None = None
    route: Route | None = None
    arguments: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()


@dataclass(slots=True)
class _Template:
    """A path of the table with its routes by method."""

    text: str
    segments: tuple[str | None, ...]
    routes: dict[str, Route] = field(default_factory=dict)

    def arguments(self, segments: Sequence[str]) -> tuple[str, ...] | None:
        """The open segments of a path of the same length; None if it is not of this form."""
        found: list[str] = []
        for expected, segment in zip(self.segments, segments, strict=True):
            if expected is None and segment:
                found.append(segment)
            elif expected != segment:
                return None
        return tuple(found)


class Router:
    """Finds routes and runs their handlers.

    Args:
        routes: the table. Of two templates that fit a path the one with the more fixed start wins.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        templates: dict[str, _Template] = {}
        for route in routes:
            parts = route.template.removeprefix("/").split("/")
            segments = tuple(None if part.startswith("{") else part for part in parts)
            templates.setdefault(route.template, _Template(route.template, segments)).routes[route.method] = route
        self._by_length: dict[int, list[_Template]] = {}
        for template in sorted(templates.values(), key=lambda template: [part is None for part in template.segments]):
            self._by_length.setdefault(len(template.segments), []).append(template)
        self.methods = {text: tuple(template.routes) for text, template in templates.items()}

    def match(self, method: str, segments: Sequence[str]) -> Match:
        """Look up a method and a path.

        Args:
            method: the HTTP method.
            segments: all segments of the path, the base first.
        """
        path = "/".join(segments)
        if not segments or segments[0] != BASE_SEGMENT:
            return Match(path)
        below = segments[1:]
        other: Match | None = None
        for template in self._by_length.get(len(below), ()):
            arguments = template.arguments(below)
            if arguments is None:
                continue
            if (route := template.routes.get(method)) is not None:
                return Match(path, template.text, route, arguments, tuple(template.routes))
            methods = (*(other.methods if other else ()), *template.routes)
            other = Match(path, other.template if other else template.text, None, arguments, methods)
        return other or Match(path)

    def answer(self, method: str, match: Match, invocation: Invocation) -> EmulatedResponse:
        """Run the handler of a match; refusals and paths without a handler become their responses."""
        if match.template is None:
            return json_response(404, {"message": f"The route {match.path} could not be found."})
        if match.route is None:
            methods = ", ".join(dict.fromkeys(match.methods))
            message = f"The {method} method is not supported for route {match.path}. Supported methods: {methods}."
            response = json_response(405, {"message": message})
            response.headers["allow"] = methods
            return response
        try:
            return match.route.handler(invocation)
        except RejectionError as rejection:
            return rejection.response()
