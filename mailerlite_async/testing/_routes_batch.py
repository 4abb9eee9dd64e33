"""The batch route: up to fifty calls in one, answered one by one or, for a batch of upserts, as an import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ._imports_state import Outcome
from ._router import InnerCall, Invocation, Lane, Route, Router
from ._validation import Validation
from ._webhook_events import announce
from ._wire import (
    BASE_SEGMENT,
    EmulatedRequest,
    EmulatedResponse,
    flat_parameters,
    json_response,
    nested_parameters,
    unprocessable,
)

LARGEST_BATCH: Final = 50
METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH")
_PREFIX: Final = f"{BASE_SEGMENT}/"
_UPSERT: Final = ("POST", "/subscribers")
# By the first segment below the base. The documents refuse webhooks without a text, and know no batch in a batch.
_REFUSALS: Final = {
    "webhooks": "Webhooks are not supported in batch requests.",
    "batch": "Batches are not supported in batch requests.",
}


class _Item(NamedTuple):
    """One call of a batch. `request` has its method and its target, and nothing else."""

    request: EmulatedRequest
    body: Mapping[str, object] | list[object]


def run_batch(call: Invocation) -> EmulatedResponse:
    """`POST /batch`: runs every call in order, whatever becomes of those before it."""
    check = Validation(call.input)
    given = check.array("requests", most=LARGEST_BATCH)
    items = [_read_item(check, f"requests.{position}", item) for position, item in enumerate(given)]
    check.finish()
    answers = [_answer(call, item) for item in items]
    successful = sum(200 <= answer.status < 300 for answer in answers)
    return json_response(
        200,
        {
            "total": len(answers),
            "successful": successful,
            "failed": len(answers) - successful,
            "responses": [{"code": answer.status, "body": answer.json()} for answer in answers],
        },
    )


def batch_lane(call: Invocation) -> Lane:
    """A batch of nothing but upserts is in the import lane, be it valid or not."""
    items = call.input.get("requests")
    if not isinstance(items, list) or not items:
        return "global"
    return "import" if all(_is_upsert(item, call.router) for item in items) else "global"


def answer_as_import(call: Invocation, response: EmulatedResponse) -> EmulatedResponse:
    """The other answer to a batch of upserts: the address of a report instead of an answer to each of them.

    Args:
        call: a batch that has run.
        response: its answer.
    """
    items: Any = call.input["requests"]
    batch: Any = response.json()
    rows = [_imported(item.get("body"), answer) for item, answer in zip(items, batch["responses"], strict=True)]
    job = call.account.imports.record(rows, call.now)
    return json_response(200, {"import_progress_url": call.address_of(f"/subscribers/import/{job.id}")})


ROUTES: Final = (Route("POST", "/batch", run_batch, batch_lane),)


def _read_item(check: Validation, place: str, item: object) -> _Item:
    fields: Mapping[str, object] = item if isinstance(item, dict) else {}
    method, path, body = fields.get("method"), fields.get("path"), fields.get("body")
    if method in (None, ""):
        check.add(f"{place}.method", f"The {place}.method field is required.")
    elif not isinstance(method, str) or method.upper() not in METHODS:
        check.add(f"{place}.method", f"The selected {place}.method is invalid.")
    if path in (None, ""):
        check.add(f"{place}.path", f"The {place}.path field is required.")
    elif not isinstance(path, str):
        check.add(f"{place}.path", f"The {place}.path must be a string.")
    elif not path.removeprefix("/").startswith(_PREFIX):
        check.add(f"{place}.path", f"The {place}.path must start with one of the following: {_PREFIX}.")
    # PHP writes an empty object as `[]`, and an array is an array to it, whatever its keys.
    if body not in (None, "") and not isinstance(body, dict | list):
        check.add(f"{place}.body", f"The {place}.body must be an array.")
    return _Item(_target(str(method), str(path)), body if isinstance(body, dict | list) and body else {})


def _target(method: str, path: str) -> EmulatedRequest:
    return EmulatedRequest.from_target(method, "/" + path.removeprefix("/"), {}, b"", "https")


def _is_upsert(item: object, router: Router) -> bool:
    method, path = (item.get("method"), item.get("path")) if isinstance(item, dict) else (None, None)
    if not isinstance(method, str) or not isinstance(path, str):
        return False
    request = _target(method, path)
    return (request.method, router.match(request.method, request.segments).template) == _UPSERT


def _answer(call: Invocation, item: _Item) -> EmulatedResponse:
    request = item.request
    match = call.router.match(request.method, request.segments)
    if (refusal := _REFUSALS.get("/".join(request.segments[1:2]))) is not None:
        response = unprocessable({"path": [refusal]}, refusal).response()
    else:
        # The body of a GET is one more way to write its query.
        query = item.body if request.method == "GET" and isinstance(item.body, dict) else {}
        pairs = [*request.query, *flat_parameters(query)]
        url = f"{call.origin}{request.path.rstrip('/')}"
        inner = Invocation(
            call.account, match.arguments, nested_parameters(pairs), item.body, url, call.now, call.router
        )
        response = call.router.answer(request.method, match, inner)
        announce(call.account, call.now)
    call.inner.append(InnerCall(request.method, match.template, response.status))
    return response


def _imported(body: object, answer: Mapping[str, Any]) -> tuple[Outcome | None, int | None, str]:
    """What a report says of an upsert: how it ended, None for a new subscriber, whose id, and the address."""
    email = str(body.get("email") or "") if isinstance(body, dict) else ""
    match answer:
        case {"code": 201}:
            return None, None, email
        case {"code": 200, "body": {"data": {"id": subscriber_id}}}:
            return "changed", int(subscriber_id), email
        case {"body": {"subscriber": subscriber_id}}:
            return "unsubscribed", int(subscriber_id), email
    return "invalid", None, email
