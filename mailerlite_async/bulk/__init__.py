"""Bulk jobs: thousands of rows the cheapest legal way, with a result for each; see `client.bulk`."""

from __future__ import annotations

from mailerlite_async.bulk._model import BulkPlan, BulkResult, BulkSummary, PlanStep

__all__ = ["BulkPlan", "BulkResult", "BulkSummary", "PlanStep"]
