"""The options of a client, checked once and shared by both flavours."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from mailerlite_async._clock import Clock, SystemClock
from mailerlite_async._unset import UNSET, Unset
from mailerlite_async._version import __version__
from mailerlite_async.errors import ConfigurationError
from mailerlite_async.limits import RateLimits

if TYPE_CHECKING:
    from mailerlite_async._flow import Attempt

DEFAULT_BASE_URL = "https://connect.mailerlite.com/api"

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_HEADER_TEXT = re.compile(r"[\x20-\x7e]+")


class Options(msgspec.Struct, frozen=True):
    """What a view made by `with_options` can change.

    Attributes:
        timeout: seconds for connecting, and between two pieces of the answer.
        max_retries: repetitions after the first attempt.
        max_wait: seconds a call may wait in all, for limits and between attempts; None for as long as it takes.
        background: True lets every foreground call of the same ledger go first.
    """

    timeout: float
    max_retries: int
    max_wait: float | None
    background: bool = False

    def evolve(
        self,
        timeout: float | Unset = UNSET,
        max_retries: int | Unset = UNSET,
        max_wait: float | None | Unset = UNSET,
        background: bool | Unset = UNSET,
    ) -> Options:
        """The same options with some of them changed.

        Raises:
            ConfigurationError: naming the one that is out of range.
        """
        changes: dict[str, Any] = {
            "timeout": timeout,
            "max_retries": max_retries,
            "max_wait": max_wait,
            "background": background,
        }
        changed = msgspec.structs.replace(
            self, **{name: value for name, value in changes.items() if value is not UNSET}
        )
        changed.check()
        return changed

    def check(self) -> None:
        """Refuse values that are out of range."""
        if not (_is_number(self.timeout) and 0 < self.timeout < float("inf")):
            raise ConfigurationError("timeout must be a number of seconds above 0")
        if isinstance(self.max_retries, bool) or not isinstance(self.max_retries, int) or self.max_retries < 0:
            raise ConfigurationError("max_retries must be a whole number, 0 or more")
        if self.max_wait is not None and not (_is_number(self.max_wait) and self.max_wait >= 0):
            raise ConfigurationError("max_wait must be a number of seconds, 0 or more, or None")


class Config(msgspec.Struct, frozen=True):
    """Everything a client needs to know; the key is in no repr.

    Attributes:
        api_key: sent as a bearer token.
        base_url: without a slash at its end.
        headers: for every request, but the authorization.
        limits: of the account.
        clock: the time.
        options: what `with_options` can change.
        on_attempt: called after each attempt.
    """

    api_key: str
    base_url: str
    headers: Mapping[str, str]
    limits: RateLimits
    clock: Clock
    options: Options
    on_attempt: Callable[[Attempt], object] | None = None

    def __repr__(self) -> str:
        return f"<Config {self.base_url}>"


def make_config(
    *,
    api_key: str | None,
    base_url: str | None,
    timeout: float,
    limits: RateLimits | None,
    max_retries: int,
    max_wait: float | None,
    api_version: str | None,
    user_agent: str | None,
    clock: Clock | None,
    on_attempt: Callable[[Attempt], object] | None = None,
) -> Config:
    """Check the arguments of a client; what is None comes from the environment or has a default.

    Raises:
        ConfigurationError: naming the argument or variable that is missing or wrong.
    """
    options = Options(timeout=timeout, max_retries=max_retries, max_wait=max_wait)
    options.check()
    if limits is not None and not isinstance(limits, RateLimits):
        raise ConfigurationError("limits must be a RateLimits")
    if clock is not None and not callable(getattr(clock, "monotonic", None)):
        raise ConfigurationError(f"clock must be a Clock, not {type(clock).__name__}")
    if on_attempt is not None and not callable(on_attempt):
        raise ConfigurationError("on_attempt must be a function")
    return Config(
        api_key=_api_key(api_key),
        base_url=_base_url(base_url),
        headers=_headers(api_version, user_agent),
        limits=limits or RateLimits(),
        clock=clock or SystemClock(),
        options=options,
        on_attempt=on_attempt,
    )


def _api_key(argument: str | None) -> str:
    name = "api_key" if argument is not None else "MAILERLITE_API_KEY"
    _require_text(argument, name)
    key = (argument if argument is not None else os.environ.get("MAILERLITE_API_KEY", "")).strip()
    if not key:
        raise ConfigurationError(
            "no API key: pass api_key or set MAILERLITE_API_KEY "
            "(MailerLite shows a new key under Integrations, MailerLite API, Generate new token)"
        )
    if not _VISIBLE_ASCII.fullmatch(key):
        raise ConfigurationError(f"{name} holds a character that no API key has, perhaps a line break or a quote")
    return key


def _base_url(argument: str | None) -> str:
    name = "base_url" if argument is not None else "MAILERLITE_BASE_URL"
    _require_text(argument, name)
    url = argument if argument is not None else os.environ.get("MAILERLITE_BASE_URL") or DEFAULT_BASE_URL
    try:
        parts = urlsplit(url)
        valid = (
            bool(_VISIBLE_ASCII.fullmatch(url))
            and parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0  # reading it refuses one out of range
            and not any(mark in url for mark in "?#@")
        )
    except ValueError:
        valid = False
    if not valid:
        raise ConfigurationError(
            f"{name} must be an http or https URL without a query or a password, such as {DEFAULT_BASE_URL}"
        )
    return url.rstrip("/")


def _headers(api_version: str | None, user_agent: str | None) -> dict[str, str]:
    name = "api_version" if api_version is not None else "MAILERLITE_API_VERSION"
    version = api_version if api_version is not None else os.environ.get("MAILERLITE_API_VERSION") or None
    _require_text(api_version, name)
    _require_text(user_agent, "user_agent")
    own = f"mailerlite-async/{__version__} python/{sys.version.split()[0]}"
    if user_agent is not None and not _HEADER_TEXT.fullmatch(user_agent):
        raise ConfigurationError("user_agent must be printable ASCII text")
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",  # what httpx decodes with the standard library alone
        "Content-Type": "application/json",
        "User-Agent": f"{user_agent} {own}" if user_agent else own,
    }
    if version is not None:
        try:
            written_so = date.fromisoformat(version).isoformat() == version
        except ValueError:
            written_so = False
        if not written_so:
            raise ConfigurationError(f"{name} must be a date written YYYY-MM-DD")
        headers["X-Version"] = version
    return headers


def _require_text(value: object, name: str) -> None:
    if value is not None and not isinstance(value, str):
        raise ConfigurationError(f"{name} must be text, not {type(value).__name__}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)
