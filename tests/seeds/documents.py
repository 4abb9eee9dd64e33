"""What the five official documents list in their tables: endpoints with their parameters and answers, and statuses.

The names of endpoints are the methods and routes of this package; the documents write `:id`, `{subscriber_id}` or
`{import_id}` where a route has `{id}`. Names of parameters and status codes are theirs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mailerlite_async import Call, calls


class Endpoint(NamedTuple):
    """One endpoint in one document: its parameters, and the status codes it is said to answer."""

    parameters: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()


STATUSES = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

_UPDATABLE = ("fields", "groups", "status", "subscribed_at", "ip_address", "opted_in_at", "optin_ip", "unsubscribed_at")
_MEMBERSHIP = ("subscriber_id", "group_id")

DOCUMENTS: dict[str, dict[str, Endpoint]] = {
    "Getting started": {
        "POST /subscribers/import": Endpoint(),
        "POST /groups/{id}/import-subscribers": Endpoint(),
        "POST /batch": Endpoint(),
    },
    "Basic integrations": {
        "POST /subscribers": Endpoint(("email", "fields", "groups")),
        "GET /groups": Endpoint(("filter[name]",)),
        "POST /subscribers/{id}/groups/{gid}": Endpoint((), (204,)),
        "DELETE /subscribers/{id}/groups/{gid}": Endpoint((), (204,)),
        "DELETE /subscribers/{id}": Endpoint((), (200,)),
    },
    "Batching": {
        "POST /batch": Endpoint(
            ("requests", "requests.*.method", "requests.*.path", "requests.*.body"), (200, 422, 429)
        ),
    },
    "Subscribers": {
        "GET /subscribers": Endpoint(("filter[status]", "limit", "cursor", "include")),
        "POST /subscribers": Endpoint(("email", *_UPDATABLE), (200, 201, 422)),
        "PUT /subscribers/{id}": Endpoint(_UPDATABLE, (200, 422)),
        "GET /subscribers/{id}": Endpoint(("email", "id"), (200, 404)),
        "GET /subscribers?limit=0": Endpoint(("limit",), (200,)),
        "DELETE /subscribers/{id}": Endpoint(("id",), (204, 404)),
        "POST /subscribers/{id}/forget": Endpoint(("id",), (200, 404)),
        "GET /subscribers/import/{id}": Endpoint((), (200,)),
    },
    "Groups": {
        "GET /groups": Endpoint(("limit", "page", "filter[name]", "sort"), (200,)),
        "POST /groups": Endpoint(("name",), (201, 422)),
        "PUT /groups/{id}": Endpoint(("name",), (200, 422)),
        "DELETE /groups/{id}": Endpoint((), (204, 404)),
        "GET /groups/{id}/subscribers": Endpoint(("filter[status]", "limit", "cursor", "include"), (404,)),
        "POST /subscribers/{id}/groups/{gid}": Endpoint(_MEMBERSHIP, (200, 201, 422)),
        "DELETE /subscribers/{id}/groups/{gid}": Endpoint(_MEMBERSHIP, (204, 404)),
        "POST /groups/{id}/import-subscribers": Endpoint(
            ("subscribers", "subscribers.*.email", "subscribers.*.fields"), (200,)
        ),
        "GET /subscribers/import/{id}": Endpoint((), (200,)),
    },
}

SUBSCRIBER_ID = "31986843064993537"
GROUP_ID = "14133878422767533"
IMPORT_ID = "100000000000000000"
EMAIL = "dummy@example.com"

CALLS: dict[str, Call[Any]] = {
    "POST /subscribers/import": calls.imports.create([{"email": EMAIL}]),
    "POST /groups/{id}/import-subscribers": calls.groups.import_subscribers(GROUP_ID, [{"email": EMAIL}]),
    "POST /batch": calls.batch([calls.groups.list(), calls.subscribers.get(SUBSCRIBER_ID)]),
    "GET /subscribers": calls.subscribers.list(),
    "GET /subscribers?limit=0": calls.subscribers.count(),
    "POST /subscribers": calls.subscribers.upsert(EMAIL),
    "GET /subscribers/{id}": calls.subscribers.get(SUBSCRIBER_ID),
    "PUT /subscribers/{id}": calls.subscribers.update(SUBSCRIBER_ID, fields={"name": "Dummy"}),
    "DELETE /subscribers/{id}": calls.subscribers.delete(SUBSCRIBER_ID),
    "POST /subscribers/{id}/forget": calls.subscribers.forget(SUBSCRIBER_ID),
    "GET /subscribers/import/{id}": calls.imports.get(IMPORT_ID),
    "GET /groups": calls.groups.list(),
    "POST /groups": calls.groups.create("dummy group"),
    "PUT /groups/{id}": calls.groups.update(GROUP_ID, "dummy group"),
    "DELETE /groups/{id}": calls.groups.delete(GROUP_ID),
    "GET /groups/{id}/subscribers": calls.groups.subscribers(GROUP_ID),
    "POST /subscribers/{id}/groups/{gid}": calls.groups.assign(SUBSCRIBER_ID, GROUP_ID),
    "DELETE /subscribers/{id}/groups/{gid}": calls.groups.unassign(SUBSCRIBER_ID, GROUP_ID),
}
"""The call of this package for each of the endpoints."""
