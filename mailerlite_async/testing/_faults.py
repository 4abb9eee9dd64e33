"""Faults on demand: what may go wrong between a client and the service, planned ahead and struck in order."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

Kind = Literal[
    "latency",
    "error",
    "error_after_commit",
    "reset",
    "reset_after_commit",
    "stall_after_commit",
    "html",
    "rate_limit",
    "import_rate_limit",
    "revoked_key",
    "foreign_traffic",
    "plan_limit",
    "import_batch_answer",
]
KINDS: Final[tuple[str, ...]] = get_args(Kind)
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_TAKES_STATUS: Final = ("error", "error_after_commit")
_ONLY_ROUTES: Final = {"import_batch_answer": "/batch"}
_NEEDS_SECONDS: Final = ("latency", "stall_after_commit")
_TAKES_SECONDS: Final = (*_NEEDS_SECONDS, "rate_limit", "import_rate_limit")


def require_int(name: str, value: object) -> None:
    """Refuse what is no whole number.

    Raises:
        TypeError: naming the argument.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {value!r}")


def require_number(name: str, value: object) -> None:
    """Refuse what is no number.

    Raises:
        TypeError: naming the argument.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, not {value!r}")


@dataclass(slots=True)
class Fault:
    """One planned fault. `left` counts the strikes to come, None for no end."""

    kind: str
    method: str | None
    route: str | None
    status: int
    seconds: float | None
    left: int | None
    probability: float | None


class Faults:
    """The faults of one emulator.

    Args:
        methods_by_route: the templates that faults may name, with their methods.
    """

    def __init__(self, methods_by_route: Mapping[str, Sequence[str]]) -> None:
        self._methods_by_route = methods_by_route
        self._random = random.Random(0)
        self._planned: dict[str, list[Fault]] = {}

    def add(
        self,
        kind: str,
        *,
        method: str | None,
        route: str | None,
        status: int | None,
        seconds: float | None,
        times: int | None,
        probability: float | None,
    ) -> None:
        """Plan a fault; `Emulator.fault` says what the arguments mean.

        Raises:
            TypeError: naming the argument that is of a wrong type.
            ValueError: naming the argument that makes no sense.
        """
        for name, text in (("kind", kind), ("method", method), ("route", route)):
            if text is not None and not isinstance(text, str):
                raise TypeError(f"{name} must be text, not {text!r}")
        for name, number in (("status", status), ("times", times)):
            if number is not None:
                require_int(name, number)
        for name, amount in (("seconds", seconds), ("probability", probability)):
            if amount is not None:
                require_number(name, amount)
        if kind not in KINDS:
            raise ValueError(f"kind {kind!r} is not known; kinds are {', '.join(KINDS)}")
        if method is not None:
            method = method.upper()
            if method not in _METHODS:
                raise ValueError(f"method {method!r} is not known; methods are {', '.join(_METHODS)}")
        only = _ONLY_ROUTES.get(kind)
        if only is not None and route not in (None, only):
            raise ValueError(f"route {route!r} makes no sense: {kind} strikes only {only}")
        route = only or route
        if route is not None:
            known = self._methods_by_route.get(route)
            if known is None:
                raise ValueError(f"route {route!r} is not known; routes are {', '.join(self._methods_by_route)}")
            if method is not None and method not in known:
                raise ValueError(f"method {method!r} is not one of {route}; its methods are {', '.join(known)}")
        if status is not None and (kind not in _TAKES_STATUS or not 400 <= status <= 599):
            raise ValueError(f"status {status} makes no sense: 400 to 599, only for {' and '.join(_TAKES_STATUS)}")
        if seconds is None and kind in _NEEDS_SECONDS:
            raise ValueError(f"seconds must be given for {kind}")
        if seconds is not None and (kind not in _TAKES_SECONDS or not 0 <= seconds < math.inf):
            raise ValueError(f"seconds {seconds} makes no sense: 0 or more, only for {', '.join(_TAKES_SECONDS)}")
        if times is not None and times < 1:
            raise ValueError(f"times {times} makes no sense: at least 1, or None for no end")
        if probability is not None and not 0 < probability <= 1:
            raise ValueError(f"probability {probability} makes no sense: above 0, at most 1")
        fault = Fault(kind, method, route, status or 500, seconds, times, probability)
        self._planned.setdefault(kind, []).append(fault)

    def strike(self, kind: Kind, method: str, template: str | None) -> Fault | None:
        """The first fault of a kind that strikes this request, which counts as one of its strikes."""
        return next(iter(self._striking(kind, method, template, most=1)), None)

    def latency(self, method: str, template: str | None) -> float:
        """Seconds that this request takes; those of several faults add up."""
        return sum(fault.seconds or 0.0 for fault in self._striking("latency", method, template))

    def clear(self) -> None:
        """Forget all faults and start the dice over."""
        self._planned.clear()
        self._random.seed(0)

    def _striking(self, kind: Kind, method: str, template: str | None, most: int | None = None) -> list[Fault]:
        planned = self._planned.get(kind)
        if not planned:
            return []
        struck: list[Fault] = []
        for fault in planned:
            if fault.method not in (None, method) or fault.route not in (None, template):
                continue
            if fault.probability is not None and self._random.random() >= fault.probability:
                continue
            if fault.left is not None:
                fault.left -= 1
            struck.append(fault)
            if len(struck) == most:
                break
        self._planned[kind] = [fault for fault in planned if fault.left != 0]
        return struck
