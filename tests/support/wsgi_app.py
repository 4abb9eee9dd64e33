"""A WSGI application whose requests share one client, made and used before gunicorn forks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from mailerlite_async import MailerLite, RateLimits

ml = MailerLite(limits=RateLimits(requests=60, period=1.0, share=1 / int(os.environ["TEST_WORKERS"])))
ml.groups.get_or_create("Book club")


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Signs `?number=N` up; who did it, and the address as the API has it."""
    (number,) = parse_qs(environ["QUERY_STRING"])["number"]
    person = ml.subscribers.upsert(f"reader{number}@example.com")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps([os.getpid(), person.email]).encode()]
