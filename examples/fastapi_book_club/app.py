"""The routes: sign-up, preferences, and the webhook with which MailerLite tells who has left."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from mailerlite_async import UNSET, AsyncMailerLite, Call, MailerLiteError, NotFoundError, calls
from mailerlite_async.models import Subscriber
from mailerlite_async.webhooks import Event
from mailerlite_async.webhooks.starlette import verified_events

from . import INTERESTS, Interest
from .database import Database, Member
from .problems import problem_of

log = logging.getLogger("book_club")


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """One client for all requests of the process. A visitor waits two seconds for a limit at most."""
    async with AsyncMailerLite(max_wait=2, timeout=10, max_retries=1, user_agent="book-club") as ml:
        database = await asyncio.to_thread(Database)
        # Asked for the secrets at each delivery: `setup_account` may store them while the website runs.
        yield {"ml": ml, "database": database, "verified": verified_events(database.secrets)}


app = FastAPI(title="Book club", lifespan=lifespan)


def the_client(request: Request) -> AsyncMailerLite:
    """The client of this process."""
    client: AsyncMailerLite = request.state.ml
    return client


def the_database(request: Request) -> Database:
    """The database of this process."""
    database: Database = request.state.database
    return database


Client = Annotated[AsyncMailerLite, Depends(the_client)]
Data = Annotated[Database, Depends(the_database)]


async def the_member(member_id: Annotated[int, Path(ge=1, lt=2**63)], database: Data) -> Member:
    """The member whose id is in the path."""
    if (member := await asyncio.to_thread(database.member, member_id)) is None:
        raise HTTPException(404, "There is no such member.")
    return member


async def the_groups(database: Data) -> dict[str, str]:
    """The id of the group of each interest."""
    if not (groups := await asyncio.to_thread(database.groups)):
        raise HTTPException(503, "Run setup_account first.")
    return groups


async def the_events(request: Request) -> list[Event]:
    """What a delivery tells, if it is signed with a secret that `setup_account` has stored; 503 before it has."""
    events: list[Event] = await request.state.verified(request)
    return events


Groups = Annotated[dict[str, str], Depends(the_groups)]
Events = Annotated[list[Event], Depends(the_events)]


class SignUp(BaseModel):
    """The form of somebody who joins, sent on once they have confirmed their address."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    email: Annotated[str, Field(max_length=254)]
    interests: set[Interest] = set()
    resubscribe: bool = False


class Preferences(BaseModel):
    """The boxes that are checked."""

    interests: set[Interest]


class Saved(BaseModel):
    """What MailerLite has on record."""

    member: int
    status: str
    interests: list[Interest]


def saved(member_id: int, person: Subscriber, groups: dict[str, str]) -> Saved:
    """What MailerLite has on record for a member."""
    joined = {group.id for group in person.groups or ()}
    return Saved(
        member=member_id,
        status=person.status,
        interests=[interest for interest in INTERESTS if groups[interest] in joined],
    )


@app.exception_handler(MailerLiteError)
@app.exception_handler(sqlite3.OperationalError)
async def explain(_request: Request, error: MailerLiteError | sqlite3.OperationalError) -> JSONResponse:
    """Answer what the visitor can do about it; the log has what happened, and nothing personal."""
    problem = problem_of(error)
    if problem.status >= 500:
        log.warning("%s", error)
    return JSONResponse(problem.body, problem.status, problem.headers)


@app.exception_handler(RequestValidationError)
async def refuse(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Say what is wrong with a form, and not what was typed: if that cannot be encoded, it would end up in the log."""
    return JSONResponse({"detail": [{"loc": each["loc"], "msg": each["msg"]} for each in error.errors()]}, 422)


@app.post("/signup", status_code=201)
async def sign_up(form: SignUp, ml: Client, database: Data, groups: Groups) -> Saved:
    """Put somebody on the list, in the groups of their interests. Once more does no harm, and takes no group away."""
    person = await ml.subscribers.upsert(
        form.email,
        fields={"name": form.name},
        groups=[groups[interest] for interest in sorted(form.interests)],
        opted_in_at=datetime.now(UTC),
        resubscribe=True if form.resubscribe else UNSET,
    )
    member_id = await asyncio.to_thread(database.save_member, person, form.name)
    return saved(member_id, person, groups)


@app.get("/members/{member_id}")
async def show_member(member: Annotated[Member, Depends(the_member)]) -> dict[str, int | str]:
    """The website's own record, which the webhook keeps up to date. No call of the limit is used."""
    return {"member": member.id, "name": member.name, "status": member.status}


@app.get("/members/{member_id}/preferences")
async def show_preferences(member: Annotated[Member, Depends(the_member)], ml: Client, groups: Groups) -> Saved:
    """The boxes as MailerLite has them."""
    return saved(member.id, await ml.subscribers.get(member.subscriber_id), groups)


@app.put("/members/{member_id}/preferences")
async def save_preferences(
    form: Preferences, member: Annotated[Member, Depends(the_member)], ml: Client, groups: Groups
) -> Saved:
    """Make the groups what the boxes say, in one call of the limit, which also reads what came of it."""
    changes: list[Call[Any]] = [
        calls.groups.assign(member.subscriber_id, groups[interest])
        if interest in form.interests
        else calls.groups.unassign(member.subscriber_id, groups[interest])
        for interest in INTERESTS
    ]
    result = await ml.batch([*changes, calls.subscribers.get(member.subscriber_id)])
    *outcomes, person = result.items
    if person.error is not None:  # what the others say is of no use if the subscriber is gone
        raise person.error
    for interest, outcome in zip(INTERESTS, outcomes, strict=True):
        was_not_in = interest not in form.interests and isinstance(outcome.error, NotFoundError)
        if outcome.error is not None and not was_not_in:
            raise outcome.error
    assert person.value is not None  # there is a value where there is no error
    return saved(member.id, person.value, groups)


@app.post("/webhooks/mailerlite", status_code=204)
async def hear(events: Events, database: Data) -> None:
    """Store what MailerLite tells before the answer: what is not answered 2xx is delivered again."""
    await asyncio.to_thread(database.apply, events)
