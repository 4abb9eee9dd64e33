"""The connection to Redis: one script, the keys of one account, and a short patience."""

from __future__ import annotations

import hashlib
import hmac
import json
from importlib import resources
from typing import Any

from mailerlite_async._redis.store import RedisStore
from mailerlite_async.errors import ConfigurationError

try:
    import redis
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as LostConnectionError
    from redis.exceptions import NoScriptError, RedisError
    from redis.retry import Retry
except ImportError as error:
    raise ConfigurationError(
        "a store in Redis needs the package redis: pip install 'mailerlite-async[redis]'"
    ) from error

_KEYS = (
    "state", "calls", "background", "seen", "waiting", "foreground",
    "flying", "back", "imports-flying", "imports-back",
)  # fmt: skip

FAILURES = (RedisError, OSError, ValueError)
"""What a round trip can fail with: `ValueError` for an answer that is none of the script's."""

LOST = LostConnectionError
"""What says at once that a connection is gone, so that a new one is worth trying."""


def account_of(api_key: str, base_url: str) -> str:
    """A name for the account, from which the key cannot be told."""
    return hmac.new(api_key.encode(), base_url.encode(), hashlib.sha256).hexdigest()[:32]


def script() -> str:
    """The source of the script."""
    folder = resources.files("mailerlite_async._redis")
    return "".join(folder.joinpath(name).read_text("utf-8") for name in ("lanes.lua", "exchange.lua"))


class Connection:
    """Runs the script for one account.

    Args:
        store: where Redis is.
        account: from `account_of`.
    """

    def __init__(self, store: RedisStore, account: str) -> None:
        self._source = script()
        self._digest = hashlib.sha1(self._source.encode(), usedforsecurity=False).hexdigest()
        # Braces keep the keys together on one node of a cluster.
        self._keys = [f"{store.prefix}:{{{account}}}:{name}" for name in _KEYS]
        self._client: Any = redis.Redis.from_url(
            store.url,
            socket_timeout=store.timeout,
            socket_connect_timeout=store.timeout,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
            protocol=2,  # what every Redis speaks
            max_connections=1,
        )

    def ping(self) -> None:
        """See whether Redis answers.

        Raises:
            RedisError: if it does not; see `FAILURES`.
        """
        self._client.ping()

    def exchange(self, question: dict[str, Any]) -> dict[str, Any]:
        """One round trip.

        Raises:
            RedisError: if it failed; see `FAILURES`.
        """
        arguments = [*self._keys, json.dumps(question)]
        try:
            answer = self._client.evalsha(self._digest, len(self._keys), *arguments)
        except NoScriptError:
            answer = self._client.eval(self._source, len(self._keys), *arguments)
        parsed: dict[str, Any] = json.loads(answer)
        return parsed

    def reset(self) -> None:
        """Drop the connection; the next exchange makes a new one."""
        self._client.connection_pool.disconnect()
