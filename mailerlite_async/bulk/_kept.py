"""What a checkpoint keeps of a chunk: the fingerprint of its rows, and what became of them, packed."""

from __future__ import annotations

import functools
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs
import msgspec

from mailerlite_async._fork import undividedly
from mailerlite_async.bulk._chunk import ChunkOutcome, Item, Outcome
from mailerlite_async.models import ImportReport
from mailerlite_async.models._dates import to_api

_MOST_BYTES = 1 << 28  # of one chunk: a file from elsewhere must not unpack to more than the machine has


@attrs.frozen
class Kept:
    """What an earlier run left of one chunk.

    Attributes:
        rows: how many it has.
        fingerprint: of its rows, see `fingerprint`.
        outcome: what became of it; None if it was sent, and nobody knows.
        jobs: the ids of the imports made of it.
    """

    rows: int
    fingerprint: bytes
    outcome: ChunkOutcome | None
    jobs: tuple[str, ...] = ()


def fingerprint(items: Sequence[Item]) -> bytes:
    """A hash of what would be sent, the same in every process and on every machine.

    Raises:
        TypeError: if a body holds something JSON cannot.
    """
    digest = hashlib.blake2b(digest_size=32)
    for item in items:
        # json rather than msgspec, whose way of writing a number may change with its version; no JSON has a newline.
        text = json.dumps(
            [item.target, item.body, item.group_id], default=_plain, sort_keys=True, separators=(",", ":")
        )
        digest.update(text.encode() + b"\n")
    return digest.digest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return to_api(value, "date")
    return msgspec.to_builtins(value, order="deterministic")


class _Packed(msgspec.Struct, array_like=True):
    items: list[Outcome]
    reports: list[ImportReport]
    requests: int
    imports: int


@functools.cache
@undividedly
def _decoder() -> msgspec.msgpack.Decoder[_Packed]:
    return msgspec.msgpack.Decoder(_Packed)


def packed(outcome: ChunkOutcome) -> bytes | None:
    """What became of a chunk, as bytes; None if they would be too many.

    Raises:
        ValueError: if an item is an error, or it has something that stops the job.
    """
    items = [item for item in outcome.items if isinstance(item, Outcome)]
    if len(items) != len(outcome.items) or outcome.stop is not None:
        raise ValueError("only a chunk whose rows all have an outcome, and that stops nothing, can be kept")
    plain = msgspec.msgpack.encode(_Packed(items, outcome.reports, outcome.requests, outcome.imports))
    return zlib.compress(plain) if len(plain) <= _MOST_BYTES else None


def unpacked(content: bytes) -> ChunkOutcome:
    """The outcome that was packed.

    Raises:
        ValueError: if the bytes are not what `packed` made.
    """
    unpacker = zlib.decompressobj()
    try:
        found = _decoder().decode(unpacker.decompress(content, _MOST_BYTES))
    except (zlib.error, msgspec.MsgspecError, ValueError, RecursionError):
        raise ValueError("these bytes are not an outcome") from None
    # Only at its end is the stream's checksum compared.
    if not unpacker.eof:
        raise ValueError("these bytes do not end")
    return ChunkOutcome([*found.items], found.reports, found.requests, found.imports)
