"""The objects of the API as attrs classes: frozen, slotted, tolerant of keys they do not know."""

from mailerlite_async.models._rate import Rate
from mailerlite_async.models.automation_emails import AutomationEmail, AutomationEmailStats
from mailerlite_async.models.automations import (
    Automation,
    AutomationActivityStatus,
    AutomationRun,
    AutomationRunStatus,
    AutomationRunSubscriber,
    AutomationStats,
    AutomationStep,
    AutomationStepCondition,
    AutomationStepField,
    AutomationStepRun,
    AutomationStepType,
    AutomationTrigger,
    AutomationTriggerData,
    AutomationTriggerGroup,
)
from mailerlite_async.models.campaign_languages import CampaignLanguage, TextDirection
from mailerlite_async.models.fields import Field, FieldType
from mailerlite_async.models.forms import Form, FormType
from mailerlite_async.models.groups import Group
from mailerlite_async.models.imports import ImportJob, ImportReport, ImportSample, SubscriberRow
from mailerlite_async.models.segments import Segment
from mailerlite_async.models.subscribers import (
    Activity,
    FieldValue,
    ForgottenSubscriber,
    Subscriber,
    SubscriberSource,
    SubscriberStatus,
)
from mailerlite_async.models.timezones import Timezone
from mailerlite_async.models.webhooks import Webhook, WebhookEvent

__all__ = [
    "Activity",
    "Automation",
    "AutomationActivityStatus",
    "AutomationEmail",
    "AutomationEmailStats",
    "AutomationRun",
    "AutomationRunStatus",
    "AutomationRunSubscriber",
    "AutomationStats",
    "AutomationStep",
    "AutomationStepCondition",
    "AutomationStepField",
    "AutomationStepRun",
    "AutomationStepType",
    "AutomationTrigger",
    "AutomationTriggerData",
    "AutomationTriggerGroup",
    "CampaignLanguage",
    "Field",
    "FieldType",
    "FieldValue",
    "ForgottenSubscriber",
    "Form",
    "FormType",
    "Group",
    "ImportJob",
    "ImportReport",
    "ImportSample",
    "Rate",
    "Segment",
    "Subscriber",
    "SubscriberRow",
    "SubscriberSource",
    "SubscriberStatus",
    "TextDirection",
    "Timezone",
    "Webhook",
    "WebhookEvent",
]
