"""What `@pytest.mark.mailerlite(...)` says of a test, all its markers taken together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from mailerlite_async._clock import Clock

from ._emulator import Emulator
from ._faults import require_int, require_number

if TYPE_CHECKING:
    import pytest

Time = Literal["virtual", "real"]

_LIMITS: Final = ("requests", "imports", "period")
NAMES: Final = (*_LIMITS, "clock", "seed", "faults")
_TIMES: Final = ("virtual", "real")


@dataclass(slots=True)
class Wishes:
    """How the emulator of a test shall be.

    Attributes:
        limits: of the emulator, as far as the test says.
        clock: which time the test wants, None if it does not say.
        seeds: arguments of `Emulator.seed`, in order.
        faults: arguments of `Emulator.fault`, in order.
    """

    limits: dict[str, Any] = field(default_factory=dict)
    clock: Time | None = None
    seeds: list[Mapping[str, Any]] = field(default_factory=list)
    faults: list[Mapping[str, Any]] = field(default_factory=list)

    def emulator(self, clock: Clock, period: float) -> Emulator:
        """Make it.

        Args:
            clock: where it takes the time from.
            period: of its windows, if the test does not say.

        Raises:
            TypeError: if a wish is of a wrong type.
            ValueError: if a wish makes no sense.
        """
        emulator = Emulator(clock=clock, **{"period": period, **self.limits})
        for seed in self.seeds:
            emulator.seed(**seed)
        for fault in self.faults:
            emulator.fault(**fault)
        return emulator


def read_markers(markers: Sequence[pytest.Mark]) -> Wishes:
    """Take the markers of a test together.

    Limits and clock of the closest marker count; seeds and faults add up, those of the module first.

    Args:
        markers: the closest one first.

    Raises:
        TypeError: naming the argument that is of a wrong type.
        ValueError: naming the argument that is not known or makes no sense.
    """
    wishes = Wishes()
    for marker in reversed(markers):
        if marker.args:
            raise ValueError(f"takes keywords only: {', '.join(NAMES)}")
        for name, value in marker.kwargs.items():
            if name in _LIMITS:
                (require_number if name == "period" else require_int)(name, value)
                wishes.limits[name] = value
            elif name == "clock":
                if value not in _TIMES:
                    raise ValueError(f"clock must be 'virtual' or 'real', not {value!r}")
                wishes.clock = value
            elif name == "seed":
                wishes.seeds.append(_read_seed(value))
            elif name == "faults":
                wishes.faults.extend(_read_faults(value))
            else:
                raise ValueError(f"{name} is not known; it takes {', '.join(NAMES)}")
    return wishes


def _read_seed(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"seed must be a mapping of the arguments of Emulator.seed, not {type(value).__name__}")
    _refuse_unknown("seed", value, Emulator.seed)
    return value


def _read_faults(value: object) -> Iterable[Mapping[str, Any]]:
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise TypeError("faults must be a list of kinds, or of mappings of the arguments of Emulator.fault")
    for position, fault in enumerate(value):
        name = f"faults[{position}]"
        if isinstance(fault, str):
            yield {"kind": fault}
        elif isinstance(fault, Mapping) and "kind" in fault:
            _refuse_unknown(name, fault, Emulator.fault)
            yield fault
        else:
            raise ValueError(f"{name} must be a kind or a mapping with the key kind")


def _refuse_unknown(name: str, given: Mapping[Any, Any], method: Any) -> None:
    known = [*method.__annotations__][:-1]
    for key in given:
        if key not in known:
            raise ValueError(f"{name}: {key} is not known; it takes {', '.join(known)}")
