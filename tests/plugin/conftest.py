"""A pytest of its own for the tests of the plugin."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence

import pytest

# A run in this process forgets what it has imported. What others hold on to must not be there twice.
for module in (
    *("anyio._backends._asyncio", "h11", "httpcore"),
    *("mailerlite_async._async.client", "mailerlite_async._async.engine", "mailerlite_async._async.bulk"),
    *("mailerlite_async._sync.client", "mailerlite_async._sync.engine", "mailerlite_async.calls"),
    *("mailerlite_async.models", "mailerlite_async.testing._adoption", "mailerlite_async.testing._marker"),
    *("mailerlite_async.testing._network_guard", "mailerlite_async.testing._request_report"),
    *("mailerlite_async.testing._environment", "mailerlite_async.testing._import_watch"),
    *("mailerlite_async.testing._hidden_frames", "mailerlite_async.testing._kept_clients"),
    *("mailerlite_async.testing._standing_server", "mailerlite_async.testing.pytest_plugin"),
):
    importlib.import_module(module)

PLUGIN = "mailerlite_async.testing.pytest_plugin"
STRICT = ("-W", "error", "-p", "no:cacheprovider", "--strict-markers", "--strict-config", "--import-mode=importlib")

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs tests given as text, as strictly as pytest can be told to, with the plugins named and no others."""

    def run(text: str, *arguments: str, plugins: Sequence[str] = (), **outcomes: int) -> pytest.RunResult:
        # Loading all that is installed would cost a second for each run; tests/plugin/test_loading.py does.
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        pytester.makepyfile(text)
        loaded = [argument for name in (PLUGIN, *plugins) for argument in ("-p", name)]
        result = pytester.runpytest_inprocess(*STRICT, *loaded, *arguments)
        result.assert_outcomes(**outcomes)
        return result

    return run


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAILERLITE_API_KEY", "MAILERLITE_BASE_URL", "MAILERLITE_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
