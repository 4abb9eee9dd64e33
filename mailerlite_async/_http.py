"""What both engines need to know of httpx: which faults prove that nothing was sent, and how an answer is read."""

from __future__ import annotations

import logging
import math
import sys
from datetime import UTC
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar
from typing import Any

import httpx

from mailerlite_async._bodies import encode, is_text
from mailerlite_async._call import Call
from mailerlite_async._flow import Answer, Fault
from mailerlite_async._unset import UNSET
from mailerlite_async.config import Config
from mailerlite_async.errors import ConfigurationError

# Not `LocalProtocolError`: over HTTP/2 it may be the answer that breaks the rules. What is wrong with a request shows
# before its first byte is written, and that is noted.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

# Names, since aiohttp need not be there.
_NEVER_SENT_BY_AIOHTTP = {"ClientConnectorError", "ConnectionTimeoutError", "ClientHttpProxyError", "InvalidURL"}

POOL_LIMITS = httpx.Limits(max_connections=50, max_keepalive_connections=50)
"""For tasks. The pool looks at each of its connections whenever a call begins or ends, so more of them cost more than
they gain: see docs/speed.md. As many may be idle as there may be, since it closes those in excess."""

THREAD_POOL_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None)
"""For threads, one connection for each that makes a call. A pool that is full, or has idle connections in excess,
closes an idle one, and that of one thread may be closed by another that has just seen it idle. The call on it would
fail, or wait for its answer until the timeout."""


class _NoCookies(CookieJar):
    """Keeps no cookies: with requests that are handed over whole, httpx would send none of them."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Do not look for any, on which httpx spends more than on anything else in a call but the wire."""


CLIENT_OPTIONS: dict[str, Any] = {
    "auth": httpx.Auth(),  # the key is in the headers; httpx would look for a name and a password in each URL
    "cookies": _NoCookies(),
}
"""For clients of our own, to leave out what a call of this API has no use for. It does not touch those of users."""

_LONGEST_PAUSE = 30 * 86_400.0  # seconds: on some systems a thread cannot wait for two months in one go
_TIMEOUTS = ("connect", "read", "write", "pool")
_WITH_LENGTH = frozenset({"POST", "PUT"})


class _WithoutAddresses(logging.Filter):
    """Takes addresses out of the lines in which httpx logs each request with its URL."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_without_addresses(value) for value in record.args)
        return True


def _without_addresses(value: object) -> object:
    if not isinstance(value, httpx.URL):
        return value
    path, mark, query = value.raw_path.decode("ascii").partition("?")
    if not (_has_address(path) or _has_address(query)):
        return value
    # Text, and no new URL: that of somebody else's request may be none any more without the address.
    path = "/".join("<address>" if _has_address(segment) else segment for segment in path.split("/"))
    query = "&".join(_without_address(parameter) for parameter in query.split("&"))
    return f"{value.scheme}://{value.netloc.decode('ascii')}{path}{mark}{query}"


def _has_address(encoded: str) -> bool:
    return "@" in encoded or "%40" in encoded


def _without_address(parameter: str) -> str:
    if not _has_address(parameter):
        return parameter
    name, equals, _ = parameter.partition("=")
    return f"{name}=<address>" if equals and not _has_address(name) else "<address>"


_ADDRESS_FILTER = _WithoutAddresses()


def keep_addresses_out_of_logs() -> None:
    """Have httpx log the paths of requests without the addresses in them, whoever makes the requests."""
    logging.getLogger("httpx").addFilter(_ADDRESS_FILTER)


def check_kind(value: object, kind: type, argument: str) -> None:
    """Refuse an option of another kind.

    Raises:
        ConfigurationError: naming the argument and the kind.
    """
    if value is not None and not isinstance(value, kind):
        raise ConfigurationError(f"{argument} must be an {kind.__module__}.{kind.__name__}, not {type(value).__name__}")


def has_connections(transport: object) -> bool:
    """Whether a transport given by the user keeps connections open, which no other process or loop may use."""
    return isinstance(transport, httpx.HTTPTransport | httpx.AsyncHTTPTransport)


class Envelope:
    """What all requests of a client have in common, worked out once.

    Args:
        config: of the client.
    """

    __slots__ = ("base", "headers")

    def __init__(self, config: Config) -> None:
        url = httpx.URL(config.base_url)
        self.base: str = str(url).rstrip("/")
        host = url.netloc.decode("ascii")
        # The key travels in httpx.Headers, whose repr hides it, and not in the defaults of a client made elsewhere.
        self.headers: httpx.Headers = httpx.Headers(
            {"Host": host, **config.headers, "Authorization": f"Bearer {config.api_key}"}
        )


def prepare(call: Call[Any], envelope: Envelope, timeout: float) -> httpx.Request:
    """The HTTP request of a call. Its URL is what the call says, whatever the client's own base URL is."""
    try:
        # Parsed as one text: `copy_with` on a parsed base checks each part anew, which takes half as long again.
        url = httpx.URL(envelope.base + call.target)
    except UnicodeEncodeError:
        name = next(name for name, value in call.params if not is_text(value))
        raise ValueError(f"{name} is not valid Unicode text") from None
    except httpx.InvalidURL as error:  # ids and addresses are checked; a filter or a cursor may be of any length
        raise ValueError(f"{call.method} {call.route}: {error}") from None
    content = b"" if call.json is UNSET else encode(call.json)
    request = httpx.Request(
        call.method,
        url,
        headers=envelope.headers,  # the request copies them
        # With `content` httpx would go through all headers for those it adds, for each call anew.
        stream=httpx.ByteStream(content),
        extensions={"timeout": dict.fromkeys(_TIMEOUTS, timeout)},
    )
    if content or call.method in _WITH_LENGTH:
        request.headers["Content-Length"] = str(len(content))
    request.read()  # for transports that ask for the content, not for the stream
    return request


def read(response: httpx.Response, now: float, seconds: float) -> Answer:
    """The answer as the flow takes it; `now` in seconds since the epoch, `seconds` how long it took."""
    headers = _by_name(response.headers)
    return Answer(
        status=response.status_code,
        headers=headers,
        body=_content(response),
        seconds=seconds,
        retry_after=retry_after_seconds(headers.get("retry-after"), headers.get("date"), now),
    )


def _content(response: httpx.Response) -> bytes:
    try:
        return response.content
    except httpx.ResponseNotRead:  # a hook of the user's client has raised before it was
        return b""


def _by_name(headers: httpx.Headers) -> dict[str, str]:
    """Each header once, its name in lower case."""
    try:
        pairs = [(name.lower().decode("ascii"), value.decode("ascii")) for name, value in headers.raw]
    except UnicodeDecodeError:
        return dict(headers.items())
    found = dict(pairs)
    # httpx knows other encodings and joins what was repeated, but looks up the encoding for each text anew.
    return found if len(found) == len(pairs) else dict(headers.items())


def transport_errors() -> tuple[type[Exception], ...]:
    """What a transport may raise: httpx-aiohttp lets some of aiohttp's exceptions through."""
    aiohttp = sys.modules.get("aiohttp")
    return (httpx.HTTPError, httpx.InvalidURL, *(() if aiohttp is None else (aiohttp.ClientError,)))


def fault_of(error: Exception, *, sent: bool, seconds: float = 0.0) -> Fault:
    """What an exception of httpx, or of aiohttp below it, means.

    Args:
        error: the exception.
        sent: False only if it is certain that not a byte of the request was written.
        seconds: how long it took to fail.
    """
    if (own := _aiohttp_error(error)) is not None:
        return Fault(
            reason=type(own).__name__,
            maybe_received=sent and not _kinds(own) & _NEVER_SENT_BY_AIOHTTP,
            timeout=isinstance(own, TimeoutError),
            seconds=seconds,
        )
    return Fault(
        reason=type(error).__name__,  # its text may hold the URL, and with it an address
        maybe_received=sent and not isinstance(error, _NEVER_SENT),
        timeout=isinstance(error, httpx.TimeoutException),
        seconds=seconds,
    )


def _aiohttp_error(error: Exception) -> BaseException | None:
    """The exception of aiohttp behind one that httpx-aiohttp made of it.

    Theirs tells too little: a connection that was reset while the answer was awaited comes as a `ConnectTimeout`.
    """
    for each in (error, error.__cause__):
        if each is not None and type(each).__module__.partition(".")[0] == "aiohttp":
            return each
    return None


def _kinds(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def retry_after_seconds(value: str | None, date: str | None, now: float) -> float | None:
    """Seconds from either form of `Retry-After`.

    Args:
        value: the header: seconds, or an HTTP date. More than 30 days count as 30 days.
        date: the answer's `Date`, against which the date form is read if possible, since clocks differ.
        now: the local time in seconds since the epoch.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        until = _timestamp(value)
        if until is None:
            return None
        sent = _timestamp(date) if date is not None else None
        seconds = until - (now if sent is None else sent)
    return min(max(0.0, seconds), _LONGEST_PAUSE) if math.isfinite(seconds) else None


def _timestamp(value: str) -> float | None:
    try:
        date = parsedate_to_datetime(value)
        return (date if date.tzinfo is not None else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
