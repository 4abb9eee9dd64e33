"""The same objects for other decoders: pydantic models made from the attrs classes, and cattrs with its defaults."""

from __future__ import annotations

import functools
import json
import types
import typing
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import attrs
import cattrs
import cattrs.gen
import pydantic

from mailerlite_async import models
from mailerlite_async._draft import api_key

Aware = Annotated[datetime, pydantic.AfterValidator(lambda date: date if date.tzinfo else date.replace(tzinfo=UTC))]


def with_pydantic(model: Any, *, aware: bool = True) -> Callable[[bytes], Any]:
    """Pages as pydantic reads them, of the same fields and types, perhaps but for the zones of the dates."""
    items: Any = list[_pydantic(model, aware)]  # type: ignore[misc]
    page = pydantic.create_model("Page", data=(items, ...), links=(Any, None), meta=(Any, None))
    return page.model_validate_json


def with_cattrs(model: type[Any]) -> Callable[[bytes], Any]:
    """Pages as cattrs reads them, taught dates, the keys that are no names of attributes, and nothing else."""
    converter = cattrs.Converter()
    converter.register_structure_hook(datetime, _aware)
    converter.register_structure_hook_func(lambda kind: kind == models.FieldValue, lambda value, _: value)
    converter.register_structure_hook_factory(attrs.has, functools.partial(_renamed, converter))
    return lambda body: converter.structure(json.loads(body)["data"], list[model])  # type: ignore[valid-type]


def _aware(value: str, _: Any) -> datetime:
    date = datetime.fromisoformat(value)
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _renamed(converter: cattrs.Converter, cls: type[Any]) -> Any:
    attrs.resolve_types(cls)
    names: Any = {
        each.name: cattrs.gen.override(rename=api_key(each)) for each in attrs.fields(cls) if api_key(each) != each.name
    }
    # A key that may be missing altogether, as `from` in most steps of an automation.
    absent = {api_key(each): None for each in attrs.fields(cls) if each.name in names and _takes_none(each.type)}
    inner = cattrs.gen.make_dict_structure_fn(cls, converter, **names)
    return (lambda value, kind: inner({**absent, **value}, kind)) if absent else inner


def _takes_none(kind: Any) -> bool:
    return types.NoneType in typing.get_args(kind)


@functools.cache
def _pydantic(cls: type[Any], aware: bool) -> type[pydantic.BaseModel]:
    attrs.resolve_types(cls)
    fields: dict[str, Any] = {}
    for each in attrs.fields(cls):
        kind = _translated(each.type, aware)
        if api_key(each) != each.name:
            fields[each.name] = (kind, pydantic.Field(None if _takes_none(each.type) else ..., alias=api_key(each)))
        else:
            fields[each.name] = (kind, ... if each.default is attrs.NOTHING else None)
    return pydantic.create_model(cls.__name__, __config__=pydantic.ConfigDict(coerce_numbers_to_str=True), **fields)


def _translated(kind: Any, aware: bool) -> Any:
    if kind is datetime:
        return Aware if aware else datetime
    if attrs.has(kind):
        return _pydantic(kind, aware)
    arguments = typing.get_args(kind)
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return typing.Union[tuple(_translated(each, aware) for each in arguments)]  # noqa: UP007
    origin = typing.get_origin(kind)
    return origin[tuple(_translated(each, aware) for each in arguments)] if origin in (tuple, dict, list) else kind
