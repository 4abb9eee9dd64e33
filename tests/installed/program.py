"""Run by `nox -s installed` in an environment that holds the wheel and at most one extra: does what needs no more.

python -I -W error tests/installed/program.py [EXTRA]
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import importlib.util
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mailerlite_async
from mailerlite_async import AsyncMailerLite, ConfigurationError, MailerLite, RateLimits
from mailerlite_async.testing import Emulator, VirtualClock

NAME = "mailerlite-async"
# Modules that no extra names: httpx-aiohttp brings aiohttp along, and the plugin is loaded by pytest alone.
UNNAMED = ("aiohttp", "pytest")


def requirements() -> dict[str, set[str]]:
    """The modules that each extra needs; "" are those that are always there. Each is named as its distribution."""
    found: dict[str, set[str]] = {"": set()}
    for line in importlib.metadata.requires(NAME) or []:
        match = re.match(r"([\w.-]+)[^;]*(?:;.*extra == ['\"]([\w-]+)['\"])?", line)
        assert match is not None
        found.setdefault(match[2] or "", set()).add(match[1].replace("-", "_").lower())
    return found


def is_there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def httpx_loads() -> set[str]:
    """What httpx loads by itself: h11, and click and rich for its own command line where they are there."""
    code = "import sys, httpx; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


def call_the_emulator() -> None:
    """One call in process with each client."""
    clock = VirtualClock()
    emulator = Emulator(clock=clock)
    emulator.seed(subscribers=["ann@example.com"])
    emulator.fault("error", status=503, times=1)
    with MailerLite("any", transport=emulator.transport(), clock=clock) as ml:
        assert ml.subscribers.get("ann@example.com").email == "ann@example.com"

    async def main() -> None:
        async with AsyncMailerLite("any", transport=emulator.transport(), clock=clock) as ml:
            assert [person.email async for person in ml.subscribers.iter()] == ["ann@example.com"]

    clock.run(main())
    assert [request.status for request in emulator.requests] == [503, 200, 200]


def import_everything(missing: set[str]) -> list[str]:
    """Import every module of the package.

    Args:
        missing: modules that only extras bring along, and that are not there.

    Returns:
        The modules that need one of these.
    """
    needy: list[str] = []
    for module in pkgutil.walk_packages(mailerlite_async.__path__, "mailerlite_async."):
        if module.name.endswith("__main__"):
            continue
        try:
            importlib.import_module(module.name)
        except (ImportError, ConfigurationError) as error:
            # What fails with our own error, which says what to install, fails because of an ImportError.
            lacking = error if isinstance(error, ImportError) else error.__cause__
            name = lacking.name if isinstance(lacking, ImportError) else None
            if (name or "").partition(".")[0] not in missing:
                raise
            needy.append(module.name)
    return needy


def try_cli() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name(NAME), "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "import" in done.stdout


def try_redis() -> None:
    MailerLite("any", limits=RateLimits(store="redis://127.0.0.1:1/0")).close()


def try_aiohttp() -> None:
    httpx_aiohttp = importlib.import_module("httpx_aiohttp")

    async def main(url: str) -> None:
        async with AsyncMailerLite("any", base_url=url, http_client=httpx_aiohttp.HttpxAiohttpClient) as ml:
            assert await ml.subscribers.count() == 0

    with Emulator().serve() as url:
        asyncio.run(main(url))
    importlib.import_module("mailerlite_async.webhooks.aiohttp")


def try_starlette() -> None:
    starlette = importlib.import_module("mailerlite_async.webhooks.starlette")
    webhooks = importlib.import_module("mailerlite_async.webhooks")
    application = importlib.import_module("starlette.applications").Starlette()
    inbox = webhooks.Inbox(print, secrets="secret")
    application.add_route("/webhooks/mailerlite", starlette.endpoint(inbox), methods=["POST"])


def try_testing() -> None:
    with Emulator().serve() as url, MailerLite("any", base_url=url) as ml:
        assert ml.subscribers.count() == 0


# More than that what an extra brings along can be imported.
TRIALS: dict[str, Callable[[], None]] = {
    "cli": try_cli,
    "redis": try_redis,
    "aiohttp": try_aiohttp,
    "starlette": try_starlette,
    "testing": try_testing,
}


def main(extra: str) -> None:
    """Do what must work with this extra; "" is none."""
    checkout = Path(__file__).resolve().parent.parent.parent
    assert checkout / "mailerlite_async" not in Path(mailerlite_async.__file__).resolve().parents
    needed = requirements()
    assert extra in needed, f"there is no extra {extra}; there are {sorted(needed)}"
    missing = {module for modules in needed.values() for module in modules if not is_there(module)}
    assert not missing & (needed[""] | needed[extra])

    for name in mailerlite_async.__all__:
        getattr(mailerlite_async, name)
    call_the_emulator()
    optional = {module for name, modules in needed.items() if name for module in modules} - needed[""] - httpx_loads()
    assert optional, "without extras this shows nothing"
    assert not optional & sys.modules.keys(), "a plain call loads what only extras bring along"

    for module in sorted(needed[extra]):
        importlib.import_module(module)
    needy = import_everything(missing | {module for module in UNNAMED if not is_there(module)})
    if not extra:
        assert "mailerlite_async.cli.program" in needy, "the environment is not empty"
    TRIALS.get(extra, lambda: None)()
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"Python {version}, {extra or 'no'} extra: {len(needy)} modules need another one")


if __name__ == "__main__":
    main(*sys.argv[1:] or [""])
