"""Decoding pages of 100 objects, against `json.loads`, pydantic and cattrs on the same bytes in the same run.

The page of subscribers is the emulator's. The other pages are of the objects that were recorded of the service or that
its documents print, repeated until there are a hundred. All but `json.loads` make typed objects with aware dates.
"""

from __future__ import annotations

import functools
import gc
import itertools
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from benchmarks.decode_peers import with_cattrs, with_pydantic
from benchmarks.measuring import Figure, Table, in_turn, ratios
from benchmarks.running import main
from mailerlite_async import Call, calls
from mailerlite_async._codec import Listing
from mailerlite_async.testing import Emulator
from tests.support.samples import RENAMED, SAMPLES, Sample, automation

OBJECTS = 100
_RENAMED_LISTS = {*RENAMED, "automations"}
Decode = Callable[[bytes], Any]


def subscribers() -> bytes:
    """A page as the emulator answers it, in which no date occurs twice."""
    moments = (f"{datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7 * each):%Y-%m-%d %H:%M:%S}" for each in count())
    emulator = Emulator()
    emulator.seed(
        subscribers=[
            {
                "email": f"person{number}@example.com",
                "fields": {"name": f"Person {number}", "city": "Vilnius"},
                **{key: next(moments) for key in ("subscribed_at", "created_at", "updated_at")},
            }
            for number in range(OBJECTS)
        ]
    )
    client = httpx.Client(transport=emulator.transport(), headers={"Authorization": "Bearer key"})
    return client.get(f"http://emulator/api/subscribers?limit={OBJECTS}").content


def pages() -> dict[str, tuple[Call[Any], bytes]]:
    """By the name of the list, its call and a page."""
    found = {"subscribers": (calls.subscribers.list(limit=OBJECTS), subscribers())}
    automations = Sample(calls.automations.list(), {"data": [automation()]})
    for name, sample in {**SAMPLES, "automations": automations}.items():
        if isinstance(sample.call.returns, Listing) and name not in found:
            items = list(itertools.islice(itertools.cycle(sample.body["data"]), OBJECTS))
            # Without its `meta` no page says that it is another one than was asked for.
            found[name] = sample.call, json.dumps({"data": items, "links": {}, "meta": {}}).encode()
    return found


def model_of(call: Call[Any]) -> type[Any]:
    """What a list is made of."""
    returns = call.returns
    assert isinstance(returns, Listing)
    return returns.model


def timed(decode: Decode, body: bytes, repeats: int) -> float:
    started = time.process_time()
    for _ in range(repeats):
        decode(body)
    return time.process_time() - started


def compared(
    call: Call[Any], body: bytes, peers: dict[str, Decode], *, rounds: int, repeats: int
) -> dict[str, list[float]]:
    """The processor time of each decoder."""
    decoders: dict[str, Decode] = {"mailerlite_async": lambda body: call.returns.decode(body, call), **peers}
    return in_turn({name: functools.partial(timed, it, body, repeats) for name, it in decoders.items()}, rounds)


def peers_of(name: str, model: type[Any]) -> dict[str, Decode]:
    """Those a list is measured against."""
    peers = {"pydantic": with_pydantic(model)}
    if name in _RENAMED_LISTS:
        return {**peers, "cattrs": with_cattrs(model)}
    if name == "subscribers":
        naive = {"pydantic, naive dates": with_pydantic(model, aware=False), "cattrs": with_cattrs(model)}
        return {"json.loads": json.loads, **peers, **naive}
    return peers


def memory(decode: Decode, body: bytes, objects: int) -> float:
    """Bytes for each object, of many that are kept."""
    decode(body)
    gc.collect()
    tracemalloc.start()
    kept = [decode(body) for _ in range(objects // OBJECTS)]
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return used / objects


def measure(short: bool) -> list[Table]:
    rounds, repeats, objects = (2, 2, 1_000) if short else (25, 20, 10_000)
    main_table = Table("decode", "a page of 100 subscribers", "multiple of json.loads")
    to_pydantic = Table("decode-pydantic", "a page of 100, no renamed key", "multiple of pydantic")
    to_cattrs = Table("decode-cattrs", "a page of 100, renamed keys", "multiple of cattrs with its defaults")
    for name, (call, body) in pages().items():
        peers = peers_of(name, model_of(call))
        times = compared(call, body, peers, rounds=rounds, repeats=repeats)
        ours = times["mailerlite_async"]
        if name == "subscribers":
            for decoder, values in times.items():
                target = 0.7 if decoder == "mailerlite_async" else None
                main_table.figures.append(Figure.of(decoder, ratios(values, times["json.loads"]), target))
        table, peer = (to_cattrs, "cattrs") if name in _RENAMED_LISTS else (to_pydantic, "pydantic")
        table.figures.append(Figure.of(name, ratios(ours, times[peer]), 1.0))
    return [main_table, to_pydantic, to_cattrs, kept(objects)]


def kept(objects: int) -> Table:
    """What the objects take that a program keeps."""
    call, body = pages()["subscribers"]
    table = Table("decode-memory", f"{objects:,} subscribers kept", "bytes for each", digits=0)
    with_pydantic_page = with_pydantic(model_of(call))
    plain = memory(lambda body: json.loads(body)["data"], body, objects)
    ours = memory(lambda body: call.returns.decode(body, call).items, body, objects)
    pydantic = memory(lambda body: with_pydantic_page(body).data, body, objects)
    table.figures.append(Figure.of("dict of json.loads", [plain]))
    table.figures.append(Figure.of("mailerlite_async", [ours], target=round(plain)))
    table.figures.append(Figure.of("pydantic", [pydantic]))
    return table


if __name__ == "__main__":
    main(measure, __doc__)
