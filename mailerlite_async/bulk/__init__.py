"""Bulk jobs: thousands of rows the cheapest legal way, with a result for each; see `client.bulk`."""

from __future__ import annotations

from mailerlite_async.bulk._model import BulkImport, BulkPlan, BulkResult, BulkSummary, PlanStep
from mailerlite_async.bulk._sync_model import SyncChange, SyncPlan, SyncProgress, SyncRefusal, SyncReport, SyncRows

__all__ = [
    "BulkImport",
    "BulkPlan",
    "BulkResult",
    "BulkSummary",
    "PlanStep",
    "SyncChange",
    "SyncPlan",
    "SyncProgress",
    "SyncRefusal",
    "SyncReport",
    "SyncRows",
]
