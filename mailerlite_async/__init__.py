"""A Python SDK for the MailerLite API: asyncio first, with a sync facade, typed, and exact about rate limits.

Everything loads when it is first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailerlite_async._lazy import load_on_demand
from mailerlite_async._version import __version__

if TYPE_CHECKING:
    from mailerlite_async import calls as calls
    from mailerlite_async import errors as errors
    from mailerlite_async import models as models
    from mailerlite_async._async.bulk_job import AsyncBulkJob
    from mailerlite_async._async.client import AsyncMailerLite
    from mailerlite_async._async.pager import AsyncPager
    from mailerlite_async._batch import BatchItem, BatchResult
    from mailerlite_async._call import Call, Page
    from mailerlite_async._clock import Clock
    from mailerlite_async._flow import Attempt, Flow, RateLimitInfo, Response
    from mailerlite_async._quota import LaneQuota, Quota
    from mailerlite_async._redis.store import RedisStore
    from mailerlite_async._sync.bulk_job import BulkJob
    from mailerlite_async._sync.client import MailerLite
    from mailerlite_async._sync.pager import Pager
    from mailerlite_async._unset import UNSET, Unset
    from mailerlite_async.bulk import (
        BulkPlan,
        BulkResult,
        BulkSummary,
        PlanStep,
        SyncChange,
        SyncPlan,
        SyncProgress,
        SyncRefusal,
        SyncReport,
        SyncRows,
    )
    from mailerlite_async.errors import (
        APIError,
        AuthenticationError,
        BadRequestError,
        CheckpointError,
        ConfigurationError,
        ConnectionFailedError,
        DecodeError,
        ImportRefusedError,
        InDoubtError,
        InvalidRowError,
        MailerLiteError,
        MethodNotAllowedError,
        NotFoundError,
        NotHandledError,
        NotSentError,
        PayloadTooLargeError,
        PermissionDeniedError,
        RateLimitError,
        RequestTimeoutError,
        ServerError,
        SignatureError,
        TooManyRemovalsError,
        TransportError,
        ValidationError,
        WaitTimeoutError,
    )
    from mailerlite_async.limits import MemoryStore, RateLimits

_ORIGINS = {
    "calls": "calls",
    "errors": "errors",
    "models": "models",
    "AsyncBulkJob": "_async.bulk_job",
    "AsyncMailerLite": "_async.client",
    "AsyncPager": "_async.pager",
    "BatchItem": "_batch",
    "BatchResult": "_batch",
    "Call": "_call",
    "Page": "_call",
    "Clock": "_clock",
    "Attempt": "_flow",
    "Flow": "_flow",
    "RateLimitInfo": "_flow",
    "Response": "_flow",
    "BulkJob": "_sync.bulk_job",
    "MailerLite": "_sync.client",
    "Pager": "_sync.pager",
    "UNSET": "_unset",
    "Unset": "_unset",
    "BulkPlan": "bulk",
    "BulkResult": "bulk",
    "BulkSummary": "bulk",
    "PlanStep": "bulk",
    "SyncChange": "bulk",
    "SyncPlan": "bulk",
    "SyncProgress": "bulk",
    "SyncRefusal": "bulk",
    "SyncReport": "bulk",
    "SyncRows": "bulk",
    "APIError": "errors",
    "AuthenticationError": "errors",
    "BadRequestError": "errors",
    "CheckpointError": "errors",
    "ConfigurationError": "errors",
    "ConnectionFailedError": "errors",
    "DecodeError": "errors",
    "ImportRefusedError": "errors",
    "InDoubtError": "errors",
    "InvalidRowError": "errors",
    "MailerLiteError": "errors",
    "MethodNotAllowedError": "errors",
    "NotFoundError": "errors",
    "NotHandledError": "errors",
    "NotSentError": "errors",
    "PayloadTooLargeError": "errors",
    "PermissionDeniedError": "errors",
    "RateLimitError": "errors",
    "RequestTimeoutError": "errors",
    "ServerError": "errors",
    "SignatureError": "errors",
    "TooManyRemovalsError": "errors",
    "TransportError": "errors",
    "ValidationError": "errors",
    "WaitTimeoutError": "errors",
    "LaneQuota": "_quota",
    "MemoryStore": "limits",
    "Quota": "_quota",
    "RateLimits": "limits",
    "RedisStore": "_redis.store",
}
__all__ = [
    "UNSET",
    "APIError",
    "AsyncBulkJob",
    "AsyncMailerLite",
    "AsyncPager",
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "BatchItem",
    "BatchResult",
    "BulkJob",
    "BulkPlan",
    "BulkResult",
    "BulkSummary",
    "Call",
    "CheckpointError",
    "Clock",
    "ConfigurationError",
    "ConnectionFailedError",
    "DecodeError",
    "Flow",
    "ImportRefusedError",
    "InDoubtError",
    "InvalidRowError",
    "LaneQuota",
    "MailerLite",
    "MailerLiteError",
    "MemoryStore",
    "MethodNotAllowedError",
    "NotFoundError",
    "NotHandledError",
    "NotSentError",
    "Page",
    "Pager",
    "PayloadTooLargeError",
    "PermissionDeniedError",
    "PlanStep",
    "Quota",
    "RateLimitError",
    "RateLimitInfo",
    "RateLimits",
    "RedisStore",
    "RequestTimeoutError",
    "Response",
    "ServerError",
    "SignatureError",
    "SyncChange",
    "SyncPlan",
    "SyncProgress",
    "SyncRefusal",
    "SyncReport",
    "SyncRows",
    "TooManyRemovalsError",
    "TransportError",
    "Unset",
    "ValidationError",
    "WaitTimeoutError",
    "__version__",
    "calls",
    "errors",
    "models",
]


_load = load_on_demand(__name__, _ORIGINS)


def __getattr__(name: str) -> object:
    return _load(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
