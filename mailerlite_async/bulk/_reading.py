"""From what the API said of a row to the result a user gets: values typed, errors as the single call raises them."""

from __future__ import annotations

from typing import Any

import attrs

from mailerlite_async._batch import item_of
from mailerlite_async._call import Call, Context
from mailerlite_async._codec import ImportLink
from mailerlite_async.bulk._chunk import Chunk, Item, Outcome
from mailerlite_async.bulk._model import BulkResult, Way
from mailerlite_async.errors import CheckpointError, ImportRefusedError, InDoubtError, MailerLiteError, NotSentError
from mailerlite_async.models import ImportReport

# What a row of an import is told by an error of HTTP, which belongs to no call of its own.
_IMPORT = Call[Any]("POST", "/groups/{id}/import-subscribers", ImportLink(), ("0",), repeatable=False)


def read_result(
    item: Item,
    said: Outcome | MailerLiteError,
    *,
    chunk: Chunk,
    call: Call[Any] | None,
    reports: list[ImportReport],
    recovered: bool,
) -> BulkResult[Any]:
    """What became of one row.

    Args:
        item: the row.
        said: what the API said, or why it said nothing.
        chunk: of the row.
        call: its own call; None if it only went into an import.
        reports: of the imports the chunk became.
        recovered: whether an earlier run finished it.
    """
    if isinstance(said, MailerLiteError):
        tried = 0 if isinstance(said, NotSentError | InDoubtError | CheckpointError) else getattr(said, "attempts", 1)
        return BulkResult(
            item.row, item.input, error=said, attempts=tried, way=chunk.way if tried else None, doubt=chunk.doubt
        )
    way: Way = "single" if call is not None and chunk.way == "import" else chunk.way
    result = BulkResult[Any](
        item.row,
        item.input,
        attempts=0 if recovered else said.attempts,
        status=said.status,
        way=way,
        doubt=chunk.doubt,
        recovered=recovered,
    )
    if said.refused is not None:
        return attrs.evolve(result, error=ImportRefusedError(said.refused, detail=said.detail))
    context = Context(said.attempts)
    if call is None:
        if said.status is not None:
            refusal = item_of(_IMPORT, said.status, said.body, context)
            return attrs.evolve(result, error=refusal.error)
        return attrs.evolve(result, value=reports[said.report] if said.report is not None else None)
    if said.status is None:
        return result
    # What the API answers to an upsert within a batch of upserts is not documented.
    lenient = way == "batch" and call.route == "/subscribers"
    answer = item_of(call, said.status, said.body, context, lenient=lenient)
    return attrs.evolve(result, value=answer.value, error=answer.error)
