"""The command `limits`: one call, the API's numbers beside our own, and what it says if there are none."""

from __future__ import annotations

import io
import json

import httpx
import pytest

from mailerlite_async import MailerLite
from mailerlite_async.cli.limits_command import run_limits
from mailerlite_async.cli.program import run

from .conftest import KEY, Bench, Result


def look(bench: Bench, *, as_json: bool = False) -> Result:
    out, err = io.StringIO(), io.StringIO()
    with MailerLite(KEY, transport=bench.transport, clock=bench.clock, max_retries=0) as ml:
        status = run_limits(ml, "emulator", out, err, as_json=as_json)
    return Result(status, out.getvalue(), err.getvalue())


def test_both_limits_as_a_table(bench: Bench) -> None:
    result = look(bench)
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines() == [
        "calls a minute           all calls     imports",
        "limit, by the API              120    not told",
        "remaining, by the API          119    not told",
        "limit we keep to               120           5",
        "available to us now            119           5",
    ]
    assert len(bench.emulator.requests) == 1


def test_the_shape_for_programs(bench: Bench) -> None:
    assert look(bench, as_json=True).json == {
        "api": "emulator",
        "lanes": {
            "requests": {
                "limit": 120,
                "remaining": 119,
                "own_limit": 120,
                "available": 119,
                "held": 1,
                "waiting": 0,
                "reopens_at": None,
            },
            "imports": {
                "limit": None,
                "remaining": None,
                "own_limit": 5,
                "available": 5,
                "held": 0,
                "waiting": 0,
                "reopens_at": None,
            },
        },
    }


def test_an_api_without_the_headers(bench: Bench) -> None:
    bench.tamper(lambda request: httpx.Response(200, json={"total": 3}, request=request))
    lanes = look(bench, as_json=True).json["lanes"]
    assert (lanes["requests"]["limit"], lanes["requests"]["remaining"]) == (None, None)


def test_a_wrong_key(bench: Bench) -> None:
    bench.tamper(lambda request: httpx.Response(401, json={"message": "Unauthenticated."}, request=request))
    result = look(bench)
    assert (result.status, result.out) == (2, "")
    assert "does not accept the key in MAILERLITE_API_KEY" in result.err


def test_interrupted(bench: Bench) -> None:
    def interrupt(_request: httpx.Request) -> None:
        raise KeyboardInterrupt

    bench.tamper(interrupt)
    assert look(bench) == Result(130, "", "Interrupted.\n")


def test_as_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["limits", "--emulator", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lanes"]["requests"]["remaining"] == 119
