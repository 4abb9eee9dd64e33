"""The routes: sign-up, preferences, and the webhook with which MailerLite tells who has left."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import Meta

from mailerlite_async import UNSET, AsyncMailerLite, Call, MailerLiteError, NotFoundError, calls
from mailerlite_async.models import Subscriber
from mailerlite_async.webhooks import Event
from mailerlite_async.webhooks.aiohttp import verified_events

from . import INTERESTS, Interest
from .database import Database, Member
from .problems import problem_of

T = TypeVar("T")

log = logging.getLogger("book_club")
routes = web.RouteTableDef()
ML = web.AppKey("ML", AsyncMailerLite)
DATABASE = web.AppKey("DATABASE", Database)
VERIFIED: web.AppKey[Callable[[web.Request], Awaitable[list[Event]]]] = web.AppKey("VERIFIED")


class SignUp(msgspec.Struct, forbid_unknown_fields=True):
    """The form of somebody who joins, sent on once they have confirmed their address."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    email: Annotated[str, Meta(max_length=254)]
    interests: set[Interest] = msgspec.field(default_factory=set)
    resubscribe: bool = False


class Preferences(msgspec.Struct, forbid_unknown_fields=True):
    """The boxes that are checked."""

    interests: set[Interest]


async def the_client(app: web.Application) -> AsyncIterator[None]:
    """One client for all requests of the process. A visitor waits two seconds for a limit at most."""
    async with AsyncMailerLite(max_wait=2, timeout=10, max_retries=1, user_agent="book-club") as ml:
        app[ML] = ml
        yield


async def the_database(app: web.Application) -> AsyncIterator[None]:
    """The database of this process, and what verifies deliveries with its secrets."""
    database = app[DATABASE] = await asyncio.to_thread(Database)
    # Asked for the secrets at each delivery: `setup_account` may store them while the website runs.
    app[VERIFIED] = verified_events(database.secrets)
    yield


@web.middleware
async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what the visitor can do about it; the log has what happened, and nothing personal."""
    try:
        return await handler(request)
    except (MailerLiteError, sqlite3.OperationalError) as error:
        problem = problem_of(error)
        if problem.status >= 500:
            log.warning("%s", error)
        return web.json_response(problem.body, status=problem.status, headers=problem.headers)


def create_app() -> web.Application:
    """The application."""
    app = web.Application(middlewares=[explain])
    app.cleanup_ctx.extend([the_database, the_client])
    app.add_routes(routes)
    return app


def refusal(kind: type[web.HTTPException], detail: str) -> web.HTTPException:
    """An error answer with the reason."""
    return kind(text=msgspec.json.encode({"detail": detail}).decode(), content_type="application/json")


async def the_form(request: web.Request, shape: type[T]) -> T:
    """The body of the request, checked."""
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except msgspec.DecodeError as error:
        raise refusal(web.HTTPUnprocessableEntity, str(error)) from None


async def the_member(request: web.Request) -> Member:
    """The member whose id is in the path."""
    member = await asyncio.to_thread(request.app[DATABASE].member, int(request.match_info["member_id"]))
    if member is None:
        raise refusal(web.HTTPNotFound, "There is no such member.")
    return member


async def the_groups(request: web.Request) -> dict[str, str]:
    """The id of the group of each interest."""
    if not (groups := await asyncio.to_thread(request.app[DATABASE].groups)):
        raise refusal(web.HTTPServiceUnavailable, "Run setup_account first.")
    return groups


def saved(member_id: int, person: Subscriber, groups: dict[str, str], status: int = 200) -> web.Response:
    """What MailerLite has on record for a member."""
    joined = {group.id for group in person.groups or ()}
    interests = [interest for interest in INTERESTS if groups[interest] in joined]
    return web.json_response({"member": member_id, "status": person.status, "interests": interests}, status=status)


@routes.post("/signup")
async def sign_up(request: web.Request) -> web.Response:
    """Put somebody on the list, in the groups of their interests. Once more does no harm, and takes no group away."""
    form, groups = await the_form(request, SignUp), await the_groups(request)
    person = await request.app[ML].subscribers.upsert(
        form.email,
        fields={"name": form.name},
        groups=[groups[interest] for interest in sorted(form.interests)],
        opted_in_at=datetime.now(UTC),
        resubscribe=True if form.resubscribe else UNSET,
    )
    member_id = await asyncio.to_thread(request.app[DATABASE].save_member, person, form.name)
    return saved(member_id, person, groups, 201)


@routes.get(r"/members/{member_id:[0-9]{1,18}}")
async def show_member(request: web.Request) -> web.Response:
    """The website's own record, which the webhook keeps up to date. No call of the limit is used."""
    member = await the_member(request)
    return web.json_response({"member": member.id, "name": member.name, "status": member.status})


@routes.get(r"/members/{member_id:[0-9]{1,18}}/preferences")
async def show_preferences(request: web.Request) -> web.Response:
    """The boxes as MailerLite has them."""
    member, groups = await the_member(request), await the_groups(request)
    return saved(member.id, await request.app[ML].subscribers.get(member.subscriber_id), groups)


@routes.put(r"/members/{member_id:[0-9]{1,18}}/preferences")
async def save_preferences(request: web.Request) -> web.Response:
    """Make the groups what the boxes say, in one call of the limit, which also reads what came of it."""
    form = await the_form(request, Preferences)
    member, groups = await the_member(request), await the_groups(request)
    changes: list[Call[Any]] = [
        calls.groups.assign(member.subscriber_id, groups[interest])
        if interest in form.interests
        else calls.groups.unassign(member.subscriber_id, groups[interest])
        for interest in INTERESTS
    ]
    result = await request.app[ML].batch([*changes, calls.subscribers.get(member.subscriber_id)])
    *outcomes, person = result.items
    if person.error is not None:  # what the others say is of no use if the subscriber is gone
        raise person.error
    for interest, outcome in zip(INTERESTS, outcomes, strict=True):
        was_not_in = interest not in form.interests and isinstance(outcome.error, NotFoundError)
        if outcome.error is not None and not was_not_in:
            raise outcome.error
    assert person.value is not None  # there is a value where there is no error
    return saved(member.id, person.value, groups)


@routes.post("/webhooks/mailerlite")
async def hear(request: web.Request) -> web.Response:
    """Store what MailerLite tells before the answer: what is not answered 2xx is delivered again."""
    events = await request.app[VERIFIED](request)
    await asyncio.to_thread(request.app[DATABASE].apply, events)
    return web.Response(status=204)
