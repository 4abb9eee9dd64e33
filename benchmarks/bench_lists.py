"""A list of 100,000 subscribers over real HTTP on loopback, walked to its end by several clients.

The emulator runs in a process of its own, its limits out of the way. Each walk is a fresh process that counts the
subscribers and keeps none, so that its largest resident set shows whether the list was ever there as a whole. The
loops by hand are httpx, `json.loads` and the cursor; what the others do beyond them is what they cost.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measuring import Figure, Table, emulator, in_turn, ratios
from benchmarks.running import main

SIZE = 100
BY_HAND, BY_HAND_ASYNC = "httpx by hand", "httpx by hand, asyncio"


# -- the walks: each runs in a process of its own, and imports only what it needs --------------------------------------


def nothing(url: str) -> int:
    from mailerlite_async import MailerLite

    MailerLite("key", base_url=url).close()
    return 0


def ours_sync(url: str) -> int:
    from mailerlite_async import MailerLite, RateLimits

    with MailerLite("key", base_url=url, limits=RateLimits(requests=1_000_000)) as ml:
        return sum(1 for person in ml.subscribers.iter(page_size=SIZE) if person.email)


def ours_async(url: str, *, prefetch: bool = False) -> int:
    from mailerlite_async import AsyncMailerLite, RateLimits

    async def walk() -> int:
        count = 0
        async with AsyncMailerLite("key", base_url=url, limits=RateLimits(requests=1_000_000)) as ml:
            async for person in ml.subscribers.iter(page_size=SIZE, prefetch=prefetch):
                count += bool(person.email)
        return count

    return asyncio.run(walk())


def ours_ahead(url: str) -> int:
    return ours_async(url, prefetch=True)


def by_hand(url: str) -> int:
    import httpx

    count, cursor = 0, ""
    headers = {"Authorization": "Bearer key", "Accept": "application/json"}
    with httpx.Client(headers=headers, timeout=30) as client:
        while True:
            answer = client.get(f"{url}/subscribers", params={"limit": SIZE, **({"cursor": cursor} if cursor else {})})
            page = json.loads(answer.raise_for_status().content)
            count += sum(1 for person in page["data"] if person["email"])
            cursor = page["meta"]["next_cursor"]
            if not cursor:
                return count


def by_hand_async(url: str) -> int:
    import httpx

    async def walk() -> int:
        count, cursor = 0, ""
        headers = {"Authorization": "Bearer key", "Accept": "application/json"}
        async with httpx.AsyncClient(headers=headers, timeout=30) as client:
            while True:
                params: dict[str, str | int] = {"limit": SIZE, **({"cursor": cursor} if cursor else {})}
                answer = await client.get(f"{url}/subscribers", params=params)
                page = json.loads(answer.raise_for_status().content)
                count += sum(1 for person in page["data"] if person["email"])
                cursor = page["meta"]["next_cursor"]
                if not cursor:
                    return count

    return asyncio.run(walk())


def official(url: str) -> int:
    mailerlite, api_client = importlib.import_module("mailerlite"), importlib.import_module("mailerlite.api_client")
    # The only way to point it somewhere else.
    api_client.ApiClient.HOST = url.removesuffix("api")
    client = mailerlite.Client({"api_key": "key"})
    count, cursor = 0, ""
    while True:
        page = client.subscribers.list(limit=SIZE, **({"cursor": cursor} if cursor else {}))
        count += sum(1 for person in page["data"] if person["email"])
        cursor = page["meta"]["next_cursor"]
        if not cursor:
            return count


WALKS: dict[str, Callable[[str], int]] = {
    BY_HAND: by_hand,
    "mailerlite_async, sync": ours_sync,
    BY_HAND_ASYNC: by_hand_async,
    "mailerlite_async, asyncio": ours_async,
    "mailerlite_async, asyncio, prefetch": ours_ahead,
    "official SDK in a loop": official,
}


# -- and what they take ------------------------------------------------------------------------------------------------


def child(name: str, url: str, expected: int) -> None:
    walk = WALKS.get(name, nothing)
    started, busy = time.perf_counter(), time.process_time()
    count = walk(url)
    busy, seconds = time.process_time() - busy, time.perf_counter() - started
    assert count in (expected, 0), f"{name}: {count} of {expected}"
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([busy, seconds, most / (2**20 if sys.platform == "darwin" else 2**10)]))


def walked(name: str, url: str, count: int, seen: dict[str, list[list[float]]]) -> float:
    """Walk in a fresh process; what it took goes into `seen`."""
    command = [sys.executable, __file__, "--child", name, url, str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    taken: list[float] = json.loads(done.stdout)
    seen.setdefault(name, []).append(taken)
    return taken[0]


def measure(short: bool) -> list[Table]:
    count, rounds = (500, 1) if short else (100_000, 3)
    seen: dict[str, list[list[float]]] = {}
    setup = f"emulator.seed(subscribers=[f'reader{{number}}@example.com' for number in range({count})])"
    with emulator(setup) as url:
        walks = {name: functools.partial(walked, name, url, count, seen) for name in [*WALKS, "nothing"]}
        in_turn(walks, rounds)
    # The first round only filled caches.
    busy, wall, memory = ({name: [run[which] for run in runs[1:]] for name, runs in seen.items()} for which in range(3))
    title = f"a walk over {count:,} subscribers"
    cost = Table("lists-cpu", title, "microseconds of processor time for each")
    relative = Table("lists-cpu-ratio", title, "processor time, multiple of the loop by hand")
    clock = Table("lists-wall", title, "time by the clock, multiple of the loop by hand")
    most = Table("lists-memory", title, "MiB, largest resident set", digits=0)
    for name in WALKS:
        cost.figures.append(Figure.of(name, [1e6 * each / count for each in busy[name]]))
        peer = BY_HAND_ASYNC if "asyncio" in name and name != BY_HAND_ASYNC else BY_HAND
        relative.figures.append(Figure.of(f"{name} / {peer}", ratios(busy[name], busy[peer])))
        clock.figures.append(Figure.of(f"{name} / {peer}", ratios(wall[name], wall[peer])))
        most.figures.append(Figure.of(name, memory[name]))
    most.figures.append(Figure.of("a client of mailerlite_async that does nothing", memory["nothing"]))
    return [cost, relative, clock, most]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main(measure, __doc__)
