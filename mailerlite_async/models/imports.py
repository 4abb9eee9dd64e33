"""Imports: rows to send, the job they become, and its report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from mailerlite_async.models._dates import aware_dates
from mailerlite_async.models.subscribers import FieldValue


@attrs.frozen
class SubscriberRow:
    """One row of an import.

    Attributes:
        email: the address.
        fields: by field key; a field left out is not cleared.

    API: https://developers.mailerlite.com/docs/groups.html
    """

    email: str
    fields: Mapping[str, FieldValue] | None = None


@attrs.frozen
class ImportJob:
    """An import that was taken and runs in the background.

    Attributes:
        id: digits; give the job (or the id) to `imports.get` or `imports.wait`.
        url: the address of the report, as the API gave it.

    API: https://developers.mailerlite.com/docs/groups.html
    """

    id: str
    url: str


@attrs.frozen
class ImportSample:
    """One of the rows the report names."""

    id: str
    email: str


@attrs.frozen
@aware_dates("updated_at", "undone_at", "stopped_at", "undo_started_at", "finished_at")
class ImportReport:
    """How far an import is and what became of its rows.

    Each list holds at most five samples; the count beside it is the true number.

    Attributes:
        total: rows given; `processed` of them are done.
        imported: new subscribers.
        updated: existing subscribers that changed.
        errored: rows not taken.
        percent: 0 to 100.
        done: True when all rows are processed.
        unsubscribed: rows skipped because the person has unsubscribed.
        finished_at: aware, UTC; None while it runs.

    API: https://developers.mailerlite.com/docs/groups.html
    """

    id: str
    total: int
    processed: int
    imported: int
    updated: int
    errored: int
    percent: int
    done: bool
    account_id: str | None = None
    invalid: tuple[ImportSample, ...] = ()
    invalid_count: int = 0
    mistyped: tuple[ImportSample, ...] = ()
    mistyped_count: int = 0
    changed: tuple[ImportSample, ...] = ()
    changed_count: int = 0
    unchanged: tuple[ImportSample, ...] = ()
    unchanged_count: int = 0
    unsubscribed: tuple[ImportSample, ...] = ()
    unsubscribed_count: int = 0
    role_based: tuple[ImportSample, ...] = ()
    role_based_count: int = 0
    suspicious_format: tuple[ImportSample, ...] = ()
    suspicious_format_count: int = 0
    duplicate: tuple[ImportSample, ...] = ()
    duplicate_count: int = 0
    subscriber_limit: tuple[ImportSample, ...] = ()
    subscriber_limit_count: int = 0
    banned_import_emails_count: int = 0
    is_stopped_due_to_free_account_limit_exceeded: bool | None = None
    file_path: str | None = None
    match_route: str | None = None
    source_label: str | None = None
    updated_at: datetime | None = None
    undone_at: datetime | None = None
    stopped_at: datetime | None = None
    undo_started_at: datetime | None = None
    finished_at: datetime | None = None
