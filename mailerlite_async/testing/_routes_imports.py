"""Import routes: two that create a job, and the report."""

from __future__ import annotations

from typing import Final

from ._index import read_id
from ._rendering import render_import
from ._router import Invocation, Route, in_import_lane
from ._routes_groups import find_group
from ._validation import Validation
from ._wire import EmulatedResponse, json_response, not_found


def import_into_group(call: Invocation) -> EmulatedResponse:
    """`POST /groups/{id}/import-subscribers`."""
    return _start(call, find_group(call).id)


def import_subscribers(call: Invocation) -> EmulatedResponse:
    """`POST /subscribers/import`: the same into no group."""
    return _start(call, None)


def get_import(call: Invocation) -> EmulatedResponse:
    """`GET /subscribers/import/{id}`: how far the job is."""
    job = call.account.imports.get(read_id(call.arguments[0]))
    if job is None:
        # The name of the model behind an import was never seen; this is the newer text for any record.
        raise not_found("Resource does not exist.")
    return json_response(200, {"data": render_import(job)})


ROUTES: Final = (
    Route("POST", "/subscribers/import", import_subscribers, in_import_lane),
    Route("POST", "/groups/{id}/import-subscribers", import_into_group, in_import_lane),
    Route("GET", "/subscribers/import/{id}", get_import),
)


def _start(call: Invocation, group_id: int | None) -> EmulatedResponse:
    check = Validation(call.input)
    rows = check.import_rows("subscribers", call.account.fields)
    check.finish()
    job = call.account.imports.create(rows, group_id, call.now)
    return json_response(200, {"import_progress_url": call.address_of(f"/subscribers/import/{job.id}")})
