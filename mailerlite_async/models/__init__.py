"""The objects of the API as attrs classes: frozen, slotted, tolerant of keys they do not know."""

from mailerlite_async.models._rate import Rate
from mailerlite_async.models.fields import Field, FieldType
from mailerlite_async.models.groups import Group
from mailerlite_async.models.imports import ImportJob, ImportReport, ImportSample, SubscriberRow
from mailerlite_async.models.subscribers import (
    Activity,
    FieldValue,
    ForgottenSubscriber,
    Subscriber,
    SubscriberSource,
    SubscriberStatus,
)

__all__ = [
    "Activity",
    "Field",
    "FieldType",
    "FieldValue",
    "ForgottenSubscriber",
    "Group",
    "ImportJob",
    "ImportReport",
    "ImportSample",
    "Rate",
    "Subscriber",
    "SubscriberRow",
    "SubscriberSource",
    "SubscriberStatus",
]
