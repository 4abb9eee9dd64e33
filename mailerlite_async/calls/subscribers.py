"""People on the mailing list: find, create, change, delete and forget them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mailerlite_async import models
from mailerlite_async._call import Call, Page, given, query
from mailerlite_async._codec import Data, Listing, Nothing, Total
from mailerlite_async._paths import object_id, subscriber_reference
from mailerlite_async._unset import UNSET, Unset
from mailerlite_async.calls._values import date_value, field_values, page_limit, several_ids, text
from mailerlite_async.models import FieldValue, Subscriber, SubscriberStatus

if TYPE_CHECKING:
    from mailerlite_async.models import Activity, ForgottenSubscriber

# No maximum is published for subscribers; 100 is the largest size seen accepted. The activity log takes at most 100.
PAGE_SIZES = {"list": 100, "activity": 100}


def list(
    *,
    status: SubscriberStatus | None = None,
    email: str | None = None,
    include_groups: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[Page[Subscriber]]:
    """One page of subscribers, the newest first.

    Args:
        status: only those with this status; None for all.
        email: only the one with this address (not documented by the API).
        include_groups: whether each subscriber's `groups` is filled in.
        limit: subscribers a page; the API's default is 25.
        cursor: where to go on, `next_cursor` of an earlier page.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/subscribers.html
    """
    params = query(
        ("filter[status]", status),
        ("filter[email]", email),
        ("limit", page_limit(limit)),
        ("cursor", cursor),
        ("include", "groups" if include_groups else None),
    )
    return Call("GET", "/subscribers", Listing(Subscriber, "cursor", 25), params=params, repeatable=True)


def count(*, status: SubscriberStatus | None = None) -> Call[int]:
    """The number of subscribers.

    Args:
        status: only those with this status; None for the API's own total. That a count takes this filter of the list is
            not documented by the API: if it did not, the total would come.

    Returns:
        The number. Whether the API's total counts every status or the active ones only is not documented.

    Raises:
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/subscribers.html
    """
    params = query(("filter[status]", status), ("limit", 0))
    return Call("GET", "/subscribers", Total(), params=params, repeatable=True)


def get(subscriber: str | int) -> Call[Subscriber]:
    """One subscriber, by id or by address.

    Args:
        subscriber: an id, or an address.

    Returns:
        The subscriber with its groups.

    Raises:
        NotFoundError: if there is none.
        ValueError: if it is neither an id nor an address.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/subscribers.html
    """
    segments = (subscriber_reference(subscriber, "subscriber"),)
    return Call("GET", "/subscribers/{id}", Data(Subscriber), segments, repeatable=True)


def upsert(
    email: str,
    *,
    fields: Mapping[str, FieldValue] | Unset = UNSET,
    groups: Sequence[str | int] | Unset = UNSET,
    status: SubscriberStatus | Unset = UNSET,
    subscribed_at: datetime | None | Unset = UNSET,
    ip_address: str | None | Unset = UNSET,
    opted_in_at: datetime | None | Unset = UNSET,
    optin_ip: str | None | Unset = UNSET,
    unsubscribed_at: datetime | None | Unset = UNSET,
    resubscribe: bool | Unset = UNSET,
) -> Call[Subscriber]:
    """Create the subscriber with this address, or update it. What is left out stays as it is.

    Safe to repeat. `client.execute` tells by the status whether it was created (201) or updated (200).

    Args:
        email: the address; the API lower-cases it.
        fields: values by field key; None clears a field.
        groups: ids of groups to ADD the subscriber to; it is removed from none.
        status: the new status; a new subscriber is active without it.
        subscribed_at: aware; sent as UTC, as all dates.
        ip_address: where the person signed up from.
        opted_in_at: when the person confirmed.
        optin_ip: where the person confirmed from.
        unsubscribed_at: when the person unsubscribed.
        resubscribe: True to subscribe somebody again who has unsubscribed; the API refuses it otherwise.

    Returns:
        The subscriber with its groups.

    Raises:
        ValidationError: if a value is refused; `subscriber_id` is set if the person has unsubscribed.
        ValueError: if a date is naive.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/subscribers.html
    """
    body = _body(
        email=text(email, "email"),
        fields=fields,
        groups=groups,
        status=status,
        subscribed_at=date_value(subscribed_at, "subscribed_at"),
        ip_address=ip_address,
        opted_in_at=date_value(opted_in_at, "opted_in_at"),
        optin_ip=optin_ip,
        unsubscribed_at=date_value(unsubscribed_at, "unsubscribed_at"),
        resubscribe=resubscribe,
    )
    return Call("POST", "/subscribers", Data(Subscriber), json=body, repeatable=True)


def update(
    subscriber_id: str | int,
    *,
    email: str | Unset = UNSET,
    fields: Mapping[str, FieldValue] | Unset = UNSET,
    groups: Sequence[str | int] | Unset = UNSET,
    status: SubscriberStatus | Unset = UNSET,
    subscribed_at: datetime | None | Unset = UNSET,
    ip_address: str | None | Unset = UNSET,
    opted_in_at: datetime | None | Unset = UNSET,
    optin_ip: str | None | Unset = UNSET,
    unsubscribed_at: datetime | None | Unset = UNSET,
) -> Call[Subscriber]:
    """Change a subscriber. `groups` REPLACES the groups it is in; everything else left out stays as it is.

    Args:
        subscriber_id: the id; an address will not do.
        email: a new address (accepted by the API, though not documented).
        fields: values by field key; None clears a field, one left out stays.
        groups: ids of ALL groups the subscriber shall be in; leave it out to keep them.
        status: the new status; somebody unsubscribed, bounced or junk cannot be made active this way.
        subscribed_at: aware; sent as UTC, as all dates.
        ip_address: where the person signed up from.
        opted_in_at: when the person confirmed.
        optin_ip: where the person confirmed from.
        unsubscribed_at: when the person unsubscribed.

    Returns:
        The subscriber with its groups.

    Raises:
        NotFoundError: if there is none with this id.
        ValidationError: if a value is refused.
        ValueError: if the id is not one, or a date is naive.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/subscribers.html
    """
    body = _body(
        email=email if isinstance(email, Unset) else text(email, "email"),
        fields=fields,
        groups=groups,
        status=status,
        subscribed_at=date_value(subscribed_at, "subscribed_at"),
        ip_address=ip_address,
        opted_in_at=date_value(opted_in_at, "opted_in_at"),
        optin_ip=optin_ip,
        unsubscribed_at=date_value(unsubscribed_at, "unsubscribed_at"),
    )
    segments = (object_id(subscriber_id, "subscriber_id"),)
    return Call("PUT", "/subscribers/{id}", Data(Subscriber), segments, json=body, repeatable=True)


def delete(subscriber_id: str | int) -> Call[None]:
    """Delete a subscriber. The API keeps the data: an upsert of the address brings the subscriber back.

    Args:
        subscriber_id: the id; an address will not do.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/subscribers.html
    """
    segments = (object_id(subscriber_id, "subscriber_id"),)
    return Call("DELETE", "/subscribers/{id}", Nothing(), segments, repeatable=True)


def forget(subscriber_id: str | int) -> Call[ForgottenSubscriber]:
    """Have all data of a subscriber erased within 30 days. This cannot be undone, and is never repeated blindly.

    Args:
        subscriber_id: the id; an address will not do.

    Returns:
        The subscriber with `deleted_at` and `forget_at`.

    Raises:
        NotFoundError: if there is none with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/subscribers.html
    """
    segments = (object_id(subscriber_id, "subscriber_id"),)
    return Call("POST", "/subscribers/{id}/forget", Data(models.ForgottenSubscriber), segments, repeatable=False)


def activity(
    subscriber_id: str | int,
    *,
    log_name: str | None = None,
    limit: int | None = None,
    page: int | None = None,
) -> Call[Page[Activity]]:
    """One page of what a subscriber did and what was done to it.

    Args:
        subscriber_id: the id; an address will not do.
        log_name: only entries of this kind: `campaign_send`, `automation_email_sent`, `email_open`, `link_click`,
            `email_bounce`, `spam_complaint`, `unsubscribed`, `email_forward`, `marketing_preferences_change` or
            `preference_center`.
        limit: entries a page, at most 100, which is also the API's default.
        page: from 1.

    Returns:
        The page; `page.next` is the call for the following one.

    Raises:
        NotFoundError: if there is no subscriber with this id.
        ValueError: if the id is not one.
        MailerLiteError: see `mailerlite_async.errors`.

    API: https://developers.mailerlite.com/docs/subscribers.html
    """
    params = query(("filter[log_name]", log_name), ("limit", page_limit(limit)), ("page", page))
    segments = (object_id(subscriber_id, "subscriber_id"),)
    route = "/subscribers/{id}/activity-log"
    return Call("GET", route, Listing(models.Activity, "page", 100), segments, params, repeatable=True)


def _body(
    *,
    fields: Mapping[str, FieldValue] | Unset,
    groups: Sequence[str | int] | Unset,
    **values: Any,
) -> dict[str, Any]:
    return given(
        **values,
        fields=fields if isinstance(fields, Unset) else field_values(fields, "fields"),
        groups=groups if isinstance(groups, Unset) else several_ids(groups, "groups"),
    )
