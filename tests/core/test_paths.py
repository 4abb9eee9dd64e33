"""No id and no address, however hostile, changes which endpoint is called."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailerlite_async import APIError, Call, MailerLite, RateLimits, calls
from mailerlite_async.config import DEFAULT_BASE_URL
from mailerlite_async.testing import Emulator

HOSTILE = [
    "",
    ".",
    "..",
    "...",
    "/",
    "\\",
    "../groups/1",
    "..\\groups\\1",
    "%2e%2e",
    "%2e%2e%2fgroups",
    "1/forget",
    "1/../2",
    "1?limit=0",
    "1#x",
    "1;x",
    " 1",
    "1 ",
    "1\n",
    "\n",
    "-1",
    "+1",
    "1.0",
    "1e3",
    "0x1",
    "import",
    "١٢",
    "²",
    "\uff11",
    "\ud800",
    "\x00",
    "@",
    "..@",
    "@..",
    "a@b/../x",
    "a@b/..",
    "a@b\\..\\x",
    "a@b?x=1#y",
    "a@b%2f..",
    "a@b%2F..%2Fgroups",
    "a@b%",
    "a@b%zz",
    "a@b\nHost: x",
    "a@b\r\n",
    "a@b\u2028",
    "a@b c",
    "\ud800@example.com",
    "ann+tag@example.com",
    "Ännchen@example.com",
    "a:b@c:80",
    "//evil.example.com/@",
    "@evil.example.com",
    "http://evil.example.com@x",
]

Build = Callable[[Any], Call[Any]]

BY_ID: dict[str, tuple[str, Build]] = {
    "subscribers.update": ("subscriber_id", lambda value: calls.subscribers.update(value, fields={})),
    "subscribers.delete": ("subscriber_id", calls.subscribers.delete),
    "subscribers.forget": ("subscriber_id", calls.subscribers.forget),
    "subscribers.activity": ("subscriber_id", lambda value: calls.subscribers.activity(value, limit=5)),
    "groups.get": ("group_id", calls.groups.get),
    "groups.update": ("group_id", lambda value: calls.groups.update(value, "Readers")),
    "groups.delete": ("group_id", calls.groups.delete),
    "groups.subscribers": ("group_id", lambda value: calls.groups.subscribers(value, limit=5)),
    "groups.assign": ("group_id", lambda value: calls.groups.assign("1", value)),
    "groups.unassign": ("group_id", lambda value: calls.groups.unassign("1", value)),
    "groups.import_subscribers": (
        "group_id",
        lambda value: calls.groups.import_subscribers(value, [{"email": "ann@example.com"}]),
    ),
    "imports.get": ("import_id", calls.imports.get),
    "imports.wait": ("import_id", lambda value: _first_call(calls.imports.wait(value))),
    "fields.update": ("field_id", lambda value: calls.fields.update(value, "Team")),
    "fields.delete": ("field_id", calls.fields.delete),
    "campaigns.get": ("campaign_id", calls.campaigns.get),
    "campaigns.update": (
        "campaign_id",
        lambda value: calls.campaigns.update(
            value, "News", emails=[{"subject": "Hi", "from_name": "Ann", "from": "ann@example.com"}]
        ),
    ),
    "campaigns.schedule": ("campaign_id", lambda value: calls.campaigns.schedule(value, delivery="instant")),
    "campaigns.cancel": ("campaign_id", calls.campaigns.cancel),
    "campaigns.delete": ("campaign_id", calls.campaigns.delete),
    "campaigns.activity": ("campaign_id", calls.campaigns.activity),
}
ITEM = [{"product_resource_id": "A"}]
BY_ID |= {
    "shops.get": ("shop_id", calls.shops.get),
    "shops.update": ("shop_id", lambda value: calls.shops.update(value, enabled=True)),
    "shops.delete": ("shop_id", calls.shops.delete),
    "products.list": ("shop_id", calls.products.list),
    "products.count": ("shop_id", calls.products.count),
    "products.create": ("shop_id", lambda value: calls.products.create(value, "Mug")),
    "products.get": ("product_id", lambda value: calls.products.get("1", value)),
    "products.get shop": ("shop_id", lambda value: calls.products.get(value, "A", by_resource_id=True)),
    "products.update": ("product_id", lambda value: calls.products.update("1", value, price=1)),
    "products.delete": ("product_id", lambda value: calls.products.delete("1", value)),
    "products.replace_categories": ("product_id", lambda value: calls.products.replace_categories("1", value, [])),
    "products.import_products": ("shop_id", lambda value: calls.products.import_products(value, [{"name": "Mug"}])),
    "categories.list": ("shop_id", calls.categories.list),
    "categories.products": ("category_id", lambda value: calls.categories.products("1", value)),
    "categories.assign": ("category_id", lambda value: calls.categories.assign("1", value, "2")),
    "categories.unassign": ("product_id", lambda value: calls.categories.unassign("1", "2", value)),
    "customers.delete": ("customer_id", lambda value: calls.customers.delete("1", value)),
    "orders.update": ("order_id", lambda value: calls.orders.update("1", value, status="complete")),
    "carts.update": ("cart_id", lambda value: calls.carts.update("1", value, cart_total=1)),
    "cart_items.list": ("cart_id", lambda value: calls.cart_items.list("1", value)),
    "cart_items.delete": ("item_id", lambda value: calls.cart_items.delete("1", "2", value)),
}
BY_RESOURCE_ID: dict[str, tuple[str, Build]] = {
    "own products.get": ("product_id", lambda value: calls.products.get("1", value, by_resource_id=True)),
    "own products.replace_categories": (
        "product_id",
        lambda value: calls.products.replace_categories("1", value, ["A"], by_resource_id=True),
    ),
    "own categories.delete": ("category_id", lambda value: calls.categories.delete("1", value, by_resource_id=True)),
    "own categories.unassign": (
        "product_id",
        lambda value: calls.categories.unassign("1", "2", value, by_resource_id=True),
    ),
    "own customers.update": (
        "customer_id",
        lambda value: calls.customers.update("1", value, email="ann@example.com", by_resource_id=True),
    ),
    "own orders.update": (
        "order_id",
        lambda value: calls.orders.update("1", value, status="complete", by_resource_id=True),
    ),
    "own carts.get": ("cart_id", lambda value: calls.carts.get("1", value, by_resource_id=True)),
    "own cart_items.replace": ("cart_id", lambda value: calls.cart_items.replace("1", value, ITEM)),
    "own cart_items.get": ("item_id", lambda value: calls.cart_items.get("1", "2", value, by_resource_id=True)),
}
BY_ID_OR_ADDRESS: dict[str, tuple[str, Build]] = {
    "subscribers.get": ("subscriber", calls.subscribers.get),
    "groups.assign person": ("subscriber", lambda value: calls.groups.assign(value, "2")),
    "groups.unassign person": ("subscriber", lambda value: calls.groups.unassign(value, "2")),
}
BUILDERS = BY_ID | BY_ID_OR_ADDRESS | BY_RESOURCE_ID

values = st.one_of(
    st.sampled_from(HOSTILE),
    st.integers(),
    st.text(max_size=20),
    st.text(alphabet="./\\%@?#2eEfF01 \n\t;:ab", max_size=12),
    st.text(alphabet=st.characters(codec=None), max_size=10).map(lambda text: text + "@example.com"),
)


def _first_call(flow: Any) -> Call[Any]:
    next(flow)
    call: Call[Any] = flow.send(0.0)
    flow.close()
    return call


def attempt(build: Build, value: Any) -> Call[Any] | Exception:
    try:
        return build(value)
    except (TypeError, ValueError) as refusal:
        return refusal


def sent_segments(call: Call[Any]) -> list[str]:
    """The segments below the base URL that httpx would put on the wire, still encoded."""
    url = httpx.URL(DEFAULT_BASE_URL + call.target)
    assert (url.scheme, url.host, url.port, url.fragment) == ("https", "connect.mailerlite.com", None, "")
    path = url.raw_path.decode("ascii").partition("?")[0]
    assert path.startswith("/api/")
    return path.removeprefix("/api/").split("/")


def assert_route_kept(call: Call[Any]) -> None:
    template = call.route.removeprefix("/").split("/")
    segments = sent_segments(call)
    assert len(segments) == len(template)
    for expected, segment in zip(template, segments, strict=True):
        if expected.startswith("{"):
            assert segment not in ("", ".", "..")
            assert "/" not in unquote(segment)
            assert "\\" not in unquote(segment)
        else:
            assert segment == expected


@pytest.mark.parametrize("name", BUILDERS)
@settings(deadline=None, max_examples=60)
@given(value=values)
@example(value="")
@example(value="../groups/1")
def test_hostile_value_is_refused_by_name_or_stays_in_its_segment(name: str, value: Any) -> None:
    argument, build = BUILDERS[name]
    built = attempt(build, value)
    if isinstance(built, Exception):
        assert str(built).startswith(argument)
    else:
        assert_route_kept(built)
        assert str(value) in [unquote(segment) for segment in sent_segments(built)]


@pytest.mark.parametrize("name", BUILDERS)
def test_other_types_are_refused(name: str) -> None:
    argument, build = BUILDERS[name]
    for value in (True, False, None, 1.0, b"1", b"a@b", ["1"], object()):
        with pytest.raises(TypeError, match=f"^{argument} must be str or int, not {type(value).__name__}$"):
            build(value)


@pytest.mark.parametrize("name", BY_ID)
def test_id_is_nothing_but_digits(name: str) -> None:
    argument, build = BY_ID[name]
    for value in (*HOSTILE, -1):
        with pytest.raises(ValueError, match=f"^{argument} must be an id of decimal digits$"):
            build(value)


@pytest.mark.parametrize("name", BY_RESOURCE_ID)
@pytest.mark.parametrize(
    "value",
    ["", ".", "..", "import", "replace", "multiple", "queue-order-sync", "A/1", "A\\1", "../1", "1\n", "\ud800"],
    ids=ascii,
)
def test_id_of_a_shop_that_could_be_another_path_is_refused(name: str, value: str) -> None:
    argument, build = BY_RESOURCE_ID[name]
    with pytest.raises(ValueError, match=f"^{argument} "):
        build(value)


@pytest.mark.parametrize(
    ("value", "segment"), [("SKU 1?x=1#y", "SKU%201%3Fx%3D1%23y"), ("%2e%2e", "%252e%252e"), ("é", "%C3%A9"), (7, "7")]
)
def test_id_of_a_shop_is_quoted(value: str | int, segment: str) -> None:
    call = calls.products.get("1", value, by_resource_id=True)
    assert call.target == f"/ecommerce/shops/1/products/{segment}?with_resource_id="


@pytest.mark.parametrize("name", BY_ID_OR_ADDRESS)
@pytest.mark.parametrize("value", ["", ".", "..", "../groups/1", "%2e%2e", "ann", "١٢", "1\n", "\ud800"], ids=ascii)
def test_reference_without_an_at_sign_is_an_id(name: str, value: str) -> None:
    argument, build = BY_ID_OR_ADDRESS[name]
    with pytest.raises(ValueError, match=f"^{argument} must be an id of decimal digits or an address with an @$"):
        build(value)


@pytest.mark.parametrize("value", ["a@b/../x", "a@b\\x", "a@b\n", "a@ b", "a@b\x7f", "a@b\u2028"], ids=ascii)
def test_address_that_could_end_its_segment_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"^subscriber has a slash, a space or a control character: use .* id$"):
        calls.subscribers.get(value)


@pytest.mark.parametrize("value", [10**5000, "1" * 70_000, "a@" + "b" * 70_000], ids=["number", "digits", "address"])
def test_endless_value_is_refused_by_name(value: Any) -> None:
    with MailerLite("key", transport=Emulator().transport()) as ml:
        with pytest.raises(ValueError, match=r"^subscriber "):
            ml.subscribers.get(value)


def test_endless_filter_is_refused_before_it_is_sent() -> None:
    emulator = Emulator()
    with MailerLite("key", transport=emulator.transport()) as ml:
        with pytest.raises(ValueError, match="too long"):
            ml.subscribers.list(cursor="x" * 70_000)
        assert ml.quota.requests.held == 0
    assert emulator.requests == []


@pytest.mark.parametrize("number", [0, 1, 165968862226941797, 2**70])
def test_whole_numbers_are_ids(number: int) -> None:
    assert calls.groups.get(number).path == calls.groups.get(str(number)).path == f"/groups/{number}"


def test_enumerated_id_is_its_number() -> None:
    class Known(enum.IntEnum):
        READERS = 7

    assert calls.groups.get(Known.READERS).path == "/groups/7"


def test_list_of_groups_is_checked_too() -> None:
    with pytest.raises(ValueError, match=r"^groups must be an id"):
        calls.subscribers.upsert("ann@example.com", groups=["1", "../2"])
    with pytest.raises(TypeError, match=r"^groups must be a sequence of ids, not one id"):
        calls.subscribers.upsert("ann@example.com", groups="12")


@settings(deadline=None, max_examples=60)
@given(text=st.text(max_size=20))
@example(text="a@b?x=1#y&limit=0")
@example(text="../groups?x=[1]&y=%2e")
def test_filters_stay_in_the_query(text: str) -> None:
    call = calls.subscribers.list(email=text, cursor=text, status=text, limit=10)
    try:
        url = httpx.URL(DEFAULT_BASE_URL + call.target)
    except ValueError:  # half of a surrogate pair is no text
        assert "\ud800" <= max(text) <= "\udfff" or any("\ud800" <= letter <= "\udfff" for letter in text)
        return
    path, _, query = url.raw_path.decode("ascii").partition("?")
    assert path == "/api/subscribers"
    assert parse_qsl(query, keep_blank_values=True) == [
        ("filter[status]", text),
        ("filter[email]", text),
        ("limit", "10"),
        ("cursor", text),
    ]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Emulator, MailerLite]]:
    emulator = Emulator(requests=1_000_000, imports=1_000_000)
    limits = RateLimits(requests=1_000_000, imports=1_000_000)
    with emulator.serve() as base_url, MailerLite("key", base_url=base_url, limits=limits, max_retries=0) as ml:
        yield emulator, ml


@settings(deadline=None, max_examples=150)
@given(name=st.sampled_from(sorted(BUILDERS)), value=values)
@example(name="subscribers.get", value="a@b%2f..")
@example(name="subscribers.get", value="a@b?x=1#y")
@example(name="groups.delete", value="../groups/1")
@example(name="subscribers.get", value="Ännchen@example.com")
def test_server_sees_the_route_that_was_called(served: tuple[Emulator, MailerLite], name: str, value: Any) -> None:
    emulator, ml = served
    before = len(emulator.requests)
    call = attempt(BUILDERS[name][1], value)
    if isinstance(call, Exception):
        return
    with contextlib.suppress(APIError):
        ml.execute(call)
    (request,) = emulator.requests[before:]
    assert (request.method, request.route) == (call.method, call.route)
    assert str(value) in [unquote(segment) for segment in request.path.split("/")]
