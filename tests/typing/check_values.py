"""What type checkers make of the values of every method: mypy and pyright must both agree with each line."""

# Both checkers report an ignore that is not needed, so each of them must see every mistake that is marked so.
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, assert_type

from mailerlite_async import AsyncMailerLite, MailerLite, Page, RateLimitInfo, Response, calls
from mailerlite_async.models import (
    Activity,
    Field,
    FieldType,
    FieldValue,
    ForgottenSubscriber,
    Group,
    ImportJob,
    ImportReport,
    ImportSample,
    Rate,
    Subscriber,
    SubscriberStatus,
)


async def async_subscribers(ml: AsyncMailerLite) -> None:
    assert_type(await ml.subscribers.list(), Page[Subscriber])
    assert_type(await ml.subscribers.get("1"), Subscriber)
    assert_type(await ml.subscribers.get(1), Subscriber)
    assert_type(await ml.subscribers.upsert("ann@example.com"), Subscriber)
    assert_type(await ml.subscribers.update("1"), Subscriber)
    assert_type(await ml.subscribers.forget("1"), ForgottenSubscriber)
    assert_type(await ml.subscribers.count(status="active"), int)
    assert_type(await ml.subscribers.activity("1"), Page[Activity])
    delete: Callable[[str | int], Coroutine[Any, Any, None]] = ml.subscribers.delete
    await delete("1")


def sync_subscribers(ml: MailerLite) -> None:
    assert_type(ml.subscribers.list(), Page[Subscriber])
    assert_type(ml.subscribers.get("1"), Subscriber)
    assert_type(ml.subscribers.get(1), Subscriber)
    assert_type(ml.subscribers.upsert("ann@example.com"), Subscriber)
    assert_type(ml.subscribers.update("1"), Subscriber)
    assert_type(ml.subscribers.forget("1"), ForgottenSubscriber)
    assert_type(ml.subscribers.count(status="active"), int)
    assert_type(ml.subscribers.activity("1"), Page[Activity])
    delete: Callable[[str | int], None] = ml.subscribers.delete
    delete("1")


async def async_groups_fields_imports(ml: AsyncMailerLite) -> None:
    assert_type(await ml.groups.list(sort="-total"), Page[Group])
    assert_type(await ml.groups.get("1"), Group)
    assert_type(await ml.groups.create("Readers"), Group)
    assert_type(await ml.groups.update("1", "Readers"), Group)
    assert_type(await ml.groups.subscribers("1"), Page[Subscriber])
    assert_type(await ml.groups.assign("ann@example.com", 1), Group)
    assert_type(await ml.groups.import_subscribers("1", [{"email": "ann@example.com"}]), ImportJob)
    assert_type(await ml.fields.list(type="date"), Page[Field])
    assert_type(await ml.fields.create("Hobby"), Field)
    assert_type(await ml.fields.update("1", "Hobby"), Field)
    job = await ml.imports.create([{"email": "ann@example.com", "fields": {"name": "Ann"}}])
    assert_type(job, ImportJob)
    assert_type(await ml.imports.get(job), ImportReport)
    assert_type(await ml.imports.wait(job, on_progress=print), ImportReport)


def sync_groups_fields_imports(ml: MailerLite) -> None:
    assert_type(ml.groups.list(sort="-total"), Page[Group])
    assert_type(ml.groups.get("1"), Group)
    assert_type(ml.groups.create("Readers"), Group)
    assert_type(ml.groups.update("1", "Readers"), Group)
    assert_type(ml.groups.subscribers("1"), Page[Subscriber])
    assert_type(ml.groups.assign("ann@example.com", 1), Group)
    assert_type(ml.groups.import_subscribers("1", [{"email": "ann@example.com"}]), ImportJob)
    assert_type(ml.fields.list(type="date"), Page[Field])
    assert_type(ml.fields.create("Hobby"), Field)
    assert_type(ml.fields.update("1", "Hobby"), Field)
    job = ml.imports.create([{"email": "ann@example.com", "fields": {"name": "Ann"}}])
    assert_type(job, ImportJob)
    assert_type(ml.imports.get(job), ImportReport)
    assert_type(ml.imports.wait(job, on_progress=print), ImportReport)


def subscriber(person: Subscriber, forgotten: ForgottenSubscriber) -> None:
    assert_type(person.id, str)
    assert_type(person.status, SubscriberStatus)
    assert_type(person.open_rate, float)
    assert_type(person.created_at, datetime)
    assert_type(person.unsubscribed_at, datetime | None)
    assert_type(person.fields, dict[str, FieldValue])
    assert_type(person.groups, tuple[Group, ...] | None)
    assert_type(forgotten.forget_at, datetime)
    plain: Subscriber = forgotten
    assert plain.id == forgotten.id
    status: str = person.status
    assert status
    person.email = "bob@example.com"  # type: ignore[misc]


def others(group: Group, field: Field, report: ImportReport, entry: Activity) -> None:
    assert_type(group.open_rate, Rate)
    assert_type(group.open_rate.float, float)
    assert_type(group.open_rate.string, str)
    assert_type(group.active_count, int)
    assert_type(field.type, FieldType)
    assert_type(field.is_default, bool | None)
    assert_type(report.done, bool)
    assert_type(report.invalid, tuple[ImportSample, ...])
    assert_type(report.finished_at, datetime | None)
    assert_type(entry.properties, dict[str, Any])


async def responses(ml: MailerLite, aml: AsyncMailerLite) -> None:
    call = calls.subscribers.upsert("ann@example.com")
    assert_type(ml.execute(call), Response[Subscriber])
    assert_type(await aml.execute(call), Response[Subscriber])
    response = ml.execute(calls.groups.list())
    assert_type(response, Response[Page[Group]])
    assert_type(response.value.items, tuple[Group, ...])
    assert_type(response.status, int)
    assert_type(response.attempts, int)
    assert_type(response.rate_limit, RateLimitInfo | None)
    assert_type(response.headers["content-type"], str)
    assert_type(ml.execute(calls.groups.delete("1")), Response[None])
