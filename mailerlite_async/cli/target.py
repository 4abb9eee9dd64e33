"""What the user names: a group or a segment by its exact name or its id; and the fields an import needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailerlite_async.cli.columns import LONGEST_FIELD_NAME, FieldPlan
from mailerlite_async.cli.errors import CannotRunError
from mailerlite_async.cli.outcome import TargetGroup

if TYPE_CHECKING:
    from mailerlite_async import MailerLite
    from mailerlite_async.models import Segment


def find_group(ml: MailerLite, name: str | None, group_id: str | None) -> TargetGroup:
    """Look the group up over all pages.

    Args:
        ml: the client.
        name: its exact name; the API itself finds parts of names, too.
        group_id: its id, if `name` is None.

    Returns:
        The group; without an id if there is none of that name.

    Raises:
        CannotRunError: if several groups have the name, or none has the id.
        MailerLiteError: if groups cannot be read.
    """
    if name is None:
        # The API documents no call for a single group.
        named = next((group for group in ml.groups.iter() if group.id == group_id), None)
        if named is None:
            raise CannotRunError(f"--group-id {group_id}: the account has no group with this id.")
        return TargetGroup(named.name, named.id)
    found = [group.id for group in ml.groups.iter(name=name) if group.name == name]
    if len(found) > 1:
        raise CannotRunError(
            f'{len(found)} groups are called "{name}": {", ".join(found)}. Choose one with --group-id.'
        )
    return TargetGroup(name, found[0] if found else None)


def find_segment(ml: MailerLite, name: str | None, segment_id: str | None) -> Segment:
    """Look a segment up over all pages.

    Args:
        ml: the client.
        name: its exact name.
        segment_id: its id, if `name` is None.

    Returns:
        The segment.

    Raises:
        CannotRunError: if there is none, or several have the name.
        MailerLiteError: if segments cannot be read.
    """
    if name is None:
        found = [segment for segment in ml.segments.iter() if segment.id == segment_id]
    else:
        found = [segment for segment in ml.segments.iter() if segment.name == name]
    if len(found) > 1:
        ids = ", ".join(segment.id for segment in found)
        raise CannotRunError(f'{len(found)} segments are called "{name}": {ids}. Choose one with --segment-id.')
    if not found and name is None:
        raise CannotRunError(f"--segment-id {segment_id}: the account has no segment with this id.")
    if not found:
        raise CannotRunError(f'--segment: the account has no segment called "{name}".')
    return found[0]


def create_group(ml: MailerLite, group: TargetGroup) -> str:
    """Make sure that the group exists.

    Returns:
        Its id.

    Raises:
        MailerLiteError: if it cannot be created.
    """
    if group.id is None:
        group.id = ml.groups.create(group.name).id
        group.created = True
    return group.id


def check_new_fields(plan: FieldPlan, where: str) -> None:
    """Refuse names no field can have, before anything is created.

    Raises:
        CannotRunError: naming the column.
    """
    for column in plan.unknown:
        if len(column.new_field) > LONGEST_FIELD_NAME:
            raise CannotRunError(
                f"{where}: the name of column {column.index + 1} has more than {LONGEST_FIELD_NAME} characters, "
                "too many for a field."
            )


def create_fields(ml: MailerLite, plan: FieldPlan, created: list[str]) -> None:
    """Make a text field for each column that has none.

    Args:
        ml: the client.
        plan: what becomes of the columns; the new fields are put into it.
        created: is given the names of the new fields, one by one.

    Raises:
        MailerLiteError: if one cannot be created. Those before it exist, and are in `created`.
    """
    while plan.unknown:
        column = plan.unknown[0]
        plan.fill(column, ml.fields.create(column.new_field, "text"))
        del plan.unknown[0]
        created.append(column.new_field)
