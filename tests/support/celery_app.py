"""A Celery application whose tasks share one client, made and used before the worker forks."""

from __future__ import annotations

import os

from celery import Celery  # type: ignore[import-untyped,unused-ignore]

from mailerlite_async import MailerLite, RateLimits

app = Celery("signups", broker=os.environ["TEST_REDIS_URL"], backend=os.environ["TEST_REDIS_URL"])
ml = MailerLite(limits=RateLimits(requests=60, period=1.0, share=1 / 4))
ml.groups.get_or_create("Book club")


@app.task(name="sign_up")  # type: ignore[untyped-decorator,unused-ignore]
def sign_up(number: int) -> tuple[int, str]:
    """Who did it, and the address as the API has it."""
    return os.getpid(), ml.subscribers.upsert(f"reader{number}@example.com").email
