"""Drafts: what the decoder fills in before it becomes an object of a frozen model.

A draft is a subclass of its model without attributes of its own, but one that can be changed. msgspec fills it in, we
give the dates their zone, and then it turns into its model, for which the two need the same slots. Each step does
without something that takes long when a hundred frozen objects are made at a time:

- Setting a slot of a frozen class past its guard takes six times as long as setting that of a draft.
- msgspec asks each new object for every attribute, and one that has no value yet raises an `AttributeError`. So the
  optional ones, which most lists leave out, get their defaults before msgspec looks.
- msgspec cannot rename the keys of attrs classes. A draft has each attribute under the API's key too.
- Where the API is known to send another type than the documented one, the draft takes both (`sent_as` in the metadata).
"""

from __future__ import annotations

import functools
import math
import types
import typing
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import attrs
import msgspec

from mailerlite_async.models._dates import in_utc

# The difference of two naive dates added to an aware one takes half the time of `combine`, and a tenth of that of
# `replace`.
_NAIVE = datetime(2000, 1, 1)  # noqa: DTZ001
_AWARE = datetime(2000, 1, 1, tzinfo=UTC)


class Draft(msgspec.Struct, frozen=True):
    """How objects of one model are decoded.

    Attributes:
        type: what the decoder fills in.
        finish: makes each of them an object of the model.

    `finish` raises ValueError for a date outside of the calendar, and for a value `sent_as` another type that says
    something else than the documented type could.
    """

    type: Any
    finish: Callable[[Iterable[Any]], None]


def api_key(field: attrs.Attribute[Any]) -> str:
    """The API's key for an attribute: that in its metadata, or its name, less the `_` after a Python keyword."""
    key: str = field.metadata.get("key", field.name.removesuffix("_"))
    return key


@functools.cache
def draft_of(model: Any) -> Draft:
    """The draft of a model, or of objects within another type; a model that needs no help is its own draft."""
    if not attrs.has(model):
        return Draft(_with_drafts(model), _leave)
    attrs.resolve_types(model)
    fields = attrs.fields(model)
    inner = {field.name: _decoded_as(field) for field in fields}
    given = {field.name: default for field in fields if not isinstance(default := _default(field), _Required)}
    if not (_dates(model) or given or any(inner[field.name] is not field.type for field in fields)):
        return Draft(model, _leave)
    content: dict[str, Any] = {
        "__slots__": (),
        "__module__": model.__module__,
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
        "__attrs_attrs__": tuple(_under_its_key(field) for field in fields),
        "__annotations__": {api_key(field): inner[field.name] for field in fields},
        "__attrs_pre_init__": _defaults_setter(given),
        "__attrs_post_init__": None,
    }
    for field in fields:
        if api_key(field) != field.name:
            content[api_key(field)] = getattr(model, field.name)
    return Draft(type(f"{model.__name__}Draft", (model,), content), _finisher(model))


@functools.cache
def _nested(model: Any) -> Any:
    """The draft for objects within others, which nobody but msgspec sees: it finishes itself."""
    draft = draft_of(model)
    if draft.type is model:
        return model
    finish = draft.finish

    def finish_itself(self: Any) -> None:
        finish((self,))

    content = {"__slots__": (), "__module__": model.__module__, "__attrs_post_init__": finish_itself}
    return type(draft.type.__name__, (draft.type,), content)


def _with_drafts(kind: Any) -> Any:
    """A type with the models in it replaced by their drafts."""
    if attrs.has(kind):
        return _nested(kind)
    before = typing.get_args(kind)
    after = tuple(_with_drafts(each) for each in before)
    if after == before:
        return kind
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return typing.Union[after]  # noqa: UP007  (of as many types as there are)
    origin: Any = typing.get_origin(kind)
    return origin[after]


def _decoded_as(field: attrs.Attribute[Any]) -> Any:
    kind, also = _with_drafts(field.type), field.metadata.get("sent_as")
    return kind if also is None else kind | also


class _Required:
    """Stands for an attribute that the answer must have."""


def _default(field: attrs.Attribute[Any]) -> Any:
    """What an attribute is if its key is missing. A renamed key may be missing if its attribute may be None."""
    if field.default is attrs.NOTHING:
        renamed = api_key(field) != field.name
        return None if renamed and types.NoneType in typing.get_args(field.type) else _Required()
    assert not isinstance(field.default, attrs.Factory), field  # type: ignore[arg-type]  # all would share its product
    return field.default


def _under_its_key(field: attrs.Attribute[Any]) -> attrs.Attribute[Any]:
    default = _default(field)
    return field.evolve(name=api_key(field), default=attrs.NOTHING if isinstance(default, _Required) else default)


def _leave(drafts: Iterable[Any]) -> None:
    """Nothing to finish."""


def _defaults_setter(given: dict[str, Any]) -> Callable[[Any], None] | None:
    if not given:
        return None
    lines = ["def set_defaults(self):", *(f"    self.{name} = default_{name}" for name in given)]
    setter: Callable[[Any], None] = _compiled(lines, {f"default_{name}": value for name, value in given.items()})
    return setter


def _finisher(model: Any) -> Callable[[Iterable[Any]], None]:
    """A loop written out attribute by attribute, as attrs does with `__init__`.

    A loop over their names takes three times as long, and a page of subscribers has five hundred dates. Naive dates,
    which is what the API sends nearly everywhere, are not looked at first: an aware one raises a TypeError.
    """
    fields, dates = attrs.fields(model), _dates(model)
    lines = ["def finish(drafts):", "    for self in drafts:"]
    for field in fields:
        if sent_as := field.metadata.get("sent_as"):
            lines.append(f"        if type(self.{field.name}) is {sent_as.__name__}:")
            lines.append(f"            self.{field.name} = {_CONVERSIONS[sent_as].__name__}(self.{field.name})")
    if dates:
        lines.append("        try:")
        for field in dates:
            name = field.name
            if field.type is datetime:
                lines.append(f"            self.{name} = AWARE + (self.{name} - NAIVE)")
            else:
                lines.append(f"            if (date := self.{name}) is not None:")
                lines.append(f"                self.{name} = AWARE + (date - NAIVE)")
        lines += ["        except TypeError:", "            make_aware(self)"]
    lines.append("        self.__class__ = model")
    names = tuple(field.name for field in dates)
    scope: dict[str, Any] = {
        "AWARE": _AWARE,
        "NAIVE": _NAIVE,
        "model": model,
        "make_aware": functools.partial(_make_aware, names),
    }
    scope |= {each.__name__: each for each in _CONVERSIONS.values()}
    finish: Callable[[Iterable[Any]], None] = _compiled(lines, scope)
    return finish


def _dates(model: Any) -> list[attrs.Attribute[Any]]:
    return [field for field in attrs.fields(model) if datetime in (field.type, *typing.get_args(field.type))]


def _empty_object(sent: list[Any]) -> dict[str, Any]:
    """PHP writes an empty map as a list."""
    if sent:
        raise ValueError("an object was expected, not an array")
    return {}


def _number(sent: str) -> float:
    try:
        number = float(sent)
    except ValueError:
        number = math.nan  # the text of that error has what was sent
    if not math.isfinite(number):  # "nan" and "inf" are words, not measurements
        raise ValueError("a number was expected, not other text")
    return number


_CONVERSIONS: dict[type[Any], Callable[[Any], Any]] = {int: str, list: _empty_object, str: _number}


def _make_aware(names: tuple[str, ...], draft: Any) -> None:
    """Look at each date of an object in which some are aware."""
    for name in names:
        date = getattr(draft, name)
        if date is not None and date.tzinfo is not UTC:
            setattr(draft, name, _AWARE + (date - _NAIVE) if date.tzinfo is None else in_utc(date))


def _compiled(lines: list[str], scope: dict[str, Any]) -> Any:
    exec("\n".join(lines), scope)  # noqa: S102
    return scope[lines[0].removeprefix("def ").partition("(")[0]]
