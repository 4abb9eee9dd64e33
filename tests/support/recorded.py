"""What was recorded of the real service, and for each recording the call that this package makes in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from mailerlite_async import Call, calls

FOLDER = Path(__file__).parent.parent / "recorded"
RESOURCES = (
    *("subscribers", "groups", "fields", "campaign"),
    *("automations", "forms", "segments", "timezones", "webhooks"),
)


class Exchange(NamedTuple):
    """One recorded request and its answer."""

    name: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    sent: Any
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def content(self) -> bytes:
        """The body as bytes, written as PHP writes JSON."""
        return b"" if self.body is None else json.dumps(self.body).replace("/", "\\/").encode()


def recordings() -> list[Exchange]:
    """All of them, in the order of their files."""
    found = []
    for file in sorted(FOLDER.glob("*.json")):
        for number, item in enumerate(json.loads(file.read_text(encoding="utf-8"))):
            asked, answered = item["request"], item["response"]
            path, _, query = asked["path"].removeprefix("/api").partition("?")
            found.append(
                Exchange(
                    f"{file.stem}-{number}",
                    asked["method"],
                    path,
                    tuple(parse_qsl(query)),
                    asked["body"],
                    answered["status"],
                    answered["headers"],
                    answered["body"],
                )
            )
    return found


def exchanges() -> list[Exchange]:
    """Those of single resources: all but the batch."""
    return [each for each in recordings() if each.name.startswith(RESOURCES)]


def exchange(name: str) -> Exchange:
    """The one with this name, such as `subscribers-get-id-0`."""
    return next(each for each in exchanges() if each.name == name)


def _paged(query: dict[str, str]) -> dict[str, Any]:
    return {
        name.removeprefix("filter[").removesuffix("]"): int(value) if name in ("limit", "page") else value
        for name, value in query.items()
    }


_BUILDERS: dict[tuple[str, str], Callable[..., Call[Any]]] = {
    ("GET", "/subscribers"): lambda query, _: (
        calls.subscribers.count() if query == {"limit": "0"} else calls.subscribers.list(**_paged(query))
    ),
    ("POST", "/subscribers"): lambda _, body: calls.subscribers.upsert(**body),
    ("GET", "/subscribers/([^/]+)"): lambda _, __, person: calls.subscribers.get(person),
    ("PUT", "/subscribers/([^/]+)"): lambda _, body, person: calls.subscribers.update(person, **body),
    ("DELETE", "/subscribers/([^/]+)"): lambda _, __, person: calls.subscribers.delete(person),
    ("POST", "/subscribers/([^/]+)/forget"): lambda _, __, person: calls.subscribers.forget(person),
    ("GET", "/subscribers/import/([^/]+)"): lambda _, __, job: calls.imports.get(job),
    ("POST", "/subscribers/([^/]+)/groups/([^/]+)"): lambda _, __, person, group: calls.groups.assign(person, group),
    ("DELETE", "/subscribers/([^/]+)/groups/([^/]+)"): lambda _, __, person, group: calls.groups.unassign(
        person, group
    ),
    ("GET", "/groups"): lambda query, _: calls.groups.list(**_paged(query)),
    ("POST", "/groups"): lambda _, body: calls.groups.create(**body),
    ("PUT", "/groups/([^/]+)"): lambda _, body, group: calls.groups.update(group, **body),
    ("DELETE", "/groups/([^/]+)"): lambda _, __, group: calls.groups.delete(group),
    ("GET", "/groups/([^/]+)/subscribers"): lambda query, _, group: calls.groups.subscribers(group, **_paged(query)),
    ("GET", "/fields"): lambda query, _: calls.fields.list(**_paged(query)),
    ("POST", "/fields"): lambda _, body: calls.fields.create(**body),
    ("PUT", "/fields/([^/]+)"): lambda _, body, field: calls.fields.update(field, **body),
    ("DELETE", "/fields/([^/]+)"): lambda _, __, field: calls.fields.delete(field),
    ("GET", "/campaigns"): lambda query, _: calls.campaigns.list(**_paged(query)),
    ("POST", "/campaigns"): lambda _, body: calls.campaigns.create(**body),
    ("GET", "/campaigns/([0-9]+)"): lambda _, __, campaign: calls.campaigns.get(campaign),
    ("PUT", "/campaigns/([0-9]+)"): lambda _, body, campaign: calls.campaigns.update(campaign, **body),
    ("DELETE", "/campaigns/([0-9]+)"): lambda _, __, campaign: calls.campaigns.delete(campaign),
    ("POST", "/campaigns/([0-9]+)/schedule"): lambda _, body, campaign: calls.campaigns.schedule(campaign, **body),
    ("POST", "/campaigns/([0-9]+)/cancel"): lambda _, __, campaign: calls.campaigns.cancel(campaign),
    ("POST", "/campaigns/([0-9]+)/reports/subscriber-activity"): lambda _, __, campaign: calls.campaigns.activity(
        campaign
    ),
    ("GET", "/timezones"): lambda _, __: calls.timezones.list(),
    ("GET", "/campaigns/languages"): lambda _, __: calls.campaign_languages.list(),
    ("GET", "/segments"): lambda query, _: calls.segments.list(**_paged(query)),
    ("GET", "/segments/([^/]+)"): lambda _, __, segment: calls.segments.get(segment),
    ("PUT", "/segments/([^/]+)"): lambda _, body, segment: calls.segments.update(segment, **body),
    ("GET", "/segments/([^/]+)/subscribers"): lambda query, _, segment: calls.segments.subscribers(
        segment, **_paged(query)
    ),
    ("GET", "/webhooks"): lambda query, _: calls.webhooks.list(**_paged(query)),
    ("POST", "/webhooks"): lambda _, body: calls.webhooks.create(**body),
    ("GET", "/webhooks/([^/]+)"): lambda _, __, webhook: calls.webhooks.get(webhook),
    ("PUT", "/webhooks/([^/]+)"): lambda _, body, webhook: calls.webhooks.update(webhook, **body),
    ("DELETE", "/webhooks/([^/]+)"): lambda _, __, webhook: calls.webhooks.delete(webhook),
    ("GET", "/automations"): lambda query, _: calls.automations.list(**_paged(query)),
    ("GET", "/automations/([^/]+)"): lambda _, __, automation: calls.automations.get(automation),
    ("GET", "/automations/([^/]+)/activity"): lambda query, _, automation: calls.automations.activity(
        automation, query["filter[status]"]
    ),
    ("GET", "/forms/(popup)"): lambda query, _, kind: calls.forms.list(kind, **_paged(query)),
    ("GET", "/forms/([^/]+)"): lambda _, __, form: calls.forms.get(form),
    ("PUT", "/forms/([^/]+)"): lambda _, body, form: calls.forms.update(form, **body),
    ("GET", "/forms/([^/]+)/subscribers"): lambda query, _, form: calls.forms.subscribers(
        form, status=query["filter[status]"], limit=int(query["limit"])
    ),
}

# An official client's mistake: it was answered 401, and no call of ours has this path.
WRONG_PATH = "groups-import-subscribers-0"

# The page number is of no effect where a cursor is meant, and calls of ours have none there.
SURPLUS_PAGE = "forms-get-subscribers-0"


def call_for(recorded: Exchange) -> Call[Any]:
    """The call of this package that asks for the same."""
    for (method, pattern), build in _BUILDERS.items():
        match = re.fullmatch(pattern, recorded.path)
        if method == recorded.method and match is not None:
            return build(dict(recorded.query), recorded.sent, *match.groups())
    raise LookupError(f"no call for {recorded.name}: {recorded.method} {recorded.path}")
