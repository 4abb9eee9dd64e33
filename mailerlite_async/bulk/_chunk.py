"""The units of a bulk job: rows that can be sent, chunks of them, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from mailerlite_async._call import Call
from mailerlite_async.bulk._model import Doubt, Way
from mailerlite_async.errors import MailerLiteError
from mailerlite_async.models import ImportReport

MOST_IMPORT_ROWS = 20_000
"""Rows of one import. The API publishes no maximum."""

MOST_IMPORT_BYTES = 2_000_000


@attrs.frozen
class Item:
    """A row that can be sent.

    Attributes:
        row: its place among the rows.
        input: as it was given.
        key: whom it is about: an id, or an address in lower case. Two rows with the same key stay in order.
        target: the id or address as the call takes it.
        body: the body of the call; of a row that goes, or could go, into an import, its entry there.
        size: how many bytes of an import it takes.
        call: its own call; None if it goes, or could go, into an import.
        group_id: the group of an upsert that could go into an import.
    """

    row: int
    input: Any
    key: str
    target: str
    body: Mapping[str, Any]
    size: int = 0
    call: Call[Any] | None = None
    group_id: str | None = None


@attrs.define(eq=False)
class Chunk:
    """Rows that are sent together.

    Attributes:
        number: counted from 0.
        way: how they are sent.
        items: the rows.
        group_id: the group an import goes into; None for other ways.
        after: the numbers of earlier chunks that have to end first, since they are about the same people.
        doubt: whether an earlier run sent it without learning what became of it, and what is done about that.
        jobs: the ids of the imports an earlier run has made of it.
    """

    number: int
    way: Way
    items: list[Item]
    group_id: str | None = None
    after: set[int] = attrs.field(factory=set)
    doubt: Doubt | None = None
    jobs: tuple[str, ...] = ()


@attrs.frozen
class Outcome:
    """What the API said of one row, in a form that a checkpoint can keep.

    Attributes:
        status: the HTTP status of its call; None if there was none of its own. With a report, that of an upsert that
            an import refused before.
        body: the JSON of the answer to its call; empty if there was none of its own.
        attempts: how often it was sent.
        refused: the reason an import did not take it; see `ImportRefusedError`.
        detail: the API's words for that.
        report: which report of its chunk it belongs to.
    """

    status: int | None = None
    body: bytes = b""
    attempts: int = 1
    refused: str | None = None
    detail: str = ""
    report: int | None = None


@attrs.frozen
class ChunkOutcome:
    """What became of a chunk.

    Attributes:
        items: for each row, in order: what the API said, or the error if it said nothing.
        reports: of the imports the chunk became.
        requests: calls made.
        imports: calls of the import lane among them.
        stop: what must stop the job, such as a refused key.
    """

    items: list[Outcome | MailerLiteError]
    reports: list[ImportReport] = attrs.field(factory=list)
    requests: int = 0
    imports: int = 0
    stop: MailerLiteError | None = None
