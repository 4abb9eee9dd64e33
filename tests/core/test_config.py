"""The options of a client: where they come from, which are refused, and that the key shows nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import date
from typing import Any

import httpx
import pytest

from mailerlite_async import AsyncMailerLite, Call, ConfigurationError, MailerLite, RateLimits, ServerError, calls
from mailerlite_async._http import Envelope, prepare
from mailerlite_async.config import DEFAULT_BASE_URL, make_config
from mailerlite_async.testing import Emulator

KEY = "the-secret-key-of-the-account"
VARIABLES = ("MAILERLITE_API_KEY", "MAILERLITE_BASE_URL", "MAILERLITE_API_VERSION")
DEFAULTS: dict[str, Any] = {
    "api_key": None,
    "base_url": None,
    "timeout": 30.0,
    "limits": None,
    "max_retries": 4,
    "max_wait": None,
    "api_version": None,
    "user_agent": None,
    "clock": None,
}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=[AsyncMailerLite, MailerLite])
def client_class(request: pytest.FixtureRequest) -> Any:
    return request.param


def config(**options: Any) -> Any:
    return make_config(**{**DEFAULTS, "api_key": KEY, **options})


# -- where options come from -------------------------------------------------------------------------------------------


def test_defaults() -> None:
    made = config()
    assert made.base_url == DEFAULT_BASE_URL == "https://connect.mailerlite.com/api"
    assert made.limits == RateLimits() == RateLimits(requests=120, imports=5, period=60.0)
    assert (made.options.timeout, made.options.max_retries, made.options.max_wait) == (30.0, 4, None)
    assert "X-Version" not in made.headers


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILERLITE_API_KEY", "from-environment")
    monkeypatch.setenv("MAILERLITE_BASE_URL", "https://example.com/api/")
    monkeypatch.setenv("MAILERLITE_API_VERSION", "2026-01-31")
    made = make_config(**DEFAULTS)
    assert (made.api_key, made.base_url) == ("from-environment", "https://example.com/api")
    assert made.headers["X-Version"] == "2026-01-31"


def test_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "!\n not even valid")
    made = config(base_url="https://example.org/api", api_version="2025-06-01")
    assert (made.api_key, made.base_url) == (KEY, "https://example.org/api")
    assert made.headers["X-Version"] == "2025-06-01"


@pytest.mark.parametrize("name", ["MAILERLITE_BASE_URL", "MAILERLITE_API_VERSION"])
def test_empty_variable_is_as_if_it_were_not_set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "")
    made = config()
    assert (made.base_url, "X-Version" in made.headers) == (DEFAULT_BASE_URL, False)


@pytest.mark.parametrize("written", [f" {KEY}", f"{KEY}\n", f"\t{KEY}\r\n "])
def test_key_is_trimmed(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    assert config(api_key=written).api_key == KEY
    monkeypatch.setenv("MAILERLITE_API_KEY", written)
    assert make_config(**DEFAULTS).api_key == KEY


def test_long_key_is_taken() -> None:
    assert len(config(api_key="k" * 2000).api_key) == 2000


def test_base_url_loses_its_last_slash() -> None:
    assert config(base_url="http://localhost:8025/api/").base_url == "http://localhost:8025/api"


def test_application_is_named_before_the_package() -> None:
    own = config().headers["User-Agent"]
    assert own.startswith("mailerlite-async/")
    assert config(user_agent="shop/2.1 (example.com)").headers["User-Agent"] == f"shop/2.1 (example.com) {own}"


# -- which are refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("timeout", value) for value in (0, -1, float("inf"), float("nan"), None, "30", True)),
        *(("max_retries", value) for value in (-1, 1.5, None, "4", True)),
        *(("max_wait", value) for value in (-0.1, float("nan"), "60", True)),
        *(("limits", value) for value in (120, {"requests": 120})),
        *(("user_agent", value) for value in ("", "shop\r\nX-Evil: 1", "shop\n", "caf\u00e9", "a\x00b", 7)),
        *(("api_version", value) for value in ("", "today", "2026-13-01", "2026-1-1", "2026-01-01\r\nX-Evil: 1")),
        *(("api_version", value) for value in ("20260101", "2026-W01-1", date(2026, 1, 1), 2026)),
        *(("base_url", value) for value in ("", "example.com", "ftp://example.com", "https://", "//example.com/api")),
        *(("base_url", value) for value in ("https://example.com/api?x=1", "https://example.com/api#x", "http://[::1")),
        *(("base_url", value) for value in ("http://example.com:abc/api", "http://example.com:99999/api", 5)),
        *(("base_url", value) for value in ("https://example.com/api\n", "https://exa mple.com/api")),
        ("base_url", "https://example.com/api?"),
        ("base_url", "https://user:password@example.com/api"),
        *(
            ("api_key", value)
            for value in ("a b", "key\r\nX-Evil: 1", "schl\u00fcssel", "k\x00", 'k"\u201d', 7, b"key")
        ),
    ],
)
def test_bad_option_is_refused_by_name(option: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=option):
        config(**{option: value})


@pytest.mark.parametrize(
    "option", ["timeout", "max_retries", "max_wait", "limits", "api_version", "user_agent", "base_url"]
)
def test_both_clients_refuse_bad_options(client_class: Any, option: str) -> None:
    with pytest.raises(ConfigurationError, match=option):
        client_class(KEY, **{option: "\n"})


@pytest.mark.parametrize("option", ["http_client", "transport", "clock"])
def test_object_of_another_kind_is_refused_by_name(client_class: Any, option: str) -> None:
    with pytest.raises(ConfigurationError, match=option):
        client_class(KEY, **{option: object()})


def test_transport_beside_a_client_of_ones_own_is_refused(client_class: Any) -> None:
    # The client would not use it: what was meant for the emulator would reach the real service.
    made = httpx.AsyncClient if client_class is AsyncMailerLite else httpx.Client
    with pytest.raises(ConfigurationError, match="transport"):
        client_class(KEY, http_client=made, transport=Emulator().transport())


def test_client_in_place_of_a_factory_is_refused_at_once(client_class: Any) -> None:
    with pytest.raises(ConfigurationError, match="http_client"):
        client_class(KEY, http_client=httpx.Client())


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MAILERLITE_BASE_URL", "example.com"),
        ("MAILERLITE_API_VERSION", "today"),
        ("MAILERLITE_API_KEY", "a b"),
    ],
)
def test_bad_variable_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv("MAILERLITE_API_KEY", KEY)
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=variable):
        MailerLite()


@pytest.mark.parametrize("key", [None, "", " \n"])
def test_missing_key_says_where_to_get_one(client_class: Any, key: str | None) -> None:
    with pytest.raises(ConfigurationError, match=r"pass api_key or set MAILERLITE_API_KEY .*Generate new token"):
        client_class(key)


def test_refused_key_is_not_in_the_message() -> None:
    with pytest.raises(ConfigurationError) as caught:
        MailerLite(f"{KEY}\nX-Evil: 1")
    assert KEY not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize("option", ["timeout", "max_retries", "max_wait"])
def test_views_check_their_options_too(client_class: Any, option: str) -> None:
    with pytest.raises(ConfigurationError, match=option):
        client_class(KEY).with_options(**{option: -1})


@pytest.mark.parametrize(
    ("option", "value"),
    [("requests", 0), ("imports", -1), ("period", 0), ("burst", 0), ("headroom", -1), ("share", 0), ("share", 1.5)],
)
def test_limits_name_the_number_that_is_out_of_range(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=option):
        RateLimits(**{option: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("requests", "120"), ("requests", True), ("requests", 1.5), ("requests", None), ("imports", "5")),
        *(("period", "60"), ("period", None), ("burst", 0.5), ("headroom", 2.0), ("share", "1/8"), ("share", None)),
    ],
)
def test_limits_name_what_is_no_number(option: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"^{option} must be a (whole )?number, not {type(value).__name__}$"):
        RateLimits(**{option: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
@pytest.mark.parametrize("option", ["period", "share"])
def test_limits_are_finite(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{option} must be a finite number$"):
        RateLimits(**{option: value})  # type: ignore[arg-type]


# -- the key shows nowhere ---------------------------------------------------------------------------------------------


def test_key_is_in_no_repr(client_class: Any) -> None:
    client = client_class(KEY)
    for thing in (client, client._caller, client._caller.engine, client.with_options(timeout=1), client.subscribers):
        assert KEY not in f"{thing!r} {thing!s}"
    assert KEY not in f"{client._caller.engine.config!r} {client._caller.engine.config!s}"
    for part in vars(client._caller.engine).values():
        assert KEY not in f"{part!r} {part!s}"


def test_key_is_in_no_repr_of_a_request() -> None:
    made = config()
    request = prepare(calls.subscribers.get("ann@example.com"), Envelope(made), 30.0)
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in f"{request!r} {request.headers!r} {request.extensions!r}"
    assert KEY not in f"{calls.subscribers.get('1')!r} {made.headers!r}"


@pytest.mark.parametrize("flavour", ["async", "sync"])
def test_key_and_addresses_are_in_no_log(caplog: pytest.LogCaptureFixture, flavour: str) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "asyncio", "mailerlite_async"):
        caplog.set_level(logging.DEBUG, logger=name)
    emulator = Emulator()
    emulator.fault("html", route="/groups")
    steps: list[Call[Any]] = [
        calls.subscribers.upsert("secretive@example.com", fields={"name": "Secretive"}),
        calls.subscribers.get("secretive@example.com"),
        calls.subscribers.list(email="secretive@example.com"),
        calls.groups.create("Secretive"),
    ]
    with emulator.serve() as base_url:
        if flavour == "sync":
            with MailerLite(KEY, base_url=base_url) as ml:
                for step in steps:
                    with contextlib.suppress(ServerError):
                        ml.execute(step)
        else:
            asyncio.run(run_all(base_url, steps))
    assert len(emulator.requests) == 4
    assert KEY not in caplog.text
    assert [record.name for record in caplog.records if record.name.startswith("mailerlite_async")] == []
    assert [record.getMessage() for record in caplog.records if "secretive" in record.getMessage().lower()] == []
    # httpx itself writes the URL of every call at level INFO.
    assert "/api/groups" in caplog.text


async def run_all(base_url: str, steps: list[Call[Any]]) -> None:
    async with AsyncMailerLite(KEY, base_url=base_url) as ml:
        for step in steps:
            with contextlib.suppress(ServerError):
                await ml.execute(step)


def test_every_request_carries_the_headers_of_the_api() -> None:
    made = config(api_version="2026-01-31", user_agent="shop/2.1")
    bare = httpx.Headers(prepare(calls.groups.list(), Envelope(made), 30.0).headers)
    assert bare["accept"] == bare["content-type"] == "application/json"
    assert bare["x-version"] == "2026-01-31"
    assert bare["user-agent"].startswith("shop/2.1 mailerlite-async/")
