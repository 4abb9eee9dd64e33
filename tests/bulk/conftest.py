"""Each test once for every flavour of the client, as for the facades."""

from __future__ import annotations

from tests.facades.conftest import clock, emulator, facade, pytest_pyfunc_call

__all__ = ["clock", "emulator", "facade", "pytest_pyfunc_call"]
