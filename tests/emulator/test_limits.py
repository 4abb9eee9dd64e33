"""Windows, lanes and what a rejected call looks like."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailerlite_async.testing import Emulator, VirtualClock
from mailerlite_async.testing._windows import FixedWindow

from .conftest import BASE_URL, HEADERS


def client_of(emulator: Emulator, **headers: str) -> httpx.Client:
    return httpx.Client(transport=emulator.transport(), base_url=BASE_URL, headers={**HEADERS, **headers})


def test_window_opens_with_the_first_call() -> None:
    clock = VirtualClock()
    emulator = Emulator(requests=2, clock=clock)
    client = client_of(emulator)
    clock.advance(100)
    assert [client.get("/groups").status_code for _ in range(3)] == [200, 200, 429]
    clock.advance(59.5)
    assert client.get("/groups").status_code == 429
    clock.advance(0.5)
    answer = client.get("/groups")
    assert answer.status_code == 200
    assert answer.headers["x-ratelimit-limit"] == "2"
    assert answer.headers["x-ratelimit-remaining"] == "1"


def test_rejected_call_says_when_to_come_back() -> None:
    clock = VirtualClock()
    client = client_of(Emulator(requests=1, clock=clock))
    client.get("/groups")
    clock.advance(10.5)
    refused = client.get("/groups")
    assert refused.json() == {"message": "Too Many Attempts."}
    assert refused.headers["content-type"] == "application/json"
    assert refused.headers["x-ratelimit-limit"] == "1"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["retry-after"] == "49"


def test_short_windows_round_the_wait_up() -> None:
    clock = VirtualClock()
    client = client_of(Emulator(requests=1, period=3.0, clock=clock))
    client.get("/groups")
    assert client.get("/groups").headers["retry-after"] == "3"
    clock.advance(0.9)
    assert client.get("/groups").headers["retry-after"] == "3"
    clock.advance(2.0)
    assert client.get("/groups").headers["retry-after"] == "1"


def test_failed_calls_count_but_unauthenticated_ones_do_not() -> None:
    emulator = Emulator(requests=4, clock=VirtualClock())
    client = client_of(emulator)
    assert client.get("/groups", headers={"Authorization": "Bearer invalid"}).status_code == 401
    statuses = [
        client.get("/subscribers/nobody@example.com").status_code,
        client.get("/nowhere").status_code,
        client.patch("/groups").status_code,
        client.post("/groups", json={}).status_code,
    ]
    assert statuses == [404, 404, 405, 422]
    assert client.get("/groups").status_code == 429
    assert client.get("/groups", headers={"Authorization": "Bearer invalid"}).status_code == 401


def test_keys_share_the_account_and_its_limit() -> None:
    emulator = Emulator(requests=2, clock=VirtualClock())
    one, other = client_of(emulator, Authorization="Bearer one"), client_of(emulator, Authorization="Bearer other")
    one.post("/groups", json={"name": "shared"})
    assert other.get("/groups").json()["data"][0]["name"] == "shared"
    assert one.get("/groups").status_code == 429


def test_import_lane_is_on_top_of_the_global_one() -> None:
    clock = VirtualClock()
    emulator = Emulator(requests=6, imports=2, clock=clock)
    emulator.seed(groups=[{"id": "7", "name": "Readers"}])
    client = client_of(emulator)
    rows = {"subscribers": [{"email": "one@example.com"}]}
    assert client.post("/subscribers/import", json=rows).headers["x-ratelimit-remaining"] == "5"
    clock.advance(20)
    assert client.post("/groups/7/import-subscribers", json=rows).status_code == 200
    clock.advance(10)
    refused = client.post("/subscribers/import", json=rows)
    assert refused.status_code == 429
    assert refused.json() == {"message": "You're being rate limited on import creation."}
    assert refused.headers["retry-after"] == "30"
    assert not [name for name in refused.headers if name.startswith("x-ratelimit")]
    # The refused import was counted globally: 3 of 6 are gone.
    assert client.get("/groups").headers["x-ratelimit-remaining"] == "2"
    assert [request.lane for request in emulator.requests] == ["import"] * 3 + ["global"]


def test_invalid_imports_use_up_their_lane() -> None:
    emulator = Emulator(imports=1, clock=VirtualClock())
    client = client_of(emulator)
    assert client.post("/groups/99/import-subscribers", json={}).status_code == 404
    assert client.post("/subscribers/import", json={}).status_code == 429


@pytest.mark.parametrize("arguments", [{"requests": 0}, {"imports": 0}, {"period": 0.0}, {"period": float("nan")}])
def test_senseless_limits_are_refused(arguments: dict[str, Any]) -> None:
    (name,) = arguments
    with pytest.raises(ValueError, match=name):
        Emulator(**arguments)


@settings(deadline=None)
@given(st.integers(1, 5), st.lists(st.floats(0, 40, allow_nan=False), max_size=40))
def test_window_behaves_as_its_description(limit: int, pauses: list[float]) -> None:
    window, now = FixedWindow(limit, 60.0), 0.0
    opened, accepted = None, 0
    for pause in pauses:
        now += pause
        if opened is None or now >= opened + 60.0:
            opened, accepted = now, 0
        assert window.hit(now) == (accepted < limit)
        accepted = min(limit, accepted + 1)
        assert window.remaining(now) == limit - accepted
        assert window.reset_in(now) == pytest.approx(opened + 60.0 - now)
    now += 60.0
    assert (window.remaining(now), window.reset_in(now)) == (limit, 0.0)
