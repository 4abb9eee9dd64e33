"""Requests and responses as the emulator sees them, whichever face they came through."""

from __future__ import annotations

import http
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import parse_qsl, unquote

BASE_SEGMENT = "api"
DEFAULT_HOST = "connect.mailerlite.com"
INVALID_DATA = "The given data was invalid."


@dataclass(slots=True)
class EmulatedRequest:
    """One HTTP request.

    Attributes:
        method: the HTTP method.
        path: the path as sent, still percent-encoded, without the query: `/api/subscribers/ann%40example.com`.
        query: decoded name and value pairs, in order.
        headers: by name; names are lower-cased.
        body: the raw body.
        scheme: `http` or `https`, for the links in answers.
    """

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    scheme: str = "https"

    def __post_init__(self) -> None:
        self.method = self.method.upper()
        self.headers = {name.lower(): value for name, value in self.headers.items()}

    @classmethod
    def from_target(
        cls, method: str, target: str, headers: Mapping[str, str], body: bytes, scheme: str
    ) -> EmulatedRequest:
        """Make a request of the target of an HTTP request line.

        Args:
            method: the HTTP method.
            target: path and query as sent, `/api/groups?limit=10`; the absolute form of a proxy is understood too.
            headers: by name.
            body: the raw body.
            scheme: `http` or `https`.
        """
        if target.startswith(("http://", "https://")):
            target = "/" + target.split("://", 1)[1].partition("/")[2]
        path, _, query = target.partition("?")
        return cls(method, path, parse_qsl(query, keep_blank_values=True), headers, body, scheme)

    @property
    def segments(self) -> tuple[str, ...]:
        """The decoded segments of the path; an encoded slash stays inside its segment."""
        parts = self.path.removeprefix("/").split("/")
        if len(parts) > 1 and not parts[-1]:
            parts.pop()
        return tuple(unquote(part) for part in parts)

    @property
    def origin(self) -> str:
        """Scheme and host as the client used them."""
        return f"{self.scheme}://{self.headers.get('host', DEFAULT_HOST)}"

    def json(self) -> object:
        """The body as JSON; None for no body and for one that is not JSON, which the service treats alike."""
        if not self.body:
            return None
        try:
            return json.loads(self.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return None


@dataclass(slots=True)
class EmulatedResponse:
    """One HTTP response.

    Attributes:
        status: the HTTP status.
        headers: by lower-cased name.
        body: the raw body.
        abort: the connection is dropped and nothing of the response is sent.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    abort: bool = False

    def json(self) -> object:
        """The body as JSON, None if there is no body."""
        return json.loads(self.body) if self.body else None


class RejectionError(Exception):
    """A refusal raised inside a handler: it ends the request with this status and JSON body."""

    def __init__(self, status: int, payload: object) -> None:
        super().__init__(status)
        self.status = status
        self.payload = payload

    def response(self) -> EmulatedResponse:
        """The refusal as a response."""
        return json_response(self.status, self.payload)


def encode_json(payload: object) -> bytes:
    """JSON as PHP writes it: compact, ASCII, slashes escaped."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def json_response(status: int, payload: object) -> EmulatedResponse:
    """A JSON response."""
    return EmulatedResponse(status, {"content-type": "application/json"}, encode_json(payload))


def no_content() -> EmulatedResponse:
    """A 204, which has neither a body nor a content type."""
    return EmulatedResponse(204)


def dropped() -> EmulatedResponse:
    """A connection that ends without an answer."""
    return EmulatedResponse(0, abort=True)


def not_found(message: str) -> RejectionError:
    """A 404 with the given message."""
    return RejectionError(404, {"message": message})


def model_not_found(model: str, key: str | None = None) -> RejectionError:
    """The 404 of a record that does not exist.

    Args:
        model: the class behind the record, in full.
        key: the id asked for; None for records whose text names none.
    """
    return not_found(f"No query results for model [{model}]" + ("." if key is None else f" {key}"))


def unprocessable(errors: Mapping[str, Sequence[str]], message: str = INVALID_DATA, **extra: object) -> RejectionError:
    """A 422 with errors by dotted path, and further keys of the top level."""
    return RejectionError(
        422, {"message": message, "errors": {key: list(texts) for key, texts in errors.items()}, **extra}
    )


def nested_parameters(pairs: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Read the bracket style of PHP: `filter[status]=active` becomes `{"filter": {"status": "active"}}`."""
    parameters: dict[str, object] = {}
    for name, value in pairs:
        head, *keys = name.replace("]", "").split("[")
        level = parameters
        for key in keys:
            deeper = level.get(head)
            if not isinstance(deeper, dict):
                deeper = level[head] = {}
            level = deeper
            head = key or str(len(level))
        level[head] = value
    return parameters


def flat_parameters(data: Mapping[str, object]) -> list[tuple[str, str]]:
    """Write an object as a query in that style, as PHP does: what is null or empty is left out."""
    pairs: list[tuple[str, str]] = []
    pending = [*data.items()][::-1]
    while pending:
        name, value = pending.pop()
        if isinstance(value, dict | list):
            keyed = value.items() if isinstance(value, dict) else enumerate(value)
            pending.extend([(f"{name}[{key}]", inner) for key, inner in keyed][::-1])
        elif value is not None:
            pairs.append((name, value if isinstance(value, str) else json.dumps(value)))
    return pairs


def reason_phrase(status: int) -> str:
    """The words after the status of a response."""
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
