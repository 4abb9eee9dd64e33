"""MailerLite for tests: an emulator of the API, and a clock that makes minutes of rate limiting pass at once.

Everything loads when it is first used: pytest imports this package in every run, for the sake of its plugin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailerlite_async._lazy import load_on_demand

if TYPE_CHECKING:
    from ._deliveries import Delivery
    from ._emulator import Emulator
    from ._exchange import LoggedRequest
    from ._router import InnerCall
    from ._virtual import VirtualClock
    from ._wire import EmulatedRequest, EmulatedResponse

_ORIGINS = {
    "Delivery": "testing._deliveries",
    "EmulatedRequest": "testing._wire",
    "EmulatedResponse": "testing._wire",
    "Emulator": "testing._emulator",
    "InnerCall": "testing._router",
    "LoggedRequest": "testing._exchange",
    "VirtualClock": "testing._virtual",
}
__all__ = ["Delivery", "EmulatedRequest", "EmulatedResponse", "Emulator", "InnerCall", "LoggedRequest", "VirtualClock"]

_load = load_on_demand(__name__, _ORIGINS)


def __getattr__(name: str) -> object:
    return _load(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
