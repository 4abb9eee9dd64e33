"""The second try at an answer whose types are not exactly those documented, with cattrs.

Accepted is what the API is known to do: `[]` for an empty object, numbers for ids, text for numbers and flags.
Everything else fails with the path in the JSON.
"""

from __future__ import annotations

import contextlib
import functools
import math
import types
import typing
from datetime import UTC, datetime
from typing import Any

import attrs
import cattrs
import cattrs.gen
import msgspec

from mailerlite_async._codec import UNREADABLE
from mailerlite_async._draft import api_key
from mailerlite_async.errors import DecodeError
from mailerlite_async.models import FieldValue
from mailerlite_async.models._dates import in_utc


def structure(body: bytes, model: Any, key: str) -> Any:
    """The value under `key` of a JSON object.

    Args:
        body: the answer.
        model: the type to make.
        key: where in the outermost object.

    Raises:
        DecodeError: naming the path of the first thing that does not fit.
    """
    try:
        content = msgspec.json.decode(body)
    except UNREADABLE:
        raise DecodeError("this is not JSON", body=body) from None
    if not isinstance(content, dict):
        raise DecodeError(f"an object was expected, not {_kind(content)}", body=body)
    if key not in content:
        raise DecodeError("required, but missing", json_path=f"$.{key}", body=body)
    return structure_value(content[key], model, f"$.{key}", body)


def structure_value(value: Any, model: Any, path: str, body: bytes) -> Any:
    """A value that has been decoded.

    Args:
        value: what to structure.
        model: the type to make.
        path: where in the body the value is.
        body: for the error.

    Raises:
        DecodeError: naming the path of the first thing that does not fit.
    """
    with contextlib.suppress(Exception):
        return _converter(detailed=False).structure(value, model)
    # Once more, to learn where it fails: noting the path takes as long again as all the rest.
    try:
        return _converter(detailed=True).structure(value, model)
    except Exception as error:  # noqa: BLE001  (cattrs reports whatever a hook raises; the path is in its notes)
        reason, path = _describe(error, path)
    raise DecodeError(reason, json_path=path, body=body)


@functools.cache
def _converter(*, detailed: bool) -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=detailed)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(int, _integer)
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(bool, _flag)
    converter.register_structure_hook(datetime, _date)
    converter.register_structure_hook_func(lambda kind: kind == FieldValue, _field_value)
    converter.register_structure_hook_factory(_is_optional, functools.partial(_optional_hook, converter))
    converter.register_structure_hook_factory(_is_object_map, functools.partial(_object_map_hook, converter))
    converter.register_structure_hook_factory(_is_sequence, functools.partial(_sequence_hook, converter))
    converter.register_structure_hook_factory(attrs.has, functools.partial(_class_hook, converter))
    return converter


def _class_hook(converter: cattrs.Converter, cls: type[Any]) -> Any:
    """Structure an attrs class.

    An attribute may have another name than its key, see `api_key`; if it takes None, the key may be missing.
    """
    attrs.resolve_types(cls)
    fields = [field for field in attrs.fields(cls) if api_key(field) != field.name]
    renamed = {field.name: cattrs.gen.override(rename=api_key(field)) for field in fields}
    absent = {api_key(field): None for field in fields if types.NoneType in typing.get_args(field.type)}
    # cattrs types the overrides as a TypedDict-like mapping of its own
    inner: Any = cattrs.gen.make_dict_structure_fn(cls, converter, **renamed)  # type: ignore[arg-type]
    may_be_empty = all(field.default is not attrs.NOTHING for field in attrs.fields(cls))

    def hook(value: Any, kind: Any) -> Any:
        if value == [] and may_be_empty:  # PHP writes an empty map as a list
            value = {}
        if not isinstance(value, dict):
            raise _MismatchError(f"an object was expected, not {_kind(value)}")
        return inner({**absent, **value} if absent else value, kind)

    return hook


def _is_optional(kind: Any) -> bool:
    return isinstance(kind, types.UnionType) and len(kind.__args__) == 2 and types.NoneType in kind.__args__


def _optional_hook(converter: cattrs.Converter, kind: Any) -> Any:
    """Where None is allowed, with the hook for all else looked up once: most attributes of a campaign are such."""
    (other,) = (each for each in typing.get_args(kind) if each is not types.NoneType)
    inner = converter.get_structure_hook(other)
    return lambda value, _: None if value is None else inner(value, other)


def _is_object_map(kind: Any) -> bool:
    return kind is dict or typing.get_origin(kind) is dict


def _object_map_hook(converter: cattrs.Converter, kind: Any) -> Any:
    inner = cattrs.gen.make_mapping_structure_fn(kind, converter)

    def hook(value: Any, kind: Any) -> Any:
        if value == []:  # PHP writes an empty map as a list
            return {}
        if not isinstance(value, dict):
            raise _MismatchError(f"an object was expected, not {_kind(value)}")
        return inner(value, kind)

    return hook


def _is_sequence(kind: Any) -> bool:
    return typing.get_origin(kind) is tuple


def _sequence_hook(converter: cattrs.Converter, kind: Any) -> Any:
    (item, _) = typing.get_args(kind)
    items = list[item]  # type: ignore[valid-type]
    inner = converter.get_structure_hook(items)

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise _MismatchError(f"an array was expected, not {_kind(value)}")
        return tuple(inner(value, items))

    return hook


class _MismatchError(ValueError):
    """A value that does not fit; its text holds no value, since values may be addresses."""


def _text(value: Any, _: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _MismatchError(f"text was expected, not {_kind(value)}")


def _integer(value: Any, _: Any) -> int:
    number = _number(value, float) if isinstance(value, float | str) and not _is_whole(value) else value
    if isinstance(number, str):
        return int(number)
    if isinstance(number, int) and not isinstance(number, bool):
        return number
    if isinstance(number, float) and number.is_integer():
        return int(number)
    raise _MismatchError(f"a whole number was expected, not {_kind(value)}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit()


def _number(value: Any, _: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if math.isfinite(number):  # "nan" and "inf" are words, not measurements
            return number
        raise _MismatchError("a number was expected, not other text")
    raise _MismatchError(f"a number was expected, not {_kind(value)}")


def _flag(value: Any, _: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
    text = str(value).lower() if isinstance(value, str | int) else None
    if text in known:
        return known[text]
    raise _MismatchError(f"true or false was expected, not {_kind(value)}")


def _date(value: Any, _: Any) -> datetime:
    if not isinstance(value, str):
        raise _MismatchError(f"a date was expected, not {_kind(value)}")
    try:
        date = datetime.fromisoformat(value)
    except ValueError:
        raise _MismatchError("a date was expected, not other text") from None
    return in_utc(date) if date.tzinfo is not None else date.replace(tzinfo=UTC)


def _field_value(value: Any, _: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    raise _MismatchError(f"text, a number or null was expected, not {_kind(value)}")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "text", bool: "a flag", types.NoneType: "null"}
    return names.get(type(value), "a number")


def _describe(error: Exception, path: str) -> tuple[str, str]:
    """Reason and path of the first leaf of cattrs' tree of errors."""
    leaf: Any = error
    while isinstance(leaf, cattrs.BaseValidationError) and leaf.exceptions:
        child = leaf.exceptions[0]
        for note in getattr(child, "__notes__", ()):
            if isinstance(note, cattrs.AttributeValidationNote):
                path += f".{api_key(attrs.fields_dict(leaf.cl)[note.name])}"
            elif isinstance(note, cattrs.IterableValidationNote):
                path += f"[{note.index}]" if isinstance(note.index, int) else f".{note.index}"
        leaf = child
    if isinstance(leaf, KeyError):
        return "required, but missing", f"{path}.{leaf.args[0]}" if not path.endswith(f".{leaf.args[0]}") else path
    return (str(leaf) if isinstance(leaf, _MismatchError) else "a value that does not fit"), path
