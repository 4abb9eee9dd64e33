"""The first answers of a process may come to many threads at once, and to a child that is forked meanwhile."""

from __future__ import annotations

import os
import threading
import time

import pytest

from mailerlite_async._fork import undividedly
from tests.support.fresh import run_fresh

TOGETHER = """
import sys, threading

THREADS = 12
start, outcomes = threading.Barrier(THREADS), []


def run():
    start.wait(20)
    outcomes.append(decoded())


sys.setswitchinterval(1e-6)  # threads take turns within what is one step at other times
threads = [threading.Thread(target=run) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert outcomes == [decoded()] * THREADS
"""

RECORDED = """
from mailerlite_async import DecodeError
from tests.support.recorded import call_for, exchanges

pairs = [(call_for(each), each.content) for each in exchanges() if each.status < 300]
assert len(pairs) > 50

def outcome(call, body):
    try:
        return call.returns.decode(body, call)
    except DecodeError as error:  # two recordings are of pages that nobody asked for
        return str(error)


def decoded():
    return [outcome(*pair) for pair in pairs]
"""

BATCHES = """
from mailerlite_async import calls

call = calls.batch([calls.subscribers.count()])
body = b'{"total": 1, "responses": [{"code": 200, "body": {"total": 7}}]}'


def decoded():
    return call.returns.decode(body, call)
"""


@pytest.mark.parametrize("what", [RECORDED, BATCHES], ids=["recorded", "batches"])
def test_first_answers_of_a_kind_come_to_many_threads_at_once(what: str) -> None:
    for _ in range(3):
        run_fresh(what + TOGETHER)


def test_one_thread_at_a_time_makes_what_others_must_not_see_half_done() -> None:
    making: list[int] = []
    together: list[int] = []

    @undividedly
    def make(depth: int) -> None:
        making.append(depth)
        together.append(making.count(0))
        time.sleep(0.001)
        if depth < 2:
            make(depth + 1)  # a decoder may need that of another class
        making.pop()

    threads = [threading.Thread(target=make, args=(0,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [1] * 24


@pytest.mark.system
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_fork_waits_until_a_decoder_is_made() -> None:
    run_fresh(
        """
import os, threading, time, warnings
import attrs
from mailerlite_async import calls
from mailerlite_async._codec import _list_decoder
from tests.support.recorded import exchange

call, body = calls.campaigns.list(), exchange("campaign-list-0").content
begun, resolve = threading.Event(), attrs.resolve_types


def slowly(*args, **kwargs):
    begun.set()
    time.sleep(0.1)
    return resolve(*args, **kwargs)


attrs.resolve_types = slowly
thread = threading.Thread(target=lambda: call.returns.decode(body, call))
thread.start()
assert begun.wait(20)
warnings.simplefilter("ignore", DeprecationWarning)  # which Python 3.12 has for any fork beside threads
if not (child := os.fork()):
    os._exit(0 if _list_decoder.cache_info().currsize == 1 and call.returns.decode(body, call).items else 1)
assert os.waitpid(child, 0)[1] == 0
thread.join()
"""
    )
