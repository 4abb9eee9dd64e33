"""Fixtures: those of the facades, so that each endpoint is called once by every flavour of the client."""

from __future__ import annotations

from tests.facades.conftest import clock, emulator, facade, pytest_pyfunc_call

__all__ = ["clock", "emulator", "facade", "pytest_pyfunc_call"]
