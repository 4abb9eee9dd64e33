"""Both facades have the methods of the builders, with the same parameters, types and documentation."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from mailerlite_async import AsyncMailerLite, MailerLite, calls
from mailerlite_async._async._facade_resources import AsyncResources
from mailerlite_async._sync._facade_resources import SyncResources

RESOURCES: dict[str, ModuleType] = {
    name: getattr(calls, name) for name in calls.__all__ if inspect.ismodule(getattr(calls, name))
}

# What design and documentation promise, apart from what is generated.
PROMISED = {
    "subscribers": "list iter get upsert update delete forget count activity iter_activity",
    "groups": "list iter get create update delete subscribers iter_subscribers assign unassign import_subscribers",
    "imports": "create get wait",
    "fields": "list iter create update delete",
    "shops": "list iter count get create update delete",
    "products": "list iter count get create update delete import_products",
    "categories": "list iter count get create update delete products iter_products assign unassign import_categories",
    "customers": "list iter count get create update delete import_customers",
    "orders": "list iter count get create update delete import_orders",
    "carts": "list iter count get update",
    "cart_items": "list iter count get create update delete",
    "campaigns": "list iter get create update delete schedule cancel activity iter_activity",
    "segments": "list iter get update delete subscribers iter_subscribers",
    "forms": "list iter get update delete subscribers iter_subscribers",
    "automations": "list iter get create delete activity iter_activity",
    "webhooks": "list iter get create update delete",
    "timezones": "list",
    "campaign_languages": "list",
}


def builders(module: ModuleType) -> dict[str, Callable[..., Any]]:
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and not name.startswith("_") and value.__module__ == module.__name__
    }


def pager_of(name: str) -> str:
    return "iter" if name == "list" else f"iter_{name}"


def returned(builder: Callable[..., Any]) -> tuple[str, str]:
    """`Call` or `Flow`, and what a method gives for it."""
    kind, _, value = str(inspect.signature(builder).return_annotation).partition("[")
    return kind, value.removesuffix("]")


def methods(resource: type[Any]) -> dict[str, Callable[..., Any]]:
    return {name: value for name, value in vars(resource).items() if inspect.isfunction(value) and name[0] != "_"}


def resource_class(name: str, *, is_async: bool) -> type[Any]:
    client = (AsyncMailerLite if is_async else MailerLite)("key")
    return type(getattr(client, name))


def parameters(function: Callable[..., Any]) -> list[tuple[str, Any, Any, Any]]:
    """Name, kind, default and annotation of each parameter but `self`."""
    found = inspect.signature(function).parameters.values()
    return [(each.name, each.kind, each.default, each.annotation) for each in found if each.name != "self"]


CASES = [(resource, name) for resource, module in RESOURCES.items() for name in builders(module)]
LISTS = [
    (resource, name) for resource, name in CASES if returned(builders(RESOURCES[resource])[name])[1].startswith("Page[")
]


# -- the same names ----------------------------------------------------------------------------------------------------


def test_clients_have_the_same_resources() -> None:
    for resources in (AsyncResources, SyncResources):
        public = {name for name in vars(resources) if not name.startswith("_")}
        assert public == set(RESOURCES)


def test_clients_have_the_same_public_names() -> None:
    names = {
        client: {name for name in dir(client) if not name.startswith("_")} for client in (AsyncMailerLite, MailerLite)
    }
    assert names[AsyncMailerLite] - {"aclose"} == names[MailerLite] - {"close"}


@pytest.mark.parametrize("resource", RESOURCES)
def test_resources_have_the_methods_that_were_promised(resource: str) -> None:
    made = set(builders(RESOURCES[resource])) | {pager_of(name) for each, name in LISTS if each == resource}
    assert made >= set(PROMISED.get(resource, "").split())
    for is_async in (True, False):
        assert set(methods(resource_class(resource, is_async=is_async))) == made


# -- the same parameters -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("resource", "name"), CASES)
@pytest.mark.parametrize("is_async", [True, False], ids=["async", "sync"])
def test_method_has_the_signature_of_its_builder(resource: str, name: str, is_async: bool) -> None:
    builder = builders(RESOURCES[resource])[name]
    method = methods(resource_class(resource, is_async=is_async))[name]
    assert parameters(method) == parameters(builder)
    kind, value = returned(builder)
    assert kind in ("Call", "Flow")
    assert inspect.signature(method).return_annotation == value
    assert inspect.getdoc(method) == inspect.getdoc(builder)


@pytest.mark.parametrize(("resource", "name"), LISTS)
@pytest.mark.parametrize("is_async", [True, False], ids=["async", "sync"])
def test_pager_has_the_parameters_of_its_list(resource: str, name: str, is_async: bool) -> None:
    builder = builders(RESOURCES[resource])[name]
    method = methods(resource_class(resource, is_async=is_async))[pager_of(name)]
    size = RESOURCES[resource].PAGE_SIZES[name]
    expected = {entry[0]: entry for entry in parameters(builder) if entry[0] not in ("limit", "page")}
    keyword = inspect.Parameter.KEYWORD_ONLY
    expected["page_size"] = ("page_size", keyword, size, "int")
    expected["prefetch"] = ("prefetch", keyword, False, "bool")
    assert {entry[0]: entry for entry in parameters(method)} == expected
    item = returned(builder)[1].removeprefix("Page[").removesuffix("]")
    assert inspect.signature(method).return_annotation == f"{'AsyncPager' if is_async else 'Pager'}[{item}]"


@pytest.mark.parametrize("resource", RESOURCES)
def test_flavours_differ_in_nothing_but_the_pager(resource: str) -> None:
    sync, other = (methods(resource_class(resource, is_async=is_async)) for is_async in (False, True))
    assert list(sync) == list(other)
    for name, method in sync.items():
        text = str(inspect.signature(other[name])).replace("AsyncPager[", "Pager[")
        assert str(inspect.signature(method)) == text
        assert inspect.getdoc(method) == inspect.getdoc(other[name])
    assert resource_class(resource, is_async=True).__doc__ == resource_class(resource, is_async=False).__doc__


@pytest.mark.parametrize("resource", RESOURCES)
def test_coroutines_are_where_something_is_sent(resource: str) -> None:
    pagers = {pager_of(name) for each, name in LISTS if each == resource}
    for name, method in methods(resource_class(resource, is_async=True)).items():
        assert inspect.iscoroutinefunction(method) == (name not in pagers)
    for method in methods(resource_class(resource, is_async=False)).values():
        assert not inspect.iscoroutinefunction(method)


@pytest.mark.parametrize("name", ["__init__", "execute", "with_options"])
def test_clients_take_the_same_options(name: str) -> None:
    def plain(client: type[Any]) -> str:
        return str(inspect.signature(getattr(client, name))).replace("httpx.Async", "httpx.")

    assert plain(AsyncMailerLite) == plain(MailerLite)


def test_documented_defaults_of_the_client_are_the_real_ones() -> None:
    for client in (AsyncMailerLite, MailerLite):
        options = {each.name: each for each in inspect.signature(client).parameters.values()}
        key = options.pop("api_key")
        assert (key.kind, key.default) == (inspect.Parameter.POSITIONAL_OR_KEYWORD, None)
        assert {each.kind for each in options.values()} == {inspect.Parameter.KEYWORD_ONLY}
        defaults = {name: each.default for name, each in options.items() if each.default is not None}
        assert defaults == {"timeout": 30.0, "max_retries": 4}
        assert {*options} >= {
            "base_url",
            "limits",
            "max_wait",
            "api_version",
            "http_client",
            "transport",
            "user_agent",
            "clock",
        }
        text = inspect.getdoc(client) or ""
        assert [name for name in options if f"\n    {name}: " not in text] == []


# -- documentation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("resource", "name"), CASES)
def test_documentation_names_every_parameter(resource: str, name: str) -> None:
    method = methods(resource_class(resource, is_async=False))[name]
    text = inspect.getdoc(method) or ""
    for parameter, *_ in parameters(method):
        assert f"\n    {parameter}: " in text
    assert "API: https://developers.mailerlite.com/docs/" in text
    assert "Raises:" in text
    assert "Returns:" in text or inspect.signature(method).return_annotation == "None"


@pytest.mark.parametrize(("resource", "name"), LISTS)
def test_documentation_of_a_pager_is_about_a_pager(resource: str, name: str) -> None:
    method = methods(resource_class(resource, is_async=False))[pager_of(name)]
    text = inspect.getdoc(method) or ""
    for parameter, *_ in parameters(method):
        assert f"\n    {parameter}: " in text
    assert "One page of" not in text
    assert "\n    page: " not in text
    assert "\n    limit: " not in text
    assert f"walks `{name}` to its end." in text
    assert "The pager." in text


def test_update_warns_that_groups_are_replaced() -> None:
    assert "REPLACES" in (inspect.getdoc(MailerLite("key").subscribers.update) or "")
