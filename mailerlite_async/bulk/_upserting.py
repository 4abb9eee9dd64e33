"""Upserts whose row an import refused: sent once more by themselves, since an import is stricter than the call is.

An import turns away addresses for their form, which the call for one subscriber does not look at. Whether a row shares
an import depends on how many others there are, and what becomes of it must not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs

from mailerlite_async._call import Call
from mailerlite_async._flow import Flow
from mailerlite_async.bulk._batches import batch_flow
from mailerlite_async.bulk._chunk import Chunk, ChunkOutcome, Item, Outcome
from mailerlite_async.errors import MailerLiteError, NotSentError

# `unknown` may be any of the others.
_WORTH_A_CALL: Final = frozenset({"role_based", "mistyped", "suspicious_format", "unknown"})


def upsert_refused(flow: Flow[ChunkOutcome], chunk: Chunk, call_of: Callable[[Item], Call[Any]]) -> Flow[ChunkOutcome]:
    """Carry out an import of upserts, and upsert one by one the rows it refuses for the form of their addresses.

    Args:
        flow: the import.
        chunk: its rows.
        call_of: gives the call for one row.

    Returns:
        What became of the rows. Those sent by themselves have the answer to that, and their report.
    """
    outcome = yield from flow
    if outcome.stop is not None:
        return outcome
    items = list(outcome.items)
    requests = 0
    stop: MailerLiteError | None = None
    for place, said in enumerate(items):
        if not (isinstance(said, Outcome) and _is_worth_a_call(said, outcome)):
            continue
        if stop is not None:
            items[place] = NotSentError(stop)
            continue
        item = chunk.items[place]
        alone = yield from batch_flow(attrs.evolve(chunk, way="single", items=[item]), [call_of(item)])
        requests += alone.requests
        stop = alone.stop
        answer = alone.items[0]
        if isinstance(answer, Outcome):
            answer = attrs.evolve(answer, report=said.report, attempts=said.attempts + answer.attempts)
        items[place] = answer
    return attrs.evolve(outcome, items=items, requests=outcome.requests + requests, stop=stop)


def was_sent_alone(said: Outcome | MailerLiteError) -> bool:
    """Whether a row of an import has the answer to a call of its own. An import that was refused has no report."""
    return isinstance(said, Outcome) and said.report is not None and said.status is not None


def _is_worth_a_call(said: Outcome, outcome: ChunkOutcome) -> bool:
    if said.refused not in _WORTH_A_CALL or said.report is None:
        return False
    # Rows that an import had not come to when it was stopped are not refused for their addresses.
    return said.refused != "unknown" or outcome.reports[said.report].stopped_at is None
