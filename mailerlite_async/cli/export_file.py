"""Where an export goes: a file that a killed export leaves in a state to go on from, or a stream.

Beside FILE stands FILE.cursor as long as the export is not complete. It is replaced only after everything it speaks of
is on the disk, so whatever FILE holds beyond that is cut off, and written again, when the export goes on.
"""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Protocol, Self

import msgspec

from mailerlite_async.cli.errors import CannotRunError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

STATE_VERSION: Final = 1


class State(msgspec.Struct, forbid_unknown_fields=True):
    """How far an export has come.

    Attributes:
        asked: what was asked for, by name of the option; going on needs the same.
        columns: of the file; None for everything.
        status: the status whose subscribers are being read; None for all.
        cursor: where to go on among them; None for the beginning.
        rows: how many subscribers have been written.
        bytes: how long the file was then.
        counts: subscribers by status.
        version: of this format.
        finished: whether nothing is left to do.
    """

    asked: dict[str, Any]
    columns: list[str] | None
    status: str | None
    cursor: str | None = None
    rows: int = 0
    bytes: int = 0
    counts: dict[str, int] = {}
    version: int = STATE_VERSION
    finished: bool = False


class Target(Protocol):
    """Takes the bytes of an export."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def begin(self, state: State) -> None:
        """Get ready to write what follows `state`."""
        ...

    def append(self, data: bytes, state: State) -> None:
        """Write, and when that is safe, note the state; the length of the file is put into it."""
        ...

    def finish(self) -> None:
        """Nothing follows."""
        ...


class StreamTarget:
    """A stream, such as stdout or a pipe. Nothing of it can be taken back.

    Args:
        stream: where to.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def begin(self, state: State) -> None:
        """Nothing to do."""

    def append(self, data: bytes, state: State) -> None:
        """Write."""
        self._stream.write(data)
        self._stream.flush()
        state.bytes += len(data)

    def finish(self) -> None:
        """Nothing to do."""


class FileTarget:
    """A file and its state.

    Args:
        path: of the file.
    """

    def __init__(self, path: str) -> None:
        self.path: Path = Path(path)
        self.state_path: Path = Path(f"{path}.cursor")
        self._file: BinaryIO | None = None
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._resources.close()

    def check_new(self, *, force: bool) -> None:
        """Make sure that a new export destroys nothing, unless that is wanted.

        Raises:
            CannotRunError: if it would.
        """
        self._check_place()
        if force:
            return
        if self.state_path.exists():
            raise CannotRunError(
                f"{self.path} is an export that was not completed: go on with --resume, or begin anew with --force."
            )
        if self._holds_something():
            raise CannotRunError(f"{self.path} exists. Overwrite it with --force.")

    def read_state(self) -> State | None:
        """What an earlier export noted; None if there was none, and there is no file either.

        Raises:
            CannotRunError: if the file cannot be gone on with.
        """
        self._check_place()
        try:
            state = msgspec.json.decode(self.state_path.read_bytes(), type=State)
        except FileNotFoundError:
            if self._holds_something():
                raise CannotRunError(
                    f"{self.path} exists without {self.state_path.name}: it is complete, or no export of this command. "
                    "Overwrite it with --force."
                ) from None
            return None
        except OSError as error:
            raise CannotRunError(f"{self.state_path} cannot be read: {error.strerror}.") from None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise CannotRunError(
                f"{self.state_path} is not what an export of this version leaves. Begin anew with --force."
            ) from None
        if state.version != STATE_VERSION:
            raise CannotRunError(f"{self.state_path} was left by another version. Begin anew with --force.")
        return state

    def begin(self, state: State) -> None:
        """Cut the file to the length in `state`; it is made if that is 0.

        Raises:
            CannotRunError: if the file is shorter than that, in use, or cannot be written.
        """
        try:
            flags = os.O_RDWR | (os.O_CREAT if state.bytes == 0 else 0) | getattr(os, "O_BINARY", 0)
            file = self._resources.enter_context(os.fdopen(os.open(self.path, flags, 0o666), "r+b"))
            self._lock(file)
            length = file.seek(0, os.SEEK_END)
            if length < state.bytes:
                raise self._lost(length, state)
            # Before anything is cut off: a state that speaks of more than there is would be useless.
            self._save(state)
            file.truncate(state.bytes)
            file.seek(state.bytes)
        except FileNotFoundError:
            raise self._lost(0, state) from None
        except OSError as error:
            raise CannotRunError(f"{self.path} cannot be written: {error.strerror}.") from None
        self._file = file

    def append(self, data: bytes, state: State) -> None:
        """Write, wait until it is on the disk, and then note the state."""
        assert self._file is not None  # `begin` comes first
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())
        state.bytes += len(data)
        self._save(state)

    def finish(self) -> None:
        """Take the state away: the file is complete."""
        self.state_path.unlink(missing_ok=True)

    def _check_place(self) -> None:
        if self.path.is_dir() or not self.path.parent.is_dir():
            raise CannotRunError(f"-o {self.path} cannot be written: it must be a file in a directory that exists.")

    def _holds_something(self) -> bool:
        """Whether there would be something to lose. A file without a byte is what a new export may leave."""
        return self.path.exists() and self.path.stat().st_size > 0

    def _lost(self, length: int, state: State) -> CannotRunError:
        return CannotRunError(
            f"{self.path} has {length:,} bytes, but {self.state_path.name} speaks of {state.bytes:,}: "
            "it was changed since. Begin anew with --force."
        )

    def _lock(self, file: BinaryIO) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRunError(f"{self.path} is being written by another export.") from None
        except OSError:
            pass  # not every file system has locks

    def _save(self, state: State) -> None:
        draft = Path(f"{self.state_path}.new")
        with draft.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(state), indent=2))
            file.write(b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.state_path)
        # The directory too, or the new name could be lost with the machine; not every system can do that.
        with suppress(OSError):
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def is_stream(path: str) -> bool:
    """Whether this is something to write to that is no file, such as a pipe or a device."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  (one look instead of three)
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
