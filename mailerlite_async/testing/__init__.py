"""MailerLite for tests: an emulator of the API, and a clock that makes minutes of rate limiting pass at once."""

from __future__ import annotations

from ._deliveries import Delivery
from ._emulator import Emulator
from ._exchange import LoggedRequest
from ._router import InnerCall
from ._virtual import VirtualClock
from ._wire import EmulatedRequest, EmulatedResponse

__all__ = ["Delivery", "EmulatedRequest", "EmulatedResponse", "Emulator", "InnerCall", "LoggedRequest", "VirtualClock"]
