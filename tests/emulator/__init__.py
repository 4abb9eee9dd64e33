"""Tests of the emulator, through its faces."""
