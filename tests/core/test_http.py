"""What is read from httpx: pauses in either form of Retry-After, and faults that prove that nothing was sent."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailerlite_async import calls
from mailerlite_async._call import Call
from mailerlite_async._http import Envelope, fault_of, prepare, read, retry_after_seconds
from mailerlite_async.config import make_config

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


def http_date(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.fixture
def far_time_zone() -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone of a process cannot be set here")
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Pacific/Kiritimati"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("1", 1),
        ("119", 119),
        ("1.5", 1.5),
        (" 60 ", 60),
        ("3600", 3600),
        ("-5", 0),
        ("-0.1", 0),
        ("1e2", 100),
        ("99999999999", 30 * 86_400),
    ],
)
def test_seconds(value: str, seconds: float) -> None:
    assert retry_after_seconds(value, None, NOW.timestamp()) == seconds


@pytest.mark.parametrize("value", [None, "", "soon", "nan", "inf", "-inf", "1e999", "1 minute", "12:00", "\x00", "²"])
def test_what_is_neither_is_as_if_it_were_not_there(value: str | None) -> None:
    assert retry_after_seconds(value, None, NOW.timestamp()) is None


def test_a_date_at_the_end_of_time_is_a_month_ahead() -> None:
    assert retry_after_seconds("Fri, 31 Dec 9999 23:59:59 GMT", None, NOW.timestamp()) == 30 * 86_400


@pytest.mark.parametrize(("ahead", "seconds"), [(0, 0), (1, 1), (119, 119), (86_400, 86_400), (-30, 0)])
def test_date_is_read_against_the_local_clock(ahead: float, seconds: float) -> None:
    assert retry_after_seconds(http_date(ahead), None, NOW.timestamp()) == seconds


def test_date_is_read_against_the_date_of_the_answer_since_clocks_differ() -> None:
    wrong_by_an_hour = NOW.timestamp() + 3600
    assert retry_after_seconds(http_date(60), http_date(0), wrong_by_an_hour) == 60
    assert retry_after_seconds(http_date(60), http_date(90), wrong_by_an_hour) == 0


def test_unreadable_date_of_the_answer_is_ignored() -> None:
    assert retry_after_seconds(http_date(60), "yesterday", NOW.timestamp()) == 60


def test_date_of_the_answer_does_not_matter_for_seconds() -> None:
    assert retry_after_seconds("60", http_date(1000), NOW.timestamp()) == 60


@pytest.mark.parametrize("zone", ["GMT", "+0000", "-0000", ""])
@pytest.mark.usefixtures("far_time_zone")
def test_dates_of_answers_are_utc_wherever_the_machine_is(zone: str) -> None:
    value = f"Thu, 01 Jan 2026 12:01:00 {zone}".strip()
    assert retry_after_seconds(value, None, NOW.timestamp()) == 60


@settings(deadline=None, max_examples=300)
@given(value=st.text(max_size=30), date=st.none() | st.text(max_size=30))
@example(value="Thu, 01 Jan 0001 00:00:00", date=None)
@example(value="Thu, 01 Jan 2026 12:00:00 +9999", date=None)
@example(value="Thu, 99 Jan 2026 99:99:99 GMT", date="Thu, 01 Jan 99999 00:00:00 GMT")
def test_no_header_makes_a_mess(value: str, date: str | None) -> None:
    seconds = retry_after_seconds(value, date, NOW.timestamp())
    assert seconds is None or 0 <= seconds < float("inf")


def test_answer_has_names_in_lower_case_and_its_pause() -> None:
    response = httpx.Response(
        503,
        headers=[
            ("X-RateLimit-Limit", "120"),
            ("Retry-After", http_date(30)),
            ("Date", http_date(0)),
            ("X-A", "1"),
            ("X-A", "2"),
        ],
        content=b"busy",
    )
    answer = read(response, 0.0, 0.5)
    assert (answer.status, answer.body, answer.retry_after) == (503, b"busy", 30)
    assert answer.headers["x-ratelimit-limit"] == "120"
    assert answer.headers["x-a"] == "1, 2"
    assert [name for name in answer.headers if name != name.lower()] == []


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"X-City", "Vilnius, Šeškinė".encode()), (b"X-B", b"2")],
        [(b"X-City", "Malmö".encode("latin-1")), (b"X-City", b"Lund")],
        [(b"A", b"1"), (b"a", b"2"), (b"B", b"")],
    ],
)
def test_headers_are_those_of_httpx(headers: list[tuple[bytes, bytes]]) -> None:
    response = httpx.Response(200, headers=headers, stream=httpx.ByteStream(b""))
    response.read()
    assert read(response, 0.0, 0.5).headers == dict(response.headers.items())


@pytest.mark.parametrize(
    "base_url",
    [
        "https://connect.mailerlite.com/api",
        "https://EXAMPLE.com:443/v3/",
        "http://[::1]:8025/api",
        "http://localhost:8025",
        "http://127.0.0.1:80/a%20b//",
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        calls.subscribers.get("ann+50%@example.com"),
        calls.subscribers.list(email="ann&co#1@example.com", cursor="a/b?c=d e"),
        calls.cart_items.get("1", "shop.2", "a:b;c~d", by_resource_id=True),
        calls.subscribers.delete(1),
    ],
    ids=repr,
)
def test_url_is_the_base_and_what_the_call_says(base_url: str, call: Call[Any]) -> None:
    config = make_config(
        api_key="key",
        base_url=base_url,
        timeout=30.0,
        limits=None,
        max_retries=0,
        max_wait=None,
        api_version=None,
        user_agent=None,
        clock=None,
    )
    base = httpx.URL(base_url)
    whole = base.copy_with(raw_path=base.raw_path.rstrip(b"/") + call.target.encode("ascii"))
    request = prepare(call, Envelope(config), 30.0)
    assert request.url == whole
    assert (request.url.raw_path, request.url.fragment) == (whole.raw_path, "")
    assert request.headers["host"] == whole.netloc.decode("ascii")


FAULTS = [
    (httpx.ConnectError, False, False),
    (httpx.ConnectTimeout, False, True),
    (httpx.PoolTimeout, False, True),
    (httpx.ProxyError, False, False),
    (httpx.UnsupportedProtocol, False, False),
    (httpx.LocalProtocolError, True, False),
    (httpx.ReadError, True, False),
    (httpx.ReadTimeout, True, True),
    (httpx.WriteError, True, False),
    (httpx.WriteTimeout, True, True),
    (httpx.CloseError, True, False),
    (httpx.RemoteProtocolError, True, False),
    (httpx.DecodingError, True, False),
    (httpx.TooManyRedirects, True, False),
]


@pytest.mark.parametrize(("error", "maybe_received", "timeout"), FAULTS)
def test_faults_tell_whether_the_call_may_have_arrived(
    error: type[httpx.RequestError], maybe_received: bool, timeout: bool
) -> None:
    fault = fault_of(error("GET https://example.com/subscribers/ann@example.com"), sent=True)
    assert (fault.maybe_received, fault.timeout) == (maybe_received, timeout)
    assert fault.reason == error.__name__


@pytest.mark.parametrize("error", [error for error, _, _ in FAULTS])
def test_nothing_can_have_arrived_before_the_first_byte(error: type[httpx.RequestError]) -> None:
    assert fault_of(error("x"), sent=False).maybe_received is False


def test_every_fault_of_httpx_is_in_the_table() -> None:
    def leaves(cls: type[Exception]) -> Iterator[type[Exception]]:
        children = cls.__subclasses__()
        for child in children:
            yield from leaves(child)
        if not children:
            yield cls

    assert {cls for cls in leaves(httpx.RequestError) if cls.__module__ == "httpx"} == {cls for cls, _, _ in FAULTS}
