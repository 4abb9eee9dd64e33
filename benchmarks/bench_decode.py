"""Decoding a page of 100 subscribers, against `json.loads` of the same bytes in the same run.

Peers: `json.loads` (no types at all), pydantic (typed), cattrs with its defaults over `json.loads` (typed).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import cattrs
import httpx
import pydantic

from mailerlite_async import calls, models
from mailerlite_async.testing import Emulator


class PydanticSubscriber(pydantic.BaseModel):
    id: str
    email: str
    status: str
    source: str
    sent: int
    opens_count: int
    clicks_count: int
    open_rate: float
    click_rate: float
    ip_address: str | None
    subscribed_at: datetime | None
    unsubscribed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    fields: dict[str, str | int | float | None]
    opted_in_at: datetime | None
    optin_ip: str | None


class PydanticPage(pydantic.BaseModel):
    data: list[PydanticSubscriber]


def page() -> bytes:
    """A page of 100 subscribers as the emulator answers it."""
    emulator = Emulator()
    emulator.seed(
        subscribers=[
            {"email": f"person{number}@example.com", "fields": {"name": f"Person {number}", "city": "Vilnius"}}
            for number in range(100)
        ]
    )
    client = httpx.Client(transport=emulator.transport(), headers={"Authorization": "Bearer key"})
    return client.get("http://emulator/api/subscribers?limit=100").content


def plain_cattrs() -> Callable[[bytes], Any]:
    """The defaults, taught to read dates."""
    converter = cattrs.Converter()
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_structure_hook(models.FieldValue, lambda value, _: value)
    return lambda body: converter.structure(json.loads(body)["data"], list[models.Subscriber])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="only see that it works")
    rounds, repeats = (3, 5) if parser.parse_args().short else (40, 50)
    body = page()
    call = calls.subscribers.list(limit=100)
    cattrs_decode = plain_cattrs()
    peers: dict[str, Callable[[], object]] = {
        "json.loads": lambda: json.loads(body),
        "mailerlite_async": lambda: call.returns.decode(body, call),
        "pydantic": lambda: PydanticPage.model_validate_json(body),
        "cattrs defaults": lambda: cattrs_decode(body),
    }
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(rounds):  # in turn, so that a machine that changes its speed does so for all
        for name, decode in peers.items():
            started = time.perf_counter()
            for _ in range(repeats):
                decode()
            seconds[name].append((time.perf_counter() - started) / repeats)
    base = seconds["json.loads"]
    print("| decoder | ratio to json.loads (median, min-max) |\n|---|---|")
    for name, times in seconds.items():
        ratios = [mine / other for mine, other in zip(times, base, strict=True)]
        print(f"| {name} | {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}) |")


if __name__ == "__main__":
    main()
