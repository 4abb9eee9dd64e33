"""The account that the official SDK meets, and the words in which its calls are written down.

Lambdas of calls take the bound method and what the account knows; those of effects take a client of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mailerlite_async import MailerLite, NotFoundError
from mailerlite_async.testing import Emulator, VirtualClock

ANN, BOB, READERS, WRITERS, AGE, LOYAL, WELCOME, POPUP = 11, 12, 21, 22, 31, 41, 51, 61
HASH = "hash#tag@example.com"
EMAIL = {"subject": "Hello", "from_name": "Ann", "from": "ann@example.com", "content": "<p>Hi</p>"}
CAMPAIGN = {"name": "News", "type": "regular", "emails": [EMAIL]}


@dataclass(frozen=True)
class Known:
    """Ids of what no seed can make, as the integers the SDK asks for."""

    draft: int
    ready: int
    sent: int
    webhook: int
    job: int


@dataclass(frozen=True)
class Working:
    """A call that works.

    Attributes:
        call: makes it.
        request: method and route that the emulator must have seen.
        status: its answer.
        shown: what to look at in the result.
        expected: what is to be seen there.
        recorded: the recorded exchange whose answer has the same outline.
        query: the query the emulator must have seen.
        effect: what to look at in the account afterwards.
        after: what is to be seen there.
    """

    call: Callable[[Any, Known], Any]
    request: str
    status: int
    shown: Callable[[Any], object]
    expected: object
    recorded: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    effect: Callable[[MailerLite, Known], object] | None = None
    after: object = None


@dataclass(frozen=True)
class Broken:
    """A call that fails, or does what nobody asked for, because of the SDK.

    Attributes:
        method: the method.
        reason: what is wrong with it.
        call: makes the call.
        error: the type of its own that it raises, or the status it is answered; None if it only does wrong.
        text: what the error says, or the message of the answer.
        request: the path as the emulator saw it; None if nothing was sent.
        effect: what to look at in the account afterwards.
        after: what is to be seen there.
    """

    method: str
    reason: str
    call: Callable[[Any, Known], Any]
    error: type[Exception] | int | None
    text: str = ""
    request: str | None = None
    effect: Callable[[MailerLite, Known], object] | None = None
    after: object = None


def furnish(emulator: Emulator, clock: VirtualClock) -> Known:
    """Put one of everything into the account."""
    emulator.seed(
        groups=[{"id": READERS, "name": "Readers"}, {"id": WRITERS, "name": "Writers"}],
        fields=[{"id": AGE, "name": "Age", "type": "number"}],
        subscribers=[
            {"id": ANN, "email": "ann@example.com", "groups": [READERS]},
            {"id": BOB, "email": "bob@example.com", "status": "unsubscribed", "groups": [READERS]},
            {"id": 13, "email": HASH},
        ],
        segments=[{"id": LOYAL, "name": "Loyal", "subscribers": [ANN, BOB]}],
        automations=[
            {
                "id": WELCOME,
                "name": "Welcome",
                "enabled": True,
                "activity": [{"subscriber": ANN, "status": "completed"}, {"subscriber": BOB, "status": "active"}],
            }
        ],
        forms=[{"id": POPUP, "name": "Join", "type": "popup", "subscribers": [ANN, BOB]}],
    )
    with MailerLite("key", transport=emulator.transport(), clock=clock) as ml:
        sent, ready, draft = (int(ml.campaigns.create(name, emails=[EMAIL]).id) for name in ("Sent", "Ready", "Draft"))
        ml.campaigns.schedule(sent, delivery="instant")
        clock.advance(2)
        later = {"date": "2030-01-01", "hours": "10", "minutes": "30"}
        ml.campaigns.schedule(ready, delivery="scheduled", schedule=later)
        webhook = ml.webhooks.create("https://example.com/hook", ["subscriber.created"], name="Hook", enabled=False)
        job = ml.imports.create([{"email": "ann@example.com"}])
    clock.advance(60)
    return Known(draft, ready, sent, int(webhook.id), int(job.id))


def ids(answer: Any) -> list[int]:
    """The ids of what is listed."""
    return [int(each["id"]) for each in answer["data"]]


def names(answer: Any) -> list[str]:
    """The names of what is listed."""
    return [each["name"] for each in answer["data"]]


def itself(answer: Any) -> Any:
    """All of a result."""
    return answer


def is_gone(look: Callable[[MailerLite, Known], object]) -> Callable[[MailerLite, Known], object]:
    """Whether looking finds nothing any more."""

    def effect(ml: MailerLite, known: Known) -> bool:
        try:
            look(ml, known)
        except NotFoundError:
            return True
        return False

    return effect
