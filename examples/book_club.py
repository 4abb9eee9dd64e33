"""The book club of MailerLite's integration guide: what its website tells MailerLite, and when.

    python examples/book_club.py

talks to the built-in emulator, so nothing leaves your machine. With `--base-url URL` it talks to the API there, with
the key in `MAILERLITE_API_KEY`; it makes four groups and a subscriber in that account. docs/book-club.md tells the
story, and book_club_async.py is the same program with asyncio.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mailerlite_async import Call, MailerLite, MailerLiteError, NotFoundError, calls
from mailerlite_async.models import ForgottenSubscriber
from mailerlite_async.testing import Emulator

INTERESTS = ("True crime", "Romance", "Biographies", "Science fiction")
AN_HOUR = 3600


@dataclass
class Member:
    """A row in the website's own table.

    `subscriber_id` is MailerLite's. It is stored at sign-up, because it stays when the address changes.
    """

    name: str
    email: str
    confirmed_at: datetime | None = None
    confirmed_from: str | None = None
    subscriber_id: str | None = None


def create_groups(ml: MailerLite) -> None:
    """Have a group for each interest. Call it when the website is deployed: groups that exist are kept."""
    for interest in INTERESTS:
        ml.groups.get_or_create(interest)


def group_ids(ml: MailerLite) -> dict[str, str]:
    """The id of the group of each interest, asked for once an hour at most."""
    ids = {}
    for interest in INTERESTS:
        group = ml.groups.find(interest, max_age=AN_HOUR)
        if group is None:
            raise LookupError(f"there is no group {interest!r}: create_groups was not called")
        ids[interest] = group.id
    return ids


def sign_up_confirmed(ml: MailerLite, member: Member, interests: Collection[str]) -> None:
    """Put a member on the list, once the link in the website's own confirmation mail was clicked.

    When and from where that happened goes along, as the proof of consent.
    """
    if member.confirmed_at is None:
        raise ValueError("the address is not confirmed: MailerLite must not hear of it yet")
    ids = group_ids(ml)
    person = ml.subscribers.upsert(
        member.email,
        fields={"name": member.name},
        groups=[ids[interest] for interest in interests],
        opted_in_at=member.confirmed_at,
        optin_ip=member.confirmed_from,
        resubscribe=True,  # who left once, and confirms anew, wants to be back
    )
    member.subscriber_id = person.id


def save_preferences(ml: MailerLite, member: Member, checked: Collection[str]) -> dict[str, str]:
    """Make the groups what the form says, box by box, in a single call.

    The website need not know which boxes have changed: assigning somebody who is in the group changes nothing, and
    somebody who cannot be taken out because they are not there is where they should be.

    Returns:
        What became of each box.

    Raises:
        LookupError: if the member is not on the list.
        ExceptionGroup: with the error of every box that could not be saved; the others were.
    """
    if (subscriber_id := known_id(ml, member)) is None:
        raise LookupError("the member is not on the list: the sign-up was never confirmed")
    ids = group_ids(ml)
    changes: list[Call[Any]] = [
        calls.groups.assign(subscriber_id, ids[interest])
        if interest in checked
        else calls.groups.unassign(subscriber_id, ids[interest])
        for interest in INTERESTS
    ]
    result = ml.batch(changes)
    saved: dict[str, str] = {}
    problems: list[MailerLiteError] = []
    for interest, item in zip(INTERESTS, result.items, strict=True):
        if item.error is None:
            saved[interest] = "in" if interest in checked else "out"
        elif interest not in checked and isinstance(item.error, NotFoundError):
            saved[interest] = "out, was not in"
        else:
            item.error.add_note(f"the box {interest!r}")
            problems.append(item.error)
    if problems:
        raise ExceptionGroup("not all preferences were saved", problems)
    return saved


def change_address(ml: MailerLite, member: Member, email: str) -> None:
    """Give a member another address. The website's record follows unless MailerLite refuses the address."""
    if (subscriber_id := known_id(ml, member)) is not None:
        with suppress(NotFoundError):  # deleted in the meantime
            ml.subscribers.update(subscriber_id, email=email)
    member.email = email


def unsubscribe(ml: MailerLite, member: Member) -> bool:
    """End all mails to a member; False if MailerLite does not know them, and then there is nothing to end.

    This must not be an upsert, which would create the person who wants to hear nothing.
    """
    if (subscriber_id := known_id(ml, member)) is None:
        return False
    try:
        ml.subscribers.update(subscriber_id, status="unsubscribed")
    except NotFoundError:  # deleted in the meantime
        return False
    return True


def erase(ml: MailerLite, member: Member) -> ForgottenSubscriber | None:
    """Have everything that MailerLite knows of a member erased, as the GDPR demands; None if it knows nothing.

    Deleting would not do: MailerLite keeps what it knows of deleted subscribers, in case they come back.
    """
    forgotten = None
    if (subscriber_id := known_id(ml, member)) is not None:
        with suppress(NotFoundError):  # forgotten already, perhaps by this very call when its answer was lost
            forgotten = ml.subscribers.forget(subscriber_id)
    member.subscriber_id = None
    return forgotten


def known_id(ml: MailerLite, member: Member) -> str | None:
    """MailerLite's id of a member, by address only for records that are older than the integration."""
    if member.subscriber_id is None:
        try:
            member.subscriber_id = ml.subscribers.get(member.email).id
        except NotFoundError:
            return None
    return member.subscriber_id


# -- the story ---------------------------------------------------------------------------------------------------------


def describe(ml: MailerLite, member: Member) -> str:
    """What MailerLite knows of a member, in words."""
    try:
        person = ml.subscribers.get(member.email)
    except NotFoundError:
        return "unknown to MailerLite"
    return f"{person.status}, in {', '.join(sorted(group.name for group in person.groups or ())) or 'no group'}"


def tell(ml: MailerLite) -> None:
    """Let John join, choose, move and leave, and Eve leave without having joined."""
    create_groups(ml)
    john = Member("John", "john@example.com")
    eve = Member("Eve", "eve@example.com")

    print(f"John asks for the newsletter: {describe(ml, john)}")

    john.confirmed_at, john.confirmed_from = datetime.now(UTC), "192.0.2.7"
    sign_up_confirmed(ml, john, ["True crime", "Romance"])
    print(f"John confirms his address: {describe(ml, john)}")

    print("John saves his preferences, all boxes in one call:")
    checked = ["True crime", "Biographies"]
    for interest, outcome in save_preferences(ml, john, checked).items():
        print(f"  [{'x' if interest in checked else ' '}] {interest}: {outcome}")
    print(f"  {describe(ml, john)}")

    known_as = john.subscriber_id
    change_address(ml, john, "john.wick@example.com")
    same = ml.subscribers.get(john.email).id == known_as
    print(f"John changes his address: {'the same subscriber' if same else 'another one'}, {describe(ml, john)}")

    for member in (eve, john):
        known = unsubscribe(ml, member)
        print(f"{member.name} unsubscribes: {'done' if known else 'nothing to do'}, {describe(ml, member)}")

    forgotten = erase(ml, john)
    gone = f"within {(forgotten.forget_at - forgotten.deleted_at).days} days" if forgotten else "nothing to do"
    print(f"John asks to be forgotten: {gone}, {describe(ml, john)}")


def main() -> None:
    """Tell the story to the emulator, or to the API at the address given."""
    parser = argparse.ArgumentParser(description="The book club's website and MailerLite.")
    parser.add_argument("--base-url", help="the API to talk to, with the key in MAILERLITE_API_KEY")
    base_url = parser.parse_args().base_url
    if base_url is None:
        print("Talking to the built-in emulator: nothing leaves this machine.")
        ml = MailerLite("any-key", transport=Emulator().transport())
    else:
        print(f"Talking to {base_url}.")
        ml = MailerLite(base_url=base_url)
    with ml:
        tell(ml)


if __name__ == "__main__":
    main()
