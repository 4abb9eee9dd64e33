"""Drives `call_flow` by hand: answers come from a script, and what the flow asked for is written down."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from mailerlite_async import Call, MailerLiteError, Response
from mailerlite_async._flow import Acquire, Admitted, Answer, Fault, NotAdmitted, RetryPolicy, Send, Sleep, call_flow

Turn = Admitted | NotAdmitted

KEY = "key-of-the-account"

NEVER_SENT = Fault("ConnectError", maybe_received=False, timeout=False)
RESET = Fault("ReadError", maybe_received=True, timeout=False)
TIMEOUT = Fault("ReadTimeout", maybe_received=True, timeout=True)


def answer(
    status: int, body: object = None, *, headers: Mapping[str, str] | None = None, retry_after: float | None = None
) -> Answer:
    """An answer; a body that is not bytes is written as JSON, and None is an empty one."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Answer(status, dict(headers or {}), content, retry_after=retry_after)


def told(outcome: Answer | Fault) -> str:
    """An outcome in short, for the names of tests."""
    return str(outcome.status) if isinstance(outcome, Answer) else outcome.reason


@attrs.define
class Run:
    """What became of one call.

    Attributes:
        sends: how often it was sent.
        sleeps: its pauses, in seconds.
        patiences: how long it was willing to wait for its turn, each time.
        response: what it returned.
        error: what it raised.
    """

    sends: int = 0
    sleeps: list[float] = attrs.field(factory=list)
    patiences: list[float | None] = attrs.field(factory=list)
    response: Response[Any] | None = None
    error: MailerLiteError | None = None

    @property
    def value(self) -> Any:
        """The value of a call that succeeded."""
        assert self.response is not None, self.error
        return self.response.value

    @property
    def failure(self) -> Any:
        """The error of a call that failed."""
        assert self.error is not None, self.response
        return self.error


def run(
    call: Call[Any],
    *outcomes: Answer | Fault,
    admissions: Iterable[Turn] | Callable[[float | None], Turn] = (),
    max_retries: int = 4,
    max_wait: float | None = None,
    jitter: float = 0.0,
    key: str = KEY,
) -> Run:
    """Make a call whose attempts end as the script says.

    Args:
        call: the call.
        outcomes: one for each attempt; it is a mistake to need more.
        admissions: one for each turn, or what makes one of the patience; once used up, every turn comes at once.
        max_retries, max_wait: of the policy.
        jitter: the number that chance gives.
        key: of the account.
    """
    done = Run()
    script: Iterator[Answer | Fault] = iter(outcomes)
    turns = iter(()) if callable(admissions) else iter(admissions)
    flow = call_flow(call, RetryPolicy(max_retries, max_wait, lambda: jitter, key))
    reply: Any = None
    try:
        while True:
            effect = flow.send(reply)
            reply = None
            if isinstance(effect, Acquire):
                done.patiences.append(effect.patience)
                reply = admissions(effect.patience) if callable(admissions) else next(turns, Admitted(0.0))
            elif isinstance(effect, Send):
                done.sends += 1
                reply = next(script)
            else:
                assert isinstance(effect, Sleep)
                done.sleeps.append(effect.seconds)
    except StopIteration as end:
        done.response = end.value
    except MailerLiteError as error:
        done.error = error
    return done
